"""Margin calls and the square-off of risk: looked at each second, written once, told in the log."""

import log
from core import margin_calls
from core.margin_calls import ACTOR, ORIGIN, CallRule, Standing
from core.money import rupees
from core.reasons import Reason
from db import margin_calls as rows
from db.account_watch import Looked
from db.engine import Database
from desk import account_watch, trading
from desk import market as markets
from desk.answers import Answer
from desk.availability import alone
from desk.closing import PATIENCE
from desk.working import ACCOUNTS, ring


def follow(database: Database, market: str, looked: Looked | None = None) -> int:
    """Call accounts that owe, release those that no longer do, and close the positions of those whose loss has
    reached the limit, as they stood when they were ``looked`` at (None: look now); how many were of interest. Safe to
    repeat: a square-off that was killed goes on."""
    owing = (looked or account_watch.look(database, market)).owing
    if not owing:
        return 0
    rule = margin_calls.rule_on(markets.state(database, market).trading_date)
    for standing in owing:
        with alone(standing.account_id, "margin call"):
            _one(database, standing, rule)
    return len(owing)


def _one(database: Database, standing: Standing, rule: CallRule) -> None:
    verdict = margin_calls.judge(standing, rule)
    told = {"account": standing.account_id, "available": standing.available, "loss": standing.loss}
    if not verdict.called and not verdict.closing:
        if standing.since is not None:
            with database.connection() as connection:
                rows.end(connection, standing.account_id)
                rows.tell(connection, standing.account_id)
            log.get(__name__).info("A margin call is met", extra=told)
            ring(database, ACCOUNTS)
        return
    with database.connection() as connection:
        new, begins = rows.keep(connection, standing.account_id, max(0, -standing.available), verdict.closing)
        if new or begins:
            rows.tell(connection, standing.account_id)
    if new and verdict.called:
        log.get(__name__).warning(f"Margin call: short of {rupees(-standing.available)}", extra=told)
    if begins:
        log.get(__name__).warning(margin_calls.closing_sentence(standing, rule), extra=told)
    if new or begins:
        ring(database, ACCOUNTS)
    if verdict.closing and standing.trades:
        why = (Reason.RISK_SQUARE_OFF, margin_calls.closing_sentence(standing, rule))
        close(database, ACTOR, standing.account_id, why)


def close(
    database: Database, actor: str, account_id: int, why: tuple[Reason, str], origin: str = ORIGIN
) -> list[Answer]:
    """Cancel what rests, then close at market what may be closed now, covers last; what is left is for another try.
    Shares held for delivery stay. Orders of risk's own ``origin`` pay the fee of a square-off."""
    trading.cancel_others(database, actor, account_id, why, PATIENCE)
    with database.connection() as connection:
        legs = rows.legs(connection, account_id)
    return [
        answer
        for leg in margin_calls.next_legs(legs)
        for answer in trading.exit_position(database, actor, account_id, leg.instrument_id, leg.product, origin=origin)
    ]
