"""Ten faults in a real Kagaz: what was acknowledged is there once, the books are sound, and it trades again."""

import random

import pytest

from tests.drill import faults
from tests.drill.drill import BOUND, Outcome, plan, run

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("drill")]


@pytest.mark.timeout(1200)
def test_ten_faults_lose_nothing_and_double_nothing() -> None:
    outcome = run(10, seed=20_261_123)
    assert outcome.sound, "\n".join(outcome.violations)
    # That trading went on at all was waited for; how soon is for `make drill` on a machine of its own.
    assert {kind: len(many) for kind, many in outcome.recoveries.items()} == dict.fromkeys(faults.FAULTS, 2)
    assert outcome.fills >= 10, "one test order a fault, at least"
    assert outcome.asked > outcome.fills


@pytest.mark.parametrize("number", [1, 5, 12])
def test_a_plan_has_every_kind_as_often_as_the_next(number: int) -> None:
    drawn = plan(number, random.Random(number))
    counts = [drawn.count(kind) for kind in faults.FAULTS]
    assert len(drawn) == number
    assert max(counts) - min(counts) <= 1


def test_a_summary_tells_the_median_and_the_worst_of_each_kind() -> None:
    outcome = Outcome(seed=3)
    outcome.recoveries["web"] = [2.0, 8.0, 4.0]
    assert outcome.summary()["faults"] == {"web": {"n": 3, "median_s": 4.0, "worst_s": 8.0}}
    assert outcome.quick
    outcome.recoveries["web"].append(BOUND + 0.01)
    assert not outcome.quick
