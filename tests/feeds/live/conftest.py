"""The stand-in of TrueData that tests of its link, its line and its market share, and a link that listens to it."""

from collections.abc import Iterator

import pytest

from feeds.live import process
from tests.feeds.live.ears import Ears, ears
from tests.feeds.standins.truedata import TrueDataStandIn
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def _slow_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line's process that loads its client on a busy machine is not taken for stuck."""
    monkeypatch.setattr(process, "MUTE", 2 * PATIENCE)


@pytest.fixture
def stand() -> Iterator[TrueDataStandIn]:
    with TrueDataStandIn() as made:
        yield made


@pytest.fixture
def one(stand: TrueDataStandIn) -> Iterator[Ears]:
    with ears(stand) as made:
        yield made
