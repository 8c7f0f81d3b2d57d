"""The lowest and the highest price of a year, of many instruments at once: for the bar of a market watch's row."""

from collections.abc import Sequence

from core.money import as_number
from core.reasons import Reason, Refusal
from db import market_screen
from db.engine import Database
from desk import masters
from desk.rows import Row
from desk.screens import MOST


def of(database: Database, market: str, keys: Sequence[str]) -> Row:
    """``items``: {"NSE:INFY": {"low": 1307.0, "high": 1953.9, "days": 248}} in rupees, over the daily bars that began
    within a year of the market's own clock; an instrument without any is left out."""
    asked = list(dict.fromkeys(keys))
    if len(asked) > MOST:
        raise Refusal(Reason.BAD_INPUT, f"Ask for at most {MOST} symbols at a time.", "symbols")
    by_key = masters.get(database).by_key
    wanted = {by_key[each].id: each for each in asked if each in by_key}
    found = market_screen.year_ranges(database, market, list(wanted))
    return {
        "market": market,
        "items": {
            wanted[each["instrument_id"]]: {
                "low": as_number(each["low"]), "high": as_number(each["high"]), "days": each["days"],
            }
            for each in found
        },
    }  # fmt: skip
