"""What a broker's desk takes and what it turns away, whole orders one by one: each row a trader's try by the exchange's
hours, what it is told, and whether a REJECTED order is left in the book (risk) or none (the order's form).

SBIN trades at ₹800 on a tick of 5 paise between ₹640 and ₹960; NIFTY at 24,000, its future at ₹24,100, its call at
₹120, a call on SBIN at ₹20. The clock shows 11:00 of a Wednesday unless a row says otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core.conversion import ConvertPosition
from core.exits import Exits
from core.instruments import Instrument, Kind
from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from core.reasons import Reason
from core.risk_facts import Restriction
from core.risk_limits import Limit, LimitName, Scope
from db.engine import Database
from desk import converting, risk_limits, trading
from desk.answers import Answer
from tests.desk.test_amo import Hours
from tests.desk.test_risk import who
from tests.floor import NIFTY, SBIN

NOON, NINE, EVENING, LATE = ("2026-11-25 11:00", "2026-11-25 09:01", "2026-11-25 20:00", "2026-11-25 15:06")
NO_ROW, ROW = False, True  # whether a REJECTED order is left in the book
PRICES = {
    "share": 80_000, "index": 2_400_000, "future": 2_410_000, "call": 12_000, "far call": 4_000, "stock call": 2_000,
}  # fmt: skip


@dataclass(frozen=True)
class Try:
    """An order as it is sent; ``what`` names the instrument."""

    what: str = "share"
    side: str = "BUY"
    kind: str = "LIMIT"
    product: str = "CNC"
    quantity: int = 0  # a lot where none is given
    price: int = 0  # the last one where none is given, of what takes a price
    trigger: int = 0
    at: str = NOON
    cash: int = 10**11
    listed: Restriction | None = None
    limit: tuple[LimitName, int] | None = None
    holds: int = 0
    exits: Exits | None = None
    more: tuple[tuple[str, Any], ...] = ()


def with_(**more: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(more.items())


INTRADAY = Try(product="MIS")
FUTURE, CALL, STOCK_CALL = (Try(what, product="NRML") for what in ("future", "call", "stock call"))
TAKEN: dict[str, Try] = {
    "shares for delivery": Try(quantity=10),
    "shares for the day": INTRADAY,
    "shares sold short for the day": replace(INTRADAY, side="SELL"),
    "shares at the market": Try(kind="MARKET"),
    "an index option at the market": replace(CALL, kind="MARKET"),
    "a stop on an option, with a price": replace(CALL, kind="SL", trigger=13_000, price=13_500),
    "27 lots of NIFTY below the freeze quantity": replace(FUTURE, quantity=1_755),
    "28 lots in slices": replace(FUTURE, quantity=1_820, more=with_(autoslice=True)),
    "a price at the lower circuit": Try(price=64_000),
    "held shares sold": Try(side="SELL", quantity=5, holds=5),
    "a share in trade-for-trade for delivery": Try(listed=Restriction.TRADE_FOR_TRADE),
    "a thinly traded share with a price": Try(listed=Restriction.ILLIQUID),
    "a cover order": replace(INTRADAY, exits=Exits(stop_trigger=79_000, cover=True)),
    "a limit in the pre-open": Try(at=NINE),
    "a limit for the next opening": Try(at=EVENING),
    "an option for the next opening, with a price": replace(CALL, at=EVENING),
    "an iceberg of ten legs": Try(quantity=100, more=with_(legs=10)),
    "a disclosed tenth": Try(quantity=100, more=with_(disclosed_quantity=10)),
    "a purchase far below the range of a call": replace(CALL, price=1_000),
}
# What is tried, the rule that says no, whether the book keeps a REJECTED order, and a part of what the trader reads.
REFUSED: dict[str, tuple[Try, Reason, bool, str]] = {
    "a contract for delivery": (
        replace(FUTURE, product="CNC"), Reason.PRODUCT_NOT_ALLOWED, NO_ROW, "CNC is for shares. Use NRML or MIS"),
    "shares carried forward": (
        Try(product="NRML"), Reason.PRODUCT_NOT_ALLOWED, NO_ROW, "NRML is for contracts. Use CNC or MIS"),
    "intraday after the square-off": (
        replace(INTRADAY, at=LATE), Reason.PRODUCT_NOT_ALLOWED, NO_ROW, "over for today since 15:05: only exits"),
    "intraday in trade-for-trade": (
        replace(INTRADAY, listed=Restriction.TRADE_FOR_TRADE), Reason.TRADE_FOR_TRADE, ROW, "for delivery only"),
    "intraday under surveillance": (
        replace(INTRADAY, listed=Restriction.SURVEILLANCE), Reason.SURVEILLANCE, ROW, "no intraday margin. Use CNC"),
    "intraday in a thinly traded share": (
        replace(INTRADAY, listed=Restriction.ILLIQUID), Reason.ILLIQUID_INTRADAY, ROW, "no intraday margin. Use CNC"),
    "at the market in a thinly traded share": (
        Try(kind="MARKET", listed=Restriction.ILLIQUID), Reason.ILLIQUID, ROW, "Use LIMIT"),
    "today's purchase in trade-for-trade sold": (
        Try(side="SELL", quantity=5, holds=5, listed=Restriction.TRADE_FOR_TRADE), Reason.TRADE_FOR_TRADE, ROW,
        "only settled shares are sold"),
    "a stock option at the market": (
        replace(STOCK_CALL, kind="MARKET"), Reason.MARKET_NOT_OFFERED, NO_ROW, "is not offered on stock options"),
    "an index option at the market for the next opening": (
        replace(CALL, kind="MARKET", at=EVENING), Reason.AMO_NOT_TAKEN, NO_ROW, "Use LIMIT or SL with a price"),
    "a stop at market on an option": (
        replace(CALL, kind="SL-M", trigger=13_000), Reason.TYPE_NOT_ALLOWED, NO_ROW, "Use SL with a price"),
    "a program at the market without protection": (
        Try(kind="MARKET", more=with_(by_program=True, protection=0)), Reason.PROTECTION_NEEDED, NO_ROW,
        "need a protection"),
    "a stop at once or not at all": (
        Try(kind="SL", trigger=80_500, price=81_000, more=with_(validity=Validity.IOC)), Reason.VALIDITY_NOT_ALLOWED,
        NO_ROW, "A stop order cannot be IOC"),
    "at the market for some minutes": (
        Try(kind="MARKET", more=with_(validity=Validity.TTL, validity_ttl=5)), Reason.TTL_ON_MARKET, NO_ROW,
        "A MARKET order cannot be TTL"),
    "part disclosed at once or not at all": (
        Try(quantity=100, more=with_(validity=Validity.IOC, disclosed_quantity=50)), Reason.DISCLOSED_WITH_IOC, NO_ROW,
        "Leave the disclosed quantity out"),
    "part disclosed in the pre-open": (
        Try(quantity=100, at=NINE, more=with_(disclosed_quantity=50)), Reason.WINDOW_DISCLOSED, NO_ROW,
        "Pre-open takes no disclosed quantity. Try again at 09:15."),
    "a stop in the pre-open": (
        Try(kind="SL", trigger=80_500, price=81_000, at=NINE), Reason.WINDOW_TYPE, NO_ROW, "takes LIMIT and MARKET"),
    "part of a contract disclosed": (
        replace(FUTURE, quantity=650, more=with_(disclosed_quantity=65)), Reason.DISCLOSED_ON_CONTRACT, NO_ROW,
        "Disclosed quantity is for shares"),
    "less than a tenth disclosed": (
        Try(quantity=100, more=with_(disclosed_quantity=9)), Reason.DISCLOSED_TOO_SMALL, NO_ROW, "at least 10"),
    "more disclosed than asked for": (
        Try(quantity=100, more=with_(disclosed_quantity=101)), Reason.DISCLOSED_TOO_LARGE, NO_ROW,
        "greater than the quantity of 100"),
    "above the freeze quantity": (
        replace(FUTURE, quantity=1_820), Reason.ABOVE_FREEZE, NO_ROW, "Send autoslice to place it as 2 orders"),
    "no multiple of the lot": (replace(FUTURE, quantity=64), Reason.NOT_A_LOT, NO_ROW, "a multiple of the lot of 65"),
    "more than a lakh of shares": (
        Try(quantity=100_001), Reason.ABOVE_FREEZE, NO_ROW, "At most 1,00,000"),
    "a price off the tick": (Try(price=80_007), Reason.OFF_TICK, NO_ROW, "must be a multiple of ₹0.05"),
    "a trigger off the tick": (
        Try(kind="SL", trigger=80_503, price=81_000), Reason.TRIGGER_OFF_TICK, NO_ROW, "must be a multiple"),
    "a price below the circuit": (
        Try(price=63_995), Reason.OUTSIDE_BAND, NO_ROW, "below today's lower circuit limit of ₹640.00"),
    "a price above the circuit": (
        Try(price=96_005), Reason.OUTSIDE_BAND, NO_ROW, "above today's upper circuit limit of ₹960.00"),
    "a trigger above the circuit": (
        Try(kind="SL-M", trigger=96_005), Reason.TRIGGER_OUTSIDE_BAND, NO_ROW, "upper circuit limit of ₹960.00"),
    "a call bought beyond the exchange's range": (
        replace(CALL, price=16_805), Reason.OUTSIDE_REFERENCE, NO_ROW, "Ask for at most ₹168.00"),
    "a stop buy below the market": (
        Try(kind="SL", trigger=79_500, price=80_000), Reason.TRIGGER_SIDE, NO_ROW, "above the last price of ₹800.00"),
    "a stop sell whose limit is above its trigger": (
        replace(INTRADAY, side="SELL", kind="SL", trigger=79_500, price=79_600), Reason.LIMIT_BEHIND_TRIGGER, NO_ROW,
        "at or below its trigger of ₹795.00"),
    "a strike far from the index": (
        replace(CALL, what="far call", limit=(LimitName.STRIKE_AWAY, 100)), Reason.STRIKE_AWAY, ROW,
        "Choose a strike between them"),
    "a contract in the ban period": (
        replace(STOCK_CALL, listed=Restriction.BAN), Reason.BAN_PERIOD, ROW, "Only orders that make it smaller"),
    "a share that is halted": (
        Try(listed=Restriction.HALTED), Reason.INSTRUMENT_HALTED, NO_ROW, "Trading in SBIN is halted"),
    "more shares sold than are held": (
        Try(side="SELL", quantity=6, holds=5), Reason.NOT_ENOUGH_SHARES, ROW, "You can sell 5 SBIN"),
    "more than there is money for": (
        Try(quantity=100, cash=5_000_000), Reason.NOT_ENOUGH_FUNDS, ROW, "you have ₹50,000.00"),
    "a future that margin is short for": (
        replace(FUTURE, cash=5_000_000), Reason.NOT_ENOUGH_FUNDS, ROW, "you have ₹50,000.00"),
    "a cover order without its stop": (
        replace(INTRADAY, exits=Exits(target_price=81_000, cover=True)), Reason.STOP_REQUIRED, NO_ROW,
        "A cover order is MIS and carries a stop"),
    "a cover order for delivery": (
        Try(exits=Exits(stop_trigger=79_000, cover=True)), Reason.STOP_REQUIRED, NO_ROW, "A cover order is MIS"),
    "a cover order for the next opening": (
        replace(INTRADAY, at=EVENING, exits=Exits(stop_trigger=79_000, cover=True)), Reason.AMO_NOT_TAKEN, NO_ROW,
        "does not wait for the opening"),
    "an iceberg of one leg": (
        Try(quantity=100, more=with_(legs=1)), Reason.LEGS_OUT_OF_RANGE, NO_ROW, "An iceberg has 2 to 10 legs"),
    "an iceberg of eleven legs": (
        Try(quantity=100, more=with_(legs=11)), Reason.LEGS_OUT_OF_RANGE, NO_ROW, "An iceberg has 2 to 10 legs"),
    "an iceberg for the next opening": (
        Try(quantity=100, at=EVENING, more=with_(legs=4)), Reason.AMO_NOT_TAKEN, NO_ROW, "No iceberg waits"),
    "an index": (Try("index", price=2_400_000), Reason.NOT_TRADABLE, NO_ROW, "trade its futures or options instead"),
}  # fmt: skip


@pytest.fixture
def floor(database: Database) -> Iterator[Hours]:
    floor = Hours(database)
    yield floor
    floor.sound()


def instruments(floor: Hours) -> dict[str, Instrument]:
    found = {"share": floor.instrument(SBIN), "index": floor.instrument(NIFTY)}
    for name, lead, kind in (
        ("future", NIFTY, Kind.FUT),
        ("call", NIFTY, Kind.CE),
        ("far call", NIFTY, Kind.CE),
        ("stock call", SBIN, Kind.CE),
    ):
        chain = floor.master.chain(floor.instrument(lead).id)
        spot = {"far call": 2_460_000, "stock call": 80_000}.get(name, 2_400_000)
        listed = [one for one in chain if one.kind is kind and one.expiry and one.expiry > floor.trading_date]
        found[name] = min(listed, key=lambda one: (abs((one.strike or spot) - spot), one.expiry))
    return found


def ask(floor: Hours, tried: Try) -> tuple[int, Answer]:
    """The account, and what its order is answered at the hour it is sent."""
    floor.at(NOON if tried.holds else tried.at)
    listed = instruments(floor)
    account = floor.account(cash=tried.cash)
    root = who(floor, "root", "admin")
    for name, last in PRICES.items():
        floor.price(listed[name].key, last)
    with floor.database.connection() as connection:
        connection.execute(
            "update market_days set lower_band = null, upper_band = null where instrument_id = any(%s)",
            [[one.id for one in listed.values() if one.kind is Kind.CE]],
        )
    if tried.holds:
        floor.buy(account, tried.holds, SBIN, 80_000)
    if tried.listed:
        risk_limits.restrict(floor.database, root, SBIN, tried.listed, "")
    if tried.limit:
        row = Limit(0, Scope.DEFAULT, 0, *tried.limit, floor.trading_date, None, "", True)
        risk_limits.set_limit(floor.database, root, row)
    floor.at(tried.at)
    one, kind = listed[tried.what], OrderType(tried.kind)
    last = PRICES[tried.what]
    price = (tried.price or last) if kind in (OrderType.LIMIT, OrderType.SL) else 0
    wish = PlaceOrder(
        one.id, Side(tried.side), kind, Product(tried.product), tried.quantity or one.lot, price=price,
        trigger_price=tried.trigger, **dict(tried.more),
    )  # fmt: skip
    return account, trading.place(floor.database, "asha", account, wish, exits=tried.exits)


def rejected(floor: Hours, account: int) -> list[tuple[int, str]]:
    with floor.database.connection() as connection:
        return connection.execute(
            "select reason_code, reason from orders where account_id = %s and status = 'REJECTED'", [account]
        ).fetchall()


@pytest.mark.parametrize("name", TAKEN)
def test_taken(floor: Hours, name: str) -> None:
    account, answer = ask(floor, TAKEN[name])
    assert answer.status == 201, answer.body
    assert rejected(floor, account) == []


@pytest.mark.parametrize("name", REFUSED)
def test_refused(floor: Hours, name: str) -> None:
    tried, reason, row, sentence = REFUSED[name]
    account, answer = ask(floor, tried)
    assert answer.body.get("reason_code") == int(reason), answer.body
    assert sentence in answer.body["detail"]
    assert rejected(floor, account) == ([(int(reason), answer.body["detail"])] if row else [])


def test_to_intraday_after_the_square_off_is_no_conversion(floor: Hours) -> None:
    floor.at(NOON)
    floor.price(SBIN, 80_000)
    account = floor.account(cash=10**9)
    floor.buy(account, 5, SBIN, 80_000)
    floor.at(LATE)
    wish = ConvertPosition(floor.instrument(SBIN).id, Product.CNC, Product.MIS, 5)
    told = converting.convert_position(floor.database, "asha", account, wish)
    assert told.body["reason_code"] == Reason.CONVERSION_OVER


def test_there_is_a_row_for_each_rule() -> None:
    assert len(TAKEN) + len(REFUSED) >= 60
