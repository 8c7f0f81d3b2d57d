"""A vendor's prices reach the programs of its owner's live book, and nobody else's."""

import struct
from datetime import UTC, datetime

import pytest
from websockets.sync.client import connect

from core.reasons import Reason, Refusal
from core.vendors import Vendor
from db.engine import Database
from desk import identity, live, masters
from gateway.tokens import token_of
from tests import factories as make
from tests.floor import Floor
from tests.gateway.conftest import client_of, keys_of
from tests.gateway.test_ticker import address_of, hear, say
from tests.patience import PATIENCE
from tests.people import person

BOOK = "alice/live-main"
SIM, VENDOR = 150_000, 222_200  # paise


@pytest.fixture
def market(desk: Database, floor: Floor) -> str:
    """alice's live market, in which INFY trades at 2222; in the simulated one it trades at 1500."""
    market = live.ensure(desk, identity.find(desk, "alice").id, "alice", Vendor.UPSTOX, on=True)
    infy = masters.get(desk).by_key["NSE:INFY"].id
    make.quote(desk, infy, VENDOR, market=market)
    at = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    make.insert(
        desk, "candles", market=market, instrument_id=infy, interval="1m", start=at,
        open=VENDOR, high=VENDOR, low=VENDOR, close=VENDOR, volume=1, oi=0,
    )  # fmt: skip
    with desk.connection() as connection:
        connection.execute("update markets set phase = 'OPEN', exchange_time = now(), frame_at = now()")
    return market


@pytest.mark.parametrize(("name", "book", "price"), [("alice", BOOK, VENDOR), ("alice", None, SIM), ("bob", None, SIM)])
def test_each_program_gets_the_prices_of_its_own_book(
    market: str, host: str, desk: Database, floor: Floor, name: str, book: str | None, price: int
) -> None:
    keys, infy = keys_of(desk, name, book), floor.instrument("NSE:INFY")
    client = client_of(host, keys)
    assert client.ltp("NSE:INFY")["NSE:INFY"]["last_price"] == price / 100
    assert client.quote("NSE:INFY")["NSE:INFY"]["last_price"] == price / 100
    bars = client.historical_data(token_of(infy), "2026-11-23 11:00:00", "2026-11-23 13:00:00", "minute")
    assert [bar["close"] for bar in bars] == [VENDOR / 100] * (price == VENDOR)
    with connect(address_of(host, keys), close_timeout=1, open_timeout=PATIENCE) as socket:
        say(socket, "mode", ["ltp", [token_of(infy)]])
        (told,) = struct.unpack(">i", hear(socket)[8:12])
    assert told == price


@pytest.mark.parametrize("name", ["bob", "root"])
def test_no_program_of_others_is_bound_to_the_book(market: str, desk: Database, name: str) -> None:
    person(desk, "root", "admin")
    with pytest.raises(Refusal) as refused:
        keys_of(desk, name, BOOK)
    assert refused.value.reason is Reason.UNKNOWN_ACCOUNT
