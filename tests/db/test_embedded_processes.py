"""One cluster and many processes, any of which may be killed at any moment."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from db import embedded
from db.embedded import binaries, initdb
from db.embedded.places import settle
from tests.db.embedded_clients import (
    PROGRAMS,
    answers,
    client,
    home_folder,
    keepers,
    kill,
    postmaster,
    stopped,
    until,
)

pytestmark = pytest.mark.kills


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """The folder of a cluster as initdb leaves it, which takes it a second or two."""
    with home_folder() as home:
        places = settle(home)
        programs = binaries.usable_by(binaries.find(PROGRAMS), places.account, places.root / "programs")
        initdb.make(programs, places.data, places.account, durable=False)
        yield places.data


@pytest.fixture
def home(made: Path) -> Iterator[Path]:
    """A home in which there was a server before."""
    with home_folder() as folder:
        subprocess.run(["cp", "-a", made, settle(folder).data], check=True)
        yield folder


def test_six_processes_at_once_get_one_server_and_one_keeper() -> None:
    with home_folder() as home, ExitStack() as stack:
        clients = [stack.enter_context(client(home)) for _ in range(6)]
        urls = {one.url() for one in clients}
        assert len(urls) == 1
        assert answers(urls.pop())
        assert len(keepers(home)) == 1


def test_the_server_stays_for_those_who_are_left_and_stops_after_the_last(home: Path) -> None:
    with client(home) as last:
        with client(home) as first:
            assert first.url() == last.url()
        before = postmaster(settle(home))
        # Each look of the keeper comes through the door: after some it has seen who is gone.
        until(lambda: len(list(settle(home).clients.iterdir())) == 1)
        assert postmaster(settle(home)) == before
    stopped(home)


def test_what_was_committed_is_there_for_the_next_client(home: Path) -> None:
    with client(home) as first, psycopg.connect(first.url(), autocommit=True) as connection:
        connection.execute("create table kept (n integer)")
    stopped(home)
    with client(home) as second, psycopg.connect(second.url()) as connection:
        assert connection.execute("select n from kept").fetchall() == []


def test_a_killed_server_is_started_again(home: Path) -> None:
    with client(home) as one:
        url = one.url()
        places = settle(home)
        before = postmaster(places)
        kill(before)
        until(lambda: answers(url))
        assert postmaster(places) != before


def test_a_server_that_is_killed_twice_in_a_row_is_not_taken_for_a_broken_one(home: Path) -> None:
    with client(home) as one:
        url = one.url()
        places = settle(home)
        for _ in range(2):
            before = postmaster(places)
            kill(before)
            until(lambda: answers(url))
            assert postmaster(places) != before
        # What would have a client that comes now give up.
        assert not places.trouble.exists()


def test_a_killed_keeper_is_replaced_and_the_server_never_notices(home: Path) -> None:
    with client(home) as one:
        url = one.url()
        places = settle(home)
        before = postmaster(places)
        (first,) = keepers(home)
        kill(first)
        until(lambda: keepers(home) not in ([], [first]))
        assert postmaster(places) == before
        assert answers(url)
    stopped(home)


def test_a_server_and_its_keeper_killed_together_are_replaced(home: Path) -> None:
    with client(home) as one:
        url = one.url()
        before = postmaster(settle(home))
        for pid in (*keepers(home), before):
            kill(pid)
        until(lambda: answers(url))
        assert postmaster(settle(home)) != before


def test_all_killed_at_once_start_again_with_the_next_client(home: Path) -> None:
    with client(home) as one:
        url = one.url()
        pids = (*keepers(home), postmaster(settle(home)))
        one.end()
        for pid in pids:
            kill(pid)
    with client(home) as two:
        assert two.url() == url
        assert answers(url)


def test_a_client_can_leave_and_come_back_in_one_process(home: Path) -> None:
    first = embedded.acquire(home, grace=0.3, programs=PROGRAMS)
    second = embedded.acquire(home, grace=0.3, programs=PROGRAMS)
    first.release()
    first.release()
    assert answers(second.url)
    second.release()
    stopped(home)
    third = embedded.acquire(home, grace=0.3, programs=PROGRAMS)
    assert answers(third.url)
    third.release()
