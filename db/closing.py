"""The close of a market's trading date in SQL: settlement prices, who is behind, what a day left behind."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from core.reasons import Reason
from db.trading import Connection


def strike_settlements(connection: Connection, market: str, day: date) -> None:
    """Fix the settlement price of every instrument that was quoted on the day; those struck already stay."""
    connection.execute(
        "update market_days d set settlement = q.last_price from quotes q where d.market = %s and d.trading_date = %s"
        " and d.settlement is null and q.market = d.market and q.instrument_id = d.instrument_id",
        [market, day],
    )


def settlements(connection: Connection, market: str, day: date) -> dict[int, int]:
    """Closing price by instrument, in paise: what was struck, else the last quote, else the previous close.

    What is held and was not listed on that day closes at its last day's price, so that every account can roll.
    """
    rows = connection.execute(
        """
        select instrument_id, coalesce(d.settlement, q.last_price, d.prev_close)
        from (select * from market_days where market = %(market)s and trading_date = %(day)s) d
        full join (select * from quotes where market = %(market)s) q using (instrument_id)
        union all
        select held.id, last.price from (
            select instrument_id from positions p join accounts a on a.id = p.account_id
            where a.market = %(market)s and a.archived_at is null and p.quantity <> 0
            union
            select underlying_id from positions p join accounts a on a.id = p.account_id
            where a.market = %(market)s and a.archived_at is null and p.quantity <> 0
        ) held (id), lateral (
            select coalesce(settlement, prev_close) as price from market_days
            where market = %(market)s and instrument_id = held.id and trading_date < %(day)s
            order by trading_date desc limit 1
        ) last
        where not exists (select 1 from market_days d
                where d.market = %(market)s and d.trading_date = %(day)s and d.instrument_id = held.id)
            and not exists (select 1 from quotes q where q.market = %(market)s and q.instrument_id = held.id)
        """,
        {"market": market, "day": day},
    ).fetchall()
    return dict(rows)


def earliest(connection: Connection, market: str, day: date) -> date:
    """The earliest date of living accounts that are to be rolled from ``day``; that day where none is behind."""
    row = connection.execute(
        "select least(min(trading_date), %s) from accounts where market = %s and archived_at is null", [day, market]
    ).fetchone()
    assert row
    found: date = row[0]
    return found


def behind(connection: Connection, market: str, day: date, but: Sequence[int], limit: int) -> list[tuple[int, int]]:
    """(account, open positions that may end or change their product at a close) of living accounts whose date is
    ``day`` or earlier, ascending; not those of ``but``."""
    return connection.execute(
        "select a.id, (select count(*) from positions p join instruments i on i.id = p.instrument_id"
        "   where p.account_id = a.id and p.quantity <> 0 and (i.expiry is not null or p.product = 'MIS'))"
        " from accounts a where a.market = %s and a.archived_at is null and a.trading_date <= %s"
        " and a.id <> all (%s::bigint[]) order by a.id limit %s",
        [market, day, list(but), limit],
    ).fetchall()


def keep_day(connection: Connection, account_id: int, day: date, closes: dict[int, int]) -> tuple[int, int]:
    """Write the day's snapshot of an account as its rows stand now; returns (equity, unrealised) in paise."""
    ids, prices = list(closes), list(closes.values())
    connection.execute(
        """
        insert into daily_positions (account_id, trading_date, instrument_id, product, quantity, mark, settlement,
                                     unrealised, realised, charges)
        select p.account_id, %(day)s, p.instrument_id, p.product, p.quantity, p.mark, coalesce(c.price, 0),
               case when p.quantity = 0 then 0 else p.quantity::bigint * c.price - p.mark end, p.realised,
               coalesce((select sum(e.total) from charge_entries e
                   where e.account_id = p.account_id and e.trading_date = %(day)s and e.instrument_id = p.instrument_id
                     and exists (select 1 from trades t where t.account_id = p.account_id and t.trading_date = %(day)s
                         and t.charge_id = e.id and t.product = p.product)), 0)
        from positions p left join unnest(%(ids)s::int[], %(prices)s::bigint[]) c(id, price) on c.id = p.instrument_id
        where p.account_id = %(account)s
          and (p.quantity <> 0 or p.realised <> 0 or p.day_buy_quantity > 0 or p.day_sell_quantity > 0)
        on conflict do nothing
        """,
        {"day": day, "account": account_id, "ids": ids, "prices": prices},
    )
    row = connection.execute(
        """
        with flow as (
            select coalesce(sum(amount) filter (where from_ledger = 'BANK'), 0)::bigint as deposits,
                   coalesce(sum(amount) filter (where to_ledger = 'BANK'), 0)::bigint as withdrawals,
                   coalesce(sum(case when from_ledger = 'PNL' then amount when to_ledger = 'PNL' then -amount end),
                            0)::bigint as realised,
                   coalesce(sum(case when to_ledger = 'CHARGES' then amount
                                     when from_ledger = 'CHARGES' then -amount end), 0)::bigint as charges
            from transfers where account_id = %(account)s and trading_date = %(day)s
        ), held as (
            select coalesce(sum(unrealised), 0)::bigint as unrealised from daily_positions
            where account_id = %(account)s and trading_date = %(day)s
        )
        insert into daily_equity (account_id, trading_date, cash, hold, margin, invested, unsettled, gains,
                                  option_credit, unrealised, equity, deposits, withdrawals, realised, charges)
        select a.id, %(day)s, a.cash, a.hold, a.margin, a.invested, a.unsettled, a.gains, a.option_credit,
               held.unrealised,
               a.cash + a.hold + a.margin + a.invested + a.unsettled + a.gains + a.option_credit + held.unrealised,
               flow.deposits, flow.withdrawals, flow.realised, flow.charges
        from accounts a, flow, held where a.id = %(account)s
        returning equity, unrealised
        """,
        {"day": day, "account": account_id},
    ).fetchone()
    assert row
    return int(row[0]), int(row[1])


