"""The sign-in gate: who gets in, who is told what, and that no page runs without it."""

import ast
import tempfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from desk import identity, installation
from tests.pages.conftest import MAIN, words
from tests.people import PASSWORD, person
from ui import session
from ui.menu import MENU

PAGES = sorted((Path(__file__).resolve().parents[2] / "pages").glob("*.py"))


def test_while_starting_the_page_says_what_is_waited_for(open_as, monkeypatch):
    monkeypatch.setattr(installation.state(), "database", None)
    monkeypatch.setattr(installation.state(), "waiting_for", ["schema"])
    app = open_as(None)
    assert "Kagaz is starting" in words(app)
    assert "bringing its database up to date" in words(app)
    assert not app.text_input


def test_nobody_sees_only_the_gate(open_as, mounted):
    app = open_as(None)
    assert [each.label for each in app.text_input] == ["Name", "Password"]
    assert [name for name, _ in mounted] == []


def test_who_comes_to_a_house_that_does_not_last_is_told(open_as, mounted, monkeypatch):
    monkeypatch.setattr(installation.state(), "home", f"{tempfile.gettempdir()}/kagaz-0")
    assert "Set DATABASE_URL to keep it" in words(open_as(None))
    monkeypatch.setattr(installation.state(), "home", "/srv/books")
    assert "DATABASE_URL" not in words(open_as(None))


@pytest.mark.parametrize(("name", "password"), [("asha", "wrong password"), ("nobody", PASSWORD), ("ASHA ", "x" * 100)])
def test_what_does_not_belong_together_is_refused_in_one_sentence(open_as, floor, mounted, name, password):
    person(floor.database, "asha", password=PASSWORD)
    app = open_as(None)
    app.text_input[0].set_value(name)
    app.text_input[1].set_value(password)
    app.button[0].click().run()
    assert len(app.error) == 1
    assert "bridge" not in [name for name, _ in mounted]


def test_a_proven_password_gives_a_code_that_opens_one_session(open_as, floor, mounted):
    person(floor.database, "asha", password=PASSWORD)
    app = open_as(None)
    app.text_input[0].set_value(" Asha ")
    app.text_input[1].set_value(PASSWORD)
    app.button[0].click().run()
    assert not app.exception
    name, data = mounted[-1]
    assert name == "bridge"
    opened = identity.start_session(floor.database, data["code"])
    assert opened.principal.name == "asha"


def test_five_wrong_passwords_lock_even_the_right_one_out(open_as, floor, mounted):
    person(floor.database, "asha", password=PASSWORD)
    app = open_as(None)
    for _ in range(5):
        app.text_input[0].set_value("asha")
        app.text_input[1].set_value("wrong password")
        app.button[0].click().run()
    app.text_input[1].set_value(PASSWORD)
    app.button[0].click().run()
    assert "Too many wrong passwords" in app.error[0].value
    assert "bridge" not in [name for name, _ in mounted]


def test_a_given_password_is_changed_before_anything_else(open_as, floor, mounted, monkeypatch):
    identity.add_user(floor.database, "asha", "trader", password=PASSWORD, must_change=True)
    app = open_as("asha", live=True)
    assert "Choose your own password" in words(app)
    assert mounted == []
    for field, value in zip(app.text_input, (PASSWORD, "my own long sentence", "my own long sentense"), strict=True):
        field.set_value(value)
    app.button[0].click().run()
    assert "differ" in app.error[0].value
    app.text_input[2].set_value("my own long sentence")
    app.button[0].click().run()
    assert not app.exception
    assert identity.check_password(floor.database, "asha", "my own long sentence").name == "asha"
    assert "strip" in [name for name, _ in mounted]


def test_a_password_link_opens_once(open_as, floor, mounted):
    person(floor.database, "asha", password=PASSWORD)
    link = identity.password_link(floor.database, "admin", "asha", "http://desk.test")
    code = link.partition("set_password=")[2]
    app = open_as(None, set_password=code)
    for field in app.text_input:
        field.set_value("another long sentence")
    app.button[0].click().run()
    assert mounted[-1][0] == "bridge"
    assert "too old" in open_as(None, set_password=code).error[0].value


def test_signing_out_kills_the_session_before_the_cookie(open_as, floor, monkeypatch):
    open_as("asha", live=True)
    cookie = session.secret()
    who = identity.principal_from_cookie(floor.database, cookie)
    session.revoke(floor.database, who)
    assert identity.principal_from_cookie(floor.database, cookie) is None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_page_asks_the_guard_itself(path):
    calls = {
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    assert calls & {"guard.require", "guard.require_account"}, "a page without a guard is open to who finds it"


def test_each_page_is_in_the_menu_and_each_of_the_menu_is_a_page():
    assert {name for name, *_ in MENU} == {path.stem for path in PAGES}


ROLES = {
    "admin": {"account", "admin", "alerts", "baskets", "feeds", "instrument", "options", "order", "orders", "pnl",
              "positions", "programs", "risk", "wallet", "watch"},
    "trader": {"account", "alerts", "baskets", "feeds", "instrument", "options", "order", "orders", "pnl",
               "positions", "programs", "risk", "wallet", "watch"},
    "analyst": {"account", "alerts", "instrument", "options", "orders", "pnl", "positions", "risk", "wallet", "watch"},
}  # fmt: skip


@pytest.mark.parametrize("role", identity.ROLES)
def test_the_menu_is_the_role_s(role):
    assert {name for name, _, _, roles in MENU if role in roles} == ROLES[role]


CLOSED = [(role, path.stem) for role in (None, *ROLES) for path in PAGES if path.stem not in ROLES.get(role, ())]


@pytest.mark.parametrize(("role", "page"), CLOSED)
def test_a_page_run_by_its_address_shows_nothing_to_who_may_not(floor, open_as, mounted, role, page):
    """As the address bar of a fresh server could run it: the file itself, without the gate and the menu."""
    open_as(None if role is None else "mallory", role=role or "trader")
    mounted.clear()
    app = AppTest.from_file(str(MAIN.parent.parent / "pages" / f"{page}.py"), default_timeout=120).run()
    assert not app.exception
    assert ("You are signed out" if role is None else "This page is not for you") in words(app)
    assert not [*app.button, *app.text_input, *app.dataframe]
    assert not mounted
