"""Who may come in, and who is kept out."""

import concurrent.futures

import psycopg
import pytest
import streamlit_authenticator as stauth
from hypothesis import given
from hypothesis import strategies as st

from core.reasons import Reason, Refusal
from db.engine import Database
from desk import identity
from desk.identity import passwords
from desk.remember import forget_all
from tests.people import PASSWORD, open_market, person, signed_in


@pytest.fixture
def desk(clean_database: Database) -> Database:
    """A database with a running market and alice."""
    open_market(clean_database)
    person(clean_database, "alice", password=PASSWORD)
    return clean_database


def refused(call, *arguments, **named) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    return caught.value


@pytest.mark.parametrize(
    ("name", "role", "password", "field"),
    [
        ("", "trader", None, "name"),
        ("a" * 33, "trader", None, "name"),
        ("-bob", "trader", None, "name"),
        ("bob smith", "trader", None, "name"),
        ("bób", "trader", None, "name"),
        ("bob'--", "trader", None, "name"),
        ("bob\x00", "trader", None, "name"),
        ("१bob", "trader", None, "name"),
        ("alice", "trader", None, "name"),
        ("ALICE", "trader", None, "name"),
        ("bob", "root", None, "role"),
        ("bob", "Admin", None, "role"),
        ("bob", "trader", "short", "password"),
        ("bob", "trader", "x" * 73, "password"),
        ("bob", "trader", "₹" * 25, "password"),
        ("bob", "trader", "aaaaaaaaaaaaaa", "password"),
        ("bob", "trader", "Password123", "password"),
        ("bob-the-trader", "trader", "bob-the-trader", "password"),
        ("bob", "trader", "has a \x00 inside", "password"),
        ("bob", "trader", "has a \ud800 inside", "password"),
    ],
)
def test_a_user_that_cannot_be_added(desk, name, role, password, field):
    no = refused(identity.add_user, desk, name, role, password=password)
    assert no.field == field
    assert [user.name for user in identity.everyone(desk)] == ["alice"]


def test_a_password_of_72_bytes_is_read_to_its_last(desk):
    person(desk, "bob", password="₹" * 21 + "abcdefghi")
    assert identity.check_password(desk, "bob", "₹" * 21 + "abcdefghi").name == "bob"
    assert refused(identity.check_password, desk, "bob", "₹" * 21 + "abcdefghj").reason == Reason.BAD_CREDENTIALS
    too_long = refused(identity.check_password, desk, "bob", "x" * 73)
    assert "72 bytes" in too_long.sentence


def test_no_market_no_account(clean_database):
    assert refused(identity.add_user, clean_database, "bob", "trader").reason == Reason.MARKET_STOPPED
    assert identity.everyone(clean_database) == []


def test_the_first_money_is_a_transfer_like_any_other(database):
    open_market(database)
    identity.add_user(database, "dora", "trader", cash_paise=123_45)
    with database.connection() as connection:
        rows = connection.execute("select from_ledger, to_ledger, amount, cash_after from transfers").fetchall()
    assert rows == [("BANK", "CASH", 123_45, 123_45)]
    no = refused(identity.add_user, database, "emil", "trader", cash_paise=10**15)
    assert (no.reason, no.field) == (Reason.AMOUNT_TOO_LARGE, "cash")


def test_an_address_signs_in_as_well_as_the_name(desk):
    identity.add_user(desk, "root", "admin", password="short", email="Root@Desk.example", must_change=True)
    user = identity.check_password(desk, " root@DESK.example", "short")
    assert (user.name, user.must_change_password) == ("root", True)
    for wrong in ("root", "a@b@c d", "@", "a@" + "b" * 300):
        assert refused(identity.add_user, desk, "sam", "trader", email=wrong).field == "email"
    taken = refused(identity.add_user, desk, "sam", "trader", email="root@desk.example")
    assert taken.field == "name"


@pytest.mark.parametrize("password", ["", "x" * 73, "nul\x00", "\ud800"])
def test_even_a_first_password_must_be_one(desk, password):
    no = refused(identity.add_user, desk, "sam", "trader", password=password, must_change=True)
    assert no.field == "password"


def test_names_are_taken_as_typed_by_people(desk):
    assert identity.check_password(desk, " Alice ", PASSWORD).name == "alice"


@given(typed=st.text(max_size=80), password=st.text(max_size=80))
def test_no_text_breaks_the_sign_in(typed, password):
    assert not passwords.matches(password + "!", _hash())
    identity.proof._credentials(typed, None)


