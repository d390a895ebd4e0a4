"""Years of submissions, made in seconds: copies of one, with all that hangs on it."""

from django.db import connection

from submissions.models import Run, Submission, SubmissionHistory
from workflow.models import Decision

PER_RUN = 100
UNIQUE = {"cause_key", "replaced_by"}  # a copy goes without


def copies(submission, count):
    """Return the ids of ``count`` copies of ``submission``, in runs of a hundred each."""
    runs = _copy(Run, submission.run_id, -(-count // PER_RUN))
    made = _copy(Submission, submission.pk, count, run_id=runs)
    for model in (SubmissionHistory, Decision):
        for row in model.objects.filter(submission=submission):
            _copy(model, row.pk, count, submission_id=made)
    return made


def _copy(model, pk, count, **instead):
    """Copy one row, in one statement; ``instead`` has values for a column, each as often."""
    meta = model._meta
    fields = [f for f in meta.concrete_fields if not f.primary_key and f.name not in UNIQUE]
    values = {field.column: f"original.{field.column}" for field in fields}
    for column, choices in instead.items():
        values[column] = f"(%({column})s::bigint[])[1 + nth::bigint * {len(choices)} / %(count)s]"
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