def begin_day(connection: Connection, account_id: int, day: date, equity: int, unrealised: int) -> None:
    """Move an account to its next trading date and the plan chosen for it; flat positions of the old one are gone."""
    connection.execute(
        "delete from positions where account_id = %s and quantity = 0 and open_buy = 0 and open_sell = 0", [account_id]
    )
    connection.execute(
        "update accounts a set trading_date = %(day)s, opening_equity = %(equity)s, opening_unrealised = %(held)s,"
        " blocked_loss = 0, orders_today = 0, trades_today = 0, flows_today = 0, equity = %(equity)s,"
        " plan = coalesce((select p.plan from account_plans p where p.account_id = a.id"
        "   and p.effective_from <= %(day)s order by p.effective_from desc limit 1), a.plan)"
        " where a.id = %(account)s",
        {"day": day, "equity": equity, "held": unrealised, "account": account_id},
    )


def settle_bought(connection: Connection, account_id: int, day: date, settles_on: date) -> None:
    """Have all lots that an account bought on a date settle on another one."""
    connection.execute(
        "update lots set settles_on = %s where account_id = %s and bought_on = %s", [settles_on, account_id, day]
    )


def carried_since(connection: Connection, market: str, job: str, day: date) -> int:
    """How many intraday positions of a market were carried over a close since a job of a date began."""
    row = connection.execute(
        "select count(*) from job_runs j join accounts a on a.market = j.market"
        " join risk_decisions d on d.account_id = a.id and d.decision = 'CARRIED' and d.at >= j.started_at"
        " where j.market = %s and j.job = %s and j.trading_date = %s",
        [market, job, day],
    ).fetchone()
    return int(row[0]) if row else 0


class Rolled(NamedTuple):
    """What the roll of a date came to: how many accounts are on the next one, which of them carried intraday positions
    as such, and how many positions were carried as another product."""

    accounts: int
    carried: list[int]
    delivered: int


def rolled(connection: Connection, market: str, job: str, day: date, following: date) -> Rolled:
    """What became of a date, counted in the rows that were kept since a job of it began: whoever rolled it may have
    died on the way, however often. While the market's row is locked, so that no account is opened meanwhile."""
    row = connection.execute(
        """
        with living as (
            select id, trading_date from accounts where market = %(market)s and archived_at is null
        ), told as (
            select d.account_id, d.rule from risk_decisions d join job_runs j on d.at >= j.started_at
            where j.market = %(market)s and j.job = %(job)s and j.trading_date = %(day)s
                and d.decision = 'CARRIED' and d.account_id in (select id from living)
        )
        select (select count(*) from living where trading_date = %(following)s),
            array(select distinct account_id from told where rule = %(intraday)s order by 1),
            (select count(*) from told where rule = %(delivery)s)
        """,
        {
            "market": market, "job": job, "day": day, "following": following,
            "intraday": int(Reason.CARRIED_AS_INTRADAY), "delivery": int(Reason.CARRIED_AS_DELIVERY),
        },
    ).fetchone()  # fmt: skip
    assert row
    return Rolled(*row)


