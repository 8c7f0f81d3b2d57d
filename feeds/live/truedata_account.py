"""What an account at TrueData may have, by the answer to its login, and the two wishes that can be sent."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from feeds.live.truedata_wire import Login
from feeds.universe import IST

# The vendor names segments freely (EQ, NSE_EQ, FO, ...); these parts of a name tell what a symbol of it looks like.
EQUITY, DERIVATIVES, INDEX = "EQ", "FO", "IN"
_PARTS = {EQUITY: ("EQ", "CASH"), DERIVATIVES: ("FO", "F&O", "FUT", "OPT"), INDEX: ("IND", "IDX")}
_CONTRACT = re.compile(r".+(?:[0-9]{6}[0-9.]+(?:CE|PE)|[0-9]{2}[A-Z]{3}FUT|[0-9]{6}FUT|-(?:I|II|III))", re.ASCII)
_INDICES = re.compile(r"(?:NIFTY|BANKNIFTY|SENSEX|BANKEX|INDIA VIX|INDIAVIX|FINNIFTY|MIDCPNIFTY)(?: .*)?", re.ASCII)


def segment(key: str) -> str:
    """Where a symbol trades, as far as its name tells."""
    name = key.upper()
    if _CONTRACT.fullmatch(name):
        return DERIVATIVES
    return INDEX if _INDICES.fullmatch(name) else EQUITY


def allowed(segments: Sequence[str]) -> Callable[[str], bool]:
    """Whether a symbol's segment is among those of the account. Indices come with any; names that nothing is known
    of forbid nothing, because the vendor refuses by itself what an account has not."""
    names = [one.upper() for one in segments]
    found = {kind for kind, parts in _PARTS.items() for name in names for part in parts if part in name}
    if not found & {EQUITY, DERIVATIVES}:
        return lambda _: True
    found.add(INDEX)
    return lambda key: segment(key) in found


def has_ticks(login: Login) -> bool:
    """Whether trades come as they happen, rather than bars alone."""
    return not login.subscription or "tick" in login.subscription.lower()


def ends(login: Login | None) -> int:
    """When the last day of the subscription is over in India, in ms since the epoch; 0 where it is not said."""
    try:
        day = date.fromisoformat(login.validity[:10]) if login is not None else None
    except ValueError:
        return 0
    if day is None or not 2000 <= day.year < 2200:
        return 0
    return int(datetime.combine(day + timedelta(days=1), datetime.min.time(), IST).timestamp() * 1000)


def wish(method: str, symbols: Sequence[str]) -> str:
    """The text that adds symbols (``addsymbol``) or takes them away (``removesymbol``)."""
    return json.dumps({"method": method, "symbols": list(symbols)}, separators=(",", ":"))
