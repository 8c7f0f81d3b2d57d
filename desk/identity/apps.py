"""Programs with keys: how they are made, how a user lets one in, and how it gets its access token.

A program proves a login by a checksum over its key, the login's token and its secret, so that whoever checks must
know the secret. It is not stored: it is made of the key, which comes with every request, and a salt.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from core.program_rules import rules_at, token_ends
from core.reasons import Reason, Refusal
from db import apps as rows
from db import audit
from db.apps import AppRow
from db.engine import Database
from db.identity import lock_user
from desk.access import require_session
from desk.answers import fingerprint
from desk.identity.sessions import digest, good_length, note_use, principal_of, who
from desk.identity.tokens import SCOPES, active_user, made_before, own_account
from desk.identity.users import User
from desk.principal import Principal
from desk.remember import foresee, forget_all, remembered

LONGEST_URL = 500
MOST = 20
"""Living programs of one user."""


@dataclass(frozen=True, slots=True)
class NewApp:
    """Key and secret are told once, here."""

    row: AppRow
    api_key: str
    api_secret: str

    @property
    def id(self) -> int:
        """The program's number."""
        return self.row.id


@dataclass(frozen=True, slots=True)
class Login:
    """What a program gets for the token of a login; ``access_token`` is told once, here."""

    access_token: str
    user: str
    at: datetime
    ends_at: datetime | None


def secret_of(api_key: str, salt: bytes) -> str:
    """The secret that belongs to a key: 160 bits that neither the key nor the salt alone gives away."""
    raw = hmac.new(api_key.encode(), salt, hashlib.sha256).digest()[:20]
    return base64.b32encode(raw).decode().lower()


def make_app(
    database: Database,
    actor: str,
    user_name: str,
    account_key: str | None = None,
    *,
    name: str = "program",
    redirect_url: str | None = None,
    scopes: tuple[str, ...] = SCOPES,
) -> NewApp:
    """A new program of a user, bound to one of their accounts (``NAME/main`` where none is named). ``scopes`` is what
    the access tokens it is given may do; all of them may read."""
    user = active_user(database, user_name)
    return _make(database, actor, user, account_key, name=name, redirect_url=redirect_url, scopes=scopes, alone=False)


def _make(
    database: Database, actor: str, user: User, account_key: str | None, *,
    name: str, redirect_url: str | None, scopes: tuple[str, ...], alone: bool,
) -> NewApp:  # fmt: skip
    """``alone``: no other living program of the user has that name, so that a request that comes twice makes one."""
    if "read" not in scopes or not set(scopes) <= set(SCOPES):
        raise Refusal(Reason.BAD_INPUT, "A program reads, or reads and trades.", field="scopes")
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise Refusal(Reason.BAD_INPUT, "A program's name has 1 to 64 printable letters.", field="name")
    found = own_account(database, user, account_key or f"{user.name}/main")
    if redirect_url is not None:
        _check_url(redirect_url)
    api_key = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    salt = secrets.token_bytes(32)
    wanted = [scope for scope in SCOPES if scope in scopes]
    with database.connection() as connection:
        lock_user(connection, user.id)
        living = rows.of_user(connection, user.id)
        if len(living) >= MOST:
            sentence = f"A user has at most {MOST} programs. Revoke one that is not used any more."
            raise Refusal(Reason.BAD_INPUT, sentence, field="name")
        if alone and any(each.name == name for each in living):
            sentence = f"You have a program called {name}. Take another name, or revoke that one if its keys are lost."
            raise Refusal(Reason.BAD_INPUT, sentence, field="name")
        number = rows.insert(
            connection,
            digest(api_key),
            api_key[:4],
            salt,
            user_id=user.id,
            account_id=found.id,
            name=name,
            redirect_url=redirect_url,
            scopes=wanted,
        )
        detail = {"app": number, "name": name, "account": found.key, "scopes": wanted}
        audit.append(connection, actor, "APP_MADE", user.name, user_id=user.id, detail=detail)
        row = _app(connection, api_key)  # before another may end it
    return NewApp(row, api_key, secret_of(api_key, salt))


