"""Of two vendors of a live market the one that lags gives way to the one that does not, and comes back when it has
kept up."""

import numpy as np
import pytest

from core.vendors import Vendor
from desk import market as markets
from feeds.live.lag import LeastLag
from tests.feeds.live.lines import depth
from tests.jobs.test_live_market import KEY, Stage, give, stage

__all__ = ["stage"]


def say(stage: Stage, vendor: Vendor, price: float, lag: int, volume: int) -> None:
    """A word that was so many ms under way."""
    now = stage.wall.ms
    stage.lines[vendor].say(
        KEY[vendor], price, now - lag, traded=now - lag, close=1_480, volume=volume,
        depth=depth(price - 0.1, price + 0.1), received=now,
    )  # fmt: skip


@pytest.mark.parametrize("lag", [3_000, 9_000])
def test_a_first_vendor_that_lags_yields_and_comes_back_when_it_keeps_up(stage: Stage, lag: int) -> None:
    give(stage, Vendor.TRUEDATA)
    stage.step()

    def pass_(seconds: int, lag: int) -> list[tuple[object, bool]]:
        seen = []
        for _ in range(seconds):
            stage.wall.pass_(0.75)
            say(stage, Vendor.UPSTOX, 1_500, lag, 1_000 + stage.wall.ms % 10**6)
            say(stage, Vendor.TRUEDATA, 1_400, 20, 900)
            stage.step(0.25)
            seen.append(stage.shown())
        return seen

    assert pass_(20, 30)[-1] == (150_000, True)
    late = pass_(25, lag)
    assert late[-1] == (140_000, True)
    change = next(n for n, (price, _) in enumerate(late) if price == 140_000)
    assert late[change - 1] == (150_000, False), "a frame in which the one that is left takes back its depth"
    told = markets.state(stage.database, "live/asha").feed_state
    assert (told["feed"], told["failovers"]) == ("truedata", 1)
    assert f"came {lag / 1000:.1f} s later" in told["other"]["reason"]
    assert pass_(90, 800)[-1] == (140_000, True), "nearer, but not near"
    assert pass_(40, 30)[-1] == (140_000, True), "near, but not for a minute"
    assert pass_(45, 30)[-1] == (150_000, True)
    assert markets.state(stage.database, "live/asha").feed_state["failovers"] == 2


def test_a_clock_of_ours_that_is_wrong_moves_nothing(stage: Stage) -> None:
    give(stage, Vendor.TRUEDATA)
    stage.step()
    for _ in range(40):
        stage.wall.pass_(0.75)
        say(stage, Vendor.UPSTOX, 1_500, 8_000, 1_000)
        say(stage, Vendor.TRUEDATA, 1_400, 7_500, 900)
        stage.step(0.25)
    told = markets.state(stage.database, "live/asha").feed_state
    assert (told["feed"], told["failovers"]) == ("upstox", 0)


def test_the_least_lag_is_of_the_last_seconds_alone() -> None:
    pace = LeastLag()
    assert pace.least(0) is None
    for now, lag, late in ((0, 40, False), (1_000, 900, False), (6_000, 7_000, True), (7_000, 6_000, True)):
        pace.hear(np.array([lag, lag + 5]), np.array([late, late]), now)
    assert (pace.least(7_000), pace.late_since) == (40, 6_000)
    assert (pace.least(11_000), pace.least(30_000)) == (6_000, None)
    pace.hear(np.array([9_000, 10]), np.array([True, False]), 31_000)
    assert (pace.least(31_000), pace.late_since) == (10, 0)
