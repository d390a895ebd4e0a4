"""How a submission's project is made: what its stage says, and what the launch adds to that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datahandling.handlers.data_dispatcher.claims import SettledOnes

ONE_PROJECT = "1P"


@dataclass(frozen=True)
class Settings:
    """A stage's settings, and what the launch adds to them (from ``title`` on).

    ``restarts`` is the POMS name of the project whose files a recovery tries again; ``settled``
    picks, of such names, those whose submissions will process no more.
    """

    project_id: int | None = None
    methodology: str = "standard"
    load_limit: int | None = None
    virtual: bool = False
    idle_timeout: int | None = 259_200
    worker_timeout: int | None = None
    title: str = ""
    users: Sequence[str] = ()
    restarts: str = ""
    settled: SettledOnes = field(default=lambda names: ())

    @classmethod
    def of(cls, said: Mapping[str, Any] | None) -> "Settings":
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in (said or {}).items() if name in known})

    @property
    def shares_originals(self) -> bool:
        return bool(self.restarts) and self.methodology == ONE_PROJECT
