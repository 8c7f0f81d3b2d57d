"""Who looks after an installation reads where its books are, and whether they last."""

import tempfile
from pathlib import Path

import pytest

from desk.whereabouts import CLOUD, PASSING, whereabouts

HERE = Path("/srv/kagaz")
TEMPORARY = f"{tempfile.gettempdir()}/kagaz-0/pg"


@pytest.mark.parametrize(
    ("home", "url", "project", "words", "warning"),
    [
        ("/srv/kagaz/.kagaz", None, HERE, "Kagaz's own Postgres keeps the books in /srv/kagaz/.kagaz.", ""),
        ("/mount/src/kagaz/.kagaz", None, CLOUD / "kagaz", "books in /mount/src/kagaz/.kagaz.", PASSING),
        (TEMPORARY, None, HERE, f"books in {TEMPORARY}.", PASSING),
        (None, "postgresql://kagaz:s3cret@db.example.com:5432/books", HERE, "at db.example.com:5432 keeps", ""),
        (None, "postgresql://kagaz:s3cret@db.example.com/books", HERE, "in its database books.", ""),
        (None, "postgresql://kagaz@/books?host=/run/pg", HERE, "The Postgres on this machine keeps the books", ""),
        (None, "postgresql://kagaz:s3cret@one:5432,two:5433/books", HERE, "at one:5432 or two:5433 keeps", ""),
        (None, "postgresql://kagaz:s3cret@one,two/books", HERE, "at one or two keeps the books", ""),
        (None, "postgresql:///books?host=db.example.com&password=s3cret", HERE, "at db.example.com keeps", ""),
        (None, "postgresql://kagaz:s3cret@db/", CLOUD, "in its database kagaz.", ""),
    ],
)
def test_the_place_is_named_without_a_secret(
    home: str | None, url: str | None, project: Path, words: str, warning: str
) -> None:
    found = whereabouts(home, url, project)
    assert words in found.words
    assert "s3cret" not in found.words
    assert found.warning == warning
