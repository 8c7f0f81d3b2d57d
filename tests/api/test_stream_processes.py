"""Two web processes over one database: what is done through one is seen on the other's streams."""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.late import PREFIX
from db.engine import Database
from desk import access, alerts, identity, risk_switch, sharing, wallet
from tests.api.conftest import CASH, ORDER
from tests.api.streaming import Live
from tests.api.test_stream import httpx_fails
from tests.floor import Floor
from tests.patience import PATIENCE
from tests.people import person, signed_in, token
from tests.ports import free_port

_traders = itertools.count()
TOPICS = "topics=orders,trades,positions,wallet"
SOON = PATIENCE / 4
"""Seconds: a doorbell rings at once, and what is not told by one is looked at every second; far below the minutes after
which a stream looks by itself, and far above what a busy machine takes."""


@pytest.fixture(scope="module")
def two(still_desk: Database) -> Iterator[list[Live]]:
    """Two processes that serve the whole API, for all tests of this file: each has a trader of its own."""
    ports = [free_port() for _ in range(2)]
    children = [
        subprocess.Popen([sys.executable, "-m", "tests.api.stream_child", still_desk.url, str(port)]) for port in ports
    ]
    try:
        urls = [f"http://127.0.0.1:{port}{PREFIX}" for port in ports]
        for url, child in zip(urls, children, strict=True):
            while httpx_fails(f"{url}/health"):
                assert child.poll() is None
                time.sleep(0.05)  # asked without a pause, what starts would wait for who asks
        yield [Live(url, None) for url in urls]
    finally:
        for child in children:
            child.kill()
            child.wait()


@pytest.fixture
def desk(still_desk: Database) -> Database:
    """Of both processes; INFY has traded at 1500 just now."""
    Floor(still_desk).price("NSE:INFY", 150_000)
    return still_desk


@pytest.fixture
def alice(desk: Database) -> str:
    """The name of a trader with money whom no other test knows."""
    name = f"alice{next(_traders)}"
    person(desk, name)
    wallet.deposit(desk, "test", access.by_key(desk, f"{name}/main").id, CASH, "first")
    return name


def ask(server: Live, bearer: str, method: str, path: str, body: Any = None) -> Any:
    """What a server answers; it must do what is asked."""
    headers = {"authorization": f"Bearer {bearer}"}
    answer = httpx.request(method, f"{server.url}{path}", json=body, headers=headers, timeout=PATIENCE)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_an_order_placed_through_one_process_is_seen_through_the_other(
    two: list[Live], desk: Database, alice: str
) -> None:
    bearer = token(desk, alice)
    here, there = two
    with there.reading(bearer, "topics=orders,wallet") as reader:
        reader.until("snapshot")
        placed = ask(here, bearer, "POST", "/orders", ORDER)
        began = time.monotonic()
        assert reader.until("order")["order_id"] == placed["order_id"]
        assert time.monotonic() - began < SOON
        assert reader.until("wallet")["version"] >= placed["version"]


def test_who_comes_back_to_the_other_process_is_told_of_a_gap_and_gets_a_snapshot(
    two: list[Live], desk: Database, alice: str
) -> None:
    bearer = token(desk, alice)
    here, there = two
    with here.reading(bearer, "topics=orders") as reader:
        reader.until("snapshot")
        last = reader.ids[-1]
    placed = ask(here, bearer, "POST", "/orders", ORDER)
    with there.reading(bearer, "topics=orders", last_id=last) as reader:
        assert [reader.next()[0], reader.next()[0]] == ["hello", "gap"]
        assert [each["order_id"] for each in reader.until("snapshot")["orders"]] == [placed["order_id"]]
        second = ask(here, bearer, "POST", "/orders", {**ORDER, "price": 1490})
        assert reader.until("order")["order_id"] == second["order_id"]


def test_a_token_that_ends_through_one_process_is_out_of_the_other(two: list[Live], desk: Database, alice: str) -> None:
    bearer = token(desk, alice)
    there = two[1]
    with there.reading(bearer, "topics=feed") as reader:
        reader.until("hello")
        with desk.connection() as connection:
            connection.execute("update api_tokens set revoked_at = now()")
        assert reader.until("bye") == {"reason": "session"}


