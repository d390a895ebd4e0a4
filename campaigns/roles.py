"""The words for who somebody is in an experiment, and for whose a thing is."""

from django.db import models


class Role(models.TextChoices):
    """What a member may do, in ascending power; ``campaigns.access`` says what exactly."""

    ANALYSIS = "analysis"
    SHIFTER = "production-shifter"
    PRODUCTION = "production"
    SUPERUSER = "superuser"


class OwnerRole(models.TextChoices):
    """Whose an item is: one analyst's, or the production team's."""

    ANALYSIS = "analysis"
    PRODUCTION = "production"
