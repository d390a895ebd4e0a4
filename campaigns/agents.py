"""Submission agents: programs with an account, and a token in a file, but no password."""

import os
from pathlib import Path

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from campaigns.models import ApiToken, Experimenter
from campaigns.scopes import SCOPES_OF_AGENTS


class NotAnAgent(Exception):
    """The name is a person's already."""


def agent_named(name: str) -> Experimenter:
    """Return the agent of that name, made if it is new.

    Raises:
        NotAnAgent: a person has the name.
        ValidationError: it can't be a name.
    """
    agent = Experimenter.objects.filter(username=name).first()
    if agent is None:
        agent = Experimenter(username=name, is_agent=True)
        agent.set_unusable_password()
        agent.full_clean()
        agent.save()
    if not agent.is_agent:
        raise NotAnAgent(f"{name} is a person: choose another name for the agent")
    return agent


def is_token_of(agent: Experimenter, token: str) -> bool:
    try:
        user, _ = TokenAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return bool(user == agent)


def write_new_token(agent: Experimenter, path: Path) -> None:
    """Give ``agent`` one token, which never expires, in a file that only we can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ApiToken.objects.filter(user=agent).delete()
    _, token = ApiToken.objects.create(agent, expiry=None, scopes=list(SCOPES_OF_AGENTS))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    draft.replace(path)
