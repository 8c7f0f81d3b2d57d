"""What an account's owner should hear of without having asked, read from where it is stored anyway.

An alert has a name made of what it is told by (``gtt-7-3``), so that the same one is known again. Each branch is
bounded by the account and by time, through an index of few rows: a program that is refused or trades all day long makes
its account's alerts no slower to read.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from db.engine import Database
from db.reading import Statement, ask

_BRANCHES = """
select 'risk-' || d.id as alert, d.account_id, d.at, 'RISK' as kind, d.decision as event, d.rule as reason_code,
       d.sentence as detail, d.order_id, null::bigint as gtt_id, null::bigint as trade_id,
       null::integer as instrument_id
from risk_decisions d
where d.account_id = one.id and d.decision <> 'REFUSED' and d.at >= :since
union all
select 'gtt-' || e.gtt_id || '-' || e.n, g.account_id, e.at, 'GTT', e.event, e.reason_code, e.reason, l.order_id,
       e.gtt_id, null, g.instrument_id
from gtts g join gtt_events e on e.gtt_id = g.id left join gtt_legs l on l.gtt_id = e.gtt_id and l.leg = e.leg
where g.account_id = one.id and g.updated_at >= :since and e.at >= :since
  and e.event in ('FIRED', 'REJECTED', 'ADJUSTED', 'DISABLED', 'EXPIRED')
union all
select 'call-' || (extract(epoch from c.since) * 1000000)::bigint, c.account_id, c.since, 'MARGIN_CALL', 'CALLED', 500,
       null, null, null, null, null
from margin_calls c where c.account_id = one.id and c.since >= :since
union all
select 'closing-' || (extract(epoch from c.closing_since) * 1000000)::bigint, c.account_id, c.closing_since,
       'MARGIN_CALL', 'CLOSING', 507, null, null, null, null, null
from margin_calls c where c.account_id = one.id and c.closing_since >= :since
union all
select 'order-' || o.id, o.account_id, o.placed_at, 'SQUARE_OFF', o.origin, o.reason_code, o.reason, o.id, null, null,
       o.instrument_id
from orders o
where o.account_id = one.id and o.placed_at >= :since and o.origin in ('SQUARE_OFF', 'SYSTEM', 'RISK')
union all
select 'trade-' || t.id, t.account_id, t.traded_at, 'CONTRACT', t.kind, null, null, null, null, t.id, t.instrument_id
from trades t
where t.account_id = one.id and t.traded_at >= :since and t.kind <> 'FILL'
union all
select 'price-' || r.alert_id || '-' || r.n, r.account_id, r.at, 'PRICE', 'RANG', null, r.sentence, null, null, null,
       (select p.instrument_id from price_alerts p where p.id = r.alert_id)
from price_alert_rings r where r.account_id = one.id and r.at >= :since
union all
select 'closes-' || r.trading_date || case when r.finished_at is null then '-waits' else '' end, one.id,
       coalesce(r.finished_at, r.started_at), 'SETTLEMENT',
       case when r.finished_at is null then 'WAITS' else 'LAST_SEEN' end, null, r.error, null, null, null, null
from accounts a join job_runs r on r.market = a.market and r.job = 'closes'
where a.id = one.id and r.error is not null and coalesce(r.finished_at, r.started_at) >= :since
"""


def newest(accounts: str, bound: str = "true") -> str:
    """The alerts since :since of each account in a list ``as one(id)``, newest first, :limit of each account; ``bound``
    is what else holds of an alert ``b``. All of one instant come together, so that the instant alone says where the
    next page begins."""
    return f"""
    select a.*, (extract(epoch from a.at) * 1000000)::bigint as micros
    from {accounts} cross join lateral (
        select * from ({_BRANCHES}) b where {bound} order by b.at desc fetch first :limit rows with ties
    ) a
    order by a.at desc
    """


ALERTS = Statement(
    newest(
        "unnest(cast(:accounts as bigint[])) as one(id)",
        "cast(:before as bigint) is null or b.at < to_timestamp(cast(:before as bigint) / 1000000.0)",
    )
)


def alerts(
    database: Database, accounts: Sequence[int], since: datetime, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Alerts of some accounts, newest first, not older than ``since`` and before an instant in microseconds; of each
    account the newest ``limit``, or more where several came at one instant."""
    values = {"accounts": list(accounts), "since": since, "before": before, "limit": limit}
    return [dict(row) for row in ask(database, ALERTS, **values)]
