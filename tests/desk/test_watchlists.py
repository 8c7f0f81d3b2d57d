"""Watchlists keep the user's order, and are nobody else's."""

from collections.abc import Callable

import pytest

from core.reasons import Reason, Refusal
from db.engine import Database
from desk import watchlists
from desk.principal import Principal
from tests import factories as make

ALL = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"]


def someone(database: Database) -> Principal:
    return Principal(make.user(database), "someone", "trader", "a session", None, None, ("read", "trade"))


@pytest.fixture
def owner(database: Database) -> Principal:
    return someone(database)


def new(database: Database, owner: Principal, name: str = "mine", keys: list[str] | None = None) -> int:
    return int(watchlists.add(database, owner, name, ALL if keys is None else keys)["watchlist_id"])


def test_a_new_user_finds_index_futures_and_large_companies(database: Database, owner: Principal) -> None:
    (first,) = watchlists.lists(database, owner)
    assert first["name"] == watchlists.FIRST_NAME
    assert {"NSE:NIFTY 50", "NSE:RELIANCE", "NSE:INFY"} <= set(first["symbols"])
    assert watchlists.lists(database, owner) == [first]


def test_lists_keep_the_order_they_were_given(database: Database, owner: Principal) -> None:
    ids = [new(database, owner, f"list {n}", []) for n in range(6)]
    watchlists.change(database, owner, ids[4], position=1)
    watchlists.change(database, owner, ids[1], position=2)
    assert [each["name"] for each in watchlists.lists(database, owner)] == [
        "list 4", "list 1", "list 0", "list 2", "list 3", "list 5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([("reorder", ["NSE:ITC", "NSE:TCS", "NSE:LT"])], ["NSE:ITC", "NSE:TCS", "NSE:INFY", "NSE:SBIN"]),
        ([("take", "NSE:TCS")], ["NSE:INFY", "NSE:SBIN", "NSE:ITC"]),
        ([("take", "NSE:TCS"), ("take", "NSE:TCS"), ("put", "NSE:TCS", 1)], ALL),
        ([("put", "NSE:INFY", 3)], ALL),
        ([("put", "NSE:LT")], [*ALL, "NSE:LT"]),
        ([("put", "NSE:LT", 99)], [*ALL, "NSE:LT"]),
        ([("put", "NSE:LT", -5)], ["NSE:LT", *ALL]),
    ],
)
def test_instruments_keep_the_order_they_were_given(
    database: Database, owner: Principal, acts: list[tuple[object, ...]], expected: list[str]
) -> None:
    made = new(database, owner)
    for act, *rest in acts:
        getattr(watchlists, str(act))(database, owner, made, *rest)
    assert watchlists.watchlist(database, owner, made)["symbols"] == expected


def test_who_deletes_the_last_list_finds_a_first_one_again(database: Database, owner: Principal) -> None:
    watchlists.remove(database, owner, new(database, owner))
    assert [each["name"] for each in watchlists.lists(database, owner)] == [watchlists.FIRST_NAME]


def test_a_name_is_used_once(database: Database, owner: Principal) -> None:
    new(database, owner, "taken")
    other = new(database, owner, "other")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: watchlists.add(database, owner, "taken", []),
        lambda: watchlists.change(database, owner, other, name="taken"),
    )
    for attempt in attempts:
        with pytest.raises(Refusal) as refused:
            attempt()
        assert (refused.value.reason, refused.value.field) == (Reason.BAD_INPUT, "name")


def test_another_users_list_does_not_exist(database: Database, owner: Principal) -> None:
    made, stranger = new(database, owner), someone(database)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: watchlists.watchlist(database, stranger, made),
        lambda: watchlists.change(database, stranger, made, name="mine now"),
        lambda: watchlists.remove(database, stranger, made),
        lambda: watchlists.put(database, stranger, made, "NSE:LT"),
        lambda: watchlists.take(database, stranger, made, "NSE:INFY"),
        lambda: watchlists.reorder(database, stranger, made, ["NSE:ITC"]),
    )
    for attempt in attempts:
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.reason is Reason.NOT_FOUND
    assert watchlists.watchlist(database, owner, made)["symbols"] == ALL


def test_what_no_exchange_lists_cannot_be_watched(database: Database, owner: Principal) -> None:
    made = new(database, owner)
    with pytest.raises(Refusal) as refused:
        watchlists.put(database, owner, made, "NSE:NOPE")
    assert refused.value.reason is Reason.UNKNOWN_INSTRUMENT


def test_there_is_an_end_to_lists_and_to_what_is_in_them(
    database: Database, owner: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchlists, "MOST_ITEMS", 4)
    monkeypatch.setattr(watchlists, "MOST_LISTS", 1)
    made = new(database, owner)
    with pytest.raises(Refusal):
        watchlists.put(database, owner, made, "NSE:LT")
    with pytest.raises(Refusal):
        watchlists.add(database, owner, "second", [])
