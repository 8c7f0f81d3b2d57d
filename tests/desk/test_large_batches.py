"""A batch of fills of any size is written: what does not fit into a socket's buffer is sent piece by piece."""

from datetime import UTC, datetime

import pytest

from core.matching import Fill
from db.engine import Database
from tests.floor import INFY, Floor

PRICE = 150_000


@pytest.mark.parametrize("fills", [2, 40, 1_000])
def test_a_batch_of_so_many_fills_is_written(database: Database, fills: int) -> None:
    floor = Floor(database)
    floor.price(INFY, PRICE)
    account = floor.account(cash=10**12)
    order = floor.number(floor.place(account, "BUY", fills, INFY, PRICE))
    now = int(datetime.now(UTC).timestamp() * 1000)
    instrument = floor.instrument(INFY).id
    batch = [
        Fill(order, account, instrument, 1, PRICE, frame, now, PRICE, ((PRICE, 1),)) for frame in range(1, fills + 1)
    ]
    assert len(floor.send(*batch).done) == fills
    assert floor.position(account, INFY) == (fills, 0)
    floor.sound()
