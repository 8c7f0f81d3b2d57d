"""What the administrator sees of the machinery."""

import pytest

from db.engine import Database
from desk import admin
from tests import factories as make


def test_every_market_has_a_pill_and_the_counters_of_its_feed(clean_database: Database) -> None:
    make.market(clean_database, feed_state={"late": 3})
    make.market(clean_database, "replay/1", feed="replay", running=False)
    stopped, running = admin.feeds(clean_database)
    assert (stopped["market"], stopped["state"]) == ("replay/1", "CLOSED")
    assert (running["market"], running["state"], running["counters"]) == ("sim", "DOWN", {"late": 3})


def test_a_process_that_stopped_beating_is_not_alive(clean_database: Database) -> None:
    make.insert(clean_database, "heartbeats", process="a:1:market", role="market", pid=1)
    with clean_database.connection() as connection:
        connection.execute(
            "insert into heartbeats (process, role, pid, beat_at) values"
            " ('b:2:web', 'web', 2, now() - interval '1 minute'), ('c:3:web', 'web', 3, now() - interval '2 hours'),"
            " ('d:4:web', 'web', 4, now() - interval '12 seconds'),"
            " ('e:5:closing', 'closing', 5, now() - interval '12 seconds')"
        )
    assert [(each["process"], each["alive"]) for each in admin.heartbeats(clean_database)] == [
        ("e:5:closing", False),
        ("a:1:market", True),
        ("b:2:web", False),
        ("d:4:web", True),  # it says so every ten seconds
    ]


def test_the_leader_is_shown_with_its_term_and_last_beat(clean_database: Database) -> None:
    make.market(clean_database)
    make.insert(clean_database, "leader", market="sim", term=4, holder="a:1")
    make.insert(clean_database, "heartbeats", process="old", role="execution", market="sim", pid=1, term=3)
    assert admin.leaders(clean_database)[0]["heartbeat_age_ms"] is None
    make.insert(clean_database, "heartbeats", process="new", role="execution", market="sim", pid=1, term=4)
    (leader,) = admin.leaders(clean_database)
    assert (leader["term"], leader["holder"]) == (4, "a:1")
    assert 0 <= leader["heartbeat_age_ms"] < 60_000


@pytest.mark.parametrize(
    ("values", "state", "ok"),
    [
        ({"finished_at": make.NOON, "detail": {"violations": []}}, "DONE", True),
        ({"finished_at": make.NOON, "detail": {"violations": ["I1"]}}, "DONE", False),
        ({"finished_at": make.NOON, "error": "boom"}, "FAILED", False),
        ({}, "RUNNING", None),
    ],
)
def test_the_badge_is_green_only_for_a_finished_check_that_found_nothing(
    clean_database: Database, values: dict[str, object], state: str, ok: bool | None
) -> None:
    make.market(clean_database)
    row = {"market": "sim", "job": "verify", "trading_date": make.TODAY, "started_at": make.NOON} | values
    make.insert(clean_database, "job_runs", **row)  # type: ignore[arg-type]
    (run,) = admin.job_runs(clean_database)
    assert run["state"] == state
    assert admin.verified(clean_database)["ok"] is ok
