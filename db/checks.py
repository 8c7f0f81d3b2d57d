"""Is this server fit for money? What is not is refused in a sentence, before anything is written."""

from typing import Any

import psycopg

from db.engine import DatabaseUnavailable, connect

OLDEST = 15
# Any number that nobody else uses: locked and asked for again to see whether both reach the same session.
PROBE = 7_210_503
# A crash would lose or tear committed money with any of these off.
DURABLE = ("fsync", "full_page_writes")
# Only the throwaway clusters of the tests set this.
TEST_MARK = "kagaz.test_cluster"


class UnfitServerError(RuntimeError):
    """The Postgres at this address cannot be used; the message says why and what to do."""


def refuse_unfit(url: str) -> None:
    """Raises UnfitServerError for a server that is too old, unsafe, or behind a transaction pooler.

    Raises db.engine.DatabaseUnavailable when it cannot be reached.
    """
    try:
        with connect(url) as connection, connect(url) as other:
            _version(connection)
            _session(connection, other)
            _durability(connection)
    except psycopg.OperationalError as error:
        raise unreachable(error) from error


def unreachable(error: psycopg.Error) -> Exception:
    """What a failed connection means: a wrong address or password is for a person, the rest passes."""
    # The indented lines of libpq are guesses at the cause.
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("\t")]
    said = "; ".join(lines) or "no answer"
    lasting = (
        "password authentication failed",
        "does not exist",
        "pg_hba.conf",
        "unsupported startup",
    )
    if any(part in said for part in lasting):
        return UnfitServerError(f"The database refuses this connection: {said}. Correct DATABASE_URL.")
    return DatabaseUnavailable(f"The database cannot be reached: {said}. Kagaz tries again.")


def _version(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version
    if version < OLDEST * 10_000:
        raise UnfitServerError(
            f"The server is Postgres {version // 10_000}; Kagaz needs {OLDEST} or newer. Upgrade it, or leave "
            "DATABASE_URL unset to use the embedded one."
        )


def _session(connection: psycopg.Connection[Any], other: psycopg.Connection[Any]) -> None:
    """Session locks and settings must last from one statement to the next, and sessions must be apart.

    A transaction pooler lends a server's session for one transaction: what was set is set for whoever
    comes next, and a lock of one client is another's. Idle, it lends both clients the same session.
    """
    first = _ask(connection, "select pg_backend_pid()")
    apart = _ask(other, "select pg_backend_pid()") != first
    _ask(connection, "select set_config('kagaz.probe', 'mine', false)")
    strange = _ask(other, "select coalesce(current_setting('kagaz.probe', true), '')") == "mine"
    locked = _ask(connection, f"select pg_try_advisory_lock({PROBE}, pg_backend_pid())")
    kept = _ask(connection, "select current_setting('kagaz.probe', true)") == "mine"
    same = _ask(connection, "select pg_backend_pid()") == first
    freed = _ask(connection, f"select pg_advisory_unlock({PROBE}, {first})") if locked and same else False
    if not (apart and kept and same and freed) or strange:
        raise UnfitServerError(
            "Between Kagaz and this Postgres is a pooler in transaction mode, with which locks and "
            "notifications do not work. Give the server's direct (unpooled, or session mode) address in DATABASE_URL."
        )


def _durability(connection: psycopg.Connection[Any]) -> None:
    if _ask(connection, f"select current_setting('{TEST_MARK}', true)") == "on":
        return
    for name in DURABLE:
        if _ask(connection, f"select current_setting('{name}')") != "on":
            raise UnfitServerError(
                f"This Postgres runs with {name} = off: a crash would lose money that was confirmed. "
                f"Set {name} = on in its configuration."
            )
    commit = _ask(connection, "select current_setting('synchronous_commit')")
    if commit not in ("on", "remote_apply"):
        raise UnfitServerError(
            f"synchronous_commit is {commit} although every session of Kagaz asks for on. Remove what overrides it."
        )


def _ask(connection: psycopg.Connection[Any], question: str) -> Any:
    row = connection.execute(question, prepare=False).fetchone()
    return row[0] if row else None
