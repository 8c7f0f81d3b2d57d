"""Every field of every write of the gateway is tried with what breaks Python stacks: each is a no in the envelope that
says what to do. Nothing may come of it but orders that risk refused, and the process goes on serving.
"""

import contextlib
import json
import socket
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.app import endpoints
from tests.gateway.conftest import keys_of
from tests.patience import PATIENCE

NEVER = [
    "NaN", "Infinity", "1e309", "-1", "-0.01", "1e2", "1_000", "0x10", "१५", "１५", "0.001", "1.", "--1", "+1",
    "9" * 400, " 15", " ", "\x00", "1\x00", "x" * 5000, "'; drop table orders; --", "<script>alert(1)</script>",
    "../../etc/passwd", "=1+1", "@SUM(A1)", "1,500", "1.2.3", "\n15", "null", "[]", "{}", "[1]",
]  # fmt: skip
ORDER = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "1", "product": "CNC",
    "order_type": "LIMIT", "price": "1500", "validity": "DAY", "tag": "x",
}  # fmt: skip
LEG = {name: ORDER[name] for name in ("transaction_type", "quantity", "order_type", "product", "price")}
CONDITION = {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1450], "last_price": 1500}
GTT = {"type": "single", "condition": json.dumps(CONDITION), "orders": json.dumps([LEG])}
CONVERSION = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "position_type": "day", "quantity": "1",
    "old_product": "MIS", "new_product": "CNC",
}  # fmt: skip
SESSION = {"api_key": "a", "request_token": "b", "checksum": "c"}
ONE = "700"
# (method, path) -> a good form, and the fields in which nothing of NEVER is good.
WRITES: dict[tuple[str, str], tuple[dict[str, str], tuple[str, ...]]] = {
    ("POST", "/orders/{of}"): (ORDER, tuple(ORDER)),
    ("PUT", "/orders/{variety}/{order_id}"): ({"quantity": "1", "price": "1500"}, ("quantity", "price")),
    ("DELETE", "/orders/{variety}/{order_id}"): ({}, ()),
    ("PUT", "/portfolio/positions"): (CONVERSION, tuple(CONVERSION)),
    ("POST", "/gtt/triggers"): (GTT, tuple(GTT)),
    ("PUT", "/gtt/triggers/{trigger_id}"): (GTT, tuple(GTT)),
    ("DELETE", "/gtt/triggers/{trigger_id}"): ({}, ()),
    ("POST", "/session/token"): (SESSION, tuple(SESSION)),
    ("DELETE", "/session/token"): ({}, ()),
    ("POST", "/session/refresh_token"): (SESSION, ()),
    ("POST", "/connect/login"): ({}, ()),
    ("POST", "/margins/orders"): ({}, ()),
    ("POST", "/margins/basket"): ({}, ()),
    ("POST", "/charges/orders"): ({}, ()),
}
EXTRA = {
    "regular": {"trigger_price": NEVER, "disclosed_quantity": NEVER, "market_protection": NEVER, "autoslice": NEVER,
                "validity_ttl": NEVER},
    "iceberg": {"iceberg_legs": [*NEVER, "1", "0", "2.5", "101"], "iceberg_quantity": [*NEVER, "0"]},
    "co": {"trigger_price": [*NEVER, "0"]},
}  # fmt: skip
# What of NEVER is passed over or good: a field that this type of order has none of, a tag of plain letters.
FINE = {"tag": {"NaN", "Infinity", "1e309", "1e2", "1_000", "0x10", "0.001", "1.", "1.2.3", "null"}}


def test_every_write_is_tried():
    written = {(each.method, each.path) for each in endpoints() if each.method != "GET" and "/mf/" not in each.path}
    assert written == set(WRITES)


def state(client: httpx.Client) -> tuple[Any, ...]:
    """What must not move: money, GTTs, and orders that are not refused."""
    data = {path: client.get(path).json()["data"] for path in ("/user/margins", "/orders", "/gtt/triggers", "/trades")}
    living = [row for row in data["/orders"] if row["status"] != "REJECTED"]
    return data["/user/margins"], living, data["/gtt/triggers"], data["/trades"]


