"""``python -m tests.simulation --seed 7``: one seed, its summary as a line of JSON, exit 1 where it goes wrong.

``--days 1000`` goes on with the next seeds until so many trading days have been closed: days of some eight acts, so
that most of the time goes into what happens when one ends and the next begins.
"""

import argparse
import itertools
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import log
from tests import cluster
from tests.simulation import drama, ground
from tests.simulation.run import SHORT_DAYS, STEPS, Story, Violated, simulate

SUMMED = ("days", "deaths", "orders", "trades", "fired", "written", "converted", "called", "rung")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps of each seed ({STEPS})")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, counting up (1)")
    parser.add_argument("--days", type=int, help="seeds until so many trading days were closed, instead of --seeds")
    parser.add_argument("--day-weight", type=int, help="how often a day ends; what a failure under --days prints")
    given = parser.parse_args(arguments)
    weight = given.day_weight or (drama.WEIGHTS[drama.day_ends] if given.days is None else SHORT_DAYS)
    logging.getLogger(log.ROOT).propagate = False  # deaths and lost leads are what is simulated, hundreds of them
    whole: Counter[str] = Counter()
    began = time.monotonic()
    with cluster.running() as running:
        template = ground.template(running, cluster.seeded(running, cluster.migrated(running)))
        for count in itertools.count(1):
            told = one(running, template, given.seed + count - 1, given.steps, weight)
            whole.update({name: told[name] for name in SUMMED if name in told} | {"wrong": int(not told["sound"])})
            if (count >= given.seeds) if given.days is None else (whole["days"] >= given.days):
                break
    print(json.dumps({"seeds": count, **whole, "seconds": round(time.monotonic() - began, 1)}), file=sys.stderr)
    return 1 if whole["wrong"] else 0


def one(running: cluster.Throwaway, template: str, seed: int, steps: int, day_weight: int) -> dict[str, Any]:
    """Run a seed and tell of it; ``sound`` says whether everything held."""
    began = time.monotonic()
    told: dict[str, Any] = {"seed": seed, "steps": steps, "sound": True}
    try:
        with ground.cloned(running, template) as (database, clock):
            story: Story = simulate(database, clock, seed, steps, day_weight)
        told |= story.as_dict()
    except Violated as violated:
        told |= {"sound": False, "step": violated.step, "violations": violated.sentences}
        print(f"{violated} --steps {steps} --day-weight {day_weight}", file=sys.stderr)
    told["seconds"] = round(time.monotonic() - began, 2)
    print(json.dumps(told), flush=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
