"""Words and addresses of the pages."""

import pytest

from ui import words


@pytest.mark.parametrize(
    ("url", "door"),
    [
        ("http://localhost:8501/admin", "http://localhost:8501"),
        ("http://localhost:8501/", "http://localhost:8501"),
        ("https://team.example/kagaz/admin/", "https://team.example/kagaz"),
        (None, ""),
    ],
)
def test_a_link_for_somebody_else_leads_to_the_front_door(url: str | None, door: str) -> None:
    assert words.front_door(url, "admin") == door
