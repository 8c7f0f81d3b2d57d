"""What a failed statement means for who asked: try again, or the value cannot be stored."""

import sys

import psycopg
import psycopg_pool

from db.engine import RACES, DatabaseBusy, DatabaseUnavailable

ORDER_NAMES = "orders_account_id_client_order_id_key"


def kind(error: BaseException) -> str | None:
    """``busy``, ``unreachable``, ``unstorable``, ``named`` (an order of the account has that name), or None for what is
    no trouble of the database's."""
    # What SQLAlchemy wraps; it is not loaded here for the sake of a question.
    inner = getattr(error, "orig", None)
    if isinstance(inner, psycopg.Error):
        error = inner
    wrapper = sys.modules.get("sqlalchemy.exc")
    if wrapper is not None and isinstance(error, wrapper.TimeoutError):
        return "busy"
    if isinstance(error, (DatabaseBusy, psycopg_pool.PoolTimeout, *RACES)):
        return "busy"
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "busy"
    if isinstance(error, DatabaseUnavailable | psycopg.OperationalError | psycopg.InterfaceError):
        return "unreachable"
    if isinstance(error, psycopg.errors.InternalError_ | psycopg.errors.ReadOnlySqlTransaction):
        return "unreachable"
    if isinstance(error, psycopg.DataError):
        return "unstorable"
    if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == ORDER_NAMES:
        return "named"
    return None
