from campaigns.models.answers import KeptAnswer
from campaigns.models.campaigns import Campaign, CampaignStage, Tag
from campaigns.models.dataservices import DataService
from campaigns.models.edges import CampaignDependency
from campaigns.models.people import Experiment, Experimenter, Membership
from campaigns.models.setups import JobType, LoginSetup, RecoveryStep
from campaigns.models.signins import FailedSignIn
from campaigns.models.tokens import ApiToken, Identity

__all__ = [
    "ApiToken",
    "Campaign",
    "CampaignDependency",
    "CampaignStage",
    "DataService",
    "Experiment",
    "Experimenter",
    "FailedSignIn",
    "Identity",
    "JobType",
    "KeptAnswer",
    "LoginSetup",
    "Membership",
    "RecoveryStep",
    "Tag",
]
