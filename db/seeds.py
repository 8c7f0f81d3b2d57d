"""The rows that a new installation starts with, read from the CSV files beside this module.

Prices, volatilities and index weights there are our own round figures to start a simulator with, not facts
about a day. Lots, holidays and rates are dated rows; what the database holds already is never overwritten.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path

from core import dated
from core.calendar import CalendarDay, DayKind
from core.charges import ChargeSegment, Tariff, TariffRow
from core.contracts import Terms
from core.instruments import Kind

FOLDER = Path(__file__).parent / "seed"


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A share, fund or index, and what a simulator wants to know of it.

    ``price`` is paise; ``sigma`` the standard deviation of a day's log return; ``beta`` to NIFTY 50;
    ``volume`` units on a usual day; ``nifty_weight`` and ``bank_weight`` percent, approximate, 0 for none.
    """

    exchange: str
    symbol: str
    name: str
    kind: Kind
    isin: str | None
    sector: str | None
    price: int
    sigma: float
    beta: float
    volume: int
    nifty_weight: float
    bank_weight: float
    aliases: tuple[str, ...]

    @property
    def key(self) -> str:
        """``NSE:INFY``."""
        return f"{self.exchange}:{self.symbol}"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@cache
def mark() -> str:
    """Tells one release's seed from another's: a digest of the files."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def instruments() -> tuple[SeedRow, ...]:
    """Shares, funds and indices, in the file's order."""
    return tuple(
        SeedRow(
            exchange=row["exchange"],
            symbol=row["symbol"],
            name=row["name"],
            kind=Kind(row["kind"]),
            isin=row["isin"] or None,
            sector=row["sector"] or None,
            price=int(row["price"]),
            sigma=int(row["sigma_bp"]) / 10_000,
            beta=float(row["beta"]),
            volume=int(row["volume"]),
            nifty_weight=float(row["nifty_weight"] or 0),
            bank_weight=float(row["bank_weight"] or 0),
            aliases=tuple(alias for alias in row["aliases"].split(";") if alias),
        )
        for row in _rows("instruments.csv")
    )


@cache
def terms() -> tuple[Terms, ...]:
    """What is listed on each underlying, from which date."""
    numbers = (
        "lot", "freeze_quantity", "weekday", "futures", "weeklies", "monthlies", "strike_step", "strikes",
    )  # fmt: skip
    return tuple(
        Terms(
            date.fromisoformat(row["effective_from"]),
            row["underlying"],
            row["root"],
            row["exchange"],
            *(int(row[name]) for name in numbers),
        )
        for row in _rows("derivatives.csv")
    )


def terms_on(on: date) -> list[Terms]:
    """The terms of each underlying in force on a date."""
    return list(dated.each_in_force(terms(), on, lambda row: row.underlying).values())


@cache
def calendar_days() -> tuple[tuple[str, CalendarDay], ...]:
    """Holidays and special sessions, each with its exchange."""
    return tuple(
        (
            row["exchange"],
            CalendarDay(
                date.fromisoformat(row["day"]),
                DayKind(row["kind"]),
                row["name"],
                time.fromisoformat(row["opens"]) if row["opens"] else None,
                time.fromisoformat(row["closes"]) if row["closes"] else None,
            ),
        )
        for row in _rows("calendar_days.csv")
    )


def _groups(text: str) -> dict[str, int]:
    """``X:1000000;Z:1000000`` as a mapping."""
    pairs = (each.split(":") for each in text.split(";") if each)
    return {name: int(fee) for name, fee in pairs}


@cache
def charge_rates() -> tuple[TariffRow, ...]:
    """The dated tariffs."""
    return tuple(
        TariffRow(
            date.fromisoformat(row.pop("effective_from")),
            row.pop("plan"),
            ChargeSegment(row.pop("segment")),
            Tariff(exchange_groups=_groups(row.pop("exchange_groups")), **{name: int(row[name]) for name in row}),
        )
        for row in _rows("charge_rates.csv")
    )
