"""Upstox's list of instruments: the JSON list of today, and the CSV that came before it.

As published: the JSON gives ticks in paise and expiries as an instant, the last millisecond of the day in India;
the CSV gives ticks in rupees and expiries as dates, and contracts in the exchange's own symbols. Indices have
neither tick nor lot. Rows of other markets (metals, currencies, bonds, the world's indices) are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from core.calendar import IST
from core.instruments import DERIVATIVES, Kind
from core.vendor_files import Broken, Record
from core.vendor_rows import (
    BadRowError,
    LeftOut,
    Problem,
    Read,
    Size,
    VendorRow,
    Why,
    cash_kind,
    freeze,
    guarded,
    hundredths,
    isin,
    need_terms,
    root_of,
    symbol,
    tick,
    whole,
    words,
)

CASH = {"NSE_EQ": "NSE", "BSE_EQ": "BSE"}
INDICES = {"NSE_INDEX": "NSE", "BSE_INDEX": "BSE"}
CONTRACTS = {"NSE_FO": "NFO", "BSE_FO": "BFO"}
# Series of the NSE in which a share's symbol stands alone; in all others the series follows it.
PLAIN_SERIES = frozenset({"EQ", ""})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CSV_KINDS = {"FUTIDX": Kind.FUT, "FUTSTK": Kind.FUT}
COLUMNS = ("instrument_key", "tradingsymbol", "exchange", "expiry", "strike", "tick_size", "lot_size")


def from_json(records: Iterator[Record | Broken]) -> Iterator[Read]:
    """Each record of the JSON list as a row, or why it is none."""
    for record in records:
        if isinstance(record, Broken):
            yield Problem(record.line, Why.UNREADABLE, record.text)
        else:
            yield guarded(record.line, _json_row, record.value)


def _json_row(line: int, given: Mapping[str, Any]) -> VendorRow | LeftOut:
    segment = words(given.get("segment"))
    key = words(given.get("instrument_key"))
    if not key or "|" not in key:
        raise BadRowError(Why.KEY, key)
    name = words(given.get("name")) or words(given.get("trading_symbol"))
    if segment in INDICES:
        return _index(line, key, INDICES[segment], name)
    if segment not in CASH and segment not in CONTRACTS:
        return LeftOut(line, segment or "no segment")
    lot = whole(given.get("lot_size"), Why.LOT)
    # In paise already; a tick of 0.05 here would be a twentieth of a paisa, so that the row is refused.
    size = Size(lot, tick(_paise(given.get("tick_size"))), freeze(given.get("freeze_quantity"), lot))
    if segment in CASH:
        number = isin(given.get("isin")) or isin(key.partition("|")[2])
        series = words(given.get("instrument_type")).upper() if segment == "NSE_EQ" else ""
        said = symbol(given.get("trading_symbol")) if cash_kind(number) else ""
        if said and series not in PLAIN_SERIES:
            said = symbol(f"{said}-{series}")
        return _cash(line, key, CASH[segment], said, name, number, size)
    try:
        kind = Kind(words(given.get("instrument_type")))
    except ValueError:
        raise BadRowError(Why.KIND, given.get("instrument_type")) from None
    if kind not in DERIVATIVES:
        raise BadRowError(Why.KIND, kind)
    expiry = _day(given.get("expiry"))
    strike = need_terms(kind, expiry, hundredths(given.get("strike_price"), Why.STRIKE))
    weekly = given.get("weekly")
    return VendorRow(
        line, key, CONTRACTS[segment], "", name, kind, None, *size, expiry, strike,
        root=_root(given), under=words(given.get("underlying_key")) or words(given.get("asset_key")),
        weekly=weekly if isinstance(weekly, bool) else None,
    )  # fmt: skip


def _root(given: Mapping[str, Any]) -> str:
    """What starts a contract's symbol: its underlying's symbol, or what stands before the terms in its own."""
    named = words(given.get("underlying_symbol")) or words(given.get("asset_symbol"))
    return symbol(named or words(given.get("trading_symbol")).partition(" ")[0])


def _paise(value: Any) -> int | None:
    number = hundredths(value, Why.TICK)
    if number is not None and number % 100:
        raise BadRowError(Why.TICK, f"{value} paise")
    return None if number is None else number // 100


@lru_cache(256, typed=True)
def _day(value: Any) -> date | None:
    """The date in India of an instant in ms since the epoch."""
    if value in (None, "", 0):
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadRowError(Why.EXPIRY, value)
    try:
        return (EPOCH + timedelta(milliseconds=int(value))).astimezone(IST).date()
    except (OverflowError, ValueError):
        raise BadRowError(Why.EXPIRY, value) from None


def from_csv(records: Iterator[Record | Broken]) -> Iterator[Read]:
    """Each line below the header as a row, or why it is none."""
    places: dict[str, int] | None = None
    for record in records:
        if isinstance(record, Broken):
            yield Problem(record.line, Why.UNREADABLE, record.text)
        elif places is None:
            places = {words(column): place for place, column in enumerate(record.value)}
            if missing := [column for column in COLUMNS if column not in places]:
                yield Problem(record.line, Why.UNREADABLE, f"no column {', '.join(missing)}")
                return
        else:
            yield guarded(record.line, _csv_row, record.value, places)


def _csv_row(line: int, fields: Sequence[str], places: Mapping[str, int]) -> VendorRow | LeftOut:
    given = {column: fields[place] for column, place in places.items()}
    segment, key = words(given["exchange"]), words(given["instrument_key"])
    if not key or "|" not in key:
        raise BadRowError(Why.KEY, key)
    name = words(given.get("name")) or words(given["tradingsymbol"])
    if segment in INDICES:
        return _index(line, key, INDICES[segment], name)
    if segment not in CASH and segment not in CONTRACTS:
        return LeftOut(line, segment or "no segment")
    size = Size(whole(given["lot_size"], Why.LOT), tick(hundredths(given["tick_size"], Why.TICK)), None)
    if segment in CASH:
        number = isin(key.partition("|")[2])
        said = symbol(given["tradingsymbol"]) if cash_kind(number) else ""
        return _cash(line, key, CASH[segment], said, name, number, size)
    option = words(given.get("option_type"))
    kind = CSV_KINDS.get(words(given.get("instrument_type"))) or (Kind(option) if option in ("CE", "PE") else None)
    if kind is None:
        raise BadRowError(Why.KIND, given.get("instrument_type"))
    try:
        expiry = date.fromisoformat(words(given["expiry"]))
    except ValueError:
        raise BadRowError(Why.EXPIRY, given["expiry"]) from None
    strike = need_terms(kind, expiry, hundredths(given["strike"], Why.STRIKE))
    root, weekly = root_of(symbol(given["tradingsymbol"]), expiry, kind, strike)
    return VendorRow(
        line, key, CONTRACTS[segment], "", name, kind, None, *size, expiry, strike, root=root, weekly=weekly
    )


def _index(line: int, key: str, exchange: str, name: str) -> VendorRow:
    """An index is named by its key: what the file calls its symbol is the root of its contracts."""
    said = symbol(key.partition("|")[2])
    return VendorRow(line, key, exchange, said, name or said, Kind.INDEX)


def _cash(
    line: int, key: str, exchange: str, said: str, name: str, number: str | None, size: Size
) -> VendorRow | LeftOut:
    kind = cash_kind(number)
    if kind is None:
        return LeftOut(line, "bonds, bills and rights")
    return VendorRow(line, key, exchange, said, name or said, kind, number, *size)
