"""Which of two lines is listened to, as a table a trader can read."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from core.failover import Choice, Health, Patience, Side, choose

G, S, E = Health.GOOD, Health.SILENT, Health.ENDED
RULES = Patience(silent=10, steady=60)


@pytest.mark.parametrize(
    ("what", "story", "side", "moves"),
    [
        ("both are good: the owner's choice", [(0, G, G), (500, G, G)], Side.FIRST, 0),
        ("a short silence is waited out", [(0, S, G), (9, S, G), (10, G, G)], Side.FIRST, 0),
        ("a long one is not", [(0, S, G), (9, S, G), (10, S, G)], Side.SECOND, 1),
        ("silences do not add up", [(0, S, G), (9, G, G), (10, S, G), (19, S, G)], Side.FIRST, 0),
        ("a line that was refused is left at once", [(0, E, G)], Side.SECOND, 1),
        ("nothing moves to a silent line", [(0, S, S), (50, S, S), (99, E, S)], Side.FIRST, 0),
        ("nor to one that was refused", [(0, S, E), (50, S, E)], Side.FIRST, 0),
        ("it moves when the second comes back", [(0, S, S), (50, S, S), (51, S, G)], Side.SECOND, 1),
        ("the first is listened to again when it is steady", [(0, E, G), (1, G, G), (61, G, G)], Side.FIRST, 2),
        ("and not before", [(0, E, G), (1, G, G), (60, G, G)], Side.SECOND, 1),
        ("steady means without a break", [(0, E, G), (1, G, G), (50, S, G), (61, G, G), (99, G, G)], Side.SECOND, 1),
        ("a good first is better than a silent second", [(0, E, G), (1, G, S), (11, G, S)], Side.FIRST, 2),
        ("at once, where the second has ended", [(0, E, G), (1, G, E)], Side.FIRST, 2),
        ("both away: where it was", [(0, E, G), (5, E, S), (100, S, S)], Side.SECOND, 1),
    ],
)  # fmt: skip
def test_the_table(what: str, story: list[tuple[int, Health, Health]], side: Side, moves: int) -> None:
    choice = Choice()
    for now, first, second in story:
        choice = choose(RULES, choice, first, second, now)
    assert (choice.side, choice.moves) == (side, moves), what


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(Health), st.sampled_from(Health)), max_size=60))
def test_it_moves_to_good_lines_alone_and_never_twice_within_its_patience(
    story: list[tuple[int, Health, Health]],
) -> None:
    choice, now, moved_back_at = Choice(), 0, -1
    for passed, first, second in story:
        now += passed
        after = choose(RULES, choice, first, second, now)
        if after.side is not choice.side:
            taken, left = (first, second) if after.side is Side.FIRST else (second, first)
            assert taken is G
            if left is S and after.side is Side.SECOND and moved_back_at >= 0:
                assert now - moved_back_at >= RULES.silent
            if after.side is Side.FIRST:
                moved_back_at = now
        choice = after
