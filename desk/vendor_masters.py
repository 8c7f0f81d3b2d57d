"""Instruments as vendors list them: loading a file, what it changed, and what a vendor calls an instrument.

Loading is one transaction under the masters' lock, so that no reader sees half a file, and the same file a second
time changes nothing. The report counts every change and names the first of each.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from core import contracts, vendor_masters
from core.calendar import IST, Calendar
from core.contracts import Terms
from core.instruments import OPTIONS
from core.reasons import Reason, Refusal
from core.vendor_files import FileTooLargeError, Told
from core.vendor_rows import LeftOut, Problem, Read, VendorRow, Why, named
from core.vendors import Vendor
from db import masters as store
from db import vendor_keys, vendor_loads
from db.engine import Database
from desk import masters
from desk.rows import Row, ist

CHUNK = 1 << 18
# A file that lacks more than so many of what an exchange lists, and more than this share of it, is not believed to
# be whole: nothing leaves for it.
FEW, TOO_MANY = 50, 0.2
EXPIRED = "expired contracts"
CHANGES = (
    "left", "relisted", "renamed", "isin_changed", "expiry_moved", "lot_changed", "tick_changed", "freeze_changed",
    "key_reused",
)  # fmt: skip


@dataclass(slots=True)
class _Count:
    """What became of the rows that are no instruments."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    shown: list[Row] = field(default_factory=list)

    def problem(self, line: int, why: Why, text: str) -> None:
        self.bad[why.name.lower()] += 1
        if len(self.shown) < vendor_loads.EXAMPLES:
            self.shown.append({"line": line, "why": f"{why.value}.", "text": text})


def load_file(database: Database, path: Path, actor: str, vendor: Vendor | None = None, on: date | None = None) -> Row:
    """Load a file of this machine; its report. Raises Refusal where it cannot be read or is no such list."""
    try:
        with path.open("rb") as file:
            return load(database, path.name, iter(lambda: file.read(CHUNK), b""), actor, vendor, on)
    except OSError as error:
        raise Refusal(Reason.BAD_INPUT, f"{path} cannot be read: {error.strerror}.", "file") from error


def load(
    database: Database,
    source: str,
    chunks: Iterable[bytes],
    actor: str,
    vendor: Vendor | None = None,
    on: date | None = None,
) -> Row:
    """Bring a vendor's file into the masters as of a date, today in India where none is given; its report.

    ``source`` names the file in the report, without credentials. ``vendor`` refuses another's file.
    """
    began = time.monotonic()
    day = on or datetime.now(IST).date()
    told, count = Told(), _Count()
    try:
        whose, read = vendor_masters.read(chunks, told)
        if vendor is not None and vendor is not whose:
            raise Refusal(Reason.BAD_INPUT, f"{source} is a file of {whose}, not of {vendor}.", "file")
        report = _load(database, whose, _usable(read, count, _Weeks(database, day), day), (told, count), day)
        report |= {"took_ms": round((time.monotonic() - began) * 1000)}
    except (vendor_masters.UnknownFileError, FileTooLargeError) as wrong:
        raise Refusal(Reason.BAD_INPUT, str(wrong), "file") from wrong
    with database.connection() as connection:
        number = vendor_loads.keep_report(connection, whose, source, day, actor, report)
    masters.forget(database)
    return {"id": number, "vendor": whose.value, "source": source, "as_of": day.isoformat(), **report}


class _Weeks:
    """Whether an expiry is the month's, where the file does not say: only a few indices have weeklies."""

    def __init__(self, database: Database, on: date) -> None:
        self.terms: dict[tuple[str, str], Terms] = {
            (terms.exchange, terms.root): terms for terms in masters.derivative_terms(on).values()
        }
        self._calendars = masters.get(database).calendars

    def monthly(self, row: VendorRow) -> bool:
        """By the file's word; else by the rule of this house's own contracts on that root."""
        if row.weekly is not None:
            return not row.weekly
        terms = self.terms.get((row.exchange, row.root))
        if terms is None or not terms.weeklies or row.kind not in OPTIONS or row.expiry is None:
            return True
        calendar = self._calendars.get(masters.HOME_EXCHANGE[row.exchange], Calendar.of(())).under("nse")
        return contracts.is_monthly(calendar, terms.weekday, row.expiry)


