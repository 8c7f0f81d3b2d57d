"""What must hold after every step, beyond the invariants of the books themselves."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from db import contract_notes as rows
from desk import contract_notes, masters, verify
from tests.simulation.exchange import STALE_AFTER, Exchange
from tests.simulation.ground import Ground
from tests.simulation.history import History

EQUITY = """
select a.id, a.cash + a.hold + a.margin + a.invested + a.unsettled + a.gains + a.option_credit
           + coalesce((select sum(p.quantity::bigint * coalesce(q.last_price, 0) - p.mark) from positions p
                       left join quotes q on q.market = a.market and q.instrument_id = p.instrument_id
                       where p.account_id = a.id), 0)::bigint,
       coalesce((select sum(case from_ledger when 'BANK' then amount else -amount end) from transfers t
                 where t.account_id = a.id and 'BANK' in (from_ledger, to_ledger)), 0)::bigint,
       coalesce((select sum(total) from charge_entries c where c.account_id = a.id), 0)::bigint,
       coalesce((select sum(case side when 'BUY' then -value else value end) from trades t
                 where t.account_id = a.id), 0)::bigint
           + coalesce((select sum(t.signed * coalesce(q.last_price, 0)) from (
                 select instrument_id, sum(case side when 'BUY' then quantity else -quantity end) as signed
                 from trades where account_id = a.id group by 1) t
                 left join quotes q on q.market = a.market and q.instrument_id = t.instrument_id), 0)::bigint
           + coalesce((select sum(round(((s.levels -> 0 ->> 0)::int * s.before - (s.levels -> 0 ->> 1)::int * (s.before
                     + case s.side when 'BUY' then s.quantity else -s.quantity end))::numeric * s.last_price
                     / (s.levels -> 0 ->> 1)::int))
                 from (select s.*, (select sum(case b.side when 'BUY' then b.quantity else -b.quantity end)
                           from (select account_id, instrument_id, product, id, side, quantity from trades
                                 union all select account_id, instrument_id, to_product, id, 'BUY', quantity
                                           from conversions
                                 union all select account_id, instrument_id, from_product, id, 'SELL', quantity
                                           from conversions) b
                           where b.account_id = s.account_id and b.instrument_id = s.instrument_id
                             and b.product = s.product and b.id < s.id) as before
                       from trades s where s.account_id = a.id and s.kind = 'SPLIT') s), 0)::bigint
from accounts a order by a.id
"""
# Every use case that writes raises a version; a step that wrote nothing is not looked at again.
WRITTEN = """
select (select array_agg((id, version, trading_date)::text order by id) from accounts),
       (select count(*) from transfers), (select count(*) from order_events), (select count(*) from requests)
"""
TRADES = """
select t.id, t.order_id, t.instrument_id, case t.side when 'BUY' then 1 else -1 end, t.quantity, t.price, t.frame,
       t.last_price, t.levels, (extract(epoch from t.exchange_time) * 1000)::bigint, m.frame
from trades t join accounts a on a.id = t.account_id join markets m on m.id = a.market
where t.kind = 'FILL' and t.id > %s order by t.id
"""
# What must be blocked, reckoned apart from the look that blocks it; only where every position has a price.
BLOCKED = """
select a.id, a.blocked_loss, greatest(0, -coalesce(sum(p.quantity::bigint * q.last_price - p.mark)
           filter (where p.product <> 'CNC' and i.kind not in ('CE', 'PE')), 0))::bigint
from accounts a left join positions p on p.account_id = a.id and p.quantity <> 0
left join instruments i on i.id = p.instrument_id
left join quotes q on q.market = a.market and q.instrument_id = p.instrument_id
where a.archived_at is null group by a.id having count(p.*) = count(q.*)
"""
# Positions that bear risk of accounts that are being closed for it, whose price is fresh and may be traded on.
LEFT_OPEN = """
select p.account_id, p.instrument_id, p.quantity from margin_calls c join positions p on p.account_id = c.account_id
join accounts a on a.id = p.account_id join markets m on m.id = a.market
join instruments i on i.id = p.instrument_id
join quotes q on q.market = a.market and q.instrument_id = p.instrument_id
where c.closing_since is not null and p.product <> 'CNC' and (p.quantity < 0 or (p.quantity > 0 and i.kind = 'FUT'))
  and q.stored_at > clock_timestamp() - interval '9 seconds' and m.phase = 'OPEN' and a.trading_date = m.trading_date
  and not exists (select 1 from orders o where o.account_id = p.account_id and o.instrument_id = p.instrument_id
                    and o.origin in ('RISK', 'SYSTEM', 'SQUARE_OFF')
                    and (o.status = 'OPEN' or o.updated_at >= c.closing_since))
