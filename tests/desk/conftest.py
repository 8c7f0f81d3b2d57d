"""The trading floor of most of these tests."""

from collections.abc import Iterator

import pytest

from db.engine import Database
from tests.floor import INFY, SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    """Two shares are priced, and the books are sound at the end."""
    floor = Floor(database)
    floor.price(INFY, 150_000)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()
