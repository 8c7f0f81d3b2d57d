"""The process itself: starting, overload, a database that is gone, HTTP's own errors, headers, metrics."""

import asyncio
import re
import threading
from datetime import UTC, datetime

import pytest
from psycopg.conninfo import conninfo_to_dict
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

import settings
from api import late
from api.app import endpoints
from api.reply import Reply
from api.serving import Server
from core import risk_rules
from core.reasons import Reason, Refusal
from db.engine import Database
from desk import readiness
from tests.api.conftest import ORDER, as_bot
from tests.patience import PATIENCE
from tests.started import Started
from web import bodies, threads
from web.security import SecurityHeaders


def alone(state: Started) -> TestClient:
    app = Starlette(routes=[late.mount(state)], middleware=[Middleware(SecurityHeaders)])
    return TestClient(app, base_url="http://desk.test")


def test_while_starting_every_route_says_so():
    client = alone(Started(None, ["schema"]))
    for each in endpoints(Server(Started(None))):
        path = re.sub(r"{\w+}", "1", each.path)
        answer = client.request(each.method, f"/api/v1{path}", headers={"authorization": "Bearer x"})
        if each.path == "/health":
            assert answer.json() == {"status": "ok"}
            continue
        assert answer.status_code == 503, each
        assert answer.headers["retry-after"] == "1"
        assert "schema" in answer.text
    ready = client.get("/api/v1/ready").json()
    assert (ready["ready"], ready["waiting_for"]) == (False, ["schema"])


