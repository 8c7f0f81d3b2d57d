"""An order's life in a broker's words."""

from hypothesis import given
from hypothesis import strategies as st

from core.history import turnovers

STEPS = st.lists(
    st.sampled_from(["PLACED", "MODIFIED", "TRIGGERED", "CANCELLED"]) | st.integers(1, 10**12), max_size=30
)


@given(steps=STEPS, missing=st.integers(0, 30))
def test_what_was_traded_for_after_each_step(steps: list[str | int], missing: int) -> None:
    """A number is a fill of so many paise. Whatever was forgotten of the oldest, the rest is told as it was."""
    total, expected = 0, []
    for step in steps:
        total += step if isinstance(step, int) else 0
        expected.append(total)
    kept = steps[missing:]
    values = [step for step in kept if isinstance(step, int)]
    events = ["FILLED" if isinstance(step, int) else step for step in kept]
    assert turnovers(events, total, values) == expected[missing:]
