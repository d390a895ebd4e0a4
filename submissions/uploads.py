"""Whose uploaded files somebody means, and how they come in and go out (DOMAIN 8.16)."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied as NotAllowed
from django.core.files.uploadedfile import UploadedFile as SentFile
from django.http import FileResponse, Http404

from campaigns.access import User, may_keep_files, visible_to
from campaigns.models import Experiment, Experimenter
from submissions.models import UploadedFile
from submissions.shelves import QUOTA, CannotKeep, Sent, Shelf


def find_shelf(user: User, experiment: str = "", owner: str = "") -> Shelf:
    """Return a person's shelf: the caller's own, unless another owner is named.

    Raises:
        Http404: there is no such experiment, or no such member of it, that the caller may see.
        NotAllowed: it is another's, and the caller isn't a superuser.
        CannotKeep: the caller is in several experiments, and named none.
    """
    if not isinstance(user, Experimenter):
        raise NotAllowed("only people keep files")
    where = _experiment(user, experiment)
    whose = user if owner in ("", user.username) else _member(where, user, owner)
    if not may_keep_files(user, where, whose):
        raise NotAllowed(f"the files of {whose} are theirs")
    return Shelf(where, whose)


def _experiment(user: Experimenter, name: str) -> Experiment:
    mine = visible_to(Experiment.objects.order_by("name"), user, "pk")
    found = list(mine.filter(name=name) if name else mine[:2])
    if not found:
        raise Http404(f"there is no experiment {name} that you are a member of".replace("  ", " "))
    if len(found) > 1:
        raise CannotKeep("you are in several experiments: say experiment")
    return found[0]


def _member(experiment: Experiment, user: Experimenter, owner: str) -> Experimenter:
    members = Experimenter.objects.filter(memberships__experiment=experiment, username=owner)
    found = members.first()
    if found is None:
        raise Http404(f"there is no {owner} in {experiment}")
    return found


def receive(shelf: Shelf, files: "Sequence[SentFile[Any]]") -> list[UploadedFile]:
    """Keep the files of a form, all of them or none. Raises CannotKeep."""
    if not files:
        raise CannotKeep("pick a file first")
    return shelf.keep([Sent(file.name or "", file.chunks()) for file in files])


def described(shelf: Shelf) -> dict[str, Any]:
    files = list(shelf.files())
    return {
        "experiment": shelf.experiment.name,
        "owner": shelf.owner.username,
        "used": sum(file.size for file in files),
        "quota": QUOTA,
        "files": files,
    }


def download(
    shelf: Shelf, name: str, content_type: str = "application/octet-stream"
) -> FileResponse:
    """Answer with a file as an attachment that no browser opens. Raises NoSuchFile."""
    response = FileResponse(
        shelf.open(name), as_attachment=True, filename=name, content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
