"""The page Programs: keys made, shown once, listed without themselves, and revoked; and how one connects."""

import re

import pytest

import settings
from core.reasons import Refusal
from desk import identity
from tests.pages.conftest import words
from tests.pages.test_account import press
from tests.people import person, signed_in
from ui import programs, session
from web import neighbour


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    """What the gateway's port says when the page asks; by itself, that it serves."""
    told = {"serves": True}
    monkeypatch.setattr(neighbour, "answering", lambda *_: told["serves"])
    programs._answer.clear()
    return told


def codes(app) -> list[str]:
    return [each.value for each in app.code]


def test_keys_are_made_shown_until_they_are_copied_and_revoked(open_as, floor):
    app = open_as("asha", "programs", live=True)
    assert not app.exception
    assert "None yet" in words(app)
    next(each for each in app.text_input if each.label == "Name").set_value("my_bot")
    press(app, "Make keys")
    key, secret, token, snippet = codes(app)
    assert re.fullmatch("[a-z2-7]{24}", key)
    assert f'KiteConnect("{key}", access_token="{token}", root="http://' in snippet
    who = identity.principal_from_app(floor.database, key, token)
    assert (who.name, who.scopes, who.expires_at) == ("asha", ("read", "trade"), None)
    (row,) = identity.apps(floor.database, who)
    assert identity.secret_of(key, row.salt) == secret
    press(app, "I have copied them")
    assert not {key, secret, token} & set(" ".join(codes(app)).replace('"', " ").split())
    assert "my\\_bot" in words(app)
    assert f"{key[:4]}…" in words(app)
    assert "reads and trades" in words(app)
    assert "last login" in words(app)
    press(app, "Revoke it")
    assert identity.principal_from_app(floor.database, key, token) is None
    assert "None yet" in words(app)
    with floor.database.connection() as connection:
        acts = connection.execute("select action from audit where action like 'APP%' order by id").fetchall()
    assert acts == [("APP_MADE",), ("APP_TOKEN_MADE",), ("APP_ENDED",)]


def test_a_program_that_only_reads_and_logs_in(open_as, floor):
    app = open_as("asha", "programs", live=True)
    fields = {each.label: each for each in app.text_input}
    fields["Name"].set_value("watcher")
    fields["Where a login goes on"].set_value("http://127.0.0.1:5000/login")
    choice(app, "May").set_value("Read")
    choice(app, "Access token").set_value("None: it logs in")
    press(app, "Make keys")
    assert len(codes(app)) == 3  # key, secret, and how to connect
    assert "A login goes on to" in words(app)
    app.run()
    assert len(codes(app)) == 3  # a run that changes nothing takes nothing away
    press(app, "Until 06:00")
    token, _ = codes(app)
    with floor.database.connection() as connection:
        scopes, ends = connection.execute("select scopes, expires_at from api_tokens").fetchone()
    assert (scopes, ends is not None) == (["read"], True)
    assert token


def made_in(app) -> set[str]:
    """The keys and the token of a program that was made in this tab a moment ago, as the page shows them."""
    next(each for each in app.text_input if each.label == "Name").set_value("my bot")
    press(app, "Make keys")
    return set(codes(app)[:3])


def told_in(app, secrets: set[str]) -> bool:
    return any(each in shown for each in secrets for shown in codes(app))


def test_what_was_made_is_shown_to_no_other_user_of_the_tab(open_as, floor, monkeypatch):
    app = open_as("asha", "programs", live=True)
    secrets = made_in(app)
    assert told_in(app, secrets)
    person(floor.database, "ravi")
    own = session.secret()
    monkeypatch.setattr(session, "secret", lambda: signed_in(floor.database, "ravi")[0])
    app.run()
    assert not app.exception
    assert "None yet" in words(app)
    assert not told_in(app, secrets)
    monkeypatch.setattr(session, "secret", lambda: own)
    app.run()
    assert "my bot" in words(app)
    assert not told_in(app, secrets)


