"""The list of instruments as a file of comma-separated values, made once for each state of the masters."""

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from core.instruments import DERIVATIVES, EXCHANGES, Instrument
from core.money import as_number
from desk import masters
from desk.masters import Master
from gateway.call import Call, Endpoint
from gateway.form import one_of
from gateway.reply import Reply
from gateway.tokens import segment_of, token_of
from web.etags import is_held

CSV = "text/csv; charset=utf-8"
HEADER = (
    "instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry", "strike", "tick_size",
    "lot_size", "instrument_type", "segment", "exchange",
)  # fmt: skip


@dataclass(slots=True)
class _Made:
    """Files by exchange ("" for all), plain and compressed, each with a mark that changes with what it says."""

    files: dict[str, tuple[bytes, bytes, str]] = field(default_factory=dict)


_made: "WeakKeyDictionary[Master, _Made]" = WeakKeyDictionary()


def file_of(master: Master, exchange: str = "") -> tuple[bytes, bytes, str]:
    """The instruments of an exchange, or all, plain and compressed, and the file's mark. Prices are 0: they are asked
    for as quotes."""
    made = _made.setdefault(master, _Made())
    found = made.files.get(exchange)
    if found is None:
        plain = _written(master, exchange)
        found = made.files[exchange] = (
            plain,
            gzip.compress(plain, 6, mtime=0),
            hashlib.sha256(plain).hexdigest()[:20],
        )
    return found


def _written(master: Master, exchange: str) -> bytes:
    roots = {key: terms.root for key, terms in masters.derivative_terms(master.on).items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    listed = (one for one in master.listed() if exchange in ("", one.exchange))
    for one in sorted(listed, key=lambda one: (one.exchange, one.symbol)):
        writer.writerow(_row(master, one, roots))
    return text.getvalue().encode()


def _row(master: Master, one: Instrument, roots: dict[str, str]) -> tuple[Any, ...]:
    contract = one.kind in DERIVATIVES
    name = one.name
    if contract and one.underlying_id is not None:
        # Programs find a chain by this name, so that it is what the contracts' symbols begin with.
        underlying = master.by_id[one.underlying_id]
        name = roots.get(underlying.key, underlying.symbol)
    return (
        token_of(one),
        one.id,
        one.symbol,
        name,
        0,
        "" if one.expiry is None else one.expiry.isoformat(),
        0 if one.strike is None else as_number(one.strike),
        as_number(one.tick),
        one.lot,
        str(one.kind) if contract else "EQ",
        segment_of(one),
        one.exchange,
    )


def every(call: Call) -> Reply:
    """All instruments."""
    return _reply(call, "")


def of_exchange(call: Call) -> Reply:
    """The instruments of one exchange."""
    return _reply(call, one_of(*EXCHANGES)(call.path["exchange"]))


def _reply(call: Call, exchange: str) -> Reply:
    plain, packed, mark = file_of(masters.get(call.database), exchange)
    # A weak mark: packed or not, the file says the same.
    headers = {"vary": "accept-encoding", "cache-control": "private, no-cache", "etag": f'W/"{mark}"'}
    if is_held(call.headers.get("if-none-match", ""), mark):
        return Reply(304, b"", headers, CSV)
    accepted = {each.partition(";")[0].strip() for each in call.headers.get("accept-encoding", "").split(",")}
    if "gzip" in accepted:
        return Reply(200, packed, headers | {"content-encoding": "gzip"}, CSV)
    return Reply(200, plain, headers, CSV)


ENDPOINTS = (
    Endpoint("GET", "/instruments", every),
    Endpoint("GET", "/instruments/{exchange}", of_exchange),
)
