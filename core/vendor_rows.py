"""One row of a vendor's list of instruments, in this house's terms, and why a row is none."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from core import contracts
from core.instruments import DERIVATIVES, OPTIONS, Kind

TICKS = frozenset({1, 5, 10, 20, 50, 100, 500})
"""The ticks, in paise, that the exchanges' published tables of shares, futures and options know."""
LARGEST = 2**31 - 1
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9 &_.-]{0,39}", re.ASCII)
_ISIN = re.compile(r"IN[A-Z0-9]{9}[0-9]", re.ASCII)
# The security types of an ISIN (its eighth and ninth letters) that trade as shares do: shares, and the units of
# trusts that own infrastructure or real estate.
_AS_SHARES = frozenset({"01", "23", "25"})


class Why(StrEnum):
    """Why a row of a file is no instrument of this house."""

    UNREADABLE = "cannot be read"
    KEY = "has no key"
    SYMBOL = "has no symbol that can be typed"
    LOT = "has a lot that is no whole number"
    TICK = "has a tick that no exchange uses"
    STRIKE = "has a strike that is no price"
    EXPIRY = "has no expiry date"
    KIND = "is of an unknown kind"
    ROOT = "has a symbol that does not fit its expiry and strike"
    UNDERLYING = "has an underlying that is not listed"
    TWICE = "says again what another row said"
    TAKEN = "has the symbol of another instrument"


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be used. ``text`` is what it says where it goes wrong."""

    line: int
    why: Why
    text: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of something that this house does not trade, such as a bond or a metal; ``what`` names the group."""

    line: int
    what: str


class VendorRow(NamedTuple):
    """An instrument as a vendor lists it. ``strike`` and ``tick`` are paise, ``lot`` and ``freeze`` units.

    ``key`` is the vendor's own name of it. ``symbol`` is this house's; a contract has none before it is known
    whether its expiry is the month's: ``weekly`` says so where the file does. A contract's ``root`` starts its
    symbol, and ``under`` is the vendor's key of its underlying where the file gives one. Whatever a file does not
    say is None.
    """

    line: int
    key: str
    exchange: str
    symbol: str
    name: str
    kind: Kind
    isin: str | None = None
    lot: int | None = None
    tick: int | None = None
    freeze: int | None = None
    expiry: date | None = None
    strike: int | None = None
    root: str = ""
    under: str = ""
    weekly: bool | None = None


Read = VendorRow | LeftOut | Problem


class Size(NamedTuple):
    """What orders must respect: lot and freeze quantity in units, tick in paise; None where the file says nothing."""

    lot: int | None
    tick: int | None
    freeze: int | None


class BadRowError(ValueError):
    """Raised by the readers of fields; becomes the row's Problem."""

    def __init__(self, why: Why, text: object = "") -> None:
        super().__init__(why)
        self.why, self.text = why, str(text)[:80]


def guarded(line: int, read: Callable[..., VendorRow | LeftOut], *given: Any) -> Read:
    """What ``read`` makes of a row; a Problem where it cannot, or where the row is of another shape altogether."""
    try:
        return read(line, *given)
    except BadRowError as bad:
        return Problem(line, bad.why, bad.text)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError) as error:
        return Problem(line, Why.UNREADABLE, f"{type(error).__name__}"[:80])


def words(value: Any) -> str:
    """A text with single spaces and no sign that ends one; empty for what is missing."""
    if not isinstance(value, str):
        return ""
    return " ".join(value.replace("\0", " ").split())


def whole(value: Any, why: Why) -> int | None:
    """A positive whole number, however it is written; None where the file leaves it open or says 0."""
    number = hundredths(value, why)
    if not number:
        return None
    if number % 100 or number // 100 > LARGEST:
        raise BadRowError(why, value)
    return number // 100


# A file says the same few lots, ticks and strikes a hundred thousand times; typed, because True is no 1 here.
@lru_cache(4096, typed=True)
def hundredths(value: Any, why: Why) -> int | None:
    """A number times a hundred, exactly; None for a missing one. More than two decimals are no price."""
    if value is None or value == "":
        return None
    # A JSON number becomes a float on the way in; its shortest decimal is what the file says.
    written = str(value).strip()
    match = _NUMBER.fullmatch(written)
    if match is None or isinstance(value, bool):
        raise BadRowError(why, value)
    return int(match[1]) * 100 + int((match[2] or "").rstrip("0").ljust(2, "0")[:2] or 0)


_NUMBER = re.compile(r"([0-9]{1,12})(?:\.([0-9]{0,2}0*))?", re.ASCII)


def tick(paise: int | None) -> int | None:
    """A tick in paise that some exchange uses; None for a missing one."""
    if not paise:
        return None
    if paise not in TICKS:
        raise BadRowError(Why.TICK, f"{paise} paise")
    return paise


def freeze(value: Any, lot: int | None) -> int | None:
    """The most in one order, in units; None where it is missing or below a lot, which nobody could trade."""
    number = whole(value, Why.LOT)
    return None if number is None or number < (lot or 1) else number


def symbol(value: Any) -> str:
    """A symbol in capitals. Raises BadRowError for one that the API could not name."""
    found = words(value).upper()
    if not _SYMBOL.fullmatch(found):
        raise BadRowError(Why.SYMBOL, value)
    return found


def isin(value: Any) -> str | None:
    """An Indian ISIN, or None."""
    found = words(value).upper()
    return found if _ISIN.fullmatch(found) else None


def cash_kind(number: str | None) -> Kind | None:
    """What an ISIN says its paper is: a share, a fund's unit, or None for bonds, bills, rights and warrants."""
    if number is None:
        return None
    if number.startswith("INF"):
        return Kind.ETF
    return Kind.EQ if number[2] in "E9" and number[7:9] in _AS_SHARES else None


def named(row: VendorRow, monthly: bool) -> VendorRow:
    """A contract with this house's symbol and name."""
    assert row.expiry is not None
    terms = (row.root, row.expiry, row.kind, row.strike)
    return row._replace(symbol=contracts.symbol_of(*terms, monthly), name=contracts.name_of(*terms))


def root_of(written: str, expiry: date, kind: Kind, strike: int | None) -> tuple[str, bool]:
    """The root of a contract's symbol as the exchange writes it, and whether that is a weekly's symbol."""
    monthly, weekly = (contracts.symbol_of("", expiry, kind, strike, each) for each in (True, False))
    root, ending = root_before(written, (monthly, weekly))
    return root, ending != monthly


def root_before(written: str, endings: Iterable[str]) -> tuple[str, str]:
    """A contract's symbol in two: the root, and the first of these endings that it has. Raises BadRowError."""
    for ending in endings:
        if written.endswith(ending) and len(written) > len(ending):
            return written.removesuffix(ending), ending
    raise BadRowError(Why.ROOT, written)


def need_terms(kind: Kind, expiry: date | None, strike: int | None) -> int | None:
    """The strike that a contract of this kind has: an option's must be one, a future's 0 is none."""
    if kind in DERIVATIVES and expiry is None:
        raise BadRowError(Why.EXPIRY)
    if kind not in OPTIONS:
        return None
    if not strike:
        raise BadRowError(Why.STRIKE, strike)
    return strike
