"""Live markets whose vendors misbehave by seed, one vendor or two."""

import pytest

from core.vendors import Vendor
from tests.jobs.test_live_market import Stage, stage
from tests.simulation.live_story import tell

__all__ = ["stage"]


@pytest.mark.parametrize("seed", [3, 11, 58])
def test_a_vendor_that_misbehaves_costs_nobody_a_fill_that_was_not_there(stage: Stage, seed: int) -> None:
    world = tell(stage, seed, Vendor.UPSTOX)
    assert world.trades > 3, "a day on which nothing trades proves nothing"


@pytest.mark.parametrize("seed", [2, 7])
def test_two_vendors_that_misbehave_are_never_mixed(stage: Stage, seed: int) -> None:
    world = tell(stage, seed, Vendor.UPSTOX, Vendor.TRUEDATA, steps=200)
    assert world.trades > 3, "a day on which nothing trades proves nothing"
    assert any(each.startswith("wait") for each in world.done)
