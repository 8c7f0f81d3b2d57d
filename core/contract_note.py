"""The contract note of an account's day: what a broker bills at the close, worked out from the day's trades alone.

While the day lasts each order pays as it fills. The note looks at a client, a scrip and a day as a whole, and
rounds there: shares bought and sold on one day are intraday whatever their product, STT is taken on the day's
average prices and goes to the rupee, and so does stamp duty. What was booked is brought to it by one entry a scrip.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core import dated
from core.charges import (
    BSE,
    CRORE,
    NOTHING,
    ChargeSegment,
    Heads,
    Rates,
    Tariff,
    depository,
    exercise,
    gst_on,
    physical,
    segment_of,
    share,
    spread,
    tariff,
)
from core.instruments import DERIVATIVES, OPTIONS, Instrument, Kind
from core.money import half_up
from core.orders import CLOSED_BY_BROKER, Product, Side

EXPIRY = "EXPIRY"


@dataclass(frozen=True, slots=True)
class Rounding:
    """From a trade date on: STT and stamp duty of a line are whole multiples of so many paise."""

    effective_from: date
    stt: int
    stamp: int


ROUNDINGS = (Rounding(date(2000, 1, 1), stt=100, stamp=100),)


def rounding_on(day: date) -> Rounding:
    """The row in force. Raises LookupError before the first."""
    return dated.in_force(ROUNDINGS, day, "rounding of contract notes")


@dataclass(frozen=True, slots=True)
class Executed:
    """All fills of one order on the day, or, without an order, one contract that ended. ``value`` in paise;
    ``close`` is what the underlying of an ended contract closed at."""

    number: int
    order_id: int | None
    instrument_id: int
    product: Product
    side: Side
    quantity: int
    value: int
    kind: str = "FILL"
    origin: str = "USER"
    close: int = 0
    legs: tuple[int, ...] = ()
    """Units of each leg of an iceberg that has traded; empty of any other order."""
    leg_values: tuple[int, ...] = ()
    """The turnover of each of these legs, in paise; where it is not known each has its share of the average."""


@dataclass(frozen=True, slots=True)
class Line:
    """One order on the note: how much of it was intraday, its brokerage, and the square-off's fee."""

    executed: Executed
    intraday: int
    brokerage: int
    fee: int


@dataclass(frozen=True, slots=True)
class Scrip:
    """One instrument's part of the note. ``delivered`` are shares sold that leave the demat account."""

    instrument_id: int
    lines: tuple[Line, ...]
    intraday: int
    delivered: int
    heads: Heads


@dataclass(frozen=True, slots=True)
class Note:
    """``depository`` has the charge of each ISIN that was delivered, under one of its instruments."""

    scrips: tuple[Scrip, ...]
    depository: Mapping[int, Heads]

    @property
    def total(self) -> Heads:
        """Everything on the note."""
        found = sum((scrip.heads for scrip in self.scrips), NOTHING)
        return sum(self.depository.values(), found)


def settlement(rates: Rates, instrument: Instrument, underlying: Kind, ended: Executed, plan: str) -> Heads:
    """What a contract pays that ended: a bought index option the STT of an exercise, a stock contract in the money
    the STT of the delivery that it stands for, on its strike's or the future's value; a worthless one nothing."""
    price = ended.value // ended.quantity
    if price == 0 or instrument.kind not in DERIVATIVES:
        return NOTHING
    if underlying is Kind.INDEX:
        held = instrument.kind in OPTIONS and ended.side is Side.SELL
        return exercise(rates, ended.value, plan) if held else NOTHING
    # Who holds a call, or has written a put, receives the shares; a long future too.
    receives = (ended.side is Side.SELL) is (instrument.kind is not Kind.PE)
    worth = (instrument.strike or price) * ended.quantity
    return physical(rates, Side.BUY if receives else Side.SELL, worth, plan)


def note(
    rates: Rates,
    plan: str,
    rounding: Rounding,
    instruments: Mapping[int, Instrument],
    executed: Iterable[Executed],
    gross: Container[int] = frozenset(),
) -> Note:
    """The note of a day's executed orders. ``gross`` are instruments that settle trade for trade, without netting.

    Raises LookupError where the date or the plan has no rates.
    """
    by_scrip: dict[int, list[Executed]] = defaultdict(list)
    for each in executed:
        by_scrip[each.instrument_id].append(each)
    scrips: list[Scrip] = []
    delivered: dict[str, int] = {}
    for instrument_id, orders in sorted(by_scrip.items()):
        one = instruments[instrument_id]
        lead = instruments.get(one.underlying_id or 0, one).kind
        orders.sort(key=lambda each: each.number)
        scrip = _scrip(rates, plan, rounding, one, lead, orders, instrument_id in gross)
        scrips.append(scrip)
        if scrip.delivered:
            delivered.setdefault(one.isin or one.key, instrument_id)
    return Note(tuple(scrips), {each: depository(rates, plan) for each in delivered.values()})


