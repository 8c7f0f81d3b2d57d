"""Accounts that a kill switch wants flat, in SQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from db.trading import Connection


class Flattening(NamedTuple):
    """``pressed_by`` wants an account flat. ``open``: something still is; ``trades``: its market does."""

    account_id: int
    pressed_by: str
    open: bool
    trades: bool


def begin(connection: Connection, account_id: int, pressed_by: str) -> None:
    """From now on the account is to become flat; whoever pressed first stays named."""
    connection.execute(
        "insert into flattenings (account_id, pressed_by) values (%s, %s) on conflict (account_id) do nothing",
        [account_id, pressed_by],
    )


def due(connection: Connection, market: str, patience: timedelta) -> list[Flattening]:
    """Those of a market that were not tried within ``patience``, by account."""
    found = connection.execute(
        "select f.account_id, f.pressed_by, exists (select 1 from positions p where p.account_id = a.id"
        "     and p.quantity <> 0 and p.product <> 'CNC'),"
        " m.running and m.phase = 'OPEN' and a.trading_date = m.trading_date"
        " from flattenings f join accounts a on a.id = f.account_id join markets m on m.id = a.market"
        " where a.market = %s and a.archived_at is null"
        " and (f.tried_at is null or f.tried_at < clock_timestamp() - %s) order by 1",
        [market, patience],
    ).fetchall()
    return [Flattening(*row) for row in found]


def tried(connection: Connection, account_id: int) -> None:
    """Another try is made now."""
    connection.execute("update flattenings set tried_at = clock_timestamp() where account_id = %s", [account_id])


def end(connection: Connection, account_id: int) -> bool:
    """The account is flat; False where somebody else ended it."""
    return connection.execute("delete from flattenings where account_id = %s", [account_id]).rowcount == 1


def let_go(connection: Connection, accounts: Sequence[int]) -> None:
    """End those of accounts that no switch holds any more: neither their own nor one over their user or market."""
    connection.execute(
        "delete from flattenings f using accounts a where a.id = f.account_id and a.id = any(%s)"
        " and a.trading_state <> 'HALTED' and not exists (select 1 from kill_switches k where k.rearmed_at is null"
        "     and ((k.scope = 'USER' and k.subject = a.user_id::text)"
        "       or (k.scope = 'MARKET' and k.subject = a.market)))",
        [list(accounts)],
    )
