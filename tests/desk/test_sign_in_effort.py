"""What a sign-in costs tells nobody who exists: one comparison of a hash, of one strength, whatever was typed."""

import bcrypt
import pytest

from core.reasons import Refusal
from desk import identity
from desk.identity import proof
from tests.people import PASSWORD, open_market, person
from ui import signin

TYPED = {
    "the right password": ("alice", PASSWORD),
    "a wrong one": ("alice", "another sentence"),
    "a name in other letters": (" ALICE ", "another sentence"),
    "her address": ("alice@x.test", "another sentence"),
    "a name that nobody has": ("nobody", PASSWORD),
    "an address that nobody has": ("nobody@x.test", PASSWORD),
    "a text that can be no name": ("'; drop table users; --", PASSWORD),
    "no text at all": (" ", PASSWORD),
    "who was switched off": ("gone", PASSWORD),
    "who has no password": ("linked", PASSWORD),
    "a password with a NUL": ("alice", "a\x00b"),
    "a password that is no text": ("alice", "\ud800"),
    "the same for nobody": ("nobody", "\ud800"),
    "a password on two lines": ("alice", "two\nlines"),
}


@pytest.fixture
def house(clean_database):
    open_market(clean_database)
    identity.add_user(clean_database, "alice", "trader", password=PASSWORD, email="alice@x.test")
    person(clean_database, "gone", password=PASSWORD)
    person(clean_database, "root", "admin", password=PASSWORD)
    person(clean_database, "linked")
    identity.set_active(clean_database, "root", "gone", active=False)
    return clean_database


@pytest.fixture
def efforts(monkeypatch) -> list[str]:
    """The strength of every hash that is made or compared."""
    seen: list[str] = []
    compare, make = bcrypt.checkpw, bcrypt.hashpw

    def compared(password: bytes, hashed: bytes) -> bool:
        seen.append(f"compared at {hashed[4:6].decode()}")
        return compare(password, hashed)

    def made(password: bytes, salt: bytes) -> bytes:
        seen.append(f"made at {salt[4:6].decode()}")
        return make(password, salt)

    monkeypatch.setattr(bcrypt, "checkpw", compared)
    monkeypatch.setattr(bcrypt, "hashpw", made)
    return seen


@pytest.mark.parametrize("prove", [proof.by_bcrypt, signin.prove], ids=["plain", "of the page"])
@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_every_sign_in_compares_one_hash(house, efforts, typed, prove):
    name, password = typed
    try:
        identity.check_password(house, name, password, prove)
    except Refusal:
        assert typed != ("alice", PASSWORD)
    assert efforts == ["compared at 04"]


def test_who_is_locked_out_is_told_so_without_one_whoever_it_is(house, efforts):
    for name in ("alice", "nobody"):
        for _ in range(proof.LOCK_AFTER):
            with pytest.raises(Refusal):
                identity.check_password(house, name, "another sentence")
        efforts.clear()
        with pytest.raises(Refusal, match="Too many"):
            identity.check_password(house, name, PASSWORD)
        assert efforts == []
