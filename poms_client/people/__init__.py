"""What people ask and do: a thin layer of tables over the REST API."""

from poms_client.people import (  # noqa: F401
    controlling,
    launching,
    others,
    reading,
    uploads,
    watching,
)
from poms_client.people.app import app


def run(arguments: list[str]) -> int:
    app(arguments, prog_name="poms")
    return 0
