"""Proof that the simulation sees: what keeps the books right is taken away, one thing at a time.

``python -m tests.simulation.mutations`` runs seeds against each mutation until one fails, and says which.
A mutation that survives all seeds ends it with 1: then the simulation is blind to what it claims to watch.
Names of mutations pick some.
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

import core.conversion
import core.holds
import core.price_rules
import core.risk
import core.risk_account
import core.risk_rules
import db.account_watch
import desk.filling
import desk.margin_calls
import desk.trading
import desk.wallet
import jobs.matcher
import log
from core.account import Work
from core.book import Resting
from core.instruments import OPTIONS, Instrument
from core.matching import wake
from core.reasons import Reason, Refusal
from core.standing import TradingState
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
    """``texts`` are replaced in functions of the database, ``statements`` run there, ``patches`` applied here.

    ``first`` is the seed to begin with: one that is known to see it spares the ones before.
    """

    name: str
    takes_away: str
    texts: tuple[tuple[str, str, str], ...] = ()
    statements: tuple[str, ...] = ()
    patches: Callable[[ExitStack], object] = lambda stack: None
    first: int = 1


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


def _no_margin_of_options(stack: ExitStack) -> None:
    """What is written is not secured: contracts of other kinds are."""
    post = core.holds.post_margin

    def post_margin(work: Work, facts: Any, instrument: Instrument, *rest: Any, **named: Any) -> None:
        if instrument.kind not in OPTIONS:
            post(work, facts, instrument, *rest, **named)

    stack.enter_context(patch.object(core.holds, "post_margin", post_margin))


def _kept_order_margin(stack: ExitStack) -> None:
    """An order that ends gives back its own hold, and the group goes on blocking for it."""
    release = core.holds.release

    def released(*given: Any) -> None:
        with patch.object(core.holds, "post_margin", lambda *rest, **named: None):
            release(*given)

    stack.enter_context(patch.object(core.holds, "release", released))


def _no_claims(stack: ExitStack) -> None:
    stack.enter_context(patch.object(core.holds, "closable", lambda work, instrument, order: 0))


def _no_reduce_only(stack: ExitStack) -> None:
    """A halt still stands."""

    def state_allows(weighed: Any) -> Refusal | None:
        refusal = core.risk_account.state_allows(weighed)
        return refusal if refusal and refusal.reason is not Reason.ACCOUNT_REDUCING else None

    rules = (state_allows, *(rule for rule in core.risk_rules.ALWAYS if rule is not core.risk_account.state_allows))
    stack.enter_context(patch.object(core.risk_rules, "ALWAYS", rules))


def _any_conversion(stack: ExitStack) -> None:
    """A halt still stands; what an account that only reduces converts may cost what it likes."""
    state_of = core.conversion.state_of

    def allowed(work: Work, facts: Any) -> Any:
        state, *rest = state_of(work, facts)
        return (TradingState.ACTIVE if state is TradingState.REDUCING else state, *rest)

    stack.enter_context(patch.object(core.conversion, "state_of", allowed))


def _no_blocked_loss(stack: ExitStack) -> None:
    look = db.account_watch.LOOK.replace("set blocked_loss = d.blocked, equity", "set equity")
    stack.enter_context(patch.object(db.account_watch, "LOOK", look))


def _looked_at_while_rolled(stack: ExitStack) -> None:
    look = db.account_watch.LOOK.replace(" and phase <> 'ROLL'", "").replace(
        "and trading_date = (", "and date '1-1-1' < ("
    )
    assert look != db.account_watch.LOOK
    stack.enter_context(patch.object(db.account_watch, "LOOK", look))


def _no_square_off_of_risk(stack: ExitStack) -> None:
    stack.enter_context(patch.object(desk.margin_calls, "close", lambda *given: []))


LOCK = ("load_work", "order by id for no key update", "order by id")
VERSION = ("commit_work", "and a.version = x.version - 1", "")
SAME_ORDER = "alter table orders drop constraint orders_account_id_client_order_id_key"
SAME_REQUEST = "alter table requests drop constraint requests_pkey"

MUTATIONS = (
    Mutation("account-lock", "the account's lock and the guard of its version", (LOCK, VERSION), first=7),
    Mutation("account-lock-alone", "the account's lock; the guard of its version stands", (LOCK,), first=5),
    Mutation("term", "the check of the leader's term", patches=_no_term, first=3),
    Mutation("term-of-a-new-book", "the term when a book is built", patches=_no_term_for_a_new_book, first=3),
    Mutation("key", "the answer under a key, and both unique keys", (), (SAME_ORDER, SAME_REQUEST), _no_replay),
    Mutation("key-alone", "the answer under a key; the unique keys stand", patches=_no_replay),
    Mutation("stale-tick", "the age after which a display fills nothing", patches=_any_age),
    Mutation("stale-quote", "the age after which a price judges no order", patches=_any_quote, first=23),
    Mutation("commit-order", "looking for open work by what is there", patches=_by_last_id, first=7),
    Mutation("fills-first", "writing fills before changes are read", patches=_fills_after_changes, first=19),
    Mutation("written-margin", "the margin of written options", patches=_no_margin_of_options, first=2),
    Mutation("order-margin", "the release of order margin when an order ends", patches=_kept_order_margin),
    Mutation("claims", "the claim of a resting buy on a short", patches=_no_claims, first=74),
    Mutation("reduce-only", "the check that a stopped account only reduces", patches=_no_reduce_only, first=24),
    Mutation(
        "conversion", "the check that what a stopped account converts takes no money", patches=_any_conversion, first=9
    ),
    Mutation("blocked-loss", "what open losses block", patches=_no_blocked_loss, first=7),
    Mutation(
        "rolling", "the rule that nobody is looked at while a date is rolled", patches=_looked_at_while_rolled, first=2
    ),
    Mutation("square-off", "the square-off that follows a margin call", patches=_no_square_off_of_risk, first=29),
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
        for seed in range(mutation.first, mutation.first + SEEDS):
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
        for mutation in (each for each in MUTATIONS if not sys.argv[1:] or each.name in sys.argv[1:]):
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
