"""A walk over every operation of the API in a small world, for what must hold of all answers alike.

The same walk makes the examples of the description: ``python -m pytest tests/api/test_description.py`` says how.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from starlette.testclient import TestClient

from core.calendar import IST
from core.vendors import Vendor
from db.engine import Database
from desk import access, live, masters, vendor_fetch, vendors
from tests.api.conftest import ORDER, as_bot, as_browser
from tests.floor import Floor
from tests.people import signed_in


@dataclass
class Step:
    """One request and what came: ``template`` is the path as it is described."""

    method: str
    template: str
    sent: Any
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Tour:
    """Requests by who asks, each kept."""

    steps: list[Step] = field(default_factory=list)

    def ask(
        self, client: TestClient, method: str, template: str, sent: Any = None, query: str = "", **parts: Any
    ) -> Any:
        """One request; its body. ``headers`` among the parts are sent as they are."""
        headers = parts.pop("headers", {})
        path = f"/api/v1{template.format(**parts)}{query}"
        answer = client.request(method, path, json=sent, headers=headers, follow_redirects=False)
        kind = answer.headers.get("content-type", "")
        body = answer.json() if "json" in kind else answer.text or None
        self.steps.append(Step(method, template, sent, answer.status_code, dict(answer.headers), body))
        return body


LEG = {name: ORDER[name] for name in ("exchange", "symbol", "side", "order_type", "product", "quantity", "price")}
BAD = {"symbol": "infy", "quantity": 1.5}


def walk(client: TestClient, desk: Database) -> Tour:
    """Everything once, most of it in the good and in a bad case."""
    tour = Tour()
    alice, root = as_bot(client, desk, "alice"), as_bot(client, desk, "root")
    page, office = as_browser(client, desk, "alice"), as_browser(client, desk, "root")
    office.headers["idempotency-key"] = page.headers["idempotency-key"] = "of the page"
    for each in (_system, _orders, _portfolio, _gtts, _baskets, _market, _risk, _price_alerts, _lists):
        each(tour, alice, desk)
    _feeds(tour, page, desk)
    _shares(tour, alice, page)
    _signed_in(tour, client, page, desk)
    _machinery(tour, root, alice)
    _people(tour, office)
    _reset(tour, alice)
    return tour


def _system(tour: Tour, alice: TestClient, desk: Database) -> None:
    nobody = TestClient(alice.app, base_url="http://desk.test")
    tour.ask(nobody, "GET", "/health")
    tour.ask(nobody, "GET", "/ready")
    with desk.connection() as connection:
        connection.execute("update markets set frame = 7, frame_at = clock_timestamp() where id = 'sim'")
        connection.execute("insert into leader (market, term) values ('sim', 3) on conflict (market) do nothing")
        connection.execute(
            "insert into heartbeats (process, role, market, pid, term) "
            "values ('h:1:execution', 'execution', 'sim', 1, 3)"
        )
    tour.ask(nobody, "GET", "/ready")
    tour.ask(alice, "GET", "/metrics")
    tour.ask(nobody, "GET", "/wallet")
    tour.ask(alice, "PUT", "/wallet")


def _orders(tour: Tour, alice: TestClient, desk: Database) -> None:
    floor = Floor(desk)
    me = access.by_key(desk, "alice/main").id
    first = tour.ask(alice, "POST", "/orders", {**ORDER, "tag": "first"}, headers={"idempotency-key": "one"})
    tour.ask(alice, "POST", "/orders", {**ORDER, "tag": "first"}, headers={"idempotency-key": "one"})
    tour.ask(alice, "POST", "/orders", {**ORDER, "tag": "other"}, headers={"idempotency-key": "one"})
    tour.ask(alice, "POST", "/orders", BAD)
    tour.ask(alice, "POST", "/orders", {**ORDER, "quantity": 99_999})
    guarded = {**ORDER, "price": 1490, "target_price": 1600, "stop_trigger": 1400, "stop_price": 1395}
    tour.ask(alice, "POST", "/orders", guarded)
    sliced = {**ORDER, "symbol": "INFY", "quantity": 250_000, "price": 1300, "autoslice": True}
    tour.ask(alice, "POST", "/orders", sliced)
    tour.ask(alice, "GET", "/orders", query="?limit=1")
    tour.ask(alice, "GET", "/orders", query="?status=nothing")
    floor.fill(me, int(first["order_id"]), 4, 150_000)
    tour.ask(alice, "GET", "/orders/{order_id}", order_id=first["order_id"])
    tour.ask(alice, "GET", "/orders/{order_id}", order_id=987)
    tour.ask(alice, "PATCH", "/orders/{order_id}", {"quantity": 8}, order_id=first["order_id"])
    tour.ask(alice, "PATCH", "/orders/{order_id}", {"quantity": 2}, order_id=first["order_id"])
    floor.fill(me, int(first["order_id"]), 4, 149_900)
    tour.ask(alice, "PATCH", "/orders/{order_id}", {"quantity": 20}, order_id=first["order_id"])
    tour.ask(alice, "GET", "/orders/{order_id}", order_id=first["order_id"])
    other = tour.ask(alice, "POST", "/orders", {**ORDER, "price": 1480})
    tour.ask(alice, "DELETE", "/orders/{order_id}", order_id=other["order_id"])
    tour.ask(alice, "DELETE", "/orders/{order_id}", order_id=other["order_id"])
    tour.ask(alice, "POST", "/margins", ORDER)
    tour.ask(alice, "POST", "/margins/estimate", {**ORDER, "quantity": 99_999})
    tour.ask(alice, "POST", "/margins", {**LEG, "symbol": floor.future("NSE:NIFTY 50").symbol, "exchange": "NFO",
                                         "product": "NRML", "quantity": 1, "price": 20_000})  # fmt: skip
    tour.ask(alice, "DELETE", "/orders", query="?status=open")


def _portfolio(tour: Tour, alice: TestClient, desk: Database) -> None:
    floor = Floor(desk)
    me = access.by_key(desk, "alice/main").id
    floor.buy(me, 5, "NSE:INFY", 150_000, "MIS")
    for path in ("/accounts", "/trades", "/positions", "/holdings", "/margins", "/wallet", "/wallet/ledger"):
        tour.ask(alice, "GET", path)
    tour.ask(alice, "GET", "/trades", query="?limit=1")
    tour.ask(alice, "GET", "/wallet", query="?account=bob/main")
    tour.ask(alice, "GET", "/trades", query="?date=today")
    wish = {"symbol": "INFY", "exchange": "NSE", "from": "MIS", "to": "CNC", "quantity": 2}
    tour.ask(alice, "POST", "/positions/convert/estimate", wish)
    tour.ask(alice, "POST", "/positions/convert", wish)
    tour.ask(alice, "POST", "/positions/convert", {**wish, "quantity": 900})
    tour.ask(alice, "POST", "/positions/exit", {"symbol": "INFY", "exchange": "NSE", "product": "MIS"})
    tour.ask(alice, "POST", "/positions/exit", {"symbol": "SBIN", "exchange": "NSE", "product": "MIS"})
    tour.ask(alice, "POST", "/wallet/deposit", {"amount": 1000.5, "why": "A gift"})
    tour.ask(alice, "POST", "/wallet/withdraw", {"amount": 10})
    tour.ask(alice, "POST", "/wallet/withdraw", {"amount": 10**9})
    tour.ask(alice, "POST", "/accounts", {"name": "swing"})
    tour.ask(alice, "GET", "/pnl", query="?trips=50")
    tour.ask(alice, "GET", "/pnl", query="?until=2000-01-01")
    tour.ask(alice, "GET", "/contract-notes")
    tour.ask(alice, "GET", "/contract-notes", query="?date=2020-01-01")
    tour.ask(alice, "GET", "/contract-notes/days")
    tour.ask(alice, "GET", "/tax")
    tour.ask(alice, "GET", "/tax", query="?year=26")
    tour.ask(alice, "GET", "/plans")
    tour.ask(alice, "GET", "/wallet/plan")
    tour.ask(alice, "PUT", "/wallet/plan", {"plan": "zero"})
    tour.ask(alice, "PUT", "/wallet/plan", {"plan": "none"})


def _gtts(tour: Tour, alice: TestClient, desk: Database) -> None:
    wish = {"symbol": "INFY", "exchange": "NSE", "side": "BUY", "product": "CNC",
            "legs": [{"trigger_price": 1400, "quantity": 1, "price": 1400}]}  # fmt: skip
    made = tour.ask(alice, "POST", "/gtt", wish)
    tour.ask(alice, "POST", "/gtt", {**wish, "legs": []})
    tour.ask(alice, "GET", "/gtt")
    tour.ask(alice, "GET", "/gtt/{gtt_id}", gtt_id=made["gtt_id"])
    tour.ask(alice, "PATCH", "/gtt/{gtt_id}", {"legs": [{"trigger_price": 1390}]}, gtt_id=made["gtt_id"])
    tour.ask(alice, "DELETE", "/gtt/{gtt_id}", gtt_id=made["gtt_id"])
    tour.ask(alice, "DELETE", "/gtt/{gtt_id}", gtt_id=made["gtt_id"])
    tour.ask(alice, "DELETE", "/gtt/{gtt_id}", gtt_id=4711)


def _baskets(tour: Tour, alice: TestClient, desk: Database) -> None:
    made = tour.ask(alice, "POST", "/baskets", {"name": "mine", "legs": [LEG]})
    number = made["basket_id"]
    tour.ask(alice, "POST", "/baskets", {"name": "mine"})
    tour.ask(alice, "GET", "/baskets")
    tour.ask(alice, "GET", "/baskets/{basket_id}", basket_id=number)
    tour.ask(alice, "PATCH", "/baskets/{basket_id}", {"name": "yours"}, basket_id=number)
    tour.ask(alice, "POST", "/baskets/{basket_id}/legs", {**LEG, "quantity": 90_000}, basket_id=number)
    tour.ask(alice, "POST", "/baskets/{basket_id}/margin", {"account": "alice/main"}, basket_id=number)
    tour.ask(alice, "POST", "/margins/basket", {"legs": [LEG]})
    tour.ask(alice, "POST", "/baskets/{basket_id}/place", {"stop_at_refusal": True}, basket_id=number)
    tour.ask(alice, "DELETE", "/baskets/{basket_id}", basket_id=number)
    tour.ask(alice, "GET", "/baskets/{basket_id}", basket_id=number)


def _market(tour: Tour, alice: TestClient, desk: Database) -> None:
    tour.ask(alice, "GET", "/instruments", query="?limit=2")
    same = {"if-none-match": tour.steps[-1].headers["etag"]}
    tour.ask(alice, "GET", "/instruments", query="?limit=2", headers=same)
    tour.ask(alice, "GET", "/instruments", query="?symbols=NSE:INFY,NSE:NOSUCH")
    tour.ask(alice, "GET", "/search", query="?q=infy")
    tour.ask(alice, "GET", "/quotes", query="?symbols=NSE:INFY,NSE:NOSUCH")
    with desk.connection() as connection:
        one = masters.get(desk).by_key["NSE:INFY"].id
        connection.execute(
            "insert into candles (market, instrument_id, interval, start, open, high, low, close, volume, oi) values"
            " ('sim', %s, '1m', date_trunc('minute', now()), 150000, 150100, 149900, 150050, 1200, 0),"
            " ('sim', %s, '1d', date_trunc('day', now()), 149000, 150100, 148500, 150050, 91200, 0)",
            [one, one],
        )
    tour.ask(alice, "GET", "/year-ranges", query="?symbols=NSE:INFY,NSE:NOSUCH")
    tour.ask(alice, "GET", "/candles", query="?symbol=NSE:INFY&interval=1m")
    tour.ask(alice, "GET", "/candles", query="?symbol=NSE:NOSUCH")
    tour.ask(alice, "GET", "/option-chain", query="?underlying=NSE:NIFTY 50")
    tour.ask(alice, "GET", "/option-chain", query="?underlying=NSE:GOLDBEES")
    for path in ("/calendar", "/charges"):
        tour.ask(alice, "GET", path)
        tour.ask(alice, "GET", path, headers={"if-none-match": tour.steps[-1].headers["etag"]})


def _risk(tour: Tour, alice: TestClient, desk: Database) -> None:
    made = tour.ask(alice, "POST", "/risk/limits", {"scope": "ACCOUNT", "name": "OPEN_ORDERS", "value": 50})
    tour.ask(alice, "POST", "/risk/limits", {"scope": "EVERYBODY", "name": "OPEN_ORDERS", "value": 50})
    tour.ask(alice, "GET", "/risk")
    tour.ask(alice, "DELETE", "/risk/limits/{limit_id}", limit_id=made["id"])
    tour.ask(alice, "GET", "/risk/limits")
    tour.ask(alice, "POST", "/risk/kill", {"scope": "ACCOUNT"})
    tour.ask(alice, "POST", "/orders", ORDER)
    tour.ask(alice, "GET", "/risk")
    tour.ask(alice, "GET", "/alerts")
    tour.ask(alice, "GET", "/alerts", query="?limit=1")
    tour.ask(alice, "GET", "/alerts", query="?cursor=x")
    tour.ask(alice, "POST", "/risk/rearm", {"scope": "ACCOUNT"})


def _price_alerts(tour: Tour, alice: TestClient, desk: Database) -> None:
    wish = {"symbol": "INFY", "exchange": "NSE", "condition": "ABOVE", "level": 1600}
    made = tour.ask(alice, "POST", "/price-alerts", {**wish, "repeat": True, "note": "Sell half"})
    number = made["price_alert_id"]
    tour.ask(alice, "POST", "/price-alerts", {**wish, "level": 1400})
    tour.ask(alice, "GET", "/price-alerts")
    tour.ask(alice, "GET", "/price-alerts/{price_alert_id}", price_alert_id=number)
    change = {"measure": "CHANGE", "level": 2.5}
    tour.ask(alice, "PATCH", "/price-alerts/{price_alert_id}", change, price_alert_id=number)
    tour.ask(alice, "DELETE", "/price-alerts/{price_alert_id}", price_alert_id=number)
    tour.ask(alice, "DELETE", "/price-alerts/{price_alert_id}", price_alert_id=number)


def _lists(tour: Tour, alice: TestClient, desk: Database) -> None:
    made = tour.ask(alice, "POST", "/watchlists", {"name": "mine", "symbols": ["NSE:INFY"]})
    number = made["watchlist_id"]
    tour.ask(alice, "GET", "/watchlists")
    tour.ask(alice, "GET", "/watchlists/{watchlist_id}", watchlist_id=number)
    change = {"position": 1, "colours": {"NSE:INFY": "RED"}, "sections": {"NSE:INFY": "Software"}}
    tour.ask(alice, "PATCH", "/watchlists/{watchlist_id}", change, watchlist_id=number)
    tour.ask(alice, "PATCH", "/watch-view", {"columns": ["PERCENT", "VOLUME"], "base": "OPEN", "recent": "NSE:INFY"})
    tour.ask(alice, "PATCH", "/watch-view", {"interval": "5m", "studies": ["RSI"]})
    tour.ask(alice, "GET", "/watch-view")
    tour.ask(alice, "DELETE", "/watchlists/{watchlist_id}", watchlist_id=number)
    tour.ask(alice, "DELETE", "/watchlists/{watchlist_id}", watchlist_id=number)
    tour.ask(alice, "POST", "/stream/{stream_id}", {"symbols": ["NSE:INFY"]}, stream_id="none")
    tour.ask(alice, "GET", "/stream", query="?topics=gossip")


def _shares(tour: Tour, alice: TestClient, page: TestClient) -> None:
    tour.ask(page, "PUT", "/accounts/shares", {"user": "bob", "account": "alice/main"})
    tour.ask(alice, "PUT", "/accounts/shares", {"user": "bob", "account": "alice/main"})
    tour.ask(alice, "GET", "/accounts/shares", query="?account=alice/main")
    tour.ask(alice, "DELETE", "/accounts/shares", query="?user=bob&account=alice/main")
    tour.ask(page, "PUT", "/accounts/shares", {"user": "nobody", "account": "alice/main"})


def _signed_in(tour: Tour, client: TestClient, page: TestClient, desk: Database) -> None:
    tour.ask(client, "POST", "/auth/session", {"code": "spent"})
    tour.ask(page, "GET", "/sessions")
    tour.ask(page, "DELETE", "/sessions")
    tour.ask(page, "DELETE", "/sessions/{session_id}", session_id="11111111-1111-4111-8111-111111111111")
    made = tour.ask(page, "POST", "/tokens", {"name": "bot", "scopes": ["read"], "days": 30})
    tour.ask(page, "GET", "/tokens")
    tour.ask(page, "DELETE", "/tokens/{token_id}", token_id=made["token_id"])
    _own_ways_in(tour, page, desk)
    reader = as_bot(client, desk, "alice", scopes=("read",))
    tour.ask(reader, "POST", "/tokens", {"name": "bot"})
    tour.ask(reader, "POST", "/orders", ORDER)
    tour.ask(page, "DELETE", "/auth/session")


def _own_ways_in(tour: Tour, page: TestClient, desk: Database) -> None:
    program = {"name": "day bot", "redirect_url": "http://127.0.0.1:5000/login"}
    made = tour.ask(page, "POST", "/programs", program)
    tour.ask(page, "POST", "/programs", program)
    tour.ask(page, "GET", "/programs")
    tour.ask(page, "POST", "/programs/{program_id}/tokens", {"lasting": True}, program_id=made["program_id"],
             headers={"idempotency-key": "a token"})  # fmt: skip
    tour.ask(page, "DELETE", "/programs/{program_id}", program_id=made["program_id"])
    tour.ask(page, "GET", "/me")
    with desk.connection() as connection:
        connection.execute(
            "insert into identities (issuer, subject, user_id, email) select 'https://accounts.google.com',"
            " '1084', id, 'alice@gmail.test' from users where name = 'alice'"
        )
    tour.ask(page, "GET", "/me/sign-ins")
    tour.ask(page, "PUT", "/me/password", {"new": "123"})
    tour.ask(page, "PUT", "/me/password", {"new": "a sentence of mine"})
    tour.ask(page, "DELETE", "/me/sign-ins", query="?issuer=https://accounts.google.com&subject=1084")


def _feeds(tour: Tour, page: TestClient, desk: Database) -> None:
    principal = signed_in(desk, "alice")[1]
    login = "/feeds/upstox/login"
    tour.ask(page, "GET", login)
    typed = {"api_key": "k-for-alice", "api_secret": "s-for-alice", "redirect_url": "http://desk.test/back"}
    vendors.put(desk, principal, Vendor.UPSTOX, typed)
    live.choose(desk, principal, Vendor.UPSTOX)
    tour.ask(page, "GET", login)
    tour.ask(page, "GET", "/feeds/upstox/callback", query="?state=x&code=y")
    tour.ask(page, "GET", "/feeds")
    user = {"user": "tdwsp123", "password": "p-for-alice"}
    tour.ask(page, "PUT", "/feeds/vendors/{vendor}", user, vendor="truedata")
    tour.ask(page, "PUT", "/feeds/vendors/{vendor}", user, vendor="nobody")
    tour.ask(page, "PUT", "/feeds/market", {"feed": "upstox", "backup": "truedata"})
    tour.ask(page, "PUT", "/feeds/market", {"feed": "upstox", "backup": "upstox"})
    tour.ask(page, "POST", "/feeds/market/switch", {"market": "live/alice", "on": False})
    tour.ask(page, "POST", "/feeds/market/switch", {"market": "live/alice", "record": True})
    tour.ask(page, "POST", "/feeds/market/switch", {"market": "live/alice", "record": True, "on": True})
    tour.ask(page, "POST", "/feeds/market/switch", {"market": "live/bob", "reconnect": True})
    tour.ask(page, "DELETE", "/feeds/vendors/{vendor}", vendor="truedata")


def _machinery(tour: Tour, root: TestClient, alice: TestClient) -> None:
    for path in ("feeds", "processes", "leaders", "jobs", "books", "restrained", "audit", "audit/actions", "actions"):
        tour.ask(root, "GET", f"/admin/{path}")
        tour.ask(alice, "GET", f"/admin/{path}")
    tour.ask(root, "GET", "/admin/audit", query="?limit=1")
    tour.ask(root, "POST", "/admin/books/check")
    tour.ask(root, "POST", "/admin/market", {"feed": "simulator"})
    tour.ask(root, "POST", "/admin/market", {"feed": "truedata"})
    tour.ask(root, "POST", "/admin/listings", {"vendor": "truedata"})
    told = {"id": 1, "vendor": "upstox", "source": "assets.upstox.com/complete.json.gz", "as_of": "2026-11-23",
            "rows": 90_000, "new": 12, "expired": 4, "took_ms": 21_000}  # fmt: skip
    with patch.object(vendor_fetch, "fetch", lambda *_: told):
        tour.ask(root, "POST", "/admin/listings", {"vendor": "upstox"})
    tour.ask(root, "GET", "/admin/listings")
    split = {"kind": "SPLIT", "instrument": "NSE:SBIN", "ex_date": "2030-01-15", "ratio": "5:1"}
    made = tour.ask(root, "POST", "/admin/actions", split)
    tour.ask(root, "POST", "/admin/actions", {**split, "ratio": "0:1"})
    tour.ask(root, "GET", "/admin/actions")
    tour.ask(root, "DELETE", "/admin/actions/{action_id}", action_id=made["id"])
    tour.ask(root, "DELETE", "/admin/actions/{action_id}", action_id=made["id"])
    day = _weekday(datetime.now(IST).date() + timedelta(days=400))
    holiday = {"date": day.isoformat(), "name": "Founders day"}
    tour.ask(root, "POST", "/admin/calendar", holiday)
    tour.ask(root, "POST", "/admin/calendar", holiday)
    tour.ask(root, "DELETE", "/admin/calendar", query=f"?date={day}&kind=holiday")
    made = tour.ask(root, "POST", "/risk/restrictions", {"instrument": "NSE:SBIN", "kind": "HALTED", "note": "news"})
    tour.ask(root, "GET", "/risk/limits")
    tour.ask(root, "DELETE", "/risk/restrictions/{restriction_id}", restriction_id=made["id"])


def _weekday(day: date) -> date:
    return day if day.weekday() < 5 else day + timedelta(days=2)


def _people(tour: Tour, office: TestClient) -> None:
    tour.ask(office, "GET", "/admin/users")
    tour.ask(office, "POST", "/admin/users", {"name": "carol", "role": "trader", "cash": 1000})
    tour.ask(office, "PATCH", "/admin/users/{name}", {"role": "analyst", "active": True}, name="carol")
    tour.ask(office, "PATCH", "/admin/users/{name}", {"role": "trader"}, name="nobody")
    tour.ask(office, "POST", "/admin/users/{name}/unlock", name="carol")
    tour.ask(office, "POST", "/admin/users/{name}/password-link", name="carol")
    tour.ask(office, "DELETE", "/admin/users/{name}/sessions", name="carol")
    tour.ask(office, "POST", "/admin/invitations", {"user": "carol", "email": "carol@example.com"})
    tour.ask(office, "GET", "/admin/invitations")
    tour.ask(office, "DELETE", "/admin/invitations/{email}", email="carol@example.com")


def _reset(tour: Tour, alice: TestClient) -> None:
    tour.ask(alice, "POST", "/wallet/reset", {"cash": 500_000})
    tour.ask(alice, "GET", "/accounts")
