"""Readers of single values: what was sent becomes what the desk wants, or is refused in a sentence.

Prices and amounts become paise. Nothing is rounded, trimmed, lower-cased or guessed.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from api.parsing import Number, bad
from core import tags
from core.orders import AUTOMATIC
from core.reasons import Reason
from web.texts import storable

E = TypeVar("E", bound=StrEnum)

_MONEY = re.compile(r"([0-9]{1,15})(?:\.([0-9]+))?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9&_.-]{0,63}", re.ASCII)
_KEY = re.compile(r"[A-Z]{2,8}:[A-Z0-9][A-Z0-9 &_.-]{0,63}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HIGHEST_PRICE = 2_000_000_000  # paise: what an integer column holds, two crore rupees
_MOST = 2_000_000_000  # units


def price(value: Any) -> int:
    """Paise of a price in rupees: a JSON number or text of plain digits, two decimals at most."""
    return _paise(value, _HIGHEST_PRICE, "price")


def amount(value: Any) -> int:
    """Paise of an amount in rupees, as ``price``; larger ones are possible. Zero is left to the desk."""
    return _paise(value, 10**16, "amount")


def _paise(value: Any, most: int, what: str) -> int:
    text = value.digits if isinstance(value, Number) else value
    if not isinstance(text, str):
        raise bad(f"Send the {what} as a number of rupees, such as 1500.05.")
    found = _MONEY.fullmatch(text)
    if found is None:
        raise bad(f"Send the {what} as plain digits with at most two decimals, such as 1500.05.")
    whole, decimals = found.group(1), found.group(2) or ""
    if len(decimals) > 2:
        raise bad(f"A {what} has at most two decimals: the smallest step is one paisa.")
    paise = int(whole) * 100 + int(decimals.ljust(2, "0") or 0)
    if paise > most:
        raise bad(f"This {what} is larger than anything traded here. Send a smaller one.")
    return paise


def quantity(value: Any) -> int:
    """A number of units above zero, as a JSON integer."""
    found = whole(value)
    if found <= 0:
        raise bad("Send a quantity of at least 1.", reason=Reason.QUANTITY_NOT_POSITIVE)
    if found > _MOST:
        raise bad("This quantity is larger than anything traded here. Send a smaller one.")
    return found


def disclosed(value: Any) -> int:
    """A quantity to disclose: 0 or more."""
    found = whole(value)
    if not 0 <= found <= _MOST:
        raise bad("Send a disclosed quantity of 0 up to the quantity.")
    return found


def minutes(value: Any) -> int:
    """Minutes of a TTL order: 1 or more; how many are taken is a dated rule of the desk."""
    found = whole(value)
    if not 1 <= found <= 100_000:
        raise bad("Send the minutes of a TTL order as a whole number of at least 1.")
    return found


def legs(value: Any) -> int:
    """Legs of an iceberg: 2 or more; how many are taken is a dated rule of the desk."""
    found = whole(value)
    if not 2 <= found <= 100_000:
        raise bad("Send the legs of an iceberg as a whole number of at least 2.")
    return found


def protection(value: Any) -> int:
    """Basis points of a market protection sent in per cent: above 0 up to 100 with two decimals at most; 0 for none,
    -1 for automatic."""
    digits = value.digits if isinstance(value, Number) else ""
    if digits == "-1":
        return AUTOMATIC
    found = _MONEY.fullmatch(digits)
    if found is None or len(found.group(2) or "") > 2 or int(found.group(1)) > 100:
        raise bad("Send the market protection in per cent: above 0 up to 100 such as 2.5, or -1 for automatic.")
    return int(found.group(1)) * 100 + int((found.group(2) or "").ljust(2, "0"))


def flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise bad("Send true or false.")
    return value


def whole(value: Any) -> int:
    """A JSON integer of up to 18 digits."""
    if not isinstance(value, Number) or not _WHOLE.fullmatch(value.digits):
        raise bad("Send a whole number without quotes, sign of exponent or decimals, such as 10.")
    return int(value.digits)


def count(value: Any) -> int:
    """A whole number from a query: 1 to 5,000."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value, re.ASCII) and 1 <= int(value) <= 5000:
        return int(value)
    raise bad("Send a whole number from 1 to 5000.")


def text(value: Any) -> str:
    """Any text of 1 to 200 characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= 200 or not storable(value):
        raise bad("Send a text of 1 to 200 characters.")
    return value


def title(value: Any) -> str:
    """A name for people to read: 1 to 40 printable characters, no formula sign first."""
    found = text(value)
    if len(found) > 40 or not found.isprintable() or found != found.strip() or found[0] in "=+-@":
        raise bad("Send a name of 1 to 40 characters that starts with a letter or a digit.")
    return found


def tag(value: Any) -> str:
    """An order's tag: letters, digits, blanks and _ . : - as the exchange's members write them."""
    if not isinstance(value, str) or not tags.fits(value, tags.LONGEST_OF_PROGRAMS):
        raise bad(tags.rule(tags.LONGEST_OF_PROGRAMS))
    return value


def symbol(value: Any) -> str:
    """A trading symbol such as INFY or NIFTY26NOV26000CE, in capitals."""
    if not isinstance(value, str) or not _SYMBOL.fullmatch(value):
        raise bad("Send a symbol in capitals, such as INFY.")
    return value


def key(value: Any) -> str:
    """An instrument such as NSE:INFY."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise bad("Send an instrument as EXCHANGE:SYMBOL, such as NSE:INFY.")
    return value


def keys(value: Any) -> list[str]:
    """Instruments separated by commas; at most 500. A name that is no name is unknown, not an error."""
    if not isinstance(value, str) or not value:
        raise bad("Send instruments as NSE:INFY,NSE:TCS.")
    found = value.split(",")
    if len(found) > 500:
        raise bad("Ask for at most 500 symbols at a time.")
    if any(len(each) > 80 or not each.isprintable() or not each for each in found):
        raise bad("Send instruments as NSE:INFY,NSE:TCS.")
    return found


def key_list(value: Any) -> list[str]:
    """A JSON list of at most 500 instruments such as NSE:INFY."""
    if not isinstance(value, list) or len(value) > 500:
        raise bad('Send a list of at most 500 instruments, such as ["NSE:INFY"].')
    return [key(each) for each in value]


def account(value: Any) -> str:
    """An account's key; what is no key cannot exist, and access answers so."""
    if not isinstance(value, str) or not 1 <= len(value) <= 200:
        raise bad("Send an account as user/book, such as alice/main.")
    return value


def cursor(value: Any) -> str:
    """The cursor that a list gave as ``next``."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,18}", value, re.ASCII):
        raise bad("Send a cursor that a list gave as next.")
    return value


def choice(words: type[E]) -> Callable[[Any], E]:
    """A reader of one of the words of an enumeration, in its own spelling."""
    listed = ", ".join(words)

    def read(value: Any) -> E:
        if not isinstance(value, str) or value not in set(words):
            raise bad(f"Send one of {listed}.")
        return words(value)

    return read


def one_of(*words: str) -> Callable[[Any], str]:
    """A reader of one of these words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise bad(f"Send one of {', '.join(words)}.")
        return value

    return read


def day(value: Any) -> date:
    """A date such as 2026-11-23."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise bad("Send a date as 2026-11-23.")


def instant(value: Any) -> datetime:
    """An instant with its offset, such as 2026-11-23T09:15:00+05:30."""
    if isinstance(value, str) and value.isascii() and len(value) <= 40:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None and 1990 <= found.year <= 2100:
            return found
    raise bad("Send a time with its offset, such as 2026-11-23T09:15:00+05:30.")
