"""Rows of a query as dataclasses: three small helpers over an open connection."""

from typing import Any, TypeVar

from psycopg import Connection
from psycopg.rows import class_row, tuple_row

Row = TypeVar("Row")
Arguments = tuple[Any, ...] | dict[str, Any]


def many(connection: Connection[Any], row: type[Row], sql: str, arguments: Arguments = ()) -> list[Row]:
    """All rows of a query, each as the dataclass given."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(sql, arguments).fetchall()


def one(connection: Connection[Any], row: type[Row], sql: str, arguments: Arguments = ()) -> Row | None:
    """The first row as the dataclass given, or None."""
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(sql, arguments).fetchone()


def value(connection: Connection[Any], sql: str, arguments: Arguments = ()) -> Any:
    """First column of the first row; None when no row came."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(sql, arguments).fetchone()
    return None if row is None else row[0]
