from django.apps import AppConfig


class PomsProjectConfig(AppConfig):
    name = "pomsproject"

    def ready(self) -> None:
        from pomsproject import checks  # noqa: F401 - registers them
