"""``python -m tests.simulation --seed 7``: one seed, its summary as a line of JSON, exit 1 where it goes wrong.

``--days 1000`` goes on with the next seeds until so many trading days have been closed.
"""

import argparse
import itertools
import json
import logging
import sys
import time
from collections.abc import Sequence

import log
from tests import cluster
from tests.simulation import ground
from tests.simulation.run import STEPS, Story, Violated, simulate


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps of each seed ({STEPS})")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, counting up (1)")
    parser.add_argument("--days", type=int, help="seeds until so many trading days were closed, instead of --seeds")
    given = parser.parse_args(arguments)
    logging.getLogger(log.ROOT).propagate = False  # deaths and lost leads are what is simulated, hundreds of them
    wrong = days = 0
    began = time.monotonic()
    with cluster.running() as running:
        template = ground.template(running, cluster.seeded(running, cluster.migrated(running)))
        for count in itertools.count(1):
            told = one(running, template, given.seed + count - 1, given.steps)
            wrong += not told["sound"]
            days += int(str(told.get("days", 0)))
            if (count >= given.seeds) if given.days is None else (days >= given.days):
                break
    whole = {"seeds": count, "days": days, "wrong": wrong, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(whole), file=sys.stderr)
    return 1 if wrong else 0


def one(running: cluster.Throwaway, template: str, seed: int, steps: int) -> dict[str, object]:
    """Run a seed and tell of it; ``sound`` says whether everything held."""
    began = time.monotonic()
    told: dict[str, object] = {"seed": seed, "steps": steps, "sound": True}
    try:
        with ground.cloned(running, template) as (database, clock):
            story: Story = simulate(database, clock, seed, steps)
        told |= story.as_dict()
    except Violated as violated:
        told |= {"sound": False, "step": violated.step, "violations": violated.sentences}
        print(f"{violated} --steps {steps}", file=sys.stderr)
    told["seconds"] = round(time.monotonic() - began, 2)
    print(json.dumps(told), flush=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
