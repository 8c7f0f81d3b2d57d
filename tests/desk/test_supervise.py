"""Children end with their parent, even by kill -9, and are started again when they die alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from desk import supervise
from desk.supervise import Children

pytestmark = pytest.mark.kills
PROJECT = Path(__file__).resolve().parent.parent.parent
# A module that says when it is loaded and when it begins, and then waits for SIGTERM, which it writes down.
MODULE = """
import os, pathlib, signal, sys, threading
folder = pathlib.Path(sys.argv[1])
(folder / f"{os.getpid()}.loaded").touch()
def main():
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    (folder / f"{os.getpid()}.started").touch()
    end.wait()
    (folder / f"{os.getpid()}.ended").touch()
    return 0
"""
PARENT = """
import sys, time
from desk.supervise import Children
Children([["kagaz_test_child", sys.argv[1]]]).start()
time.sleep(3600)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kagaz_test_child.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{PROJECT}")
    return tmp_path


def pids(folder: Path, kind: str) -> list[int]:
    return [int(path.stem) for path in folder.glob(f"*.{kind}")]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_child_that_dies_is_started_again_and_ends_in_good_order_at_the_stop(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "FIRST_WAIT", 0.01)
    children = Children([["kagaz_test_child", str(folder)]])
    children.start()
    until(lambda: len(pids(folder, "started")) == 1)
    (first,) = pids(folder, "started")
    os.kill(first, signal.SIGKILL)
    until(lambda: len(pids(folder, "started")) == 2)
    (second,) = set(pids(folder, "started")) - {first}
    assert children.running == {"kagaz_test_child": second}
    children.stop()
    assert pids(folder, "ended") == [second]
    assert not alive(second)


def test_a_child_that_is_loaded_begins_when_it_is_told_and_not_before(folder: Path) -> None:
    children = Children([["kagaz_test_child", str(folder)]])
    children.load()
    until(lambda: pids(folder, "loaded"))
    assert pids(folder, "started") == []
    children.start()
    children.start()
    until(lambda: pids(folder, "started"))
    assert pids(folder, "started") == pids(folder, "loaded")
    children.stop()
    assert pids(folder, "ended") == pids(folder, "loaded")


def test_a_spare_takes_over_from_the_dead_and_gets_a_spare_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "SPARE_AFTER", 0.0)
    monkeypatch.setattr(supervise, "HEALTHY", 0.0)
    children = Children([["kagaz_test_child", str(folder)]], spare=True)
    children.start()
    until(lambda: len(pids(folder, "loaded")) == 2)
    (first,) = pids(folder, "started")
    (spare,) = set(pids(folder, "loaded")) - {first}
    os.kill(first, signal.SIGKILL)
    until(lambda: set(pids(folder, "started")) == {first, spare})
    until(lambda: len(pids(folder, "loaded")) == 3)
    (idle,) = set(pids(folder, "loaded")) - {first, spare}
    children.stop()
    assert pids(folder, "ended") == [spare], "who only waits just goes"
    assert not alive(spare)
    assert not alive(idle)


def test_a_spare_that_was_killed_is_no_loss(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "FIRST_WAIT", 0.01)
    children = Children([["kagaz_test_child", str(folder)]])
    children.load()
    until(lambda: pids(folder, "loaded"))
    (idle,) = pids(folder, "loaded")
    os.kill(idle, signal.SIGKILL)
    children.start()
    until(lambda: pids(folder, "started"))
    children.stop()
    assert pids(folder, "ended") == pids(folder, "started") != [idle]


def test_a_child_ends_in_good_order_when_its_parent_is_killed(folder: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], cwd=PROJECT)
    until(lambda: len(pids(folder, "started")) == 1)
    parent.kill()
    parent.wait()
    until(lambda: pids(folder, "ended") == pids(folder, "started"))
    until(lambda: not alive(pids(folder, "started")[0]))


def test_who_waits_for_its_word_ends_with_its_parent(folder: Path) -> None:
    waits = PARENT.replace(".start()", ".load()")
    parent = subprocess.Popen([sys.executable, "-c", waits, str(folder)], cwd=PROJECT)
    until(lambda: pids(folder, "loaded"))
    parent.kill()
    parent.wait()
    until(lambda: not alive(pids(folder, "loaded")[0]))
    assert pids(folder, "started") == []
