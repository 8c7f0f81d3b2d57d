"""The page Account in each state, for each role, and what the administrator's page says of ways in."""

from datetime import UTC, datetime

import pytest

import settings
from desk import access, identity
from tests.pages.conftest import words
from tests.people import PASSWORD, person, signed_in
from ui import google
from ui.words import browser, details, plain


@pytest.mark.parametrize("role", ["trader", "analyst", "admin"])
@pytest.mark.parametrize("live", [True, False], ids=["stream", "reruns"])
def test_everybody_has_one(open_as, role, live):
    app = open_as("asha", "account", role=role, live=live)
    assert not app.exception
    assert not app.error
    text = words(app)
    assert f"asha :blue-badge[{role.capitalize()}]" in text
    for heading in ("Sessions", "API tokens", "Linked sign-ins", "Password"):
        assert heading in text


def test_a_password_is_changed_by_the_old_one_and_other_sessions_end(open_as, floor):
    app = open_as("asha", "account", live=True)
    other, _ = signed_in(floor.database, "asha")
    tried = (
        (PASSWORD, "my own long sentence", "my own long sentense", "differ"),
        ("not the password", "my own long sentence", "my own long sentence", "not your present password"),
        (PASSWORD, "short", "short", "at least 10"),
    )
    for *typed, said in tried:
        set_password(app, *typed)
        assert said in app.error[0].value
    set_password(app, PASSWORD, "my own long sentence", "my own long sentence")
    assert not app.error
    assert identity.check_password(floor.database, "asha", "my own long sentence").name == "asha"
    assert identity.principal_from_cookie(floor.database, other) is None


def set_password(app, old: str, new: str, again: str) -> None:
    labels = {each.label: each for each in app.text_input}
    labels["Present password"].set_value(old)
    labels["New password"].set_value(new)
    labels["New password again"].set_value(again)
    press(app, "Set password")


def test_sessions_are_ended_one_by_one_and_all_at_once(open_as, floor):
    open_as("asha")
    others = [signed_in(floor.database, "asha")[0] for _ in range(3)]
    app = open_as("asha", "account", live=True)
    press(app, "End")
    assert [identity.principal_from_cookie(floor.database, each) is None for each in others].count(True) <= 1
    press(app, "End all others")
    assert [identity.principal_from_cookie(floor.database, each) for each in others] == [None] * 3
    assert not [each for each in app.button if each.label == "End"]


def test_a_token_is_shown_once(open_as, floor):
    app = open_as("asha", "account", live=True)
    next(each for each in app.text_input if each.label == "Name").set_value("my bot")
    press(app, "Make token")
    (token,) = [each.value for each in app.code]
    who = identity.principal_from_token(floor.database, token)
    assert (who.name, who.scopes) == ("asha", ("read",))
    app.run()
    assert not app.code
    assert "my bot" in words(app)
    press(app, "Revoke")
    assert identity.principal_from_token(floor.database, token) is None


def test_without_google_no_button_leads_there(open_as):
    app = open_as("asha", "account", live=True)
    assert "not set up on this server" in words(app)
    assert not [each for each in app.button if "Google" in each.label]


def test_linked_sign_ins_are_unlinked_but_the_last_way_in(open_as, floor, monkeypatch):
    monkeypatch.setattr(google, "configured", lambda: True)
    made = identity.sign_in_by_proof(
        floor.database, identity.Proof("https://g.test", "9", "nina@g.test", datetime.now(UTC)), ("anyone",)
    )
    app = open_as(made.name, "account", live=True)
    assert "Set a password" in words(app)
    press(app, "Unlink")
    assert "only way in" in app.error[0].value
    person(floor.database, "asha", password=PASSWORD)
    _, asha = signed_in(floor.database, "asha")
    shown = identity.Proof("https://g.test", "10", "asha@g.test", datetime.now(UTC))
    identity.link(floor.database, asha, shown, identity.confirm_anew(floor.database, asha, PASSWORD))
    app = open_as("asha", "account", live=True)
    press(app, "Unlink")
    assert identity.linked(floor.database, asha) == []


def test_the_administrator_invites_an_address_and_reads_the_trail(open_as, floor):
    person(floor.database, "asha", password=PASSWORD)
    app = open_as("root", "admin", role="admin", live=True, view="Users")
    next(each for each in app.text_input if each.label == "Google address").set_value("Asha@G.test")
    press(app, "Invite")
    assert [row.email for row in identity.invitations(floor.database)] == ["asha@g.test"]
    app = open_as("root", "admin", role="admin", live=True, view="Audit")
    next(each for each in app.selectbox if each.label == "What").set_value("ADDRESS_INVITED").run()
    (table,) = [each.value for each in app.dataframe]
    assert list(table["What"]) == ["Address invited"]
    next(each for each in app.text_input if each.label == "Who or whom").set_value("nobody").run()
    assert "Nothing was written" in words(app)


