"""A look reads each project of Data Dispatcher once: it comes with all its handles, or not at all.

Only for what a look asks. What writes reads the project as it is at that moment.
"""

from functools import partial

from datahandling.caching import is_shared, shared
from datahandling.dispatcher_models import DispatcherProject
from datahandling.handlers.data_dispatcher.dispatcher import Dispatcher, Project


def read_project(
    row: DispatcherProject, dispatcher: Dispatcher, *, replicas: bool = False
) -> Project | None:
    """Read the project of a row that has its number; it may tell of replicas, unasked."""
    assert row.project_id is not None
    about = (dispatcher, row.name, row.project_id)  # by its name it is forgotten
    replicas = replicas or is_shared(("project with replicas", *about))
    question = ("project with replicas" if replicas else "project", *about)
    return shared(question, partial(dispatcher.project, row.project_id, replicas=replicas))
