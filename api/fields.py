"""Fields of a body or a query, each by a strict reader; every wrong one is told, not only the first."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from api.parsing import BadInputError, bad
from core.reasons import Reason, Refusal
from web.memory import Memory
from web.texts import printable, storable

T = TypeVar("T")
Pairs = tuple[tuple[str, str], ...]
LONGEST_QUERY = 16 * 1024
_LONG = 1_000
_READ: Memory[bytes, Pairs] = Memory(32)
"""Long parts of queries as they were read: a watchlist of five hundred names comes again with each break of a line."""


class Fields:
    """What was sent, read field by field; ``close`` raises for all that was wrong at once."""

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self._sent = dict(sent)
        self._read: set[str] = set()
        self._refusals: list[Refusal] = []

    def has(self, name: str) -> bool:
        """Whether the field was sent with a value other than null."""
        return self._sent.get(name) is not None

    def need(self, name: str, reader: Callable[[Any], T]) -> T:
        """A field that must be there. A wrong one gives a stand-in: ``close`` raises before it is used."""
        found = self.may(name, reader)
        if found is None and name not in {each.field for each in self._refusals}:
            self._refusals.append(Refusal(Reason.MISSING_FIELD, f"Send {name}: it is missing.", field=name))
        return found  # type: ignore[return-value]

    def may(self, name: str, reader: Callable[[Any], T]) -> T | None:
        """A field that may be absent or null, which both read as None."""
        self._read.add(name)
        value = self._sent.get(name)
        if value is None:
            return None
        try:
            return reader(value)
        except BadInputError as wrong:
            for each in wrong.refusals:
                each.field = each.field or name
                self._refusals.append(each)
            return None

    def close(self) -> None:
        """Raise for every field that was missing, wrong or not known."""
        for name in self._sent:
            if name not in self._read:
                self._refusals.append(
                    Refusal(Reason.UNKNOWN_FIELD, "There is no field of that name here.", field=printable(name))
                )
        if self._refusals:
            raise BadInputError(self._refusals)


def query_fields(raw: bytes) -> Fields:
    """The fields of a query string: UTF-8, each once, no NUL."""
    if len(raw) > LONGEST_QUERY:
        raise bad("The query is too long. Ask for less at a time.", status=414)
    try:
        pairs = [pair for part in raw.split(b"&") for pair in _pairs(part)] if raw else []
    except ValueError:
        raise bad("The query cannot be read. Send name=value pairs, percent-encoded in UTF-8.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if not (storable(name) and storable(value)):
            raise bad("Send text without NUL and without broken characters.")
        if name in found:
            raise bad("Send each field once.", field=name[:64])
        found[name] = value
    return Fields(found)


def _pairs(part: bytes) -> Pairs:
    """The one (name, value) of a part of a query. Raises ValueError."""
    if b"=" not in part:
        raise ValueError("no value")
    found = _READ.get(part) if len(part) > _LONG else None
    if found is None:
        found = tuple(parse_qsl(part.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"))
        if len(part) > _LONG:
            _READ.keep(part, found)
    return found
