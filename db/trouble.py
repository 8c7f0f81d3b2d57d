"""What a failed statement means for who asked: try again, or the value cannot be stored."""

import psycopg
import psycopg_pool
import sqlalchemy.exc

from db.engine import RACES, DatabaseBusy, DatabaseUnavailable


def kind(error: BaseException) -> str | None:
    """``busy``, ``unreachable``, ``unstorable``, or None for what is no trouble of the database's."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and isinstance(error.orig, psycopg.Error):
        error = error.orig
    if isinstance(error, (DatabaseBusy, psycopg_pool.PoolTimeout, sqlalchemy.exc.TimeoutError, *RACES)):
        return "busy"
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "busy"
    if isinstance(error, DatabaseUnavailable | psycopg.OperationalError | psycopg.InterfaceError):
        return "unreachable"
    if isinstance(error, psycopg.errors.InternalError_ | psycopg.errors.ReadOnlySqlTransaction):
        return "unreachable"
    if isinstance(error, psycopg.DataError):
        return "unstorable"
    return None
