from campaigns.models.campaigns import Campaign, CampaignStage, Tag
from campaigns.models.dataservices import DataService
from campaigns.models.edges import CampaignDependency
from campaigns.models.people import Experiment, Experimenter, Membership
from campaigns.models.setups import JobType, LoginSetup, RecoveryStep
from campaigns.models.signins import FailedSignIn

__all__ = [
    "Campaign",
    "CampaignDependency",
    "CampaignStage",
    "DataService",
    "Experiment",
    "Experimenter",
    "FailedSignIn",
    "JobType",
    "LoginSetup",
    "Membership",
    "RecoveryStep",
    "Tag",
]