def test_a_share_that_ends_through_one_process_ends_streams_of_the_other(
    two: list[Live], desk: Database, alice: str
) -> None:
    """Told within seconds to who listens there, and to nobody who still may."""
    _, owner = signed_in(desk, alice)
    sharing.share(desk, owner, f"{alice}/main", "bob")
    there = two[1]
    with there.reading(token(desk, "bob"), f"topics=feed&account={alice}/main") as reader:
        reader.until("hello")
        with there.reading(token(desk, alice), "topics=feed") as own:
            own.until("hello")
            began = time.monotonic()
            sharing.unshare(desk, owner, f"{alice}/main", "bob")
            assert reader.until("bye") == {"reason": "session"}
            assert time.monotonic() - began < SOON
            own.until("feed")


def test_what_a_third_process_fills_is_seen_on_the_streams_of_both(two: list[Live], desk: Database, alice: str) -> None:
    """Orders, trades, positions and the wallet of one account, whole and in order, through each of two processes."""
    bearer, floor = token(desk, alice), Floor(desk)
    account = access.by_key(desk, f"{alice}/main")
    with two[0].reading(bearer, TOPICS) as here, two[1].reading(bearer, TOPICS) as there:
        for reader in (here, there):
            reader.until("snapshot")
        placed = ask(two[0], bearer, "POST", "/orders", ORDER)
        floor.fill(account.id, int(placed["order_id"]), ORDER["quantity"], 150_000)
        told = []
        for reader in (here, there):
            seen: dict[str, Any] = {}
            while not {"trade", "position", "wallet"} <= seen.keys() or seen["order"]["status"] != "COMPLETE":
                event, data = reader.next()
                seen[event] = data
            told.append(seen)
    for event in ("order", "trade", "position"):
        assert told[0][event] == told[1][event]
    assert told[0]["trade"]["order_id"] == placed["order_id"]
    assert (told[0]["position"]["quantity"], told[0]["wallet"]["version"]) == (
        ORDER["quantity"], told[1]["wallet"]["version"],
    )  # fmt: skip


def test_gtts_and_alerts_come_by_the_stream(two: list[Live], desk: Database, alice: str) -> None:
    bearer = token(desk, alice)
    here, there = two
    leg = {"trigger_price": 1400, "quantity": 1, "price": 1400}
    wish = {"symbol": "INFY", "exchange": "NSE", "side": "BUY", "product": "CNC", "legs": [leg]}
    with there.reading(bearer, "topics=gtts,alerts") as reader:
        reader.until("snapshot")
        made = ask(here, bearer, "POST", "/gtt", wish)
        assert reader.until("gtt") == made
        ask(here, bearer, "POST", "/risk/kill", {"scope": "ACCOUNT"})
        gtt, alert = None, None
        while gtt is None or alert is None:
            event, data = reader.next()
            gtt, alert = data if event == "gtt" else gtt, data if event == "alert" else alert
        assert (gtt["gtt_id"], gtt["status"]) == (made["gtt_id"], "CANCELLED")
        assert (alert["kind"], alert["event"], alert["level"]) == ("RISK", "HALTED", "CRITICAL")
        known = {each["alert_id"] for each in ask(here, bearer, "GET", "/alerts")["items"]}
        assert alert["alert_id"] in known
        # The next change looks back over the same minute and says nothing again.
        ask(here, bearer, "POST", "/risk/rearm", {"scope": "ACCOUNT"})
        assert reader.until("alert")["event"] == "ACTIVE"


def test_alerts_have_pages_that_lose_nothing(desk: Database, alice: str) -> None:
    """What came at one instant stays on one page; each page begins where the last one ended."""
    who = identity.principal_from_token(desk, token(desk, alice))
    account = access.by_key(desk, f"{alice}/main")
    for _ in range(4):
        risk_switch.kill(desk, who, account)
        risk_switch.rearm(desk, who, account)
    whole = alerts.listed(desk, account)["items"]
    assert [each["event"] for each in whole] == ["ACTIVE", "HALTED"] * 4
    pages, cursor = [], None
    while True:
        page = alerts.listed(desk, account, before=cursor, limit=3)
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == whole