_HASHES: list[str] = []


def _hash() -> str:
    if not _HASHES:
        _HASHES.append(passwords.hash_password("the one password"))
    return _HASHES[0]


def test_strangers_cost_a_hash_like_everyone(desk, monkeypatch):
    checked = []
    true_check = passwords.bcrypt.checkpw
    monkeypatch.setattr(passwords.bcrypt, "checkpw", lambda *pair: checked.append(pair) or true_check(*pair))
    answers = [refused(identity.check_password, desk, name, "wrong password") for name in ("alice", "nobody", "no\x00")]
    assert len(checked) == 3
    assert len({(no.reason, no.sentence, no.field) for no in answers}) == 1


@pytest.mark.parametrize("name", ["alice", "nobody.at.all"])
def test_five_failures_lock_a_name_whether_or_not_it_exists(desk, name):
    for _ in range(5):
        assert refused(identity.check_password, desk, name, "wrong password").reason == Reason.BAD_CREDENTIALS
    assert refused(identity.check_password, desk, name, PASSWORD).reason == Reason.LOCKED_OUT


def test_a_lockout_survives_a_restart_and_ends_by_time(desk):
    for _ in range(5):
        refused(identity.check_password, desk, "alice", "wrong password")
    forget_all()
    with Database(desk.url) as restarted:
        assert refused(identity.check_password, restarted, "alice", PASSWORD).reason == Reason.LOCKED_OUT
        with restarted.connection() as connection:
            connection.execute("update guesses set locked_until = now() - interval '1 second', expires_at = now()")
        assert refused(identity.check_password, restarted, "alice", "wrong").reason == Reason.BAD_CREDENTIALS
        assert identity.check_password(restarted, "alice", PASSWORD).name == "alice"
        assert not identity.find(restarted, "alice").locked


def test_parallel_guesses_get_five_tries_together(desk):
    def guess(number: int) -> Reason:
        return refused(identity.check_password, desk, "alice", f"guess number {number}").reason

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(20)))
    assert answers.count(Reason.BAD_CREDENTIALS) == 5
    assert answers.count(Reason.LOCKED_OUT) == 15


def test_success_starts_the_count_anew(desk):
    for _ in range(3):
        for _ in range(4):
            refused(identity.check_password, desk, "alice", "wrong password")
        assert identity.check_password(desk, "alice", PASSWORD).name == "alice"


def test_an_administrator_lifts_a_lockout(desk):
    for _ in range(5):
        refused(identity.check_password, desk, "alice", "wrong password")
    identity.unlock(desk, "root", "alice")
    assert identity.check_password(desk, "alice", PASSWORD).name == "alice"


def test_streamlit_authenticator_proves_over_our_dictionary(desk):
    def prove(credentials, name, password):
        return stauth.Hasher.check_pw(password, credentials["usernames"][name]["password"])

    assert identity.check_password(desk, "alice", PASSWORD, prove).name == "alice"
    assert refused(identity.check_password, desk, "alice", "wrong one", prove).reason == Reason.BAD_CREDENTIALS
    known = identity.credentials(desk, "alice")["usernames"]["alice"]
    stranger = identity.credentials(desk, "mallory")["usernames"]["mallory"]
    assert set(known) == set(stranger)
    assert stauth.Hasher.is_hash(known["password"])
    assert stauth.Hasher.is_hash(stranger["password"])


def test_a_code_starts_one_session(desk):
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    session = identity.start_session(desk, code, "127.0.0.1", "a browser")
    assert session.principal.name == "alice"
    assert session.principal.scopes == ("read", "trade")
    assert identity.principal_from_cookie(desk, session.cookie) == session.principal
    assert refused(identity.start_session, desk, code).reason == Reason.SIGN_IN


def test_two_browsers_race_for_one_code(desk):
    code = identity.session_code(desk, identity.find(desk, "alice").id)

    def redeem(_: int) -> bool:
        try:
            identity.start_session(desk, code)
        except Refusal:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(redeem, range(6))) == 1


def test_a_code_is_dead_after_a_minute(desk):
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    with desk.connection() as connection:
        connection.execute("update one_time_codes set expires_at = expires_at - interval '61 seconds'")
    assert refused(identity.start_session, desk, code).reason == Reason.SIGN_IN


