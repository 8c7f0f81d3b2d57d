"""What every answer of the port carries, whichever route gives it."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from api import late
from tests.started import Started
from web import inline
from web.security import SecurityHeaders


async def page(_request: object) -> PlainTextResponse:
    answer = PlainTextResponse("a page")
    answer.set_cookie("_streamlit_xsrf", "x")
    return answer


@pytest.fixture
def port() -> TestClient:
    app = Starlette(routes=[late.mount(Started(None)), Route("/", page)], middleware=[Middleware(SecurityHeaders)])
    return TestClient(app, base_url="http://desk.test")


PATHS = ("/", "/no/such/page", "/api/v1/health", "/api/v1/orders", "/api/v1/no/such/thing", "/api/v1/openapi.json")


@pytest.mark.parametrize("proto", ["http", "https"])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_guarded(port, path, proto):
    headers = port.get(path, headers={"x-forwarded-proto": proto}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] in ("'none'", "'self'")
    assert policy["base-uri"] in ("'none'", "'self'")
    assert headers.get_list("content-security-policy") == [headers["content-security-policy"]]
    assert ("strict-transport-security" in headers) is (proto == "https")


def test_the_api_answers_with_nothing_that_could_run_and_nothing_to_keep(port):
    headers = port.get("/api/v1/health").headers
    assert "script-src" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"


def test_of_scripts_on_pages_only_those_of_this_server_and_the_one_that_streamlit_has_inline(port):
    policy = port.get("/").headers["content-security-policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src")).split()[1:]
    assert scripts == ["'self'", "blob:", *inline.of_the_pages().split()]
    assert len(scripts) == 3
    assert scripts[2].startswith("'sha256-")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<script>let a = 1</script>", 1),
        ('<script type="module" src="a.js"></script><SCRIPT nonce=x>\n</SCRIPT>', 1),
        ("<p>script</p>", 0),
    ],
)
def test_the_scripts_of_a_page_by_their_hashes(page, expected):
    assert len(inline.hashes(page)) == expected


def test_streamlits_own_cookies_are_secure_over_https(port):
    assert "Secure" in port.get("/", headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    assert "Secure" not in port.get("/").headers["set-cookie"]
