"""Figures and times as they are read, for what Streamlit itself draws. The components have their own."""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from core.calendar import IST
from core.money import compact as compact_paise
from core.money import rupees as rupees_of_paise

Number = float | int


def paise(value: Number) -> int:
    """Paise of a JSON number of rupees."""
    return round(value * 100)


def rupees(value: Number | None, signed: bool = False) -> str:
    """₹12,34,567.50 of a JSON number; a dash of None; with ``signed`` a plus before gains."""
    if value is None:
        return "–"
    text = rupees_of_paise(paise(value))
    return f"+{text}" if signed and paise(value) > 0 else text


def compact(value: Number | None) -> str:
    """₹12.35 L; a dash of None."""
    return "–" if value is None else compact_paise(paise(value))


def percent(value: Number | None, decimals: int = 2) -> str:
    """A fraction as per cent with its sign: 0.0123 -> +1.23%."""
    if value is None:
        return "–"
    text = share(abs(value), decimals)
    return f"−{text}" if value < 0 else f"+{text}" if value > 0 else text


def share(value: Number | None, decimals: int = 2) -> str:
    """A fraction of something as per cent, without a plus: 0.0123 -> 1.23%."""
    return "–" if value is None else f"{value * 100:.{decimals}f}%"


def moment(iso: str | datetime | None) -> str:
    """``23 Nov 10:02:11`` in Indian time."""
    if iso is None:
        return "–"
    at = datetime.fromisoformat(iso) if isinstance(iso, str) else iso
    return at.astimezone(IST).strftime("%d %b %H:%M:%S")


def age(milliseconds: int | None) -> str:
    """800 ms, 12 s, 4 min, 2 h."""
    if milliseconds is None:
        return "–"
    for limit, unit, name in ((1000, 1, "ms"), (60_000, 1000, "s"), (3_600_000, 60_000, "min")):
        if milliseconds < limit:
            return f"{milliseconds // unit} {name}"
    return f"{milliseconds // 3_600_000} h"


def front_door(url: str | None, page: str) -> str:
    """Where Kagaz is, of the address of one of its pages: a link for somebody else leads to the sign-in."""
    return (url or "").rstrip("/").removesuffix(f"/{page}")


# The first that a browser's own description holds is what it is; the others' names are in it too.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox",
    "FxiOS": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}  # fmt: skip
_SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS X": "Mac",
    "CrOS": "ChromeOS", "Linux": "Linux"}  # fmt: skip


def browser(agent: str | None) -> str:
    """``Chrome on Linux``, of what a browser says of itself."""
    text = agent or ""
    name = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in text), None)
    system = next((system for mark, system in _SYSTEMS.items() if mark in text), None)
    if name and system:
        return f"{name} on {system}"
    return name or system or "A browser"


def host(url: str) -> str:
    """The host of an address, for people to read."""
    return urlsplit(url).hostname or url


# What the trail calls the particulars of an act, for people to read; a name that is not here stands as it is.
_PARTICULARS = {
    "account": "in",
    "address": "from",
    "app": "program",
    "cancelled": "orders cancelled:",
    "flatten": "positions closed too",
    "scopes": "may",
    "way": "by",
}


def details(detail: Mapping[str, object]) -> str:
    """The particulars of an act in the trail: what does not apply is left out."""
    told = []
    for name, value in detail.items():
        label = _PARTICULARS.get(name, name.replace("_", " "))
        if value is True:
            told.append(label)
        elif isinstance(value, list | tuple):
            told.append(f"{label} {' and '.join(map(str, value))}" if value else "")
        elif value is not None and value is not False and value != 0:
            told.append(f"{label} {value}")
    return " · ".join(each for each in told if each)


def plain(text: str) -> str:
    """A text that others wrote, so that Markdown shows it as it stands."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~:$^@])", r"\\\1", text)
