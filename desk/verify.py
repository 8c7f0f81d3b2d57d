"""The invariants over everything that is stored, as one question: is every account sound?"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from core.invariants import CHECKS, broken
from core.price_alerts import unsound
from db import books, price_alerts
from db.engine import Database
from desk import masters

ALERTS = "Price alerts are what was asked for"
TITLES = (*CHECKS.values(), ALERTS)
"""Every check in words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``violations`` are sentences; sound when there is none. ``checks`` counts them by the check that found them."""

    accounts: int
    violations: list[str]
    checks: dict[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.violations

    def as_dict(self) -> dict[str, Any]:
        """The verdict as it is printed."""
        return {"sound": self.sound, "accounts": self.accounts, "violations": self.violations}


def verify(database: Database, market: str | None = None) -> Verdict:
    """Check every account of a market (of all when None), at one moment of the database."""
    instruments = masters.get(database).by_id
    found: list[tuple[str, str]] = []
    with books.snapshot(database) as connection:
        ids = books.accounts(connection, market)
        for start in range(0, len(ids), books.BATCH):
            some = ids[start : start + books.BATCH]
            for account in books.books(connection, some, instruments):
                found += broken(account)
            for alert in price_alerts.facts(connection, some):
                found += [(ALERTS, sentence) for sentence in unsound(alert)]
    counted = Counter(title for title, _ in found)
    return Verdict(len(ids), [sentence for _, sentence in found], {title: counted[title] for title in TITLES})
