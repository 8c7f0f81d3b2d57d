"""Jobs of fixed times, against a real database."""

from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from core.calendar import IST
from core.reasons import Refusal
from db.engine import Database
from desk import admin, timed, verify
from tests.floor import Floor


def test_the_hourly_check_is_what_the_administrator_s_badge_shows(database: Database) -> None:
    floor = Floor(database)
    account = floor.account(cash=10_000_000)
    assert admin.verified(database)["ok"] is None
    timed.verify(database)
    assert admin.verified(database)["ok"] is True
    with database.connection() as connection:
        connection.execute("update accounts set cash = cash + 1 where id = %s", [account])
    timed.verify(database)
    told = admin.verified(database)
    assert told["ok"] is False
    assert str(account) in told["violations"][0]


@pytest.mark.parametrize(
    ("job", "now", "following", "words"),
    [
        ("verify", "10:04:59", "10:05:00", "each hour at :05"),
        ("verify", "10:05:00", "11:05:00", "each hour at :05"),
        ("days", "23:30:00", "00:20:00", "each hour at :20"),
        ("contracts", "07:00:00", "08:45:00", "daily 08:45, 15:45"),
        ("contracts", "08:45:00", "15:45:00", "daily 08:45, 15:45"),
        ("contracts", "16:00:00", "08:45:00", "daily 08:45, 15:45"),
        ("masters", "10:00:39", "10:00:40", "each minute"),
    ],
)
def test_a_job_tells_when_it_runs_next(job: str, now: str, following: str, words: str) -> None:
    found = next(each for each in timed.TIMETABLE if each.name == job)
    at = datetime.fromisoformat(f"2026-11-23T{now}+05:30")
    assert found.after(at).strftime("%H:%M:%S") == following
    assert at < found.after(at) <= at + timedelta(days=1)
    assert found.when == words


def test_the_page_of_jobs_has_the_clock_s_steps_and_what_is_run_by_hand(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    Floor(database)
    with database.connection() as connection:
        connection.execute("update markets set running = (id = 'sim')")
    now = datetime.now(IST)
    before = {each["title"]: each for each in timed.overview(database, now)}
    assert list(before) == [
        "Square-off, sim",
        "Roll, sim",
        "Contracts",
        "Instruments",
        "Check of the books",
        "Closed days",
        "Keys of requests",
    ]
    assert [each["by_hand"] for each in before.values()] == [False, False, True, True, True, True, True]
    assert before["Check of the books"]["last"] is None
    # A clock that is a quarter of a second later at each look: every run takes that long.
    monkeypatch.setattr(timed, "time", SimpleNamespace(monotonic=count(10.0, 0.25).__next__))
    timed.run_now(database, "root", "verify")
    timed.run_now(database, "root", "keys")
    after = {each["title"]: each for each in timed.overview(database, now)}
    last = after["Check of the books"]["last"]
    assert (last["state"], last["error"]) == ("DONE", None)
    assert last["took_ms"] == 250
    assert after["Keys of requests"]["last"]["state"] == "DONE"
    with database.connection() as connection:
        told = connection.execute("select actor, subject from audit where action = 'JOB_RUN' order by id").fetchall()
    assert told == [("root", "verify"), ("root", "keys")]


@pytest.mark.parametrize("name", ["roll", "nothing"])
def test_what_the_clock_runs_is_not_run_by_hand(database: Database, name: str) -> None:
    with pytest.raises(Refusal, match="clock alone"):
        timed.run_now(database, "root", name)


def test_each_check_of_the_books_is_told_with_what_broke_it(database: Database) -> None:
    floor = Floor(database)
    account = floor.account(cash=10_000_000)
    assert admin.checks(database) == []
    timed.verify(database)
    assert [each["check"] for each in admin.checks(database)] == list(verify.TITLES)
    assert all(each["held"] for each in admin.checks(database))
    with database.connection() as connection:
        connection.execute("update accounts set cash = cash + 1 where id = %s", [account])
    timed.verify(database)
    broken = [each for each in admin.checks(database) if not each["held"]]
    assert [each["check"] for each in broken] == [verify.TITLES[0]]
    assert broken[0]["broken"] == 2
