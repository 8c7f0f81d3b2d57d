"""``python -m tests.simulation --seed 7``: one seed, its summary as a line of JSON, exit 1 where it goes wrong.

``--days 1000`` goes on with the next seeds until so many trading days have been closed: days of some eight acts, so
that most of the time goes into what happens when one ends and the next begins. ``--live`` tells of live markets
instead whose vendors misbehave: one with an odd seed, two with an even one.
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

import pytest

import log
from core.vendors import Vendor
from db.engine import Database
from tests import cluster
from tests.jobs.test_live_market import staged
from tests.simulation import drama, ground, live_story
from tests.simulation.run import SHORT_DAYS, STEPS, Story, Violated, simulate

SUMMED = ("days", "deaths", "orders", "trades", "fired", "written", "converted", "called", "rung", "failovers")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps of each seed ({STEPS})")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, counting up (1)")
    parser.add_argument("--days", type=int, help="seeds until so many trading days were closed, instead of --seeds")
    parser.add_argument("--day-weight", type=int, help="how often a day ends; what a failure under --days prints")
    parser.add_argument("--live", action="store_true", help="live markets instead of the simulator's")
    given = parser.parse_args(arguments)
    if given.live and given.days is not None:
        parser.error("--days counts days of the simulator's market: give --seeds with --live")
    weight = given.day_weight or (drama.WEIGHTS[drama.day_ends] if given.days is None else SHORT_DAYS)
    logging.getLogger(log.ROOT).propagate = False  # deaths and lost leads are what is simulated, hundreds of them
    whole: Counter[str] = Counter()
    began = time.monotonic()
    with cluster.running() as running:
        seeded = cluster.seeded(running, cluster.migrated(running))
        template = "" if given.live else ground.template(running, seeded)
        for count in itertools.count(1):
            seed = given.seed + count - 1
            told = live(running, seeded, seed) if given.live else one(running, template, seed, given.steps, weight)
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


def live(running: cluster.Throwaway, template: str, seed: int) -> dict[str, Any]:
    """Run a seed of a live market and tell of it; ``sound`` says whether everything held."""
    began = time.monotonic()
    told: dict[str, Any] = {"seed": seed, "sound": True}
    vendors = (Vendor.UPSTOX,) if seed % 2 else (Vendor.UPSTOX, Vendor.TRUEDATA)
    url = running.clone(template)
    with Database(url) as database, pytest.MonkeyPatch.context() as patch:
        try:
            with staged(database, patch) as stage:
                told |= live_story.summary(live_story.tell(stage, seed, *vendors))
        except AssertionError as violated:
            told |= {"sound": False, "violations": [str(violated)]}
    running.drop(url)
    told["seconds"] = round(time.monotonic() - began, 2)
    print(json.dumps(told), flush=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
