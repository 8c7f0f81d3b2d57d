"""``python -m tests.drill -n N [--seed S]``: hurt a real Kagaz N times; one line of JSON tells how it fared.

Exit status 1 when the books are not sound, or when trading did not go on in time after a fault.
"""

import argparse
import json
import logging
import secrets

from tests.drill.drill import run


def main() -> int:
    """Run the drill; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description="Kill real processes, check the books.")
    parser.add_argument("-n", type=int, default=1, metavar="N", help="how many faults")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    given = parser.parse_args()
    # The pool's complaints about connections that the drill itself cuts.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    outcome = run(given.n, given.seed)
    print(json.dumps(outcome.summary()))
    return 0 if outcome.sound and outcome.quick else 1


if __name__ == "__main__":
    raise SystemExit(main())
