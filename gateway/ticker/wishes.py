"""What a program asks of its socket: which instruments, and how much of their prices."""

from dataclasses import dataclass
from typing import Any

import orjson

from core.instruments import Instrument
from core.reasons import Reason, Refusal
from desk.masters import Master
from gateway.ticker.packets import Mode
from gateway.tokens import instrument_of

Asked = dict[int, Mode]
"""Modes by instrument id."""


@dataclass(frozen=True, slots=True)
class Message:
    """``mode`` is None for subscribe (which leaves a mode that is there) and unsubscribe."""

    act: str
    tokens: list[int]
    mode: Mode | None = None


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
