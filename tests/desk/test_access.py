"""What each role may see and touch. What one may not see does not exist."""

import pytest

from core.reasons import Reason, Refusal
from db.engine import Database
from desk import access, identity, sharing
from tests.people import open_market, person, signed_in, token


@pytest.fixture
def desk(clean_database: Database) -> Database:
    """alice and bob trade, ana studies alice's book, root administers."""
    open_market(clean_database)
    for name, role in (("alice", "trader"), ("bob", "trader"), ("ana", "analyst"), ("root", "admin")):
        person(clean_database, name, role)
    sharing.share(clean_database, who(clean_database, "alice"), "alice/main", "ana")
    return clean_database


def who(database: Database, name: str) -> access.Principal:
    return signed_in(database, name)[1]


def outcome(call, *arguments, **named) -> str:
    try:
        return call(*arguments, **named).key
    except Refusal as no:
        return no.reason.name


@pytest.mark.parametrize(
    ("asker", "key", "reads", "writes"),
    [
        # one's own, by name and by default
        ("alice", "alice/main", "alice/main", "alice/main"),
        ("alice", None, "alice/main", "alice/main"),
        # another's does not exist, whatever the wish
        ("alice", "bob/main", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("bob", "alice/main", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "nobody/main", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "alice/none", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        # an analyst reads what is shared and writes nothing, not even to a book of their own
        ("ana", "alice/main", "alice/main", "FORBIDDEN"),
        ("ana", None, "alice/main", "FORBIDDEN"),
        ("ana", "ana/main", "ana/main", "FORBIDDEN"),
        ("ana", "bob/main", "UNKNOWN_ACCOUNT", "FORBIDDEN"),
        # an administrator reads everything and trades their own alone
        ("root", "bob/main", "bob/main", "FORBIDDEN"),
        ("root", None, "root/main", "root/main"),
        # names that are no names
        ("alice", "", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "alice/main/x", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "alice/main\x00", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "ALICE/main", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "alice/main~99999999999999999999", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
        ("alice", "' or 1=1 --", "UNKNOWN_ACCOUNT", "UNKNOWN_ACCOUNT"),
    ],
)
def test_who_reads_and_who_writes(desk, asker, key, reads, writes):
    principal = who(desk, asker)
    assert outcome(access.account, desk, principal, key) == reads
    assert outcome(access.account, desk, principal, key, write=True) == writes


def test_the_list_is_what_one_may_read(desk):
    keys = {name: [ref.key for ref in access.accounts(desk, who(desk, name))] for name in ("alice", "ana", "root")}
    assert keys["alice"] == ["alice/main"]
    assert keys["ana"] == ["ana/main", "alice/main"]
    assert keys["root"] == ["root/main", "alice/main", "ana/main", "bob/main"]


def test_a_share_taken_back_is_gone(desk):
    assert sharing.shared_with(desk, who(desk, "alice"), "alice/main", None, 10) == ["ana"]
    sharing.unshare(desk, who(desk, "alice"), "alice/main", "ana")
    assert outcome(access.account, desk, who(desk, "ana"), "alice/main") == "UNKNOWN_ACCOUNT"


@pytest.mark.parametrize(
    ("asker", "key", "reader", "reason"),
    [
        ("bob", "alice/main", "bob", Reason.UNKNOWN_ACCOUNT),
        ("ana", "alice/main", "bob", Reason.FORBIDDEN),
        ("alice", "alice/main", "nobody", Reason.NOT_FOUND),
    ],
)
def test_who_may_not_share(desk, asker, key, reader, reason):
    with pytest.raises(Refusal) as no:
        sharing.share(desk, who(desk, asker), key, reader)
    assert no.value.reason == reason


def test_a_token_for_one_account_reaches_no_other(desk):
    access.add_account(desk, who(desk, "alice"), "momentum")
    bound = identity.principal_from_token(desk, token(desk, "alice", "alice/momentum"))
    assert outcome(access.account, desk, bound, None, write=True) == "alice/momentum"
    assert outcome(access.account, desk, bound, "alice/main") == "UNKNOWN_ACCOUNT"
    assert [ref.key for ref in access.accounts(desk, bound)] == ["alice/momentum"]


def test_a_token_follows_its_account_through_a_reset(desk):
    bound = identity.principal_from_token(desk, secret := token(desk, "alice", "alice/main"))
    with desk.connection() as connection:
        connection.execute("update accounts set archived_at = now() where id = %s", (bound.account_id,))
        connection.execute(
            "insert into accounts (user_id, market, name, trading_date) "
            "select user_id, market, name, trading_date from accounts where id = %s",
            (bound.account_id,),
        )
    access.forget_all()
    after = identity.principal_from_token(desk, secret)
    assert after.account_id != bound.account_id
    assert outcome(access.account, desk, after, None, write=True) == "alice/main"


def test_an_archived_account_is_read_by_its_number_and_never_written(desk):
    alice = who(desk, "alice")
    old = access.account(desk, alice)
    with desk.connection() as connection:
        connection.execute("update accounts set archived_at = now() where id = %s", (old.id,))
    access.forget_all()
    assert outcome(access.account, desk, alice, "alice/main") == "UNKNOWN_ACCOUNT"
    assert outcome(access.account, desk, alice, f"alice/main~{old.id}") == f"alice/main~{old.id}"
    assert outcome(access.account, desk, alice, f"alice/main~{old.id}", write=True) == "ACCOUNT_ARCHIVED"


def test_a_reading_token_writes_nothing(desk):
    reader = identity.principal_from_token(desk, token(desk, "alice", scopes=("read",)))
    assert outcome(access.account, desk, reader) == "alice/main"
    assert outcome(access.account, desk, reader, write=True) == "FORBIDDEN"


def test_a_new_book(desk):
    alice = who(desk, "alice")
    assert access.add_account(desk, alice, "swing").key == "alice/swing"
    for name in ("swing", "No", "", "a b", "x" * 33):
        with pytest.raises(Refusal) as no:
            access.add_account(desk, alice, name)
        assert no.value.field == "name"


def test_no_token_shares_a_book_and_each_takes_a_share_back(desk):
    bot = identity.principal_from_token(desk, token(desk, "alice"))
    with pytest.raises(Refusal, match="signed in") as no:
        sharing.share(desk, bot, "alice/main", "bob")
    assert no.value.reason is Reason.FORBIDDEN
    assert sharing.shared_with(desk, bot, "alice/main", None, 10) == ["ana"]
    sharing.unshare(desk, bot, "alice/main", "ana")
    assert sharing.shared_with(desk, bot, "alice/main", None, 10) == []
