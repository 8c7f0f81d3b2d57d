"""The reader of streams: what its tape will not bring it."""

import pytest

from db.engine import Database
from desk.reader import Reader


class Still(Reader):
    """Reads nothing: its rule alone is asked."""

    def frames_read(self) -> dict[str, int]:
        """Of no market."""
        return {}

    def accounts_read(self) -> list:
        """Of no account."""
        return []

    def look_at_markets(self) -> None:
        """Nothing."""

    def look_at_accounts(self) -> None:
        """Nothing."""

    def tick(self) -> None:
        """Nothing."""

    def tick_alone(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("why", "ticks", "quotes", "expected"),
    [
        ("all is read", [(10, 10), (10, 10)], None, [False, False]),
        ("one was stored a moment ago", [(10, 10), (10, 11)], None, [False, False]),
        ("ten a second, and reading keeps up", [(10, 20), (20, 30)], None, [False, False]),
        ("quotes that lag behind the tape are on it", [(10, 19), (19, 28)], 19, [False, False]),
        ("nothing came of a second's frames: the tape has paused", [(10, 12), (10, 13)], None, [False, True]),
        ("what is stored beyond the tape is not in the quotes either", [(10, 30), (10, 30)], 10, [False, False]),
        ("the market was begun anew", [(10, 3)], None, [True]),
    ],
)  # fmt: skip
def test_a_market_is_left_behind_where_its_tape_brings_nothing_more(
    database: Database, why: str, ticks: list[tuple[int, int]], quotes: int | None, expected: list[bool]
) -> None:
    reader, found = Still(database, "test"), list[bool]()
    for read, stored in ticks:
        with database.connection() as connection:
            connection.execute("update markets set frame = %s, quotes_frame = %s where id = 'sim'", [stored, quotes])
        found.append(reader.left_behind("sim", read, stored))
    assert found == expected, why
