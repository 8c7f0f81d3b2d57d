"""Several statements in one message to the server: one round trip, in which no other thread waits for this one.

BEGIN travels with the first statement of a transaction and COMMIT with its last: an order is two round trips.
libpq sends and waits by itself here, without the interpreter's lock; psycopg holds that lock while it sends, and
the server, which wakes on the same processor, may well run before it lets go. In the simple protocol a server
reads a whole message before it answers, so that no length of a statement can have both sides wait for each
other, as pipelines can.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.pq import abc

Connection = psycopg.Connection[Any]
Value = Sequence[int] | str | bytes | int | None

GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def quoted(connection: Connection, statement: bytes, *values: Value) -> bytes:
    """The statement with its ``%b`` filled in by the values, each quoted by libpq as a literal of no type yet."""
    escaping = pq.Escaping(connection.pgconn)
    return statement % tuple(_literal(escaping, value) for value in values)


def _literal(escaping: abc.Escaping, value: Value) -> bytes:
    if value is None:
        return b"null"
    if isinstance(value, str):
        value = value.encode()
    elif not isinstance(value, bytes):
        value = (str(value) if isinstance(value, int) else f"{{{','.join(map(str, value))}}}").encode()
    if b"\0" in value:  # which would end the statement here, and unseen
        raise psycopg.DataError("a text of the database cannot contain NUL")
    return bytes(escaping.escape_literal(value))


def send(connection: Connection, *statements: bytes) -> bytes | None:
    """Run the statements in one message; the first value of the last one's first row, None where it has none.

    Opens a transaction with them where none is open. The server skips what follows a statement that fails, so
    that a COMMIT after it is not reached. Raises psycopg errors; OperationalError where no answer came: then
    nobody knows whether a COMMIT among them was done.
    """
    raw = connection.pgconn
    if raw.transaction_status == pq.TransactionStatus.IDLE and not connection.autocommit:
        statements = (b"begin", *statements)
    result = raw.exec_(b"; ".join(statements))
    if result.status not in GOOD:
        if result.error_field(pq.DiagnosticField.SQLSTATE) is None:
            raise psycopg.OperationalError(result.get_error_message())
        raise errors.error_from_result(result)
    return result.get_value(0, 0) if result.ntuples else None
