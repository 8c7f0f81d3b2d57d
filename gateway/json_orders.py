"""JSON in bodies and in fields: lists of orders, each an object of plain fields.

Numbers keep the digits they were sent with, so that the readers of forms read these as well.
"""

import json
from typing import Any

from gateway.form import Form, bad
from web.texts import printable, storable

MOST = 100
"""Orders of one call."""


def read(text: str | bytes, what: str) -> Any:
    """What a JSON text says; every number in it is text, with the digits it was sent with. Raises BAD_INPUT."""
    try:
        decoded = text.decode("utf-8", "strict") if isinstance(text, bytes) else text
        return json.loads(
            decoded, parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_object
        )
    except (ValueError, RecursionError):
        raise bad(f"Send {what} as JSON; this is not valid JSON.") from None


def orders_of(text: str | bytes) -> list[Form]:
    """The orders of a JSON text, as forms. Raises BAD_INPUT for anything but a list of plain objects."""
    found = read(text, "a list of orders")
    if not isinstance(found, list) or not found:
        raise bad("Send a list of at least one order, in brackets.")
    if len(found) > MOST:
        raise bad(f"Send at most {MOST} orders at a time.")
    return [object_of(each, "each order") for each in found]


def object_of(value: Any, what: str) -> Form:
    """A JSON object of plain fields as a form. Raises BAD_INPUT."""
    if not isinstance(value, dict):
        raise bad(f"Send {what} as an object, in braces.")
    fields: dict[str, str] = {}
    for name, each in value.items():
        if each is None:
            continue
        if isinstance(each, bool):
            fields[name] = "true" if each else "false"
        elif isinstance(each, str):
            fields[name] = each
        else:
            raise bad("Send a plain value, no list and no object.", printable(name))
        if not storable(fields[name]):
            raise bad("Send text without NUL and without broken characters.")
    return Form(fields)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What is sent twice in a form is passed over; in an order of a list it would be a guess which one counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise bad("Send each field of an object once.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)
