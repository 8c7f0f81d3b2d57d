"""The wallet and its ledger, read for one account or for several at once.

Today's figures are folded from the transfers of the account's own trading date: what crossed the border to
BANK, PNL or CHARGES. What moves between the seven balances of the account changes no figure of the day.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from core.booking import DEMAT
from db.engine import Database
from db.reading import Row, Statement, ask, together
from db.screen_rows import Header, PostedMargin, TransferRow, WalletRow
from db.screens import AMONG, HEADER, PRICE, PRICE_FROM

WALLETS_OF = f"""
    select a.id as account_id, a.market, a.trading_date, a.version, now() as as_of,
           a.cash, a.hold, a.margin, a.invested, a.unsettled, a.gains, a.option_credit, a.blocked_loss,
           a.opening_equity, a.opening_unrealised,
           open.unrealised, open.option_premium, flow.deposits, flow.withdrawals, flow.realised, flow.charges,
           flow.demat_proceeds, call.since as called_since, call.shortfall, call.closing_since
    from accounts a
    left join margin_calls call on call.account_id = a.id
    cross join lateral (
        select coalesce(sum(p.quantity::bigint * ({PRICE}) - p.mark), 0)::bigint as unrealised,
               coalesce(sum(p.cost) filter (where i.kind in ('CE', 'PE')), 0)::bigint as option_premium
        from positions p join instruments i on i.id = p.instrument_id {PRICE_FROM}
        where p.account_id = a.id and p.quantity <> 0
    ) open
    cross join lateral (
        select coalesce(sum(t.amount) filter (where t.from_ledger = 'BANK'), 0)::bigint as deposits,
               coalesce(sum(t.amount) filter (where t.to_ledger = 'BANK'), 0)::bigint as withdrawals,
               coalesce(sum(case when t.from_ledger = 'PNL' then t.amount
                                 when t.to_ledger = 'PNL' then -t.amount end), 0)::bigint as realised,
               coalesce(sum(case when t.to_ledger = 'CHARGES' then t.amount
                                 when t.from_ledger = 'CHARGES' then -t.amount end), 0)::bigint as charges,
               coalesce(sum(case t.to_ledger when 'CASH' then t.amount else -t.amount end) filter (
                   where t.reference = '{DEMAT}' and 'CASH' in (t.from_ledger, t.to_ledger)), 0)::bigint
                   as demat_proceeds
        from transfers t
        where t.account_id = a.id and t.trading_date = a.trading_date
    ) flow
    where a.id = any({AMONG})
    """
HOLDS_OF = f"""
    select account_id, id, hold_cash, hold_credit from orders
    where account_id = any({AMONG}) and status in ('AMO', 'TRIGGER_PENDING', 'OPEN')
      and hold_cash + hold_credit > 0
    order by id
    """
MARGINS_OF = f"""
    select g.account_id, g.segment, i.exchange || ':' || i.symbol as underlying, g.position_margin,
           g.order_margin, g.span, g.exposure, g.add_ons, g.delivery
    from margin_groups g join instruments i on i.id = g.underlying_id
    where g.account_id = any({AMONG}) and g.position_margin + g.order_margin > 0
    order by g.segment, i.symbol
    """
HOLDS, MARGINS, WALLETS = Statement(HOLDS_OF), Statement(MARGINS_OF), Statement(WALLETS_OF)
LEDGER = Statement(
    """
    select id, created_at, event_at, code, from_ledger, to_ledger, amount, reference, order_id, trade_id,
           cash_after, version
    from transfers where account_id = :account and id < :cursor order by id desc nulls last limit :limit
    """
)
LEDGER_OF_DAY = Statement(
    """
    select id, created_at, event_at, code, from_ledger, to_ledger, amount, reference, order_id, trade_id,
           cash_after, version
    from transfers where account_id = :account and trading_date = :day and id < :cursor
    order by id desc nulls last limit :limit
    """
)
BALANCED = Statement(
    """
    select now() as at,
           a.cash + a.hold + a.margin + a.invested + a.unsettled + a.gains + a.option_credit as stored,
           coalesce((select sum(case when t.from_ledger in ('BANK', 'PNL', 'CHARGES') then t.amount else 0 end
                              - case when t.to_ledger in ('BANK', 'PNL', 'CHARGES') then t.amount else 0 end)
                     from transfers t where t.account_id = a.id), 0)::bigint as folded
    from accounts a where a.id = :account
    """
)


Found = Sequence[Row]


def wallet_questions(account_ids: Sequence[int]) -> list[tuple[Statement, dict[str, Any]]]:
    """What to ask for the wallets of some accounts: three statements for any number of them."""
    return [(statement, {"accounts": list(account_ids)}) for statement in (HOLDS, MARGINS, WALLETS)]


def wallets_of(holds: Found, margins: Found, wallets: Found) -> dict[int, WalletRow]:
    """The wallets by account, of the answers to these questions."""
    held: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for each in holds:
        held[each["account_id"]].append((each["id"], each["hold_cash"], each["hold_credit"]))
    posted: dict[int, list[PostedMargin]] = defaultdict(list)
    for each in margins:
        posted[each["account_id"]].append(PostedMargin(*(each[name] for name in PostedMargin._fields)))
    return {
        each["account_id"]: WalletRow(**each, holds=held[each["account_id"]], margins=posted[each["account_id"]])
        for each in wallets
    }


def wallet(database: Database, account_id: int) -> WalletRow | None:
    """One account's wallet; None for an unknown id."""
    return wallets_of(*together(database, *wallet_questions([account_id]))).get(account_id)


def ledger(
    database: Database, account_id: int, day: date | None, cursor: int, limit: int
) -> tuple[Header, list[TransferRow]] | None:
    """The account's transfers, newest first; all dates, or one."""
    values = {"account": account_id, "day": day, "cursor": cursor, "limit": limit}
    tops, found = together(database, (HEADER, values), (LEDGER_OF_DAY if day else LEDGER, values))
    return (Header(**tops[0]), [TransferRow(**each) for each in found]) if tops else None


def balanced(database: Database, account_id: int) -> dict[str, Any] | None:
    """``at``, and in paise what the balances hold (``stored``) and what the transfers say (``folded``)."""
    found = ask(database, BALANCED, account=account_id)
    return found[0] if found else None
