"""A day's token ends at 03:30 in India, whenever it was made."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import IST
from core.token_life import expires_at

TABLE = [
    # made, ends
    ("2026-11-23 09:05", "2026-11-24 03:30"),
    ("2026-11-23 03:29", "2026-11-23 03:30"),
    ("2026-11-23 03:30", "2026-11-24 03:30"),
    ("2026-11-23 23:59", "2026-11-24 03:30"),
    ("2026-12-31 20:00", "2027-01-01 03:30"),
]


@pytest.mark.parametrize(("made", "ends"), TABLE)
def test_a_token_ends_at_half_past_three(made: str, ends: str) -> None:
    made_at = datetime.fromisoformat(made).replace(tzinfo=IST)
    assert expires_at(made_at) == datetime.fromisoformat(ends).replace(tzinfo=IST)


@given(st.integers(1_600_000_000, 2_200_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)))
def test_no_token_lives_longer_than_a_day(made_at: datetime) -> None:
    assert timedelta(0) < expires_at(made_at) - made_at <= timedelta(days=1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        expires_at(datetime.fromisoformat("2026-11-23"))
