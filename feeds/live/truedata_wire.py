"""What TrueData's stream says, one JSON message at a time, as values that the house can reckon with.

The vendor's documented dialect: an object that either has ``success`` (answers and heartbeats) or one key that names
a list. Every number in a list is text in rupees or units, every time is the exchange's clock in India to the second,
without a zone. Nothing here raises for what was sent: what cannot be read is an ``Odd`` with a name of ``ODDITIES``.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

# A row of a frame has 32 bits for a price in paise and for a quantity at a level, 64 for a day's volume.
HIGHEST, MOST = 2**31 - 1, 2**53
INDIA = timedelta(hours=5, minutes=30)
LEVELS = 5

ODDITIES = (
    "not_json", "not_an_object", "unknown_message", "wrong_shape", "too_few_fields", "not_text", "not_a_number",
    "not_a_time", "part_of_a_paisa", "out_of_range",
)  # fmt: skip

_NUMBER = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,10})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,16}(?:\.0{1,10})?", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?", re.ASCII)


class Odd(NamedTuple):
    """A message that nothing can be made of; ``what`` is one of ``ODDITIES``."""

    what: str


class Login(NamedTuple):
    """The answer to a connection that the vendor accepts, with what the account may have."""

    max_symbols: int
    segments: tuple[str, ...]
    subscription: str
    validity: str


class Answer(NamedTuple):
    """An answer that is neither a login nor one to a wish; ``success`` False refuses what was asked."""

    success: bool
    message: str


class Heartbeat(NamedTuple):
    """The vendor is there; ``at`` is its clock (ms since the epoch), 0 where it did not say."""

    at: int


class Trade(NamedTuple):
    """A trade and the day so far. Prices in paise, ``at`` in ms since the epoch; ``seq`` 0 in a snapshot."""

    symbol_id: str
    at: int
    last: int
    quantity: int
    volume: int
    open: int
    high: int
    low: int
    prev_close: int
    oi: int
    seq: int
    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int


class Symbol(NamedTuple):
    """One entry of a symbol list: the name that was asked for, and where it stands."""

    name: str
    trade: Trade


class Symbols(NamedTuple):
    """The answer to a wish to add: the symbols that will come, and how many entries could not be read."""

    listed: tuple[Symbol, ...]
    unread: int
    message: str
    success: bool


class Removed(NamedTuple):
    """The answer to a wish to remove, with how many symbols that were."""

    symbols: int


class Quote(NamedTuple):
    """Best bid and ask, in paise and units."""

    symbol_id: str
    at: int
    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int


class Book(NamedTuple):
    """Five levels a side, each (price, quantity, orders), best first; a level that is not there is zeros."""

    symbol_id: str
    at: int
    seq: int
    bids: tuple[tuple[int, int, int], ...]
    asks: tuple[tuple[int, int, int], ...]


class Minutes(NamedTuple):
    """A bar of one minute or of five, as the vendor made it."""

    symbol_id: str
    length: int
    at: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    oi: int


class Greeks(NamedTuple):
    """The vendor's own model of an option: volatility, delta, theta, gamma, vega, rho, exactly as written."""

    symbol_id: str
    at: int
    values: tuple[Decimal, ...]


class Reference(NamedTuple):
    """A price of the closing auction. What stands in it is not documented, so that it is passed on as text."""

    kind: str
    fields: tuple[str, ...]


Message = (
    Odd | Login | Answer | Heartbeat | Trade | Symbols | Removed | Quote | Book | Minutes | Greeks | Reference
)  # fmt: skip


class _OddError(ValueError):
    """Carries the name under which a message is counted."""


def parse(data: str | bytes) -> Message:
    """The message in a frame. Never raises for what is in it."""
    try:
        said = orjson.loads(data)
    except ValueError:
        return Odd("not_json")
    if type(said) is not dict:
        return Odd("not_an_object")
    try:
        if "success" in said:
            return _answer(said)
        for kind, read in _READERS.items():
            fields = said.get(kind)
            if fields is not None:
                return read(_list(fields)) if type(fields) is list else Odd("wrong_shape")
    except _OddError as odd:
        return Odd(str(odd))
    return Odd("unknown_message")


