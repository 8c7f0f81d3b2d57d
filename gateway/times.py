"""Times as clients of the dialect read them: India's, without a zone."""

from datetime import datetime

from core.calendar import IST


def stamp(at: datetime) -> str:
    """``2026-11-23 09:15:00``: exactly 19 characters, which clients turn into a time."""
    return at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def restamp(text: str | None) -> str | None:
    """The same of a time of the desk's rows, which is ISO 8601 in India's time already."""
    return None if text is None else text[:19].replace("T", " ")
