"""Which row of several is in force on a date."""

from dataclasses import dataclass
from datetime import date

import pytest

from core import dated


@dataclass(frozen=True)
class Rate:
    effective_from: date
    plan: str
    paise: int


OLD, NEW = Rate(date(2024, 10, 1), "flat", 20), Rate(date(2026, 4, 1), "flat", 25)
OTHER = Rate(date(2025, 1, 1), "zero", 0)


@pytest.mark.parametrize("rows", [(OLD, NEW), (NEW, OLD)], ids=["in order", "out of order"])
@pytest.mark.parametrize(
    ("on", "row"),
    [
        (date(2024, 10, 1), OLD),
        (date(2026, 3, 31), OLD),
        (date(2026, 4, 1), NEW),
        (date(2030, 1, 1), NEW),
    ],
)
def test_the_youngest_row_that_has_begun_is_in_force(rows: tuple[Rate, ...], on: date, row: Rate) -> None:
    assert dated.in_force(rows, on, "rate") is row
    assert dated.value_in_force([(each.effective_from, each.paise) for each in rows], on, "rate") == row.paise


def test_before_the_first_row_there_is_none() -> None:
    with pytest.raises(LookupError, match="no rate for 2024-09-30"):
        dated.in_force((OLD, NEW), date(2024, 9, 30), "rate")


def test_each_name_has_the_row_of_its_own() -> None:
    def plans(on: date) -> dict[str, Rate]:
        return dated.each_in_force((NEW, OTHER, OLD), on, lambda row: row.plan)

    assert plans(date(2024, 12, 31)) == {"flat": OLD}
    assert plans(date(2026, 3, 31)) == {"flat": OLD, "zero": OTHER}
    assert plans(date(2026, 4, 1)) == {"flat": NEW, "zero": OTHER}
