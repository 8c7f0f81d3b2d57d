"""Watchlists keep the user's order, and are nobody else's."""

from collections.abc import Callable

import pytest

from core.reasons import Reason, Refusal
from db.engine import Database
from desk import watchlists
from tests import factories as make

ALL = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"]


@pytest.fixture
def owner(database: Database) -> int:
    return make.user(database)


def symbols(answer: dict[str, object], name: str) -> list[str]:
    (found,) = (each for each in answer["items"] if each["name"] == name)  # type: ignore[attr-defined]
    return list(found["symbols"])


def new(database: Database, owner: int, name: str = "mine", keys: list[str] | None = None) -> int:
    answer = watchlists.create(database, owner, name)
    (found,) = (each for each in answer["items"] if each["name"] == name)
    id = int(found["watchlist_id"])
    watchlists.add(database, owner, id, ALL if keys is None else keys)
    return id


def test_a_new_user_finds_index_futures_and_large_companies(database: Database, owner: int) -> None:
    first = watchlists.lists(database, owner)
    assert [each["name"] for each in first["items"]] == [watchlists.FIRST_NAME]
    kinds = symbols(first, watchlists.FIRST_NAME)
    assert {"NSE:NIFTY 50", "NSE:RELIANCE", "NSE:INFY"} <= set(kinds)
    assert watchlists.lists(database, owner) == first


def test_lists_keep_the_order_they_were_given(database: Database, owner: int) -> None:
    ids = [new(database, owner, f"list {n}", []) for n in range(6)]
    answer = watchlists.reorder_lists(database, owner, [ids[4], ids[1]])
    assert [each["name"] for each in answer["items"]] == [
        "list 4", "list 1", "list 0", "list 2", "list 3", "list 5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("reorder", ["NSE:ITC", "NSE:TCS", "NSE:INFY", "NSE:SBIN"]),
        ("remove", ["NSE:INFY", "NSE:SBIN", "NSE:ITC"]),
        ("undo", ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"]),
        ("again", ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"]),
    ],
)
def test_instruments_keep_the_order_they_were_given(
    database: Database, owner: int, act: str, expected: list[str]
) -> None:
    id = new(database, owner)
    if act == "reorder":
        watchlists.reorder(database, owner, id, ["NSE:ITC", "NSE:TCS"])
    if act in ("remove", "undo"):
        watchlists.remove(database, owner, id, "NSE:TCS")
    if act == "undo":
        watchlists.add(database, owner, id, ["NSE:TCS"], at=1)
    if act == "again":
        watchlists.add(database, owner, id, ["NSE:INFY", "NSE:INFY"])
    assert symbols(watchlists.lists(database, owner), "mine") == expected


def test_lists_are_renamed_and_deleted(database: Database, owner: int) -> None:
    id = new(database, owner)
    assert symbols(watchlists.rename(database, owner, id, "  my   picks "), "my picks") == ALL
    assert [each["name"] for each in watchlists.delete(database, owner, id)["items"]] == [watchlists.FIRST_NAME]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", "taken"])
def test_a_name_is_short_printable_and_used_once(database: Database, owner: int, name: str) -> None:
    new(database, owner, "taken")
    other = new(database, owner, "other")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: watchlists.create(database, owner, name),
        lambda: watchlists.rename(database, owner, other, name),
    )
    for refused_by in attempts:
        with pytest.raises(Refusal) as refused:
            refused_by()
        assert (refused.value.reason, refused.value.field) == (Reason.BAD_INPUT, "name")


def test_another_users_list_does_not_exist(database: Database, owner: int) -> None:
    id, stranger = new(database, owner), make.user(database)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: watchlists.rename(database, stranger, id, "mine now"),
        lambda: watchlists.delete(database, stranger, id),
        lambda: watchlists.add(database, stranger, id, ["NSE:LT"]),
        lambda: watchlists.remove(database, stranger, id, "NSE:INFY"),
        lambda: watchlists.reorder(database, stranger, id, ["NSE:ITC"]),
    )
    for refused_by in attempts:
        with pytest.raises(Refusal) as refused:
            refused_by()
        assert refused.value.reason is Reason.NOT_FOUND
    watchlists.reorder_lists(database, stranger, [id])
    assert symbols(watchlists.lists(database, owner), "mine") == ALL


def test_what_no_exchange_lists_cannot_be_watched(database: Database, owner: int) -> None:
    id = new(database, owner)
    with pytest.raises(Refusal) as refused:
        watchlists.add(database, owner, id, ["NSE:INFY", "NSE:NOPE"])
    assert refused.value.reason is Reason.UNKNOWN_INSTRUMENT


def test_there_is_an_end_to_lists_and_to_what_is_in_them(
    database: Database, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchlists, "MOST_ITEMS", 4)
    monkeypatch.setattr(watchlists, "MOST_LISTS", 1)
    id = new(database, owner)
    with pytest.raises(Refusal):
        watchlists.add(database, owner, id, ["NSE:LT"])
    with pytest.raises(Refusal):
        watchlists.create(database, owner, "second")
