"""What links an identity of a provider to a user, and what does not: the ways to take an account over, each tried."""

import concurrent.futures
from datetime import UTC, datetime, timedelta

import pytest

from core.money import FRESH_CASH
from core.reasons import Reason, Refusal
from db.engine import Database
from desk import identity
from desk.identity import providers
from tests.people import PASSWORD, open_market, person, signed_in

GOOGLE = "https://accounts.google.example"


@pytest.fixture
def desk(clean_database: Database) -> Database:
    open_market(clean_database)
    person(clean_database, "alice", password=PASSWORD)
    identity.add_user(clean_database, "root", "admin", password=PASSWORD, email="root@desk.example")
    return clean_database


def proof(subject: str = "1", email: str = "alice@gmail.example", seconds: float = 0, issuer: str = GOOGLE):
    return identity.Proof(issuer, subject, email, datetime.now(UTC) + timedelta(seconds=seconds))


def refusal(call, *arguments, **named) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    return caught.value


def linked(desk, name, shown, password=PASSWORD):
    _, who = signed_in(desk, name)
    identity.link(desk, who, shown, identity.confirm_anew(desk, who, password))
    return who


CLAIMS = {"iss": GOOGLE, "sub": "1", "iat": 1_800_000_000, "email": "A@B.example", "email_verified": True}


@pytest.mark.parametrize(
    ("changed", "email"),
    [
        ({}, "a@b.example"),
        ({"email_verified": False}, ""),
        ({"email_verified": "true"}, ""),
        ({"email_verified": None}, ""),
        ({"email": "two@at@signs"}, ""),
        ({"email": None}, ""),
        ({"email": "ünïcode@b.example"}, ""),
        ({"iss": ""}, None),
        ({"sub": None}, None),
        ({"sub": 7}, None),
        ({"sub": "x" * 256}, None),
        ({"iat": None}, None),
        ({"iat": "1800000000"}, None),
        ({"iat": -1}, None),
        ({"iat": 10**30}, None),
    ],
)
def test_what_claims_prove(changed, email):
    found = identity.proof_of({**CLAIMS, **changed})
    assert (found and found.email) == email if email is not None else found is None


@pytest.mark.parametrize(
    ("seconds", "taken"), [(0, True), (-299, True), (-301, False), (-86_400, False), (119, True), (121, False)]
)
def test_a_proof_is_fresh_for_five_minutes(seconds, taken):
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert identity.fresh(identity.Proof(GOOGLE, "1", "", now + timedelta(seconds=seconds)), now) is taken


@pytest.mark.parametrize(
    ("policy", "email", "allowed"),
    [
        ((), "a@b.example", False),
        (("anyone",), "a@b.example", True),
        (("anyone",), "", False),
        (("b.example",), "a@b.example", True),
        (("b.example",), "a@evil-b.example", False),
        (("b.example",), "a@sub.b.example", False),
        (("b.example",), "a@b.example.evil", False),
        (("b.example", "c.example"), "a@c.example", True),
    ],
)
def test_who_may_sign_up(policy, email, allowed):
    assert providers.may_sign_up(policy, email) is allowed


def test_an_address_alone_links_nobody(desk):
    no = refusal(identity.sign_in_by_proof, desk, proof(email="root@desk.example"))
    assert no.reason == Reason.SIGN_IN
    assert "ask an administrator to invite" in no.sentence
    open_to_all = refusal(identity.sign_in_by_proof, desk, proof(email="root@desk.example"), ("anyone",))
    assert "has the address" in open_to_all.sentence, "open sign-up neither takes a user's address over nor doubles it"
    assert [user.name for user in identity.everyone(desk)] == ["alice", "root"]


def test_who_is_signed_in_links_with_the_password_alone(desk):
    _, who = signed_in(desk, "alice")
    assert refusal(identity.confirm_anew, desk, who, "wrong password").reason == Reason.BAD_CREDENTIALS
    linked(desk, "alice", proof())
    assert identity.sign_in_by_proof(desk, proof(seconds=1)).name == "alice"
    assert [row.email for row in identity.linked(desk, who)] == ["alice@gmail.example"]


def test_a_confirmation_of_one_links_nothing_to_another(desk):
    _, alice = signed_in(desk, "alice")
    _, root = signed_in(desk, "root")
    with pytest.raises(ValueError, match="another"):
        identity.link(desk, root, proof(), identity.confirm_anew(desk, alice, PASSWORD))
    assert identity.linked(desk, root) == []


def test_guesses_at_the_password_of_an_open_session_are_counted(desk):
    _, who = signed_in(desk, "alice")
    for _ in range(5):
        assert refusal(identity.confirm_anew, desk, who, "wrong password").reason == Reason.BAD_CREDENTIALS
    assert refusal(identity.confirm_anew, desk, who, PASSWORD).reason == Reason.LOCKED_OUT
    assert identity.check_password(desk, "alice", PASSWORD).name == "alice", "signing in is counted apart"


def test_an_identity_is_one_users_alone(desk):
    linked(desk, "alice", proof())
    _, root = signed_in(desk, "root")
    confirmed = identity.confirm_anew(desk, root, PASSWORD)
    assert refusal(identity.link, desk, root, proof(), confirmed).field == "subject"
    assert identity.whose(desk, proof()) == identity.find(desk, "alice").id
    assert identity.whose(desk, proof(issuer="https://elsewhere.example")) is None


def test_another_subject_or_issuer_with_the_same_address_is_another_identity(desk):
    linked(desk, "alice", proof())
    for other in (proof(subject="2", seconds=1), proof(issuer="https://evil.example", seconds=1)):
        assert refusal(identity.sign_in_by_proof, desk, other).reason == Reason.SIGN_IN


