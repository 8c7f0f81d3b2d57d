"""The drill: traders trade, something is killed, trading goes on; in the end the books are compared."""

import random
import statistics
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from desk import access, identity
from desk.verify import verify
from tests.drill import faults
from tests.drill.audit import audit
from tests.drill.clients import Trader, trading
from tests.drill.kagaz import PATIENCE, Kagaz, running, until

TRADERS = 4
CASH = 10_000_000_000
# Seconds within which trading must go on after every fault.
BOUND = 10.0


@dataclass
class Outcome:
    """``recoveries``: seconds from each fault to a test order filled, by kind of fault."""

    seed: int
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    violations: list[str] = field(default_factory=list)
    asked: int = 0
    acknowledged: int = 0
    unknown: int = 0
    replayed: int = 0
    fills: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or invented."""
        return not self.violations

    @property
    def quick(self) -> bool:
        """Whether trading always went on in time."""
        return all(one <= BOUND for many in self.recoveries.values() for one in many)

    def summary(self) -> dict[str, Any]:
        """One JSON object."""
        kinds = {
            kind: {"n": len(many), "median_s": round(statistics.median(many), 2), "worst_s": round(max(many), 2)}
            for kind, many in sorted(self.recoveries.items())
        }
        counts = {name: getattr(self, name) for name in ("asked", "acknowledged", "unknown", "replayed", "fills")}
        told = {"sound": self.sound, "within_bound": self.quick, "bound_s": BOUND}
        return {"seed": self.seed, **told, **counts, "faults": kinds, "violations": self.violations}


def plan(number: int, chance: random.Random) -> list[str]:
    """So many faults in a random order, every kind as often as the next."""
    rounds = [chance.sample(sorted(faults.FAULTS), len(faults.FAULTS)) for _ in range(number)]
    return [kind for each in rounds for kind in each][:number]


def run(number: int, seed: int) -> Outcome:
    """Drill a Kagaz with so many faults."""
    chance = random.Random(seed)
    outcome = Outcome(seed)
    with running() as kagaz, ExitStack() as connections:
        traders = [_trader(kagaz, f"drill{index}", seed) for index in range(TRADERS)]
        probe = _trader(kagaz, "probe", seed)
        for trader in (*traders, probe):
            connections.callback(trader.close)
        _fill_one(probe, PATIENCE)
        try:
            with trading(traders):
                for count, kind in enumerate(plan(number, chance), 1):
                    time.sleep(chance.uniform(1.0, 3.0))
                    seconds = _harm(kagaz, probe, kind, chance, outcome)
                    outcome.recoveries[kind].append(seconds)
                    sys.stderr.write(f"{count}/{number} {kind}: trades again after {seconds:.2f} s\n")
                    outcome.violations += _books(kagaz, f"after {kind}")
            _settle(kagaz, probe)
            outcome.violations += audit(kagaz, [*traders, probe])
        except Exception:
            sys.stderr.write(kagaz.told() + "\n")
            raise
        _count(kagaz, outcome, [*traders, probe])
    return outcome


def _trader(kagaz: Kagaz, name: str, seed: int) -> Trader:
    identity.add_user(kagaz.database, name, "trader", cash_paise=CASH, actor="drill")
    token, _ = identity.create_token(kagaz.database, "drill", name)
    return Trader(kagaz, name, token, access.by_key(kagaz.database, f"{name}/main").id, seed)


def _harm(kagaz: Kagaz, probe: Trader, kind: str, chance: random.Random, outcome: Outcome) -> float:
    """Do it; the seconds until a test order was filled."""
    before = faults.term(kagaz) if kind == "pause" else 0
    if kind == "pause":
        # Its second sidecar starts first; the harm begins when the first one stops.
        faults.pause(kagaz, chance)
        if faults.term(kagaz) != before:
            outcome.violations.append("a second sidecar took the lead from one that was well")
        began = time.monotonic()
    else:
        began = time.monotonic()
        faults.FAULTS[kind](kagaz, chance)
    _fill_one(probe, PATIENCE)
    seconds = time.monotonic() - began
    if kind == "pause":
        faults.wake(kagaz, began, chance)
        _fill_one(probe, PATIENCE)
        if faults.term(kagaz) != before + 1:
            outcome.violations.append(
                f"the term went from {before} to {faults.term(kagaz)}, not to the one standing by"
            )
        kagaz.end_standby()
        _fill_one(probe, PATIENCE)
    return seconds


def _fill_one(probe: Trader, patience: float) -> None:
    """Place a test order and wait until it is filled."""
    deadline = time.monotonic() + patience
    while True:
        asked = probe.place("INFY", marketable=True, side="BUY", product="CNC")
        if asked.status == 201 and asked.order_id is not None:
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"no test order is accepted: {asked.status} {asked.detail}")
        time.sleep(0.1)
    number = asked.order_id
    until(lambda: probe.filled(number), f"test order {number} is filled", deadline - time.monotonic())


def _settle(kagaz: Kagaz, probe: Trader) -> None:
    """Wait until all that was asked is done: the last fills are those of orders that were asked before this one."""
    _fill_one(probe, PATIENCE)
    until(kagaz.ready, "Kagaz is ready again")


def _books(kagaz: Kagaz, when: str) -> list[str]:
    """The invariants of every account, at one moment of the running market."""
    return [f"{when}: {each}" for each in verify(kagaz.database).violations]


def _count(kagaz: Kagaz, outcome: Outcome, traders: list[Trader]) -> None:
    asked = [one for trader in traders for one in trader.asked]
    outcome.asked = len(asked)
    outcome.acknowledged = sum(one.history[-1] == "ok" for one in asked)
    outcome.unknown = sum("unknown" in one.history for one in asked)
    outcome.replayed = sum(one.replayed for one in asked)
    with kagaz.database.connection() as connection:
        row = connection.execute("select count(*) from trades").fetchone()
    outcome.fills = int(row[0]) if row else 0
