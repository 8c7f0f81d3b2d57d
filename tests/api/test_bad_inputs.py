"""Every field of every write is tried with what breaks Python stacks. Each is a 4xx that says what to do.

Nothing may come of it: no order, no movement of money, and the process goes on serving.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from starlette.testclient import TestClient

from db.engine import Database
from tests.api.conftest import ORDER, as_bot, served

# Each as it stands in the JSON text, because half of them no Python value can express.
NEVER = [
    "true", "false", "[]", "[1]", "{}", '{"a":1}', "1e309", "NaN", "Infinity", "-Infinity", "-1", "-0.01", "1e2",
    "1E+2", "1_000", "0x10", "१५", "0.001", "1." , "--1", "+1", "9" * 400, '"1e2"', '"NaN"', '"Infinity"', '"-5"',
    '"1_000"', '"१५००"', '"１５"', '" 15"', '""', '" "', '"\\u0000"', '"1\\u0000"', '"\\ud800"', '"\\udfff\\ud800"',
    '"' + "x" * 5000 + '"', '"\'; drop table orders; --"', '"<script>alert(1)</script>"', '"../../etc/passwd"',
    '"=1+1"', '"@SUM(A1)"', '"+1"', '"1,500"', '"0x1F"', '"1.2.3"', '"\\n15"', '"true"', '"null"',
]  # fmt: skip
# What is bad for each field beside those; a tag of plain letters is good, so that text is not bad for it.
MORE = {
    "symbol": ['"infy"', '"INFY "', '"Infy"', '"NSE:INFY"', '"NOSUCH"', '"ＩＮＦＹ"', "1", "1.5"],
    "exchange": ['"nse"', '"NYSE"', '"NSE "', "1"],
    "side": ['"buy"', '"Buy"', '"HOLD"', "1"],
    "order_type": ['"limit"', '"STOP"', '"SL_M"', "1"],
    "product": ['"cnc"', '"BO"', "1"],
    "validity": ['"day"', '"GTC"', '"ttl"', "1"],
    "quantity": ["0", "1.5", "10.0", "2147483648", "9" * 19, '"10"', "0.0"],
    "price": ["1500.001", '"1500.000"', "20000000.01", "1500.03", "1e3", '"₹1500"'],
    "trigger_price": ["1500.001", '"1500.000"', "1500"],
    "disclosed_quantity": ["11", "1.5", '"1"'],
    "validity_ttl": ["0", "1.5", '"5"', "376", "100001", "1", "10"],
    "iceberg_legs": ["0", "1", "2.5", '"2"', "11", "100001"],
    "market_protection": ["-2", "100.01", "101", '"2"', '"-1"', "2.505", "5"],
    "autoslice": ["0", "1", '"true"', '"yes"'],
    "account": ['"nobody/main"', '"bob/main"', '"alice"', '"ALICE/MAIN"', "1"],
    "tag": ['"' + "x" * 41 + '"', '" x"', '"-x"', '"é"', '"a;b"', "1", "1.5"],
    "amount": ["0", "0.00", '"0"', "0.001", "99999999999999999", "1e18"],
    "cash": ["0.001", "99999999999999999", "1e18"],
    "name": ['"' + "x" * 41 + '"', '" x"', "1", '"a\\tb"'],
    "columns": ['"BID"', '["BID", "BID"]', '["bid"]', "[1]", '["CHANGE", "PERCENT", "BID", "ASK", "OI"]'],
    "colours": ['{"NSE:INFY": "red"}', '{"INFY": "RED"}', '{"NSE:NOSUCH": "RED"}', '{"NSE:INFY": 1}', '["NSE:INFY"]'],
    "base": ['"open"', '"DAY"'],
    "recent": ['"INFY"', '"NSE:NOSUCH"'],
    "symbols": ['"NSE:INFY"', "1", '["INFY"]', "[1]", "[[]]", '["NSE:NOSUCH"]', '["nse:infy"]', "[null]"],
    "code": ["1", '"x"', '"' + "x" * 300 + '"'],
    "position": ["0", "21", "1.5", '"1"'],
    "from": ['"cnc"', '"BO"', "1"],
    "to": ['"cnc"', '"BO"', "1"],
    "legs": ["[[]]", "[null]", '[{"quantity":"1"}]', '[{"trigger_price":"x"}]', "[{},{},{}]"],
}
# Fields in which some of NEVER are right.
FINE = {
    "account": set(),
    "autoslice": {"true", "false"},
    "market_protection": {"-1"},
    "tag": {'"true"', '"null"', '"1e2"', '"NaN"', '"Infinity"', '"1_000"', '"0x1F"', '"1.2.3"'},
    # A list may be called anything that can be read and is no formula.
    "name": {raw for raw in NEVER if re.fullmatch(r'"[^\\"=+@ -][^\\"]{0,39}"', raw)},
    # Why money moves is any line; a sheet of the ledger has each of them behind who moved it.
    "why": {raw for raw in NEVER if re.fullmatch(r'"[^\\" ](?:[^\\"]{0,78}[^\\" ])?"', raw)},
    "symbols": {"[]"},
    "columns": {"[]"},
    "colours": {"{}"},
    "/baskets legs": {"[]"},
}
PLACE = {
    **ORDER,
    "validity": "DAY",
    "trigger_price": None,
    "disclosed_quantity": 0,
    "tag": "x",
    "account": "alice/main",
    "validity_ttl": None,
    "iceberg_legs": None,
    "market_protection": None,
    "autoslice": None,
}
CONVERT = {"symbol": "INFY", "exchange": "NSE", "from": "MIS", "to": "CNC", "quantity": 1}
EXIT = {"symbol": "INFY", "exchange": "NSE", "product": "MIS"}
LEG = {"trigger_price": 1400, "quantity": 1, "price": 1400}
GTT = {"symbol": "INFY", "exchange": "NSE", "side": "BUY", "product": "CNC", "legs": [LEG]}
BASKET = {"name": "mine", "legs": [ORDER]}
ROUTES = [
    ("POST", "/orders", PLACE, tuple(PLACE)),
    ("POST", "/margins", PLACE, tuple(PLACE)),
    ("PATCH", "/orders/{order}", {"quantity": 5}, ("quantity", "price", "trigger_price", "order_type", "validity",
                                                   "account", "disclosed_quantity", "validity_ttl", "iceberg_legs",
                                                   "market_protection")),
    ("POST", "/wallet/deposit", {"amount": 100}, ("amount", "account", "why")),
    ("POST", "/wallet/withdraw", {"amount": 100}, ("amount", "account", "why")),
    ("POST", "/wallet/reset", {"cash": 100}, ("cash", "account", "why")),
    ("POST", "/watchlists", {"name": "mine"}, ("name", "symbols")),
    ("PATCH", "/watchlists/{list}", {"name": "mine"}, ("name", "symbols", "position", "colours")),
    ("PATCH", "/watch-view", {"base": "OPEN"}, ("columns", "base", "recent")),
    ("POST", "/positions/convert", CONVERT, (*CONVERT, "account")),
    ("POST", "/positions/exit", EXIT, (*EXIT, "account")),
    ("POST", "/gtt", GTT, (*GTT, "account")),
    ("POST", "/baskets", BASKET, ("name", "legs")),
    ("POST", "/auth/session", {}, ("code",)),
]  # fmt: skip
CASES = [
    pytest.param(method, path, good, field, id=f"{method} {path} {field}")
    for method, path, good, fields in ROUTES
    for field in fields
]


def with_field(good: dict[str, Any], field: str, raw: str) -> bytes:
    """The good body with one field's value replaced by this raw JSON text."""
    parts = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in good.items() if name != field]
    return ("{" + ",".join([*parts, f'"{field}":{raw}']) + "}").encode("utf-8", "surrogatepass")


