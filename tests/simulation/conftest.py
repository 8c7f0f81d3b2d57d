"""The template from which every seed gets its database."""

import pytest

from tests.cluster import Throwaway
from tests.simulation import ground


@pytest.fixture(scope="session")
def template(throwaway: Throwaway, seeded_template: str) -> str:
    return ground.template(throwaway, seeded_template)
