"""`python -m desk.child MODULE …` runs a module that ends with its parent.

Standard input is a pipe that nobody writes to: when it ends, so has the parent.
"""

import os
import runpy
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


def main() -> None:
    """Runs the module as if it had been started by itself."""
    # The pipe is moved away from standard input, so that nothing else can read from it by mistake.
    pipe = os.dup(0)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    threading.Thread(target=_end_with_parent, args=(pipe,), name="parent-watch", daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
