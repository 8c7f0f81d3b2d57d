"""The gateway as the process that a person starts."""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gateway.ticker.outbox import BEAT
from settings import PROJECT
from tests.gateway.conftest import keys_of
from tests.patience import PATIENCE
from tests.ports import free_port


def ready(port: int) -> bool:
    """Whether it serves by now."""
    try:
        return bool(httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE).json()["data"]["ready"])
    except httpx.TransportError:
        return False


def test_it_ends_when_it_is_told_to_whoever_listens(desk, tmp_path):
    keys = keys_of(desk, "alice")
    port = free_port()
    places = {"DATABASE_URL": desk.url, "KAGAZ_HOME": str(tmp_path), "GATEWAY_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "gateway"], cwd=PROJECT, env=os.environ | places)
    try:
        deadline = time.monotonic() + 3 * PATIENCE
        while not ready(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with connect(
            f"ws://127.0.0.1:{port}/?api_key={keys.api_key}&access_token={keys.access_token}", open_timeout=PATIENCE
        ) as ticker:
            assert ticker.recv(timeout=PATIENCE) == BEAT
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as over:
                for _ in range(3):
                    ticker.recv(timeout=PATIENCE)
            assert over.value.rcvd
            assert over.value.rcvd.code in (1001, 1012)  # by us, or by the server
        assert process.wait(PATIENCE) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
