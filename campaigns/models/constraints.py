"""What the database itself sees to, beyond what Django's own constraints can say."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, BooleanField, CheckConstraint, Func, Model

PAIRS = """strict $.type() == "array" &&
    !exists($[*] ? (@.type() != "array" || @.size() != 2 || @[*].type() != "string"))"""

# Each trigger names the column by which it finds the rows to look at: "id" where it watches these
# rows, the foreign key's where it watches what they refer to. Rows are read anew, for a trigger
# that waits for the end of its transaction remembers them as they were. What they refer to is
# locked as a foreign key locks it, so that nobody moves it until we are through, and read after
# that; who moves it first is waited for. (Of each, what it belongs to is part of a unique key: a
# change of that is what such a lock keeps out.)
FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    seen record;
BEGIN
    FOR seen IN EXECUTE
        'SELECT one.id, {columns} FROM {table} AS one {joins}'
        ' WHERE one.' || TG_ARGV[0] || ' = $1 FOR KEY SHARE OF {references}'
        USING NEW.id
    LOOP
        IF {differ} THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation', CONSTRAINT = '{name}', TABLE = '{table}',
                MESSAGE = '{message} ({name})',
                DETAIL = concat('{table} ', seen.id, ': ', {told});
        END IF;
    END LOOP;
    RETURN NULL;
END
$body$;
"""
TRIGGER = """
CREATE CONSTRAINT TRIGGER {trigger} AFTER {event} ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {condition} EXECUTE FUNCTION {name}('{column}');
"""


class ArePairs(Func):
    """Whether a JSON column holds a list of [key, value] pairs of text."""

    template = f"jsonb_path_match(%(expressions)s, '{PAIRS}')"
    output_field = BooleanField()


def pairs(field: str, name: str) -> CheckConstraint:
    """Return the constraint that ``field`` holds [key, value] pairs of text."""
    message = f"{field} is a list of [key, value] pairs of text"
    return CheckConstraint(condition=ArePairs(field), name=name, violation_error_message=message)


class Agree(BaseConstraint):
    """What a row refers to, by all of ``references``, has the same ``on``.

    ``of`` names the model's many-to-many field whose rows are meant, where not the model's own.
    Asked at the end of a transaction, as foreign keys are (docs/adr/0018).
    """

    non_db_attrs = ()  # the message stands in the database too

    def __init__(
        self,
        *,
        references: Sequence[str],
        on: str,
        name: str,
        violation_error_message: str,
        of: str = "",
    ) -> None:
        super().__init__(name=name, violation_error_message=violation_error_message)
        self.references = tuple(references)
        self.on = on
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Agree) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"references": self.references, "on": self.on, "of": self.of}

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: set[str] | None = None,
        using: str = "default",
    ) -> None:
        if self.of or not set(self.references).isdisjoint(exclude or ()):
            return
        referred = [getattr(instance, reference) for reference in self.references]
        if len({getattr(item, f"{self.on}_id") for item in referred}) > 1:
            raise ValidationError(str(self.get_violation_error_message()))

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Say nothing inside CREATE TABLE: triggers come when all the tables are there."""
        assert schema_editor is not None
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None
        return self._function(self._rows(model)) + "".join(self._triggers(self._rows(model)))

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        return f"DROP FUNCTION {self.name}() CASCADE"

    def _rows(self, model: type[Model]) -> type[Model]:
        """Return the model whose rows refer to what has to agree."""
        if not self.of:
            return model
        many: Any = model._meta.get_field(self.of)
        through: type[Model] = many.remote_field.through
        return through

    def _function(self, rows: type[Model]) -> str:
        first, *others = self.references
        return FUNCTION.format(
            name=self.name,
            message=self.violation_error_message,
            table=rows._meta.db_table,
            references=", ".join(self.references),
            columns=", ".join(f"{name}.{self.on}_id AS {name}" for name in self.references),
            joins=" ".join(
                f"JOIN {referred._meta.db_table} AS {name} ON {name}.id = one.{name}_id"
                for name, referred in self._referred(rows)
            ),
            differ=" OR ".join(f"seen.{first} <> seen.{other}" for other in others),
            told=", ', ', ".join(
                f"'{name} of {self.on} ', seen.{name}" for name in self.references
            ),
        )

    def _triggers(self, rows: type[Model]) -> Iterator[str]:
        table = rows._meta.db_table
        columns = [f"{name}_id" for name in self.references]
        yield self._trigger("new", "INSERT", table, "id")
        yield self._trigger("changed", "UPDATE", table, "id", watched=columns)
        for name, referred in self._referred(rows):
            where = referred._meta.db_table
            yield self._trigger(name, "UPDATE", where, f"{name}_id", watched=[f"{self.on}_id"])

    def _trigger(
        self, what: str, event: str, table: str, column: str, watched: Sequence[str] = ()
    ) -> str:
        changes = [f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in watched]
        return TRIGGER.format(
            trigger=f"{self.name}_{what}",
            event=event,
            table=table,
            condition=f"WHEN ({' OR '.join(changes)})" if changes else "",
            name=self.name,
            column=column,
        )

    def _referred(self, rows: type[Model]) -> Iterator[tuple[str, type[Model]]]:
        for name in self.references:
            field: Any = rows._meta.get_field(name)
            yield name, field.related_model
