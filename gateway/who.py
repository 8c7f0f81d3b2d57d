"""Who asks: a program by its key and access token, or a person's browser by the terminal's cookie."""

import re
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope

from core.reasons import Reason, Refusal
from desk import identity
from desk.principal import Principal
from web.security import is_https

_TOKEN = re.compile(r"token +([a-zA-Z0-9_-]{1,64}):([\x21-\x7e]{1,200}) *", re.IGNORECASE | re.ASCII)
WRONG = "Incorrect api_key or access_token, or the token has ended. Log in again, or make a key on the page Programs."


def program_of(database: Any, scope: Scope) -> Principal:
    """The program behind ``Authorization: token api_key:access_token``. Raises SIGN_IN."""
    header = HTTPConnection(scope).headers.get("authorization", "")
    found = _TOKEN.fullmatch(header)
    return by_keys(database, *found.groups()) if found else by_keys(database, "", "")


def by_keys(database: Any, api_key: str, access_token: str) -> Principal:
    """The program with this key and access token. Raises SIGN_IN."""
    found = identity.principal_from_app(database, api_key, access_token) if api_key and access_token else None
    if found is None:
        raise Refusal(Reason.SIGN_IN, WRONG)
    return found


def person_of(database: Any, scope: Scope) -> Principal | None:
    """Who is signed in at the terminal in this browser; None for nobody, and for who must set a password first."""
    cookie = HTTPConnection(scope).cookies.get(identity.cookie_name(secure=is_https(scope)))
    found = identity.principal_from_cookie(database, cookie) if cookie else None
    return None if found is None or found.must_change_password else found
