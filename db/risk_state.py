"""How accounts stand with risk, in SQL: figures at the latest prices, states, decisions, and whose accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from core.risk_watch import Figures
from core.standing import TradingState
from db.screens import PRICE, PRICE_FROM
from db.trading import Connection

# An account that is being written to is left for the next look: nobody waits for this. The version tells that
# balances and positions are of one moment. What rests is counted as filled, as core.exposure counts it.
REFRESH = f"""
with priced as (
    select p.account_id, i.kind, ({PRICE}) as bought,
        case when i.kind in ('CE', 'PE') then coalesce(u.last_price, i.strike) else ({PRICE}) end as sold,
        p.quantity, p.open_buy, p.open_sell, p.mark, p.instrument_id
    from accounts a join positions p on p.account_id = a.id join instruments i on i.id = p.instrument_id {PRICE_FROM}
    left join quotes u on u.market = a.market and u.instrument_id = i.underlying_id
    where a.market = %(market)s and a.archived_at is null and (p.quantity <> 0 or p.open_buy > 0 or p.open_sell > 0)
), held as (
    select account_id, kind, max(bought)::bigint as bought, max(sold)::bigint as sold,
        sum(quantity)::bigint as held, sum(open_buy)::bigint as buys, sum(open_sell)::bigint as sells,
        sum(case when quantity <> 0 then quantity::bigint * bought - mark else 0 end)::bigint as unrealised
    from priced group by account_id, instrument_id, kind
), total as (
    select account_id, sum(unrealised)::bigint as unrealised,
        sum(greatest(greatest(held + buys, 0) * bought, greatest(sells - held, 0) * sold))::bigint as gross,
        sum((held + buys - sells) * case when held + buys > sells then bought else sold end
            * case kind when 'PE' then -1 else 1 end)::bigint as net
    from held group by account_id
), figures as (
    select a.id, a.version,
        a.cash + a.hold + a.margin + a.invested + a.unsettled + a.gains + a.option_credit
            + coalesce(t.unrealised, 0) as equity,
        coalesce(t.gross, 0) as gross, coalesce(t.net, 0) as net
    from accounts a left join total t on t.account_id = a.id
    where a.market = %(market)s and a.archived_at is null
), due as (
    select a.id, f.equity, f.gross, f.net from accounts a join figures f on f.id = a.id and f.version = a.version
    where (a.equity, a.gross_exposure, a.net_exposure) is distinct from (f.equity, f.gross, f.net)
        or a.peak_equity < f.equity
    order by a.id for no key update of a skip locked
)
update accounts a set equity = d.equity, gross_exposure = d.gross, net_exposure = d.net,
    peak_equity = greatest(a.peak_equity, d.equity)
from due d where a.id = d.id
"""


def refresh(connection: Connection, market: str) -> int:
    """Store equity, its peak and both exposures of every account at the latest prices; how many changed."""
    return connection.execute(REFRESH, {"market": market}).rowcount


@dataclass(frozen=True, slots=True)
class Watched:
    """An account that trades freely and has lost something, at one version of its row."""

    id: int
    user_id: int
    version: int
    figures: Figures


def losing(connection: Connection, market: str) -> list[Watched]:
    """Active accounts that stand below the day's capital or below their peak."""
    rows = connection.execute(
        "select id, user_id, version, opening_equity, flows_today, equity, peak_equity from accounts"
        " where market = %s and archived_at is null and trading_state = 'ACTIVE'"
        " and (equity < opening_equity + flows_today or equity < peak_equity) order by id",
        [market],
    ).fetchall()
    return [Watched(row[0], row[1], row[2], Figures(*row[3:])) for row in rows]


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
    """Move an account whose lock the caller holds; ``told`` is the rule's number and the sentence for its owner."""
    rule, sentence = told
    connection.execute(
        "update accounts set trading_state = %s, state_rule = %s, state_reason = %s, state_by = %s, state_power = %s,"
        " state_since = now(), version = version + 1 where id = %s",
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