def is_no(answer: httpx.Response, about: object) -> None:
    """A refusal of the envelope, in time and without insides."""
    assert 400 <= answer.status_code < 500, (about, answer.text)
    body = answer.json()
    assert list(body) == ["status", "message", "data", "error_type"], about
    assert answer.elapsed.total_seconds() < 2, about
    low = answer.text.lower()
    assert not [word for word in ("traceback", "psycopg", "select ", ".py", "site-packages") if word in low], about


def path_of(path: str, word: str) -> str:
    return path.format(of=word, variety=word, order_id=ONE, trigger_id=ONE)


@pytest.mark.parametrize("write", [each for each in WRITES if WRITES[each][1]], ids=" ".join)
def test_no_field_takes_what_it_should_not(by_hand, write):
    method, path = write
    form, fields = WRITES[write]
    before = state(by_hand)
    for name in fields:
        wrong_case = form[name].swapcase()
        for bad in ["", *NEVER, *([wrong_case] if name != "tag" and wrong_case != form[name] else [])]:
            if bad in FINE.get(name, ()) or (not bad and (name in ("validity", "tag") or method == "PUT")):
                continue
            is_no(by_hand.request(method, path_of(path, "regular"), data=form | {name: bad}), (name, bad))
        if method == "POST":
            without = {each: value for each, value in form.items() if each != name}
            if name not in ("validity", "tag"):
                is_no(by_hand.request(method, path_of(path, "regular"), data=without), (name, "missing"))
    assert state(by_hand) == before


@pytest.mark.parametrize("variety", EXTRA)
def test_no_further_field_of_an_order_takes_what_it_should_not(by_hand, variety):
    before = state(by_hand)
    stop = {"order_type": "SL", "validity": "TTL"} if variety == "regular" else {}
    form = ORDER | stop | ({"product": "MIS"} if variety == "co" else {}) | {"quantity": "10"}
    for name, values in EXTRA[variety].items():
        for bad in values:
            is_no(by_hand.post(f"/orders/{variety}", data=form | {name: bad}), (name, bad))
    assert state(by_hand) == before


@pytest.mark.parametrize("write", WRITES, ids=" ".join)
def test_no_transport_takes_what_it_should_not(host, by_hand, desk, write):
    method, path = write
    before = state(by_hand)
    url = path_of(path, "regular")
    wants_form = not path.startswith(("/margins", "/charges"))
    form, plain = "application/x-www-form-urlencoded", "application/json"
    tries: list[dict[str, Any]] = [
        {"content": b"a" * 70_000, "headers": {"content-type": form}},
        {"content": b"%ff%fe=1", "headers": {"content-type": form}},
        {"content": b"\xff\xfe", "headers": {"content-type": form if wants_form else plain}},
        {"content": b"[" * 20_000, "headers": {"content-type": plain}},
        {"content": b'{"quantity":1}', "headers": {"content-type": "text/plain"}},
        {"content": b"quantity=1", "headers": {"content-type": form, "content-encoding": "gzip"}},
        {"content": b"quantity=1", "headers": {"content-type": form + "; charset=utf-16"}},
        {"content": b"&".join(b"quantity=1" for _ in range(3_000)), "headers": {"content-type": form}},
    ]
    for each in tries:
        answer = by_hand.request(method, url, **each)
        if path == "/connect/login" and answer.headers["content-type"].startswith("text/html"):
            continue
        is_no(answer, (write, each["headers"]))
    if not path.startswith(("/session", "/connect")):
        keys = keys_of(desk, "bob")
        own = by_hand.headers["authorization"].removeprefix("token ").partition(":")
        foreign = (f"token {keys.api_key}:{own[2]}", f"token {own[0]}:{keys.access_token}")
        for header in (
            "", "token", "token a:b", f"token {keys.api_key}:x", "Bearer x", "token " + "x" * 4_000, *foreign,
        ):  # fmt: skip
            answer = httpx.request(method, f"http://{host}{url}", headers={"authorization": header}, timeout=PATIENCE)
            assert (answer.status_code, answer.json()["error_type"]) == (403, "TokenException"), header
    assert state(by_hand) == before


