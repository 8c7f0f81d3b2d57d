"""The invariants over everything that is stored, as one question: is every account sound?"""

from dataclasses import dataclass
from typing import Any

from core.invariants import violations
from core.price_alerts import unsound
from db import books, price_alerts
from db.engine import Database
from desk import masters


@dataclass(frozen=True, slots=True)
class Verdict:
    """``violations`` are sentences; sound when there is none."""

    accounts: int
    violations: list[str]

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
    found: list[str] = []
    with books.snapshot(database) as connection:
        ids = books.accounts(connection, market)
        for start in range(0, len(ids), books.BATCH):
            some = ids[start : start + books.BATCH]
            for account in books.books(connection, some, instruments):
                found += violations(account)
            for alert in price_alerts.facts(connection, some):
                found += unsound(alert)
    return Verdict(len(ids), found)
