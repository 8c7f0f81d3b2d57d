"""An underlying's options of one expiry side by side: calls and puts by strike, with their latest quotes."""

from datetime import date

from core.instruments import OPTIONS, Kind
from core.money import as_number
from core.reasons import Reason, Refusal
from db import market_screen
from db.engine import Database
from desk import masters, screens
from desk.rows import Row


def chain(database: Database, market: str, underlying: str, expiry: date | None = None) -> Row:
    """{underlying, quote, expiries, expiry, future, rows}: of the nearest expiry where none is named; a row has
    ``strike``, ``call`` and ``put``, each, as ``future``, with its key, its lot, its quote (None before its first
    price) and ``oi_before``, its open interest as the day before left it (of a first day, as it began; None of what has
    no bar). A contract may stand for its underlying, and then names its own expiry.

    Raises Refusal UNKNOWN_INSTRUMENT for what has no options, and EXPIRED for a day on which none of them ends.
    """
    master = masters.get(database)
    asked = master.by_key.get(underlying)
    lead = None if asked is None else master.by_id[asked.margin_underlying]
    contracts = [] if lead is None else master.chain(lead.id)
    listed = [one for one in contracts if one.kind in OPTIONS]
    expiries = sorted({one.expiry for one in listed if one.expiry is not None})
    if lead is None or not expiries:
        sentence = "There are no options on that. Name an underlying such as NSE:NIFTY 50."
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, "underlying")
    own = asked.expiry if asked is not None and asked.expiry in expiries else None
    wanted = expiry or own or expiries[0]
    if wanted not in expiries:
        sentence = f"None of its options ends on {wanted:%d %b %Y}. The next expiry is {expiries[0]:%d %b %Y}."
        raise Refusal(Reason.EXPIRED, sentence, "expiry")
    found = [one for one in contracts if one.expiry == wanted]
    future: Row | None = None
    told = _quotes(database, market, [lead.key, *(one.key for one in found)])
    before = market_screen.open_before(database, market, [one.id for one in found])
    rows: dict[int, Row] = {}
    for one in found:
        told_of = {
            "key": one.key,
            "symbol": one.symbol,
            "lot": one.lot,
            "quote": told.get(one.key),
            "oi_before": before.get(one.id),
        }
        if one.kind not in OPTIONS:
            future = told_of
            continue
        row = rows.setdefault(one.strike or 0, {"strike": as_number(one.strike or 0), "call": None, "put": None})
        row["call" if one.kind is Kind.CE else "put"] = told_of
    return {
        "market": market,
        "underlying": lead.key,
        "quote": told.get(lead.key),
        "expiry": wanted.isoformat(),
        "future": future,
        "expiries": [each.isoformat() for each in expiries],
        "rows": [rows[strike] for strike in sorted(rows)],
    }


def _quotes(database: Database, market: str, keys: list[str]) -> dict[str, Row]:
    """The latest quotes by key; a chain that is longer than one question takes is asked in parts."""
    told: dict[str, Row] = {}
    for start in range(0, len(keys), screens.MOST):
        told |= screens.quotes(database, market, keys[start : start + screens.MOST])["items"]
    return told
