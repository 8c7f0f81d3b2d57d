"""Signing in to Upstox: the address to send a person to, and the code that comes back changed into a token.

The OAuth 2 code flow as the vendor's pages on login describe it. The code is good once; the token dies at 03:30 in
India, and nothing renews it. The caller keeps ``state`` with the person's session and compares it.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from core.token_life import expires_at
from feeds.live.upstox_rest import HOST, RestRefusal, ask

DIALOG, TOKEN, PROFILE = "/v2/login/authorization/dialog", "/v2/login/authorization/token", "/v2/user/profile"


class LoginRefused(Exception):
    """Signing in did not succeed; the text is for the person, without any credential."""


@dataclass(frozen=True, slots=True)
class Token:
    """What opens the stream until ``expires_at``. ``user`` is the vendor's number of the person."""

    access_token: str = field(repr=False)
    user: str
    made_at: datetime
    expires_at: datetime


def authorise_url(api_key: str, redirect_uri: str, state: str, host: str = HOST) -> str:
    """Where the browser goes. ``redirect_uri`` must be the one that the app was made with, to the letter."""
    asked = {"response_type": "code", "client_id": api_key, "redirect_uri": redirect_uri, "state": state}
    return f"{host}{DIALOG}?{urlencode(asked)}"


def code_from(answer: str | Mapping[str, str], state: str) -> str:
    """The code in the address (or its parameters) that the vendor sent the browser back to.

    Raises LoginRefused where the person declined, or the answer belongs to another request.
    """
    if isinstance(answer, str):
        answer = {name: values[0] for name, values in parse_qs(urlsplit(answer).query).items()}
    if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise LoginRefused("This answer belongs to another sign-in. Start again from here.")
    if answer.get("error"):
        raise LoginRefused("Upstox did not allow it. Start again and agree to what it asks.")
    code = answer.get("code", "")
    if not code or len(code) > 200 or not code.isprintable():
        raise LoginRefused("Upstox sent no code. Start again.")
    return code


def exchange(api_key: str, api_secret: str, redirect_uri: str, code: str, now: datetime, host: str = HOST) -> Token:
    """The day's token for a code. Raises LoginRefused; a code that was used before is refused by the vendor."""
    form = {
        "code": code, "client_id": api_key, "client_secret": api_secret, "redirect_uri": redirect_uri,
        "grant_type": "authorization_code",
    }  # fmt: skip
    try:
        said = ask(TOKEN, form=form, host=host)
    except RestRefusal as error:
        raise LoginRefused(f"Upstox refused the sign-in: {error}") from None
    token = said.get("access_token")
    if not isinstance(token, str) or not token:
        raise LoginRefused("Upstox answered the sign-in without a token. Start again.")
    return Token(token, str(said.get("user_id", "")), now, expires_at(now))


def is_accepted(token: str, host: str = HOST) -> bool:
    """Whether the vendor takes a token now. Raises RestRefusal where it cannot be asked."""
    try:
        ask(PROFILE, token=token, host=host)
    except RestRefusal as error:
        if error.status in (401, 403):
            return False
        raise
    return True
