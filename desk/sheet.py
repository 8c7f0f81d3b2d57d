"""Tables that leave for a spreadsheet, as text that no spreadsheet runs."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(value: object) -> str:
    """The cell as text; one that would be taken for a formula gets an apostrophe before it, a number never."""
    text = "" if value is None else str(value)
    if text.lstrip(" ").startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """CSV with a header line, CRLF between lines, every cell guarded; a column that a row lacks stays empty."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(row.get(name)) for name in columns])
    return target.getvalue()
