"""The kill switch and its way back: of an account, of all accounts of a user, of a whole market.

Pressing cancels everything that rests and stops new orders in the same transaction, account by account; the
switch over a user or a market is written first, so that an order either came before and is cancelled, or sees
the switch under its lock and is refused. What was pressed stays pressed, whatever process ends, until somebody
re-arms it by hand.
"""

from dataclasses import replace

import log
from core import decide
from core.orders import WORKING
from core.reasons import Reason, Refusal
from core.risk_watch import Figures, breach
from core.standing import TradingState
from db import audit, flattenings, risk_rows, risk_state
from db.engine import Database, retrying
from db.trading import commit
from desk import flatten as flattening
from desk import gtt, masters, risk_limits
from desk.access import AccountRef, require_unbound
from desk.answers import Body
from desk.principal import Principal
from desk.remember import forget_all
from desk.working import ACCOUNTS, ORDERS, open_task, ring

_logger = log.get(__name__)


def kill(database: Database, who: Principal, account: AccountRef, flatten: bool = False) -> Body:
    """Halt one account: cancel its orders and GTTs, take no new ones; ``flatten`` closes its positions at market.

    Raises FORBIDDEN for whoever neither owns it nor is an administrator.
    """
    _owner_or_admin(who, account)
    power = "OWNER" if account.user_id == who.user_id else "ADMIN"
    told = (int(Reason.KILLED), f"{_who(power, who)} pressed the kill switch.")
    cancelled = retrying(lambda: _halt(database, who.name, account.id, told, power, flatten))
    _heard(database, who, "KILL_SWITCH", account.key, {"cancelled": cancelled, "flatten": flatten})
    forget_all()
    ring(database, ORDERS, ACCOUNTS)
    sent, left = flattening.close(database, who.name, account.id) if flatten else ([], [])
    body: Body = {"account": account.key, "cancelled": cancelled, "closing": sent, "left_open": left}
    return body | {"state": TradingState.HALTED}


def kill_user(database: Database, who: Principal, user_id: int, name: str, flatten: bool = False) -> Body:
    """Halt every account of a user, present and future. Theirs alone, or an administrator's to press."""
    if who.user_id != user_id and not who.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only the user, or an administrator, may press this switch.")
    require_unbound(who)
    by_admin = who.user_id != user_id
    sentence = f"{_who('ADMIN' if by_admin else 'OWNER', who)} pressed the kill switch for all books of {name}."
    return _kill_many(database, who, ("USER", str(user_id)), sentence, by_admin, flatten)


def kill_market(database: Database, who: Principal, market: str, flatten: bool = False) -> Body:
    """Halt every account of a market. For administrators."""
    _admin(who)
    sentence = f"Administrator {who.name} pressed the kill switch of the market {market}."
    return _kill_many(database, who, ("MARKET", market), sentence, True, flatten)


def rearm(database: Database, who: Principal, account: AccountRef) -> Body:
    """Let an account trade again. Raises REARM_NOT_YOURS where an administrator pressed, STILL_OVER_LIMIT while the
    loss that stopped it is still beyond its limit. One that was halted over such a loss may only reduce again."""
    _owner_or_admin(who, account)

    def act() -> Body:
        with database.connection() as connection:
            stood = risk_state.state(connection, account.id, lock=True)
            if stood.power == "ADMIN" and not who.is_admin:
                sentence = f"{stood.reason} Only an administrator re-arms it."
                raise Refusal(Reason.REARM_NOT_YOURS, sentence)
            if stood.state is TradingState.ACTIVE:
                return {"account": account.key, "state": TradingState.ACTIVE}
            if stood.rule == Reason.DAILY_LOSS:
                _loss_has_passed(database, account, stood)
            if stood.rule == Reason.DRAWDOWN:
                risk_state.forget_peak(connection, account.id)
            told = (int(Reason.REARMED), f"{who.name} re-armed the account.")
            to, power, numbers = TradingState.ACTIVE, "OWNER", dict[str, int]()
            # Neither a switch that was pressed over a loss nor one limit re-armed leads round another.
            still = breach(_from_now_on(stood), risk_limits.limits_of(database, account))
            if still is not None:
                to, power, numbers = TradingState.REDUCING, "RISK", still.numbers
                told = (int(still.reason), still.sentence)
            risk_state.set_state(connection, account.id, to, told, who.name, power)
            risk_state.decide(connection, account.id, who.name, to, told, numbers)
            flattenings.let_go(connection, [account.id])
            audit.append(connection, who.name, "REARMED", account.key, user_id=who.user_id or None)
        return {"account": account.key, "state": to}

    answer = retrying(act)
    forget_all()
    ring(database, ACCOUNTS)
    return answer


def rearm_user(database: Database, who: Principal, user_id: int, name: str) -> Body:
    """Let go of a user's switch: theirs, or an administrator's where one pressed it."""
    if who.user_id != user_id and not who.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only the user, or an administrator, may re-arm.")
    require_unbound(who)
    return _rearm_many(database, who, ("USER", str(user_id)), f"{who.name} re-armed all books of {name}.")


def rearm_market(database: Database, who: Principal, market: str) -> Body:
    """Let go of a market's switch. For administrators."""
    _admin(who)
    return _rearm_many(database, who, ("MARKET", market), f"{who.name} re-armed the market {market}.")


