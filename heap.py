"""How the C library keeps the memory of a process that works for days. Under another than glibc nothing is changed."""

import ctypes

_ARENA_MAX = -8  # M_ARENA_MAX of <malloc.h>


def one_for_all() -> None:
    """Has every thread take its memory from the same heap, from here on.

    glibc gives each of a few threads a heap of its own, and what one of them gives back is of no use to the others: a
    process that makes and forgets the arrays of ten frames a second grows for hours by what lies about. Python lets
    one thread run at a time, so that they hardly wait for each other.
    """
    _call("mallopt", _ARENA_MAX, 1)


def give_back() -> None:
    """Returns to the system what lies about unused: glibc does so by itself at the end of a heap alone. Some ms."""
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    """A function of glibc, where the process has it."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return
    function(*numbers)