def _scrip(
    rates: Rates, plan: str, rounding: Rounding, one: Instrument, lead: Kind, orders: Sequence[Executed], gross: bool
) -> Scrip:
    ended = [each for each in orders if each.kind == EXPIRY]
    filled = [each for each in orders if each.kind != EXPIRY]
    shares = one.kind not in DERIVATIVES
    bought = sum(each.quantity for each in filled if each.side is Side.BUY)
    sold = sum(each.quantity for each in filled if each.side is Side.SELL)
    intraday = min(bought, sold) if shares and not gross else 0
    own = segment_of(one.kind, Product.CNC)
    carried, netted = tariff(rates, own, plan), tariff(rates, ChargeSegment.INTRADAY, plan)
    parts = _intraday_parts(filled, intraday)
    lines = [_line(each, parts[each.number], carried, netted) for each in filled]
    lines += [Line(each, 0, 0, 0) for each in ended]
    heads = _heads(one, rounding, filled, intraday, carried, netted)
    for each in ended:
        heads += settlement(rates, one, lead, each, plan)
    brokerage = sum(line.brokerage + line.fee for line in lines)
    gst = gst_on(brokerage + heads.exchange + heads.sebi, carried.gst_bp)
    heads += Heads(brokerage=brokerage, gst=gst)
    return Scrip(one.id, tuple(lines), intraday, sold - intraday if shares else 0, heads)


def _intraday_parts(orders: Sequence[Executed], quantity: int) -> dict[int, int]:
    """How much of each order was intraday: of each side so much in all, MIS orders first, then in their order."""
    parts = dict.fromkeys((each.number for each in orders), 0)
    for side in Side:
        left = quantity
        for each in sorted(orders, key=lambda each: (each.product is not Product.MIS, each.number)):
            if each.side is side:
                parts[each.number] = min(left, each.quantity)
                left -= parts[each.number]
    return parts


def _line(order: Executed, intraday: int, carried: Tariff, netted: Tariff) -> Line:
    """Brokerage is one executed order's, and an iceberg's legs are orders of their own: the parts of an order that was
    both never pay two caps."""
    brokerage, left = 0, intraday
    legs = order.legs or (order.quantity,)
    for units, value in zip(legs, order.leg_values or spread(order.value, legs), strict=True):
        within = min(left, units)
        left -= within
        part = half_up(value * within, units)
        whole = carried.brokerage(value - part) + netted.brokerage(part)
        brokerage += min(whole, max(carried.brokerage(value), netted.brokerage(value)))
    fee = (carried.square_off or netted.square_off) if order.origin in CLOSED_BY_BROKER else 0
    return Line(order, intraday, brokerage, fee)


def _heads(
    one: Instrument, rounding: Rounding, orders: Sequence[Executed], intraday: int, carried: Tariff, netted: Tariff
) -> Heads:
    """What the exchange and the statute take of the day's averages; brokerage and GST are added by the caller."""
    turnover = stt = stamp = 0
    for side in Side:
        value = sum(each.value for each in orders if each.side is side)
        quantity = sum(each.quantity for each in orders if each.side is side)
        within = half_up(value * intraday, quantity) if quantity else 0
        turnover += value
        for part, row in ((within, netted), (value - within, carried)):
            stt += part * (row.stt_buy if side is Side.BUY else row.stt_sell)
            stamp += part * row.stamp_buy if side is Side.BUY else 0
    return Heads(
        stt=_whole(stt, rounding.stt),
        exchange=share(turnover, carried.exchange(one.exchange, one.fee_group)),
        ipft=0 if one.exchange in BSE else share(turnover, carried.ipft_nse),
        sebi=share(turnover, carried.sebi),
        stamp=_whole(stamp, rounding.stamp),
    )


def _whole(exact: int, unit: int) -> int:
    """Paise of an amount in paise a crore, in whole units, half up."""
    return half_up(exact, CRORE * unit) * unit


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What one entry of kind CONTRACT_NOTE or DP adds to what was booked of an instrument; it may be negative."""

    instrument_id: int
    kind: str
    heads: Heads


def adjustments(note: Note, booked: Mapping[int, Heads]) -> list[Adjustment]:
    """What brings ``booked`` (charges of the day by instrument) to the note, one entry a scrip; DP by itself."""
    found = [
        Adjustment(scrip.instrument_id, "CONTRACT_NOTE", scrip.heads - booked.get(scrip.instrument_id, NOTHING))
        for scrip in note.scrips
    ]
    found += [Adjustment(instrument_id, "DP", heads) for instrument_id, heads in note.depository.items()]
    return [each for each in found if each.heads != NOTHING]
