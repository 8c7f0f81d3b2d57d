"""Rows as the API and the screens show them: rupees, IST, strings for ids. Pure functions of typed rows.

A key is always there, with None where it does not apply.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from core.disclosure import leg_of, showing_of
from core.history import steps_of
from core.instruments import Segment
from core.margin_calls import rule_on
from core.money import as_number, half_up
from core.orders import AUTOMATIC, Order, OrderType
from db.screen_rows import (
    OrderEvent,
    QuoteRow,
    TradeRow,
    TransferRow,
    WalletRow,
)

IN_CASH = "Settled in cash at the final settlement price; an exchange would deliver the shares"
LEDGERS = ("cash", "hold", "margin", "invested", "unsettled", "gains", "option_credit")
IST = timezone(timedelta(hours=5, minutes=30))
Row = dict[str, Any]


class Named(Protocol):
    """Anything that an exchange lists: an Instrument, or the two words of it that a query returned."""

    @property
    def exchange(self) -> str:
        """Where it is listed."""

    @property
    def symbol(self) -> str:
        """Its name there."""


def ist(moment: datetime) -> str:
    """An aware time as ISO 8601 with milliseconds and +05:30."""
    return moment.astimezone(IST).isoformat(timespec="milliseconds")


def ist_ms(milliseconds: int) -> str:
    """The same of milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, IST).isoformat(timespec="milliseconds")


def price(paise: int) -> float | int | None:
    """Rupees, or None for 0, which stands for a price that was not given."""
    return as_number(paise) if paise else None


def average(value: int, quantity: int) -> float | int | None:
    """Rupees a unit to four decimals, of a value in paise; None when there is no quantity."""
    if quantity == 0:
        return None
    parts = half_up(abs(value) * 100, abs(quantity))
    return parts // 10_000 if parts % 10_000 == 0 else parts / 10_000


def order_row(order: Order, listing: Named, account_key: str) -> Row:
    """An order; prices that were not given are None, ``pending_quantity`` is 0 once it is final."""
    return {
        "order_id": str(order.id),
        "account": account_key,
        "client_order_id": order.client_order_id,
        "exchange": listing.exchange,
        "symbol": listing.symbol,
        "side": str(order.side),
        "order_type": str(order.order_type),
        "product": str(order.product),
        "validity": str(order.validity),
        "quantity": order.quantity,
        "filled_quantity": order.filled,
        "pending_quantity": order.pending,
        "cancelled_quantity": order.cancelled,
        "disclosed_quantity": 0 if order.legs else order.disclosed_quantity,
        "price": price(order.price),
        "trigger_price": price(order.trigger_price),
        "worst_price": price(order.worst_price),
        "market_protection": _protection(order),
        "validity_ttl": order.validity_ttl or None,
        "expires_at": None if order.expires_at is None else ist(order.expires_at),
        "iceberg_legs": order.legs or None,
        "iceberg_leg": leg_of(order) or None,
        "showing_quantity": showing_of(order),
        "parent_order_id": None if order.parent_id is None else str(order.parent_id),
        "average_price": average(order.turnover, order.filled),
        "status": str(order.status),
        "reason_code": order.reason_code,
        "reason": order.reason,
        "tag": order.tag,
        "origin": order.origin,
        "amo": order.amo,
        "modifications": order.modifications,
        "trading_date": order.trading_date.isoformat(),
        "placed_at": ist(order.placed_at),
        "updated_at": ist(order.updated_at),
        "version": order.version,
    }


def _protection(order: Order) -> float | int | None:
    """Per cent of a market order's protection, -1 for automatic; None of an order with a limit of its own."""
    if order.order_type in (OrderType.LIMIT, OrderType.SL):
        return None
    return AUTOMATIC if order.protection == AUTOMATIC else as_number(order.protection)


def history_rows(events: Sequence[OrderEvent], trades: Sequence[TradeRow]) -> list[Row]:
    """An order's history: each event with the steps a broker shows for it, and of a fill what the market showed.

    Each fill is one event and one trade, both in the order in which they were made.
    """
    made = iter(trades)
    before: str | None = None
    rows: list[Row] = []
    for event in events:
        trade = next(made, None) if event.event == "FILLED" else None
        rows.append(
            {**event_row(event), "steps": list(steps_of(event.event, event.status, event.actor, before))}
            | {"fill": None if trade is None else _snapshot(trade)}
        )
        before = event.status
    return rows


