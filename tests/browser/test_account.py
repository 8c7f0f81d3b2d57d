"""The page Account and sign-in with Google as a person does them, with a provider of the test's own."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from db.engine import Database
from desk import identity
from tests.browser.conftest import database_with_people, running, sign_in, until
from tests.cluster import Throwaway
from tests.people import PASSWORD
from tests.ports import free_port
from tests.provider import Provider, secrets_file, standing
from ui.menu import MENU


@pytest.fixture(scope="module")
def books(throwaway: Throwaway, seeded_template: str) -> Iterator[Database]:
    with database_with_people(throwaway, seeded_template) as found:
        yield found


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with standing() as found:
        yield found


@pytest.fixture(scope="module")
def address(books: Database, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Kagaz whose Google is the provider."""
    home: Path = tmp_path_factory.mktemp("kagaz")
    port = free_port()
    (home / "secrets.toml").write_text(secrets_file(provider, f"http://localhost:{port}/oauth2callback"), "utf-8")
    options = ("--secrets.files", str(home / "secrets.toml"))
    with running(books.url, home, port, *options, KAGAZ_SIGNUP="open.test") as found:
        yield found


def account(page: Page, address: str) -> Page:
    page.goto(f"{address}/account")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    return page


def proofs(context: BrowserContext) -> list[Any]:
    """The cookies by which Streamlit keeps who Google says that one is."""
    return [each for each in context.cookies() if each["name"].startswith("_streamlit_user")]


def by_google(page: Page, button: str = "Sign in with Google") -> None:
    page.get_by_role("button", name=button).click()
    page.get_by_role("link", name=re.compile("Continue as")).click()


def test_link_sign_out_and_come_back_by_google(address, visitor, provider):
    provider.is_now("asha-of-google", "asha@gmail.test")
    context = visitor()
    page = account(sign_in(context, address, "asha"), address)
    by_google(page, "Link a Google account")
    expect(page).to_have_url(f"{address}/account")
    expect(page.get_by_text("You come from Google as")).to_contain_text("asha@gmail.test")
    page.get_by_label("Your password here").fill("not the password")
    page.get_by_role("button", name="Link it").click()
    expect(page.get_by_text("That is not your present password")).to_be_visible()
    page.get_by_label("Your password here").fill(PASSWORD)
    page.get_by_role("button", name="Link it").click()
    expect(page.get_by_role("button", name="Unlink")).to_be_visible()
    page.locator(".strip").get_by_role("button", name="Who is signed in").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    until(page, lambda: not proofs(context), "Google's proof goes with the session")
    by_google(page)
    expect(page.locator(".strip")).to_be_visible()
    (cookie,) = [each for each in context.cookies() if each["name"] == "kagaz_session"]
    assert cookie["httpOnly"], "the same cookie as a password gives"
    until(page, lambda: not proofs(context), "the proof is used up")
    assert page.evaluate("fetch('/api/v1/wallet').then((answer) => answer.json())")["account"] == "asha/main"


def test_a_kept_proof_does_not_undo_a_revocation(address, visitor, provider, books):
    provider.is_now("ravi-of-google", "ravi@gmail.test")
    identity.invite(books, "root", "ravi", "ravi@gmail.test")
    context = visitor()
    kept: list[Any] = []

    def keep(response: object) -> None:
        kept.extend(proofs(context))

    page = context.new_page()
    page.on("response", keep)
    page.goto(address)
    by_google(page)
    expect(page.locator(".strip")).to_contain_text("ravi")
    page.remove_listener("response", keep)
    assert kept
    identity.revoke_all(books, "root", "ravi")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    context.add_cookies(kept)
    page.goto(address)
    expect(page.get_by_role("button", name="Sign in with Google")).to_be_visible()
    page.wait_for_timeout(1_000)
    expect(page.get_by_role("button", name="Sign in with Google")).to_be_visible()
    assert page.evaluate("fetch('/api/v1/wallet').then((answer) => answer.status)") == 401


