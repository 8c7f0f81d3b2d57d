"""Interest on what an account owes: how much, on what, and how the ledger says so."""

from datetime import UTC, date, datetime

import pytest

from core import interest
from core.account import Work
from core.charges import HEADS, Heads
from core.ledger import BALANCES, Code, Ledger
from tests.core.test_charges import NOW as RATES

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def account(**balances: int) -> Work:
    found = dict.fromkeys(BALANCES, 0) | {Ledger(name): amount for name, amount in balances.items()}
    return Work(1, "asha/main", "sim", FRIDAY, 1, found)


# what, balances, until, owed and interest in paise
TABLE: list[tuple[str, dict[str, int], date, int, int]] = [
    ("nothing is owed", {"CASH": 100_000_00}, MONDAY, 0, 0),
    ("nothing at all", {}, MONDAY, 0, 0),
    ("a lakh for a night", {"CASH": -1_00_000_00}, date(2026, 11, 21), 1_00_000_00, 50_00),
    ("a lakh over a weekend", {"CASH": -1_00_000_00}, MONDAY, 1_00_000_00, 150_00),
    ("half a paisa goes up", {"CASH": -1_000}, date(2026, 11, 21), 1_000, 1),
    ("less than half a paisa", {"CASH": -999}, date(2026, 11, 21), 999, 0),
    ("short of margin, and with money of its own", {"CASH": -50_000_00, "MARGIN": 60_000_00}, MONDAY, 0, 0),
    ("margin and a debt beyond it", {"CASH": -80_000_00, "MARGIN": 60_000_00}, MONDAY, 20_000_00, 30_00),
    ("proceeds that come tomorrow pay the debt", {"CASH": -10_000_00, "UNSETTLED": 12_000_00}, MONDAY, 0, 0),
    ("so do today's gains", {"CASH": -10_000_00, "GAINS": 4_000_00}, MONDAY, 6_000_00, 9_00),
    ("shares are no money", {"CASH": -10_000_00, "INVESTED": 90_000_00}, MONDAY, 10_000_00, 15_00),
]  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case[0])
def test_what_is_owed_pays_by_the_day(case: tuple[str, dict[str, int], date, int, int]) -> None:
    _, balances, until, owed, amount = case
    work = account(**balances)
    before = work.balances[Ledger.CASH]
    assert interest.owed(work) == owed
    assert interest.book(work, RATES, until, AT, 7) is (amount > 0)
    assert work.balances[Ledger.CASH] == before - amount
    assert [each.heads for each in work.charges] == ([Heads(interest=amount)] if amount else [])


def test_the_ledger_says_why() -> None:
    work = account(CASH=-1_00_000_00)
    interest.book(work, RATES, MONDAY, AT, 7)
    (transfer,) = work.transfers
    assert (transfer.code, transfer.amount, transfer.charge_id) == (Code.INTEREST, 150_00, 7)
    assert transfer.reference == "₹1,00,000.00 owed, 0.05% a day, 3 days"


def test_a_date_or_a_plan_without_rates_asks_for_none() -> None:
    work = account(CASH=-1_00_000_00)
    work.plan = "nobody"
    assert interest.book(work, RATES, MONDAY, AT, 7) is False
    assert HEADS[-1] == "interest"
