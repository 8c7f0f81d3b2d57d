"""How long things may be, which layer may do what, and what no file of the house may say."""

import ast
import re
from pathlib import Path

import pytest

from tests.style import house
from tests.style.tolerated import TOLERATED

LONGEST_FUNCTION = 60
LONGEST_FILE = 400


def sizes() -> dict[str, int]:
    """The lines of each file and function that is longer than allowed."""
    long = {}
    for path in house.code(".py", ".js", ".css"):
        lines = path.read_text("utf-8").count("\n")
        if lines > LONGEST_FILE:
            long[house.name(path)] = lines
    for path in house.code(".py"):
        for node in ast.walk(house.tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long[f"{house.name(path)}:{node.name}"] = lines
    return long


def test_nothing_is_longer_than_it_may_be() -> None:
    grown = {what: size for what, size in sizes().items() if size > TOLERATED.get(what, (0, ""))[0]}
    assert not grown, f"split these ({LONGEST_FUNCTION} lines a function, {LONGEST_FILE} a file): {grown}"


def test_what_is_tolerated_shrinks() -> None:
    long = sizes()
    loose = {what: long.get(what, 0) for what, (size, _) in TOLERATED.items() if long.get(what, 0) < size}
    assert not loose, f"these got shorter: lower or remove their entries in tolerated.py: {loose}"
    assert all(reason for _, reason in TOLERATED.values())


# Written so that this file does not say what it forbids.
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|N[o]tImplementedError")
PRIVATE = re.compile(r"(?<![\w.:/-])/(?:w[o]rk|f[a]rm|h[o]me|U[s]ers|r[o]ot/\.)\b|\.\./s[h]ared")
PLANNING = re.compile(r"\b[Ss]t[a]ge \d|\b[Ii]ss[u]e #?\d+\b|\b[Bb]u[i]lder [A-Z]\b")


@pytest.mark.parametrize("pattern", [UNFINISHED, PRIVATE, PLANNING], ids=["unfinished", "private", "planning"])
def test_no_file_says_what_only_its_author_understands(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number} {line.strip()[:80]}"
        for name, text in house.texts()
        if not name.startswith("requirements")
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, found


def test_settings_log_and_heap_stand_below_every_layer() -> None:
    for name in ("settings.py", "setting_types.py", "log.py", "heap.py"):
        above = house.imported(house.PROJECT / name) & {*house.LAYERS, "tests", "bench", "streamlit"}
        assert not above, f"{name} imports {above}"


def test_core_reads_no_clock() -> None:
    clock = {"now", "today", "utcnow", "fromtimestamp", "localtime", "monotonic"}
    read = [
        f"{house.name(path)}:{node.lineno}"
        for path in layer("core")
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clock
    ]
    assert not read, read


STATEMENT = re.compile(
    r"\s*(select\s[\s\S]+\sfrom\s|insert\s+into\s|update\s+[\w.]+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\()",
    re.I,
)


def test_sql_lives_in_db_alone() -> None:
    found = [
        f"{house.name(path)}:{node.lineno}"
        for one in set(house.LAYERS) - {"db"}
        for path in layer(one)
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert not found, found


def layer(name: str) -> list[Path]:
    """The Python files of one layer."""
    return [path for path in house.code(".py") if house.name(path).startswith(f"{name}/")]
