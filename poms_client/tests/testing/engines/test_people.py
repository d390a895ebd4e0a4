"""Who may use the stand-ins is entered by each of them, on one database."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from poms_client.testing.engine import Database, metacat, metacat_tables, new_database
from poms_client.testing.people import Person, enter
from poms_client.tests.testing.engines.conftest import database_server

AT_ONCE, ROUNDS = 4, 20


@pytest.mark.race
def test_stand_ins_that_start_at_once_enter_the_same_people():
    barrier = Barrier(AT_ONCE)

    def start(database):
        with database.connection("metacat"):
            pass  # connected before the race begins
        for number in range(ROUNDS):
            barrier.wait(10)
            person = Person(f"p{number}", roles=("shifters",), namespaces=(f"ns{number}",))
            enter([person], database, "metacat")

    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as pool:
        url = stack.enter_context(new_database(database_server()))
        databases = [Database(url) for _ in range(AT_ONCE)]
        databases[0].make("metacat", metacat_tables())
        list(pool.map(start, databases))

        with databases[0].connection("metacat") as db:
            assert len(list(metacat.db.DBNamespace.list(db))) == ROUNDS
        for database in databases:
            database.close()
