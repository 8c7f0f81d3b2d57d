"""What a program asks of its socket: which instruments, and how much of their prices."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from core.instruments import Instrument
from core.reasons import Reason, Refusal
from desk.masters import Master
from gateway.ticker.packets import Mode
from gateway.tokens import instrument_of
from web.memory import Memory

Asked = dict[int, Mode]
"""Modes by instrument id."""
Key = frozenset[tuple[int, Mode]]
LONG = 50
"""Instruments of a message from which on it is worth remembering what it made."""
REMEMBERED = 32
"""Messages, and what they made: at most a few MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """``mode`` is None for subscribe (which leaves a mode that is there) and unsubscribe."""

    act: str
    tokens: list[int]
    mode: Mode | None = None


@dataclass(eq=False)
class Wish:
    """What a socket asks for. Whoever has it does not change it, unless they alone do (``own``)."""

    asked: Asked = field(default_factory=dict)
    own: bool = False

    @cached_property
    def key(self) -> Key:
        """What makes two wishes the same; asked once nobody changes it any more."""
        return frozenset(self.asked.items())


NOTHING = Wish()


class Wishes:
    """What programs say, and what it makes of what they had asked for.

    After a break of the line all of them come back and each says the same as many others do: five hundred instruments
    are read, looked up and counted once for all of them. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._read: Memory[str | bytes, Message] = Memory(REMEMBERED)
        self._made: Memory[tuple[Wish, Message], tuple[Wish, frozenset[int]]] = Memory(REMEMBERED)
        self._for: tuple[Master | None, int] = None, 0

    def read(self, text: str | bytes) -> Message:
        """A message of a client. Raises BAD_INPUT for what is none."""
        found = self._read.get(text)
        if found is None:
            found = read(text)
            if len(found.tokens) >= LONG:
                self._read.keep(text, found)
        return found

    def after(self, before: Wish, message: Message, master: Master, most: int) -> tuple[Wish, frozenset[int]]:
        """What is asked for after a message, and the instruments to show at once; ``before`` is changed where it is its
        socket's own."""
        if self._for[0] is not master or self._for[1] != most:
            self._made.clear()
            self._for = master, most
        known = None if before.own else self._made.get((before, message))
        if known is not None:
            return known
        wish = before if before.own else Wish(dict(before.asked), own=True)
        shown = frozenset(apply(wish.asked, message, master, most))
        if before.own or len(message.tokens) < LONG:
            return wish, shown
        wish.own = False
        return self._made.keep((before, message), (wish, shown))


def read(text: str | bytes) -> Message:
    """A message of a client. Raises BAD_INPUT for what is none."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad('Send JSON, such as {"a":"subscribe","v":[408065]}.') from None
    act, value = (found.get("a"), found.get("v")) if isinstance(found, dict) else (None, None)
    if act in ("subscribe", "unsubscribe"):
        return Message(act, _tokens(value))
    if act == "mode":
        if not isinstance(value, list) or len(value) != 2 or value[0] not in set(Mode):
            raise _bad('Send a mode as {"a":"mode","v":["full",[408065]]}; modes are ltp, quote and full.')
        return Message(act, _tokens(value[1]), Mode(value[0]))
    raise _bad("Ask for subscribe, unsubscribe or mode.")


def _tokens(value: Any) -> list[int]:
    if not isinstance(value, list) or any(isinstance(each, bool) or not isinstance(each, int) for each in value):
        raise _bad("Send instruments as a list of their numbers.")
    return value


def _bad(sentence: str) -> Refusal:
    return Refusal(Reason.BAD_INPUT, sentence)


def apply(asked: Asked, message: Message, master: Master, most: int) -> list[int]:
    """Make a message's wishes part of what is asked for; the instruments to show at once. Unknown numbers are passed
    over, and so is what goes beyond ``most``."""
    shown = []
    for token in message.tokens:
        one: Instrument | None = instrument_of(master, token) if 0 < token < 2**32 else None
        if one is None:
            continue
        if message.act == "unsubscribe":
            asked.pop(one.id, None)
            continue
        if one.id not in asked and len(asked) >= most:
            continue
        asked[one.id] = message.mode or asked.get(one.id, Mode.QUOTE)
        shown.append(one.id)
    return shown
