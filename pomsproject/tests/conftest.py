"""What several tests of the whole site need."""

import os
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest


@pytest.fixture
def own_database():
    """The address of an empty database in this session's server, of one test alone."""
    session, name = os.environ["POMS_DATABASE_URL"], f"own_{uuid4().hex[:12]}"
    with closing(psycopg2.connect(session)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            yield urlsplit(session)._replace(path=f"/{name}").geturl()
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
