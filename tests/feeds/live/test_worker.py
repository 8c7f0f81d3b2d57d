"""A worker drives links: what a vendor does moves the line's state, and nothing it does raises."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from feeds.live import worker as module
from feeds.live.line import LineState, SegmentState
from feeds.live.supervisor import Lost, Rules
from feeds.live.worker import Worker
from tests.feeds.live.scripted import VENDOR
from tests.patience import PATIENCE

SOON = Rules(base=50, least=20, quiet=300, dead=2_500)
"""A line that says nothing is quiet after a moment, and longer so than a busy machine takes to look at it again."""


def a_worker(mood: str, expires_at: int = 0) -> Worker:
    vendor = replace(VENDOR, rules=SOON) if mood == "silent" else VENDOR
    worker = Worker(vendor, {"token": mood}, expires_at, luck=lambda: 0.99)
    worker.want(["NSE_EQ|A", "NSE_EQ|B"], ["NSE_EQ|C"], [])
    worker.start()
    return worker


def until(worker: Worker, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, worker.status()
        worker.step()
        time.sleep(0.005)


def test_it_connects_and_hands_on_what_it_hears() -> None:
    worker = a_worker("good")
    until(worker, lambda: worker.status().confirmed == 3)
    status = worker.status()
    assert (status.state, status.wanted, status.refused) == (LineState.LIVE, 3, 0)
    assert status.messages > 0
    assert status.sentence == "Connected to Scripted."
    assert set(worker.board.drain().keys) == {"NSE_EQ|A", "NSE_EQ|B", "NSE_EQ|C"}
    until(worker, lambda: worker.status().last_error == "unknown key X")
    assert worker.status().state is LineState.LIVE
    worker.stop()
    assert worker.status().state is LineState.STOPPED


def test_the_newest_wish_wins_and_what_is_cut_is_said() -> None:
    worker = a_worker("good")
    until(worker, lambda: worker.status().state is LineState.LIVE)
    worker.want([f"NSE_EQ|{n}" for n in range(9)], [], [])
    until(worker, lambda: worker.status().refused == 1)
    assert "3 + 5" not in worker.status().sentence
    assert worker.status().reduced == 5
    assert worker.status().sentence.startswith("Scripted allows 8 instruments")
    worker.stop()


@pytest.mark.parametrize(
    ("mood", "states"),
    [
        ("drops", [LineState.LIVE, LineState.BACKING_OFF, LineState.CONNECTING, LineState.LIVE]),
        ("raises", [LineState.CONNECTING, LineState.BACKING_OFF, LineState.CONNECTING, LineState.BACKING_OFF]),
        ("silent", [LineState.LIVE, LineState.QUIET, LineState.BACKING_OFF, LineState.CONNECTING]),
    ],
)
def test_a_line_that_is_lost_comes_back(mood: str, states: list[LineState]) -> None:
    worker = a_worker(mood)
    for state in states:
        until(worker, lambda: worker.status().state is state)  # noqa: B023
    assert worker.status().reconnects >= 1
    worker.stop()


def test_a_refused_login_ends_it_and_no_secret_is_quoted() -> None:
    worker = a_worker("refused")
    until(worker, lambda: worker.status().state is LineState.REFUSED)
    assert worker.status().sentence == "Scripted refused the login: wrong token ***"
    assert "refused" not in worker.status().last_error
    began = worker._attempt
    for _ in range(50):
        worker.step()
    assert worker._attempt == began


def test_a_token_that_expired_ends_it() -> None:
    worker = a_worker("good", expires_at=int(time.time() * 1000) + 300)
    until(worker, lambda: worker.status().state is LineState.TOKEN_EXPIRED)
    assert worker.status().sentence == "The login at Scripted has expired. Sign in to Scripted again."


def test_an_exchange_that_trades_into_the_night_says_nothing_of_another() -> None:
    worker = a_worker("good")
    until(worker, lambda: worker.status().state is LineState.LIVE and bool(worker.segments))
    for ours, theirs, trading in (("OPEN", "CLOSED", True), ("CLOSED", "OPEN", False)):
        worker.segments = {"NSE_EQ": SegmentState(ours), "MCX_FO": SegmentState(theirs)}
        assert worker._trading() is trading
    worker.want([], [], [])
    worker.step()
    assert not worker._trading(), "where nothing is wanted silence means nothing"
    worker.stop()


def test_a_client_that_loads_slowly_is_waited_for_and_its_time_begins_then() -> None:
    loaded = threading.Event()
    vendor = replace(
        VENDOR, prepare=lambda: (loaded.wait(PATIENCE), None)[1], rules=Rules(base=50, least=20, connect=50)
    )
    worker = Worker(vendor, {"token": "good"}, luck=lambda: 0.99)
    worker.want(["NSE_EQ|A"], [], [])
    worker.start()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        worker.step()
        assert worker.status().state is LineState.CONNECTING
        time.sleep(0.005)
    worker._rules = VENDOR.rules  # the link itself has all the time of a busy machine
    loaded.set()
    until(worker, lambda: worker.status().confirmed == 1)
    assert worker.status().reconnects == 0
    worker.stop()


def test_a_client_that_cannot_be_loaded_says_so_and_ends_nothing() -> None:
    def broken() -> None:
        raise ImportError("half of a client")

    worker = Worker(replace(VENDOR, prepare=broken), {"token": "good"}, luck=lambda: 0.99)
    worker.want(["NSE_EQ|A"], [], [])
    worker.start()
    until(worker, lambda: worker.status().confirmed == 1)
    worker.stop()


def test_what_an_old_link_says_is_not_listened_to() -> None:
    worker = a_worker("good")
    until(worker, lambda: worker.status().state is LineState.LIVE)
    old = worker._link
    worker.stop()
    worker.start()
    until(worker, lambda: worker.status().state is LineState.LIVE)
    old.ear.tell(Lost("long ago"))
    worker.step()
    assert worker.status().state is LineState.LIVE
    worker.stop()


def test_a_vendor_whose_client_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = module.Vendor(
        VENDOR.name, VENDOR.title, VENDOR.link, VENDOR.limits, VENDOR.segment_of, missing=lambda: "Run make x first."
    )
    worker = Worker(lacking, {"token": "good"}, luck=lambda: 0.5)
    worker.start()
    assert worker.status().state is LineState.REFUSED
    assert worker.status().sentence == "Run make x first."