@pytest.mark.parametrize("mood", ["wrong nonce", "wrong signature", "denied"])
def test_a_wrong_answer_leads_back_with_a_sentence(address, visitor, provider, mood):
    provider.is_now("asha-of-google", "asha@gmail.test", mood=mood)
    context = visitor()
    page = context.new_page()
    page.goto(address)
    by_google(page)
    expect(page.get_by_text("The sign-in with Google did not succeed")).to_be_visible()
    assert "kagaz_session" not in {each["name"] for each in context.cookies()}


def test_who_is_not_known_is_told_what_to_do(address, visitor, provider):
    provider.is_now("mallory", "root@elsewhere.test")
    page = visitor().new_page()
    page.goto(address)
    by_google(page)
    expect(page.get_by_text("ask an administrator to invite this address")).to_be_visible()


def test_a_newcomer_of_the_domain_becomes_a_trader_with_money(address, visitor, provider):
    provider.is_now("new", "nina@open.test")
    page = visitor().new_page()
    page.goto(address)
    by_google(page)
    expect(page.locator(".strip")).to_contain_text("nina/main")
    assert page.evaluate("fetch('/api/v1/wallet').then((answer) => answer.json())")["available"] == 10_00_000


def test_another_browser_is_ended_by_itself(address, visitor):
    here = account(sign_in(visitor(), address, "asha"), address)
    there = sign_in(visitor(), address, "asha", "orders")
    here.reload()
    expect(here.get_by_role("button", name="End all others")).to_be_visible()
    here.get_by_role("button", name="End all others").click()
    expect(here.get_by_text("Every other session has ended")).to_be_visible()
    expect(there.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(here.locator(".strip")).to_be_visible()


def test_a_token_is_made_shown_once_and_revoked(address, visitor):
    page = account(sign_in(visitor(), address, "asha"), address)
    page.get_by_text("Make a token").click()
    page.get_by_label("Name", exact=True).fill("my bot")
    page.get_by_role("button", name="Make token").click()
    token = page.locator("code", has_text="kagaz_").inner_text()
    ask = "(token) => fetch('/api/v1/wallet', {headers: {Authorization: `Bearer ${token}`}}).then((a) => a.status)"
    assert page.evaluate(ask, token) == 200
    page.reload()
    expect(page.get_by_text("my bot")).to_be_visible()
    assert token not in page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("That token opens nothing any more")).to_be_visible()
    assert page.evaluate(ask, token) == 401


def test_a_new_password_is_asked_for_by_the_old_one(address, visitor, books):
    page = account(sign_in(visitor(), address, "meera"), address)
    for old, said in (("not the password", "not your present password"), (PASSWORD, "Your password is set")):
        page.get_by_label("Present password").fill(old)
        page.get_by_label("New password", exact=True).fill("another long sentence")
        page.get_by_label("New password again").fill("another long sentence")
        page.get_by_role("button", name="Set password").click()
        expect(page.get_by_text(said)).to_be_visible()
    assert identity.check_password(books, "meera", "another long sentence").name == "meera"


def test_no_page_makes_the_browser_complain_of_the_policy(address, visitor):
    """The content security policy is as strict as the pages can live with: Chromium tells each thing it refused."""
    context = visitor()
    refused: list[str] = []
    context.on("console", lambda told: refused.append(told.text) if "Content Security Policy" in told.text else None)
    context.on("weberror", lambda error: refused.append(str(error.error)))
    sign_in(context, address, "root").close()
    standing: list[Page] = []
    for name, *_ in MENU:
        page = context.new_page()
        page.goto(f"{address}/{name}")
        expect(page.locator(".strip")).to_be_visible()
        expect(page.locator(".pill")).to_contain_text("LIVE")
        expect(page.get_by_test_id("stMain")).to_be_visible()
        # A page goes on asking and drawing once it stands: it has as long as the next two take to come.
        standing.append(page)
        if len(standing) > 2:
            standing.pop(0).close()
    page.wait_for_timeout(1_500)
    assert refused == []
