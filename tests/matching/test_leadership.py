"""One leader a market: real processes that are killed, stopped and woken."""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db.engine import Database
from desk.leadership import Leadership, NotLeader
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]


class Contender:
    """A child process that contends for the lead, and the lines it says."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        command = [sys.executable, "-m", "tests.matching.contender", url, name]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        self._heard = b""

    def hear(self, start: str) -> str:
        """The next line that starts so; lines before it are passed over."""
        assert self.process.stdout is not None
        until = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                while b"\n" in self._heard:
                    line, self._heard = self._heard.split(b"\n", 1)
                    if line.decode().startswith(start):
                        return line.decode()
                assert ready.select(until - time.monotonic()), f"{self.name} did not say {start}"
                self._heard += os.read(self.process.stdout.fileno(), 4096)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def arena(database: Database) -> Database:
    with database.autocommit() as connection:
        connection.execute("create table written (who text, term bigint, at timestamptz default clock_timestamp())")
    return database


@pytest.fixture
def contenders(arena: Database) -> Iterator[list[Contender]]:
    started: list[Contender] = []
    yield started
    for one in started:
        one.end()


def written(database: Database, who: str) -> int:
    with database.autocommit() as connection:
        row = connection.execute("select count(*) from written where who = %s", (who,)).fetchone()
    return row[0] if row else 0


def two(arena: Database, contenders: list[Contender]) -> tuple[Contender, Contender]:
    first = Contender(arena.url, "first")
    contenders.append(first)
    assert first.hear("leads") == "leads 1"
    second = Contender(arena.url, "second")
    contenders.append(second)
    second.hear("waiting")
    return first, second


def wait_for_rows(database: Database, who: str, more_than: int = 0) -> None:
    until = time.monotonic() + PATIENCE
    while written(database, who) <= more_than:
        assert time.monotonic() < until, f"{who} wrote nothing"
        time.sleep(0.02)


def test_of_two_contenders_one_leads_and_a_kill_hands_over(arena: Database, contenders: list[Contender]) -> None:
    first, second = two(arena, contenders)
    wait_for_rows(arena, "first")
    assert written(arena, "second") == 0
    first.signal(signal.SIGKILL)
    assert second.hear("leads") == "leads 2"
    wait_for_rows(arena, "second")


def test_a_stopped_leader_that_wakes_up_writes_nothing(arena: Database, contenders: list[Contender]) -> None:
    first, second = two(arena, contenders)
    wait_for_rows(arena, "first")
    first.signal(signal.SIGSTOP)
    assert second.hear("leads") == "leads 2"
    wait_for_rows(arena, "second")
    before = written(arena, "first")
    first.signal(signal.SIGCONT)
    # It tried: its backends had been ended, or its term was over. Then it waits like anybody else.
    first.hear("waiting")
    wait_for_rows(arena, "second", more_than=written(arena, "second"))
    assert written(arena, "first") == before
    with arena.autocommit() as connection:
        mixed = connection.execute("select term, count(distinct who) from written group by term").fetchall()
    assert dict(mixed) == {1: 1, 2: 1}


def test_a_leader_stopped_inside_a_transaction_does_not_block_its_successor(
    arena: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction holds the term; the successor ends the backend on record, and what it wrote is void."""
    monkeypatch.setattr("desk.leadership.SILENCE", 0.6)
    old, new = Leadership(arena, "sim", role="old"), Leadership(arena, "sim", role="new")
    assert old.campaign(threading.Event())
    old._resigned.set()  # it beats no more: a thread cannot be stopped by a signal as a process can

    def write_while_deposed() -> None:
        with arena.connection() as connection:
            old.guard(connection)
            connection.execute("insert into written values ('old', 1)")
            assert new.campaign(threading.Event())
            connection.execute("select 1")

    with pytest.raises(psycopg.OperationalError):
        write_while_deposed()
    assert new.term == 2
    assert written(arena, "old") == 0
    old.resign()
    new.resign()


def test_the_guard_refuses_before_during_and_after_a_term(database: Database) -> None:
    lead, other = Leadership(database, "sim", role="one"), Leadership(database, "sim", role="two")
    with database.connection() as connection, pytest.raises(NotLeader):
        lead.guard(connection)
    assert lead.campaign(threading.Event())
    assert lead.leads()
    with database.connection() as connection:
        lead.guard(connection)
    term = lead.term
    lead.resign()
    assert not lead.leads()
    assert other.campaign(threading.Event())
    lead.term = term
    with database.connection() as connection, pytest.raises(NotLeader):
        lead.guard(connection)
    other.resign()


def test_backends_that_write_are_on_record_and_the_first_frame_is_kept_once(database: Database) -> None:
    lead = Leadership(database, "sim")
    assert lead.campaign(threading.Event())
    with database.connection() as connection:
        pid = connection.info.backend_pid
        lead.guard(connection)
    lead.first_frame(41)
    lead.first_frame(42)
    with database.autocommit() as connection:
        row = connection.execute("select backend_pids, first_frame, holder from leader").fetchone()
    assert row is not None
    pids, first_frame, holder = row
    assert pid in pids
    assert (first_frame, holder.rsplit(":", 1)[-1]) == (41, "sim")
    lead.resign()


def test_a_campaign_ends_when_it_is_told_to(database: Database) -> None:
    lead, other = Leadership(database, "sim", role="one"), Leadership(database, "sim", role="two")
    assert lead.campaign(threading.Event())
    told = threading.Event()
    told.set()
    assert not other.campaign(told)
    lead.resign()
    lead.resign()
