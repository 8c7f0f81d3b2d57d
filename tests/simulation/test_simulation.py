"""Two hundred small seeds, each a market of its own with traders, faults and crashes. See docs/testing.md."""

from collections import Counter

import pytest

from tests.cluster import Throwaway
from tests.simulation import faults, ground
from tests.simulation.run import SHORT_DAYS, simulate

SEEDS, CHUNK = 200, 10
# Seeds that found something wrong once.
FOUND = (22, 172)
# Seeds whose traders come, together, to everything that writes.
BUSY = (303, 304)

# Seeds whose rolls die, together, at every step.
ROLLING = (1016, 1020)


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_nothing_is_lost_doubled_or_invented(throwaway: Throwaway, template: str, first: int) -> None:
    acts = trades = 0
    for seed in range(first, first + CHUNK):
        with ground.cloned(throwaway, template) as (database, clock):
            story = simulate(database, clock, seed)
        acts, trades = acts + story.acts.total(), trades + story.trades
    assert acts == CHUNK * story.steps
    assert trades > CHUNK, "a simulation in which nothing trades proves nothing"


def test_each_writer_of_the_desk_is_reached(throwaway: Throwaway, template: str) -> None:
    """That of orders which wait for an opening needs an exchange with hours: see test_nse_random."""
    reached: Counter[str] = Counter()
    rung = 0
    for seed in BUSY:
        with ground.cloned(throwaway, template) as (database, clock):
            story = simulate(database, clock, seed, steps=60)
        reached, rung = reached + story.reached, rung + story.rung
    assert {module.__name__ for module in faults.WRITERS} - set(reached) == {"desk.amo"}
    assert rung, "no price alert rang"


def test_a_roll_dies_at_each_of_its_steps(throwaway: Throwaway, template: str) -> None:
    died: Counter[str] = Counter()
    for seed in ROLLING:
        with ground.cloned(throwaway, template) as (database, clock):
            died += simulate(database, clock, seed, 60, SHORT_DAYS).in_rolls
    steps = {name for _, name in faults.ROLL_STEPS}
    assert set(died) == {f"{where} {name}" for name in steps for where in (faults.BEFORE, faults.AFTER)}


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_stays_right(throwaway: Throwaway, template: str, seed: int) -> None:
    with ground.cloned(throwaway, template) as (database, clock):
        assert simulate(database, clock, seed, steps=60).steps == 60


def test_many_short_days_follow_one_another(throwaway: Throwaway, template: str) -> None:
    with ground.cloned(throwaway, template) as (database, clock):
        assert simulate(database, clock, 1014, 40, SHORT_DAYS).days > 5


def test_a_seed_is_the_same_story_again(throwaway: Throwaway, template: str) -> None:
    stories = []
    for _ in range(2):
        with ground.cloned(throwaway, template) as (database, clock):
            stories.append(simulate(database, clock, 12).as_dict())
    assert stories[0] == stories[1]
    assert stories[0]["in_lanes"], "its fills were written in two lanes, which changes nothing of that"
