"""The two calls of a use case: ``load`` locks and reads an account's rows, ``commit`` writes what was decided.

Both are functions in the database (``migrations/sql/work.sql``), each one round trip: BEGIN travels with the
load and COMMIT with the write (``db.message``). Rows travel as JSON because one value is quoted and parsed faster
than the fifty columns that it stands for. psycopg's pipelines would save nothing: each costs more round trips
for its own synchronisation, and one hangs on a statement longer than the socket takes at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import orjson
import psycopg

from core.account import Work
from core.breaker import Halt
from core.calendar import IST, Session
from core.facts import MarketFacts, Quote
from core.instruments import Segment
from core.ledger import BALANCES
from core.margin import Group
from core.orders import Order, OrderType, Product, Side, Status, Validity
from core.positions import Lot, Position
from core.risk_facts import Crossing
from core.scan import DEFAULT_RATE, Snapshot, taken
from core.standing import Pace, Standing, TradingState
from db.leader import UNDER_TERM, Held, NotLeader
from db.message import quoted, send
from db.trading_rows import payload

Connection = psycopg.Connection[Any]

FIRST_TRADE = time(9, 15)
# Members by their words: to call a class for each word of a thousand orders takes ten times as long.
SIDES = {str(each): each for each in Side}
TYPES = {str(each): each for each in OrderType}
PRODUCTS = {str(each): each for each in Product}
VALIDITIES = {str(each): each for each in Validity}
STATUSES = {str(each): each for each in Status}
SEGMENTS = {str(each): each for each in Segment}
STATES = {str(each): each for each in TradingState}

LOAD = b"select load_work(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b)"
COMMIT = b"select commit_work(%b)"


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer that a request key was given before."""

    hash: str
    status: int
    body: dict[str, Any]


@dataclass(slots=True)
class Loaded:
    """What one load found. ``works`` by account id; ``numbers`` are fresh (trade id, charge id) pairs."""

    now: datetime
    market: MarketFacts
    snapshot_id: int | None
    session: str
    works: dict[int, Work]
    archived: frozenset[int]
    quotes: dict[int, Quote]
    bands: dict[int, tuple[int | None, int | None]]
    closes: dict[int, int]
    snapshots: dict[int, Snapshot]
    next_order: int
    stored: Stored | None
    numbers: list[tuple[int, int]] = field(default_factory=list)
    risk_version: int = 0
    crossing: Crossing | None = None


def load(
    connection: Connection,
    accounts: Sequence[int],
    *,
    orders: Sequence[int] = (),
    new_order: bool = False,
    instruments: Sequence[int] = (),
    underlyings: Sequence[int] = (),
    key: str | None = None,
    numbers: int = 0,
    whole: bool = False,
    cross: tuple[Side, int] | None = None,
    lots: bool = False,
    term: Held | None = None,
) -> Loaded | None:
    """Lock the accounts, ascending, and read what the use case needs; None where no account is found.

    ``new_order`` draws the id of an order that is to come, and reads none; ``whole`` reads every working order,
    position, group and lot of the accounts. Market facts are those of the first account. ``cross`` asks
    for an own order on that side which a price (0: the last) would meet; ``lots`` for the instruments' lots.
    ``term`` is held by the same statement until the transaction ends: a leader's first. Raises NotLeader where it
    is over.
    """
    side, price = cross or (None, 0)
    known = None if new_order else orders
    wanted = quoted(
        connection, LOAD, accounts, known, instruments, underlyings, key, numbers, whole, side, price or None, lots
    )
    if term is not None:
        wanted += quoted(connection, UNDER_TERM, *term)
    found = send(connection, wanted)
    if found is None and term is not None:
        raise NotLeader(f"Term {term[1]} of market {term[0]} is over.")
    raw = orjson.loads(found or b"{}")
    return _loaded(raw) if raw.get("accounts") else None


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)


def _loaded(raw: dict[str, Any]) -> Loaded:
    market_id, phase, running, trading_date, exchange_ms, snapshot_id, session, clock_ms, halts = raw["market"]
    now = _moment(raw["now"])
    exchange_time = _moment(exchange_ms * 1000) if exchange_ms is not None else now
    clock = None if session == Session.ALWAYS or clock_ms is None else _moment(clock_ms * 1000)
    market = MarketFacts(
        market_id, phase, running, date.fromisoformat(trading_date), exchange_time, session, clock or exchange_time,
        tuple(Halt.of_row(each) for each in halts),
    )  # fmt: skip
    works: dict[int, Work] = {}
    archived: set[int] = set()
    for account_id, key, owner, day, version, blocked, ended, plan, standing, *balances in raw["accounts"]:
        works[account_id] = Work(
            account_id, key, owner, date.fromisoformat(day), version + 1,
            dict(zip(BALANCES, balances, strict=True)), blocked, plan, standing_of(standing),
        )  # fmt: skip
        if ended:
            archived.add(account_id)
    _spread(raw, works)
    ids = zip(raw.get("trade_ids") or (), raw.get("charge_ids") or (), strict=True)
    stored = raw.get("request")
    return Loaded(
        now=now,
        market=market,
        snapshot_id=snapshot_id,
        session=session,
        works=works,
        archived=frozenset(archived),
        quotes={each: Quote(last, age) for each, last, age in raw["quotes"] or ()},
        bands={each: (lower, upper) for each, lower, upper, _ in raw["bands"] or ()},
        closes={each: close for each, _, _, close in raw["bands"] or () if close is not None},
        snapshots=_snapshots(raw, market, snapshot_id),
        next_order=raw["next_order"] or 0,
        stored=Stored(*stored) if stored else None,
        numbers=list(ids),
        risk_version=raw["risk_version"] or 0,
        crossing=Crossing(*raw["crossing"]) if raw["crossing"] else None,
    )


