"""What else a vendor's line may do wrong, for both vendors alike: it stalls, or it crawls."""

from dataclasses import replace

import pytest

from feeds.live.line import LineState
from feeds.live.plan import Plan
from feeds.live.supervisor import Lost
from feeds.live.upstox import VENDOR as UPSTOX
from feeds.live.websocket import Address
from feeds.live.worker import Worker
from tests.feeds.live.ears import ears
from tests.feeds.live.plain import VENDOR as TRUEDATA
from tests.feeds.live.test_truedata_line import Stepped
from tests.feeds.live.test_worker import SOON
from tests.feeds.standins.relay import Relay
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn
from tests.feeds.standins.upstox import TOKEN, UpstoxStandIn


def stepped(worker: Worker, *keys: str) -> Stepped:
    made = Stepped.__new__(Stepped)
    made.worker, made.states = worker, []
    worker.want(keys, (), ())
    worker.start()
    return made


def test_an_upstox_that_stalls_is_quiet_then_left_and_heard_again() -> None:
    with UpstoxStandIn() as vendor:
        worker = Worker(
            replace(UPSTOX, rules=SOON), {"access_token": TOKEN, "stream": vendor.address}, luck=lambda: 0.5
        )
        line = stepped(worker, "NSE_EQ|INE002A01018")
        line.until(lambda: worker.status().state is LineState.LIVE and worker.board.heard())
        vendor.moods.silent = True
        line.until(lambda: worker.status().reconnects >= 1)
        assert line.states[-2:] == [LineState.QUIET, LineState.BACKING_OFF]
        vendor.moods.silent = False
        line.until(lambda: worker.status().state is LineState.LIVE and worker.board.heard())
        worker.stop()


def test_a_truedata_that_stalls_is_left_and_heard_again() -> None:
    with TrueDataStandIn() as stand:
        credentials = {"user": USER, "password": PASSWORD, "port": str(stand.port)}
        worker = Worker(replace(TRUEDATA, rules=SOON), credentials, luck=lambda: 0.5)
        line = stepped(worker, "INFY")
        line.live_with(stand, "INFY")
        stand.moods.silent = True
        line.until(lambda: worker.status().reconnects >= 1)
        stand.moods.silent = False
        line.live_with(stand, "INFY")
        worker.stop()


@pytest.mark.parametrize("delay", [0.4])
def test_a_truedata_that_crawls_is_late_and_not_lost(delay: float) -> None:
    with TrueDataStandIn() as stand, Relay(stand.port) as relay:
        relay.delay = delay
        with ears(Address("127.0.0.1", relay.port, tls=None), dead=3.0) as one:
            one.opened("INFY")
            one.until(lambda: max(one.lags, default=0) >= delay * 1000 - 50)
            stand.say(stand.trade("INFY", 100_000, 9_000))
            one.row("INFY", volume=9_000)
            assert not [each for each in one.told if isinstance(each, Lost)]


def test_a_truedata_whose_link_is_frozen_is_left() -> None:
    with (
        TrueDataStandIn() as stand,
        Relay(stand.port) as relay,
        ears(Address("127.0.0.1", relay.port, tls=None), dead=2.5) as one,
    ):
        one.opened("INFY")
        one.link.subscribe(Plan(full=("INFY", "SBIN")))
        relay.frozen = True
        ended = one.ended()
    assert isinstance(ended, Lost)
    assert "heartbeats" in ended.why
