"""Prove that each locked package has a wheel for every Python and machine that Kagaz promises.

pip resolves the lock without installing anything, hashes required and source packages refused. The answer
depends on the lock files alone, so that it is remembered under the hash of their contents.
"""

import hashlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
# Streamlit Cloud runs on Debian 11, whose C library is 2.31: a wheel for a newer one would not load there.
OLDEST_GLIBC_MINOR = 31
LOCKS = {
    "requirements.txt": tuple(product(PYTHONS, MACHINES)),
    "requirements-dev.txt": ((PYTHONS[0], "x86_64"),),
}


def platforms(machine: str) -> list[str]:
    """pip's options that name every wheel tag such a machine accepts."""
    newer = [f"manylinux_2_{minor}_{machine}" for minor in range(OLDEST_GLIBC_MINOR, 16, -1)]
    tags = [*newer, f"manylinux2014_{machine}"]
    if machine == "x86_64":
        tags += ["manylinux_2_12_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"]
    return [option for tag in tags for option in ("--platform", tag)]


def missing(lock: str, python: str, machine: str) -> str:
    """What pip says against this lock there; empty if it would install."""
    with tempfile.TemporaryDirectory() as target:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += [
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--require-hashes",
            "--target",
            target,
        ]
        command += ["--python-version", python, "--implementation", "cp", *platforms(machine)]
        done = subprocess.run([*command, "-r", str(PROJECT / lock)], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def main() -> int:
    """Check what has not been checked yet; 0 if every wheel is there."""
    wanted = hashlib.sha256()
    for part in (Path(__file__), *(PROJECT / lock for lock in LOCKS)):
        wanted.update(part.read_bytes())
    stamp = PROJECT / ".venv" / ".wheels-proved"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        print("Wheels: proved before for these locks.")
        return 0
    cases = [(lock, *case) for lock, several in LOCKS.items() for case in several]
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(lambda case: missing(*case), cases))
    for (lock, python, machine), answer in zip(cases, answers, strict=True):
        print(f"Wheels: {lock} on CPython {python}, Linux {machine}: {'missing' if answer else 'all there'}")
        if answer:
            print(answer, file=sys.stderr)
    if any(answers):
        return 1
    stamp.write_text(wanted.hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
