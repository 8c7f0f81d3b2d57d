"""The pool: what a session is set to, what survives a kill, and what a caller is told without a connection."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from psycopg import errors

from db import checks
from db.checks import UnfitServerError
from db.engine import Database, DatabaseBusy, DatabaseUnavailable, connect, dsn, exclusive, retrying

PROJECT = Path(__file__).resolve().parents[2]
NOBODY = "postgresql://kagaz@127.0.0.1:1/kagaz"  # nothing listens on port 1


def kill_all(database: Database) -> None:
    """Ends every other session of the database, as a restart of the server would."""
    with connect(database.url) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_a_block_that_ends_well_is_committed_and_one_that_raises_is_not(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute("create table t (n integer)")
    with clean_database.connection() as connection:
        connection.execute("insert into t values (1)")
    with pytest.raises(KeyError), clean_database.connection() as connection:
        connection.execute("insert into t values (2)")
        raise KeyError
    with clean_database.connection() as connection:
        assert connection.execute("select n from t").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
    ],
)
def test_each_session_is_set_up(clean_database: Database, name: str, value: str) -> None:
    with clean_database.connection() as connection:
        assert connection.execute(f"show {name}").fetchone() == (value,)
    with clean_database.engine.connect() as other:
        assert other.execute(sqlalchemy.text(f"show {name}")).scalar() == value


def test_a_connection_is_given_back_as_it_was_lent(clean_database: Database) -> None:
    with Database(clean_database.url, pool_size=1) as database:
        with database.autocommit() as connection:
            assert connection.autocommit
        with pytest.raises(errors.DivisionByZero), database.autocommit() as connection:
            connection.execute("select 1 / 0")
        with database.connection() as connection:
            assert not connection.autocommit


def test_the_pool_heals_when_all_its_sessions_are_killed(clean_database: Database) -> None:
    with Database(clean_database.url, pool_size=3) as database:
        for _ in range(3):
            with database.connection() as first, database.connection() as second:
                assert first.execute("select 1").fetchone() == second.execute("select 1").fetchone()
            kill_all(database)


def test_the_screens_engine_heals_when_its_sessions_are_killed(clean_database: Database) -> None:
    for _ in range(2):
        with clean_database.engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
        kill_all(clean_database)


def test_a_transaction_whose_session_is_killed_raises_and_the_next_one_works(
    clean_database: Database,
) -> None:
    with pytest.raises(psycopg.OperationalError), clean_database.connection() as connection:
        kill_all(clean_database)
        connection.execute("select 1")
    with clean_database.connection() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_an_exhausted_pool_says_so(clean_database: Database) -> None:
    with (
        Database(clean_database.url, pool_size=1, patience=0.05) as database,
        database.connection(),
        pytest.raises(DatabaseBusy, match="All database connections are in use"),
        database.connection(),
    ):
        pass


def test_an_unreachable_server_says_so() -> None:
    with (
        Database(NOBODY, patience=0.05) as database,
        pytest.raises(DatabaseUnavailable, match="cannot be reached"),
        database.connection(),
    ):
        pass


def test_the_patience_of_a_caller_is_two_seconds_at_most(clean_database: Database) -> None:
    assert clean_database.patience <= 2
    assert "connect_timeout=4" in dsn(clean_database.url)


@pytest.mark.parametrize(
    ("url", "alive"),
    [
        ("postgresql://u:p@db.example.com/x", True),
        ("postgres://u:p@10.0.0.1:5433/x", True),
        ("postgresql+psycopg://u@db.example.com/x", True),
        ("postgresql://u@/x?host=/run/postgresql", False),
    ],
)
def test_a_remote_server_is_asked_whether_it_lives(url: str, alive: bool) -> None:
    assert ("keepalives_idle=5" in dsn(url)) is alive
    assert ("tcp_user_timeout=11000" in dsn(url)) is alive


def test_what_the_address_asks_for_is_kept() -> None:
    assert "connect_timeout=2" in dsn("postgresql://u@h/x?connect_timeout=2")


@pytest.mark.parametrize("race", [errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable])
def test_a_lost_race_is_run_again(race: type[Exception]) -> None:
    assert retrying(failing(2, race)) == "done"
    with pytest.raises(race):
        retrying(failing(3, race))


def test_other_errors_are_not_run_again() -> None:
    with pytest.raises(errors.UniqueViolation):
        retrying(failing(1, errors.UniqueViolation))


def failing(times: int, error: type[Exception]) -> Callable[[], str]:
    """A function that raises so many times before it succeeds."""
    left = iter([error] * times)

    def attempt() -> str:
        for one in left:
            raise one
        return "done"

    return attempt


def test_a_fit_server_is_accepted(clean_database: Database) -> None:
    checks.refuse_unfit(clean_database.url)


def test_a_server_that_can_lose_a_commit_is_refused(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TEST_MARK", "kagaz.no_such_mark")
    with pytest.raises(UnfitServerError, match="fsync = off: a crash would lose money"):
        checks.refuse_unfit(clean_database.url)


def test_an_old_server_is_refused(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OLDEST", 99)
    with pytest.raises(UnfitServerError, match="Kagaz needs 99 or newer"):
        checks.refuse_unfit(clean_database.url)


def test_a_transaction_pooler_is_refused(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Idle, a pooler lends both of its clients the same session of the server.
    with connect(clean_database.url) as lent:
        monkeypatch.setattr(checks, "connect", lambda _url: Borrowed(lent))
        with pytest.raises(UnfitServerError, match="pooler in transaction mode"):
            checks.refuse_unfit(clean_database.url)


class Borrowed:
    """A client of a pooler: it never owns the session that answers it."""

    def __init__(self, session: psycopg.Connection[tuple[object, ...]]) -> None:
        self.session = session
        self.info = session.info
        self.execute = session.execute

    def __enter__(self) -> "Borrowed":
        return self

    def __exit__(self, *exc: object) -> None:
        pass


@pytest.mark.parametrize(
    ("url", "kind", "sentence"),
    [
        (NOBODY, DatabaseUnavailable, "cannot be reached"),
        ("{}_missing", UnfitServerError, "does not exist. Correct DATABASE_URL"),
    ],
)
def test_an_address_that_does_not_lead_to_a_database(
    clean_database: Database, url: str, kind: type[Exception], sentence: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(clean_database.url)["dbname"]
    address = clean_database.url.replace(f"/{name}?", f"/{name}_missing?") if "{}" in url else url
    with pytest.raises(kind, match=sentence):
        checks.refuse_unfit(address)


def test_what_is_exclusive_happens_one_after_the_other(clean_database: Database) -> None:
    inside, most = [], []

    def work() -> None:
        with exclusive(clean_database.url, 1):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


# What a connection can send is settled when it is made; modules are imported later than that.
LATER = """
import sys
from db.engine import Database
with Database(sys.argv[1]) as database, database.connection() as connection:
    from db.arrays import Int4, Int8
    print(connection.execute("select %s::int4[], %s::int8[]", [Int4([1, 2]), Int8([3])]).fetchone())
"""


def test_a_connection_sends_columns_whose_module_was_imported_after_it_was_made(database: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATER, database.url], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "([1, 2], [3])"


def backend(database: Database) -> int:
    with database.connection() as connection:
        return connection.info.backend_pid


def test_a_thread_that_keeps_a_connection_asks_on_no_other_and_survives_its_end(clean_database: Database) -> None:
    with Database(clean_database.url, pool_size=2) as database:
        with database.kept():
            own = backend(database)
            with database.autocommit() as connection:
                connection.execute("select 1")
                assert connection.info.backend_pid == own
                assert backend(database) != own  # while it is in use
            others: list[int] = []
            other = threading.Thread(target=lambda: others.extend(backend(database) for _ in range(4)))
            other.start()
            other.join()
            assert len(others) == 4
            assert own not in others
            with pytest.raises(errors.DivisionByZero), database.connection() as connection:
                connection.execute("select 1 / 0")
            assert backend(database) == own
            kill_all(database)
            assert backend(database) == backend(database) != own
        with database.connection(), database.connection():
            """Both are free again."""