"""
GROUPS = """
select g.account_id, g.segment, g.underlying_id, g.position_margin + g.order_margin, g.snapshot_id, m.risk_snapshot_id
from margin_groups g join accounts a on a.id = g.account_id join markets m on m.id = a.market
"""


TOLD = """
select (select (detail ->> 'accounts')::bigint from job_runs
        where job = 'roll' and trading_date = %(day)s and finished_at is not null),
       (select count(*) from daily_equity e join accounts a on a.id = e.account_id
        where e.trading_date = %(day)s and a.archived_at is null)
"""
# What the house has told an account of itself, and what it blocks: nothing of it changes while a date is rolled.
STANDING = """
select a.id, a.trading_state, a.peak_equity, c.since, c.closing_since,
       (select sum(position_margin) from margin_groups where account_id = a.id)
from accounts a left join margin_calls c on c.account_id = a.id order by a.id
"""


@dataclass
class Checks:
    """Remembers what it saw, so that each step is held against the one before."""

    database: Ground
    exchange: Exchange
    history: History
    last_trade: int = 0
    taken: defaultdict[tuple[int, int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    margins: dict[tuple[Any, ...], tuple[int, int | None]] = field(default_factory=dict)
    profit: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    trades: int = 0
    written: Any = None

    def after(self, only_fills: bool) -> list[str]:
        """Every sentence of what is wrong now. ``only_fills``: nobody placed or modified in this step."""
        found = self.exchange.missed()
        with self.database.connection() as connection:
            written = connection.execute(WRITTEN).fetchone()
        if written == self.written:
            return found
        self.written = written
        found += verify.verify(self.database).violations
        with self.database.connection() as connection:
            found += self._equity(connection.execute(EQUITY).fetchall())
            found += self._margins(connection.execute(GROUPS).fetchall(), only_fills)
            found += self.history.violations(connection)
        return found

    def fills(self) -> list[str]:
        """What is wrong with the trades that are new, while the display they name is still the present one."""
        with self.database.connection() as connection:
            return self._fills(connection.execute(TRADES, [self.last_trade]).fetchall())

    def looked(self) -> list[str]:
        """After a look at all accounts: what open losses block is what they are."""
        with self.database.connection() as connection:
            rows = connection.execute(BLOCKED).fetchall()
        return [
            f"account {account} blocks {blocked} for open losses of {lost}"
            for account, blocked, lost in rows
            if blocked != lost
        ]

    def called(self) -> list[str]:
        """After margin calls were followed: what is to be closed for its risk has been sent an order of the house."""
        with self.database.connection() as connection:
            rows = connection.execute(LEFT_OPEN).fetchall()
        return [
            f"account {account} is being squared off, and nothing closes its {quantity} of {instrument}"
            for account, instrument, quantity in rows
        ]

    def noted(self, day: date) -> list[str]:
        """A day that is closed was charged what its contract notes say, to the paisa."""
        master, found = masters.get(self.database), []
        with self.database.connection() as connection:
            accounts = connection.execute(
                "select distinct t.account_id from trades t join accounts a on a.id = t.account_id"
                " where t.trading_date = %s and a.trading_date > %s", [day, day],
            ).fetchall()  # fmt: skip
            for (account,) in accounts:
                plan = rows.plan_on(connection, account, day)
                note = contract_notes.of_day(connection, master, account, day, plan).total.total
                charged = sum(each.total for each in rows.booked(connection, account, day, noted=True).values())
                if note != charged:
                    found.append(f"account {account}: the note of {day} says {note}, {charged} was charged")
        return found

    def standing(self) -> list[tuple[Any, ...]]:
        """How each account stands with the house, to be held against how it stood."""
        with self.database.connection() as connection:
            return connection.execute(STANDING).fetchall()

    def told(self, day: date) -> list[str]:
        """The run of a date that is closed tells of all its accounts, whoever rolled them."""
        with self.database.connection() as connection:
            told, kept = connection.execute(TOLD, {"day": day}).fetchone()
        return [] if told == kept else [f"the roll of {day} told of {told} accounts, {kept} were rolled"]

    def _equity(self, rows: list[tuple[int, ...]]) -> list[str]:
        """Equity changes by what trades and prices earned, less charges, plus flows; to the paisa."""
        found = []
        for account, equity, flows, charges, earned in rows:
            before = self.profit.get(account, (0, 0, 0, 0))
            changed, came, paid, gained = (a - b for a, b in zip((equity, flows, charges, earned), before, strict=True))
            if changed != gained - paid + came:
                found.append(
                    f"account {account}: equity changed by {changed}, but {gained} was earned, {paid} charged and"
                    f" {came} came"
                )
            self.profit[account] = (equity, flows, charges, earned)
        return found

    def _margins(self, rows: list[tuple[Any, ...]], only_fills: bool) -> list[str]:
        """At one snapshot a fill or a cancel never raises what a group carries."""
        found, now = [], {}
        for account, segment, underlying, total, snapshot, present in rows:
            key = account, segment, underlying
            before = self.margins.get(key, (0, None))
            if only_fills and total > before[0] and before[1] == snapshot == present:
                found.append(f"account {account}: a fill or cancel raised the margin of {segment} {underlying}")
            now[key] = total, snapshot
        self.margins = now
        return found

    def _fills(self, rows: list[tuple[Any, ...]]) -> list[str]:
        found = []
        for trade, order, instrument, sign, quantity, price, frame, last, levels, at, stored in rows:
            self.last_trade, self.trades = trade, self.trades + 1
            found += [
                f"trade {trade} of order {order} ({'buy' if sign > 0 else 'sell'} {quantity} at {price}, frame {frame})"
                f" {what}"
                for what in self._fill(instrument, sign, price, frame, last, levels, at, stored)
            ]
        return found

    def _fill(
        self, instrument: int, sign: int, price: int, frame: int, last: int, levels: list[list[int]], at: int,
        stored: int,
    ) -> list[str]:  # fmt: skip
        """Every fill was displayed, once, by a frame that was stored and fresh, and is no better than that."""
        shown = self.exchange.shown.get(frame)
        if shown is None or frame > stored:
            return ["names a frame that was never shown"]
        row = next((each for each in shown.frame.rows if each["instrument"] == instrument), None)
        if row is None:
            return ["names a frame that did not show its instrument"]
        found = []
        if (int(row["last_price"]), int(row["exchange_time"])) != (last, at):
            found.append("carries evidence that its frame does not")
        age = self.exchange.clock.monotonic() * 1000 - self.exchange.bus.published_at * 1000
        if age > STALE_AFTER or frame <= self.exchange.voided:
            found.append(f"was made on a stale display ({age:.0f} ms of silence)")
        bid, ask = int(row["bid_price"][0]), int(row["ask_price"][0])
        if (bid and ask and bid >= ask) or not (bid or ask):
            found.append("was made on a crossed or empty display")
        side = "ask" if sign > 0 else "bid"
        displayed = dict(zip(row[f"{side}_price"].tolist(), row[f"{side}_quantity"].tolist(), strict=True))
        printed = {last, int(row["low"]), int(row["high"])}
        for at_price, part in levels:
            if (price - at_price) * sign < 0:
                found.append(f"is better than the {at_price} it took")
            self.taken[frame, instrument, sign, at_price] += part
            most = displayed.get(at_price, 0)
            if at_price not in printed and self.taken[frame, instrument, sign, at_price] > most:
                found.append(f"took {self.taken[frame, instrument, sign, at_price]} at {at_price}, {most} were shown")
        return found