def _answer(said: dict[str, Any]) -> Message:
    message = said.get("message")
    message = message if type(message) is str else ""
    if message.casefold() == "heartbeat":
        try:
            return Heartbeat(_time(said.get("timestamp")))
        except _OddError:
            return Heartbeat(0)
    success = said["success"]
    if type(success) is not bool:
        raise _OddError("wrong_shape")
    if "symbollist" in said or "symbolsadded" in said:
        return _symbols(said, message, success)
    if "symbolsremoved" in said:
        count = said["symbolsremoved"]
        return Removed(count if type(count) is int else 0)
    if success and "maxsymbols" in said:
        return _login(said)
    return Answer(success, message)


def _login(said: dict[str, Any]) -> Login:
    most, segments = said["maxsymbols"], said.get("segments")
    if type(most) is str and _COUNT.fullmatch(most):
        most = int(Decimal(most))
    if type(most) is not int or not 0 <= most <= 10**6:
        raise _OddError("out_of_range")
    names = tuple(one for one in segments if type(one) is str) if type(segments) is list else ()
    return Login(most, names, _word(said.get("subscription")), _word(said.get("validity")))


def _word(value: Any) -> str:
    return value[:100] if type(value) is str else ""


def _symbols(said: dict[str, Any], message: str, success: bool) -> Symbols:
    """An entry that cannot be read takes no other with it."""
    listed, unread = [], 0
    entries = said.get("symbollist")
    for entry in entries if type(entries) is list else ():
        try:
            listed.append(_symbol(_list(entry)))
        except _OddError:
            unread += 1
    return Symbols(tuple(listed), unread, message, success)


def _list(fields: Any) -> list[str]:
    """The fields, all of them text. A field of another kind is told from a text that is wrong."""
    if type(fields) is not list:
        raise _OddError("wrong_shape")
    for field in fields:
        if type(field) is not str:
            raise _OddError("not_text")
    return fields


def _at_least(fields: list[str], count: int) -> None:
    """Fields behind those that are documented are left alone: vendors add to the end."""
    if len(fields) < count:
        raise _OddError("too_few_fields")


def _id(text: str) -> str:
    if not 0 < len(text) <= 40:
        raise _OddError("out_of_range")
    return text


@lru_cache(maxsize=1 << 16)
def paise(text: str) -> int:
    """Rupees as written, in paise; an empty text is 0. Raises ``ValueError`` named as ``ODDITIES`` are."""
    if not text:
        return 0
    if len(text) <= 11 and text[-3:-2] == "." and text.isascii():
        # As nearly all are written; the exact way below gives the same, at five times the cost.
        digits = text[:-3] + text[-2:]
        if digits.isdigit() and len(digits) > 2 and (quick := int(digits)) <= HIGHEST:
            return quick
    if not _NUMBER.fullmatch(text):
        raise _OddError("not_a_number")
    exact = Decimal(text).scaleb(2)
    whole = int(exact)
    if whole != exact:
        raise _OddError("part_of_a_paisa")
    if not 0 <= whole <= HIGHEST:
        raise _OddError("out_of_range")
    return whole


def units(text: str) -> int:
    """A count as written, with zeros behind the point at most; an empty text is 0. Raises as ``paise`` does."""
    if not text:
        return 0
    if len(text) < 16 and text.isdigit() and text.isascii():
        return int(text)
    if not _COUNT.fullmatch(text):
        raise _OddError("not_a_number")
    count = int(Decimal(text))
    if count > MOST:
        raise _OddError("out_of_range")
    return count


@lru_cache(maxsize=1 << 16)
def shown(text: str) -> int:
    """Units at a level, which a frame keeps in 32 bits. Raises as ``paise`` does."""
    count = units(text)
    if count > HIGHEST:
        raise _OddError("out_of_range")
    return count


