"""How many heaps the C library keeps for the threads of a process, and what of them it gives back."""

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


HOLES = """
import ctypes, sys
import heap, psutil
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
taken = [libc.malloc(100_000) for _ in range(1_000)]
for each in taken:
    ctypes.memset(each, 1, 100_000)
for each in taken[:-1]:
    libc.free(each)
before = psutil.Process().memory_info().rss
heap.give_back()
sys.stdout.write(str(before - psutil.Process().memory_info().rss))
"""


def heaps(how: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", THREADS, how], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    return told.stderr.count("Arena ")


def test_threads_take_their_memory_from_one_heap() -> None:
    assert heaps("each its own") > 1
    assert heaps("one") == 1


def test_what_lies_about_is_given_back() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HOLES], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert int(told.stdout) > 50_000_000
