"""The auctions of a live market are the exchange's: users get its price, once its vendor has told it, or nothing."""

from datetime import datetime, time
from itertools import count

import pytest

from core.calendar import IST
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.vendors import Vendor
from desk import access, auctions, filling, trading, verify, wallet
from feeds.live.ticks import NAN
from jobs import matcher as matching
from jobs.matcher import Matcher
from tests.floor import AnyTerm
from tests.jobs.test_live_market import BOOK, KEY, MONDAY, Stage, stage

__all__ = ["stage"]


class Term(AnyTerm):
    """A leadership that nobody contends."""

    term = 1

    def first_frame(self, number: int) -> None:
        """It is nobody's question here."""


class Floor:
    """asha's market by the exchange's clock, and who fills her orders."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._keys = count()
        self._volume = 0.0
        self.account = access.by_key(stage.database, BOOK).id
        assert wallet.deposit(stage.database, "asha", self.account, 1_00_00_000_00, "first").ok
        self.matcher: Matcher | None = None

    def be(self, text: str) -> None:
        """Let it be a time of the day."""
        self.stage.wall.ms = int(datetime.combine(MONDAY, time.fromisoformat(text), IST).timestamp() * 1000)
        self.stage.step(0)
        self._fill()

    def say(self, price: float, volume: float, *, traded: bool = True, opened: float = NAN) -> None:
        now = self.stage.wall.ms
        self.stage.lines[Vendor.UPSTOX].say(
            KEY[Vendor.UPSTOX], price, now, traded=now if traded else now - 60 * 3_600_000, close=1_480, volume=volume,
            day=(opened, opened, opened),
        )  # fmt: skip
        self.stage.step(0.25)
        self.stage.loop._candles.write()
        self._fill()

    def _fill(self) -> None:
        if self.matcher is None:
            self.matcher = Matcher(self.stage.database, "live/asha", Term(), filling)  # type: ignore[arg-type]
        self.matcher._hear_at = 0.0
        self.matcher.step(self.stage.bus.take(0), matching.time.monotonic(), True)

    def buy(self, quantity: int, price: float = 0) -> int:
        kind = OrderType.LIMIT if price else OrderType.MARKET
        wish = PlaceOrder(
            self.stage.infy, Side.BUY, kind, Product.CNC, quantity, Validity.DAY, round(price * 100)
        )  # fmt: skip
        answer = trading.place(self.stage.database, "asha", self.account, wish, f"key {next(self._keys)}")
        assert answer.status == 201, answer.body
        self._fill()
        return int(answer.body["order_id"])

    def order(self, number: int) -> tuple[str, int]:
        with self.stage.database.connection() as connection:
            row = connection.execute("select status, filled from orders where id = %s", (number,)).fetchone()
        assert row
        return row[0], row[1]

    def trades(self) -> list[tuple[int, int, int]]:
        with self.stage.database.connection() as connection:
            return connection.execute("select order_id, quantity, price from trades order by id").fetchall()


@pytest.fixture
def floor(stage: Stage) -> Floor:
    return Floor(stage)


def test_orders_of_the_opening_get_the_exchanges_price_once_it_is_told(floor: Floor) -> None:
    floor.be("09:01:00")
    floor.say(1_480, 0, traded=False)
    better, equal, free = floor.buy(10, 1_510), floor.buy(10, 1_500), floor.buy(10)
    floor.be("09:08:01")
    floor.say(1_480, 0, traded=False)
    late = floor.buy(10, 1_520)  # the exchange may have closed the entry by chance already
    floor.be("09:12:30")
    floor.say(1_480, 0, traded=False)
    assert floor.trades() == [], "nothing was told yet"
    floor.say(1_500, 1_000, opened=1_500)
    assert sorted(floor.trades()) == sorted([(free, 10, 150_000), (better, 10, 150_000)])
    assert [floor.order(each)[1] for each in (equal, late)] == [0, 0]
    floor.be("09:13:30")
    floor.say(1_500, 1_000, opened=1_500)
    assert len(floor.trades()) == 2, "and once"
    struck = auctions.struck(floor.stage.database, "live/asha", MONDAY, auctions.OPEN)
    assert struck == {floor.stage.infy: (150_000, 1_000)}
    assert verify.verify(floor.stage.database).sound


def test_nobody_gets_more_than_what_traded(floor: Floor) -> None:
    floor.be("09:01:00")
    floor.say(1_480, 0, traded=False)
    first, second = floor.buy(60, 1_520), floor.buy(60, 1_510)
    floor.be("09:12:30")
    floor.say(1_500, 100, opened=1_500)
    assert floor.trades() == [(first, 60, 150_000), (second, 40, 150_000)]
    assert floor.order(second)[0] == "OPEN", "the rest goes on into the day"


def test_an_opening_that_is_never_told_fills_nothing_and_the_orders_go_on(floor: Floor) -> None:
    floor.be("09:01:00")
    floor.say(1_480, 0, traded=False)
    order = floor.buy(10, 1_510)
    floor.be("09:15:02")
    floor.say(1_500, 1_000, opened=1_500)
    assert (floor.trades(), floor.order(order)) == ([], ("OPEN", 0))
    floor.stage.say(1_500, volume=1_001)
    floor.stage.step(0.25)
    floor._fill()
    assert floor.trades() == [(order, 10, 150_010)], "at what is on offer, as any order of the day"


def test_the_closing_auction_is_what_traded_after_its_entry(floor: Floor) -> None:
    floor.be("15:10:00")
    floor.say(1_500, 5_000)
    floor.say(1_500, 5_100)
    floor.be("15:21:00")
    floor.say(1_500, 5_100)
    better, equal = floor.buy(10, 1_510), floor.buy(10, 1_503)
    floor.be("15:31:30")
    floor.say(1_500, 5_100)
    assert floor.trades() == []
    floor.say(1_503, 6_600)
    assert floor.trades() == [(better, 10, 150_300)]
    assert auctions.struck(floor.stage.database, "live/asha", MONDAY, auctions.CLOSE) == {
        floor.stage.infy: (150_300, 1_500)
    }
    assert auctions.closes(floor.stage.database, "live/asha", MONDAY)[floor.stage.infy] == 150_300
    assert floor.order(equal) == ("OPEN", 0)
    floor.be("15:50:01")
    floor.say(1_503, 6_600)
    assert floor.order(equal) == ("CANCELLED", 0), "the day is over for what found no match"
    assert verify.verify(floor.stage.database).sound
