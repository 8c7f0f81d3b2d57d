"""Tables that leave as CSV, safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(value: Any) -> str:
    """The cell as text. One that a spreadsheet would run as a formula gets an apostrophe before it."""
    text = "" if value is None else str(value)
    if text.lstrip(" ").startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """CSV with a header, CRLF and a byte-order mark, as spreadsheets expect it."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(row.get(name)) for name in columns])
    return target.getvalue().encode("utf-8-sig")
