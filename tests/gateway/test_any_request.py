"""Whatever is asked of whichever route of the gateway is answered in the dialect: in its envelope, with an error that
clients of the dialect have a class for, and never with a 5xx. Requests are made by Hypothesis from the table of routes.
"""

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gateway.app import Application, endpoints
from gateway.call import Endpoint
from tests.gateway.conftest import keys_of
from tests.gateway.test_bad_inputs import CONVERSION, GTT, NEVER, ORDER
from tests.gateway.test_http import KNOWN
from tests.started import Started

ALL = endpoints()
# What a route would take in its path, so that requests come past it and into its handler as well.
PATHS = {
    "of": ["regular", "co", "iceberg", "amo", "auction", "1"], "variety": ["regular", "co", "iceberg", "amo"],
    "order_id": ["1", "700000000000001"], "trigger_id": ["1"], "exchange": ["NSE", "NFO", "MCX"],
    "segment": ["equity", "commodity"], "transaction_type": ["buy", "sell"], "token": ["408065"],
    "interval": ["day", "minute"], "sip_id": ["1"],
}  # fmt: skip
FIELDS = {
    **ORDER, **GTT, **CONVERSION, "i": "NSE:INFY", "from": "2026-11-23", "to": "2026-11-23 15:30:00", "oi": "1",
    "continuous": "0", "consider_positions": "True", "mode": "compact", "api_key": "a", "request_token": "b",
    "checksum": "c", "access_token": "d", "trigger_price": "1480", "iceberg_legs": "2", "validity_ttl": "5",
    "disclosed_quantity": "1", "market_protection": "-1", "autoslice": "true", "parent_order_id": "1", "v": "3",
}  # fmt: skip
_TEXTS = st.sampled_from(NEVER) | st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(list(FIELDS.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(FIELDS)), inner, max_size=6),
    max_leaves=8,
)


@st.composite
def _fields(draw: Any) -> list[tuple[str, str]]:
    """Fields of the dialect, most of them good, some of them not, one of them perhaps twice."""
    names = draw(st.lists(st.sampled_from(list(FIELDS)) | st.text(max_size=8), max_size=12))
    return [(name, draw(_TEXTS) if draw(st.booleans()) else FIELDS.get(name, "x")) for name in names]


@st.composite
def requests(draw: Any) -> tuple[Endpoint, str, bytes, dict[str, str]]:
    """A route, the address, the body and its heading."""
    each = draw(st.sampled_from(ALL))

    def said(found: re.Match[str]) -> str:
        good = st.sampled_from(PATHS[found[1]])
        return quote(draw(good if draw(st.integers(0, 3)) else _TEXTS), safe="") or "x"

    address = re.sub(r"{(\w+)}", said, each.path)
    if draw(st.booleans()):
        address += "?" + urlencode(draw(_fields()), errors="surrogatepass")
    kind = draw(st.sampled_from(["fields", "fields", "json", "bytes"]))
    if kind == "bytes":
        body = draw(st.binary(max_size=200))
    elif kind == "json" or each.json:
        body = json.dumps(draw(_JSON)).encode()
    else:
        good = ORDER if each.path.startswith("/orders") else GTT if each.path.startswith("/gtt") else CONVERSION
        body = urlencode([*good.items(), *draw(_fields())], errors="surrogatepass").encode()
    media = "application/json" if each.json else "application/x-www-form-urlencoded"
    if not draw(st.integers(0, 9)):
        media = draw(st.sampled_from(["", "text/plain", "multipart/form-data; boundary=x"]))
    return each, address, body, {"content-type": media}


@pytest.fixture
def program(desk, floor) -> TestClient:
    keys = keys_of(desk, "alice")
    found = TestClient(Application(Started(desk)), raise_server_exceptions=False, follow_redirects=False)
    found.headers["authorization"] = f"token {keys.api_key}:{keys.access_token}"
    return found


def holds(each: Endpoint, answer: Any) -> None:
    """What clients of the dialect rely on: a media type, an envelope, an error with a class of its own."""
    assert answer.status_code < 500 or answer.status_code == 502, answer.text
    media = answer.headers["content-type"]
    if each.path.startswith("/connect") or answer.status_code in (302, 303):
        return
    if media.startswith("text/csv"):
        assert answer.status_code == 200
        return
    assert "json" in media, media
    body = answer.json()
    if answer.status_code == 200:
        assert (body["status"], "data" in body) == ("success", True)
        return
    assert list(body) == ["status", "message", "data", "error_type"]
    assert (body["status"], body["data"], body["error_type"] in KNOWN) == ("error", None, True), body
    assert 5 <= len(body["message"]) <= 400, body
    low = answer.text.lower()
    assert not [word for word in ("traceback", "psycopg", "select ", ".py", "site-packages") if word in low], body


@how(max_examples=400, suppress_health_check=list(HealthCheck))
@given(request=requests())
def test_no_request_is_answered_otherwise_than_in_the_dialect(program, request):
    each, address, body, headers = request
    answer = program.request(each.method, address, content=body if each.method != "GET" else b"", headers=headers)
    holds(each, answer)


@pytest.mark.parametrize("each", [each for each in ALL if each.json], ids=lambda each: each.path)
def test_no_field_of_an_order_in_json_takes_what_it_should_not(program, each):
    good = {**ORDER, "variety": "regular", "quantity": 1, "price": 1500, "average_price": 1500, "order_id": "x"}
    raw = [*(json.dumps(bad) for bad in NEVER), "true", "null", "NaN", "-Infinity", "1e309", "1.5", "-1", "9" * 400]
    for field in ("exchange", "tradingsymbol", "transaction_type", "product", "order_type", "quantity"):
        for bad in [*raw, "[]", "{}", '[{"a":1}]', '"\\ud800"']:
            if (each.path, field, bad) == ("/charges/orders", "order_type", "null"):
                continue  # charges know no type of order: it is told back where it was sent
            rest = ",".join(f'"{name}":{json.dumps(value)}' for name, value in good.items() if name != field)
            body = f'[{{{rest},"{field}":{bad}}}]'.encode()
            answer = program.post(each.path, content=body, headers={"content-type": "application/json"})
            holds(each, answer)
            assert answer.status_code == 400, (field, bad, answer.text)
    twice = program.post(
        each.path, content=b'[{"quantity":1,"quantity":2}]', headers={"content-type": "application/json"}
    )
    assert (twice.status_code, "once" in twice.json()["message"]) == (400, True)
