"""TrueData's list of instruments: CSV whose header names a column twice, or JSON ``{"Records": [[...], ...]}``.

As published: names are the keys, numbers are texts, dates are day-month-year. A contract's name is its root, the
expiry as YYMMDD (a future's may be YYMMM) and its strike and right. Continuous futures (NIFTY-I) are no contracts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from core.contracts import MONTHS, plain
from core.instruments import Kind
from core.vendor_files import Broken, Record
from core.vendor_rows import (
    BadRowError,
    LeftOut,
    Problem,
    Read,
    VendorRow,
    Why,
    cash_kind,
    guarded,
    hundredths,
    isin,
    need_terms,
    root_before,
    symbol,
    tick,
    whole,
    words,
)

# The columns in which a JSON record stands; a CSV says its own.
PLACES = ("symbolid", "symbol", "series", "isin", "exchange", "lotsize", "strike", "expiry")
CASH = {"NSE": "NSE", "BSE": "BSE"}
CONTRACTS = {"NSE": "NFO", "NFO": "NFO", "BSE": "BFO", "BFO": "BFO"}
KINDS = {"CE": Kind.CE, "PE": Kind.PE, "XX": Kind.FUT, "FUT": Kind.FUT}
PLAIN_SERIES = frozenset({"EQ", ""})
_CONTINUOUS = re.compile(r".*[-_](I|II|III)$")
_DAY = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})", re.ASCII)


def from_json(records: Iterator[Record | Broken]) -> Iterator[Read]:
    """Each record as a row, or why it is none."""
    return _rows(records, {column: place for place, column in enumerate(PLACES)})


def from_csv(records: Iterator[Record | Broken]) -> Iterator[Read]:
    """Each line below the header as a row, or why it is none. Of a name that comes twice the first column counts."""
    header = next(records, None)
    if not isinstance(header, Record):
        yield Problem(1, Why.UNREADABLE, "no header")
        return
    places: dict[str, int] = {}
    for place, column in enumerate(header.value):
        places.setdefault(words(column).lower(), place)
    if missing := [column for column in PLACES if column not in places]:
        yield Problem(header.line, Why.UNREADABLE, f"no column {', '.join(missing)}")
        return
    yield from _rows(records, places)


def _rows(records: Iterator[Record | Broken], places: Mapping[str, int]) -> Iterator[Read]:
    for record in records:
        if isinstance(record, Broken):
            yield Problem(record.line, Why.UNREADABLE, record.text)
        else:
            yield guarded(record.line, _row, record.value, places)


def _row(line: int, given: Sequence[object], places: Mapping[str, int]) -> VendorRow | LeftOut:
    said = {column: given[place] if place < len(given) else "" for column, place in places.items()}
    key, series, exchange = words(said["symbol"]), words(said["series"]).upper(), words(said["exchange"]).upper()
    if not key:
        raise BadRowError(Why.KEY)
    if exchange not in CONTRACTS:
        return LeftOut(line, exchange or "no exchange")
    name = words(said.get("company")) or key
    if series == "IN":
        return VendorRow(line, key, CASH[exchange], symbol(key), name, Kind.INDEX)
    lot = whole(said["lotsize"], Why.LOT)
    size = tick(hundredths(said.get("ticksize"), Why.TICK))
    if series in KINDS:
        if _CONTINUOUS.fullmatch(key):
            return LeftOut(line, "continuous futures")
        kind = KINDS[series]
        expiry = _day(said["expiry"])
        strike = need_terms(kind, expiry, hundredths(said["strike"], Why.STRIKE))
        assert expiry is not None
        root = _root(symbol(key), expiry, kind, strike)
        return VendorRow(
            line, key, CONTRACTS[exchange], "", name, kind, None, lot, size, None, expiry, strike, root=root
        )
    number = isin(said["isin"])
    paper = cash_kind(number)
    if paper is None:
        return LeftOut(line, "bonds, bills and rights")
    # The vendor's own names of other series end in the series already, or leave it out.
    written = symbol(key)
    if exchange == "NSE" and series not in PLAIN_SERIES and not written.endswith(f"-{series}"):
        written = symbol(f"{written}-{series}")
    return VendorRow(line, key, CASH[exchange], written, name, paper, number, lot, size, None)


def _day(value: object) -> date | None:
    match = _DAY.fullmatch(words(value))
    if match is None:
        raise BadRowError(Why.EXPIRY, value)
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        raise BadRowError(Why.EXPIRY, value) from None


def _root(written: str, expiry: date, kind: Kind, strike: int | None) -> str:
    month = MONTHS[expiry.month - 1]
    terms = "FUT" if strike is None else f"{plain(strike)}{kind}"
    days = (f"{expiry:%y%m%d}", f"{expiry:%y}{month}", f"{expiry:%d}{month}{expiry:%y}")
    return root_before(written, (f"{day}{terms}" for day in days))[0]
