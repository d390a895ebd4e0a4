from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "What should run"
    default = True


class PomsAdmin(AdminConfig):
    """Django's admin, with our own idea of who may enter."""

    default_site = "campaigns.adminsite.PomsAdminSite"