@pytest.mark.parametrize("code", ["", "x", "x" * 500, "\x00", "\ud800", "' or 1=1 --"])
def test_an_invented_code_opens_nothing(desk, code):
    assert refused(identity.start_session, desk, code).reason == Reason.SIGN_IN
    assert identity.principal_from_cookie(desk, code) is None
    assert identity.principal_from_token(desk, code) is None


def test_the_database_holds_no_secret_in_clear(desk):
    cookie, _ = signed_in(desk, "alice")
    token, _ = identity.create_token(desk, "root", "alice")
    link = identity.password_link(desk, "root", "alice", "http://localhost:8501")
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    secrets = [cookie, token, link.rsplit("=", 1)[1], code, PASSWORD]
    with desk.connection() as connection:
        for table in ("users", "sessions", "one_time_codes", "api_tokens", "audit"):
            stored = str(connection.execute(f"select array_agg(t::text) from {table} t").fetchall())
            assert not [secret for secret in secrets if secret in stored]


def test_a_session_ends_by_revocation_time_and_by_switching_the_user_off(desk):
    identity.add_user(desk, "root", "admin")
    cookie, principal = signed_in(desk, "alice")
    other, second = signed_in(desk, "alice")
    identity.revoke_session(desk, principal, principal.session_public_id)
    assert identity.principal_from_cookie(desk, cookie) is None
    assert not identity.still_valid(desk, principal)
    assert identity.principal_from_cookie(desk, other) == second
    identity.set_active(desk, "root", "alice", False)
    assert identity.principal_from_cookie(desk, other) is None
    assert refused(identity.check_password, desk, "alice", PASSWORD).reason == Reason.BAD_CREDENTIALS
    identity.set_active(desk, "root", "alice", True)
    assert identity.principal_from_cookie(desk, other) is None  # what ended stays ended


def test_an_expired_session_is_no_session(desk):
    cookie, principal = signed_in(desk, "alice")
    with desk.connection() as connection:
        connection.execute("update sessions set expires_at = now() - interval '1 second'")
    forget_all()
    assert identity.principal_from_cookie(desk, cookie) is None
    assert not identity.still_valid(desk, principal)


