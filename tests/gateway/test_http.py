"""What HTTP itself refuses, starting, rates, and the one table of errors."""

import re

import httpx
import kiteconnect.exceptions
import pytest
from kiteconnect import exceptions
from starlette.testclient import TestClient

import settings
from core.program_rules import Call, rules_on
from core.reasons import Reason
from gateway.app import Application, endpoints
from gateway.errors import DEPARTMENTS, EXCEPTIONS, kind_of
from tests.cluster import TODAY
from tests.gateway.conftest import is_error
from tests.started import Started

KNOWN = {
    "TokenException", "PermissionException", "InputException", "OrderException", "MarginException",
    "HoldingException", "UserException", "NetworkException", "DataException", "GeneralException",
}  # fmt: skip
# In 5.2.2 of the client these have no class of their own and are raised as general ones.
WITHOUT_CLASS = {"MarginException", "HoldingException", "UserException"}


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_every_reason_has_a_name_and_a_status(reason):
    kind = kind_of(reason)
    assert kind.error_type in KNOWN
    assert reason in EXCEPTIONS or any(int(reason) in numbers for numbers, _ in DEPARTMENTS)
    assert kind.error_type in WITHOUT_CLASS or hasattr(kiteconnect.exceptions, kind.error_type)
    assert 400 <= kind.status < 600
    # The client's hook for ended sessions hears of 403 alone.
    assert kind.error_type != "TokenException" or kind.status == 403


@pytest.mark.parametrize(
    ("reason", "error_type", "status"),
    [
        (Reason.MISSING_FIELD, "InputException", 400),
        (Reason.UNKNOWN_INSTRUMENT, "InputException", 400),
        (Reason.MARKET_CLOSED, "OrderException", 400),
        (Reason.STALE_PRICE, "DataException", 502),
        (Reason.OFF_TICK, "InputException", 400),
        (Reason.OUTSIDE_BAND, "InputException", 400),
        (Reason.NOT_A_LOT, "InputException", 400),
        (Reason.PRODUCT_NOT_ALLOWED, "InputException", 400),
        (Reason.NOT_ENOUGH_FUNDS, "MarginException", 400),
        (Reason.NOT_ENOUGH_SHARES, "HoldingException", 400),
        (Reason.RATE_LIMIT, "NetworkException", 429),
        (Reason.TOO_MANY_MODIFICATIONS, "OrderException", 400),
        (Reason.ACCOUNT_HALTED, "OrderException", 400),
        (Reason.UNKNOWN_ORDER, "OrderException", 404),
        (Reason.ORDER_FINAL, "OrderException", 400),
        (Reason.UNKNOWN_GTT, "GeneralException", 404),
        (Reason.CONVERSION_FUNDS, "MarginException", 400),
        (Reason.SIGN_IN, "TokenException", 403),
        (Reason.FORBIDDEN, "PermissionException", 403),
        (Reason.TRY_AGAIN, "NetworkException", 503),
        (Reason.NOT_FOUND, "GeneralException", 404),
    ],
)
def test_what_clients_hear(reason, error_type, status):
    assert (kind_of(reason).error_type, kind_of(reason).status) == (error_type, status)


def test_while_starting_every_route_says_so():
    client = TestClient(Application(Started(None, ["schema"])))
    for each in endpoints():
        answer = client.request(each.method, re.sub(r"{\w+}", "1", each.path))
        assert "schema" in is_error(answer, 503, "NetworkException"), each
        assert answer.headers["retry-after"] == "1"
    assert client.get("/").json() == {"status": "success", "data": {"name": "Kagaz gateway", "ready": False}}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/orders/1/2/3", 404),
        ("GET", "/user/profile/", 404),
        ("GET", "/oms/nowhere", 404),
        ("GET", "/oms/a%0Aline", 404),
        ("POST", "/user/profile", 405),
        ("BREW", "/user/profile", 405),
        ("GET", "/mf/nowhere", 404),
    ],
)
def test_what_http_itself_refuses_is_told_in_the_envelope(by_hand, method, path, status):
    answer = by_hand.request(method, path)
    is_error(answer, status, "GeneralException")
    assert answer.headers["content-type"] == "application/json"


def test_head_is_get_without_a_body(by_hand):
    answer = by_hand.head("/user/profile")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b'{"api_key":"a"}', {"content-type": "application/json"}),
        (b"api_key=a", {"content-type": "text/plain"}),
        (b"api_key=%ff", {"content-type": "application/x-www-form-urlencoded"}),
        (b"api_key=\xff", {"content-type": "application/x-www-form-urlencoded"}),
        (b"api_key=a%00b", {"content-type": "application/x-www-form-urlencoded"}),
        (b"&".join(b"a=1" for _ in range(3000)), {"content-type": "application/x-www-form-urlencoded"}),
        (b"", {}),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(host, content, headers):
    is_error(httpx.post(f"http://{host}/session/token", content=content, headers=headers), 400, "InputException")


def test_a_body_too_large_is_refused(host):
    answer = httpx.post(f"http://{host}/session/token", content=b"a" * 70_000)
    is_error(answer, 413, "GeneralException")


def test_who_calls_too_often_is_told_to_wait(alice, bob, monkeypatch):
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "10")
    settings.load.cache_clear()
    rate = rules_on(TODAY).rates[Call.OTHER]
    with pytest.raises(exceptions.NetworkException, match="Too many requests") as often:
        for _ in range(rate.at_once * 40):
            alice.profile()
    assert often.value.code == 429
    assert bob.profile()["user_id"] == "bob"
