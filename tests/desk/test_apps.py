"""Programs with keys: what opens the door, what does not, and what a copy of the database would tell."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.program_rules import Bucket, Call, Rate, rules_on, token_ends
from core.reasons import Refusal
from db.engine import Database
from desk import access, identity, wallet
from desk.__main__ import main
from tests.people import open_market, person, reason_of, signed_in


@pytest.fixture
def desk(database: Database) -> Database:
    open_market(database)
    person(database, "alice")
    person(database, "bob")
    return database


def logged_in(desk: Database, made: identity.NewApp, name: str = "alice") -> str:
    return identity.let_in(desk, signed_in(desk, name)[1], made.api_key)[1]


def proof(made: identity.NewApp, token: str) -> str:
    return identity.checksum_of(made.api_key, token, made.api_secret)


def test_a_login_becomes_an_access_token_once(desk):
    made = identity.make_app(desk, "test", "alice")
    token = logged_in(desk, made)
    login = identity.exchange(desk, made.api_key, token, proof(made, token))
    who = identity.principal_from_app(desk, made.api_key, login.access_token)
    assert who is not None
    assert (who.name, who.may_write, access.account(desk, who).key) == ("alice", True, "alice/main")
    assert who.expires_at == token_ends(login.at)
    with pytest.raises(Refusal) as again:
        identity.exchange(desk, made.api_key, token, proof(made, token))
    assert (reason_of(again.value), again.value.field) == ("SIGN_IN", "request_token")


@pytest.mark.parametrize(
    ("what", "field"),
    [("secret", "checksum"), ("key", "api_key"), ("token", "request_token"), ("surrogate", "checksum")],
)
def test_nothing_wrong_is_exchanged(desk, what, field):
    made = identity.make_app(desk, "test", "alice")
    token = logged_in(desk, made)
    key, sent, checksum = made.api_key, token, proof(made, token)
    if what == "secret":
        checksum = identity.checksum_of(made.api_key, token, "another secret")
    elif what == "key":
        key = "a" * 24
    elif what == "token":
        sent = "invented"
        checksum = proof(made, sent)
    else:
        checksum = "\ud800"
    with pytest.raises(Refusal) as refused:
        identity.exchange(desk, key, sent, checksum)
    assert (reason_of(refused.value), refused.value.field) == ("SIGN_IN", field)
    assert identity.exchange(desk, made.api_key, token, proof(made, token))  # a wrong try uses nothing up


def test_a_login_is_its_programs_and_its_owners_alone(desk):
    one, other = (identity.make_app(desk, "test", "alice") for _ in range(2))
    token = logged_in(desk, one)
    with pytest.raises(Refusal):
        identity.exchange(desk, other.api_key, token, proof(other, token))
    with pytest.raises(Refusal) as foreign:
        logged_in(desk, one, "bob")
    assert reason_of(foreign.value) == "FORBIDDEN"


def test_an_old_login_is_worth_nothing(desk):
    made = identity.make_app(desk, "test", "alice")
    token = logged_in(desk, made)
    with desk.connection() as connection:
        connection.execute("update app_logins set expires_at = now()")
    with pytest.raises(Refusal):
        identity.exchange(desk, made.api_key, token, proof(made, token))


def test_an_access_token_works_with_its_own_key_alone(desk):
    one, other = (identity.make_app(desk, "test", "alice") for _ in range(2))
    token = identity.give_token(desk, one.api_key).access_token
    assert identity.principal_from_app(desk, one.api_key, token)
    assert identity.principal_from_app(desk, other.api_key, token) is None
    assert identity.principal_from_token(desk, token) is None  # it is no token of the native API
    assert identity.tokens(desk, signed_in(desk, "alice")[1]) == []


def test_what_ends_an_access_token(desk):
    made = identity.make_app(desk, "test", "alice")

    def given() -> str:
        return identity.give_token(desk, made.api_key).access_token

    ended = given()
    identity.end_login(desk, made.api_key, ended)
    assert identity.principal_from_app(desk, made.api_key, ended) is None
    with pytest.raises(Refusal):
        identity.end_login(desk, made.api_key, ended)
    old = given()
    with desk.connection() as connection:
        connection.execute("update api_tokens set expires_at = now() where revoked_at is null")
    assert identity.principal_from_app(desk, made.api_key, old) is None
    lasting = identity.give_token(desk, made.api_key, lasting=True)
    assert lasting.ends_at is None
    alice, bob = (signed_in(desk, name)[1] for name in ("alice", "bob"))
    with pytest.raises(Refusal) as foreign:
        identity.revoke_app(desk, bob, made.id)
    assert reason_of(foreign.value) == "NOT_FOUND"
    identity.revoke_app(desk, alice, made.id)
    assert identity.principal_from_app(desk, made.api_key, lasting.access_token) is None
    assert identity.apps(desk, alice) == []
    with pytest.raises(Refusal):
        identity.app_of(desk, made.api_key)


def test_a_program_follows_its_book_through_a_reset(desk):
    made = identity.make_app(desk, "test", "alice")
    token = identity.give_token(desk, made.api_key).access_token
    first = access.by_key(desk, "alice/main")
    assert wallet.reset(desk, "test", first.id, 1000_00).ok
    who = identity.principal_from_app(desk, made.api_key, token)
    assert who is not None
    assert access.account(desk, who).id != first.id


def test_a_copy_of_the_database_opens_no_door(desk):
    made = identity.make_app(desk, "test", "alice")
    request = logged_in(desk, made)
    access_token = identity.exchange(desk, made.api_key, request, proof(made, request)).access_token
    with desk.connection() as connection:
        kept = "".join(
            str(connection.execute(f"select t::text from {table} t").fetchall())
            for table in ("apps", "app_logins", "api_tokens", "audit")
        )
    for secret in (made.api_key, made.api_secret, request, access_token):
        assert secret not in kept


@pytest.mark.parametrize(
    "url",
    ["ftp://a/b", "javascript:alert(1)", "//evil", "http://", "http://a b", "http://a/#x", "http://[", "http://ä/"],
)
def test_a_login_goes_on_to_a_real_address_alone(desk, url):
    with pytest.raises(Refusal) as refused:
        identity.make_app(desk, "test", "alice", redirect_url=url)
    assert refused.value.field == "redirect_url"


def test_a_program_is_bound_to_ones_own_book(desk):
    with pytest.raises(Refusal) as foreign:
        identity.make_app(desk, "test", "alice", "bob/main")
    assert reason_of(foreign.value) == "UNKNOWN_ACCOUNT"


def test_the_command_prints_three_keys(desk, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", desk.url)
    assert main(["kite-app", "alice", "--redirect", "http://127.0.0.1:5000/"]) == 0
    keys = json.loads(capsys.readouterr().out)
    assert list(keys) == ["api_key", "api_secret", "access_token"]
    assert identity.principal_from_app(desk, keys["api_key"], keys["access_token"])
    assert main(["kite-app", "nobody"]) == 2


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-11-26T00:29:59+00:00", "2026-11-26T00:30:00+00:00"),  # 05:59:59 in India
        ("2026-11-26T00:30:00+00:00", "2026-11-27T00:30:00+00:00"),  # 06:00:00
        ("2026-11-26T12:00:00+00:00", "2026-11-27T00:30:00+00:00"),
    ],
)
def test_tokens_end_at_six_in_the_morning(now, ends):
    assert token_ends(datetime.fromisoformat(now)) == datetime.fromisoformat(ends)


def test_a_bucket_lets_some_through_at_once_and_then_its_rate():
    rate, bucket = Rate(2, 3), Bucket()
    assert [bucket.spend(rate, 10.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.spend(rate, 10.0) == pytest.approx(0.5)
    assert bucket.spend(rate, 10.5) == 0
    assert bucket.spend(rate, 10.5) == pytest.approx(0.5)
    assert [bucket.spend(rate, 100.0) for _ in range(3)] == [0, 0, 0]


def test_the_rates_are_rows():
    rules = rules_on((datetime.now(UTC) + timedelta(days=1)).date())
    assert {kind: rules.rates[kind].a_second for kind in Call} == {Call.QUOTE: 1, Call.HISTORY: 3, Call.OTHER: 10}
