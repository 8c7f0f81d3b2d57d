"""Every door of the gateway is tried without proof and with another's, from the table of its routes."""

import json
import re

import httpx
import pytest
from kiteconnect import KiteConnect

from gateway.app import endpoints
from gateway.call import Endpoint
from tests.gateway.conftest import is_error, keys_of
from tests.gateway.test_bad_inputs import CONVERSION, GTT, ORDER
from tests.patience import PATIENCE

GUARDED = [each for each in endpoints() if not each.public]
# What a path names that is somebody's own; a word of the dialect or an instrument is everybody's.
OWN = {"order_id", "trigger_id"}
EVERYBODYS = {"exchange", "segment", "transaction_type", "token", "interval", "variety", "sip_id"}
NAMED = [each for each in GUARDED if "{" in each.path]


def title(each: Endpoint) -> str:
    return f"{each.method} {each.path}"


def names_in(each: Endpoint) -> set[str]:
    return set(re.findall(r"{(\w+)}", each.path))


OWNED = [
    each
    for each in NAMED
    if (names_in(each) & OWN or title(each) == "GET /orders/{of}") and not each.path.startswith("/mf/")
]


def body_for(each: Endpoint) -> dict[str, str]:
    """A form that would do, so that nothing but the door can refuse."""
    if each.path.startswith("/gtt"):
        return GTT
    if each.path.startswith("/portfolio"):
        return CONVERSION
    return ORDER if each.method == "POST" else {"quantity": "5", "price": "1499"}


def ask(client: httpx.Client, each: Endpoint, path: str, **named: object) -> httpx.Response:
    form = body_for(each) if each.method in ("POST", "PUT") and not each.json else None
    body = {"content": json.dumps([ORDER]).encode()} if each.json else {"data": form}
    headers = {"content-type": "application/json"} if each.json else {}
    return client.request(each.method, path, headers=headers, **{**body, **named})  # type: ignore[arg-type]


def test_what_a_path_names_is_known_to_be_ones_own_or_everybodys():
    for each in NAMED:
        assert names_in(each) - OWN - EVERYBODYS <= {"of"}, each
    assert len(OWNED) >= 7


# The client names it and has no call that asks it.
NOT_ASKED = {"/margins/{}"}


def test_every_route_that_the_official_client_knows_is_served():
    def plain(path: str) -> str:
        return re.sub(r"{\w+}", "{}", path)

    theirs, ours = {plain(path) for path in KiteConnect._routes.values()}, {plain(each.path) for each in endpoints()}
    assert theirs - ours == NOT_ASKED


def test_what_needs_no_proof_is_named():
    assert {title(each) for each in endpoints() if each.public} == {
        "GET /connect/login", "POST /connect/login", "POST /session/token", "DELETE /session/token",
        "POST /session/refresh_token",
    }  # fmt: skip


@pytest.mark.parametrize("under", ["", "/oms"])
@pytest.mark.parametrize("each", GUARDED, ids=title)
def test_no_door_opens_without_proof(host, desk, each, under):
    key = keys_of(desk, "alice")
    with httpx.Client(base_url=f"http://{host}", timeout=PATIENCE) as nobody:
        for proof in (None, "", "token", "token :", f"token {key.api_key}:", f"token {key.api_key}:wrong",
                      f"token wrong:{key.access_token}", f"Bearer {key.access_token}"):  # fmt: skip
            path = under + re.sub(r"{\w+}", "1", each.path)
            nobody.headers.pop("authorization", None)
            if proof is not None:
                nobody.headers["authorization"] = proof
            is_error(ask(nobody, each, path), 403, "TokenException")


@pytest.mark.parametrize("each", OWNED, ids=title)
def test_what_is_anothers_does_not_exist(host, desk, by_hand, each):
    order = by_hand.post("/orders/regular", data=ORDER).json()["data"]["order_id"]
    trigger = by_hand.post("/gtt/triggers", data=GTT).json()["data"]["trigger_id"]
    ids = {"variety": "regular", "order_id": order, "of": order, "trigger_id": trigger}
    nobodys = ids | {"order_id": "987654", "of": "987654", "trigger_id": "987654"}
    keys = keys_of(desk, "bob")
    headers = {"authorization": f"token {keys.api_key}:{keys.access_token}"}
    with httpx.Client(base_url=f"http://{host}", headers=headers, timeout=PATIENCE) as bob:
        theirs, missing = (ask(bob, each, each.path.format(**named)) for named in (ids, nobodys))
        assert (theirs.status_code, theirs.json()) == (missing.status_code, missing.json())
        assert theirs.status_code == 404
    own = ask(by_hand, each, each.path.format(**ids))
    assert own.status_code == 200 or "Nothing is different" in own.text, own.text