def _halt(
    database: Database, actor: str, account_id: int, told: tuple[int, str], power: str | None, flatten: bool
) -> int:
    """Cancel all that rests in one account and, with ``power``, halt it; how many orders were cancelled. ``flatten``
    is written down with it, so that whoever dies now, the sidecar closes what is open."""
    master = masters.get(database)
    why = (Reason.KILLED, f"Cancelled: {told[1]}")
    with database.connection() as connection:
        task = open_task(connection, master, account_id, whole=True)
        resting = [order for order in task.work.orders.values() if order.status in WORKING]
        for order in resting:
            decide.cancel(task.work, task.facts, order, actor, why)
        commit(connection, [task.work])
        gtt.cancel_all(connection, task, actor, why)
        if power:
            stood = risk_state.state(connection, account_id)
            # What an administrator pressed is not handed down by its owner pressing once more.
            kept = "ADMIN" if stood.state is TradingState.HALTED and stood.power == "ADMIN" else power
            risk_state.set_state(connection, account_id, TradingState.HALTED, told, actor, kept)
        risk_state.decide(connection, account_id, actor, "HALTED", told, {"cancelled": len(resting)})
        if flatten:
            flattenings.begin(connection, account_id, actor)
    return len(resting)


def _kill_many(
    database: Database, who: Principal, switch: tuple[str, str], sentence: str, by_admin: bool, flatten: bool
) -> Body:
    told = (int(Reason.KILLED), sentence)

    def press() -> list[tuple[int, str]]:
        with database.connection() as connection:
            if risk_rows.press(connection, *switch, sentence, who.name, by_admin):
                audit.append(connection, who.name, "KILL_SWITCH", ":".join(switch), user_id=who.user_id or None)
            return risk_state.living(connection, *switch)

    accounts = retrying(press)
    cancelled, sent, left = 0, list[str](), list[str]()
    for account_id, _ in accounts:
        cancelled += retrying(lambda account_id=account_id: _halt(database, who.name, account_id, told, None, flatten))  # type: ignore[misc]
    forget_all()
    ring(database, ORDERS, ACCOUNTS)
    if flatten:
        for account_id, _ in accounts:
            closing, open_still = flattening.close(database, who.name, account_id)
            sent, left = sent + closing, left + open_still
    _logger.warning("A kill switch was pressed", extra={"switch": ":".join(switch), "actor": who.name})
    body: Body = {"accounts": [key for _, key in accounts], "cancelled": cancelled, "closing": sent, "left_open": left}
    return body | {"state": TradingState.HALTED}


def _rearm_many(database: Database, who: Principal, switch: tuple[str, str], sentence: str) -> Body:
    def act() -> None:
        with database.connection() as connection:
            found = risk_rows.pressed(connection, *switch)
            if found is None:
                return
            if found[1] and not who.is_admin:
                raise Refusal(Reason.REARM_NOT_YOURS, f"Administrator {found[0]} pressed it and alone re-arms it.")
            risk_rows.rearm(connection, *switch, who.name)
            living = risk_state.living(connection, *switch)
            flattenings.let_go(connection, [account_id for account_id, _ in living])
            for account_id, _ in living:
                risk_state.decide(connection, account_id, who.name, "ACTIVE", (int(Reason.REARMED), sentence))
            audit.append(connection, who.name, "REARMED", ":".join(switch), user_id=who.user_id or None)

    retrying(act)
    forget_all()
    ring(database, ACCOUNTS)
    return {"state": TradingState.ACTIVE}


def _from_now_on(stood: risk_state.State) -> Figures:
    """What limits of losses are held against once an account is re-armed: a drawdown is measured from there on."""
    return replace(stood.figures, peak=stood.figures.equity) if stood.rule == Reason.DRAWDOWN else stood.figures


def _loss_has_passed(database: Database, account: AccountRef, stood: risk_state.State) -> None:
    limits = risk_limits.limits_of(database, account)
    still = breach(stood.figures, limits)
    if still is not None and still.reason is Reason.DAILY_LOSS:
        sentence = f"{still.sentence} It can be re-armed on the next trading date, or when the limit is raised."
        raise Refusal(Reason.STILL_OVER_LIMIT, sentence, numbers=still.numbers)


def _owner_or_admin(who: Principal, account: AccountRef) -> None:
    if not who.may_write or who.role == "analyst" or (account.user_id != who.user_id and not who.is_admin):
        raise Refusal(Reason.FORBIDDEN, "Only its owner, or an administrator, presses this switch.", field="account")


def _admin(who: Principal) -> None:
    if not who.is_admin or not who.may_write:
        raise Refusal(Reason.FORBIDDEN, "Only an administrator may do this.")
    require_unbound(who)


def _who(power: str, who: Principal) -> str:
    return f"Administrator {who.name}" if power == "ADMIN" else who.name


def _heard(database: Database, who: Principal, action: str, subject: str, detail: dict[str, object]) -> None:
    with database.connection() as connection:
        audit.append(connection, who.name, action, subject, user_id=who.user_id or None, detail=detail)
    _logger.warning("A kill switch was pressed", extra={"account": subject, "actor": who.name})
