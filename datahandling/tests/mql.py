"""MetaCat's own engine, out of its client's wheel, filled with the naive world's files."""

import json
from contextlib import contextmanager

from poms_client.testing.engine import Database, metacat, metacat_tables, new_database

NAMESPACE = "demo"
KEYS = {"tier": "core.data_tier", "energy": "sim.energy", "good": "core.good", "tag": "core.tag"}


def insert_file(db, fid, namespace, name, metadata, created_at):
    db.cursor().execute(
        "insert into files(id, namespace, name, metadata, size, created_timestamp)"
        " values (%s, %s, %s, %s, 0, %s)",
        (fid, namespace, name, json.dumps(metadata), created_at),
    )


def insert_parents(db, fid, namespace, parents):
    db.cursor().execute(
        "insert into parent_child(parent_id, child_id)"
        " select id, %s from files where namespace = %s and name = any (%s)",
        (fid, namespace, list(parents)),
    )


def insert_dataset(db, namespace, name, fids=()):
    """Make a dataset, unless it is there, and put files into it."""
    cursor = db.cursor()
    cursor.execute(
        "insert into datasets(namespace, name) values (%s, %s) on conflict do nothing",
        (namespace, name),
    )
    cursor.execute(
        "insert into files_datasets(file_id, dataset_namespace, dataset_name)"
        " select id, %s, %s from files where id = any (%s)",
        (namespace, name, list(fids)),
    )


@contextmanager
def engine(server):
    """An empty MetaCat in a database of its own on the PostgreSQL server of this URL."""
    with new_database(server) as url:
        database = Database(url)
        database.make("metacat", metacat_tables())
        with database.connection("metacat") as connection:
            yield Engine(connection)


class Engine:
    def __init__(self, connection):
        self.connection = connection
        self.connection.cursor().execute(
            "insert into users(username) values ('poms');"
            f"insert into namespaces(name, owner_user) values ('{NAMESPACE}', 'poms')"
        )

    def fill(self, world, datasets):
        """Forget all files, and take the world's; ``datasets``: name → names of files."""
        db = self.connection
        cursor = db.cursor()
        cursor.execute("delete from files_datasets; delete from datasets; delete from parent_child")
        cursor.execute("delete from files")
        fids = {file.name: f"fid{number:04d}" for number, file in enumerate(world.files)}
        for file in world.files:
            insert_file(db, fids[file.name], NAMESPACE, file.name, said(file), file.created_at)
        for file in world.files:
            insert_parents(db, fids[file.name], NAMESPACE, file.parents)
        for dataset, names in datasets.items():
            insert_dataset(db, NAMESPACE, dataset, [fids[name] for name in names])

    def files(self, text):
        """The names in the declared order; a file that is told twice is told twice."""
        found = list(self._run(text, with_meta=False))
        return [f.Name for f in sorted(found, key=lambda f: (f.CreatedTimestamp, f.FID))]

    def count(self, text):
        return self._run(text, with_meta=False).counts()[0]

    def _run(self, text, **how):
        query = metacat.mql.MQLQuery.parse(text, db=self.connection)
        return query.run(self.connection, filters={}, with_provenance=False, **how)


def said(file):
    """A file's metadata under MetaCat's names."""
    run, subrun = file.run
    metadata = {KEYS[key]: value for key, value in file.metadata.items()}
    if run is not None:
        metadata["core.runs"] = [run]
    if subrun is not None:
        metadata["core.runs_subruns"] = [run * 100_000 + subrun]
    if file.version:
        metadata["core.application.version"] = file.version
    if file.end_time is not None:
        metadata["core.end_time"] = file.end_time.timestamp()
    return metadata
