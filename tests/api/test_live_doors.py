"""A vendor's prices belong to the holder of its account: every way to them is tried by everybody else."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import settings
from core.frames import Frame, row_type
from core.reasons import Reason, Refusal
from core.vendors import Vendor
from db import access as rows
from db.engine import Database
from desk import access, admin, events, identity, live, masters, replays, sharing
from tests import factories as make
from tests.api.conftest import ORDER, as_bot, as_browser
from tests.api.streaming import Live
from tests.api.streaming import live as serving
from tests.api.test_doors import ALL
from tests.patience import PATIENCE
from tests.people import signed_in, token
from tests.started import Started

VENDOR = 222_200  # paise
# The price in rupees or paise, and not four digits in the middle of a request's number.
SHOWN = re.compile(r"(?<!\w)2222(?:00)?(?!\w)")
BOOK = "alice/live-main"
OTHERS = ("bob", "ana", "root")
# What names a book: each of these doors must be shut to all but the owner.
BOUND = [each for each in ALL if "account" in each.query and not each.public]


def recorded(folder: Path) -> Path:
    """Where a day of alice's live market is recorded, as far as its name tells."""
    day = folder / "live" / "alice" / "2026-11-23"
    day.mkdir(parents=True)
    (day / "0001-1.frames").write_bytes(b"")
    return day


