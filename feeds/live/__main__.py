"""`python -m feeds.live check VENDOR`: what tests try with a stand-in, tried with the vendor and one's own login."""

import argparse
import os
import sys

from feeds.live.check import TRIES, run

MARKS = {True: "ok  ", False: "FAIL", None: "-   "}


def main(arguments: list[str] | None = None) -> int:
    """Prints a line a check; 0 where none failed, 1 where one did, 2 where it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m feeds.live", description=__doc__)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="try a vendor with the credential in the environment")
    check.add_argument("vendor", choices=sorted(TRIES))
    check.add_argument("--keys", nargs="*", default=[], help="the vendor's keys to ask for with depth")
    check.add_argument("--seconds", type=float, default=30.0, help="how long to listen")
    chosen = parser.parse_args(arguments)
    try:
        asked = TRIES[chosen.vendor](os.environ, chosen.keys, chosen.seconds)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    failed = 0
    for result in run(asked):
        failed += result.holds is False
        sys.stdout.write(f"{MARKS[result.holds]} {result.name}: {result.told}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
