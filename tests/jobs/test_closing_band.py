"""The band of the last half hour: from 15:15 futures on shares trade within 3 % of their own average of 15:00 to 15:15,
to 15:40 and without a second thought; futures on an index, options and days before the rule keep what they had."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from core.calendar import IST
from core.instruments import Instrument, Kind
from core.ladder import Resting
from core.orders import OrderType, Product, Validity
from core.reasons import Reason
from db.engine import Database
from desk import market as markets
from desk import masters
from feeds.universe import Listing, Universe
from jobs.doors import Doors
from jobs.timekeeper import Timekeeper
from tests import factories as make
from tests.desk.test_amo import Hours
from tests.floor import INFY, NIFTY

DAY, BEFORE = date(2026, 11, 27), date(2026, 7, 30)
LAST = {INFY: 152_000, NIFTY: 2_600_000}
# The future has traded 600 at 1,520 and 200 at 1,480 within the quarter of an hour: 1,510 on average. 3 % below is
# 1,464.70, above 1,555.30, both on its tick of 0.10; at 14:59 it traded at 1,400, which counts no more.
TRADES = ((time(14, 59), 140_000, 5_000), (time(15, 0), 152_000, 600), (time(15, 14), 148_000, 200))
LOWER, UPPER = 146_470, 155_530


@pytest.fixture
def floor(database: Database) -> Iterator[Hours]:
    floor = Hours(database)
    floor.at(f"{DAY} 14:00")
    yield floor
    floor.sound()


def future(floor: Hours, key: str, on: date) -> Instrument:
    return next(one for one in masters.get(floor.database).listed(on)
                if one.kind is Kind.FUT and one.underlying_id == floor.instrument(key).id)  # fmt: skip


def option(floor: Hours, on: date) -> Instrument:
    return next(one for one in masters.get(floor.database).listed(on) if one.kind is Kind.CE)


def priced(floor: Hours, on: date) -> tuple[Instrument, Instrument]:
    """(future on a share, future on an index): both and their underlyings have a price and a band of 20 %."""
    pair = future(floor, INFY, on), future(floor, NIFTY, on)
    for key, one in zip(LAST, pair, strict=True):
        floor.price(key, LAST[key])
        floor.price(one.key, LAST[key])
    for at, price, volume in TRADES:
        traded(floor, pair[0], on, at, price, volume)
    return pair


def traded(floor: Hours, one: Instrument, on: date, at: time, price: int, volume: int) -> None:
    """A minute in which so many units traded at one price."""
    make.insert(
        floor.database, "candles", market="sim", instrument_id=one.id, interval="1m", open=price, high=price, low=price,
        close=price, volume=volume, oi=0, start=datetime.combine(on, at, IST),
    )  # fmt: skip


def turn(floor: Hours, on: date, clock: str) -> None:
    """What the market's loop does about the day's turning points at a time of it."""
    floor.at(f"{on} {clock}")
    master = masters.get(floor.database)
    days = markets.days(floor.database, "sim", on)
    shown = [Listing(master.by_id[one], days[one].prev_close) for one in days]
    keeper = Timekeeper(floor.database, "sim", master, Universe(shown, on, always_open=False))
    calendar = markets.calendar(floor.database, "nse")
    keeper.turning_points(calendar, datetime.fromisoformat(f"{on} {clock}").replace(tzinfo=IST))


@pytest.mark.parametrize(
    ("clock", "price", "refused"),
    [
        ("15:14", UPPER + 10, None),
        ("15:14", LOWER - 10, None),
        ("15:16", UPPER, None),
        ("15:16", LOWER, None),
        ("15:16", UPPER + 10, Reason.OUTSIDE_BAND),
        ("15:16", LOWER - 10, Reason.OUTSIDE_BAND),
        ("15:39", UPPER + 10, Reason.OUTSIDE_BAND),
        ("15:39", UPPER, None),
        ("15:40", UPPER, Reason.WINDOW_CLOSED),
    ],
)
def test_a_future_on_a_share_trades_within_the_closing_band_after_a_quarter_past_three(
    floor: Hours, clock: str, price: int, refused: Reason | None
) -> None:
    contract, _ = priced(floor, DAY)
    account = floor.account(cash=1_000_000_000)
    turn(floor, DAY, clock)
    answer = floor.place(account, "BUY", contract.lot, contract.key, price, "NRML", amo=False)
    assert answer.body.get("reason_code") == (None if refused is None else int(refused)), answer.body


def test_a_future_on_an_index_keeps_its_band(floor: Hours) -> None:
    _, index = priced(floor, DAY)
    account = floor.account(cash=1_000_000_000)
    turn(floor, DAY, "15:16")
    far = LAST[NIFTY] * 104 // 100
    assert floor.place(account, "SELL", index.lot, index.key, far, "NRML").status == 201


def test_it_is_fixed_once(floor: Hours) -> None:
    contract, _ = priced(floor, DAY)
    turn(floor, DAY, "15:15:01")
    traded(floor, contract, DAY, time(15, 13), 170_000, 9_000)
    turn(floor, DAY, "15:20")
    day = markets.days(floor.database, "sim", DAY)[contract.id]
    assert (day.lower_band, day.upper_band) == (LOWER, UPPER)


def test_there_was_none_before_the_closing_auction_came(floor: Hours) -> None:
    floor.at(f"{BEFORE} 14:00")
    contract = future(floor, INFY, BEFORE)
    floor.price(INFY, LAST[INFY])
    floor.price(contract.key, LAST[INFY])
    turn(floor, BEFORE, "15:16")
    day = markets.days(floor.database, "sim", BEFORE)[contract.id]
    assert (day.lower_band, day.upper_band) == (LAST[INFY] * 4 // 5, LAST[INFY] * 6 // 5)


@pytest.mark.parametrize(
    ("kind", "limit", "ends"),
    [
        ("share's future", UPPER + 10, True),
        ("share's future", LOWER - 10, True),
        ("share's future", UPPER, False),
        ("index future", LAST[NIFTY] * 110 // 100, False),
        ("option", 1, False),
    ],
)
def test_what_rests_beyond_it_is_cancelled_at_a_quarter_past_three(
    floor: Hours, kind: str, limit: int, ends: bool
) -> None:
    share, index = priced(floor, DAY)
    one = {"share's future": share, "index future": index, "option": option(floor, DAY)}[kind]
    at = datetime.combine(DAY, time(15, 15, 6), IST)
    turn(floor, DAY, "15:15:01")
    doors = Doors(markets.calendar(floor.database, "nse"), masters.get(floor.database))
    ms = int(at.timestamp() * 1000)
    assert doors.changed(ms)
    assert doors.banded(ms)
    earlier = int((at - timedelta(hours=3)).timestamp() * 1000)
    order = Resting(7, 1, one.id, +1, limit, one.lot, 0, OrderType.LIMIT, Validity.DAY, 1, earlier, Product.NRML)
    days = markets.days(floor.database, "sim", DAY)
    bands = {number: (day.lower_band, day.upper_band) for number, day in days.items()}
    found = doors.lapsing([order], ms, bands, auctioned=False)
    assert [each.reason for each in found] == [Reason.OUTSIDE_AUCTION_BAND] * ends
