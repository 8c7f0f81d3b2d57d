"""``python -m desk masters``: one line of JSON, and a sentence where it cannot be done."""

import json
from datetime import date
from pathlib import Path

import pytest

from core.reasons import Refusal
from db.engine import Database
from desk import __main__ as command
from tests.vendor_files import ALPHA_ISIN, share, upstox


def test_a_file_is_loaded_and_told_in_one_line(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "NSE.json"
    file.write_bytes(upstox(share("ALPHA", ALPHA_ISIN)))
    asked = command.parser().parse_args(["masters", "load", str(file), "--vendor", "upstox", "--as-of", "2026-11-23"])
    assert asked.as_of == date(2026, 11, 23)
    assert asked.run(database, asked) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["new"] == 1
    wrong = command.parser().parse_args(["masters", "load", str(file), "--vendor", "truedata"])
    with pytest.raises(Refusal, match="is a file of upstox"):
        wrong.run(database, wrong)
    asked = command.parser().parse_args(["masters", "fetch", "--vendor", "truedata", "--user", "nobody"])
    with pytest.raises(Refusal, match="nobody has typed in nothing for TrueData"):
        asked.run(database, asked)
