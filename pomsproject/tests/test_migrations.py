"""The tests make their tables from the models, which is quicker; the migrations make the same."""

import os
import subprocess
import sys
from contextlib import closing

import psycopg2
import pytest
from django.db import connection

from pomsproject.installation import CHECKOUT

OURS = ("campaigns_", "datahandling_", "submissions_", "workflow_")
COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text, pg_get_triggerdef(pg_trigger.oid), pg_get_functiondef(tgfoid)
    FROM pg_trigger WHERE NOT tgisinternal
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


@pytest.fixture
def migrated(db, own_database):
    """A database that the migrations have made, and one made from the models, to be asked."""
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    environment = os.environ | {"POMS_DATABASE_URL": own_database}
    subprocess.run(migrate, cwd=CHECKOUT, env=environment, check=True, timeout=100)
    with closing(psycopg2.connect(own_database)) as opened:
        yield opened


def test_migrations_make_the_tables_that_the_models_describe(migrated):
    for question in (COLUMNS, CONSTRAINTS, TRIGGERS, INDEXES):
        assert answer(migrated, question) == answer(connection, question)


def answer(database, question):
    with database.cursor() as cursor:
        cursor.execute(question)
        return {row for row in cursor.fetchall() if row[0].startswith(OURS)}