@pytest.mark.parametrize("words", [NEVER[::2], NEVER[1::2]], ids=["some", "others"])
def test_no_path_takes_what_it_should_not(by_hand, words):
    for bad in words:
        every_path(by_hand, quote(bad[:300], safe=""))
    assert by_hand.get("/user/profile").status_code == 200


def every_path(by_hand: httpx.Client, said: str) -> None:
    """What stands in an address is refused, whatever it is in the address of."""
    for method, path in (
        ("POST", f"/orders/{said}"), ("PUT", f"/orders/regular/{said}"), ("PUT", f"/orders/{said}/1"),
        ("DELETE", f"/orders/co/{said}"), ("GET", f"/orders/{said}"), ("GET", f"/orders/{said}/trades"),
        ("DELETE", f"/gtt/triggers/{said}"), ("GET", f"/gtt/triggers/{said}"), ("PUT", f"/gtt/triggers/{said}"),
        ("GET", f"/instruments/{said}"), ("GET", f"/instruments/historical/{said}/day?from=2026-11-23&to=2026-11-23"),
        ("GET", f"/instruments/trigger_range/{said}?i=NSE:INFY"), ("GET", f"/user/margins/{said}"),
    ):  # fmt: skip
        is_no(by_hand.request(method, path, data=GTT if method == "PUT" else None), (method, path))


# In the JSON of a GTT: values as they stand in the text, and the fields in which none of them is good.
RAW = [
    *(json.dumps(bad) for bad in NEVER),
    "true",
    "NaN",
    "-Infinity",
    "1e309",
    "-1",
    "9" * 400,
    "[]",
    "{}",
    '"\\ud800"',
]
WITHIN = {
    "condition": ("exchange", "tradingsymbol", "trigger_values", "last_price"),
    "orders": ("transaction_type", "quantity", "order_type", "product", "price"),
}


@pytest.mark.parametrize("change", [False, True], ids=["new", "changed"])
@pytest.mark.parametrize("part", WITHIN)
def test_no_field_within_a_gtt_takes_what_it_should_not(by_hand, part, change):
    path = "/gtt/triggers"
    if change:
        path += "/{}".format(by_hand.post(path, data=GTT).json()["data"]["trigger_id"])
    before = state(by_hand)
    good: dict[str, Any] = CONDITION if part == "condition" else LEG
    for name in WITHIN[part]:
        rest = ",".join(f'"{each}":{json.dumps(value)}' for each, value in good.items() if each != name)
        for bad in RAW:
            if (name, bad) == ("last_price", '"0.001"'):
                continue  # a number is all that it has to be
            body = f'{{{rest},"{name}":{f"[{bad}]" if name == "trigger_values" else bad}}}'
            sent = GTT | {part: body if part == "condition" else f"[{body}]"}
            is_no(by_hand.request("PUT" if change else "POST", path, data=sent), (name, bad))
        twice = f'{{{rest},"{name}":1,"{name}":1}}'
        is_no(by_hand.post("/gtt/triggers", data=GTT | {part: twice if part == "condition" else f"[{twice}]"}), name)
    assert state(by_hand) == before


def test_what_is_no_request_is_told_in_the_envelope_and_the_process_goes_on(host, by_hand):
    """A head that is broken, one that is far too long, another protocol's first words, a line of bytes."""
    name, port = host.split(":")
    for said in (
        b"GET / HTTP/1.1\r\nnonsense\r\n\r\n",
        b"GET /\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00" + b"\x00" * 60 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    ):
        with socket.create_connection((name, int(port)), PATIENCE) as line:
            line.sendall(said)
            told = b""
            with contextlib.suppress(ConnectionError):  # it hung up while we were still sending
                while part := line.recv(65_536):
                    told += part
            if told:
                head, _, body = told.partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 400"), head
                assert list(json.loads(body)) == ["status", "message", "data", "error_type"]
    assert by_hand.get("/user/profile").status_code == 200
