"""Who comes with many others: each gets what they would have got alone, for a few questions to the database."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from core.reasons import Reason, Refusal
from db import access as rows
from db.engine import Database
from desk import access, identity, sharing
from gateway.ticker.wishes import NOTHING, Wish, Wishes
from gateway.wire import framed
from tests.floor import Floor
from tests.gateway.conftest import keys_of
from tests.patience import PATIENCE
from tests.people import person, signed_in, token
from web import batches
from web.batches import Batches


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent from here on."""
    sent: list[str] = []
    plain = psycopg.Cursor.execute

    def execute(cursor: Any, query: Any, *given: Any, **named: Any) -> Any:
        sent.append(str(query))
        return plain(cursor, query, *given, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    return sent


def test_programs_that_come_together_are_proven_together(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [keys_of(desk, name) for name in ("alice", "bob") for _ in range(5)]
    given = [(each.api_key, each.access_token) for each in keys]
    wrong = [(keys[0].api_key, keys[1].access_token), ("unknown", keys[0].access_token), (keys[0].api_key, "x" * 32)]
    sent = counted(monkeypatch)
    identity.foresee_apps(desk, [*given, *wrong])
    noted = len(sent)
    found = [identity.principal_from_app(desk, *each) for each in given]
    access.foresee(desk, [each for each in found if each])
    seen = [access.account(desk, each).key for each in found if each]
    secrets = [identity.secret_by_key(desk, key) for key, _ in given]
    assert (noted, len(sent)) == (2, 3), "a look, a note of the use, and the accounts"
    assert seen == ["alice/main"] * 5 + ["bob/main"] * 5
    assert secrets == [each.api_secret for each in keys]
    assert [identity.principal_from_app(desk, *each) for each in wrong] == [None] * 3


def test_a_program_that_is_ended_is_out_at_once_although_it_was_foreseen(desk: Database) -> None:
    keys = [keys_of(desk, "alice") for _ in range(3)]
    given = [(each.api_key, each.access_token) for each in keys]
    identity.foresee_apps(desk, given)
    identity.end_login(desk, *given[0])
    assert [identity.principal_from_app(desk, *each) is not None for each in given] == [False, True, True]


def test_people_are_proven_together(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [token(desk, name) for name in ("alice", "bob")]
    cookies = [signed_in(desk, name)[0] for name in ("alice", "bob")]
    program = keys_of(desk, "alice").access_token
    sent = counted(monkeypatch)
    identity.foresee(desk, [*tokens, program, "short"], cookies)
    asked = len(sent)
    told = [identity.principal_from_token(desk, each) for each in tokens]
    told += [identity.principal_from_cookie(desk, each) for each in cookies]
    assert [each and each.name for each in told] == ["alice", "bob"] * 2
    assert identity.principal_from_token(desk, program) is None, "a program's token opens nothing without its key"
    assert len(sent) == asked <= 3


def test_accounts_of_many_are_those_of_each(desk: Database) -> None:
    """Own and shared books, archived ones, and none of another's; in the order in which one alone is told of them."""
    person(desk, "ana", "analyst")
    alice, ana = (signed_in(desk, name)[1] for name in ("alice", "ana"))
    access.add_account(desk, alice, "zeta")
    access.add_account(desk, alice, "alpha")
    sharing.share(desk, alice, "alice/zeta", "ana")
    only = access.by_key(desk, "alice/alpha").id
    with desk.connection() as connection:
        connection.execute("update accounts set archived_at = now() where name = 'zeta'")
        users = [each.user_id for each in (alice, ana, signed_in(desk, "bob")[1])]
        askers = [(user, None) for user in users] + [(users[0], only), (users[1], only)]
        together = rows.accounts_of(connection, askers)
        alone = [rows.accounts(connection, user, False, one) for user, one in askers]
    assert together == alone
    assert [len(each) for each in together] == [3, 2, 1, 1, 0]
    assert access.account(desk, alice, "alice/alpha").id == only


def test_one_bad_question_spoils_no_other() -> None:
    """Who comes while a batch is asked is in the next one; a refusal is its own asker's alone."""
    asked: list[list[int]] = []
    began, may = threading.Event(), threading.Event()

    def answer(questions: Sequence[int]) -> list[int | Exception]:
        asked.append(list(questions))
        began.set()
        may.wait(PATIENCE)
        return [Refusal(Reason.SIGN_IN, "no") if each % 2 else each * 10 for each in questions]

    async def story() -> list[Any]:
        door = Batches("test", answer, "crowded")
        first = asyncio.ensure_future(door.ask(0))
        await asyncio.to_thread(began.wait, PATIENCE)
        rest = [asyncio.ensure_future(door.ask(each)) for each in range(1, 5)]
        await asyncio.sleep(0.01)
        may.set()
        found = await asyncio.gather(first, *rest, return_exceptions=True)
        door.close()
        return found

    found = asyncio.run(story())
    assert asked == [[0], [1, 2, 3, 4]]
    assert [each if isinstance(each, int) else type(each) for each in found] == [0, Refusal, 20, Refusal, 40]


def test_who_waits_too_long_or_behind_too_many_may_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_WAITING", 2)
    may = threading.Event()

    def answer(questions: Sequence[int]) -> list[int | Exception]:
        may.wait(PATIENCE)
        return list(questions)

    async def story() -> list[Any]:
        door = Batches("test", answer, "Too many.", 0.05)
        asking = [asyncio.ensure_future(door.ask(0))]
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        asking += [asyncio.ensure_future(door.ask(each)) for each in range(1, 4)]
        found = await asyncio.gather(*asking, return_exceptions=True)
        may.set()
        door.close()
        return found

    assert [each.reason for each in asyncio.run(story())] == [Reason.TRY_AGAIN] * 4


def test_what_many_say_is_worked_out_once(floor: Floor) -> None:
    tokens = [one.id << 8 | 1 for one in floor.master.by_id.values() if one.exchange == "NSE" and one.kind == "EQ"]
    text = f'{{"a":"subscribe","v":{tokens}}}'
    wishes = Wishes()
    first, shown = wishes.after(NOTHING, wishes.read(text), floor.master, 3_000)
    second, again = wishes.after(NOTHING, wishes.read(text), floor.master, 3_000)
    assert (first is second, shown is again, len(first.asked), NOTHING.asked) == (True, True, len(tokens), {})
    few, fresh = wishes.after(first, wishes.read(f'{{"a":"unsubscribe","v":[{tokens[0]}]}}'), floor.master, 3_000)
    assert (few is first, few.own, len(few.asked), fresh) == (False, True, len(tokens) - 1, frozenset())
    assert len(first.asked) == len(tokens), "what others follow is not changed"
    assert wishes.after(NOTHING, wishes.read(text), floor.master, 5)[0].asked != first.asked, "the rules count"
    assert Wish(dict(first.asked)).key == first.key


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (1, b"\x82\x01"), (125, b"\x82\x7d"), (126, b"\x82\x7e\x00\x7e"), (65_535, b"\x82\x7e\xff\xff"),
        (65_536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)  # fmt: skip
def test_frames_are_as_the_standard_says(size: int, head: bytes) -> None:
    assert framed(b"p" * size) == head + b"p" * size
