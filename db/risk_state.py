"""How accounts stand with risk, in SQL: figures of the last look, states, decisions, and whose accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from core.risk_watch import Figures
from core.standing import TradingState
from db.trading import Connection


@dataclass(frozen=True, slots=True)
class State:
    """The trading state of an account, why, and who may re-arm it (OWNER, ADMIN, or RISK: a rule's own)."""

    state: TradingState
    rule: int | None
    reason: str
    by: str
    power: str
    since: Any
    figures: Figures
    version: int


def state(connection: Connection, account_id: int, lock: bool = False) -> State:
    """How an account stands; ``lock`` holds its row until the transaction ends."""
    row = connection.execute(
        "select trading_state, state_rule, state_reason, state_by, state_power, state_since, opening_equity,"
        " flows_today, equity, peak_equity, version from accounts where id = %s"
        + (" for no key update" if lock else ""),
        [account_id],
    ).fetchone()
    assert row
    name, rule, reason, by, power, since, *figures, version = row
    return State(TradingState(name), rule, reason, by, power, since, Figures(*figures), version)


def set_state(
    connection: Connection, account_id: int, to: TradingState, told: tuple[int, str], by: str, power: str
) -> None:
    """Move an account whose lock the caller holds; ``told`` is the rule's number and the sentence for its owner.

    It holds since now, and not since the transaction began: others may have placed until the lock was had.
    """
    rule, sentence = told
    connection.execute(
        "update accounts set trading_state = %s, state_rule = %s, state_reason = %s, state_by = %s, state_power = %s,"
        " state_since = clock_timestamp(), version = version + 1 where id = %s",
        (to, rule, sentence, by, power, account_id),
    )


def forget_peak(connection: Connection, account_id: int) -> None:
    """Measure the way down from the equity of now on."""
    connection.execute("update accounts set peak_equity = equity where id = %s", [account_id])


def decide(
    connection: Connection, account_id: int, actor: str, decision: str, told: tuple[int, str],
    numbers: dict[str, int] | None = None,
) -> None:  # fmt: skip
    """Append one decision."""
    rule, sentence = told
    connection.execute(
        "insert into risk_decisions (account_id, actor, decision, rule, sentence, numbers)"
        " values (%s, %s, %s, %s, %s, %s)",
        (account_id, actor, decision, rule, sentence, Jsonb(numbers or {})),
    )


def decisions(connection: Connection, accounts: Sequence[int], limit: int) -> list[dict[str, Any]]:
    """The newest decisions about some accounts, newest first."""
    found = connection.execute(
        "select d.id, d.at, u.name || '/' || a.name, d.order_id, d.actor, d.decision, d.rule, d.sentence, d.numbers"
        " from risk_decisions d left join accounts a on a.id = d.account_id left join users u on u.id = a.user_id"
        " where d.account_id = any(%s) order by d.id desc limit %s",
        (list(accounts), limit),
    ).fetchall()
    names = ("id", "at", "account", "order_id", "actor", "decision", "rule", "sentence", "numbers")
    return [dict(zip(names, row, strict=True)) for row in found]


def counters(connection: Connection, account_id: int) -> dict[str, Any]:
    """What limits are held against, as the row has it."""
    names = (
        "open_orders", "orders_today", "trades_today", "flows_today", "pace", "gross_exposure", "net_exposure",
        "trading_date", "market", "user_id",
    )  # fmt: skip
    row = connection.execute(f"select {', '.join(names)} from accounts where id = %s", [account_id]).fetchone()
    assert row
    return dict(zip(names, row, strict=True))


def living(connection: Connection, scope: str, subject: str) -> list[tuple[int, str]]:
    """(id, key) of the living accounts of a USER (by id) or a MARKET, ascending."""
    column = {"USER": "a.user_id::text", "MARKET": "a.market"}[scope]
    return connection.execute(
        "select a.id, u.name || '/' || a.name from accounts a join users u on u.id = a.user_id"
        f" where a.archived_at is null and {column} = %s order by a.id",
        [subject],
    ).fetchall()


def restrained(connection: Connection) -> list[dict[str, Any]]:
    """Living accounts that may not trade freely, for administrators."""
    found = connection.execute(
        "select u.name || '/' || a.name, a.market, a.trading_state, a.state_reason, a.state_by, a.state_since"
        " from accounts a join users u on u.id = a.user_id"
        " where a.archived_at is null and a.trading_state <> 'ACTIVE' order by a.state_since desc nulls last"
    ).fetchall()
    names = ("account", "market", "state", "reason", "by", "since")
    return [dict(zip(names, row, strict=True)) for row in found]


def trading_date(connection: Connection, market: str) -> Any:
    """The trading date that a market stands at."""
    row = connection.execute("select trading_date from markets where id = %s", [market]).fetchone()
    return row[0] if row else None
