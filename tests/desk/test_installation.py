"""A start: prepared once however many start together, and first users whose passwords are never lost."""

import stat
import threading
from pathlib import Path

import pytest

from db.checks import UnfitServerError
from db.engine import Database
from desk import access, first_users, identity, installation, sharing
from desk.installation import StartingError, State
from settings import Settings
from tests.people import signed_in


def chosen(url: str, **more: object) -> Settings:
    """Settings that name a database."""
    return Settings(database_url=url, **more)  # type: ignore[arg-type]


def passwords(home: Path) -> dict[str, str]:
    """What the file tells the one who installed."""
    lines = (home / first_users.FILE).read_text().splitlines()[2:]
    return {line.split()[0]: line.split()[1] for line in lines}


def cash(database: Database, key: str) -> int:
    """The cash of an account, in paise."""
    account = access.by_key(database, key)
    with database.connection() as connection:
        row = connection.execute("select cash from accounts where id = %s", (account.id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_an_empty_database_is_prepared_and_a_second_start_changes_nothing(empty_url: str) -> None:
    steps: list[str] = []
    installation.prepare(chosen(empty_url), steps.append).close()
    assert steps == ["database", "schema", "instruments", "market", "users"]
    with installation.prepare(chosen(empty_url)) as database:
        assert identity.everyone(database) == []  # a given database gets no demo users
        with database.connection() as connection:
            count = connection.execute("select count(*) > 100 from instruments").fetchone()
        assert count == (True,)


def test_processes_that_start_together_prepare_once(empty_url: str) -> None:
    wanted = chosen(empty_url, kagaz_admin_email="a@b.in", kagaz_admin_password="a long enough phrase")
    errors: list[BaseException] = []

    def start() -> None:
        try:
            installation.prepare(wanted).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with Database(empty_url) as database:
        (admin,) = identity.everyone(database)
    assert (admin.name, admin.email, admin.role) == ("admin", "a@b.in", "admin")
    assert admin.must_change_password


def test_the_embedded_database_gets_demo_users_that_can_sign_in(database: Database, tmp_path: Path) -> None:
    first_users.ensure(database, Settings(), tmp_path)
    users = {user.name: user.role for user in identity.everyone(database)}
    assert users == {"admin": "admin", "asha": "trader", "ravi": "trader", "meera": "analyst"}
    told = passwords(tmp_path)
    assert set(told) == set(users)
    assert len(set(told.values())) == 4
    for name, password in told.items():
        assert identity.check_password(database, name, password)
    assert stat.S_IMODE((tmp_path / first_users.FILE).stat().st_mode) == 0o600
    assert cash(database, "asha/main") == cash(database, "ravi/main") == 10_00_000_00
    assert sharing.shared_with(database, signed_in(database, "asha")[1], "asha/main", None, 10) == ["meera"]


@pytest.mark.parametrize("killed_at", ["add_user", "deposit", "let_in"])
def test_a_start_that_is_killed_is_finished_by_the_next_with_the_same_passwords(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    homes = {"add_user": first_users.identity, "deposit": first_users.wallet, "let_in": first_users.sharing}
    real, calls = getattr(homes[killed_at], killed_at), []

    def dies_the_second_time(*arguments: object, **more: object) -> object:
        calls.append(arguments)
        if len(calls) == (1 if killed_at == "let_in" else 2):
            raise KeyboardInterrupt
        return real(*arguments, **more)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(homes[killed_at], killed_at, dies_the_second_time)
        first_users.ensure(database, Settings(), tmp_path)
    written = passwords(tmp_path)
    first_users.ensure(database, Settings(), tmp_path)
    assert passwords(tmp_path) == written
    assert len(identity.everyone(database)) == 4
    assert cash(database, "asha/main") == cash(database, "ravi/main") == 10_00_000_00


def test_users_that_are_there_are_left_alone(database: Database, tmp_path: Path) -> None:
    identity.add_user(database, "boss", "admin", password="a phrase of some length")
    first_users.ensure(database, Settings(), tmp_path)
    assert [user.name for user in identity.everyone(database)] == ["boss"]
    assert not (tmp_path / first_users.FILE).exists()


def test_a_terminal_is_told_the_passwords_and_a_log_is_not(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    first_users.ensure(database, Settings(), tmp_path)
    assert passwords(tmp_path)["asha"] in capsys.readouterr().out


def test_a_pipe_is_not_told_the_passwords(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_users.ensure(database, Settings(), tmp_path)
    said = capsys.readouterr()
    assert not [word for word in passwords(tmp_path).values() if word in said.out + said.err]


def test_an_unfit_server_is_refused_before_anything_is_written(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.checks.TEST_MARK", "kagaz.no_such_mark")
    with pytest.raises(UnfitServerError):
        installation.prepare(chosen(empty_url))
    with Database(empty_url) as database, database.connection() as connection:
        assert connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


def test_who_asks_too_early_is_told_what_is_waited_for() -> None:
    state = State()
    state.step("schema")
    assert not state.ready
    with pytest.raises(StartingError, match="waits for: schema. Try again shortly"):
        state.require()
    state.trouble = "The disk is full."
    with pytest.raises(StartingError, match="The disk is full"):
        state.require()


def test_a_web_process_starts_in_the_background_and_stops(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_SIDECAR", "external")
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setattr(installation, "_preload", lambda _modules, _later, first: first.set())
    monkeypatch.setattr(installation, "_state", State())
    installation.start()
    state = installation.state()
    assert state.settled.wait(60)
    assert state.ready
    assert state.require() is state.database
    installation.stop()
    assert not state.ready


def test_wrong_settings_are_told_to_whoever_opens_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_SIDECAR", "external")
    monkeypatch.setenv("PORT", "harbour")
    monkeypatch.setattr(installation, "_state", State())
    installation.start()
    assert installation.state().settled.wait(60)
    with pytest.raises(StartingError, match="PORT must be a port"):
        installation.state().require()


def test_external_children_are_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGAZ_SIDECAR", "External")
    assert not installation.children()._commands
    monkeypatch.delenv("KAGAZ_SIDECAR")
    assert installation.children()._commands == [["jobs"]]