def test_to_sign_out_is_to_drop_what_was_made(open_as, floor, monkeypatch):
    app = open_as("asha", "programs", live=True)
    secrets = made_in(app)
    held = [signed_in(floor.database, "asha")[0]]
    monkeypatch.setattr(session, "bound_to_tab", lambda: True)
    monkeypatch.setattr(session, "secret", lambda: held[0])
    app.session_state["kagaz leaving"] = True
    app.run()
    assert "Sign in" in [each.label for each in app.button]
    assert "kagaz program made" not in app.session_state
    held[0] = signed_in(floor.database, "asha")[0]
    app.run()
    assert "my bot" in words(app)
    assert not told_in(app, secrets)


def choice(app, label):
    return next(each for each in app.segmented_control if each.label == label)


@pytest.mark.parametrize(("name", "url", "says"), [("", "", "Name the program"), ("x", "ftp://here", "redirect")])
def test_what_is_wrong_is_told(open_as, floor, name, url, says):
    app = open_as("asha", "programs", live=True)
    fields = {each.label: each for each in app.text_input}
    fields["Name"].set_value(name)
    fields["Where a login goes on"].set_value(url)
    press(app, "Make keys")
    assert says in app.error[0].value
    assert len(codes(app)) == 1
    with floor.database.connection() as connection:
        assert connection.execute("select count(*) from apps").fetchone() == (0,)


@pytest.mark.parametrize(("serves", "says"), [(True, "On"), (False, "Starting"), (None, "Nothing of ours answers")])
def test_the_state_of_the_gateway_is_told(open_as, answers, serves, says):
    answers["serves"] = serves
    app = open_as("asha", "programs")
    assert says in words(app)
    for sentence in ("Compatible with clients written for", "Not affiliated with"):
        assert sentence in words(app)


def test_without_a_port_programs_come_in_on_the_pages_own(open_as, monkeypatch):
    monkeypatch.setenv("GATEWAY_PORT", "0")
    settings.load.cache_clear()
    app = open_as("asha", "programs")
    assert "GATEWAY_PORT" in words(app)
    (snippet,) = codes(app)
    assert "/oms" in snippet


@pytest.mark.parametrize("way", ["Access token", "Daily login", "One port"])
def test_every_way_is_python_that_compiles(open_as, way):
    app = open_as("asha", "programs")
    choice(app, "Way").set_value(way).run()
    compile(codes(app)[-1], way, "exec")


@pytest.mark.parametrize(
    ("url", "address", "far", "root"),
    [
        ("http://localhost:8501/programs", "127.0.0.1", False, "http://localhost:8600"),
        ("http://192.168.1.5:8501/programs", "127.0.0.1", True, "http://192.168.1.5:8600"),
        ("https://desk.example.com/programs", "0.0.0.0", False, "http://desk.example.com:8600"),
        ("http://[::1]:8501/programs", "127.0.0.1", False, "http://[::1]:8600"),
        (None, "127.0.0.1", False, "http://127.0.0.1:8600"),
    ],
)  # fmt: skip
def test_the_address_is_the_one_that_this_page_has(monkeypatch, url, address, far, root):
    monkeypatch.setenv("GATEWAY_ADDRESS", address)
    settings.load.cache_clear()
    found = programs.door(url)
    assert (found.far, found.root) == (far, root)


def test_an_analyst_has_no_such_page_and_no_such_right(open_as, floor):
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_as("meera", "programs", role="analyst")
    person(floor.database, "ravi")
    ravi, meera = (signed_in(floor.database, each)[1] for each in ("ravi", "meera"))
    made = identity.make_own_app(floor.database, ravi, "ravi/main", name="bot")
    for act in (
        lambda: identity.make_own_app(floor.database, meera, "meera/main", name="bot"),
        lambda: identity.give_own_token(floor.database, meera, made.id, lasting=True),
        lambda: identity.revoke_app(floor.database, meera, made.id),
    ):
        with pytest.raises(Refusal):
            act()
