"""Sign-in with Google by Streamlit's own routes, against a provider that misbehaves on command."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config
from streamlit.auth_util import encode_provider_token
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette import starlette_auth_routes as routes

from core.reasons import Refusal
from db.engine import Database
from desk import identity
from tests.people import PASSWORD, open_market, person, signed_in
from tests.provider import MOODS, Provider, secrets_file, standing
from web.security import SecurityHeaders

HOME = "https://desk.test"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with standing() as found:
        yield found


@pytest.fixture
def client(provider: Provider, tmp_path: Path) -> Iterator[TestClient]:
    """Streamlit's own sign-in routes under our headers, and one route that tells what the cookie proves."""
    file = tmp_path / "secrets.toml"
    file.write_text(secrets_file(provider, f"{HOME}/oauth2callback"), "utf-8")
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])
    secrets_singleton._reset()

    async def claims(request: Request) -> JSONResponse:
        raw = routes._get_cookie_value_from_request(request, "_streamlit_user")
        return JSONResponse(json.loads(raw) if raw else None)

    app = Starlette(
        routes=[*routes.create_auth_routes(""), Route("/claims", claims)],
        middleware=[Middleware(SecurityHeaders), Middleware(SessionMiddleware, secret_key="of the tests")],
    )
    with TestClient(app, base_url=HOME, follow_redirects=False) as found:
        yield found
    config.set_option("secrets.files", before)
    secrets_singleton._reset()


@pytest.fixture
def desk(clean_database: Database) -> Database:
    open_market(clean_database)
    person(clean_database, "asha", password=PASSWORD)
    identity.add_user(clean_database, "root", "admin")
    return clean_database


def through(client: TestClient) -> "tuple[str, identity.Proof | None]":
    """The whole way, as a browser walks it: where it ends, and what it proved."""
    away = client.get("/auth/login", params={"provider": encode_provider_token("google")})
    assert away.status_code == 302
    assert "code_challenge_method=S256" in away.headers["location"]
    page = httpx.get(away.headers["location"]).text
    back = page.partition("href='")[2].partition("'")[0].removeprefix(HOME)
    answer = client.get(back)
    assert answer.status_code == 302
    cookies = [each.lower() for each in answer.headers.get_list("set-cookie")]
    assert all("secure" in each and ("httponly" in each or "max-age=0" in each) for each in cookies)
    claims = client.get("/claims").json()
    return answer.headers["location"], None if claims is None else identity.proof_of(claims)


@pytest.mark.parametrize("mood", MOODS)
def test_an_answer_that_is_not_right_proves_nobody(client, provider, mood):
    provider.is_now("1", "asha@gmail.test", mood=mood)
    where, proof = through(client)
    assert proof is None
    assert where.endswith("/?sign_in=failed"), "the sign-in page says that it did not succeed"


def test_a_replayed_answer_proves_nobody(client, provider):
    provider.is_now("1", "asha@gmail.test")
    away = client.get("/auth/login", params={"provider": encode_provider_token("google")})
    back = httpx.get(away.headers["location"]).text.partition("href='")[2].partition("'")[0].removeprefix(HOME)
    assert client.get(back).headers["location"] == "/"
    thief = TestClient(client.app, base_url=HOME, follow_redirects=False)
    assert thief.get(back).headers["location"] == "/?sign_in=failed"
    assert thief.get("/claims").json() is None


def test_a_right_answer_signs_in_whom_it_is_linked_to_and_once(client, provider, desk):
    provider.is_now("1", "asha@gmail.test")
    where, proof = through(client)
    assert where == "/"
    _, asha = signed_in(desk, "asha")
    identity.link(desk, asha, proof, identity.confirm_anew(desk, asha, PASSWORD))
    assert identity.sign_in_by_proof(desk, proof) is None, "what linked does not sign in as well"
    later = identity.Proof(proof.issuer, proof.subject, proof.email, proof.issued_at.replace(microsecond=1))
    assert identity.sign_in_by_proof(desk, later).name == "asha"
    assert identity.sign_in_by_proof(desk, later) is None


def test_an_unverified_address_is_no_address(client, provider, desk):
    identity.invite(desk, "root", "asha", "asha@gmail.test")
    for lie in (False, "true", 1, None):
        provider.is_now("66", "asha@gmail.test", verified=lie)
        _, proof = through(client)
        assert proof.email == ""
        with pytest.raises(Refusal, match="not verified"):
            identity.sign_in_by_proof(desk, proof, ("anyone",))


def test_an_old_token_signs_nobody_in(client, provider, desk):
    provider.is_now("1", "asha@gmail.test", age=600)
    _, proof = through(client)
    identity.invite(desk, "root", "asha", "asha@gmail.test")
    assert identity.sign_in_by_proof(desk, proof) is None


def test_without_the_secrets_there_is_nothing_to_press(monkeypatch):
    from ui import google

    monkeypatch.setattr(st, "secrets", {})
    assert not google.configured()
    assert google.proof() is None
