"""A recorded live day belongs to whom the live market belonged: it is played to nobody else."""

import json
from datetime import date
from pathlib import Path

import pytest

import settings
from db.engine import Database
from desk import access, identity, recordings, replays
from desk import market as markets
from desk.market import MarketState
from jobs import sources
from settings import Settings
from tests.people import person


def day_at(folder: Path, told: str | None = None) -> Path:
    """A recorded date in a folder; ``told`` is the market that its summary names."""
    folder.mkdir(parents=True)
    (folder / "0001-1.frames").write_bytes(b"")
    if told is not None:
        (folder / "0001-1.json").write_text(json.dumps({"frames": 1, "market": told}))
    return folder


@pytest.mark.parametrize(
    ("where", "told", "owner"),
    [
        ("recordings/live/asha/2026-11-23", None, "asha"),
        ("recordings/live/asha/2026-11-23", "live/asha", "asha"),
        ("elsewhere/2026-11-23", "live/asha", "asha"),
        ("recordings/live/a%2Eb/2026-11-23", None, "a.b"),
        ("recordings/replay/asha/2026-11-23", None, "asha"),
        ("recordings/replay/default/2026-11-23", None, None),
        ("recordings/sim/2026-11-23", None, None),
        ("recordings/sim/2026-11-23", "sim", None),
        ("elsewhere/2026-11-23", None, None),
    ],
)
def test_whose_a_recording_is(tmp_path: Path, where: str, told: str | None, owner: str | None) -> None:
    day = day_at(tmp_path / where, told)
    assert recordings.owner_of(day) == owner
    assert recordings.owner_of(day.parent) == owner, "also where a folder of days is played"


def test_nothing_that_is_not_recorded_is_anybodys(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text("")
    assert [recordings.owner_of(each) for each in (None, tmp_path, tmp_path / "bars.csv")] == [None, None, None]


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Kagaz is to play what was recorded of asha's live market."""
    day = day_at(tmp_path / "live" / "asha" / "2026-11-23")
    monkeypatch.setenv("KAGAZ_FEED", "replay")
    monkeypatch.setenv("KAGAZ_REPLAY_PATH", str(day))
    settings.load.cache_clear()
    return settings.load()


def test_it_is_played_in_its_owners_market_and_everybody_keeps_the_simulator(
    database: Database, chosen: Settings
) -> None:
    assert markets.ensure_markets(database) == "sim"
    assert replays.ensure(database, chosen) is None, "there is no asha here"
    person(database, "asha")
    person(database, "ravi")
    for _ in range(2):
        assert replays.ensure(database, chosen) == "replay/asha"
    state = markets.state(database, "replay/asha")
    assert (state.running, state.shown_to) == (True, identity.find(database, "asha").id)
    assert markets.running(database).id == "sim"
    book = access.by_key(database, f"asha/{replays.BOOK}")
    assert (book.market, book.live) == ("replay/asha", True)


@pytest.mark.parametrize(
    ("market", "shown_to", "says"),
    [
        ("replay/asha", 7, ""),
        ("replay/default", None, "shown to asha alone"),
        ("replay/asha", None, "shown to asha alone"),
        ("replay/ravi", 8, "shown to asha alone"),
    ],
)
def test_no_other_market_plays_it(chosen: Settings, market: str, shown_to: int | None, says: str) -> None:
    state = MarketState(market, "replay", "nse", True, "OPEN", date(2026, 11, 23), None, 0, None, shown_to=shown_to)
    why = replays.why_not(state, chosen)
    assert says in why if says else why == ""


def test_everybodys_replay_falls_silent_over_it(database: Database, chosen: Settings) -> None:
    with database.connection() as connection:
        connection.execute(
            "insert into markets (id, feed, session, trading_date) values ('replay/default', 'replay', 'nse', now())"
        )
    state = markets.state(database, "replay/default")
    _, feed = sources.open_feed(database, chosen, state, {})
    told = feed.state()
    assert told["ended"]
    assert "shown to asha alone" in told["reason"]
    assert not len(feed.next_rows(0))


def test_a_replay_of_ones_own_is_not_the_market_that_everybody_has(
    database: Database, chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(database, "asha")
    assert replays.ensure(database, chosen) == "replay/asha"
    markets.switch(database, "sim", on=False)
    monkeypatch.delenv("KAGAZ_REPLAY_PATH")
    settings.load.cache_clear()
    assert markets.ensure_markets(database, feed="replay") == "replay/default"
    assert markets.running(database).id == "replay/default", "it runs beside the owner's"
