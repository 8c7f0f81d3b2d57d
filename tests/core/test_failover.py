"""Which of two lines is listened to, as a table a trader can read."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from core.failover import Choice, Health, Patience, Side, choose

G, S, E, L = Health.GOOD, Health.SILENT, Health.ENDED, Health.LATE
RULES = Patience(silent=10, steady=60, late=15, behind=20, near=5)


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
        ("a line that is late for a moment is kept", [(0, L, G), (14, L, G), (15, G, G)], Side.FIRST, 0),
        ("one that stays late is left", [(0, L, G), (14, L, G), (15, L, G)], Side.SECOND, 1),
        ("nothing moves to a late line", [(0, S, L), (99, S, L)], Side.FIRST, 0),
        ("two that are late: the owner's choice", [(0, L, L), (99, L, L)], Side.FIRST, 0),
        ("a late first does not win back", [(0, E, G), (1, L, G), (99, L, G)], Side.SECOND, 1),
        ("a late second is left for a good first at once it was so long", [(0, E, G), (1, G, L), (16, G, L)],
         Side.FIRST, 2),
    ],
)  # fmt: skip
def test_the_table(what: str, story: list[tuple[int, Health, Health]], side: Side, moves: int) -> None:
    choice = Choice()
    for now, first, second in story:
        choice = choose(RULES, choice, first, second, now)
    assert (choice.side, choice.moves) == (side, moves), what


@pytest.mark.parametrize(
    ("what", "story", "side", "moves"),
    [
        ("a little behind is no reason", [(0, 19), (99, 19)], Side.FIRST, 0),
        ("far behind is one, after a while", [(0, 20), (14, 20)], Side.FIRST, 0),
        ("and then it is left", [(0, 20), (14, 20), (15, 20)], Side.SECOND, 1),
        ("not where it caught up meanwhile", [(0, 20), (14, 3), (15, 20), (29, 20)], Side.FIRST, 0),
        ("a first that is still behind a little does not win back", [(0, 20), (15, 20), (16, 6), (200, 6)],
         Side.SECOND, 1),
        ("one that is near again does, when it is steady", [(0, 20), (15, 20), (16, 5), (76, 5)], Side.FIRST, 2),
        ("and one that swings round the bound moves once", [(n, 20 if n % 10 < 5 else 6) for n in range(300)],
         Side.FIRST, 0),
        ("a second that falls behind is left sooner than that", [(0, 20), (15, 20), (16, -20), (31, -20)],
         Side.FIRST, 2),
        ("how late the other is does not matter while one's own is sooner", [(0, -500), (99, -500)], Side.FIRST, 0),
    ],
)  # fmt: skip
def test_a_line_that_lags_behind_the_other(what: str, story: list[tuple[int, int]], side: Side, moves: int) -> None:
    choice = Choice()
    for now, behind in story:
        choice = choose(RULES, choice, G, G, now, behind)
    assert (choice.side, choice.moves) == (side, moves), what


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(Health), st.sampled_from(Health), st.integers(-40, 40)),
        max_size=60,
    )
)
def test_it_moves_to_good_lines_alone_and_never_twice_within_its_patience(
    story: list[tuple[int, Health, Health, int]],
) -> None:
    choice, now, moved_back_at = Choice(), 0, -1
    for passed, first, second, behind in story:
        now += passed
        after = choose(RULES, choice, first, second, now, behind)
        if after.side is not choice.side:
            taken, left = (first, second) if after.side is Side.FIRST else (second, first)
            assert taken is G
            if left is S and after.side is Side.SECOND and moved_back_at >= 0:
                assert now - moved_back_at >= RULES.silent
            if after.side is Side.FIRST:
                moved_back_at = now
        choice = after
