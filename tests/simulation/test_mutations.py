"""Each thing that keeps the books right, taken away, makes a seed fail: the simulation is not blind."""

import pytest

from tests.cluster import Throwaway
from tests.simulation.mutations import MUTATIONS, Mutation, killed_by


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_seed_fails_without(throwaway: Throwaway, mutation: Mutation) -> None:
    assert killed_by(throwaway, mutation), f"nothing notices that {mutation.takes_away} is gone"