def _snapshot(trade: TradeRow) -> Row:
    """The price a fill was made at, and those it was made on; ``slippage`` is rupees a unit worse than the last
    price, negative where it was better."""
    sign = 1 if trade.side == "BUY" else -1
    return {
        "trade_id": str(trade.id),
        "quantity": trade.quantity,
        "price": as_number(trade.price),
        "last_price": as_number(trade.last_price),
        "slippage": as_number((trade.price - trade.last_price) * sign),
        "frame": trade.frame,
        "exchange_time": ist(trade.exchange_time),
    }


def event_row(event: OrderEvent) -> Row:
    """One line of an order's history: the terms as they stood after the step."""
    return {
        "n": event.n,
        "at": ist(event.at),
        "event": event.event,
        "status": event.status,
        "by": event.actor,
        "reason_code": event.reason_code,
        "reason": event.reason,
        "quantity": event.quantity,
        "price": price(event.price),
        "trigger_price": price(event.trigger_price),
        "filled_quantity": event.filled,
    }


def ended_label(kind: str, value: int, lead: str) -> str | None:
    """What a trade is that no order stands behind, in words; ``lead`` is the kind of a contract's underlying."""
    if kind == "SPLIT":
        return "Shares given or taken by a split or a bonus"
    if kind != "EXPIRY":
        return None
    if value == 0:
        return "Lapsed worthless"
    return "Settled in cash at the final settlement price" if lead == "INDEX" else IN_CASH


def trade_row(trade: TradeRow, account_key: str) -> Row:
    """A trade with its charges and the evidence: what the market showed when it was made."""
    return {
        "trade_id": str(trade.id),
        "order_id": None if trade.order_id is None else str(trade.order_id),
        "account": account_key,
        "kind": trade.kind,
        "label": ended_label(trade.kind, trade.value, trade.lead),
        "exchange": trade.listing.exchange,
        "symbol": trade.listing.symbol,
        "side": trade.side,
        "product": trade.product,
        "quantity": trade.quantity,
        "price": as_number(trade.price),
        "value": as_number(trade.value),
        "realised": as_number(trade.realised),
        "limit_price": as_number(trade.limit_price),
        "traded_at": ist(trade.traded_at),
        "trading_date": trade.trading_date.isoformat(),
        "charges": {head: as_number(amount) for head, amount in trade.charges.items()},
        "evidence": {
            "frame": trade.frame,
            "exchange_time": ist(trade.exchange_time),
            "last_price": as_number(trade.last_price),
            "levels": [[as_number(price), quantity] for price, quantity in trade.levels],
        },
        "version": trade.version,
    }


def transfer_row(transfer: TransferRow) -> Row:
    """A line of the ledger; ``reference`` names what caused it, in words that a search finds."""
    causes = [
        f"trade {transfer.trade_id}" if transfer.trade_id is not None else "",
        f"order {transfer.order_id}" if transfer.order_id is not None and transfer.trade_id is None else "",
        transfer.reference,
    ]
    return {
        "id": str(transfer.id),
        "at": ist(transfer.created_at),
        "event_at": ist(transfer.event_at),
        "code": transfer.code,
        "from": transfer.from_ledger,
        "to": transfer.to_ledger,
        "amount": as_number(transfer.amount),
        "reference": ", ".join(filter(None, causes)) or None,
        "order_id": None if transfer.order_id is None else str(transfer.order_id),
        "trade_id": None if transfer.trade_id is None else str(transfer.trade_id),
        "cash_after": as_number(transfer.cash_after),
        "version": transfer.version,
    }


MARGIN_PARTS = ("position_margin", "order_margin", "span", "exposure", "add_ons", "delivery")


