"""Two things that the ORM can't say: INSERT … SELECT, and a lock on a name."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from datahandling.models import File


def insert_select(
    model: type[models.Model], owner: dict[str, int], files: "models.QuerySet[File]"
) -> None:
    """Insert a row for each of the files, in one statement: the owner's key and the file's.

    ``owner`` names the column and the key. The other columns get the database's defaults.
    """
    ((column, key),) = owner.items()
    selected = files.order_by("pk").values_list(models.Value(key), "pk")
    try:
        sql, parameters = selected.query.sql_with_params()
    except EmptyResultSet:
        return
    quote = connection.ops.quote_name
    table = model._meta.db_table
    into = f"{quote(table)} ({quote(column)}, {quote('file_id')})"
    execute(f"INSERT INTO {into} {sql}", parameters)


def lock_declarations(experiment: str) -> None:
    """Let one transaction at a time declare files, until it ends.

    So keys appear in their order: who has read up to one never finds a smaller one later.
    """
    execute("SELECT pg_advisory_xact_lock(hashtext('declare'), hashtext(%s))", (experiment,))


def execute(sql: str, parameters: tuple[Any, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
