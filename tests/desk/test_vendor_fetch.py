"""Fetching a vendor's list from a server on this machine that also misbehaves."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import settings
from core.calendar import IST
from core.reasons import Refusal
from core.vendors import Vendor
from db.engine import Database
from desk import live, timed, vendor_fetch, vendor_masters, vendors
from desk.principal import Principal
from tests.desk.test_vendors import TRUEDATA, UPSTOX
from tests.people import open_market, person, signed_in
from tests.vendor_files import ALPHA_ISIN, TRUEDATA_CSV, share, upstox

TODAY = date(2026, 11, 23)
FILE = gzip.compress(upstox(share("ALPHA", ALPHA_ISIN)))
LOGIN = vendors.Credential(1, Vendor.TRUEDATA, {"user": "me@x", "password": "p&ss w"}, None, None)


@contextmanager
def vendor(body: bytes = FILE, status: int = 200, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that answers everything with this; its address and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in {"content_length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/complete.json.gz", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_list_is_fetched_and_loaded(database: Database) -> None:
    with vendor() as (address, asked):
        report = vendor_fetch.fetch(database, Vendor.UPSTOX, "root", address=address, on=TODAY)
    assert asked == ["/complete.json.gz"]
    assert (report["new"], report["source"]) == (1, "127.0.0.1/complete.json.gz")
    (kept,) = vendor_masters.loads(database)
    assert (kept["actor"], kept["report"]["new"]) == ("root", 1)


def test_truedata_is_asked_with_a_login_that_nothing_repeats(database: Database) -> None:
    file = (TRUEDATA_CSV + f"2,ALPHA,EQ,{ALPHA_ISIN},NSE,1,,,,,\n").encode()
    with vendor(file) as (address, asked):
        report = vendor_fetch.fetch(database, Vendor.TRUEDATA, "root", LOGIN, address, TODAY)
    assert "user=me%40x&password=p%26ss+w&csv=true" in asked[0]
    assert "p&ss" not in str(report) + str(vendor_masters.loads(database))
    with vendor(b"", status=401) as (address, _), pytest.raises(Refusal) as refused:
        vendor_fetch.fetch(database, Vendor.TRUEDATA, "root", LOGIN, address, TODAY)
    assert refused.value.sentence == "The list of instruments of TrueData could not be fetched: the answer was 401."
    with pytest.raises(Refusal, match="nobody has typed one in"):
        vendor_fetch.fetch(database, Vendor.TRUEDATA, "root", on=TODAY)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"body": b"<html>maintenance</html>"}, "no list of instruments"),
        ({"status": 503}, "the answer was 503"),
        ({"status": 302, "location": "http://example.com/file"}, "not https"),
        ({"status": 302, "location": "file:///etc/passwd"}, "the answer was 302"),
        ({"content_length": "99999"}, "ended too early"),
        ({"body": b"[" + b" " * 5_000_000}, "longer than 4 MB"),
    ],
)
def test_what_cannot_be_had_is_told_and_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], why: str
) -> None:
    monkeypatch.setattr(vendor_fetch, "MOST", 4 << 20)
    with vendor(**answer) as (address, _), pytest.raises(Refusal, match=why):
        vendor_fetch.fetch(database, Vendor.UPSTOX, "root", address=address, on=TODAY)
    (kept,) = vendor_masters.loads(database)
    assert why in kept["report"]["failed"]


def test_an_address_must_be_safe(database: Database) -> None:
    for address in ("http://example.com/file", "ftp://example.com/file", "file:///etc/passwd"):
        with pytest.raises(Refusal, match="must begin with https"):
            vendor_fetch.fetch(database, Vendor.UPSTOX, "root", address=address, on=TODAY)


def run_live(database: Database, feed: str = "upstox") -> None:
    with database.connection() as connection:
        connection.execute("insert into users (name, role) values ('owner', 'trader')")
        connection.execute(
            "insert into markets (id, owner_id, shown_to, feed, session, trading_date, running)"
            " select 'live/owner', id, id, %s, 'nse', '2026-11-23', true from users where name = 'owner'",
            (feed,),
        )


def last_fetch(database: Database) -> tuple[str, str | None] | None:
    """What the page of jobs says of the last one."""
    last = next(each["last"] for each in timed.overview(database, datetime.now(IST)) if each["job"] == "masters")
    return None if last is None else (last["state"], last["error"])


def test_each_day_s_list_is_fetched_once_while_a_live_market_of_the_vendor_runs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed.fetch_masters(database)
    run_live(database)
    assert last_fetch(database) is None, "a minute in which nothing was due is no run"
    with vendor(status=500) as (address, asked):
        monkeypatch.setitem(vendor_fetch.ADDRESSES, Vendor.UPSTOX, address)
        timed.fetch_masters(database)
        timed.fetch_masters(database)
        assert len(asked) == 1, "who has failed is left alone for half an hour"
    assert last_fetch(database) == (
        "FAILED",
        "The list of instruments of Upstox could not be fetched: the answer was 500.",
    )
    with database.connection() as connection:
        connection.execute("update master_loads set loaded_at = loaded_at - interval '31 minutes'")
    with vendor() as (address, asked):
        monkeypatch.setitem(vendor_fetch.ADDRESSES, Vendor.UPSTOX, address)
        timed.fetch_masters(database)
        timed.fetch_masters(database)
        assert len(asked) == 1
    assert last_fetch(database) == ("DONE", None)
    with database.connection() as connection:
        connection.execute("update master_loads set loaded_at = loaded_at - interval '31 minutes'")
    tomorrow = datetime.combine(datetime.now(IST).date() + timedelta(days=1), datetime.min.time(), IST)
    assert vendor_fetch.due(database, tomorrow + timedelta(hours=5)) == [], "it is before six in India"
    assert vendor_fetch.due(database, tomorrow + timedelta(hours=8)) == [(Vendor.UPSTOX, None)]


def owner_of_truedata(database: Database, name: str) -> Principal:
    """Somebody with a running market at TrueData's prices, and both vendors' credentials."""
    person(database, name)
    _, who = signed_in(database, name)
    vendors.put(database, who, Vendor.TRUEDATA, TRUEDATA)
    vendors.put(database, who, Vendor.UPSTOX, UPSTOX)
    live.choose(database, who, Vendor.TRUEDATA, Vendor.UPSTOX)
    return who


def spoil(database: Database, who: Principal, vendor: Vendor) -> None:
    """What was typed in cannot be opened any more."""
    with database.connection() as connection:
        connection.execute(
            "update feed_credentials set sealed = %s where user_id = %s and vendor = %s",
            (b"x" * 40, who.user_id, vendor),
        )


def logins(database: Database) -> dict[Vendor, int | None]:
    """Whose login each due list is fetched with."""
    found = vendor_fetch.due(database, datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=3))
    return {vendor: None if known is None else known.user_id for vendor, known in found}


@pytest.fixture
def owners(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Principal, Principal]:
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    settings.load.cache_clear()
    open_market(clean_database)
    return owner_of_truedata(clean_database, "asha"), owner_of_truedata(clean_database, "ravi")


def test_a_login_that_cannot_be_opened_stops_neither_the_other_owner_nor_the_other_vendor(
    clean_database: Database, owners: tuple[Principal, Principal]
) -> None:
    asha, ravi = owners
    spoil(clean_database, asha, Vendor.UPSTOX)
    assert logins(clean_database) == {Vendor.UPSTOX: None, Vendor.TRUEDATA: asha.user_id}
    spoil(clean_database, asha, Vendor.TRUEDATA)
    assert logins(clean_database) == {Vendor.UPSTOX: None, Vendor.TRUEDATA: ravi.user_id}
    with pytest.raises(Refusal, match="Type it in once more") as no:
        vendor_fetch.login_of(clean_database, Vendor.TRUEDATA, "asha")
    assert no.value.field == "user"


def test_a_login_that_the_vendor_refused_is_not_sent_again(
    clean_database: Database, owners: tuple[Principal, Principal]
) -> None:
    asha, ravi = owners
    known = vendors.of(clean_database, asha.user_id, Vendor.TRUEDATA)
    with vendor(b"", status=401) as (address, _), pytest.raises(Refusal, match="the answer was 401"):
        vendor_fetch.fetch(clean_database, Vendor.TRUEDATA, "root", known, address, TODAY)
    row = next(each for each in vendors.listed(clean_database, asha.user_id) if each["vendor"] == "truedata")
    assert (row["state"], "the answer was 401" in str(row["refused"])) == ("REFUSED", True)
    with clean_database.connection() as connection:
        connection.execute("update master_loads set loaded_at = loaded_at - interval '31 minutes'")
    assert logins(clean_database)[Vendor.TRUEDATA] == ravi.user_id
    vendors.put(clean_database, asha, Vendor.TRUEDATA, TRUEDATA)
    assert logins(clean_database)[Vendor.TRUEDATA] == asha.user_id
