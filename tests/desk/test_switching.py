"""Everybody's markets run one at a time, and the books of the other keep still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import settings
from core.reasons import Reason, Refusal
from db.engine import Database
from desk import access, installation, market, switching
from desk.__main__ import ROOT, main
from desk.principal import Principal
from tests import factories as make
from tests.floor import INFY, Floor


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of bars that the settings name."""
    file = tmp_path / "bars.csv"
    file.write_text("NIFTY,20230102,09:16,18133.65,18153.20,18117.05,18141.35,0,0\n")
    monkeypatch.setenv("KAGAZ_REPLAY_PATH", str(file))
    settings.load.cache_clear()
    yield file
    monkeypatch.undo()
    settings.load.cache_clear()


def runs(database: Database) -> list[str]:
    return [each.id for each in market.markets(database) if each.running]


def test_the_other_market_runs_with_books_of_its_own_and_the_first_is_resumed(
    database: Database, floor: Floor, bars: Path
) -> None:
    account = floor.account()
    resting = floor.place(account, "BUY", 1, INFY, 140_000)
    principal = Principal(
        user_id=make.ask(database, "select id from users where name = 'asha'"),
        name="asha",
        role="trader",
        session_public_id=None,
        token_id=1,
        account_id=None,
        scopes=("read", "trade"),
    )
    assert switching.choose(database, ROOT, "replay") == ("replay/default", 1)
    assert runs(database) == ["replay/default"]
    there = access.account(database, principal)
    assert (there.key, there.market) == ("asha/main", "replay/default")
    refused = floor.place(account, "BUY", 1, INFY, 140_000)
    assert refused.body["reason_code"] == Reason.MARKET_STOPPED
    assert switching.choose(database, ROOT, "replay") == ("replay/default", 0)

    assert switching.choose(database, ROOT, "simulator") == ("sim", 0)
    assert runs(database) == ["sim"]
    assert access.account(database, principal).id == account
    assert floor.cancel(account, resting).status == 200
    found = make.ask(database, "select count(*) from audit where action = 'MARKET_CHOSEN'")
    assert found == 3


def test_an_owners_market_runs_on(database: Database, floor: Floor, bars: Path) -> None:
    floor.account()
    owner = make.ask(database, "select id from users where name = 'asha'")
    make.market(database, "live/asha", feed="upstox", session="nse", owner_id=owner, shown_to=owner)
    switching.choose(database, ROOT, "replay")
    assert runs(database) == ["replay/default", "live/asha"]


def test_without_bars_there_is_nothing_to_switch_to(database: Database, floor: Floor) -> None:
    with pytest.raises(Refusal, match="Set KAGAZ_REPLAY_PATH"):
        switching.choose(database, ROOT, "replay")
    with pytest.raises(Refusal, match="Choose one of simulator, replay"):
        switching.choose(database, ROOT, "upstox")
    assert runs(database) == ["sim"]


def test_what_is_one_owners_alone_runs_for_nobody_else(
    database: Database, floor: Floor, bars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market.recordings, "owner_of", lambda _path: "asha")
    with pytest.raises(Refusal, match="its owner's own"):
        switching.choose(database, ROOT, "replay")
    assert runs(database) == ["sim"]


def test_the_command_says_which_market_runs_and_chooses_another(
    database: Database, floor: Floor, bars: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    settings.load.cache_clear()
    floor.account()
    assert main(["market"]) == 0
    assert "sim: runs, trading date" in capsys.readouterr().out
    assert main(["market", "replay"]) == 0
    assert "trades in replay/default now" in capsys.readouterr().out
    assert main(["market"]) == 0
    assert "sim: is off" in capsys.readouterr().out
    monkeypatch.setenv("KAGAZ_REPLAY_PATH", "")
    settings.load.cache_clear()
    assert main(["market", "replay"]) == 2
    assert "Set KAGAZ_REPLAY_PATH" in capsys.readouterr().err


def test_a_start_says_when_another_market_runs_than_the_settings_name(
    database: Database, bars: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    make.ask(database, "update markets set running = id = 'sim' returning id")

    def says() -> bool:
        settings.load.cache_clear()
        caplog.clear()
        installation.prepare(settings.load()).close()
        return "Another market runs than KAGAZ_FEED names" in caplog.text

    assert not says()
    monkeypatch.setenv("KAGAZ_FEED", "replay")
    assert says()
    assert runs(database) == ["sim"]


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(Principal(1, "asha", "trader", None, 1, None, ("read", "trade")), id="a trader"),
        pytest.param(Principal(1, "root", "admin", None, 1, None, ("read",)), id="a token that may only read"),
        pytest.param(Principal(1, "root", "admin", None, 1, 7, ("read", "trade")), id="a token of one account"),
    ],
)
def test_nobody_but_an_administrator_switches(database: Database, floor: Floor, bars: Path, who: Principal) -> None:
    with pytest.raises(Refusal) as no:
        switching.choose(database, who, "replay")
    assert no.value.reason is Reason.FORBIDDEN
    assert runs(database) == ["sim"]
