"""What an embedded cluster finds on the machine: left-over files, other versions, homes it cannot live in."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db import embedded
from db.embedded import EmbeddedError, account, binaries, cluster, memory, places, server
from db.embedded.places import settle
from tests.db.embedded_clients import PROGRAMS, answers, client, home_folder, postmaster, stopped

MB = memory.MB


@pytest.fixture
def home() -> Iterator[Path]:
    with home_folder() as folder:
        yield folder


def test_files_of_a_dead_server_that_name_a_living_process_are_no_obstacle(home: Path) -> None:
    with client(home) as one:
        url = one.url()
    stopped(home)
    found = settle(home)
    for path in (found.data / "postmaster.pid", found.socket / ".s.PGSQL.5432.lock"):
        path.write_text(f"{os.getpid()}\n{found.data}\n1700000000\n5432\n{found.socket}\n\n  1 2\nready\n")
        account.give(path, found.account)
    assert server.postmaster(found.data) is None
    with client(home) as two:
        assert two.url() == url
        assert answers(url)


@pytest.mark.parametrize("text", ["", "no number\n", "-5\n", "999999999\n"])
def test_a_broken_pid_file_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "postmaster.pid").write_text(text)
    assert server.postmaster(tmp_path) is None


def test_data_of_another_major_version_are_refused_in_words(home: Path) -> None:
    found = settle(home)
    found.data.mkdir()
    (found.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"was made by Postgres 9.*which cannot open it.*dump the data"):
        embedded.acquire(home, programs=PROGRAMS)


def test_the_server_is_for_this_machine_only_and_checks_its_pages(home: Path) -> None:
    with client(home) as one, psycopg.connect(one.url()) as connection:
        shown = {
            name: connection.execute(f"show {name}").fetchone()
            for name in ("listen_addresses", "data_checksums", "fsync", "unix_socket_permissions")
        }
        assert shown == {
            "listen_addresses": ("",),
            "data_checksums": ("on",),
            "fsync": ("on",),
            "unix_socket_permissions": ("0700",),
        }
        found = settle(home)
        for folder in (found.data, found.socket):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_root_drops_to_an_account_and_others_stay_themselves(home: Path) -> None:
    with client(home) as one:
        assert answers(one.url())
        owner = settle(home).data.stat().st_uid
        assert owner == account_uid()
        assert Path(f"/proc/{postmaster(settle(home))}").stat().st_uid == owner


def account_uid() -> int:
    """Whom the server runs as."""
    chosen = account.choose()
    return chosen.uid if chosen else os.geteuid()


def test_an_account_without_a_home_can_run_it() -> None:
    with home_folder() as folder:
        folder.mkdir()
        # As root this is `nobody`, whose home does not exist; otherwise it is ourselves without one.
        identity = account.Account("nobody", 65534, 65534) if os.geteuid() == 0 else None
        account.give(folder, identity)
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        with client(folder, **runnable_python(identity, environment)) as one:
            assert answers(one.url())
            assert folder.joinpath("pg", "data").stat().st_uid == (65534 if identity else os.geteuid())


def runnable_python(identity: account.Account | None, environment: dict[str, str]) -> dict[str, object]:
    """Arguments of a client that runs as the account, with an interpreter that it can execute."""
    import sys

    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    candidates = (Path(sys.executable), Path("/usr/bin/python3"))
    python = next(path for path in candidates if account.may_run(path, identity))
    return {"python": str(python), "env": environment, **account.dropping(identity)}


def test_programs_that_the_account_cannot_reach_are_copied(home: Path) -> None:
    identity = account.choose()
    with tempfile.TemporaryDirectory(prefix="kagaz-private-") as private:  # 0700: for its owner alone
        installation = Path(private) / "postgres"
        shutil.copytree(binaries.find(PROGRAMS).parent, installation, symlinks=True)
        found = settle(home)
        used = binaries.usable_by(installation / "bin", identity, found.root / "programs")
        assert account.may_run(used / "postgres", identity)
        assert used.is_relative_to(found.root if identity else installation)
        assert binaries.usable_by(installation / "bin", identity, found.root / "programs") == used


def test_a_home_that_cannot_be_written_is_left_for_another(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setattr(places, "_others", lambda _wanted: iter([home]))
    assert settle(blocked / ".kagaz").home == home


def test_where_no_home_will_do_the_sentence_names_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setattr(places, "_others", lambda _wanted: iter([blocked / "b"]))
    with pytest.raises(EmbeddedError, match=r"no folder in which Postgres could keep.*file/a: .*file/b: "):
        settle(blocked / "a")


def test_a_long_home_gets_a_short_socket() -> None:
    with home_folder() as folder:
        long = folder / ("x" * 120)
        with client(long) as one:
            assert answers(one.url())
            found = settle(long)
            assert len(str(found.socket)) <= places.LONGEST_SOCKET_FOLDER
        stopped(long)
        found.socket.rmdir()


def test_programs_are_found_by_name_or_refused_in_words(tmp_path: Path) -> None:
    assert (binaries.find() / "initdb").exists()
    with pytest.raises(EmbeddedError, match="KAGAZ_PG_BIN is .* are not in it"):
        binaries.find(str(tmp_path))


@pytest.mark.parametrize(
    ("memory_mb", "shared", "connections"),
    [(512, "32MB", "60"), (1024, "64MB", "60"), (4096, "256MB", "120"), (65536, "1024MB", "120")],
)
def test_memory_settings_follow_the_machine(memory_mb: int, shared: str, connections: str) -> None:
    chosen = memory.settings(memory_mb * MB)
    assert chosen["shared_buffers"] == shared
    assert chosen["max_connections"] == connections


def test_the_memory_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "LIMITS", (limit, tmp_path / "missing"))
    limit.write_text("max\n")
    assert memory.total() > 512 * MB
    limit.write_text(str(300 * MB))
    assert memory.total() == 300 * MB


def test_a_keeper_that_cannot_start_is_reported_with_its_words(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "PROJECT", tmp_path)  # a folder without the keeper's code
    with pytest.raises(EmbeddedError, match=r"(?s)keeper of Postgres does not stay up: .*No module named 'db'"):
        embedded.acquire(home, grace=0.3, programs=PROGRAMS)
