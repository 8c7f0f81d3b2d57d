"""Fields of a form or a query: text, read strictly. Clients send fields twice or fields of other calls along, which
are passed over; of a field sent twice the first counts.

Prices become paise; nothing is rounded, and no float stands between the text and the paise.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from core import tags
from core.calendar import IST
from core.orders import AUTOMATIC
from core.reasons import Reason, Refusal

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Reader = Callable[[str], T]

LONGEST_QUERY = 64 * 1024
MOST_FIELDS = 2_000
_MONEY = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,20}))?", re.ASCII)
_ERROR = re.compile(r"0{6,}[0-9]{0,4}|9{6,}[0-9]{0,4}", re.ASCII)
_DIGITS_OF_A_FLOAT = 15
"""From so many on the digits of a float are those of its error and no longer those of a price."""
_WHOLE = re.compile(r"([0-9]{1,10})(?:\.0{1,8})?", re.ASCII)
_WORD = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9 &_.-]{0,63}", re.ASCII)
_MOST = 2_000_000_000
"""Paise of a price and units of a quantity: what an integer column holds."""


def bad(sentence: str, field: str | None = None, reason: Reason = Reason.BAD_INPUT) -> Refusal:
    """A refusal of input, ready to be raised."""
    return Refusal(reason, sentence, field)


class Form:
    """The fields of one request by name."""

    def __init__(self, sent: Mapping[str, str]) -> None:
        self._sent = sent

    def has(self, name: str) -> bool:
        """Whether the field came with anything in it."""
        return self._sent.get(name, "") != ""

    def may(self, name: str, reader: Reader[T]) -> T | None:
        """A field that may be missing or empty. Raises BAD_INPUT with its name."""
        text = self._sent.get(name, "")
        if text == "":
            return None
        try:
            return reader(text)
        except Refusal as refusal:
            refusal.field = refusal.field or name
            raise

    def need(self, name: str, reader: Reader[T]) -> T:
        """A field that must be there. Raises MISSING_FIELD."""
        found = self.may(name, reader)
        if found is None:
            raise bad("This field is missing. Send it.", name, Reason.MISSING_FIELD)
        return found


def pairs_of(raw: bytes) -> list[tuple[str, str]]:
    """Every name and value of a form or a query: UTF-8, no NUL. Raises BAD_INPUT."""
    if len(raw) > LONGEST_QUERY:
        raise bad("Too much was sent. Ask for less at a time.")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise bad("What was sent cannot be read. Send name=value pairs, percent-encoded in UTF-8.") from None
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise bad("Send text without NUL.")
    return pairs


def form_of(pairs: list[tuple[str, str]]) -> Form:
    """The same as fields; of a name sent twice the first counts."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return Form(found)


def price(text: str) -> int:
    """Paise of a price in rupees. Programs round to a tick by multiplying floats and send what comes of it:
    1510.3500000000001 is 1510.35 and 99.94999999999999 is 99.95. Any other third decimal is refused."""
    found = _MONEY.fullmatch(text)
    if found is None:
        raise bad("Send a price as plain digits, such as 1500.05.")
    rupees, decimals = found.group(1), (found.group(2) or "").rstrip("0")
    paise = int(rupees) * 100 + int(decimals[:2].ljust(2, "0"))
    if len(decimals) > 2:
        if len(rupees.lstrip("0") + decimals) < _DIGITS_OF_A_FLOAT or not _ERROR.fullmatch(decimals[2:]):
            raise bad("A price has at most two decimals: the smallest step is one paisa.")
        paise += decimals[2] == "9"
    if paise > _MOST:
        raise bad("This price is larger than anything traded here. Send a smaller one.")
    return paise


def trigger_price(text: str) -> int:
    """A price, by another name."""
    return price(text)


def number(text: str) -> str:
    """A number of 0 or more that nothing is worked out of, with the digits it was sent with."""
    if not _MONEY.fullmatch(text):
        raise bad("Send a number in plain digits, such as 1500.05.")
    return text


def whole(text: str) -> int:
    """A whole number of 0 or more; ``10.0`` is one, as programs print floats."""
    found = _WHOLE.fullmatch(text)
    if found is None or int(found.group(1)) > _MOST:
        raise bad("Send a whole number in plain digits, such as 10.")
    return int(found.group(1))


def quantity(text: str) -> int:
    """Units above zero."""
    found = whole(text)
    if found == 0:
        raise bad("Send a quantity of at least 1.", reason=Reason.QUANTITY_NOT_POSITIVE)
    return found


def legs(text: str) -> int:
    """Legs of an iceberg: 2 or more; how many are taken is a dated rule of the desk."""
    found = whole(text)
    if found < 2:
        raise bad("An iceberg has at least 2 legs.", reason=Reason.LEGS_OUT_OF_RANGE)
    return found


def protection(text: str) -> int:
    """Basis points of a market protection sent in per cent; -1 is automatic, 0 none."""
    if text in ("-1", "-1.0"):
        return AUTOMATIC
    found = _MONEY.fullmatch(text)
    decimals = (found.group(2) or "").rstrip("0") if found else "bad"
    if found is None or len(decimals) > 2 or int(found.group(1)) > 100:
        raise bad("Send the market protection in per cent: above 0 up to 100 such as 2.5, or -1 for automatic.")
    return int(found.group(1)) * 100 + int(decimals.ljust(2, "0"))


def flag(text: str) -> bool:
    """true or false, in any of the spellings of programs."""
    found = {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    if found is None:
        raise bad("Send true or false.")
    return found


def word(text: str) -> str:
    """Plain text of 1 to 200 characters."""
    if not _WORD.fullmatch(text):
        raise bad("Send plain text of at most 200 letters, digits and signs.")
    return text


def tag(text: str) -> str:
    """An order's tag, as brokers take them."""
    if not tags.fits(text):
        raise bad(tags.rule())
    return text


def symbol(text: str) -> str:
    """A trading symbol such as INFY, in capitals."""
    if not _SYMBOL.fullmatch(text):
        raise bad("Send a trading symbol in capitals, such as INFY.")
    return text


def choice(words: type[E]) -> Reader[E]:
    """A reader of one of the words of an enumeration, in its own spelling."""

    def read(text: str) -> E:
        if text not in set(words):
            raise bad(f"Send one of {', '.join(words)}.")
        return words(text)

    return read


def one_of(*words: str) -> Reader[str]:
    """A reader of one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise bad(f"Send one of {', '.join(words)}.")
        return text

    return read


def moment(text: str) -> datetime:
    """A time of day in India, or a date alone: ``2026-11-23 09:15:00``, also as pandas prints it with its offset."""
    sentence = "Send a time as 2026-11-23 09:15:00, or a date as 2026-11-23."
    if not 10 <= len(text) <= 40 or not text.isascii():
        raise bad(sentence)
    try:
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=IST) if found.tzinfo is None else found.astimezone(IST)
    except (ValueError, OverflowError):
        raise bad(sentence) from None
    if not 1990 <= found.year <= 2100:
        raise bad(sentence)
    return found
