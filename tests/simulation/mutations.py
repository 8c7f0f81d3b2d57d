"""Proof that the simulation sees: what keeps the books right is taken away, one thing at a time.

``python -m tests.simulation.mutations`` runs seeds against each mutation until one fails, and says which.
A mutation that survives all seeds ends it with 1: then the simulation is blind to what it claims to watch.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import psycopg

import core.price_rules
import core.risk
import desk.filling
import desk.trading
import desk.wallet
import jobs.matcher
import log
from core.book import Resting
from core.matching import wake
from db import trading_reads
from db.engine import Database
from desk.filling import Changed
from desk.leadership import Leadership
from tests import cluster
from tests.simulation import ground
from tests.simulation.run import Violated, simulate

SEEDS = 60
FOREVER = 10**12


@dataclass(frozen=True)
class Mutation:
    """``texts`` are replaced in functions of the database, ``statements`` run there, ``patches`` applied here."""

    name: str
    takes_away: str
    texts: tuple[tuple[str, str, str], ...] = ()
    statements: tuple[str, ...] = ()
    patches: Callable[[ExitStack], object] = lambda stack: None


def _no_term(stack: ExitStack) -> None:
    stack.enter_context(patch.object(Leadership, "guard", lambda self, connection: None))


def _no_term_for_a_new_book(stack: ExitStack) -> None:
    def load_open(database: Database, leadership: Any, market: str) -> list[Resting]:
        with database.connection() as connection:
            trading_reads.forget_changes(connection, market)
            return trading_reads.open_orders(connection, market)

    stack.enter_context(patch.object(desk.filling, "load_open", load_open))


def _no_replay(stack: ExitStack) -> None:
    for module in (desk.trading, desk.wallet):
        stack.enter_context(patch.object(module, "replay", lambda stored, asked: None))


def _any_age(stack: ExitStack) -> None:
    stack.enter_context(patch.object(jobs.matcher, "STALE_AFTER", FOREVER))


def _any_quote(stack: ExitStack) -> None:
    rules = tuple(rule for rule in core.risk.FORM if rule is not core.price_rules.price_is_fresh)
    stack.enter_context(patch.object(core.risk, "FORM", rules))


def _by_last_id(stack: ExitStack) -> None:
    """Remember the last id seen, as a reader might that takes ids for commit order."""
    take = desk.filling.take_changes
    seen = {"id": 0}

    def take_changes(database: Database, leadership: Any, market: str) -> Changed:
        changed = take(database, leadership, market)
        fresh = [one for one in changed.resting if one.order_id > seen["id"]]
        seen["id"] = max((one.order_id for one in changed.resting), default=seen["id"])
        return Changed(fresh, changed.ended)

    stack.enter_context(patch.object(desk.filling, "take_changes", take_changes))


def _fills_after_changes(stack: ExitStack) -> None:
    def step(self: Any, frame: Any, published_at: float = 0.0, rung: bool = False) -> None:
        outcomes = [] if frame is None else self._take_in(frame, published_at)
        due = jobs.matcher.time.monotonic() - self._looked_at >= jobs.matcher.POLL
        if due:
            self._look()
        if due or rung or self.behind:
            outcomes += self._take_changes()
        self._apply(outcomes + wake(self._book, self._depth, self._moment()))

    stack.enter_context(patch.object(jobs.matcher.Matcher, "step", step))


LOCK = ("load_work", "order by id for no key update", "order by id")
VERSION = ("commit_work", "and a.version = x.version - 1", "")
SAME_ORDER = "alter table orders drop constraint orders_account_id_client_order_id_key"
SAME_REQUEST = "alter table requests drop constraint requests_pkey"

MUTATIONS = (
    Mutation("account-lock", "the account's lock and the guard of its version", (LOCK, VERSION)),
    Mutation("account-lock-alone", "the account's lock; the guard of its version stands", (LOCK,)),
    Mutation("term", "the check of the leader's term", patches=_no_term),
    Mutation("term-of-a-new-book", "the term when a book is built", patches=_no_term_for_a_new_book),
    Mutation("key", "the answer under a key, and both unique keys", (), (SAME_ORDER, SAME_REQUEST), _no_replay),
    Mutation("key-alone", "the answer under a key; the unique keys stand", patches=_no_replay),
    Mutation("stale-tick", "the age after which a display fills nothing", patches=_any_age),
    Mutation("stale-quote", "the age after which a price judges no order", patches=_any_quote),
    Mutation("commit-order", "looking for open work by what is there", patches=_by_last_id),
    Mutation("fills-first", "writing fills before changes are read", patches=_fills_after_changes),
)


def _mutate(url: str, mutation: Mutation) -> None:
    with psycopg.connect(url) as connection:
        for function, text, instead in mutation.texts:
            row = connection.execute("select pg_get_functiondef(%s::regproc)", [function]).fetchone()
            assert row
            if text not in row[0]:
                raise LookupError(f"{function} does not say {text!r}: the mutation would change nothing")
            connection.execute(row[0].replace(text, instead))
        for statement in mutation.statements:
            connection.execute(statement.encode())


def killed_by(running: cluster.Throwaway, mutation: Mutation) -> tuple[int, str] | None:
    """(seed, sentence) of the first seed that fails under the mutation; None when all of them pass."""
    running.run("create database mutated template simulated strategy file_copy")
    try:
        _mutate(running.url("mutated"), mutation)
        for seed in range(1, SEEDS + 1):
            with ExitStack() as stack, ground.cloned(running, "mutated") as (database, clock):
                mutation.patches(stack)
                try:
                    simulate(database, clock, seed)
                except Violated as violated:
                    return seed, violated.sentences[0]
                except Exception as error:
                    return seed, str(error).splitlines()[0]
    finally:
        running.run("drop database mutated with (force)")
    return None


def main() -> int:
    logging.getLogger(log.ROOT).propagate = False
    survived = 0
    with cluster.running() as running:
        ground.template(running, cluster.seeded(running, cluster.migrated(running)))
        for mutation in MUTATIONS:
            began = time.monotonic()
            killed = killed_by(running, mutation)
            survived += killed is None
            told = {"mutation": mutation.name, "takes_away": mutation.takes_away, "killed": killed is not None}
            if killed is not None:
                told |= {"seed": killed[0], "by": killed[1]}
            print(json.dumps(told | {"seconds": round(time.monotonic() - began, 1)}), flush=True)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
