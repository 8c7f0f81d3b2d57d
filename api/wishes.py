"""What a stream is asked to show: symbols and topics, read strictly and turned into instruments."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.parsing import bad
from core.instruments import Instrument
from desk import masters

TOPICS = ("quotes", "depth", "orders", "trades", "positions", "wallet", "gtts", "alerts", "feed", "candles")
ACCOUNT_TOPICS = frozenset({"orders", "trades", "positions", "wallet", "gtts", "alerts"})
USUAL = ("quotes", "orders", "trades", "positions", "wallet", "feed")
SINGLE = ("depth", "candles")
"""Topics that may name one instrument: ``depth:NSE:INFY``."""
MOST_SYMBOLS = 2_000
REMEMBERED = 32
"""Sets of words that are remembered; the longest has two thousand."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a stream shows: what was asked in words, and the same as instrument ids and plain topics."""

    symbols: tuple[str, ...]
    words: tuple[str, ...]
    instruments: tuple[int, ...] = ()
    topics: frozenset[str] = frozenset()
    depth: frozenset[int] = frozenset()
    candles: frozenset[int] = frozenset()


def wish_of(database: Any, symbols: Iterable[str], words: Iterable[str]) -> Wish:
    """Words as instruments and topics. What no exchange lists, or lists no more, is left out."""
    by_key = masters.get(database).by_key
    symbols, words = tuple(dict.fromkeys(symbols)), tuple(dict.fromkeys(words))
    ids = tuple(sorted(by_key[each].id for each in symbols if each in by_key))
    single: dict[str, set[int]] = {each: set() for each in SINGLE}
    for word in words:
        topic, _, key = word.partition(":")
        if topic in SINGLE:
            single[topic].update(ids if not key else (by_key[key].id,) if key in by_key else ())
    topics = frozenset(word.partition(":")[0] for word in words)
    return Wish(symbols, words, ids, topics, frozenset(single["depth"]), frozenset(single["candles"]))


class Wishes:
    """Wishes by their words: after a break of the line many come back, most with the same watchlist."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[tuple[str, ...], tuple[str, ...]], Wish] = OrderedDict()
        self._by_key: Mapping[str, Instrument] | None = None

    def of(self, database: Any, symbols: tuple[str, ...], words: tuple[str, ...]) -> Wish:
        """``wish_of``, worked out once for all who say the same. By one thread at a time."""
        by_key = masters.get(database).by_key
        if by_key is not self._by_key:
            self._made.clear()
            self._by_key = by_key
        found = self._made.get((symbols, words))
        if found is None:
            found = self._made[symbols, words] = wish_of(database, symbols, words)
            if len(self._made) > REMEMBERED:
                self._made.popitem(last=False)
        return found


def symbol_list(value: Any) -> list[str]:
    """Instruments by key; a name that nobody lists shows nothing and is no error."""
    if not isinstance(value, list) or len(value) > MOST_SYMBOLS:
        raise bad(f'Send a list of at most {MOST_SYMBOLS} instruments, such as ["NSE:INFY"].')
    if any(not isinstance(each, str) or not 1 <= len(each) <= 80 or not each.isprintable() for each in value):
        raise bad('Send instruments by key, such as ["NSE:INFY"].')
    return value


def symbol_words(value: Any) -> list[str]:
    """The same from a query, separated by commas."""
    return symbol_list(value.split(",")) if value else []


def topic_list(value: Any) -> list[str]:
    """Topics by their words."""
    if not isinstance(value, list) or len(value) > MOST_SYMBOLS:
        raise bad(f"Send a list of topics: {', '.join(TOPICS)}.")
    for each in value:
        topic, _, key = each.partition(":") if isinstance(each, str) else ("", "", "")
        if topic not in TOPICS or len(key) > 80 or (key and topic not in SINGLE):
            raise bad(f"Topics are {', '.join(TOPICS)}; depth and candles also as depth:NSE:INFY.")
    return value


def topic_words(value: Any) -> list[str]:
    """The same from a query, separated by commas."""
    return topic_list(value.split(",")) if value else []
