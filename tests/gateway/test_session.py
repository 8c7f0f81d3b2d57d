"""A program's way in with the broker's own client: login in a browser, token, profile, funds, and the way out."""

import hashlib
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from kiteconnect import KiteConnect, exceptions

from db.engine import Database
from desk import identity
from tests.gateway.conftest import client_of, is_error, keys_of
from tests.patience import PATIENCE
from tests.people import PASSWORD, person, signed_in

RETURN = "http://127.0.0.1:5000/login?from=bot"


def browser(host: str, cookie: str | None = None) -> httpx.Client:
    """A browser that stands on the gateway's own page."""
    made = httpx.Client(base_url=f"http://{host}", headers={"origin": f"http://{host}"}, timeout=PATIENCE)
    if cookie:
        made.cookies.set(identity.COOKIE, cookie)
    return made


def test_a_bot_logs_in_as_at_its_broker(host, desk, monkeypatch):
    keys = keys_of(desk, "alice", redirect=RETURN)
    monkeypatch.setattr(KiteConnect, "_default_login_uri", f"http://{host}/connect/login")
    kite = KiteConnect(api_key=keys.api_key, root=f"http://{host}")
    with browser(host, signed_in(desk, "alice")[0]) as person_there:
        asked = person_there.get(kite.login_url())
        assert "Let program in?" in asked.text
        assert "alice/main" in asked.text
        answer = person_there.post(kite.login_url(), data={"allow": "yes"})
    assert answer.status_code == 303
    gone = urlsplit(answer.headers["location"])
    told = {name: values[0] for name, values in parse_qs(gone.query).items()}
    assert f"{gone.scheme}://{gone.netloc}{gone.path}" == "http://127.0.0.1:5000/login"
    assert {"from": "bot", "action": "login", "status": "success"}.items() <= told.items()
    session = kite.generate_session(told["request_token"], api_secret=keys.api_secret)
    assert (session["user_id"], session["broker"], session["api_key"]) == ("alice", "KAGAZ", keys.api_key)
    assert isinstance(session["login_time"], datetime)
    assert kite.profile()["user_id"] == "alice"
    with pytest.raises(exceptions.TokenException) as again:
        kite.generate_session(told["request_token"], api_secret=keys.api_secret)
    assert again.value.code == 403


def test_what_a_program_asked_to_be_told_is_told_and_decides_nothing(host, desk):
    keys = keys_of(desk, "alice", redirect=RETURN)
    asked = f"/connect/login?api_key={keys.api_key}&v=3&redirect_params=a%3D1%26status%3Dforged"
    with browser(host, signed_in(desk, "alice")[0]) as person_there:
        answer = person_there.post(asked, data={"allow": "yes"})
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (told["a"], told["status"]) == (["1"], ["success"])


def test_a_program_without_an_address_is_shown_its_token(host, desk):
    keys = keys_of(desk, "alice")
    with browser(host, signed_in(desk, "alice")[0]) as person_there:
        answer = person_there.post(f"/connect/login?api_key={keys.api_key}", data={"allow": "yes"})
    token = answer.text.split("<code>")[1].split("</code>")[0]
    kite = KiteConnect(api_key=keys.api_key, root=f"http://{host}")
    assert kite.generate_session(token, api_secret=keys.api_secret)["access_token"]


def test_who_is_not_signed_in_signs_in_there(host, desk):
    person(desk, "carol", password=PASSWORD)
    keys = keys_of(desk, "carol")
    asked = f"/connect/login?api_key={keys.api_key}&v=3"
    with browser(host) as nobody:
        assert "Sign in" in nobody.get(asked).text
        wrong = nobody.post(asked, data={"name": "carol", "password": "a wrong sentence"})
        assert "do not belong together" in wrong.text
        right = nobody.post(asked, data={"name": "carol", "password": PASSWORD})
        assert right.status_code == 303
        assert "HttpOnly" in right.headers["set-cookie"]
        assert "Let program in?" in nobody.get(asked).text


@pytest.mark.parametrize("origin", ["http://evil.example", None, "null"])
def test_a_page_of_another_site_lets_nobody_in(host, desk, origin):
    keys = keys_of(desk, "alice")
    with browser(host, signed_in(desk, "alice")[0]) as person_there:
        del person_there.headers["origin"]
        headers = {"origin": origin} if origin else {}
        answer = person_there.post(f"/connect/login?api_key={keys.api_key}", data={"allow": "yes"}, headers=headers)
    is_error(answer, 403, "PermissionException")
    with desk.connection() as connection:
        assert connection.execute("select count(*) from app_logins").fetchone() == (0,)


