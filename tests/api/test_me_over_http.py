"""Who asks, and their own ways in: a password that is changed ends what it should, the last way in stays."""

import pytest
from starlette.testclient import TestClient

from db.engine import Database
from desk import identity
from tests.api.conftest import as_bot, as_browser
from tests.people import PASSWORD, person

ME = "/api/v1/me"
NEW = "another long sentence"


@pytest.fixture
def carl(client: TestClient, desk: Database) -> TestClient:
    """The browser of somebody with a password."""
    person(desk, "carl", "trader", PASSWORD)
    return as_browser(client, desk, "carl")


def test_everybody_is_told_who_they_are(client, desk, carl):
    told = carl.get(ME).json()
    assert (told["name"], told["role"], told["account"], told["by"]) == ("carl", "trader", "carl/main", "session")
    assert (told["scopes"], told["has_password"]) == (["read", "trade"], True)
    assert as_bot(client, desk, "ana").get(ME).json()["scopes"] == ["read"]
    bot = as_bot(client, desk, "alice", scopes=("read",)).get(ME).json()
    assert (bot["by"], bot["scopes"], bot["expires_at"], bot["has_password"]) == ("token", ["read"], None, False)


def test_a_new_password_asks_for_the_old_one_and_ends_other_sessions(client, desk, carl):
    elsewhere = as_browser(client, desk, "carl")
    wrong = carl.put(f"{ME}/password", json={"old": "not it at all", "new": NEW})
    assert (wrong.status_code, wrong.json()["field"]) == (401, "old")
    assert carl.put(f"{ME}/password", json={"new": NEW}).status_code == 401
    assert carl.put(f"{ME}/password", json={"old": PASSWORD, "new": "short"}).json()["field"] == "new"
    assert elsewhere.get(ME).status_code == 200
    assert carl.put(f"{ME}/password", json={"old": PASSWORD, "new": NEW}).status_code == 204
    assert (carl.get(ME).status_code, elsewhere.get(ME).status_code) == (200, 401)
    assert identity.check_password(desk, "carl", NEW).name == "carl"


def test_guesses_by_a_stolen_session_are_counted(carl):
    codes = [carl.put(f"{ME}/password", json={"old": f"guess number {n}", "new": NEW}).status_code for n in range(6)]
    assert codes == [401] * 5 + [429]
    assert carl.put(f"{ME}/password", json={"old": PASSWORD, "new": NEW}).status_code == 429


def test_a_token_changes_no_way_in(client, desk):
    bot = as_bot(client, desk, "alice")
    assert bot.put(f"{ME}/password", json={"new": NEW}).status_code == 403
    assert bot.delete(f"{ME}/sign-ins?issuer=a&subject=b").status_code == 403


def test_linked_sign_ins_are_ones_own_and_the_last_way_in_stays(client, desk, carl):
    with desk.connection() as connection:
        connection.execute(
            "insert into identities (issuer, subject, user_id, email) select 'https://g', name, id, '' from users"
        )
    (own,) = carl.get(f"{ME}/sign-ins").json()["items"]
    assert (own["issuer"], own["subject"], own["email"]) == ("https://g", "carl", None)
    query = "?issuer=https://g&subject="
    assert carl.delete(f"{ME}/sign-ins{query}alice").status_code == 404
    assert carl.delete(f"{ME}/sign-ins{query}carl").status_code == 204
    assert carl.delete(f"{ME}/sign-ins{query}carl").status_code == 404
    alice = as_browser(client, desk, "alice")  # who has no password
    assert alice.delete(f"{ME}/sign-ins{query}alice").status_code == 403