def test_another_process_feels_a_revocation_within_its_memory(desk, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("desk.remember.time.monotonic", lambda: now[0])
    cookie, principal = signed_in(desk, "alice")
    assert identity.principal_from_cookie(desk, cookie) == principal
    with desk.connection() as connection:  # as if by another process: this one is not told
        connection.execute("update sessions set revoked_at = now()")
    now[0] += 1.01
    assert identity.principal_from_cookie(desk, cookie) is None


def test_one_cannot_end_anothers_session(desk):
    person(desk, "bob")
    cookie, principal = signed_in(desk, "alice")
    _, bob = signed_in(desk, "bob")
    assert refused(identity.revoke_session, desk, bob, principal.session_public_id).reason == Reason.NOT_FOUND
    assert refused(identity.revoke_session, desk, bob, "not a uuid").reason == Reason.NOT_FOUND
    assert identity.principal_from_cookie(desk, cookie) == principal


def test_all_other_sessions_end_on_request(desk):
    cookies = [signed_in(desk, "alice") for _ in range(3)]
    kept = cookies[0][1].session_public_id
    assert identity.revoke_all(desk, "alice", "alice", but=kept) == 2
    assert [row.public_id.hex for row in identity.sessions(desk, cookies[0][1])] == [kept.replace("-", "")]


def test_a_password_link_works_once_and_ends_sessions(desk):
    cookie, _ = signed_in(desk, "alice")
    first = identity.password_link(desk, "root", "alice", "http://localhost:8501/").rsplit("=", 1)[1]
    second = identity.password_link(desk, "root", "alice", "http://localhost:8501/").rsplit("=", 1)[1]
    assert identity.link_owner(desk, first) is None  # the newer link ended it
    assert identity.link_owner(desk, second).name == "alice"
    assert refused(identity.set_password_by_link, desk, second, "short").field == "password"
    identity.set_password_by_link(desk, second, "a whole new sentence")
    assert refused(identity.set_password_by_link, desk, second, "yet another one").reason == Reason.SIGN_IN
    assert identity.principal_from_cookie(desk, cookie) is None
    assert identity.check_password(desk, "alice", "a whole new sentence").name == "alice"


def test_a_link_is_dead_after_an_hour(desk):
    code = identity.password_link(desk, "root", "alice", "").rsplit("=", 1)[1]
    with desk.connection() as connection:
        connection.execute("update one_time_codes set expires_at = expires_at - interval '61 minutes'")
    assert identity.link_owner(desk, code) is None
    assert refused(identity.set_password_by_link, desk, code, "a whole new sentence").reason == Reason.SIGN_IN


def test_a_link_is_no_session_code_nor_the_other_way_round(desk):
    link = identity.password_link(desk, "root", "alice", "").rsplit("=", 1)[1]
    code = identity.session_code(desk, identity.find(desk, "alice").id)
    assert refused(identity.start_session, desk, link).reason == Reason.SIGN_IN
    assert refused(identity.set_password_by_link, desk, code, "a whole new sentence").reason == Reason.SIGN_IN


def test_changing_a_password_keeps_this_session_and_ends_the_others(desk):
    here, principal = signed_in(desk, "alice")
    there, _ = signed_in(desk, "alice")
    assert refused(identity.change_password, desk, principal, "wrong one", "a whole new sentence").reason == (
        Reason.BAD_CREDENTIALS
    )
    assert refused(identity.change_password, desk, principal, PASSWORD, PASSWORD).field == "password"
    identity.change_password(desk, principal, PASSWORD, "a whole new sentence")
    assert identity.principal_from_cookie(desk, here) == principal
    assert identity.principal_from_cookie(desk, there) is None
    assert identity.check_password(desk, "alice", "a whole new sentence").name == "alice"


def test_tokens_are_scoped_listed_and_revoked(desk):
    token, token_id = identity.create_token(desk, "root", "alice", "alice/main", name="bot", scopes=("read",))
    principal = identity.principal_from_token(desk, token)
    assert principal.scopes == ("read",)
    assert not principal.may_write
    assert principal.token_id == token_id
    assert [(row.name, row.scopes) for row in identity.tokens(desk, principal)] == [("bot", ["read"])]
    with desk.connection() as connection:
        used = connection.execute("select last_used_at is not null from api_tokens").fetchone()
    assert used == (True,)
    person(desk, "bob")
    _, bob = signed_in(desk, "bob")
    assert refused(identity.revoke_token, desk, bob, token_id).reason == Reason.NOT_FOUND
    identity.revoke_token(desk, principal, token_id)
    assert identity.principal_from_token(desk, token) is None


@pytest.mark.parametrize(
    ("account", "scopes", "field"),
    [("bob/main", ("read",), "account"), ("alice/none", ("read",), "account"), ("alice/main", (), "scopes"),
     ("alice/main", ("admin",), "scopes"), ("nonsense", ("read",), "account")],
)  # fmt: skip
def test_a_token_that_cannot_be_made(desk, account, scopes, field):
    person(desk, "bob")
    assert refused(identity.create_token, desk, "root", "alice", account, scopes=scopes).field == field


def test_the_last_administrator_stays(desk):
    identity.add_user(desk, "root", "admin")
    assert refused(identity.set_active, desk, "root", "root", False).reason == Reason.FORBIDDEN
    assert refused(identity.set_role, desk, "root", "root", "trader").reason == Reason.FORBIDDEN
    identity.set_role(desk, "root", "alice", "admin")
    identity.set_role(desk, "alice", "root", "trader")
    assert identity.find(desk, "root").role == "trader"


def test_what_was_done_is_written_down_for_administrators(desk):
    identity.add_user(desk, "root", "admin")
    refused(identity.check_password, desk, "alice", "wrong password")
    identity.check_password(desk, "alice", PASSWORD)
    _, root = signed_in(desk, "root")
    _, alice = signed_in(desk, "alice")
    actions = [row.action for row in identity.audit_log(desk, root)]
    assert actions[:2] == ["SESSION_STARTED", "SESSION_STARTED"]
    assert {"USER_ADDED", "SIGN_IN_FAILED", "SIGNED_IN"} <= set(actions)
    assert refused(identity.audit_log, desk, alice).reason == Reason.FORBIDDEN


@pytest.mark.parametrize(
    "act", ["update audit set actor = 'nobody'", "delete from audit", "truncate audit", "truncate audit cascade"]
)
def test_nobody_changes_what_was_written_down(desk, act):
    """Asked as the process itself asks: the trail is append-only for it as well."""
    with pytest.raises(psycopg.Error, match="audit is append-only"), desk.connection() as connection:
        connection.execute(act)
    with desk.connection() as connection:
        assert connection.execute("select action from audit").fetchall() == [("USER_ADDED",)]