def test_a_changed_or_unverified_address_does_not_change_who_one_is(desk):
    linked(desk, "alice", proof())
    assert identity.sign_in_by_proof(desk, proof(email="new@gmail.example", seconds=1)).name == "alice"
    assert identity.sign_in_by_proof(desk, proof(email="", seconds=2)).name == "alice"
    _, who = signed_in(desk, "alice")
    assert identity.linked(desk, who)[0].email == "new@gmail.example"


def test_a_proof_counts_once_and_none_before_it_counts_later(desk):
    linked(desk, "alice", proof(seconds=-60))
    first, second = proof(seconds=-30), proof(seconds=-20)
    assert identity.sign_in_by_proof(desk, second).name == "alice"
    assert identity.sign_in_by_proof(desk, second) is None
    assert identity.sign_in_by_proof(desk, first) is None


def test_two_tabs_race_with_one_proof(desk):
    linked(desk, "alice", proof(seconds=-60))
    shown = proof()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: identity.sign_in_by_proof(desk, shown), range(6)))
    assert sum(each is not None for each in found) == 1


def test_an_invitation_links_that_address_once(desk):
    identity.invite(desk, "root", "alice", " Alice@Gmail.example ")
    assert [(row.email, row.user) for row in identity.invitations(desk)] == [("alice@gmail.example", "alice")]
    assert refusal(identity.sign_in_by_proof, desk, proof(email="bob@gmail.example")).reason == Reason.SIGN_IN
    assert identity.sign_in_by_proof(desk, proof()).name == "alice"
    assert identity.invitations(desk) == []
    assert refusal(identity.sign_in_by_proof, desk, proof(subject="2")).reason == Reason.SIGN_IN
    assert refusal(identity.invite, desk, "root", "alice", "no address").field == "email"


def test_an_invitation_ends_by_time_and_by_withdrawal(desk):
    identity.invite(desk, "root", "alice", "alice@gmail.example")
    with desk.connection() as connection:
        connection.execute("update invitations set expires_at = now()")
    assert refusal(identity.sign_in_by_proof, desk, proof()).reason == Reason.SIGN_IN
    identity.invite(desk, "root", "alice", "alice@gmail.example")
    identity.withdraw_invitation(desk, "root", "alice@gmail.example")
    assert refusal(identity.sign_in_by_proof, desk, proof()).reason == Reason.SIGN_IN
    again = refusal(identity.withdraw_invitation, desk, "root", "alice@gmail.example")
    assert again.reason == Reason.NOT_FOUND


def test_an_invitation_of_who_is_switched_off_opens_nothing_and_is_kept(desk):
    identity.invite(desk, "root", "alice", "alice@gmail.example")
    identity.set_active(desk, "root", "alice", False)
    assert "may not sign in" in refusal(identity.sign_in_by_proof, desk, proof()).sentence
    identity.set_active(desk, "root", "alice", True)
    assert identity.sign_in_by_proof(desk, proof()).name == "alice"
    identity.set_active(desk, "root", "alice", False)
    assert "may not sign in" in refusal(identity.sign_in_by_proof, desk, proof(seconds=1)).sentence


def test_a_newcomer_becomes_a_trader_where_the_setting_says_so(database):
    open_market(database)
    shown = proof(email="zoë.o'hara+x@gmail.example".replace("ë", "e"))
    assert refusal(identity.sign_in_by_proof, database, shown).reason == Reason.SIGN_IN
    made = identity.sign_in_by_proof(database, shown, ("gmail.example",))
    assert (made.name, made.role, made.email) == ("zoe.o-hara-x", "trader", shown.email)
    same = identity.sign_in_by_proof(database, proof("2", "zoe.o-hara-x@other.example"), ("anyone",))
    assert same.name == "zoe.o-hara-x2"
    with database.connection() as connection:
        rows = connection.execute("select amount from transfers order by id").fetchall()
    assert rows == [(FRESH_CASH,)] * 2


def test_the_last_way_in_stays(desk):
    made = identity.sign_in_by_proof(desk, proof("9", "new@gmail.example"), ("anyone",))
    _, who = signed_in(desk, made.name)
    assert refusal(identity.unlink, desk, who, GOOGLE, "9").reason == Reason.FORBIDDEN
    assert refusal(identity.unlink, desk, who, GOOGLE, "1").reason == Reason.NOT_FOUND
    identity.change_password(desk, who, "", "my very first sentence")
    identity.unlink(desk, who, GOOGLE, "9")
    assert identity.check_password(desk, made.name, "my very first sentence").name == made.name
    assert refusal(identity.sign_in_by_proof, desk, proof("9", "", seconds=2)).reason == Reason.SIGN_IN


def test_two_unlinks_at_once_leave_one_way_in(desk):
    made = identity.sign_in_by_proof(desk, proof("9", "new@gmail.example"), ("anyone",))
    _, who = signed_in(desk, made.name)
    identity.link(desk, who, proof("10", "new@gmail.example"), identity.confirm_anew(desk, who, ""))

    def unlink(subject: str) -> bool:
        try:
            identity.unlink(desk, who, GOOGLE, subject)
        except Refusal:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(unlink, ("9", "10"))) == [False, True]
    assert len(identity.linked(desk, who)) == 1


def test_without_a_password_a_new_way_in_wants_a_young_session(desk):
    made = identity.sign_in_by_proof(desk, proof("9", "new@gmail.example"), ("anyone",))
    _, who = signed_in(desk, made.name)
    with desk.connection() as connection:
        connection.execute("update sessions set created_at = created_at - interval '11 minutes'")
    no = refusal(identity.change_password, desk, who, "", "my very first sentence")
    assert (no.reason, "Sign out" in no.sentence) == (Reason.SIGN_IN, True)
    assert refusal(identity.confirm_anew, desk, who, "").reason == Reason.SIGN_IN
