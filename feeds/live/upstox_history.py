"""Past and today's candles and last prices of Upstox, to fill charts after an outage and before a subscription.

The vendor's historical candles (v3) and quotes (v3). Times are the starts of candles; prices rupees, turned into paise.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import numpy as np

from feeds.candles import CANDLE_TYPE, Candles, in_order
from feeds.live.refusal import VendorRefusal
from feeds.live.upstox_rest import HOST, ask

# Days that one question may span, by unit: the vendor allows a month of minutes and ten years of days.
SPAN = {"minutes": 28, "days": 3_650}
KEYS_A_QUESTION = 500
HIGHEST = 2**31 - 1


def history(
    token: str, key: str, instrument: int, first: date, last: date, unit: str = "minutes", host: str = HOST
) -> Candles:
    """Candles of one minute or one day from ``first`` to ``last``, both included, oldest first; not today's.

    Raises VendorRefusal. ``instrument`` is our number, which the rows carry. Rows that make no sense are left out.
    """
    parts = []
    for begin, end in spans(first, last, unit):
        path = f"/v3/historical-candle/{quote(key, safe='')}/{unit}/1/{end.isoformat()}/{begin.isoformat()}"
        parts.append(_candles(ask(path, token=token, host=host), instrument))
    return in_order(parts)


def today(token: str, key: str, instrument: int, host: str = HOST) -> Candles:
    """The minutes of the present trading date so far, oldest first. Raises VendorRefusal."""
    path = f"/v3/historical-candle/intraday/{quote(key, safe='')}/minutes/1"
    return in_order([_candles(ask(path, token=token, host=host), instrument)])


def last_prices(token: str, keys: Sequence[str], host: str = HOST) -> dict[str, tuple[int, int]]:
    """(last price, previous close) in paise by key, of those the vendor knows; 0 where it says none. Raises
    VendorRefusal."""
    out: dict[str, tuple[int, int]] = {}
    for begin in range(0, len(keys), KEYS_A_QUESTION):
        part = keys[begin : begin + KEYS_A_QUESTION]
        said = ask("/v3/market-quote/ltp", {"instrument_key": ",".join(part)}, token=token, host=host).get("data")
        for one in (said if isinstance(said, dict) else {}).values():
            # It answers under another name than it was asked; the key stands within.
            key = one.get("instrument_token") if isinstance(one, dict) else None
            if isinstance(key, str) and key in part:
                out[key] = (_paise(one.get("last_price")), _paise(one.get("cp")))
    return out


def spans(first: date, last: date, unit: str) -> Iterator[tuple[date, date]]:
    """The dates of each question that a time is asked in, by what the vendor allows one to span."""
    days = SPAN[unit]
    while first <= last:
        end = min(last, first + timedelta(days=days - 1))
        yield first, end
        first = end + timedelta(days=1)


def _candles(said: dict[str, Any], instrument: int) -> Candles:
    data = said.get("data")
    rows = data.get("candles") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise VendorRefusal(200, "Upstox answered a question for candles without any.")
    good = [one for row in rows if (one := _row(row, instrument)) is not None]
    return np.array(good, CANDLE_TYPE)


def _row(row: Any, instrument: int) -> tuple[int, ...] | None:
    """One of ``[start, open, high, low, close, volume, oi]``; None where it makes no sense."""
    try:
        start = datetime.fromisoformat(row[0])
        opened, high, low, close = (_paise(price) for price in row[1:5])
        volume, oi = int(row[5] or 0), int(row[6] or 0) if len(row) > 6 else 0
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        return None
    if start.tzinfo is None or not 0 < low <= min(opened, close) or high < max(opened, close):
        return None
    if not (0 <= volume < 2**53 and 0 <= oi < 2**53):
        return None
    return (instrument, int(start.timestamp() * 1000), opened, high, low, close, volume, oi)


def _paise(rupees: Any) -> int:
    """0 for what is no price."""
    if isinstance(rupees, bool) or not isinstance(rupees, int | float) or not math.isfinite(rupees):
        return 0
    paise = round(rupees * 100)
    return paise if 0 < paise <= HIGHEST else 0