def make_own_app(
    database: Database,
    principal: Principal,
    account_key: str,
    *,
    name: str,
    redirect_url: str | None = None,
    scopes: tuple[str, ...] = SCOPES,
) -> NewApp:
    """A new program of who is signed in, under a name that none of theirs has. Raises FORBIDDEN for a token, and for an
    analyst, who trades nothing."""
    require_session(principal)
    if not principal.may_write:
        raise Refusal(Reason.FORBIDDEN, "Analysts read on the pages. Ask an administrator to make you a trader.")
    user = active_user(database, principal.name)
    return _make(
        database, principal.name, user, account_key, name=name, redirect_url=redirect_url, scopes=scopes, alone=True
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:
        good = False
    if not good or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        sentence = "A redirect URL is an address such as http://127.0.0.1:5000/login, without a # part."
        raise Refusal(Reason.BAD_INPUT, sentence, field="redirect_url")


def apps(database: Database, principal: Principal, before: int | None = None, limit: int | None = None) -> list[AppRow]:
    """One's living programs, newest first, perhaps so many below an id; never a key or a secret."""
    with database.connection() as connection:
        return rows.of_user(connection, principal.user_id, before, limit)


def revoke_app(database: Database, principal: Principal, app_id: int) -> None:
    """End one of one's own programs with all its tokens; another's is not found."""
    with database.connection() as connection:
        if not rows.revoke(connection, app_id, principal.user_id):
            raise Refusal(Reason.NOT_FOUND, "There is no such program.", field="app")
        detail = {"app": app_id}
        audit.append(connection, principal.name, "APP_ENDED", principal.name, user_id=principal.user_id, detail=detail)
    forget_all()


def app_of(database: Database, api_key: str) -> AppRow:
    """The program with this key. Raises SIGN_IN."""
    with database.connection() as connection:
        return _app(connection, api_key)


def _app(connection: Any, api_key: str) -> AppRow:
    found = rows.by_key(connection, digest(api_key))
    if found is None:
        sentence = "There is no program with this api_key. Make one on the page Programs."
        raise Refusal(Reason.SIGN_IN, sentence, field="api_key")
    return found


def let_in(database: Database, principal: Principal, api_key: str) -> tuple[AppRow, str]:
    """A user lets their program in: the program, and the token that it exchanges, once and within minutes."""
    found = app_of(database, api_key)
    if found.user_id != principal.user_id:
        sentence = "This program belongs to another user. Sign in as its owner, or make a key of your own."
        raise Refusal(Reason.FORBIDDEN, sentence, field="api_key")
    token = secrets.token_urlsafe(24)
    life = timedelta(minutes=rules_at(datetime.now(UTC)).login_minutes)
    with database.connection() as connection:
        rows.insert_login(connection, digest(token), found.id, life)
        detail = {"app": found.id}
        audit.append(connection, principal.name, "APP_LET_IN", found.name, user_id=principal.user_id, detail=detail)
    return found, token


def exchange(database: Database, api_key: str, request_token: str, checksum: str) -> Login:
    """An access token for the token of a login. Raises SIGN_IN for a wrong key or checksum, and for a token that was
    used, is too old or another program's."""
    with database.connection() as connection:
        found = _app(connection, api_key)
        expected = checksum_of(api_key, request_token, secret_of(api_key, found.salt))
        if not hmac.compare_digest(expected.encode(), checksum.encode("utf-8", "surrogatepass")):
            sentence = "The checksum is wrong: it is the SHA-256 of api_key, request_token and api_secret, in hex."
            raise Refusal(Reason.SIGN_IN, sentence, field="checksum")
        if not rows.redeem_login(connection, digest(request_token), found.id):
            sentence = "This request_token was used, is too old, or is none. Log in again to get another."
            raise Refusal(Reason.SIGN_IN, sentence, field="request_token")
        return _issue(connection, found, lasting=False)


def checksum_of(api_key: str, token: str, secret: str) -> str:
    """What a program sends to prove that it knows its secret."""
    return hashlib.sha256(f"{api_key}{token}{secret}".encode("utf-8", "surrogatepass")).hexdigest()


def give_token(database: Database, api_key: str, *, lasting: bool = False) -> Login:
    """An access token without a login, for who runs this Kagaz; ``lasting`` ones end when they are revoked."""
    with database.connection() as connection:
        return _issue(connection, _app(connection, api_key), lasting=lasting)


def give_own_token(database: Database, principal: Principal, app_id: int, *, lasting: bool) -> Login:
    """The same for one of one's own programs, by who is signed in. Raises NOT_FOUND for another's."""
    require_session(principal)
    with database.connection() as connection:
        return _issue(connection, _own(connection, principal, app_id), lasting=lasting)


def give_own_token_once(
    database: Database, principal: Principal, app_id: int, key: str | None, *, lasting: bool
) -> Login | None:
    """The same by a request with a key: None where it came before, because its token was told then and is kept nowhere.
    Raises KEY_CONFLICT where the key was another request's."""
    require_session(principal)
    asked = fingerprint("app token", app_id, lasting)
    with database.connection() as connection:
        lock_user(connection, principal.user_id)
        found = _own(connection, principal, app_id)
        if made_before(connection, principal.user_id, key, asked) is not None:
            return None
        return _issue(connection, found, lasting=lasting, request=None if key is None else (key, asked))


def _own(connection: Any, principal: Principal, app_id: int) -> AppRow:
    found = next((each for each in rows.of_user(connection, principal.user_id) if each.id == app_id), None)
    if found is None:
        raise Refusal(Reason.NOT_FOUND, "There is no such program.", field="app")
    return found


def _issue(connection: Any, found: AppRow, *, lasting: bool, request: tuple[str, str] | None = None) -> Login:
    now = datetime.now(UTC)
    token, ends_at = secrets.token_urlsafe(24), None if lasting else token_ends(now)
    token_id = rows.insert_token(connection, digest(token), found, ends_at, request)
    detail = {"app": found.id, "token": token_id}
    audit.append(connection, found.owner, "APP_TOKEN_MADE", found.name, user_id=found.user_id, detail=detail)
    return Login(token, found.owner, now, ends_at)


def end_login(database: Database, api_key: str, access_token: str) -> None:
    """End an access token. Raises SIGN_IN where there is no such living token of the program."""
    with database.connection() as connection:
        user_id = rows.revoke_token(connection, digest(api_key), digest(access_token))
        if user_id is None:
            raise Refusal(Reason.SIGN_IN, "This access_token is not valid, or has ended already.", "access_token")
        audit.append(connection, "program", "APP_TOKEN_ENDED", user_id=user_id)
    forget_all()


def secret_by_key(database: Database, api_key: str) -> str:
    """The secret that belongs to a living program's key, to prove to it that we know it. Raises SIGN_IN."""
    hashed = digest(api_key)

    def ask() -> bytes | None:
        with database.autocommit() as connection:
            return rows.salt_of(connection, hashed)

    salt = remembered(database, ("salt", hashed), ask)
    if salt is None:
        raise Refusal(Reason.SIGN_IN, "There is no program with this api_key.", field="api_key")
    return secret_of(api_key, salt)


def principal_from_app(database: Database, api_key: str, access_token: str) -> Principal | None:
    """Who holds this access token together with its program's key, or None."""
    if not 1 <= len(api_key) <= 64:
        return None
    hashed = digest(api_key)
    return who(
        database,
        _kind(hashed),
        access_token,
        lambda connection, token: rows.principal(connection, hashed, token),
    )


def foresee_apps(database: Database, given: Sequence[tuple[str, str]]) -> None:
    """Look at many (key, access token) at once, so that ``principal_from_app`` and ``secret_by_key`` need not ask for
    each of them in the next second."""
    asked = [(_kind(digest(key)), digest(token)) for key, token in given if good_length(token)]

    def ask(keys: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], Any]:
        with database.autocommit() as connection:
            found = rows.holders(connection, [hashed for _, hashed in keys])
            note_use(connection, [row for *_, row in found])
        held = {(_kind(app), token): principal_of(row) for app, _, token, row in found}
        salts = {("salt", app): salt for app, salt, _, _ in found}
        return {key: held.get(key) for key in keys} | salts

    foresee(database, asked, ask)


def _kind(app_digest: bytes) -> str:
    """What a program's tokens are remembered by."""
    return f"app {app_digest.hex()}"
