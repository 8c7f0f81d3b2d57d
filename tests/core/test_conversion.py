"""Conversions as a trader reads them: what is asked, what is refused, and what money moves."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from core import holds
from core.conversion import ConvertPosition, convert, free
from core.instruments import Instrument
from core.ledger import Ledger
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction
from core.sessions import Board
from core.settlement import open_next_day
from core.standing import TradingState
from tests.core.test_properties import FUTURE, NOW, SHARE, TODAY, Life

CNC, MIS, NRML = Product.CNC, Product.MIS, Product.NRML


def trade(life: Life, instrument: Instrument, side: Side, product: Product, quantity: int) -> None:
    order = life.place(PlaceOrder(instrument.id, side, OrderType.MARKET, product, quantity))
    assert order is not None
    assert order.reason is None, order.reason
    life.fill(order, quantity // instrument.lot, 0)


def life(cash: int = 100_000_000) -> Life:
    """Long 100 shares in MIS and 10 in CNC, long 2 lots of a future in NRML."""
    one = Life(cash)
    trade(one, SHARE, Side.BUY, MIS, 100)
    trade(one, SHARE, Side.BUY, CNC, 10)
    trade(one, FUTURE, Side.BUY, NRML, 130)
    return one


# what, from, to, quantity, the reason's number, a part of its sentence
REFUSED = [
    (SHARE, MIS, CNC, 0, Reason.QUANTITY_NOT_POSITIVE, "1 or more"),
    (FUTURE, NRML, MIS, 100, Reason.NOT_A_LOT, "multiple of the lot of 65"),
    (SHARE, MIS, MIS, 10, Reason.CONVERSION_NOT_OFFERED, "shares between MIS and CNC"),
    (SHARE, MIS, NRML, 10, Reason.CONVERSION_NOT_OFFERED, "MIS cannot become NRML"),
    (FUTURE, NRML, CNC, 65, Reason.CONVERSION_NOT_OFFERED, "contracts between MIS and NRML"),
    (FUTURE, MIS, NRML, 65, Reason.POSITION_NOT_HELD, "no open MIS position in NIFTY26NOVFUT"),
    (SHARE, MIS, CNC, 101, Reason.POSITION_NOT_FREE, "You hold 100 INFY in MIS. You can convert 100."),
    (SHARE, CNC, MIS, 11, Reason.NOT_BOUGHT_TODAY, "10 INFY were bought today"),
]


@pytest.mark.parametrize(("what", "source", "target", "quantity", "reason", "part"), REFUSED)
def test_what_is_refused(
    what: Instrument, source: Product, target: Product, quantity: int, reason: Reason, part: str
) -> None:
    with pytest.raises(Refusal) as told:
        one = life()
        convert(one.work, one.facts, ConvertPosition(what.id, source, target, quantity), 99, "asha")
    assert (told.value.reason, part in told.value.sentence) == (reason, True), told.value.sentence


def refusal(one: Life, what: Instrument, source: Product, target: Product, quantity: int) -> Refusal:
    with pytest.raises(Refusal) as told:
        convert(deepcopy(one.work), one.facts, ConvertPosition(what.id, source, target, quantity), 99, "asha")
    return told.value


def test_resting_exits_keep_their_units() -> None:
    one = life()
    one.place(PlaceOrder(SHARE.id, Side.SELL, OrderType.LIMIT, MIS, 30, price=11_000))
    told = refusal(one, SHARE, MIS, CNC, 71)
    assert told.reason is Reason.POSITION_NOT_FREE
    assert told.sentence == (
        "You hold 100 INFY in MIS and resting exits take 30 of them: cancel those first. You can convert 70."
    )
    assert one.convert(SHARE, MIS, CNC, 70)
    one.sound()


def test_no_conversion_once_the_square_off_has_begun() -> None:
    one = life()
    one.facts = replace(one.facts, intraday_ends=dict.fromkeys(Board, NOW - timedelta(seconds=1)))
    assert refusal(one, SHARE, MIS, CNC, 10).reason is Reason.CONVERSION_OVER


def test_a_short_cannot_be_delivered_and_opposites_do_not_meet() -> None:
    one = Life(100_000_000)
    trade(one, SHARE, Side.SELL, MIS, 20)
    trade(one, SHARE, Side.BUY, CNC, 10)
    assert "You are short 20 INFY" in refusal(one, SHARE, MIS, CNC, 10).sentence
    told = refusal(one, SHARE, CNC, MIS, 10)
    assert told.reason is Reason.OPPOSITE_POSITION
    assert "short 20 in MIS" in told.sentence


def test_delivery_pays_the_full_cost_and_frees_the_margin() -> None:
    one = life()
    before = dict(one.work.balances)
    done = one.convert(SHARE, MIS, CNC, 100)
    assert done is not None
    moved = {name: one.work.balances[name] - before[name] for name in before}
    cost = done.record.cost
    assert done.invested == moved[Ledger.INVESTED] == cost
    assert done.margin == moved[Ledger.MARGIN] == -200_000, "20 % of 100 at the snapshot's 100.00"
    assert done.required == -moved[Ledger.CASH] == cost - 200_000
    assert one.work.spend == done.required, "written only while the stored cash covers it"
    assert [lot.quantity for lot in one.work.lots[SHARE.id]] == [10, 100]
    assert one.work.positions[SHARE.id, MIS].cost == 0


def test_what_is_short_is_said_with_its_numbers() -> None:
    one = Life(500_000)
    trade(one, SHARE, Side.BUY, MIS, 100)
    told = refusal(one, SHARE, MIS, CNC, 100)
    assert told.reason is Reason.CONVERSION_FUNDS
    assert told.numbers["required"] - told.numbers["available"] > 0
    assert all(word in told.sentence for word in ("needs", "you have", "Add", "convert fewer"))


def test_contracts_change_their_product_and_no_money_moves() -> None:
    one = life()
    before = dict(one.work.balances)
    done = one.convert(FUTURE, NRML, MIS, 65)
    assert done is not None
    assert (done.required, one.work.balances) == (0, before)
    assert [one.work.positions[FUTURE.id, each].quantity for each in (NRML, MIS)] == [65, 65]


def test_older_shares_stay_delivered() -> None:
    one = life()
    open_next_day(one.work, NOW)
    one.work.trading_date = TODAY + timedelta(days=1)
    assert free(one.work, SHARE, CNC) == 0
    assert "0 INFY were bought today" in refusal(one, SHARE, CNC, MIS, 1).sentence


def test_the_group_is_brought_to_the_snapshot_before_the_conversion_is_weighed() -> None:
    one = life()
    one.facts = replace(one.facts, snapshots={key: replace(each, id=7, price=each.price * 2)
                                              for key, each in one.facts.snapshots.items()})  # fmt: skip
    done = one.convert(SHARE, MIS, CNC, 50)
    assert done is not None
    assert done.margin == -50 * 10_000 * 2 // 5, "the rise of the price itself is no part of what it frees"
    assert holds.needed(one.work, one.facts, SHARE.segment, SHARE.id)[0].total == 200_000


def test_delivery_only_shares_stay_delivered_and_a_halted_account_converts_nothing() -> None:
    one = life()
    one.facts = replace(one.facts, risk=replace(one.facts.risk, restrictions={Restriction.TRADE_FOR_TRADE: "BE"}))
    told = refusal(one, SHARE, CNC, MIS, 5)
    assert (told.reason, "(BE)" in told.sentence) == (Reason.DELIVERY_ONLY, True)
    assert one.convert(SHARE, MIS, CNC, 5)
    one.work.standing.state = TradingState.REDUCING
    assert "only reduce" in refusal(one, SHARE, MIS, CNC, 5).sentence
    assert one.convert(FUTURE, NRML, MIS, 65), "what needs no money is still allowed"
    one.work.standing.state = TradingState.HALTED
    assert refusal(one, FUTURE, NRML, MIS, 65).reason is Reason.ACCOUNT_HALTED
