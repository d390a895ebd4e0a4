"""What a token may be used for: as much as its owner may do, or less where it says so."""

from django.db import models


class Scope(models.TextChoices):
    READ = "read", "read what its owner may see"
    REPORT = "report", "report what became of jobs"
    LAUNCH = "launch", "launch, and change whatever its owner may change"


EVERY_SCOPE = frozenset(Scope)
SCOPES_OF_AGENTS = (Scope.READ, Scope.REPORT)
