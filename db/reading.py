"""How screens read: all that one screen asks sees the same instant of the database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from db.engine import Database

if TYPE_CHECKING:
    from sqlalchemy import TextClause
    from sqlalchemy.engine import Connection

Row = Mapping[str, Any]


class Statement:
    """A statement in SQLAlchemy's spelling: ``:name`` stands for a value.

    SQLAlchemy is loaded when the first one is asked. It takes a fifth of a second of a process's start, and the
    sidecar, whose start traders wait for after a crash, asks none.
    """

    def __init__(self, sql: str) -> None:
        self._sql = sql

    @cached_property
    def clause(self) -> "TextClause":
        """The statement as SQLAlchemy takes it."""
        from sqlalchemy import text

        return text(self._sql)

    @cached_property
    def plain(self) -> bytes:
        """The statement as psycopg takes it."""
        from sqlalchemy.dialects import postgresql

        dialect = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
        return str(self.clause.compile(dialect=dialect)).encode()


@contextmanager
def snapshot(database: Database) -> Iterator["Connection"]:
    """A read-only transaction on one snapshot, for questions that hang on each other's answers."""
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def rows(connection: "Connection", statement: Statement, **values: Any) -> Sequence[Row]:
    """All rows of a statement, by column name."""
    found: Sequence[Any] = connection.execute(statement.clause, values).mappings().all()
    return found


Question = tuple[Statement, Row]
Answers = list[list[dict[str, Any]]]


@contextmanager
def instant(database: Database) -> Iterator[Callable[..., Answers]]:
    """One snapshot, and a function that answers several questions on it: as often as it is called, so many round
    trips. For questions that hang on each other's answers.

    Statements are SQLAlchemy's; psycopg sends them, because its pipeline makes one round trip of them all:
    a third of the time on a quiet machine, a sixth on a busy one. They keep the plan made for any values: to
    plan them for each, as Postgres likes to where arrays are asked for, took three times as long as to run them.
    """
    with database.autocommit() as connection:
        begun = False

        def answer(*questions: Question) -> Answers:
            nonlocal begun
            with connection.pipeline():
                if not begun:
                    connection.execute("begin isolation level repeatable read, read only")
                    connection.execute("set local plan_cache_mode = force_generic_plan")
                    begun = True
                cursors = [
                    connection.cursor(row_factory=dict_row).execute(statement.plain, values)
                    for statement, values in questions
                ]
                return [cursor.fetchall() for cursor in cursors]

        try:
            yield answer
        finally:
            if begun and not connection.closed:
                connection.execute("rollback")


def together(database: Database, *questions: Question) -> Answers:
    """The rows of several statements on one snapshot, so that a balance and what explains it cannot differ: one round
    trip for all of them, with plans made for any values; see ``instant``."""
    with database.autocommit() as connection, connection.pipeline():
        connection.execute("begin isolation level repeatable read, read only")
        connection.execute("set local plan_cache_mode = force_generic_plan")
        cursors = [
            connection.cursor(row_factory=dict_row).execute(statement.plain, values) for statement, values in questions
        ]
        connection.execute("commit")
        return [cursor.fetchall() for cursor in cursors]


def ask(database: Database, statement: Statement, **values: Any) -> list[dict[str, Any]]:
    """The rows of a single statement."""
    with database.autocommit() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.plain, values).fetchall()
