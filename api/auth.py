"""Who asks, by bearer token or cookie."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope

from core.reasons import Reason, Refusal
from desk import identity
from desk.identity import Principal
from web.security import is_https

_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE | re.ASCII)
_KEY = re.compile(r"[\x20-\x7e]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request carries to prove itself; a bearer token counts before a cookie."""

    token: str | None
    cookie: str | None

    @property
    def by_cookie(self) -> bool:
        """Browsers send cookies on their own, so that a write by one needs more proof than the cookie."""
        return self.token is None


def credential_of(scope: Scope) -> Credential:
    """The token or cookie of a request. A header that cannot be read is a wrong token, not an absent one."""
    connection = HTTPConnection(scope)
    header = connection.headers.get("authorization")
    if header is not None:
        found = _BEARER.fullmatch(header)
        return Credential(found.group(1) if found else "", None)
    return Credential(None, connection.cookies.get(identity.cookie_name(secure=is_https(scope))))


def principal_of(database: Any, credential: Credential, *, leaving: bool = False) -> Principal:
    """Who holds the credential; Refusal SIGN_IN otherwise. Asks the database at most once a second each.

    Who must change their password may do nothing before that but leave.
    """
    found = None
    if credential.token:
        found = identity.principal_from_token(database, credential.token)
    elif credential.token is None and credential.cookie:
        found = identity.principal_from_cookie(database, credential.cookie)
    if found is None:
        sentence = "Sign in, or send a token as 'Authorization: Bearer …'; yours is missing or has ended."
        raise Refusal(Reason.SIGN_IN, sentence)
    if found.must_change_password and not leaving:
        raise Refusal(Reason.FORBIDDEN, "Set a new password first: sign in on the page and follow it there.")
    return found


def idempotency_key(scope: Scope, *, required: bool) -> str | None:
    """The Idempotency-Key of a write: 1 to 64 printable ASCII characters."""
    keys = [value.decode("latin-1") for name, value in scope["headers"] if name == b"idempotency-key"]
    if not keys:
        if required:
            sentence = "Send an Idempotency-Key, made when the form was opened: a retry then cannot double."
            raise Refusal(Reason.KEY_REQUIRED, sentence, field="Idempotency-Key")
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        sentence = "An Idempotency-Key has 1 to 64 printable ASCII characters, and is sent once."
        raise Refusal(Reason.BAD_KEY, sentence, field="Idempotency-Key")
    return str(keys[0])