class Watched:
    """alice's client, and what must not change while she sends nonsense."""

    def __init__(self, client: TestClient, order: str, kept: str) -> None:
        self.client, self.order, self.list = client, order, kept
        self.before = self.state()

    def state(self) -> list[Any]:
        wallet = self.client.get("/api/v1/wallet").json() | {"as_of": None, "version": None}
        order = self.client.get(f"/api/v1/orders/{self.order}").json()
        kept = {name: order[name] for name in ("quantity", "price", "status", "order_type", "validity")}
        working = self.client.get("/api/v1/orders?status=open").json()["items"]
        return [wallet, kept, len(working), self.client.get("/api/v1/watchlists").json()]

    def send(self, method: str, path: str, body: bytes, **headers: str) -> Any:
        url = f"/api/v1{path.format(order=self.order, list=self.list)}"
        return self.client.request(method, url, content=body, headers={"content-type": "application/json", **headers})


def made(client: TestClient) -> tuple[str, str]:
    """An order that rests and a list, by their numbers."""
    order = client.post("/api/v1/orders", json={**ORDER, "quantity": 1}).json()["order_id"]
    return order, client.post("/api/v1/watchlists", json={"name": "kept"}).json()["watchlist_id"]


@pytest.fixture(scope="module")
def kept(still_desk: Database) -> tuple[str, str]:
    """What alice has, for tests that change nothing of it."""
    with served(still_desk) as client:
        return made(as_bot(client, still_desk, "alice"))


