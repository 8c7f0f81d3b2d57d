"""The tables that queries are written against are those that the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from db.engine import Database
from db.schema import METADATA


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Everything but the tape's partitions, which come and go by the hour, and Alembic's own table."""
    return kind != "table" or not (str(name).startswith("tape_") or name == "alembic_version")


def test_the_tables_for_queries_are_those_of_the_database(clean_database: Database) -> None:
    with clean_database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_a_missing_column_would_be_noticed(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute("alter table lots drop column settles_on cascade")
    with clean_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        (change,) = compare_metadata(context, METADATA)
    assert change[0] == "add_column"
    assert change[3].name == "settles_on"
