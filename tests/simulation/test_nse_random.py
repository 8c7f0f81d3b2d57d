"""Random days by the exchange's hours, holidays at short notice and deaths included. See docs/testing.md."""

import pytest

from core.sessions import Window
from tests.cluster import Throwaway
from tests.simulation.nse_exchange import opened
from tests.simulation.nse_story import play

SEEDS = (2, 8, 12)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_trades_outside_its_hours(throwaway: Throwaway, seeded_template: str, seed: int) -> None:
    with opened(throwaway, seeded_template) as exchange:
        story = play(exchange, seed)
    assert story.fills[Window.CONTINUOUS] > 5, story.fills
    assert len(story.fills) > 1, "a day in which no auction and no close trades proves little"
    assert story.reached["desk.amo"], "a night over which no order waits for the opening proves little"
