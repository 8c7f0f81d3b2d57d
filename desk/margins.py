"""Margins follow the risk snapshots: each new one is posted to every account that has a group of its market."""

from core import settlement
from db import trading_reads
from db.engine import Database, retrying
from db.trading import commit
from desk import masters
from desk.availability import alone
from desk.working import ACCOUNTS, facts_of, open_task, ring

AT_ONCE = 500


def follow_snapshot(database: Database, market: str) -> int:
    """Bring every group that was secured at an older snapshot to the market's present one; how many accounts.

    A top-up may take CASH below zero, which is a margin call and no refusal. Killed half-way, it goes on with
    the accounts that are still behind.
    """
    done, seen = 0, list[int]()
    while True:
        with database.connection() as connection:
            behind = trading_reads.behind_the_snapshot(connection, market, seen, AT_ONCE)
        if not behind:
            break
        masters.forget(database)  # an expiry that has moved is one of the reasons
        for account_id in behind:
            seen.append(account_id)
            with alone(account_id, "margins"):
                retrying(lambda account_id=account_id: _one(database, account_id))  # type: ignore[misc]
                done += 1
    if done:
        ring(database, ACCOUNTS)
    return done


def _one(database: Database, account_id: int) -> None:
    master = masters.get(database)
    with database.connection() as connection:
        task = open_task(connection, master, account_id, whole=True)
        facts = facts_of(master, task.loaded)
        settlement.remargin(task.work, facts, facts.now)
        commit(connection, [task.work], final=True)
