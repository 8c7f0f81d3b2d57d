"""How fast orders may come: a bucket of tokens, the calendar second and minute, and the day.

Both are needed: the second alone lets twice its number through around its turn, the bucket alone knows no clock
that a broker and its client could both look at. A refused order leaves no order behind and costs no token.
"""

from datetime import datetime

from core.reasons import Reason, Refusal
from core.risk_limits import LimitName, Limits
from core.standing import Pace

_SECOND = 1_000_000
_DAY_RETRY = 3_600


def spend(pace: Pace, limits: Limits, orders_today: int, now: datetime) -> Refusal | None:
    """Count one order at ``now``, or refuse it with the seconds to wait; a refusal changes nothing."""
    at = int(now.timestamp() * _SECOND)
    second, minute = at // _SECOND, at // (60 * _SECOND)
    in_second = pace.in_second if pace.second == second else 0
    in_minute = pace.in_minute if pace.minute == minute else 0
    due = pace.due
    most = limits.get(LimitName.ORDERS_PER_SECOND)
    if most is not None:
        if in_second >= most or (wait := _wait(due, most, at)) > 0:
            return _refuse(most, "second", in_second, 1 if in_second >= most else -(-wait // _SECOND))
        due = max(min(due, at + _SECOND), at) + _SECOND // most
    most = limits.get(LimitName.ORDERS_PER_MINUTE)
    if most is not None and in_minute >= most:
        return _refuse(most, "minute", in_minute, 60 - second % 60)
    most = limits.get(LimitName.ORDERS_PER_DAY)
    if most is not None and orders_today >= most:
        sentence = f"{orders_today} orders were sent today, at most {most} are taken. Go on on the next trading date."
        numbers = {"retry_after": _DAY_RETRY, "used": orders_today, "limit": most}
        return Refusal(Reason.ORDERS_A_DAY, sentence, numbers=numbers)
    pace.second, pace.in_second = second, in_second + 1
    pace.minute, pace.in_minute = minute, in_minute + 1
    pace.due = due
    return None


def _wait(due: int, most: int, at: int) -> int:
    """Microseconds until the bucket of ``most`` tokens, refilled in a second, has one. It starts full.

    A clock that was set back leaves ``due`` far ahead: nobody waits longer than a full bucket takes.
    """
    if most == 0:
        return _SECOND
    token = _SECOND // most
    return max(min(due, at + most * token), at) + token - most * token - at


def _refuse(most: int, span: str, used: int, wait: int) -> Refusal:
    wait = max(wait, 1)
    seconds = "a second" if wait == 1 else f"{wait} seconds"
    sentence = f"At most {most} orders a {span}. Wait {seconds}; this order was not placed."
    return Refusal(Reason.RATE_LIMIT, sentence, numbers={"retry_after": wait, "used": used, "limit": most})
