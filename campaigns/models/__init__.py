from campaigns.models.campaigns import Campaign, CampaignDependency, CampaignStage, Tag
from campaigns.models.dataservices import DataService
from campaigns.models.people import Experiment, Experimenter, Membership
from campaigns.models.setups import JobType, LoginSetup, RecoveryStep

__all__ = [
    "Campaign",
    "CampaignDependency",
    "CampaignStage",
    "DataService",
    "Experiment",
    "Experimenter",
    "JobType",
    "LoginSetup",
    "Membership",
    "RecoveryStep",
    "Tag",
]