@pytest.fixture
def watched(alice: TestClient, kept: tuple[str, str]) -> Watched:
    return Watched(alice, *kept)


def must_refuse(answer: Any, sent: object) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, (sent, answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json", sent
    problem = answer.json()
    assert isinstance(problem["reason_code"], int), sent
    assert problem["status"] == answer.status_code, sent
    assert 10 <= len(problem["detail"]) <= 400, sent
    assert problem["errors"], sent
    for leak in ("Traceback", "psycopg", "select ", "site-packages", ".py", "kagaz_"):
        assert leak not in answer.text, sent
    return dict(problem)


@pytest.mark.changes_nothing
@pytest.mark.parametrize(("method", "path", "good", "field"), CASES)
def test_a_field_that_cannot_be(watched, method, path, good, field):
    for raw in [*NEVER, *MORE.get(field, [])]:
        if raw in FINE.get(field, ()) or raw in FINE.get(f"{path} {field}", ()):
            continue
        answer = watched.send(method, path, with_field(good, field, raw))
        if path == "/margins" and answer.status_code == 200:
            assert answer.json()["refusals"], raw  # told before it is sent, and nothing is written
            continue
        problem = must_refuse(answer, (field, raw))
        told = {str(each["field"]).split("[")[0] for each in problem["errors"]}
        readable = _is_json(raw)
        assert not readable or field in told or problem["reason_code"] == 703, (field, raw, problem)
    assert watched.state() == watched.before


def _is_json(raw: str) -> bool:
    """Whether the text is JSON that names its field; what is none cannot be laid at a field's door."""
    try:
        json.loads(raw, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return False
    return True


@pytest.mark.changes_nothing
@pytest.mark.parametrize(("method", "path", "good", "field"), CASES)
def test_a_field_that_is_missing_or_null(watched, method, path, good, field):
    needed = {
        "symbol",
        "exchange",
        "side",
        "order_type",
        "product",
        "quantity",
        "amount",
        "cash",
        "name",
        "code",
        "from",
        "to",
    }
    if method == "PATCH" or field not in needed:
        return
    for body in ({name: value for name, value in good.items() if name != field}, {**good, field: None}):
        problem = must_refuse(watched.send(method, path, json.dumps(body).encode()), body)
        assert (problem["field"], problem["reason_code"]) == (field, 101)
    assert watched.state() == watched.before


@pytest.mark.changes_nothing
@pytest.mark.parametrize(("method", "path", "good", "fields"), ROUTES)
def test_what_is_not_asked_for(watched, method, path, good, fields):
    for name in ("Quantity", "user_id", "account_id", "", "__proto__", "x" * 500, "é"):
        problem = must_refuse(watched.send(method, path, json.dumps({**good, name: 1}).encode()), name)
        assert 102 in {each["reason_code"] for each in problem["errors"]}
    query = must_refuse(watched.send(method, f"{path}?account=alice/main", json.dumps(good).encode()), "query")
    assert query["reason_code"] in (102, 101)
    assert watched.state() == watched.before


BODIES = {
    b"": 400, b" ": 400, b"null": 400, b"[]": 400, b"1": 400, b'"x"': 400, b"{": 400, b"}": 400, b"{}x": 400,
    b'{"symbol":"INFY"': 400, b"symbol=INFY": 400, b"<order/>": 400, b"\x00": 400, b"\xff\xfe{}": 400,
    b"\xef\xbb\xbf{}": 400, b'{"quantity":1,"quantity":2}': 400, b'{"a":' * 3000: 400, b"[" * 60000: 400,
    b'{"tag":"' + b"x" * 70000 + b'"}': 413, b"\x1f\x8b\x08\x00": 400, b'{"\\ud800":1}': 400,
}  # fmt: skip


@pytest.mark.changes_nothing
@pytest.mark.parametrize(("method", "path", "good", "fields"), ROUTES)
def test_a_body_that_is_none(watched, method, path, good, fields):
    for body, status in BODIES.items():
        assert must_refuse(watched.send(method, path, body), body[:40])["status"] == status
    assert watched.state() == watched.before


@pytest.mark.changes_nothing
@pytest.mark.parametrize(("method", "path", "good", "fields"), ROUTES)
def test_a_body_of_another_kind(watched, method, path, good, fields):
    body = json.dumps(good).encode()
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
                 "multipart/form-data", "application/jsonx"):  # fmt: skip
        assert must_refuse(watched.send(method, path, body, **{"content-type": kind}), kind)["status"] == 415
    assert must_refuse(watched.send(method, path, body, **{"content-encoding": "gzip"}), "gzip")["status"] == 415
    assert watched.state() == watched.before


@pytest.mark.changes_nothing
@pytest.mark.parametrize(
    "path", ["/orders", "/trades", "/wallet/ledger", "/instruments", "/search", "/quotes", "/candles"]
)
def test_a_query_that_cannot_be(alice, path):
    for query in ("limit=0", "limit=-1", "limit=1e2", "limit=x", "limit=१", "limit=9999999", "limit=1_0", "limit=",
                  "cursor=x", "cursor=-1", "cursor=%00", "status=OPEN", "date=2026-13-01", "date=today", "what=1",
                  "limit=1&limit=2", "%ff=1", "a", "account=%00", "symbols=" + "x," * 600, "q=" + "x" * 300,
                  "symbol=x", "interval=2m", "start=yesterday", "end=2026-11-23", "x=" + "y" * 20000):  # fmt: skip
        must_refuse(alice.get(f"/api/v1{path}?{query}"), query)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_SENT = st.sampled_from(ROUTES).flatmap(
    lambda route: st.tuples(
        st.just(route),
        st.dictionaries(st.sampled_from(route[3]) | st.text(max_size=12), _VALUES, min_size=1, max_size=6),
    )
)


@pytest.fixture
def own(alice: TestClient) -> Watched:
    """For a test that may well change something."""
    return Watched(alice, *made(alice))


@how(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=_SENT)
def test_no_mixture_of_fields_is_a_fault_of_ours(own, sent):
    (method, path, good, _), fields = sent
    body = json.dumps({**good, **fields}).encode("utf-8", "surrogatepass")
    answer = own.send(method, path, body)
    assert answer.status_code < 500, (path, fields, answer.text)


@pytest.mark.changes_nothing
@how(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), route=st.sampled_from(ROUTES))
def test_no_bytes_are_a_fault_of_ours(watched, body, route):
    must_refuse(watched.send(route[0], route[1], body), body)
