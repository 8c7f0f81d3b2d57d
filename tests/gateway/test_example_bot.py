"""The bot that the documentation gives runs as it stands: four legs in, its profit, and out again."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from core.instruments import Kind
from desk import market
from settings import PROJECT
from tests.floor import NIFTY, Floor
from tests.gateway.conftest import keys_of
from tests.gateway.test_orders import account_of
from tests.patience import PATIENCE

NEAR = 50_000


class House:
    """The rest of a market: prices that stay fresh, and somebody who takes the other side of every order at them."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        nifty = floor.instrument(NIFTY)
        chain = [one for one in floor.master.chain(nifty.id) if one.kind in (Kind.CE, Kind.PE)]
        first = min(one.expiry for one in chain if one.expiry)
        strikes = sorted(one.strike for one in chain if one.expiry == first and one.strike)
        spot = strikes[len(strikes) // 2]
        near = [one for one in chain if one.expiry == first and abs((one.strike or 0) - spot) <= NEAR]
        self.prices = {one.key: 10_000 - abs((one.strike or 0) - spot) // 10 for one in near} | {NIFTY: spot}
        self.show()
        market.take_snapshot(floor.database, "sim", floor.trading_date, "TEST", [nifty.id], [spot], [1_400], 650)
        self.stop = threading.Event()

    def show(self) -> None:
        for key, price in self.prices.items():
            self.floor.price(key, price)

    def trade(self) -> None:
        """Until it is stopped."""
        alice = account_of(self.floor)
        by_id = self.floor.master.by_id
        while not self.stop.wait(0.1):
            self.show()
            with self.floor.database.connection() as connection:
                due = connection.execute(
                    "select id, quantity, instrument_id from orders where status = 'OPEN'"
                ).fetchall()
            for number, quantity, instrument in due:
                self.floor.fill(alice, number, quantity, self.prices[by_id[instrument].key])


@pytest.fixture
def house(floor: Floor) -> Iterator[House]:
    found = House(floor)
    thread = threading.Thread(target=found.trade, daemon=True)
    thread.start()
    yield found
    found.stop.set()
    thread.join(PATIENCE)


@pytest.mark.usefixtures("house")
def test_the_bot_of_the_documentation_runs(host: str, floor: Floor) -> None:
    keys = keys_of(floor.database, "alice")
    done = subprocess.run(
        [sys.executable, "docs/examples/bot.py", f"http://{host}", keys.api_key, keys.access_token, "0.1"],
        capture_output=True, text=True, check=False, cwd=PROJECT, timeout=2 * PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "alice has 10000000 to trade with" in told
    assert told.count("COMPLETE") == 8
    assert "profit 0.00 before charges of" in told  # prices stood still: only charges were lost
    one, together = (float(part.split()[-1]) for part in told.split("one by ")[1].split("\n")[0].split(","))
    assert together < one
    floor.sound()
