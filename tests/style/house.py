"""The files of the house, as the style tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LAYERS = ("api", "core", "db", "desk", "feeds", "gateway", "jobs", "pages", "ui", "web")
TEXT = {".py", ".js", ".css", ".sql", ".md", ".toml", ".in", ".ini", ".html", ".sh", ""}


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project, whether committed yet or not, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return tuple(path for name in sorted(set(listed)) if (path := PROJECT / name).is_file())


def name(path: Path) -> str:
    """A file's path inside the project."""
    return path.relative_to(PROJECT).as_posix()


def code(*suffixes: str) -> list[Path]:
    """Files that run in production: neither tests nor benches."""
    return [one for one in files() if one.suffix in suffixes and not name(one).startswith(("tests/", "bench/"))]


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every file that a person wrote."""
    for path in files():
        if path.suffix in TEXT and not name(path).startswith("LICENSE"):
            yield name(path), path.read_text("utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(path.read_text("utf-8"), filename=name(path))


def imported(path: Path) -> set[str]:
    """The top-level names of everything a file imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
