"""Strict reading of JSON bodies: the ambiguous is refused, and a number keeps the digits it was sent with.

A float never stands between the text and the paise: 100.1 is read as ``Number("100.1")`` and becomes
10010 in ``api.fields``. Refused here: other encodings than UTF-8, duplicate keys, NaN and Infinity,
nesting deeper than any of our shapes, NUL and lone surrogates in text, and bodies over 64 KiB.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.reasons import Reason, Refusal
from web.bodies import LARGEST
from web.texts import printable, storable

DEEPEST = 4
# A text that is not closed reaches to the end: were it tried again from each quote in it, 64 KiB would take minutes.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as its digits stood in the body."""

    digits: str


class BadInputError(Exception):
    """One or more fields that cannot be read, each with a sentence; the first is the answer's."""

    def __init__(self, refusals: Sequence[Refusal], status: int | None = None) -> None:
        super().__init__("; ".join(str(each) for each in refusals))
        self.refusals = list(refusals)
        self.status = status


def bad(
    sentence: str,
    field: str | None = None,
    reason: Reason = Reason.BAD_INPUT,
    status: int | None = None,
) -> BadInputError:
    """One refusal of input, ready to be raised."""
    return BadInputError([Refusal(reason, sentence, field=field)], status)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Numbers are ``Number``, the rest is as the json module has it.

    Raises BadInputError for anything that is not one plain object.
    """
    if len(body) > LARGEST:
        raise bad(f"Send at most {LARGEST // 1024} KiB.", status=413)
    if not body.strip():
        raise bad("Send a JSON object; the body is empty.")
    try:
        text = body.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise bad("Send JSON in UTF-8.") from None
    _check_depth(text)
    try:
        found = json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise bad("Send a JSON object; this is not valid JSON.") from None
    if not isinstance(found, dict):
        raise bad("Send a JSON object, in braces.")
    if "\\u" in text:  # no other way leads such a letter through UTF-8 and JSON
        _check_text(found, None)
    return found


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return  # so few cannot stand too deep, wherever they are
    depth = 0
    for part in _TOKENS.findall(text):
        if part in "[{":
            depth += 1
            if depth > DEEPEST:
                raise bad("Send a flat JSON object; this one is nested too deeply.")
        elif part in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise bad("Send each field once.", field=printable(name))
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise bad(f"{name} is not a number. Send plain digits.")


def _check_text(value: Any, field: str | None) -> None:
    """NUL and lone surrogates cannot be stored as text, so that no field may carry them, known or not."""
    if isinstance(value, str):
        if not storable(value):
            raise bad("Send text without NUL and without broken characters.", field=field)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name, field or printable(name))
            _check_text(inner, field or printable(name))
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner, field)
