"""Passwords: our rules in words, bcrypt hashes, and a decoy that costs strangers the same time."""

import secrets
from functools import cache

import bcrypt

from core.reasons import Reason, Refusal

LONGEST = 72  # bytes: bcrypt reads no further
SHORTEST = 10  # characters
ROUNDS = 12
RULE = (
    f"At least {SHORTEST} characters, not your name and nothing that everybody guesses first. A short sentence is good."
)
"""What ``check_rules`` asks for, for those who choose one."""

# Guessed first by everyone who guesses; long enough to pass the length rule.
_COMMON = frozenset(
    {
        "1234567890", "0123456789", "0987654321", "qwertyuiop", "password12", "password123",
        "passw0rd123", "iloveyou123", "administrator", "letmein123", "welcome123", "kagazkagaz",
    }
)  # fmt: skip


def check_rules(password: str, name: str = "") -> None:
    """Refuse a password that is too short, too long or too easily guessed; the sentence says what to do."""
    sentence = None
    if len(password) < SHORTEST:
        sentence = f"Choose a password of at least {SHORTEST} characters; a short sentence is good."
    elif "\x00" in password or _bytes(password) is None:
        sentence = "Choose a password without control characters."
    elif too_long(password):
        sentence = f"Choose a password of at most {LONGEST} bytes: {LONGEST} plain letters, fewer others."
    elif len(set(password)) < 4 or password.lower() in _COMMON:
        sentence = "Choose a password that is harder to guess."
    elif name and password.lower().replace(name.lower(), "").strip("0123456789.-_!@# ") == "":
        sentence = "Choose a password that is not your name."
    if sentence:
        raise Refusal(Reason.BAD_INPUT, sentence, field="password")


def check_storable(password: str) -> None:
    """The least that holds even for a password that must be changed at first sign-in."""
    if not password or "\x00" in password or _bytes(password) is None or too_long(password):
        sentence = f"A password has 1 to {LONGEST} bytes and no control characters."
        raise Refusal(Reason.BAD_INPUT, sentence, field="password")


def too_long(password: str) -> bool:
    """Whether bcrypt would read only a part of it."""
    encoded = _bytes(password)
    return encoded is not None and len(encoded) > LONGEST


def hash_password(password: str) -> str:
    """The bcrypt hash of a password that passed the rules."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()


def matches(password: str, hashed: str) -> bool:
    """Whether the password is the hash's; one that bcrypt cannot read never is, at the same cost."""
    encoded = _bytes(password)
    if encoded is None or len(encoded) > LONGEST or b"\x00" in encoded:
        bcrypt.checkpw(b"no such password", hashed.encode())
        return False
    return bcrypt.checkpw(encoded, hashed.encode())


@cache
def decoy() -> str:
    """What looks like a hash and is that of nothing, compared where there is no user, so that time tells nothing. To
    make one costs no hashing: the first stranger of a process waits no longer than the next."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return bcrypt.gensalt(ROUNDS).decode() + "".join(secrets.choice(letters) for _ in range(31))


def generate() -> str:
    """A password to hand out: five groups of letters that are hard to misread, about 96 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def _bytes(password: str) -> bytes | None:
    try:
        return password.encode()
    except UnicodeEncodeError:
        return None
