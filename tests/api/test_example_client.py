"""The client that the documentation gives runs as it stands, against a real server."""

import subprocess
import sys

from settings import PROJECT
from tests.api.test_any_request import served
from tests.patience import PATIENCE
from tests.people import token


def test_the_client_of_the_documentation_runs(desk):
    with served(desk) as address:
        done = subprocess.run(
            [sys.executable, "docs/examples/client.py", address.removesuffix("/api/v1"), token(desk, "alice")],
            capture_output=True, text=True, check=False, cwd=PROJECT, timeout=2 * PATIENCE,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "alice/main: ₹10000000 available" in told
    assert "2 now, after" in told
    assert "once more: 409 The order is cancelled already" in told
    assert "stream: order 1 is CANCELLED" in told
    assert "1 orders today" in told
