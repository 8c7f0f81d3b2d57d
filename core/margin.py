"""Margin of one group: all that an account holds or has resting in one underlying of one segment.

``position_margin`` secures what is open; ``order_margin`` is what the worst subset of the pending orders
could add to it. Both depend on positions, open orders and a stored risk snapshot alone, so that at one
snapshot a fill or a cancel never raises their sum.

Of contracts it is span, exposure, add-ons and delivery, as clearing houses and brokers publish them: the worst loss
over the scenarios (``core.scan``) less the value of the options, a part of the notional on top, what is added on the
day a contract ends, and what bought stock options in the money ask for in their last days. NRML and MIS of one
contract net. Shares held intraday block a rate of their price.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from core.instruments import DERIVATIVES, Instrument, Segment
from core.margin_rules import intraday_rate
from core.money import ceil_div
from core.orders import Product
from core.positions import Position
from core.scan import Ints, Risk, Snapshot


@dataclass(slots=True)
class Group:
    """What one underlying of one segment blocks in an account, in paise; ``span``, ``exposure``, ``add_ons``
    and ``delivery`` are the parts of ``position_margin``."""

    account_id: int
    segment: Segment
    underlying_id: int
    position_margin: int = 0
    order_margin: int = 0
    snapshot_id: int | None = None
    span: int = 0
    exposure: int = 0
    add_ons: int = 0
    delivery: int = 0

    def carry(self, held: "Need", resting: int, snapshot_id: int | None) -> None:
        """Take over what positions and orders need at a snapshot."""
        self.position_margin, self.order_margin, self.snapshot_id = held.total, resting, snapshot_id
        self.span, self.exposure, self.add_ons, self.delivery = held


@dataclass(slots=True)
class Net:
    """One instrument over its products: units held (signed), and resting on either side."""

    instrument: Instrument
    quantity: int = 0
    buy: int = 0
    sell: int = 0


class Need(NamedTuple):
    """What a group asks for, in paise; ``span`` has the calendar charge in it."""

    span: int = 0
    exposure: int = 0
    add_ons: int = 0
    delivery: int = 0

    @property
    def total(self) -> int:
        """Posted margin: never the premium, which has moved already."""
        return self.span + self.exposure + self.add_ons + self.delivery


NOTHING = Need()


def is_margined(instrument: Instrument, product: Product) -> bool:
    """Whether it belongs to a margin group: every contract, and shares held intraday."""
    return product is Product.MIS or instrument.segment is Segment.DERIVATIVES


def group_margin(nets: Iterable[Net], snapshot: Snapshot, index: bool) -> tuple[Need, int]:
    """(what its positions need, order_margin) of a group, in paise. ``index``: whether the underlying is one."""
    members = _prepared(nets, snapshot, index)
    held = _needed(members, snapshot, index, orders=False)
    if not any(net.buy or net.sell for net in members):
        return held, 0
    return held, _needed(members, snapshot, index, orders=True).total - held.total


def whole_margin(nets: Iterable[Net], snapshot: Snapshot, index: bool) -> int:
    """Paise that a group blocks with the worst subset of its orders."""
    return needed(nets, snapshot, index).total


def netted(positions: Iterable[tuple[Instrument, Position]]) -> dict[int, Net]:
    """Positions of a group by instrument, products together; shares held for delivery are paid for and left out."""
    nets: dict[int, Net] = {}
    for instrument, position in positions:
        if position.product is Product.CNC:
            continue
        net = nets.get(instrument.id)
        if net is None:
            net = nets[instrument.id] = Net(instrument)
        net.quantity += position.quantity
        net.buy += position.open_buy
        net.sell += position.open_sell
    return nets


def needed(nets: Iterable[Net], snapshot: Snapshot, index: bool, orders: bool = True) -> Need:
    """What a group's positions need, with the worst subset of its orders or without them."""
    return _needed(_prepared(nets, snapshot, index), snapshot, index, orders)


def _prepared(nets: Iterable[Net], snapshot: Snapshot, index: bool) -> list[Net]:
    """The members, once the risk of every contract among them is known."""
    members = list(nets)
    contracts = [net.instrument for net in members if net.instrument.kind in DERIVATIVES]
    if contracts:
        snapshot.prepare(contracts, index)
    return members