def _usable(read: Iterable[Read], count: _Count, weeks: _Weeks, on: date) -> Iterator[VendorRow]:
    """The rows that are instruments on this date, contracts by the symbols that this house gives them."""
    for row in read:
        count.rows += 1
        if isinstance(row, LeftOut):
            count.left_out[row.what] += 1
        elif isinstance(row, Problem):
            count.problem(row.line, row.why, row.text)
        elif row.expiry is None:
            yield row
        elif row.expiry < on:
            count.left_out[EXPIRED] += 1
        else:
            yield named(row, weeks.monthly(row))


def _load(database: Database, vendor: Vendor, rows: Iterable[VendorRow], counted: tuple[Told, _Count], on: date) -> Row:
    told, count = counted
    roots: list[tuple[str, str, str, str]] = []
    for terms in masters.derivative_terms(on).values():
        home, _, symbol = terms.underlying.partition(":")
        roots.append((terms.exchange, terms.root, home, symbol))
    with database.connection() as connection:
        store.lock(connection)
        vendor_loads.receive(connection, rows)
        vendor_loads.match_cash(connection, vendor, on)
        touched = vendor_loads.change(connection, on, contracts=False)
        added = vendor_loads.add(connection, on, contracts=False)
        vendor_loads.match_contracts(connection, vendor, on, roots)
        touched += vendor_loads.change(connection, on, contracts=True)
        added += vendor_loads.add(connection, on, contracts=True)
        touched += vendor_loads.put_terms(connection, on) + vendor_loads.put_keys(connection, vendor, on)
        missing = vendor_loads.missing(connection, vendor, on)
        doubted = {} if not told.cut else missing
        doubted |= {each: gone for each, gone in missing.items() if gone[0] > max(FEW, TOO_MANY * gone[1])}
        touched += vendor_loads.leave(connection, vendor, on, sorted(missing.keys() - doubted.keys()))
        expired = store.delist_expired(connection, on)
        if added or touched or expired:
            store.raise_version(connection)
        for line, why, text in vendor_loads.problems(connection):
            count.problem(line, Why[why], text)
        changes = vendor_loads.changes(connection)
    return {
        "rows": count.rows,
        "new": added,
        "expired": expired,
        **{what: changes.get(what, (0, []))[0] for what in CHANGES},
        "bad": dict(count.bad),
        "left_out": dict(count.left_out),
        "cut": told.cut,
        "held_back": {exchange: gone for exchange, (gone, _) in sorted(doubted.items()) if gone},
        "examples": {what: some for what, (_, some) in changes.items()} | {"bad": count.shown},
    }


def keys_of(database: Database, vendor: Vendor | str, ids: Sequence[int] | None, on: date) -> Mapping[int, str]:
    """What the vendor calls instruments on a date, by number; all that it names where ``ids`` is None."""
    with database.autocommit() as connection:
        return vendor_keys.keys_of(connection, Vendor(vendor), ids, on)


def ids_of(database: Database, vendor: Vendor | str, keys: Sequence[str], on: date) -> Mapping[str, int]:
    """Which instruments the vendor's names meant on a date; names that meant none are left out."""
    with database.autocommit() as connection:
        return vendor_keys.ids_of(connection, Vendor(vendor), keys, on)


def loads(database: Database, limit: int = 20, before: int | None = None) -> list[Row]:
    """The files that were loaded, the newest first, perhaps those below a number; each with its report."""
    with database.autocommit() as connection:
        found = vendor_keys.loads(connection, limit, before)
    return [{**each, "as_of": each["as_of"].isoformat(), "loaded_at": ist(each["loaded_at"])} for each in found]
