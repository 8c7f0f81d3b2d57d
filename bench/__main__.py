"""``python -m bench [name …]``: run every bench of this folder, or the named ones, one JSON line a result.

A bench is a module with a function ``run()`` that yields results. Nothing but results goes to stdout.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterable

import bench


def modules(names: Iterable[str]) -> list[str]:
    """The benches to run, all of them when none is named. Raises SystemExit on an unknown name."""
    every = [info.name for info in pkgutil.iter_modules(bench.__path__) if info.name != "__main__"]
    found = [name for name in every if hasattr(importlib.import_module(f"bench.{name}"), "run")]
    wanted = list(names) or found
    unknown = sorted(set(wanted) - set(found))
    if unknown:
        raise SystemExit(f"There is no bench named {', '.join(unknown)}. There are: {', '.join(found)}.")
    return wanted


def main() -> int:
    """Run the benches; a bench that fails is told on stderr and makes the exit code 1."""
    failed = 0
    for name in modules(sys.argv[1:]):
        try:
            for result in importlib.import_module(f"bench.{name}").run():
                sys.stdout.write(result.line() + "\n")
                sys.stdout.flush()
        except Exception as error:
            sys.stderr.write(f"{name}: {type(error).__name__}: {error}\n")
            failed = 1
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
