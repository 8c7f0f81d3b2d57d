"""What a stream is asked to show: symbols and topics, read strictly and turned into instruments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api.fields import Fields
from api.parsing import bad, read_object
from core.instruments import Instrument
from desk import masters
from web.memory import Memory

TOPICS = ("quotes", "depth", "orders", "trades", "positions", "wallet", "gtts", "alerts", "feed", "candles")
ACCOUNT_TOPICS = frozenset({"orders", "trades", "positions", "wallet", "gtts", "alerts"})
USUAL = ("quotes", "orders", "trades", "positions", "wallet", "feed")
SINGLE = ("depth", "candles")
"""Topics that may name one instrument: ``depth:NSE:INFY``."""
MOST_SYMBOLS = 2_000
LONGEST_NAME = 80
LONG = 1_000
"""Letters of a message or a query from which on it is worth remembering what it says: short ones would only push out
the long."""
REMEMBERED = 32
"""Sets of words that are remembered; the longest has two thousand."""

Words = tuple[str, ...]
_SPLIT: Memory[str, Words] = Memory(REMEMBERED)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a stream shows: what was asked in words, and the same as instrument ids and plain topics."""

    symbols: Words
    words: Words
    instruments: tuple[int, ...] = ()
    topics: frozenset[str] = frozenset()
    depth: frozenset[int] = frozenset()
    candles: frozenset[int] = frozenset()


def wish_of(by_key: Mapping[str, Instrument], symbols: Iterable[str], words: Iterable[str]) -> Wish:
    """Words as instruments and topics. What no exchange lists, or lists no more, is left out."""
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
        self._made: Memory[tuple[Words, Words], tuple[Mapping[str, Instrument], Wish]] = Memory(REMEMBERED)
        self._said: Memory[str, tuple[Words | None, Words | None]] = Memory(REMEMBERED)

    def said(self, text: str) -> tuple[Words | None, Words | None]:
        """The symbols and topics of a client's message, None for what it leaves as it is. Raises BadInputError."""
        found = self._said.get(text)
        if found is None:
            fields = Fields(read_object(text.encode()))
            symbols, words = fields.may("symbols", symbol_list), fields.may("topics", topic_list)
            fields.close()
            found = None if symbols is None else tuple(symbols), None if words is None else tuple(words)
            if len(text) > LONG:
                self._said.keep(text, found)
        return found

    def of(self, database: Any, symbols: Words, words: Words) -> Wish:
        """The wish, worked out once for all who say the same of the same masters. Blocks; from any thread."""
        by_key = masters.get(database).by_key
        found = self._made.get((symbols, words))
        if found is None or found[0] is not by_key:
            found = self._made.keep((symbols, words), (by_key, wish_of(by_key, symbols, words)))
        return found[1]


def symbol_list(value: Any) -> list[str]:
    """Instruments by key; a name that nobody lists shows nothing and is no error."""
    if not isinstance(value, list) or len(value) > MOST_SYMBOLS:
        raise bad(f'Send a list of at most {MOST_SYMBOLS} instruments, such as ["NSE:INFY"].')
    # Watchlists are long and all come back at once: looked at as a whole, where a whole can be looked at.
    plain = all(isinstance(each, str) for each in value) and "".join(value).isprintable()
    if value and not (plain and min(map(len, value)) >= 1 and max(map(len, value)) <= LONGEST_NAME):
        raise bad('Send instruments by key, such as ["NSE:INFY"].')
    return value


def symbol_words(value: Any) -> Words:
    """The same from a query, separated by commas."""
    if not value:
        return ()
    found = _SPLIT.get(value)
    if found is None:
        found = tuple(symbol_list(value.split(",")))
        if len(value) > LONG:
            _SPLIT.keep(value, found)
    return found


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
