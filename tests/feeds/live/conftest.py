"""The stand-in of TrueData that tests of its link, its line and its market share, and a link that listens to it."""

from collections.abc import Iterator

import pytest

from tests.feeds.live.ears import Ears, ears
from tests.feeds.standins.truedata import TrueDataStandIn


@pytest.fixture
def stand() -> Iterator[TrueDataStandIn]:
    with TrueDataStandIn() as made:
        yield made


@pytest.fixture
def one(stand: TrueDataStandIn) -> Iterator[Ears]:
    with ears(stand) as made:
        yield made