def wallet_row(wallet: WalletRow, account_key: str) -> Row:
    """The wallet. Three sums hold to the paisa, by how their terms are defined: ``balance`` of the seven
    balances, ``held`` and ``margin`` of what they are held for, and ``equity`` of today's figures."""
    balance = sum(getattr(wallet, ledger) for ledger in LEDGERS)
    available = wallet.cash - wallet.blocked_loss
    paise = {
        "cash": wallet.cash,
        "held": wallet.hold,
        "margin": wallet.margin,
        "invested": wallet.invested,
        "unsettled": wallet.unsettled,
        "gains": wallet.gains,
        "option_credit": wallet.option_credit,
        "balance": balance,
        "unrealised": wallet.unrealised,
        "equity": balance + wallet.unrealised,
        "blocked_loss": wallet.blocked_loss,
        "available": available,
        "available_for_options": available + wallet.option_credit,
        "withdrawable": max(0, available - wallet.demat_proceeds),
        "holding_sales": wallet.demat_proceeds,
        "opening_equity": wallet.opening_equity,
        "deposits": wallet.deposits,
        "withdrawals": wallet.withdrawals,
        "realised": wallet.realised,
        "charges": wallet.charges,
        "unrealised_change": wallet.unrealised - wallet.opening_unrealised,
        **_blocked(wallet),
    }
    return {
        "account": account_key,
        "market": wallet.market,
        "trading_date": wallet.trading_date.isoformat(),
        "version": wallet.version,
        "as_of": ist(wallet.as_of),
        **{name: as_number(amount) for name, amount in paise.items()},
        "holds": [
            {"order_id": str(order), "cash": as_number(cash), "credit": as_number(credit)}
            for order, cash, credit in wallet.holds
        ],
        "margins": [
            {
                "segment": each.segment,
                "underlying": each.underlying,
                **{name: as_number(getattr(each, name)) for name in MARGIN_PARTS},
            }
            for each in wallet.margins
        ],
        "margin_call": None
        if wallet.called_since is None
        else {
            "since": ist(wallet.called_since),
            "shortfall": as_number(wallet.shortfall or 0),
            "closing_since": None if wallet.closing_since is None else ist(wallet.closing_since),
            "closes_at_percent": rule_on(wallet.trading_date).closes_at / 100,
            "delivery_margin": as_number(_delivery_margin(wallet)),
        },
    }


def _blocked(wallet: WalletRow) -> dict[str, int]:
    """What a broker's funds statement shows beside the balances, in paise. ``span``, ``exposure``, ``add_ons``,
    ``delivery_margin`` and ``mis_margin`` add up to ``margin``; ``delivery`` and ``option_premium`` to ``invested``;
    ``opening_balance`` with the day's deposits, withdrawals, profit and charges to ``balance``."""
    contracts = [each for each in wallet.margins if each.segment != Segment.CASH]
    return {
        "opening_balance": wallet.opening_equity - wallet.opening_unrealised,
        "span": sum(each.span for each in contracts),
        "exposure": sum(each.exposure for each in contracts),
        "add_ons": sum(each.add_ons for each in contracts),
        "delivery_margin": _delivery_margin(wallet),
        "mis_margin": sum(each.position_margin for each in wallet.margins if each.segment == Segment.CASH),
        "option_premium": wallet.option_premium,
        "delivery": wallet.invested - wallet.option_premium,
    }


def _delivery_margin(wallet: WalletRow) -> int:
    return sum(each.delivery for each in wallet.margins)


def levels(flat: list[int]) -> list[list[float | int]]:
    """``[[price, quantity, orders], …]`` of price, quantity, orders, price, …; absent levels are left out."""
    return [[as_number(flat[at]), flat[at + 1], flat[at + 2]] for at in range(0, len(flat) - 2, 3) if flat[at + 1] > 0]


def quote_row(quote: QuoteRow, state: str) -> Row:
    """A quote; the change is against the previous close."""
    change = quote.last_price - quote.prev_close
    return {
        "last_price": as_number(quote.last_price),
        "change": as_number(change),
        "change_percent": percent(change, quote.prev_close),
        "open": as_number(quote.open),
        "high": as_number(quote.high),
        "low": as_number(quote.low),
        "prev_close": as_number(quote.prev_close),
        "volume": quote.volume,
        "oi": quote.oi,
        "lower_band": None if quote.lower_band is None else as_number(quote.lower_band),
        "upper_band": None if quote.upper_band is None else as_number(quote.upper_band),
        "bids": levels(quote.bids),
        "asks": levels(quote.asks),
        "exchange_time": ist(quote.exchange_time),
        "age_ms": quote.age_ms,
        "state": state,
    }


def percent(change: int, base: int) -> float:
    """Change in per cent of the base, to two decimals; 0 for a base of 0."""
    return 0.0 if base == 0 else half_up(change * 10_000, abs(base)) / 100