def _needed(members: list[Net], snapshot: Snapshot, index: bool, orders: bool) -> Need:
    lines: list[tuple[Risk, int, int, int]] = []
    shares = exposure = add_ons = delivery = 0
    for net in members:
        quantity, buy, sell = (net.quantity, net.buy, net.sell) if orders else (net.quantity, 0, 0)
        if not (quantity or buy or sell):
            continue
        if net.instrument.kind not in DERIVATIVES:
            rate = intraday_rate(snapshot.on, net.instrument.kind, snapshot.volatility)
            shares += ceil_div(rate * snapshot.price * _worst(quantity, buy, sell), 10_000)
            continue
        risk = snapshot.risk(net.instrument, index)
        lines.append((risk, quantity, buy, sell))
        units = max(0, sell - quantity) if risk.option else _worst(quantity, buy, sell)
        exposure += ceil_div(risk.exposure * snapshot.price * units, 10_000)
        add_ons += ceil_div(risk.expiry_day * snapshot.price * units, 10_000) + risk.last_day * units
        if risk.delivery:
            delivery += ceil_div(risk.delivery * snapshot.price * max(0, quantity + buy), 100_000_000)
    return Need(_span(lines, snapshot.price), shares + exposure, add_ons, delivery)


def _worst(quantity: int, buy: int, sell: int) -> int:
    return max(abs(quantity + buy), abs(quantity - sell))


def _span(lines: list[tuple[Risk, int, int, int]], price: int) -> int:
    """The worst scenario of what is held and of those orders that would make it worse; never below nothing.

    An order counts in a scenario only where it loses: the worst subset, without trying any. One contract by
    itself is worst at the end of its scan, which needs no table.
    """
    if not lines:
        return 0
    if len(lines) == 1:
        risk, quantity, buy, sell = lines[0]
        return max(0, (quantity + buy) * risk.rise, (sell - quantity) * risk.fall)
    losses = np.array([risk.losses for risk, *_ in lines])
    units: Ints = np.array([[quantity, buy, sell] for _, quantity, buy, sell in lines], np.int64)
    table = units[:, :1] * losses
    if units[:, 1:].any():
        table += units[:, 1:2] * np.maximum(losses, 0) + units[:, 2:] * np.maximum(-losses, 0)
    if all(risk.expiry == lines[0][0].expiry for risk, *_ in lines):
        return _peak(table)
    return _over_expiries(lines, table, price)


def _peak(table: Ints) -> int:
    return max(0, int(table.sum(0).max()))


def _over_expiries(lines: list[tuple[Risk, int, int, int]], table: Ints, price: int) -> int:
    """Expiries offset one another at a charge, which never costs more than the offset is worth; one that ends
    today stands alone."""
    rows: dict[date, list[int]] = {}
    alone: set[date] = set()
    for number, (risk, *_) in enumerate(lines):
        rows.setdefault(risk.expiry, []).append(number)
        if risk.apart:
            alone.add(risk.expiry)
    peaks = {expiry: _peak(table[held]) for expiry, held in rows.items()}
    apart = sum(peaks[expiry] for expiry in alone)
    others = {expiry: held for expiry, held in rows.items() if expiry not in alone}
    if not others:
        return apart
    together = _peak(table[[number for held in others.values() for number in held]])
    charge = _calendar_charge(lines, others, price)
    return apart + min(together + charge, sum(peaks[expiry] for expiry in others))


def _calendar_charge(lines: list[tuple[Risk, int, int, int]], expiries: dict[date, list[int]], price: int) -> int:
    """A rate of what is long in some expiries against short in others, by delta, orders at their worst."""
    long = short = rate = 0
    for held in expiries.values():
        net = up = down = 0
        for risk, quantity, buy, sell in (lines[number] for number in held):
            rate = risk.calendar
            net += risk.delta * quantity
            up += risk.delta * buy if risk.delta > 0 else -risk.delta * sell
            down += risk.delta * sell if risk.delta > 0 else -risk.delta * buy
        long += max(0, net + up)
        short += max(0, down - net)
    return ceil_div(rate * price * min(long, short), 100_000_000)
