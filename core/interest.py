"""Interest on what an account owes its broker: the plan's rate a day, booked once a trading date, at its close.

What is owed is the ledger below zero: all money of the account, free, blocked or on its way, without what it has
invested. An account that is merely short of margin still has money of its own: it is called for more, and pays nothing
for that.
"""

from datetime import date, datetime

from core.account import ChargeEntry, Work
from core.charges import ChargeSegment, Heads, Rates, share
from core.ledger import BALANCES, Code, Ledger
from core.money import half_up, percent, rupees

KIND = "INTEREST"
"""The kind of its entry among the charges: it is on no contract note, which bills trades alone."""
_BASIS_POINT = 100_000
_OWN = tuple(each for each in BALANCES if each is not Ledger.INVESTED)


def owed(work: Work) -> int:
    """Paise by which the account's own money is below nothing."""
    return max(0, -sum(work.balances[each] for each in _OWN))


def daily_rate(rates: Rates, plan: str) -> int:
    """Paise a crore that a plan asks for each day; 0 where the date has no rates."""
    tariff = rates.get((plan, ChargeSegment.DELIVERY))
    return tariff.interest if tariff else 0


def book(work: Work, rates: Rates, until: date, at: datetime, number: int) -> bool:
    """Take the interest of the days from the account's trading date to ``until``, the one that follows, out of CASH,
    which may fall further below zero; whether there was any. ``number`` is the entry's."""
    debt, rate, days = owed(work), daily_rate(rates, work.plan), (until - work.trading_date).days
    amount = share(debt * days, rate)
    if amount <= 0:
        return False
    words = f"{rupees(debt)} owed, {percent(half_up(rate, _BASIS_POINT))} a day, {days} day{'s' * (days != 1)}"
    work.charges.append(ChargeEntry(number, None, None, KIND, Heads(interest=amount)))
    work.move(Ledger.CASH, Ledger.CHARGES, amount, Code.INTEREST, at, charge_id=number, reference=words)
    return True