def test_nobody_lets_another_users_program_in(host, desk):
    keys = keys_of(desk, "alice")
    with browser(host, signed_in(desk, "bob")[0]) as other:
        asked = f"/connect/login?api_key={keys.api_key}"
        assert "as the program&#x27;s owner" in other.get(asked).text
        assert "belongs to another user" in other.post(asked, data={"allow": "yes"}).text
        assert "no program with this api_key" in other.get("/connect/login?api_key=invented").text
        assert "api_key" not in other.get("/connect/login?api_key=%3Cscript%3E").text.split("<main>")[0]


def test_pages_load_nothing_and_are_framed_by_nobody(host, desk):
    answer = httpx.get(f"http://{host}/connect/login?api_key={keys_of(desk, 'alice').api_key}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_the_profile_and_the_funds(alice):
    profile = alice.profile()
    assert (profile["user_id"], profile["broker"], profile["exchanges"]) == (
        "alice", "KAGAZ", ["NSE", "BSE", "NFO", "BFO"],
    )  # fmt: skip
    assert {"user_type", "email", "user_name", "user_shortname", "products", "order_types", "avatar_url", "meta"} < set(
        profile
    )
    funds = alice.margins()
    assert funds["equity"]["net"] == funds["equity"]["available"]["live_balance"] == 1_00_00_000
    equity = funds["equity"]
    assert equity["available"]["cash"] - equity["utilised"]["debits"] == equity["net"]
    assert funds["commodity"]["enabled"] is False
    assert alice.margins("equity") == funds["equity"]
    assert alice.margins("commodity") == funds["commodity"]
    with pytest.raises(exceptions.InputException):
        alice.margins("currency")


def test_logging_out_ends_the_token_and_tells_the_hook(alice):
    told: list[str] = []
    alice.set_session_expiry_hook(lambda: told.append("over"))
    assert alice.invalidate_access_token() is True
    with pytest.raises(exceptions.TokenException) as over:
        alice.profile()
    assert (over.value.code, told) == (403, ["over"])
    with pytest.raises(exceptions.TokenException):
        alice.invalidate_access_token()


def test_there_are_no_refresh_tokens(alice):
    for ask in (lambda: alice.renew_access_token("x", "y"), lambda: alice.invalidate_refresh_token("x")):
        with pytest.raises(exceptions.TokenException, match="no refresh tokens"):
            ask()


@pytest.mark.parametrize(
    "header",
    [None, "", "token", "token a", "token a:b", "token {key}:wrong", "token wrong:{token}", "Bearer {token}",
     "token {key}:{token}:more", "token :{token}", "token {key}:"],
)  # fmt: skip
def test_nothing_wrong_gets_in(host, desk, header):
    keys = keys_of(desk, "alice")
    headers = {} if header is None else {
        "authorization": header.format(key=keys.api_key, token=keys.access_token)
    }  # fmt: skip
    answer = httpx.get(f"http://{host}/user/profile", headers=headers)
    message = is_error(answer, 403, "TokenException")
    assert keys.access_token not in message


def test_a_checksum_proves_the_secret(host, desk):
    keys = keys_of(desk, "alice")
    token = identity.let_in(desk, signed_in(desk, "alice")[1], keys.api_key)[1]
    good = hashlib.sha256((keys.api_key + token + keys.api_secret).encode()).hexdigest()
    sent = {"api_key": keys.api_key, "request_token": token, "checksum": good}
    for field in sent:
        without = {name: value for name, value in sent.items() if name != field}
        message = is_error(httpx.post(f"http://{host}/session/token", data=without), 400, "InputException")
        assert message.startswith(field)
    is_error(httpx.post(f"http://{host}/session/token", data=sent | {"checksum": "0" * 64}), 403, "TokenException")
    assert httpx.post(f"http://{host}/session/token", data=sent).json()["status"] == "success"


def test_every_route_is_there_again_under_oms(host, desk: Database, monkeypatch):
    patched = {name: f"/oms{path}" for name, path in KiteConnect._routes.items()}
    monkeypatch.setattr(KiteConnect, "_routes", patched)
    assert client_of(host, keys_of(desk, "alice")).profile()["user_id"] == "alice"
