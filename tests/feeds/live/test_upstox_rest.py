"""Signing in to Upstox, its candles and its quotes, against a stand-in with the vendor's rules."""

import http.client
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.calendar import IST
from core.vendors import dialog
from feeds.live import upstox_history as charts
from feeds.live.refusal import VendorRefusal
from feeds.live.upstox_login import LoginRefused, exchange, is_accepted
from feeds.live.upstox_rest import ask
from tests.feeds.standins.upstox import TOKEN
from tests.feeds.standins.upstox_rest import API_KEY, API_SECRET, REDIRECT, UpstoxRest

MORNING = datetime(2026, 11, 23, 8, 55, tzinfo=IST)
KEY = "NSE_INDEX|Nifty 50"


@pytest.fixture
def vendor() -> Iterator[UpstoxRest]:
    with UpstoxRest() as standin:
        yield standin


def browse(address: str) -> str:
    """Where a browser is sent from there."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["Location"] or ""


def test_a_sign_in_from_the_address_to_the_token(vendor: UpstoxRest) -> None:
    back = browse(dialog(vendor.host, API_KEY, REDIRECT, "state&1"))
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    assert answer["state"] == "state&1"
    code = answer["code"]
    token = exchange(API_KEY, API_SECRET, REDIRECT, code, MORNING, vendor.host)
    assert token.access_token == TOKEN
    assert token.expires_at == datetime(2026, 11, 24, 3, 30, tzinfo=IST)
    assert TOKEN not in repr(token)
    assert is_accepted(token.access_token, vendor.host)
    assert not is_accepted("yesterdays", vendor.host)
    with pytest.raises(LoginRefused, match=r"Invalid Auth code \(HTTP 401, UDAPI100057\)") as refusal:
        exchange(API_KEY, API_SECRET, REDIRECT, code, MORNING, vendor.host)
    assert API_SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"[]"), (200, b"{}"), (500, b"\xff"), (429, b'{"errors":[]}'), (401, b'{"errors":[1]}'),
     (302, b"")],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_a_refusal(vendor: UpstoxRest, status: int, body: bytes) -> None:
    vendor.answers["/v2/login/authorization/token"] = (status, body)
    with pytest.raises(LoginRefused):
        exchange(API_KEY, API_SECRET, REDIRECT, "code", MORNING, vendor.host)


def test_a_vendor_that_cannot_be_reached_is_a_refusal() -> None:
    with pytest.raises(VendorRefusal, match="could not be reached") as refusal:
        ask("/v2/user/profile", token=TOKEN, host="http://127.0.0.1:1")
    assert refusal.value.status == 0
    with pytest.raises(ValueError, match="must begin with https://"):
        ask("/v2/user/profile", token=TOKEN, host="http://api.example.com")


def candle(at: str, *more: Any) -> list[Any]:
    return [f"{at}+05:30", *more]


def test_candles_come_oldest_first_in_paise_and_bad_ones_are_left_out(vendor: UpstoxRest) -> None:
    vendor.candles = [
        candle("2026-11-20T09:16:00", 101.0, 102.0, 100.5, 101.55, 700, 0),
        candle("2026-11-20T09:15:00", 100.0, 101.5, 99.95, 101.0, 1_200, 5),
        candle("2026-11-20T09:17:00", 101.0, 100.0, 100.5, 101.0, 10, 0),  # high below open
        candle("2026-11-20T09:18:00", 0, 0, 0, 0, 0, 0),
        candle("2026-11-20T09:19:00", "a", 1, 1, 1, 1),
        ["2026-11-20T09:20:00", 100.0, 101.0, 99.0, 100.0, 1, 0],  # without a zone
        candle("2026-11-20T09:21:00", 100.0),
        None,
        candle("2026-11-20T09:22:00", None, 101.0, 99.0, 100.0, 1, 0),
        candle("2026-11-20T09:23:00", 100.0, 101.0, 99.0, 100.0, 3),  # no open interest said
    ]
    rows = charts.history(TOKEN, KEY, 7, date(2026, 11, 20), date(2026, 11, 20), host=vendor.host)
    assert [tuple(row) for row in rows.tolist()] == [
        (7, at("2026-11-20 09:15"), 10_000, 10_150, 9_995, 10_100, 1_200, 5),
        (7, at("2026-11-20 09:16"), 10_100, 10_200, 10_050, 10_155, 700, 0),
        (7, at("2026-11-20 09:23"), 10_000, 10_100, 9_900, 10_000, 3, 0),
    ]
    path = f"/v3/historical-candle/{KEY}/minutes/1/2026-11-20/2026-11-20"
    assert vendor.asked[-1][1] == path


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=IST).timestamp() * 1000)


def test_a_long_time_is_asked_for_in_parts_and_a_row_told_twice_counts_once(vendor: UpstoxRest) -> None:
    vendor.candles = [candle("2026-09-01T09:15:00", 100.0, 101.0, 99.0, 100.0, 1, 0)]
    rows = charts.history(TOKEN, KEY, 7, date(2026, 9, 1), date(2026, 11, 20), host=vendor.host)
    assert len(rows) == 1
    spans = [path.rsplit("/", 2)[1:] for _, path, _ in vendor.asked]
    assert spans == [["2026-09-28", "2026-09-01"], ["2026-10-26", "2026-09-29"], ["2026-11-20", "2026-10-27"]]
    vendor.asked.clear()
    charts.history(TOKEN, KEY, 7, date(2020, 1, 1), date(2026, 11, 20), "days", host=vendor.host)
    assert len(vendor.asked) == 1


def test_todays_minutes_and_last_prices(vendor: UpstoxRest) -> None:
    vendor.candles = [candle("2026-11-23T09:15:00", 100.0, 101.0, 99.0, 100.0, 1, 0)]
    assert charts.today(TOKEN, KEY, 7, vendor.host)["close"].tolist() == [10_000]
    assert vendor.asked[-1][1] == f"/v3/historical-candle/intraday/{KEY}/minutes/1"
    vendor.quotes = {
        "NSE_EQ:RELIANCE": {"instrument_token": "NSE_EQ|INE002A01018", "last_price": 1_500.05, "cp": 1_490},
        "NSE_INDEX:Nifty 50": {"instrument_token": KEY, "last_price": 26_000.1},
        "X": {"instrument_token": "X|1", "last_price": None},
    }
    keys = ["NSE_EQ|INE002A01018", KEY, "NSE_EQ|NONE", "X|1"]
    assert charts.last_prices(TOKEN, keys, vendor.host) == {
        "NSE_EQ|INE002A01018": (150_005, 149_000), KEY: (2_600_010, 0), "X|1": (0, 0),
    }  # fmt: skip
    vendor.asked.clear()
    charts.last_prices(TOKEN, [f"A|{n}" for n in range(1_200)], vendor.host)
    assert [len(query["instrument_key"].split(",")) for _, _, query in vendor.asked] == [500, 500, 200]


@pytest.mark.parametrize("body", [b"{}", b'{"data": []}', b'{"data": {"candles": {}}}', b"nothing"])
def test_no_candles_at_all_are_a_refusal(vendor: UpstoxRest, body: bytes) -> None:
    vendor.answers["/v3/historical-candle/"] = (200, body)
    with pytest.raises(VendorRefusal):
        charts.today(TOKEN, KEY, 7, vendor.host)
    vendor.answers["/v3/historical-candle/"] = (401, json.dumps({"errors": [{"message": "Invalid token"}]}).encode())
    with pytest.raises(VendorRefusal, match=r"Invalid token \(HTTP 401\)") as refusal:
        charts.today(TOKEN, KEY, 7, vendor.host)
    assert refusal.value.status == 401