def test_ready_means_frames_come_and_somebody_matches(client, desk):
    first = client.get("/api/v1/ready")
    assert (first.status_code, first.json()["waiting_for"]) == (503, ["frame", "leader"])
    with desk.connection() as connection:
        connection.execute("update markets set frame = 7, frame_at = clock_timestamp() where id = 'sim'")
        connection.execute(
            "insert into leader (market, term) values ('sim', 3) on conflict (market) do update set term = 3"
        )
        connection.execute(
            "insert into heartbeats (process, role, market, pid, term) "
            "values ('h:1:execution', 'execution', 'sim', 1, 3)"
        )
    answer = client.get("/api/v1/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert body["ready"]
    assert (body["database"], body["market"], body["leader"]["term"], body["waiting_for"]) == (True, "sim", 3, [])
    assert body["feed"]["state"] == "LIVE"
    assert body["leader"]["heartbeat_age_ms"] < 5000


def test_a_database_that_went_away_is_told_and_not_explained(client, desk, throwaway):
    bot = as_bot(client, desk, "alice")
    assert bot.get("/api/v1/wallet").status_code == 200
    name = conninfo_to_dict(desk.url)["dbname"]
    throwaway.run(f"alter database {name} with allow_connections false")
    throwaway.run(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
    asked = (
        lambda: bot.get("/api/v1/orders"),
        lambda: bot.post("/api/v1/orders", json=ORDER),
        lambda: client.get("/api/v1/ready"),
    )
    for ask in asked:
        answer = ask()
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"] == "1"
        assert name not in answer.text
    assert client.get("/api/v1/health").status_code == 200
    throwaway.run(f"alter database {name} with allow_connections true")
    assert bot.get("/api/v1/orders").status_code == 200


def test_a_fault_of_ours_gives_a_reference_and_nothing_else(client, desk, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret place of the database")

    monkeypatch.setattr(readiness.rows, "readiness", broken)
    answer = as_bot(client, desk, "alice").get("/api/v1/metrics")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["instance"] == f"urn:kagaz:request:{answer.headers['x-request-id']}"


def test_overload_is_told_at_once_and_never_to_what_has_begun(monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE", 0.05)
    server = Server(Started(object()), workers=1)
    go, begun = threading.Event(), threading.Event()

    def slow() -> Reply:
        begun.set()
        go.wait(PATIENCE)
        return Reply(201)

    async def both() -> list[object]:
        first = asyncio.create_task(server.run(slow))
        await asyncio.to_thread(begun.wait, PATIENCE)
        second = await asyncio.gather(server.run(lambda: Reply(200)), return_exceptions=True)
        go.set()
        return [await first, *second]

    done, refused = asyncio.run(both())
    assert isinstance(done, Reply)
    assert done.status == 201  # it had begun, and took longer than anyone's patience
    assert isinstance(refused, Refusal)
    assert refused.reason == Reason.TRY_AGAIN


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("PUT", "/orders", 405, "DELETE, GET, POST"),
        ("POST", "/wallet", 405, "GET"),
        ("TRACE", "/orders", 405, "DELETE, GET, POST"),
        ("BREW", "/orders", 405, "DELETE, GET, POST"),
        ("GET", "/orders/", 404, None),
        ("GET", "/", 404, None),
        ("GET", "/nowhere", 404, None),
        ("GET", "/a%0Aline", 404, None),
        ("GET", "/orders/1/2", 404, None),
        ("GET", "/../secrets", 404, None),
        ("GET", "/%2e%2e/secrets", 404, None),
    ],
)
def test_what_http_itself_refuses(client, method, path, status, allow):
    answer = client.request(method, f"/api/v1{path}")
    assert answer.status_code == status
    assert answer.headers.get("allow") == allow
    assert answer.headers.get("content-type") == "application/problem+json" or path.startswith("/..")


def test_head_is_get_without_a_body(alice):
    get, head = alice.get("/api/v1/wallet"), alice.head("/api/v1/wallet")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_a_body_too_large_is_refused_by_its_length_alone(alice):
    answer = alice.post(
        "/api/v1/orders", content=iter([b"x" * 40_000] * 2), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    answer = alice.post("/api/v1/orders", content=b"", headers={"content-length": "9" * 30})
    assert 400 <= answer.status_code < 500


def test_a_body_that_never_comes_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.02)

    async def never() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    with pytest.raises(bodies.BodyError) as late:
        asyncio.run(bodies.read_body({"type": "http", "headers": []}, never))
    assert late.value.status == 408


def test_every_answer_carries_the_headers(client, alice):
    for answer in (client.get("/api/v1/health"), client.get("/api/v1/wallet"), alice.get("/api/v1/wallet"),
                   client.get("/api/v1/nowhere")):  # fmt: skip
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 32


def test_other_answers_of_the_process_carry_them_too():
    async def page(scope, receive, send):
        head = [(b"set-cookie", b"a=1"), (b"referrer-policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"page"})

    app = Starlette(middleware=[Middleware(SecurityHeaders)])
    app.mount("/", page)
    answer = TestClient(app).get("/x", headers={"x-forwarded-proto": "https"})
    assert answer.headers["set-cookie"] == "a=1; Secure"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "cache-control" not in answer.headers


def test_metrics_name_patterns_and_never_ids(alice):
    order = alice.post("/api/v1/orders", json=ORDER).json()["order_id"]
    alice.get(f"/api/v1/orders/{order}")
    text = alice.get("/api/v1/metrics").text
    assert 'kagaz_http_requests_total{method="POST",path="/orders",status="201"} 1' in text
    assert 'path="/orders/{order_id}"' in text
    assert "kagaz_http_request_seconds_count" in text
    assert "kagaz_ready 0" in text
    assert all(line.startswith("#") or len(line.rsplit(" ", 1)) == 2 for line in text.splitlines())


def test_the_description_is_of_the_routes(client):
    found = client.get("/api/v1/openapi.json").json()
    paths = {path: each for path, each in found["paths"].items() if not path.startswith("/api/v1/stream")}
    assert set(found["paths"]) - set(paths) == {"/api/v1/stream", "/api/v1/stream/{stream_id}"}
    described = {(method.upper(), path) for path, each in paths.items() for method in each}
    routed = {(each.method, f"/api/v1{each.path}") for each in endpoints(Server(Started(None)))}
    assert described == routed
    place = found["paths"]["/api/v1/orders"]["post"]
    schema = place["requestBody"]["content"]["application/json"]["schema"]
    assert set(ORDER) <= set(schema["properties"])
    assert set(schema["required"]) == {"symbol", "exchange", "side", "order_type", "product", "quantity"}


def test_orders_are_limited_by_user_and_cancels_never(desk, monkeypatch):
    monkeypatch.setenv("KAGAZ_ORDER_RATE", "2")
    settings.load.cache_clear()
    client = alone(Started(desk))
    alice, bob = as_bot(client, desk, "alice"), as_bot(client, desk, "bob")
    at, spend = datetime(2026, 11, 23, 5, tzinfo=UTC), risk_rules.spend
    monkeypatch.setattr(risk_rules, "spend", lambda pace, limits, sent, _now: spend(pace, limits, sent, at))
    answers = [alice.post("/api/v1/orders", json=ORDER) for _ in range(4)]
    assert [each.status_code for each in answers] == [201, 201, 429, 429]
    assert answers[2].headers["retry-after"] == "1"
    assert answers[2].json()["reason_code"] == 600
    bad = alice.post("/api/v1/orders", json={**ORDER, "price": "x"})
    assert bad.status_code == 400  # what is no order costs no token and is told why
    assert bob.post("/api/v1/orders", json=ORDER).status_code == 201
    for placed in answers[:2]:
        assert alice.delete(f"/api/v1/orders/{placed.json()['order_id']}").status_code == 200
    assert len(alice.get("/api/v1/orders").json()["items"]) == 2


def test_a_pool_without_a_free_connection_is_told(desk):
    with Database(desk.url, pool_size=1, patience=0.05) as small:
        client = alone(Started(small))
        bot = as_bot(client, desk, "alice")
        with small.connection():
            answer = bot.get("/api/v1/wallet")
            assert (answer.status_code, answer.json()["reason_code"]) == (503, 901)
            assert answer.headers["retry-after"] == "1"
        assert bot.get("/api/v1/wallet").status_code == 200
