"""Years of submissions and files, made in seconds: copies of one, with all that hangs on it."""

from django.db import connection

from datahandling.models import File, Handle, Location, Parentage, Project
from submissions.models import FileStatistics, Run, Submission, SubmissionHistory
from workflow.models import Decision

PER_RUN = 100
PER_PROJECT = 50
UNIQUE = {"cause_key", "replaced_by"}  # a copy goes without
RENAMED = "format('%%s %%s of %%s', original.name, nth, %(count)s)"


def copies(submission, count):
    """Return the ids of ``count`` copies of ``submission``, in runs of a hundred each."""
    runs = _copy(Run, submission.run_id, -(-count // PER_RUN))
    made = _copy(Submission, submission.pk, count, run_id=runs)
    _copy(FileStatistics, submission.pk, count, submission_id=made)
    for model in (SubmissionHistory, Decision):
        for row in model.objects.filter(submission=submission):
            _copy(model, row.pk, count, submission_id=made)
    return made


def copies_of_child(file, count):
    """Copy a file that a submission made of another ``count`` times, each time with its parent.

    The copies of the parent are done in projects of their own, those of the file are located.
    """
    parentage = Parentage.objects.get(child=file)
    handle = Handle.objects.get(file=parentage.parent)
    maker = f"original.made_by_submission + 1 + nth / {PER_PROJECT}"
    parents = _copy(File, parentage.parent_id, count, name=RENAMED)
    children = _copy(File, file.pk, count, name=RENAMED, made_by_submission=maker)
    projects = _copy(Project, handle.project_id, -(-count // PER_PROJECT), name=RENAMED)
    _copy(Parentage, parentage.pk, count, child_id=children, parent_id=parents)
    _copy(Handle, handle.pk, count, project_id=projects, file_id=parents)
    _copy(Location, file.locations.get().pk, count, file_id=children)


def _copy(model, pk, count, **instead):
    """Copy one row in one statement; return the keys of the copies.

    ``instead`` has other values for a column: SQL, or a list of keys, each of them used as often.
    """
    meta = model._meta
    fields = [f for f in meta.concrete_fields if not f.primary_key and f.name not in UNIQUE]
    values = {field.column: f"original.{field.column}" for field in fields}
    for column, other in instead.items():
        nth = f"nth::bigint * {len(other)} / %(count)s"
        values[column] = other if isinstance(other, str) else f"(%({column})s::bigint[])[1 + {nth}]"
    statement = f"""
        INSERT INTO {meta.db_table} ({", ".join(values)})
        SELECT {", ".join(values.values())}
        FROM {meta.db_table} AS original, generate_series(0, %(count)s - 1) AS nth
        WHERE original.{meta.pk.column} = %(pk)s
        RETURNING {meta.pk.column}
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, {"pk": pk, "count": count, **instead})
        return [key for (key,) in cursor.fetchall()]