@lru_cache(maxsize=1 << 12)
def instant(text: str) -> int:
    """A time of the Indian clock without a zone, in ms since the epoch. Raises as ``paise`` does."""
    if not _TIME.fullmatch(text):
        raise _OddError("not_a_time")
    try:
        read = datetime.fromisoformat(text).replace(tzinfo=UTC) - INDIA
    except (ValueError, OverflowError):
        raise _OddError("not_a_time") from None
    if read.year < 1990:
        raise _OddError("not_a_time")
    # In whole numbers: a float of seconds is not exact to the millisecond.
    since = read - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _time(value: Any) -> int:
    if type(value) is not str:
        raise _OddError("not_a_time")
    return instant(value)


def _trade(fields: list[str]) -> Trade:
    _at_least(fields, 19)
    return Trade(
        _id(fields[0]), instant(fields[1]), paise(fields[2]), shown(fields[3]), units(fields[5]), paise(fields[6]),
        paise(fields[7]), paise(fields[8]), paise(fields[9]), units(fields[10]), units(fields[14]), paise(fields[15]),
        shown(fields[16]), paise(fields[17]), shown(fields[18]),
    )  # fmt: skip


def _symbol(fields: list[str]) -> Symbol:
    _at_least(fields, 18)
    trade = Trade(
        _id(fields[1]), instant(fields[2]), paise(fields[3]), units(fields[4]), units(fields[6]), paise(fields[7]),
        paise(fields[8]), paise(fields[9]), paise(fields[10]), units(fields[11]), 0, paise(fields[14]),
        shown(fields[15]), paise(fields[16]), shown(fields[17]),
    )  # fmt: skip
    return Symbol(_id(fields[0]), trade)


def _quote(fields: list[str]) -> Quote:
    _at_least(fields, 6)
    prices = paise(fields[2]), shown(fields[3]), paise(fields[4]), shown(fields[5])
    return Quote(_id(fields[0]), instant(fields[1]), *prices)


def _book(fields: list[str]) -> Book:
    _at_least(fields, 3 + 6 * LEVELS)
    sides = [
        tuple(
            (paise(fields[n]), shown(fields[n + 1]), shown(fields[n + 2]))
            for n in range(first, first + 3 * LEVELS, 3)
        )
        for first in (3, 3 + 3 * LEVELS)
    ]  # fmt: skip
    return Book(_id(fields[0]), instant(fields[1]), units(fields[2]), sides[0], sides[1])


def _minutes(length: int, fields: list[str]) -> Minutes:
    _at_least(fields, 8)
    opened, high, low, close = (paise(field) for field in fields[2:6])
    numbers = opened, high, low, close, units(fields[6]), units(fields[7])
    return Minutes(_id(fields[0]), length, instant(fields[1]), *numbers)


def _minute(fields: list[str]) -> Minutes:
    return _minutes(1, fields)


def _five_minutes(fields: list[str]) -> Minutes:
    return _minutes(5, fields)


def _greeks(fields: list[str]) -> Greeks:
    _at_least(fields, 8)
    if not all(_NUMBER.fullmatch(field) for field in fields[2:8]):
        raise _OddError("not_a_number")
    return Greeks(_id(fields[0]), instant(fields[1]), tuple(Decimal(field) for field in fields[2:8]))


def _reference(fields: list[str]) -> Reference:
    return Reference("reference", tuple(fields))


def _auction_close(fields: list[str]) -> Reference:
    return Reference("close", tuple(fields))


# In the order in which they are looked for: the commonest first.
_READERS: dict[str, Callable[[list[str]], Message]] = {
    "trade": _trade,
    "bidask": _quote,
    "bidaskL2": _book,
    "bar1min": _minute,
    "bar5min": _five_minutes,
    "greeks": _greeks,
    "casrefprice": _reference,
    "casiclose": _auction_close,
}
