"""What the sidecar's process loads: traders wait for it after a crash."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# What migrates, what screens ask with and what draws them.
NEEDLESS = ("alembic", "sqlalchemy", "streamlit", "starlette", "pandas", "plotly")


def loaded(module: str) -> set[str]:
    """The packages in a fresh process that imported the module."""
    told = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}; {told}"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_sidecar_loads_nothing_that_only_screens_and_migrations_need() -> None:
    assert not loaded("jobs.__main__") & set(NEEDLESS)


@pytest.mark.parametrize("module", ["desk.installation", "desk.child"])
def test_what_starts_the_rest_loads_next_to_nothing_itself(module: str) -> None:
    assert not loaded(module) & {*NEEDLESS, "numpy", "psycopg", "pydantic"}