def press(app, label: str) -> None:
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/130", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.6; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox on Mac"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36", "Chrome on Android"),
        ("python-requests/2", "A browser"),
        (None, "A browser"),
    ],
)  # fmt: skip
def test_a_browser_by_its_name(agent, told):
    assert browser(agent) == told


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ({"flatten": False, "cancelled": 0}, ""),
        ({"flatten": True, "cancelled": 3}, "positions closed too · orders cancelled: 3"),
        ({"app": 7, "name": "my bot", "account": "asha/main", "scopes": ["read", "trade"]},
         "program 7 · name my bot · in asha/main · may read and trade"),
        ({"address": None, "way": "password"}, "by password"),
        ({"ex_date": "2027-01-04"}, "ex date 2027-01-04"),
    ],
)  # fmt: skip
def test_particulars_of_the_trail_are_words(detail, told):
    assert details(detail) == told


def test_an_administrator_switches_a_user_off_and_on(open_as, floor):
    person(floor.database, "asha", password=PASSWORD)
    app = open_as("root", "admin", role="admin", live=True, view="Users")
    next(each for each in app.selectbox if each.label == "User").set_value("asha").run()
    press(app, "Switch off")
    app.run()
    assert not identity.find(floor.database, "asha").active
    assert "asha is switched off" in words(app)
    press(app, "Switch on")
    assert identity.find(floor.database, "asha").active


def test_what_others_wrote_is_no_markup():
    assert plain("a_b [x](y) *c* $d$ <e>") == r"a\_b \[x\]\(y\) \*c\* \$d\$ \<e\>"


def test_a_book_is_shared_with_an_analyst_and_taken_back(open_as, floor):
    person(floor.database, "ana", "analyst")
    app = open_as("asha", "account", live=True)
    assert "Nobody but you" in words(app)
    for name, said in (("", "Type the name"), ("nobody", "no user"), ("asha", "reads it already")):
        typed(app, name)
        assert said.lower() in app.error[0].value.lower(), app.error[0].value
    typed(app, " Ana ")
    assert not app.error
    assert [each.key for each in access.accounts(floor.database, signed_in(floor.database, "ana")[1])][
        -1
    ] == "asha/main"
    assert "reads asha/main" in words(app)
    press(app, "Take back")
    assert "Nobody but you" in words(app)
    assert "asha/main" not in {
        each.key for each in access.accounts(floor.database, signed_in(floor.database, "ana")[1])
    }


def typed(app, name: str) -> None:
    next(each for each in app.text_input if each.label == "Name of who may read it").set_value(name)
    press(app, "Share")


def test_who_only_reads_shares_nothing(open_as):
    app = open_as("meera", "account", role="analyst")
    assert "Who reads my books" not in words(app)


def test_the_administrator_sees_every_job_and_runs_one(open_as, floor):
    app = open_as("root", "admin", role="admin", live=True, view="Jobs")
    assert not app.exception
    jobs = app.dataframe[0].value
    assert {"Contracts", "Instruments", "Check of the books", "Closed days"} <= set(jobs["Job"])
    assert set(jobs["Last run (IST)"]) == {"–"}
    app.selectbox(key="job by hand").set_value("Check of the books").run()
    next(each for each in app.button if each.label == "Run now").click().run()
    assert not app.exception
    jobs = app.dataframe[0].value.set_index("Job")
    assert jobs.loc["Check of the books", "Result"] == "✓ done"
    books = open_as("root", "admin", role="admin", live=True, view="Books")
    assert "Every check held" in str([each.value for each in books.success])
    assert set(books.dataframe[0].value["Result"]) == {"✓ holds"}


def test_the_administrator_reads_the_settings_and_no_secret(open_as, monkeypatch):
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "open-sesame-" * 4)
    settings.load.cache_clear()
    app = open_as("root", "admin", role="admin", live=True, view="Settings")
    assert not app.exception
    rows = app.dataframe[0].value.set_index("Setting")
    assert rows.loc["KAGAZ_SEALING_KEY", "Value"] == "set, not shown"
    assert "sesame" not in app.dataframe[0].value.to_string()
