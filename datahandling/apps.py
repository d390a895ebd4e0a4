from django.apps import AppConfig


class DatahandlingConfig(AppConfig):
    name = "datahandling"
    verbose_name = "Where the data is"
