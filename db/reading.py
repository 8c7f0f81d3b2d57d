"""How screens read: every query of one screen sees the same instant of the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection, RowMapping

from db.engine import Database


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A read-only transaction on one snapshot, so that a balance and what explains it cannot differ."""
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def rows(connection: Connection, statement: sqlalchemy.TextClause, **values: Any) -> Sequence[RowMapping]:
    """All rows of a statement, by column name."""
    return connection.execute(statement, values).mappings().all()


def row(connection: Connection, statement: sqlalchemy.TextClause, **values: Any) -> RowMapping | None:
    """The only row of a statement, or None."""
    return connection.execute(statement, values).mappings().one_or_none()
