"""One look a second at every account of a market: what its positions are worth, and who must be looked into.

Positions are read once. What they have lost, the account's equity and both exposures are worked out together, and a
row is written only where one of these has changed; the rows that are read on are those of accounts that may have
reached a limit, that owe, or whose loss calls for a square-off.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from core.margin_calls import Standing
from core.risk_watch import Figures
from db.trading import Connection

# Accounts a transaction: their rows are locked for as long as it takes to write them.
AT_ONCE = 1_000

# Nobody is looked at while a date is rolled, nor who is on another date than the market: positions may be in units of
# after a split, and prices of before it, or the other way round.
# An account that is being written to is left for the next look: nobody waits for this, and the version tells that
# balances and positions are of one moment. Products of one instrument are weighed together, as core.exposure weighs
# them: only intraday units can lie beside others, so that there are never more than two rows of one. What was bought
# to hedge counts as far as it offsets; shares held for delivery were paid for.
LOOK = """
with living as materialized (
    select id, user_id, market, trading_date, version, trading_state, opening_equity, flows_today, peak_equity,
        cash, cash + hold + margin as funds,
        cash + hold + margin + invested + unsettled + gains + option_credit as balance
    from accounts where market = %(market)s and archived_at is null and id > %(after)s
        and trading_date = (select trading_date from markets where id = %(market)s and phase <> 'ROLL')
    order by id limit %(most)s
), mine as materialized (
    select p.account_id, p.instrument_id, p.product, p.quantity::bigint, p.cost, p.mark,
        p.open_buy::bigint, p.open_sell::bigint
    from living a join positions p on p.account_id = a.id
    where p.quantity <> 0 or p.open_buy > 0 or p.open_sell > 0
), priced as materialized (
    select i.id, i.kind in ('CE', 'PE') as option, case i.kind when 'PE' then -1 else 1 end as leans,
        coalesce(q.last_price, d.prev_close)::bigint as bought,
        case when i.kind in ('CE', 'PE') then coalesce(u.last_price, i.strike)
            else coalesce(q.last_price, d.prev_close) end::bigint as sold
    from (select distinct instrument_id from mine) held join instruments i on i.id = held.instrument_id
    left join quotes q on q.market = %(market)s and q.instrument_id = i.id
    left join quotes u on u.market = %(market)s and u.instrument_id = i.underlying_id
    left join market_days d on d.market = %(market)s and d.instrument_id = i.id
        and d.trading_date = (select trading_date from markets where id = %(market)s)
), together as materialized (
    select m.account_id, m.instrument_id, m.quantity + o.quantity as held, m.open_buy + o.open_buy as buys,
        m.open_sell + o.open_sell as sells
    from mine m join mine o on o.account_id = m.account_id and o.instrument_id = m.instrument_id
    where m.product = 'MIS' and o.product <> 'MIS'
), valued as (
    select m.account_id, m.product, m.quantity, r.option, r.leans,
        case when m.quantity = 0 then 0 else m.quantity * coalesce(r.bought, fallback.price) - m.mark end as earned,
        coalesce(r.bought, fallback.price) as bought, coalesce(r.sold, fallback.price) as sold,
        coalesce(t.held, m.quantity) as held, coalesce(t.buys, m.open_buy) as buys,
        coalesce(t.sells, m.open_sell) as sells, t.held is null or m.product = 'MIS' as counts
    from mine m join priced r on r.id = m.instrument_id
    left join together t on t.account_id = m.account_id and t.instrument_id = m.instrument_id,
    lateral (select case when r.bought is null
        then round(abs(m.cost)::numeric / nullif(abs(m.quantity), 0))::bigint end as price) fallback
), total as (
    select account_id, sum(earned)::bigint as unrealised, bool_or(quantity <> 0 and product <> 'CNC') as open,
        sum(earned) filter (where not option and product <> 'CNC')::bigint as bearing,
        sum(earned) filter (where option and quantity < 0)::bigint as written,
        sum(earned) filter (where option and quantity > 0)::bigint as hedging,
        sum(greatest(greatest(held + buys, 0) * bought, greatest(sells - held, 0) * sold))
            filter (where counts)::bigint as gross,
        sum((held + buys - sells) * case when held + buys > sells then bought else sold end * leans)
            filter (where counts)::bigint as net
    from valued group by account_id
), figures as materialized (
    select a.id, a.version, greatest(0, -coalesce(t.bearing, 0)) as blocked,
        a.balance + coalesce(t.unrealised, 0) as equity,
        coalesce(t.gross, 0) as gross, coalesce(t.net, 0) as net, coalesce(t.open, false) as open,
        greatest(0, -(coalesce(t.bearing, 0) + coalesce(t.written, 0) + greatest(0, coalesce(t.hedging, 0)))) as loss
    from living a left join total t on t.account_id = a.id
), due as (
    select a.id, f.blocked, f.equity, f.gross, f.net
    from accounts a join figures f on f.id = a.id and f.version = a.version
    where a.blocked_loss <> f.blocked or a.equity <> f.equity or a.peak_equity < f.equity
        or a.gross_exposure <> f.gross or a.net_exposure <> f.net
    order by a.id for no key update of a skip locked
), changed as (
    update accounts a set blocked_loss = d.blocked, equity = d.equity, gross_exposure = d.gross, net_exposure = d.net,
        peak_equity = greatest(a.peak_equity, d.equity)
    from due d where a.id = d.id returning a.id
), standing as (
    select a.*, f.equity as worth, greatest(a.peak_equity, f.equity) as peak,
        a.opening_equity + a.flows_today - f.equity as lost, a.opening_equity + a.flows_today as capital,
        f.loss, f.open, a.cash - f.blocked as free, c.since, c.closing_since,
        m.running and m.phase = 'OPEN' and a.trading_date = m.trading_date as trades
    from living a join figures f on f.id = a.id join markets m on m.id = a.market
    left join margin_calls c on c.account_id = a.id
), losing as (
    select json_build_array(id, user_id, version, opening_equity, flows_today, worth, peak) as row, id from standing
    where trading_state = 'ACTIVE' and (
        (lost > 0 and (lost >= %(loss)s::bigint or lost::float8 * 10000 >= (%(share)s::float8 - 1) * capital))
        or (peak > worth and (peak - worth)::float8 * 10000 >= (%(drawdown)s::float8 - 1) * peak))
), owing as (
    select json_build_array(id, free, funds, loss, open, trades, since, closing_since) as row, id from standing
    where free < 0 or since is not null
        or (loss > 0 and loss::float8 * 10000 >= (%(closes_at)s::float8 - 1) * greatest(0, funds))
)
select (select count(*) from living), (select max(id) from living), (select count(*) from changed),
    (select json_agg(row order by id)::text from losing), (select json_agg(row order by id)::text from owing)
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """An account that trades freely and has lost something, at one version of its row."""

    id: int
    user_id: int
    version: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Below these nobody needs a second look: the strictest daily loss (paise), its share of the day's capital and
    drawdown of any account (basis points), and the share of the funds at which positions are closed. None: no such
    limit. The look takes in a little less too, because limits round; core decides."""

    loss: int | None
    share: int | None
    drawdown: int | None
    closes_at: int


@dataclass(slots=True)
class Looked:
    """How many rows were written, who may have reached a limit of losses, and who owes or has lost too much."""

    changed: int
    losing: list[Watched]
    owing: list[Standing]


def facts(connection: Connection, market: str) -> tuple[int, date] | None:
    """(version of the risk limits, the market's trading date); None of a market that is not there."""
    row: Any = connection.execute(
        "select r.version, m.trading_date from markets m, risk_version r where m.id = %s", [market]
    ).fetchone()
    return (row[0], row[1]) if row else None


def look(connection: Connection, market: str, thresholds: Thresholds, after: int) -> tuple[Looked, int | None]:
    """Look at the next accounts of a market behind the id ``after``, and write what has changed. With it comes the id
    to go on behind, None where these were the last."""
    row: Any = connection.execute(
        LOOK,
        {
            "market": market, "after": after, "most": AT_ONCE, "loss": thresholds.loss, "share": thresholds.share,
            "drawdown": thresholds.drawdown, "closes_at": thresholds.closes_at,
        },
    ).fetchone()  # fmt: skip
    seen, last, changed, losing, owing = row
    looked = Looked(
        changed,
        [Watched(number, user, version, Figures(*figures)) for number, user, version, *figures in _rows(losing)],
        [_standing(each) for each in _rows(owing)],
    )
    return looked, last if seen == AT_ONCE else None


def _standing(values: list[Any]) -> Standing:
    account_id, free, funds, loss, is_open, trades, since, closing_since = values
    return Standing(account_id, free, funds, loss, is_open, trades, _moment(since), _moment(closing_since))


def _rows(text: str | None) -> list[list[Any]]:
    return orjson.loads(text) if text else []


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