def standing_of(values: Sequence[Any]) -> Standing:
    """How an account stands with risk, from the columns in the order of ``Standing``, its pace last."""
    user_id, state, reason, resting, orders, trades, flows, peak, gross, net, pace = values
    return Standing(
        user_id, STATES[state], reason, resting, orders, trades, flows, peak, gross, net, Pace(*pace)
    )  # fmt: skip


def _snapshots(raw: dict[str, Any], market: MarketFacts, snapshot_id: int | None) -> dict[int, Snapshot]:
    """By underlying. Where none was taken yet, prices of the day before stand, as of the day's opening."""
    day, at_ms, following = raw["taken"] or (market.trading_date.isoformat(), None, ())
    on, ahead = date.fromisoformat(day), tuple(map(date.fromisoformat, following))
    return {
        each: snapshot_of(snapshot_id, price, on, at_ms, volatility, rate, ahead)
        for each, price, volatility, rate in raw["snapshots"] or ()
        if price is not None
    }


def snapshot_of(
    number: int | None, price: int, on: date, at_ms: int | None, volatility: int | None, rate: int | None,
    ahead: Sequence[date] = (),
) -> Snapshot:  # fmt: skip
    """An underlying as a snapshot took it: at ``at_ms`` since the Unix epoch, or (None) as of its day's opening, with
    the trading dates that followed."""
    at = datetime.combine(on, FIRST_TRADE, IST) if at_ms is None else _moment(at_ms * 1000)
    return taken(number, price, on, at, volatility or 0, rate or DEFAULT_RATE, tuple(ahead))


def _spread(raw: dict[str, Any], works: dict[int, Work]) -> None:
    """Give each account its groups, positions, orders and lots."""
    for account_id, segment, underlying, *rest in raw["groups"] or ():
        group = Group(account_id, SEGMENTS[segment], underlying, *rest)
        works[account_id].groups[group.segment, underlying] = group
    for account_id, instrument_id, product, *rest in raw["positions"] or ():
        position = Position(account_id, instrument_id, PRODUCTS[product], *rest)
        works[account_id].positions[instrument_id, position.product] = position
    for values in raw.get("orders") or ():
        order = _order(values)
        works[order.account_id].orders[order.id] = order
    for account_id, instrument_id, trade_id, quantity, cost, bought, settles in raw.get("lots") or ():
        lot = Lot(
            account_id, instrument_id, trade_id, quantity, cost, date.fromisoformat(bought), date.fromisoformat(settles)
        )
        works[account_id].lots.setdefault(instrument_id, []).append(lot)


def _order(values: list[Any]) -> Order:
    (
        order_id, account_id, client_id, instrument_id, side, order_type, product, validity, quantity, price, trigger,
        worst, status, trading_date, placed_at, updated_at, active_from, priority, filled, cancelled, turnover,
        hold_cash, hold_credit, disclosed, reason_code, reason, tag, origin, modifications, events, version,
        minutes, expires, legs, protection, parent, amo, closing, leg_values,
    ) = values  # fmt: skip
    return Order(
        order_id, account_id, client_id, instrument_id, SIDES[side], TYPES[order_type], PRODUCTS[product],
        VALIDITIES[validity], quantity, price, trigger, worst, STATUSES[status], date.fromisoformat(trading_date),
        _moment(placed_at), _moment(updated_at), _moment(active_from), priority, filled, cancelled, turnover,
        hold_cash, hold_credit, disclosed, reason_code, reason, tag, origin, modifications, events, version,
        minutes, None if expires is None else _moment(expires), legs, protection, parent, amo, closing,
        tuple(leg_values),
    )  # fmt: skip


def commit(
    connection: Connection,
    works: Sequence[Work],
    request: dict[str, Any] | None = None,
    *,
    announce: bool = True,
    final: bool = False,
) -> None:
    """Write what the use case changed, all of it or nothing. The caller's transaction commits it.

    ``request`` is the idempotency row: account_id, key, hash (hex), status, body. ``announce`` is False for
    the execution loop alone, which needs no word of its own changes. ``final`` ends the transaction with it.
    Raises psycopg errors with SQLSTATE KG001 or KG002 where a guard found other rows than were decided on.
    """
    written = quoted(connection, COMMIT, orjson.dumps(payload(works, request, announce)))
    send(connection, written, *((b"commit",) if final else ()))
