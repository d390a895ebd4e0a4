"""Which of MetaCat's metadata say what POMS asks about: a run, a version, when data end.

MetaCat leaves the names of its metadata to the experiments. The defaults are DUNE's, which others
follow; a site says other ones in the setting METACAT_KEYS (``POMS_METACAT_KEYS``).
"""

from dataclasses import dataclass, fields

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SUBRUNS_OF_A_RUN = 100_000  # a subrun is kept as one number: run * 100,000 + subrun


@dataclass(frozen=True)
class Keys:
    """Metadata keys; ``ended`` may be the attribute ``created_timestamp`` instead."""

    runs: str = "core.runs"
    subruns: str = "core.runs_subruns"
    version: str = "core.application.version"
    ended: str = "core.end_time"


NAMES = tuple(field.name for field in fields(Keys))


def keys() -> Keys:
    """Return the keys that this installation uses."""
    said = settings.METACAT_KEYS
    if strange := sorted(set(said) - set(NAMES)):
        raise ImproperlyConfigured(
            f"POMS_METACAT_KEYS says {strange[0]}, but there are only {', '.join(NAMES)}"
        )
    return Keys(**said)
