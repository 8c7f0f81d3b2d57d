"""One message of several statements: what it opens, what it skips, what it quotes, and what a lost answer raises."""

import os
import socket
import threading
from typing import Any

import psycopg
import pytest
from psycopg import errors

from db.engine import Database, connect
from db.message import quoted, send

TABLE = "create table t (n integer primary key, s text)"


def state(connection: psycopg.Connection[Any]) -> str:
    """Whether the session is in a transaction, in the protocol's word."""
    return connection.info.transaction_status.name


def rows(database: Database) -> list[tuple[int]]:
    """What is stored for all to see."""
    with database.connection() as connection:
        return connection.execute("select n from t order by n").fetchall()


def test_the_first_statement_takes_begin_along_and_the_last_one_commit(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute(TABLE)
    with clean_database.connection() as connection:
        send(connection, b"insert into t values (1)")
        assert state(connection) == "INTRANS"
        assert rows(clean_database) == []
        send(connection, b"insert into t values (2)", b"commit")
        assert state(connection) == "IDLE"
        assert rows(clean_database) == [(1,), (2,)]


def test_a_block_that_raises_takes_back_what_its_messages_wrote(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute(TABLE)
    with pytest.raises(KeyError), clean_database.connection() as connection:
        send(connection, b"insert into t values (1)")
        raise KeyError
    assert rows(clean_database) == []


def test_what_follows_a_statement_that_fails_is_skipped(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute(TABLE)
    with pytest.raises(errors.DivisionByZero), clean_database.connection() as connection:
        send(connection, b"insert into t values (1)")
        send(connection, b"select 1 / 0", b"commit")
    assert rows(clean_database) == []


def test_psycopgs_own_statements_share_the_transaction(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute(TABLE)
    with clean_database.connection() as connection:
        send(connection, b"insert into t values (1)")
        connection.execute("insert into t values (2)")
        connection.rollback()
        connection.execute("insert into t values (3)")
        send(connection, b"insert into t values (4)", b"commit")
    assert rows(clean_database) == [(3,), (4,)]


def test_the_first_value_of_the_last_statement_is_the_answer(clean_database: Database) -> None:
    with clean_database.connection() as connection:
        assert send(connection, b"select 1", b"select 2, 3 union all select 4, 5") == b"2"
        assert send(connection, b"select 1 where false") is None
        assert send(connection, b"set local work_mem = '4MB'") is None


@pytest.mark.parametrize(
    "text", ["plain", "it's", 'a "b"', "back\\slash", "'; drop table t; --", "₹ पैसा 😀", "", "%s {} $1", "\x01\t\n"]
)
def test_a_text_arrives_as_it_is(clean_database: Database, text: str) -> None:
    with clean_database.connection() as connection:
        answer = send(connection, quoted(connection, b"select concat(%b, %b)", text, text.encode()))
    assert answer is not None
    assert answer.decode() == text + text


@pytest.mark.parametrize(
    ("values", "answer"), [(([3, -1, 2**62],), b"3,-1,4611686018427387904"), (([],), b""), ((None,), None)]
)
def test_a_list_of_numbers_arrives_as_it_is(
    clean_database: Database, values: tuple[list[int] | None], answer: bytes | None
) -> None:
    with clean_database.connection() as connection:
        connection.execute(
            "create function pg_temp.told(bigint[]) returns text language sql as 'select array_to_string($1, '','')'"
        )
        assert send(connection, quoted(connection, b"select pg_temp.told(%b)", *values)) == answer


def test_a_text_with_nul_is_refused_and_never_cut_short(clean_database: Database) -> None:
    with clean_database.connection() as connection, pytest.raises(psycopg.DataError, match="NUL"):
        quoted(connection, b"select %b", "a\0b")


def test_a_message_and_an_answer_longer_than_any_buffer_pass(clean_database: Database) -> None:
    text = "0123456789'\\" * 1_000_000
    with clean_database.connection() as connection:
        assert send(connection, quoted(connection, b"select concat(%b)", text)) == text.encode()


def test_a_killed_session_is_an_operational_error_and_the_next_one_works(clean_database: Database) -> None:
    with pytest.raises(psycopg.OperationalError), clean_database.connection() as connection:
        send(connection, b"select 1")
        with connect(clean_database.url) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        send(connection, b"select 1", b"commit")
    with clean_database.connection() as connection:
        assert send(connection, b"select 1") == b"1"


def test_an_answer_that_never_comes_is_an_operational_error(clean_database: Database) -> None:
    """The socket breaks without a word of the server: whether COMMIT was done is not known."""
    with pytest.raises(psycopg.OperationalError) as raised, clean_database.connection() as connection:
        send(connection, b"select 1")
        cut(connection)
        send(connection, b"select 1", b"commit")
    assert type(raised.value) is psycopg.OperationalError


def cut(connection: psycopg.Connection[Any]) -> None:
    """Shut the connection's socket down from under it."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def test_a_lost_race_is_told_as_psycopg_tells_it(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        connection.execute(TABLE)
        connection.execute("insert into t values (1)")
    with clean_database.connection() as holder:
        holder.execute("select 1 from t for update")
        with pytest.raises(errors.LockNotAvailable), clean_database.connection() as other:
            other.execute("set local lock_timeout = '50ms'")
            send(other, b"select 1 from t for update")


def test_other_threads_run_while_a_message_is_answered(clean_database: Database) -> None:
    """The interpreter's lock is let go for the whole of a round trip."""
    seen: list[float] = []
    with clean_database.connection() as connection:
        waiting = threading.Thread(target=lambda: send(connection, b"select pg_sleep(0.2)"))
        waiting.start()
        while waiting.is_alive():
            seen.append(0.0)
            waiting.join(0.001)
    assert len(seen) > 10


def test_a_connection_that_commits_by_itself_is_given_no_transaction(clean_database: Database) -> None:
    with clean_database.autocommit() as connection:
        send(connection, b"select 1")
        assert state(connection) == "IDLE"
