"""What risk refuses without leaving an order behind is a decision all the same, kept for whoever asks why: an order
that came too fast, one in a halted instrument, a conversion of an account that may only reduce.
"""

import threading
import time
from collections.abc import Callable

import log
from core.reasons import Refusal
from db import risk_state
from db.engine import Database, retrying
from desk import availability
from desk.answers import Answer, problem

RISK = range(600, 700)
"""The numbers of what risk refuses."""
APART_SECONDS = 1.0
"""Who floods is told once a second in the log of decisions, and in every answer."""
_ROOM = 10_000

_lock = threading.Lock()
_noted: dict[tuple[str, int, int], float] = {}


def answered(database: Database, actor: str, account_id: int, act: Callable[[], Answer]) -> Answer:
    """Run a whole use case of an account, again after a lost race; a refusal is an answer, and one of risk that was not
    written with an order is kept."""
    try:
        return retrying(act)
    except Refusal as refusal:
        if refusal.reason in RISK and refusal.order_id is None and _is_new((database.url, account_id, refusal.reason)):
            _keep(database, actor, account_id, refusal)
        return problem(refusal)


def _is_new(key: tuple[str, int, int]) -> bool:
    now = time.monotonic()
    with _lock:
        if now - _noted.get(key, -APART_SECONDS) < APART_SECONDS:
            return False
        if len(_noted) >= _ROOM:
            _noted.clear()
        _noted[key] = now
    return True


def _keep(database: Database, actor: str, account_id: int, refusal: Refusal) -> None:
    told = (int(refusal.reason), refusal.sentence)
    try:
        with database.autocommit() as connection:
            risk_state.decide(connection, account_id, actor, "REFUSED", told, refusal.numbers)
    except Exception as error:
        if availability.refusal_for(error) is None:
            raise
        log.get(__name__).warning("A refusal of risk cannot be kept at present", extra={"error": str(error)})
