"""Margin calls: told once, ended when met, and one square-off for each breach, covers last."""

from collections.abc import Iterator

import pytest

from core.instruments import Instrument, Kind
from core.margin_calls import CALL_RULES, Leg, Standing, judge, next_legs
from db.engine import Database
from desk import account_watch, margin_calls, screens, wallet
from desk.access import AccountRef
from tests.floor import SBIN, Floor


@pytest.fixture
def floor(database: Database) -> Iterator[Floor]:
    floor = Floor(database)
    floor.price(SBIN, 80_000)
    yield floor
    floor.sound()


def look(floor: Floor) -> None:
    account_watch.look(floor.database, "sim")
    margin_calls.follow(floor.database, "sim")


def call_of(floor: Floor, account: int) -> dict[str, object] | None:
    book = AccountRef(account, "asha/main", 1, "sim", "main", False)
    found: dict[str, object] | None = screens.wallet(floor.database, book)["margin_call"]
    return found


def sent(floor: Floor, account: int) -> list[tuple[str, str, int]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select side, status, id from orders where account_id = %s and origin = 'RISK' order by id", [account]
        ).fetchall()


def test_an_account_that_owes_is_called_once_and_released_when_it_pays(floor: Floor) -> None:
    account = floor.account(cash=2_000_000)
    floor.sell(account, 100, SBIN, 80_000, "MIS")
    assert call_of(floor, account) is None
    floor.price(SBIN, 85_000)
    look(floor)
    first = call_of(floor, account)
    assert first is not None
    assert first["closing_since"] is None
    assert not sent(floor, account)
    look(floor)
    assert call_of(floor, account) == first, "the call is the one that it was"
    assert wallet.deposit(floor.database, "asha", account, 10_000_000).status == 201
    look(floor)
    assert call_of(floor, account) is None


def test_a_loss_of_four_fifths_of_the_funds_closes_everything_once(floor: Floor) -> None:
    account = floor.account(cash=2_000_000)
    floor.sell(account, 100, SBIN, 80_000, "MIS")
    resting = floor.place(account, "BUY", 10, SBIN, 70_000, "MIS")
    assert resting.status == 201
    floor.price(SBIN, 96_000)
    for _ in range(3):
        look(floor)
    call = call_of(floor, account)
    assert call is not None
    assert call["closing_since"] is not None
    orders = sent(floor, account)
    assert [(side, status) for side, status, _ in orders] == [("BUY", "OPEN")], (
        "one order, however often it is looked at"
    )
    with floor.database.connection() as connection:
        row = connection.execute(
            "select status, reason_code from orders where id = %s", [floor.number(resting)]
        ).fetchone()
    assert row == ("CANCELLED", 507)
    assert floor.fill(account, orders[0][2], 100, 96_000).done
    look(floor)
    after = call_of(floor, account)
    assert after is None or after["closing_since"] is None
    assert len(sent(floor, account)) == 1


def option(floor: Floor, kind: Kind, which: int) -> Instrument:
    index = floor.instrument("NSE:NIFTY 50")
    chain = [one for one in floor.master.chain(index.id) if one.kind is kind and one.expiry]
    near = min(one.expiry for one in chain if one.expiry and one.expiry > floor.trading_date)
    return sorted((one for one in chain if one.expiry == near), key=lambda one: one.strike or 0)[which]


def test_the_short_of_a_spread_is_closed_before_its_cover(floor: Floor) -> None:
    short, cover = option(floor, Kind.CE, 10), option(floor, Kind.CE, 12)
    middle = ((short.strike or 0) + (cover.strike or 0)) // 2
    floor.price("NSE:NIFTY 50", middle)
    floor.price(short.key, 10_000)
    floor.price(cover.key, 8_000)
    account = floor.account(cash=20_000_000)
    floor.buy(account, short.lot, cover.key, 8_000, "NRML")
    floor.sell(account, short.lot, short.key, 10_000, "NRML")
    held = floor.balances(account)
    with floor.database.connection() as connection:
        left = held["CASH"] + held["MARGIN"]
        connection.execute("update quotes set last_price = %s where instrument_id = %s", [left // 10, short.id])
        connection.execute("update market_days set upper_band = null where instrument_id = %s", [short.id])
    look(floor)
    assert [(side, status) for side, status, _ in sent(floor, account)] == [("BUY", "OPEN")]


@pytest.mark.parametrize(
    ("name", "loss", "funds", "open", "begun", "closing"),
    [
        ("below the share", 799, 1_000, True, False, False),
        ("at the share", 800, 1_000, True, False, True),
        ("nothing left at all", 1, 0, True, False, True),
        ("no loss", 0, 0, True, False, False),
        ("prices came back while it went on", 10, 1_000, True, True, True),
        ("all is closed", 10, 1_000, False, True, False),
    ],
)
def test_when_positions_are_closed(name: str, loss: int, funds: int, open: bool, begun: bool, closing: bool) -> None:
    from tests.factories import NOON

    standing = Standing(1, 0, funds, loss, open, True, NOON, NOON if begun else None)
    assert judge(standing, CALL_RULES[0]).closing is closing, name


def test_bought_options_wait_until_nothing_else_is_open() -> None:
    future, written, bought = (
        Leg(1, "NRML", 65, Kind.FUT), Leg(2, "NRML", -65, Kind.CE), Leg(3, "NRML", 65, Kind.CE),
    )  # fmt: skip
    assert next_legs([bought, future, written]) == [future, written]
    assert next_legs([bought]) == [bought]
