"""``python -m tests.simulation --seed 7``: one seed, its summary as a line of JSON, exit 1 where it goes wrong."""

import argparse
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
    given = parser.parse_args(arguments)
    logging.getLogger(log.ROOT).propagate = False  # deaths and lost leads are what is simulated, hundreds of them
    wrong = 0
    with cluster.running() as running:
        template = ground.template(running, cluster.seeded(running, cluster.migrated(running)))
        for seed in range(given.seed, given.seed + given.seeds):
            wrong += not one(running, template, seed, given.steps)
    return 1 if wrong else 0


def one(running: cluster.Throwaway, template: str, seed: int, steps: int) -> bool:
    """Run a seed and tell of it; whether everything held."""
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
    return bool(told["sound"])


if __name__ == "__main__":
    sys.exit(main())
