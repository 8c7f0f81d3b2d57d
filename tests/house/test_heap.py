"""How many heaps the C library keeps for the threads of a process."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# Each thread is still there when the heaps are counted: what has ended gives its heap to the next one.
THREADS = """
import ctypes, sys, threading
import heap
if sys.argv[1] == "one":
    heap.one_for_all()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
all_here = threading.Barrier(5)
def work():
    libc.malloc(100_000)
    all_here.wait()
    all_here.wait()
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
all_here.wait()
libc.malloc_stats()
all_here.wait()
"""


def heaps(how: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", THREADS, how], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    return told.stderr.count("Arena ")


def test_threads_take_their_memory_from_one_heap() -> None:
    assert heaps("each its own") > 1
    assert heaps("one") == 1