@pytest.fixture(params=["live", "replay"])
def market(desk: Database, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """alice's live market, or the one in which a recording of it is played, switched on; INFY trades there at 2222."""
    alice = identity.find(desk, "alice")
    if request.param == "live":
        market = live.ensure(desk, alice.id, "alice", Vendor.UPSTOX, on=True)
    else:
        monkeypatch.setattr(sys.modules[__name__], "BOOK", f"alice/{replays.BOOK}")
        market = (
            replays.ensure(desk, settings.Settings(kagaz_feed="replay", kagaz_replay_path=recorded(tmp_path))) or ""
        )
        assert market == "replay/alice"
    infy = masters.get(desk).by_key["NSE:INFY"].id
    make.quote(desk, infy, VENDOR, market=market)
    at = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    make.insert(
        desk, "candles", market=market, instrument_id=infy, interval="1m", start=at, open=VENDOR, high=VENDOR,
        low=VENDOR, close=VENDOR, volume=1, oi=0,
    )  # fmt: skip
    with desk.connection() as connection:
        connection.execute("update markets set phase = 'OPEN', exchange_time = now(), frame_at = now()")
    return market


def test_its_owner_sees_it_and_keeps_the_other_market(market: str, client: TestClient, desk: Database) -> None:
    alice = as_bot(client, desk, "alice")
    for account, price in ((BOOK, 2222), ("alice/main", 1500), (None, 1500)):
        named = {} if account is None else {"account": account}
        quotes = alice.get("/api/v1/quotes", params={"symbols": "NSE:INFY", **named}).json()
        assert quotes["items"]["NSE:INFY"]["last_price"] == price
    bars = alice.get("/api/v1/candles", params={"symbol": "NSE:INFY", "account": BOOK}).json()["items"]
    assert [each["close"] for each in bars] == [2222]
    assert [each["account"] for each in alice.get("/api/v1/accounts").json()["items"]] == ["alice/main", BOOK]


def test_the_table_of_doors_is_not_empty() -> None:
    assert {"/quotes", "/candles", "/positions", "/orders", "/wallet", "/pnl"} <= {each.path for each in BOUND}


@pytest.mark.parametrize("name", OTHERS)
def test_every_door_that_names_the_book_is_shut_to_others(
    market: str, client: TestClient, desk: Database, name: str
) -> None:
    asker = as_bot(client, desk, name, scopes=("read", "trade") if name != "ana" else ("read",))
    for each in BOUND:
        if each.method != "GET":
            continue
        path = each.path.replace("{interval}", "1m")
        fields = {"symbols": "NSE:INFY", "symbol": "NSE:INFY", "underlying": "NSE:NIFTY 50", "id": "1"}
        query = {field: fields[field] for field in each.query if field in fields} | {"account": BOOK}
        answer = asker.get(f"/api/v1{path}".format_map(defaultdict(lambda: "1")), params=query)
        assert answer.status_code == 404, (each.path, answer.text)
        assert not SHOWN.search(answer.text)
    assert BOOK not in asker.get("/api/v1/accounts").text
    assert asker.post("/api/v1/orders", json={**ORDER, "account": BOOK}).status_code in (403, 404)


@pytest.mark.parametrize("name", OTHERS)
def test_no_stream_of_it_opens_for_others(market: str, desk: Database, server: Live, name: str) -> None:
    with httpx.Client(timeout=PATIENCE) as client:
        for query in (f"account={BOOK}&symbols=NSE:INFY", f"account={BOOK}@{market}&symbols=NSE:INFY"):
            answer = client.get(
                f"{server.url}/stream?{query}",
                headers={"authorization": f"Bearer {token(desk, name, scopes=('read',))}"},
            )
            assert answer.status_code == 404, answer.text


def test_a_frame_of_it_reaches_its_owner_alone(market: str, desk: Database, server: Live) -> None:
    infy = masters.get(desk).by_key["NSE:INFY"].id
    with (
        server.reading(token(desk, "alice"), f"symbols=NSE:INFY&topics=quotes,feed&account={BOOK}") as mine,
        server.reading(token(desk, "root"), "symbols=NSE:INFY&topics=quotes,feed") as other,
    ):
        assert mine.until("snapshot")["rows"][0][1] == 2222
        assert other.until("snapshot")["rows"][0][1] == 1500
        rows = np.zeros(1, row_type(5))
        at = 1_795_411_800_000
        rows["instrument"], rows["last_price"], rows["prev_close"], rows["exchange_time"] = infy, 222_300, VENDOR, at
        make.frame(desk, Frame(market, 1, at, rows))
        assert mine.until("quotes")["rows"][0][1] == 2223
        told = [other.next() for _ in range(2)]
    assert {name for name, _ in told} == {"feed"}
    assert {data["market"] for _, data in told} == {"sim"}


def test_an_open_stream_ends_when_a_book_is_not_ones_own(market: str, desk: Database) -> None:
    root, alice = identity.find(desk, "root").id, identity.find(desk, "alice").id
    book = access.by_key(desk, BOOK).id
    over = events.ended(desk, [], [], [(root, book), (alice, book)])
    assert over == {("access", f"{root}/{book}")}


@pytest.mark.parametrize("name", ["alice", "root"])
def test_it_is_shared_with_nobody(market: str, desk: Database, name: str) -> None:
    _, principal = signed_in(desk, name)
    with pytest.raises(Refusal) as no:
        sharing.share(desk, principal, BOOK, "ana")
    assert no.value.reason is (Reason.FORBIDDEN if name == "alice" else Reason.UNKNOWN_ACCOUNT)


def test_a_share_that_stood_in_the_database_opens_nothing(market: str, desk: Database) -> None:
    book, ana = access.by_key(desk, BOOK).id, identity.find(desk, "ana").id
    make.insert(desk, "account_shares", account_id=book, user_id=ana, granted_by=ana)
    _, principal = signed_in(desk, "ana")
    assert BOOK not in [each.key for each in access.accounts(desk, principal)]


def test_nobody_gets_a_book_in_a_market_of_another(market: str, desk: Database) -> None:
    with desk.connection() as connection:
        bob = identity.find(desk, "bob").id
        assert rows.insert_account(connection, bob, market, "mine", make.TODAY) is None
        assert rows.running_market(connection)[0] == "sim"  # type: ignore[index]


def test_what_an_administrator_sees_of_it_has_no_prices(market: str, client: TestClient, desk: Database) -> None:
    row = next(each for each in admin.feeds(desk) if each["market"] == market)
    assert not SHOWN.search(str(row))
    root = as_bot(client, desk, "root")
    for path in ("/metrics", "/ready", "/risk/restrained", "/search?q=INFY", "/instruments?symbols=NSE:INFY"):
        assert not SHOWN.search(root.get(f"/api/v1{path}").text), path


def test_the_socket_of_another_does_not_open(market: str, client: TestClient, desk: Database) -> None:
    browser = as_browser(client, desk, "root")
    with (
        pytest.raises(WebSocketDisconnect),
        browser.websocket_connect(f"/api/v1/ws?account={BOOK}&symbols=NSE:INFY") as line,
    ):
        line.receive_json()


@pytest.fixture
def server(desk: Database) -> Iterator[Live]:
    with serving(Started(desk)) as running:
        yield running
