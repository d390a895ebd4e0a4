from django.apps import AppConfig
from django.contrib.admin import apps as admin


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "What should run"
    default = True


class PomsAdmin(admin.AdminConfig):
    """Django's admin, with our own idea of who may enter."""

    default = False
    default_site = "campaigns.adminsite.PomsAdminSite"
