"""Money moves as transfers: from, to, an amount above zero, a code. Balanced by construction.

A user's account has seven balances; the house has three, of which no running balance is kept: they are
folded from the transfers. Only losses, buy-backs, marks, charges and margin top-ups may take CASH below
zero; whoever moves money by choice is checked before the move.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Ledger(StrEnum):
    """Where money can be: seven balances of an account, then three of the house."""

    CASH = "CASH"
    HOLD = "HOLD"
    MARGIN = "MARGIN"
    INVESTED = "INVESTED"
    UNSETTLED = "UNSETTLED"
    GAINS = "GAINS"
    OPTION_CREDIT = "OPTION_CREDIT"
    BANK = "BANK"
    PNL = "PNL"
    CHARGES = "CHARGES"


BALANCES = (
    Ledger.CASH,
    Ledger.HOLD,
    Ledger.MARGIN,
    Ledger.INVESTED,
    Ledger.UNSETTLED,
    Ledger.GAINS,
    Ledger.OPTION_CREDIT,
)
HOUSE = frozenset({Ledger.BANK, Ledger.PNL, Ledger.CHARGES})
NEVER_NEGATIVE = (Ledger.HOLD, Ledger.MARGIN, Ledger.UNSETTLED, Ledger.GAINS, Ledger.OPTION_CREDIT)


class Code(StrEnum):
    """Why money moved; what a statement shows in its own words."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    HOLD = "HOLD"
    RELEASE = "RELEASE"
    MARGIN = "MARGIN"
    COST = "COST"
    GAIN = "GAIN"
    LOSS = "LOSS"
    MTM = "MTM"
    CHARGES = "CHARGES"
    INTEREST = "INTEREST"
    SETTLE = "SETTLE"
    RESET = "RESET"


class Transfer(NamedTuple):
    """One movement of ``amount`` paise (> 0). ``cash_after`` is the account's CASH once it is done.

    A tuple, because a fill makes several: a frozen dataclass takes three times as long to make.
    """

    source: Ledger
    target: Ledger
    amount: int
    code: Code
    at: datetime
    cash_after: int
    order_id: int | None = None
    trade_id: int | None = None
    charge_id: int | None = None
    reference: str = ""
