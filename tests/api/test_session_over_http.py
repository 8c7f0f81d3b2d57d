"""The browser's way in and out: a code becomes a cookie that no script reads and no other site sends."""

from http.cookies import SimpleCookie

import pytest
from starlette.testclient import TestClient

from desk import identity
from desk.remember import forget_all
from tests.api.conftest import as_bot, as_browser

URL = "/api/v1/auth/session"


@pytest.fixture
def code(desk) -> str:
    return identity.session_code(desk, identity.find(desk, "alice").id)


def cookie_of(answer) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


@pytest.mark.parametrize(("proto", "secure"), [("http", False), ("https", True)])
def test_a_code_becomes_a_cookie_once(client, code, proto, secure):
    headers = {"origin": f"{proto}://desk.test", "x-forwarded-proto": proto}
    answer = client.post(URL, json={"code": code}, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = cookie_of(answer)[identity.cookie_name(secure=secure)]
    assert len(cookie.value) >= 43
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == 8 * 3600
    assert bool(cookie["secure"]) is secure
    assert answer.headers["set-cookie"].lower().count("secure") == int(secure)
    again = client.post(URL, json={"code": code}, headers=headers)
    assert (again.status_code, again.json()["reason_code"]) == (401, 800)
    assert "set-cookie" not in again.headers


def test_the_cookie_opens_the_api(client, code):
    client.post(URL, json={"code": code})
    assert client.get("/api/v1/wallet").json()["account"] == "alice/main"


def test_another_sites_page_cannot_sign_us_in_as_somebody(client, code):
    answer = client.post(URL, json={"code": code}, headers={"origin": "https://evil.test"})
    assert answer.status_code == 403
    assert client.post(URL, json={"code": code}).status_code == 204


def test_signing_out_ends_the_session_everywhere(client, desk):
    browser = as_browser(client, desk, "alice")
    copied = TestClient(client.app, base_url="http://desk.test", cookies=dict(browser.cookies))
    assert copied.get("/api/v1/wallet").status_code == 200
    answer = browser.delete(URL)
    assert answer.status_code == 204
    assert cookie_of(answer)[identity.COOKIE]["max-age"] == "0"
    assert copied.get("/api/v1/wallet").status_code == 401
    assert browser.delete(URL).status_code == 401


def test_a_token_is_no_session_to_end(client, desk):
    assert as_bot(client, desk, "alice").delete(URL).status_code == 403


def test_switching_a_user_off_closes_every_door(client, desk):
    bot, browser = as_bot(client, desk, "alice"), as_browser(client, desk, "alice")
    assert [each.get("/api/v1/wallet").status_code for each in (bot, browser)] == [200, 200]
    identity.set_active(desk, "root", "alice", False)
    assert [each.get("/api/v1/wallet").status_code for each in (bot, browser)] == [401, 401]


@pytest.mark.parametrize(
    "cookie", ["", "x", "x" * 5000, "a b", '"quoted"', "\xff\xfe", "kagaz_session=1; kagaz_session=2"]
)
def test_a_cookie_that_is_none(client, cookie):
    header = f"{identity.COOKIE}={cookie}".encode("latin-1")
    assert client.get("/api/v1/wallet", headers={"cookie": header}).status_code == 401


def test_an_expired_token_and_an_expired_session(client, desk):
    bot, browser = as_bot(client, desk, "alice"), as_browser(client, desk, "alice")
    with desk.connection() as connection:
        connection.execute("update api_tokens set expires_at = now()")
        connection.execute("update sessions set expires_at = now()")
    forget_all()
    assert [each.get("/api/v1/wallet").status_code for each in (bot, browser)] == [401, 401]