def begin_market_day(connection: Connection, market: str, day: date, phase: str, but: Sequence[int]) -> bool:
    """The market's own date, once no account but those of ``but`` is behind; False while one is. Idempotent.

    Whoever opens an account reads the date under this row's lock, so that none is opened on a date that ends.
    """
    connection.execute("select 1 from markets where id = %s for no key update", [market])
    if behind(connection, market, day - timedelta(days=1), but, 1):
        return False
    connection.execute(
        "update markets set trading_date = %s, phase = %s where id = %s and trading_date < %s",
        [day, phase, market, day],
    )
    return True


def is_untouched(connection: Connection, market: str, day: date, other: date) -> bool:
    """Whether nothing has traded or rested on a market's date, and the other one was never closed."""
    row = connection.execute(
        "select not exists (select 1 from trades t join accounts a on a.id = t.account_id"
        "     where a.market = %(market)s and t.trading_date = %(day)s)"
        " and not exists (select 1 from orders o join accounts a on a.id = o.account_id"
        "     where a.market = %(market)s and a.archived_at is null and o.trading_date = %(day)s"
        "     and o.status in ('TRIGGER_PENDING', 'OPEN'))"
        " and not exists (select 1 from job_runs where market = %(market)s and job = 'roll'"
        "     and trading_date >= %(other)s)"
        # Shares that are in new units already are not brought back to a date before their ex-date.
        " and not exists (select 1 from corporate_action_markets m join corporate_actions c on c.id = m.action_id"
        "     where m.market = %(market)s and c.ex_date > %(other)s and c.ex_date <= %(day)s)",
        {"market": market, "day": day, "other": other},
    ).fetchone()
    return bool(row and row[0])


def move_date(connection: Connection, market: str, old: date, new: date) -> bool:
    """Move a market from a date that has not begun to another, with all that is dated by it; False where the
    market is on another date, or something has happened on this one."""
    values = {"market": market, "old": old, "new": new}
    # Accounts first and then the market, as a roll does.
    connection.execute(
        "select 1 from accounts where market = %(market)s and archived_at is null order by id for no key update", values
    )
    here = connection.execute(
        "select 1 from markets where id = %(market)s and trading_date = %(old)s for no key update", values
    ).fetchone()
    if here is None or not is_untouched(connection, market, old, new):
        return False
    for statement in _MOVES:
        connection.execute(statement, values)
    return True


_MOVES = (
    (
        "insert into market_days (market, trading_date, instrument_id, prev_close, lower_band, upper_band)"
        " select market, %(new)s, instrument_id, prev_close, lower_band, upper_band from market_days"
        " where market = %(market)s and trading_date = %(old)s on conflict do nothing"
    ),
    "delete from market_days where market = %(market)s and trading_date = %(old)s",
    (
        "update lots l set settles_on = %(new)s from accounts a"
        " where a.id = l.account_id and a.market = %(market)s and l.settles_on = %(old)s"
    ),
    (
        "update orders o set trading_date = %(new)s from accounts a"
        " where a.id = o.account_id and a.market = %(market)s and a.archived_at is null and o.trading_date = %(old)s"
    ),
    # Transfers are never changed: what was paid in since the last close is there when the new date opens.
    (
        "update accounts set trading_date = %(new)s, version = version + 1,"
        " opening_equity = opening_equity + flows_today, flows_today = 0"
        " where market = %(market)s and trading_date = %(old)s and archived_at is null"
    ),
    "update markets set trading_date = %(new)s where id = %(market)s",
)


class Intraday(NamedTuple):
    """An MIS position that is not flat, or, ``resting``, an instrument in which MIS orders are to be cancelled."""

    account_id: int
    instrument_id: int
    resting: bool


def intraday(connection: Connection, market: str, patience: timedelta) -> list[Intraday]:
    """Every MIS position that is not flat, and where MIS orders rest, or closing orders that have
    waited for longer than ``patience``."""
    found = connection.execute(
        "select p.account_id, p.instrument_id, false from positions p join accounts a on a.id = p.account_id"
        " where a.market = %(market)s and a.archived_at is null and p.product = 'MIS' and p.quantity <> 0"
        " union select o.account_id, o.instrument_id, true from orders o join accounts a on a.id = o.account_id"
        " where a.market = %(market)s and a.archived_at is null and o.product = 'MIS'"
        " and (o.origin <> 'SQUARE_OFF' or o.placed_at < clock_timestamp() - %(patience)s)"
        " and o.status in ('TRIGGER_PENDING', 'OPEN') order by 1, 2",
        {"market": market, "patience": patience},
    ).fetchall()
    return [Intraday(*row) for row in found]


def last_frame(connection: Connection, market: str) -> int:
    """Number of the market's last stored frame."""
    row = connection.execute("select frame from markets where id = %s", [market]).fetchone()
    return int(row[0]) if row else 0
