"""Lists a page at a time. A cursor says behind which row the next page begins, and is nothing for a client to read."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from api.call import Call
from api.parsing import bad
from api.readers import count
from api.reply import Reply
from core.reasons import Reason, Refusal
from web.texts import storable

T = TypeVar("T")
PAGED = ("cursor", "limit")
USUAL = 100
"""Rows of a page, where nobody asks for another number."""
_LONGEST = 400


def mark(value: Any) -> str:
    """The text in a cursor that ``marked`` made."""
    try:
        if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isascii():
            found = base64.b64decode(value.encode(), b"-_", validate=True).decode()
            if found and storable(found):
                return found
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise bad("Send a cursor that a list gave as next.")


def marked(text: str) -> str:
    """A cursor behind the row of that name."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def wanted(call: Call, reader: Callable[[Any], str]) -> tuple[str | None, int]:
    """The cursor and the number of rows that a query asks for, and nothing else."""
    fields = call.query()
    after, limit = fields.may("cursor", reader), fields.may("limit", count)
    fields.close()
    return after, limit or USUAL


def page(found: Sequence[T], limit: int, shown: Callable[[T], Any], behind: Callable[[T], object]) -> Reply:
    """A page of rows, of which one more than ``limit`` was asked for; ``behind`` names the cursor behind a row."""
    kept = found[:limit]
    following = str(behind(kept[-1])) if len(found) > limit else None
    return Reply(200, {"items": [shown(each) for each in kept], "next": following, "version": None})


def page_of(
    rows: Sequence[T],
    after: str | None,
    limit: int,
    shown: Callable[[T], Any],
    name: Callable[[T], str],
    cursor: Callable[[str], str] = str,
) -> Reply:
    """A page of a list that is read whole: the rows behind the one named. ``cursor`` makes a cursor of a name."""
    start = 0
    if after is not None:
        start = next((n for n, each in enumerate(rows, 1) if name(each) == after), 0)
        if not start:
            sentence = "The list has changed since that page. Ask for the first one again."
            raise Refusal(Reason.BAD_INPUT, sentence, "cursor")
    return page(rows[start : start + limit + 1], limit, shown, lambda each: cursor(name(each)))
