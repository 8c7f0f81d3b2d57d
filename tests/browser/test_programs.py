"""The page Programs as a bot's author uses it: what it shows is what the broker's own client connects by."""

import re

import httpx
import pytest
from kiteconnect import KiteConnect, exceptions
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from db.engine import Database
from desk import identity
from tests.browser.conftest import Shared, sign_in, until
from tests.patience import PATIENCE
from tests.people import token

Place = tuple[str, int]


@pytest.fixture(scope="module")
def place(shared: Shared, books: Database) -> Place:
    """The address of the pages, and the gateway's port."""
    return shared.address, shared.gateway


def programs(page: Page, address: str) -> Page:
    page.goto(f"{address}/programs")
    expect(page.get_by_role("heading", name="New program")).to_be_visible()
    return page


def told(page: Page, many: int) -> list[str]:
    """Key, secret and perhaps a token, as they are shown once."""
    codes = page.locator(".st-key-programs-made code")
    expect(codes).to_have_count(many)
    return codes.all_inner_texts()


def test_a_bot_connects_by_what_the_page_shows_until_it_is_revoked(place, visitor):
    address, port = place
    context = visitor(permissions=["clipboard-read", "clipboard-write"])
    page = programs(sign_in(context, address, "asha"), address)
    page.get_by_label("Name", exact=True).fill("my bot")
    page.get_by_role("button", name="Make keys").click()
    expect(page.get_by_text("Copy these now")).to_be_visible()
    key, secret, token = told(page, 3)
    expect(page.locator(".st-key-programs-connect code")).to_contain_text(f'root="http://localhost:{port}"')
    page.locator(".st-key-programs-made [data-testid=stCode]").first.hover()
    page.locator(".st-key-programs-made").get_by_role("button", name=re.compile("Copy")).first.click()
    until(page, lambda: page.evaluate("navigator.clipboard.readText()") == key, "the key is copied")
    expect(page.get_by_text("The gateway serves on port")).to_be_visible()
    kite = KiteConnect(key, access_token=token, root=f"http://localhost:{port}")
    assert kite.profile()["user_id"] == "asha"
    page.reload()
    expect(page.get_by_text(f"{key[:4]}…")).to_be_visible()
    for hidden in (key, secret, token):
        assert hidden not in page.content()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    with pytest.raises(exceptions.TokenException):
        kite.profile()


def test_the_daily_login_that_the_page_shows(place, visitor):
    address, port = place
    context = visitor()
    page = programs(sign_in(context, address, "ravi"), address)
    page.get_by_label("Name", exact=True).fill("daily")
    page.get_by_role("radio", name="None: it logs in").click()
    page.get_by_role("button", name="Make keys").click()
    expect(page.get_by_text("Copy these now")).to_be_visible()
    key, secret = told(page, 2)
    page.get_by_role("radio", name="Daily login").click()
    expect(page.locator(".st-key-programs-connect code")).to_contain_text("generate_session")
    there = context.new_page()
    there.goto(f"http://localhost:{port}/connect/login?api_key={key}&v=3")
    there.get_by_role("button", name="Let it in").click()
    kite = KiteConnect(key, root=f"http://localhost:{port}")
    kite.generate_session(there.locator("code").inner_text(), api_secret=secret)
    assert kite.profile()["user_id"] == "ravi"


def test_one_port_does_for_all_and_no_stream_on_it_is_compressed(place: Place, books: Database) -> None:
    """Clients offer compression; a context of it for each of a thousand costs more than all that it would save."""
    address, _ = place
    made = identity.make_app(books, "test", "asha")
    key, access = made.api_key, identity.give_token(books, made.api_key).access_token
    headers = {"authorization": f"token {key}:{access}"}
    assert httpx.get(f"{address}/oms/user/profile", headers=headers).json()["data"]["user_id"] == "asha"
    bearer = {"authorization": f"Bearer {token(books, 'asha')}"}
    for path, sent in ((f"/oms?api_key={key}&access_token={access}", {}), ("/api/v1/ws", bearer)):
        with connect(address.replace("http", "ws", 1) + path, additional_headers=sent, open_timeout=PATIENCE) as socket:
            assert socket.response
            assert "sec-websocket-extensions" not in socket.response.headers
            assert socket.recv(PATIENCE)
    asked = bearer | {"accept-encoding": "gzip, br"}
    with httpx.stream("GET", f"{address}/api/v1/stream", headers=asked, timeout=PATIENCE) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        assert next(stream.iter_lines()) == "retry: 1000"
