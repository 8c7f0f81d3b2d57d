"""GTTs, attached exits and baskets through the door, as a bot and a browser use them."""

from tests.api.conftest import ORDER, as_bot, as_browser

LEG = {"trigger_price": 1450, "quantity": 10, "price": "1449.50"}
GTT = {"symbol": "INFY", "exchange": "NSE", "side": "BUY", "product": "CNC", "legs": [LEG]}
OCO = [{"trigger_price": 1400, "quantity": 5, "price": 1395}, {"trigger_price": 1600, "quantity": 5, "price": 1600}]


def test_the_life_of_a_gtt(alice):
    made = alice.post("/api/v1/gtt", json=GTT)
    assert made.status_code == 201
    row = made.json()
    url = f"/api/v1/gtt/{row['gtt_id']}"
    assert (row["kind"], row["status"], row["last_price"]) == ("SINGLE", "ACTIVE", 1500)
    assert (row["legs"][0]["trigger_price"], row["legs"][0]["price"]) == (1450, 1449.5)
    changed = alice.patch(url, json={"legs": [{"trigger_price": 1440}]})
    assert (changed.status_code, changed.json()["legs"][0]["trigger_price"]) == (200, 1440)
    assert changed.json()["legs"][0]["price"] == 1449.5
    at_market = alice.patch(url, json={"legs": [{"order_type": "MARKET"}]}).json()["legs"][0]
    assert (at_market["order_type"], at_market["price"]) == ("MARKET", None)
    listed = alice.get("/api/v1/gtt?status=active").json()
    assert ([each["gtt_id"] for each in listed["items"]], listed["counts"]) == (
        [row["gtt_id"]],
        {"active": 1, "done": 0},
    )
    assert alice.delete(url).json()["status"] == "DELETED"
    assert alice.delete(url).status_code == 409
    told = alice.get(url).json()
    assert [each["event"] for each in told["history"]] == ["CREATED", "MODIFIED", "MODIFIED", "DELETED"]
    assert alice.get("/api/v1/gtt?status=active").json()["items"] == []


def test_a_browsers_key_makes_one(client, desk):
    browser = as_browser(client, desk, "alice")
    body = {**GTT, "legs": OCO, "side": "SELL"}
    assert browser.post("/api/v1/gtt", json=body).json()["reason_code"] == 103
    first = browser.post("/api/v1/gtt", json=body, headers={"idempotency-key": "g1"})
    again = browser.post("/api/v1/gtt", json=body, headers={"idempotency-key": "g1"})
    assert (first.json()["kind"], first.json()["legs"][0]["role"]) == ("OCO", "stop")
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", first.json())


def test_another_users_gtt_is_not_there(alice, bob):
    url = f"/api/v1/gtt/{alice.post('/api/v1/gtt', json=GTT).json()['gtt_id']}"
    assert [bob.get(url).status_code, bob.delete(url).status_code] == [404, 404]
    assert bob.patch(url, json={"legs": [{"trigger_price": 1440}]}).json()["reason_code"] == 720
    assert bob.get("/api/v1/gtt").json()["items"] == []
    assert alice.get("/api/v1/gtt/0").status_code == alice.get("/api/v1/gtt/x").status_code == 404


def test_who_only_reads_changes_nothing(client, desk, alice):
    url = f"/api/v1/gtt/{alice.post('/api/v1/gtt', json=GTT).json()['gtt_id']}"
    ana = as_bot(client, desk, "ana")
    assert ana.get(url).status_code == 200
    assert [ana.delete(url).status_code, ana.post("/api/v1/gtt", json=GTT).status_code] == [403, 403]
    assert ana.post("/api/v1/baskets", json={"name": "mine"}).status_code == 403


def test_a_wrong_leg_is_named(alice):
    for legs, field in (
        ([], "legs"),
        ([LEG] * 3, "legs"),
        ("x", "legs"),
        ([1], "legs[0]"),
        ([{**LEG, "price": "1e3"}], "legs[0].price"),
        ([LEG, {**LEG, "side": "BUY"}], "legs[1].side"),
        ([{"quantity": 1, "price": 1}], "legs[0].trigger_price"),
    ):
        refused = alice.post("/api/v1/gtt", json={**GTT, "legs": legs})
        assert (refused.status_code, refused.json()["field"]) == (400, field), legs
    assert alice.patch("/api/v1/gtt/1", json={}).status_code == 400


