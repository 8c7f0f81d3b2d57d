"""The close of a trading date for one account, and the opening of the next.

In this order: working orders expire, contracts of the day are closed at their final settlement price,
futures are marked to their settlement price, and the balances that waited for the next date become CASH.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime

from core import decide, holds
from core.account import ChargeEntry, Evidence, Trade, Work
from core.booking import Booking, Deal
from core.charges import NOTHING
from core.contract_note import EXPIRY, Adjustment, Executed, settlement
from core.facts import Facts
from core.instruments import Instrument, Kind
from core.ledger import Code, Ledger
from core.orders import WORKING, Side, Status
from core.positions import Position
from core.reasons import Reason

Numbers = Callable[[], tuple[int, int]]
"""Draws the next (trade id, charge id)."""


def expire_orders(work: Work, facts: Facts) -> None:
    """End every working order: all validities are within the day. Those that wait for the next opening stay."""
    why = (Reason.EXPIRED_DAY, "The trading day ended.")
    ending = [each for each in work.orders.values() if each.status in WORKING and each.status is not Status.AMO]
    for order in ending:
        decide.cancel(work, facts, order, "closing", why, "EXPIRED")


def final_price(instrument: Instrument, underlying_close: int) -> int:
    """Final settlement price in paise: the underlying's close for a future, what it is in the money for an option."""
    if instrument.kind is Kind.FUT:
        return underlying_close
    strike = instrument.strike or 0
    return max(0, underlying_close - strike if instrument.kind is Kind.CE else strike - underlying_close)


def expire_contracts(
    work: Work, facts: Facts, closes: Mapping[int, int], next_date: date, frame: int, at: datetime, numbers: Numbers
) -> int:
    """Close every position in a contract that ends before ``next_date``, by a trade of kind EXPIRY; how many.

    ``closes`` gives the underlyings' closing prices. Options in the money are exercised by themselves, the others
    lapse at 0. Index contracts settle in cash; stock contracts do so too, at the same price, where an exchange
    would deliver shares: they pay the STT of that delivery.
    """
    ended = 0
    for position in list(work.positions.values()):
        instrument = facts.instruments[position.instrument_id]
        if position.quantity == 0 or instrument.expiry is None or instrument.expiry >= next_date:
            continue
        _expire(work, facts, position, instrument, closes[instrument.margin_underlying], frame, at, numbers())
        ended += 1
    return ended


def _expire(
    work: Work, facts: Facts, position: Position, instrument: Instrument, close: int, frame: int, at: datetime,
    numbers: tuple[int, int],
) -> None:  # fmt: skip
    price, quantity = final_price(instrument, close), position.quantity
    side = Side.SELL if quantity > 0 else Side.BUY
    trade_id, charge_id = numbers
    deal = Deal(side, position.product, abs(quantity), price, at, trade_id)
    booking = Booking(work, instrument, deal, None, charge_id)
    realised, proceeds = booking.exchange(work.trading_date, lambda: holds.post_margin(work, facts, instrument, at))
    ended = Executed(
        trade_id, None, instrument.id, position.product, side, abs(quantity), price * abs(quantity), EXPIRY
    )
    lead = facts.instruments[instrument.margin_underlying].kind
    heads = settlement(facts.rates, instrument, lead, ended, facts.plan(work.id))
    if heads != NOTHING:
        work.charges.append(ChargeEntry(charge_id, None, instrument.id, "TRADE", heads))
        booking.charge(heads.total, proceeds)
    evidence = Evidence(frame, at, close, ((price, abs(quantity)),))
    trade = Trade(
        trade_id, None, instrument.id, EXPIRY, side, position.product, abs(quantity), price, realised,
        charge_id if heads != NOTHING else None, price, at, evidence,
    )  # fmt: skip
    work.trades.append(trade)


def book_note(
    work: Work, instruments: Mapping[int, Instrument], changes: Iterable[Adjustment], at: datetime,
    numbers: Iterator[int],
) -> None:  # fmt: skip
    """Book what brings the day's charges to the contract note: from CASH, or, where too much was taken, back to it."""
    for each in changes:
        charge_id, symbol = next(numbers), instruments[each.instrument_id].symbol
        work.charges.append(ChargeEntry(charge_id, None, each.instrument_id, each.kind, each.heads))
        words = f"Depository, {symbol}" if each.kind == "DP" else f"Contract note, {symbol}"
        total = each.heads.total
        work.move(Ledger.CASH, Ledger.CHARGES, total, Code.CHARGES, at, charge_id=charge_id, reference=words)


def settles_anew(work: Work, facts: Facts) -> date | None:
    """When what was bought on the date that ends settles, where a lot says another day: a holiday or a session that was
    announced since the purchase moves it. The lots follow; None where all are right."""
    if facts.calendar is None:
        return None
    settles_on = facts.calendar.settles_on(work.trading_date)
    wrong = [
        lot
        for lots in work.lots.values()
        for lot in lots
        if lot.bought_on == work.trading_date and lot.settles_on != settles_on
    ]
    for lot in wrong:
        lot.settles_on = settles_on
    return settles_on if wrong else None


def mark_futures(work: Work, facts: Facts, settlements: Mapping[int, int], at: datetime) -> None:
    """Pay or take the day's change of every open future in cash; profit is measured from there on."""
    for key, position in work.positions.items():
        instrument = facts.instruments[position.instrument_id]
        if instrument.kind is not Kind.FUT or position.quantity == 0:
            continue
        value = position.quantity * settlements[instrument.id]
        change = value - position.mark
        work.move(Ledger.PNL, Ledger.CASH, change, Code.MTM, at, reference=instrument.symbol)
        position.mark = value
        position.realised += change
        work.changed_positions.add(key)


def open_next_day(work: Work, at: datetime) -> None:
    """What waited for the next trading date becomes spendable; the day's counters start again."""
    for ledger in (Ledger.UNSETTLED, Ledger.GAINS, Ledger.OPTION_CREDIT):
        work.move(ledger, Ledger.CASH, work.balances[ledger], Code.SETTLE, at)
    for key, position in work.positions.items():
        position.realised = 0
        position.day_buy_quantity = position.day_buy_value = 0
        position.day_sell_quantity = position.day_sell_value = 0
        work.changed_positions.add(key)


def remargin(work: Work, facts: Facts, at: datetime) -> None:
    """Bring every group to the snapshot in force: a top-up or a release, never a refusal."""
    for segment, underlying in list(work.groups):
        holds.post_group(work, facts, segment, underlying, at)
