"""A project of Data Dispatcher's is made once, whatever happens to the process that is at it.

Data Dispatcher knows projects by number, and may have made one when our question got lost. So each
is made with a key among its attributes, written down before, and looked for before it is made.

Whoever loses its connection to the database has lost its lock, while its last question may still be
under way. So nothing is cancelled that another process could find and take: first the row gets
another key.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from datahandling.dispatcher_models import DispatcherProject
from datahandling.errors import Unknown
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher, Project, Wanted
from datahandling.handlers.data_dispatcher.settings import Settings

KEY = "poms_key"
CANCELLED = "cancelled"


def make(
    dispatcher: Dispatcher,
    row: DispatcherProject,
    files: Sequence[str],
    settings: Settings,
    query: str,
) -> None:
    """Make the project, unless an earlier attempt has, and put its number into ``row``.

    Raises:
        Unknown: there was no clear answer, or another process has taken over.
    """
    made = _find(dispatcher, row)
    if not write(row, virtual=settings.virtual):
        return
    if made is None:
        if not write(row, file_count=len(files)):
            return
        made = _create(dispatcher, row, files, settings, query)
    row.project_id = made.id


def write(row: DispatcherProject, **said: Any) -> bool:
    """Write this into a row whose project isn't made yet; return False if somebody was at it."""
    unmade = DispatcherProject.objects.filter(pk=row.pk, key=row.key, made_at=None)
    return unmade.update(**said) == 1


def _find(dispatcher: Dispatcher, row: DispatcherProject) -> Project | None:
    """Return what an earlier attempt made, if it has the number of files that were wanted.

    Of several the newest counts, for an older one may still be filled. What was left unfinished is
    cancelled: it would never end.
    """
    if not row.file_count:
        return None
    found = [one for one in _ours(dispatcher, row) if one.state != CANCELLED]
    broken = [one for one in found if len(one.handles) != row.file_count]
    whole = next((one for one in reversed(found) if one not in broken), None)
    if whole is None:
        _give_up(dispatcher, row, broken)
        return None
    for one in broken:
        if one.id < whole.id:  # nobody else will take it now, even if it is filled
            dispatcher.cancel(one.id)
    return whole


def _ours(dispatcher: Dispatcher, row: DispatcherProject) -> list[Project]:
    return dispatcher.find({KEY: str(row.key)})


def _give_up(dispatcher: Dispatcher, row: DispatcherProject, broken: Sequence[Project]) -> None:
    """Have nobody find these any more, then cancel them."""
    if not broken:
        return
    key = uuid4()
    if not write(row, key=key):
        raise Unknown(f"another process is at it: making the project {row.name}")
    row.key = key
    for one in broken:
        dispatcher.cancel(one.id)


def _create(
    dispatcher: Dispatcher,
    row: DispatcherProject,
    files: Sequence[str],
    settings: Settings,
    query: str,
) -> Project:
    wanted = Wanted(
        files,
        _attributes(row, settings),
        query,
        settings.worker_timeout,
        settings.idle_timeout,
        settings.users,
    )
    made = dispatcher.create(wanted)
    if made is None:
        # It breaks over users it doesn't know, and the project is left empty. As it may break
        # over anything else, in the same words, nothing is learnt of the user.
        _give_up(dispatcher, row, _ours(dispatcher, row))
        attributes = _attributes(row, settings)
        made = dispatcher.create(replace(wanted, attributes=attributes, users=()))
    assert made is not None
    return made


def _attributes(row: DispatcherProject, settings: Settings) -> dict[str, Any]:
    attributes: dict[str, Any] = {"poms_project": row.name, KEY: str(row.key)}
    if settings.title:
        attributes["poms_title"] = settings.title
    if settings.virtual:  # any text would mean yes
        attributes["virtual"] = True
    if settings.load_limit:
        attributes["load_limit"] = settings.load_limit
    return attributes
