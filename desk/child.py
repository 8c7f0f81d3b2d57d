"""`python -m desk.child MODULE …` loads a module, waits for the word to begin, and runs its `main`; it ends with its
parent.

Standard input is a pipe from the parent. A byte on it is the word; when it ends, so has the parent. A child that
was loaded beforehand takes over from a dead one without the second or two that loading takes.
"""

import gc
import importlib
import importlib.util
import os
import signal
import sys
import threading

# How long the module may take to end in good order once the parent is gone, in seconds.
GRACE = 8.0


def _end_with_parent(pipe: int) -> None:
    while os.read(pipe, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE)
    os._exit(1)


def _pipe() -> int:
    """Standard input, moved away from its place, so that nothing else can read from it by mistake."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    return pipe


def main() -> int:
    """Runs the module's `main`, or that of its `__main__` if it is a package; its exit status."""
    pipe = _pipe()
    # A person's Ctrl-C reaches every process of the terminal; whoever only waits ends with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.argv = sys.argv[1:]
    name = sys.argv[0]
    found = importlib.util.find_spec(name)
    package = found is not None and found.submodule_search_locations is not None
    # Nothing of what is loaded is garbage; to look for some in it takes a tenth of the time.
    gc.disable()
    module = importlib.import_module(f"{name}.__main__" if package else name)
    gc.freeze()
    gc.enable()
    if not os.read(pipe, 1):
        return 0
    threading.Thread(target=_end_with_parent, args=(pipe,), name="parent-watch", daemon=True).start()
    return int(module.main() or 0)


if __name__ == "__main__":
    sys.exit(main())
