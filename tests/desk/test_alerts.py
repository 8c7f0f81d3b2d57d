"""Alerts of many accounts at once: none is lost to another's, and each comes to a stream once."""

from datetime import UTC, date, datetime

import pytest

from api.hub import warn
from api.subscriber import Subscriber
from api.wishes import Wish
from db import alerts as rows
from db.engine import Database
from desk import access, events
from desk.events import Seen
from desk.principal import Principal
from tests.people import open_market, person

INSERT = (
    "insert into risk_decisions (at, account_id, actor, decision, rule, sentence)"
    " select now() - n * interval '1 second', %s, 'house', %s, 600, n::text from generate_series(%s::int, %s::int) n"
)


@pytest.fixture
def desk(clean_database: Database) -> Database:
    """alice's account was stopped ten times, and bob's thrice before."""
    open_market(clean_database)
    for name in ("alice", "bob"):
        person(clean_database, name, "trader")
    with clean_database.connection() as connection:
        connection.execute(INSERT, [access.by_key(clean_database, "alice/main").id, "HALTED", 1, 10])
        connection.execute(INSERT, [access.by_key(clean_database, "bob/main").id, "HALTED", 21, 23])
    return clean_database


def test_one_accounts_alerts_leave_anothers_in_place(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_ALERTS", 4)
    keys = {access.by_key(desk, key).id: key for key in ("alice/main", "bob/main")}
    found = events.since(desk, [Seen(each, -1, date(2026, 11, 23)) for each in keys], keys, with_alerts=keys)
    told = {keys[change.account_id]: [each["detail"] for each in change.alerts] for change in found}
    assert told == {"alice/main": ["4", "3", "2", "1"], "bob/main": ["23", "22", "21"]}


def test_alerts_read_what_refusals_do_not_fill(desk: Database) -> None:
    """A bot that is refused a hundred times a second makes its account's alerts no slower."""
    alice = access.by_key(desk, "alice/main").id
    with desk.connection() as connection:
        connection.execute(INSERT, [alice, "REFUSED", 0, 5_000])
        connection.execute("analyze risk_decisions")
        values = {"accounts": [alice], "since": datetime.now(UTC), "before": None, "limit": 4}
        plan = "\n".join(row[0] for row in connection.execute(b"explain " + rows.ALERTS.plain, values))
    for index in ("risk_decisions_taken", "gtts_updated", "orders_of_house", "trades_of_house"):
        assert index in plan, plan


def test_a_stream_is_told_each_alert_once() -> None:
    who = Principal(1, "alice", "trader", "session-1", None, None, ("read",))
    account = access.AccountRef(7, "alice/main", 1, "sim", "main", False)
    stream = Subscriber(who, account, Wish((), (), (), frozenset({"alerts"})))
    first, second, third = (("a", b"1"), ("b", b"2"), ("c", b"3"))
    for at, heard in ((0.0, [first, second]), (1.0, [second, third]), (60.0, [first, second, third]), (185.0, [third])):
        warn(stream, heard, at)
    assert [body for _, event, body in stream.take() if event == b"alert"] == [b"1", b"2", b"3"]
    assert set(stream.told) == {"c"}, "what can come no more is forgotten"
