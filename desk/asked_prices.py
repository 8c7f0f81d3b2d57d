"""What programs asked the price of and got none that is fresh: whoever prices a market prices it from then on.

Screens say what they show over their stream. A program that only sends requests has no stream: without this an option
that nobody shows would never get a price, however long the program waited.
"""

import threading
import time
from collections.abc import Collection, Mapping

import log
from core.reasons import Reason
from db.engine import Database
from desk import availability, jobs, masters
from desk.answers import Answer

ROLE = "prices-asked"
KEPT_SECONDS = 60.0
"""For so long after it was last asked for a price is wanted."""
AGAIN_SECONDS = 20.0
"""What is asked for again and again is said anew this often, well before what was said is forgotten."""
OLD_MS = 15_000
"""A price of this age counts as none; in an open market it means that nobody looks at it."""
MOST = 5_000
_FOR_WANT_OF_ONE = frozenset({Reason.NO_PRICE, Reason.STALE_PRICE})

_logger = log.get(__name__)


class _Asked:
    """What was asked for in one market by one process: when, by instrument."""

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self.said_at = 0.0
        self.saying = threading.Lock()


_lock = threading.Lock()
_by_market: dict[tuple[str, str], _Asked] = {}


def heed(database: Database, answer: Answer, market: str, instrument_id: int) -> Answer:
    """Passes an answer on; the price for want of which it refuses is wanted from now on, so that to wait helps."""
    if answer.body.get("reason_code") in _FOR_WANT_OF_ONE:
        ask(database, market, [instrument_id], [instrument_id])
    return answer


def note(database: Database, market: str, keys: Collection[str], ages: Mapping[str, int]) -> None:
    """Notes that prices were asked for by key; ``ages`` are in ms, of those that there are."""
    by_key = masters.get(database).by_key
    asked = {key: by_key[key].id for key in keys if key in by_key}
    ask(database, market, asked.values(), [one for key, one in asked.items() if ages.get(key, OLD_MS) >= OLD_MS])


def ask(database: Database, market: str, asked: Collection[int], without: Collection[int]) -> None:
    """Notes that the prices of ``asked`` were asked for, of which those ``without`` have none that is fresh.

    Writes one heartbeat when something new is without a price, and every AGAIN_SECONDS while it is asked for again.
    """
    now = time.monotonic()
    with _lock:
        kept = _by_market.setdefault((database.url, market), _Asked())
        kept.at = {one: at for one, at in kept.at.items() if now - at < KEPT_SECONDS}
        new = [one for one in without if one not in kept.at][: MOST - len(kept.at)]
        again = [one for one in asked if one in kept.at]
        kept.at |= dict.fromkeys([*new, *again], now)
        if not new and not (again and now - kept.said_at >= AGAIN_SECONDS):
            return
        kept.said_at = now
    try:
        # One at a time, and each says all that is asked by then: what is stored last is never the older.
        with kept.saying:
            with _lock:
                said = sorted(kept.at)
            jobs.beat(database, ROLE, market, None, {"looked_at": {market: said}})
    except Exception as error:
        if availability.refusal_for(error) is None:
            raise
        # What was asked stands without it, and whoever asks next says it.
        kept.said_at = -AGAIN_SECONDS
        _logger.warning("Which prices were asked for cannot be noted at present", extra={"error": str(error)})