def test_an_order_with_target_and_stop(alice):
    body = {**ORDER, "product": "MIS", "target_price": 1600, "stop_trigger": 1450}
    placed = alice.post("/api/v1/orders", json=body)
    assert placed.status_code == 201
    attached = placed.json()["attached"]
    assert [(each["role"], each["trigger_price"]) for each in attached["legs"]] == [("stop", 1450), ("target", 1600)]
    found = alice.get(f"/api/v1/gtt?order_id={placed.json()['order_id']}").json()["items"]
    assert [each["gtt_id"] for each in found] == [attached["gtt_id"]]
    moved = alice.patch(f"/api/v1/gtt/{attached['gtt_id']}", json={"stop_trigger": 1460})
    assert (moved.status_code, moved.json()["legs"][0]["trigger_price"]) == (200, 1460)
    wrong = alice.post("/api/v1/orders", json={**body, "stop_trigger": 1700})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "stop_trigger")
    cover = alice.post("/api/v1/orders", json={**ORDER, "product": "MIS", "cover": True})
    assert (cover.status_code, cover.json()["reason_code"]) == (422, 730)
    assert alice.post("/api/v1/orders", json={**ORDER, "cover": "yes"}).status_code == 400


BUY = {"symbol": "INFY", "exchange": "NSE", "side": "BUY", "order_type": "LIMIT", "product": "CNC", "quantity": 10,
       "price": 1490}  # fmt: skip


def test_the_life_of_a_basket(client, desk, alice):
    made = alice.post("/api/v1/baskets", json={"name": "Morning", "legs": [BUY, {**BUY, "quantity": 5}]})
    assert made.status_code == 201
    url = f"/api/v1/baskets/{made.json()['basket_id']}"
    assert alice.post("/api/v1/baskets", json={"name": "Morning"}).status_code == 400
    copy = alice.post("/api/v1/baskets", json={"name": "Noon", "copy_of": made.json()["basket_id"]}).json()
    assert copy["legs"] == made.json()["legs"]
    turned = alice.patch(url, json={"legs": made.json()["legs"][::-1]}).json()
    assert [each["quantity"] for each in turned["legs"]] == [5, 10]
    added = alice.post(f"{url}/legs", json={**BUY, "quantity": 7}).json()
    assert [each["quantity"] for each in added["legs"]] == [5, 10, 7]
    need = alice.post(f"{url}/margin", json={}).json()
    assert need["required"] == need["final"] > 22 * 1490
    assert [each["refusals"] for each in need["legs"]] == [[], [], []]
    placed = alice.post(f"{url}/place", json={}, headers={"idempotency-key": "b1"}).json()
    again = alice.post(f"{url}/place", json={}, headers={"idempotency-key": "b1"}).json()
    assert (placed["placed"], placed["refused"]) == (3, 0)
    assert [each["order_id"] for each in again["items"]] == [each["order_id"] for each in placed["items"]]
    assert len(alice.get("/api/v1/orders").json()["items"]) == 3
    assert alice.delete(url).status_code == 204
    assert alice.get(url).status_code == 404


def test_another_users_basket_is_not_there(alice, bob):
    url = f"/api/v1/baskets/{alice.post('/api/v1/baskets', json={'name': 'Mine', 'legs': [BUY]}).json()['basket_id']}"
    assert bob.get(url).json()["reason_code"] == 734
    for method, path, body in (
        ("PATCH", url, {"name": "x"}), ("DELETE", url, None), ("POST", f"{url}/place", {}),
        ("POST", f"{url}/margin", {}), ("POST", f"{url}/legs", BUY),
    ):  # fmt: skip
        assert bob.request(method, path, json=body).status_code == 404, path
    assert bob.post("/api/v1/baskets", json={"name": "Theirs", "copy_of": url.rsplit("/", 1)[1]}).status_code == 404
    assert alice.get(url).json()["name"] == "Mine"


def test_a_browsers_basket_is_not_doubled_by_asking_again(client, desk):
    browser = as_browser(client, desk, "alice")
    body, leg = {"name": "Mine", "legs": [BUY]}, {**BUY, "quantity": 7}
    assert browser.post("/api/v1/baskets", json=body).json()["reason_code"] == 103, "a browser names each request"
    made = [browser.post("/api/v1/baskets", json=body, headers={"idempotency-key": "m"}) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json() == made[1].json()
    url = f"/api/v1/baskets/{made[0].json()['basket_id']}/legs"
    added = [browser.post(url, json=leg, headers={"idempotency-key": "l"}) for _ in range(2)]
    assert [len(each.json()["legs"]) for each in added] == [2, 2]
    assert [each.headers.get("idempotency-replayed") for each in added] == [None, "true"]
    other = browser.post(url, json=BUY, headers={"idempotency-key": "l"})
    assert (other.status_code, other.json()["reason_code"]) == (409, 104)


def test_a_baskets_wrong_order_is_named(alice):
    bad = [BUY, {**BUY, "price": "x"}]
    assert alice.post("/api/v1/baskets", json={"name": "A", "legs": bad}).json()["field"] == "legs[1].price"
    many = alice.post("/api/v1/baskets", json={"name": "A", "legs": [BUY] * 21})
    assert (many.status_code, many.json()["reason_code"]) == (422, 736)
    empty = alice.post("/api/v1/baskets", json={"name": "A"}).json()["basket_id"]
    assert alice.post(f"/api/v1/baskets/{empty}/place", json={}).json()["reason_code"] == 737
    assert alice.get("/api/v1/openapi.json").status_code == 200
