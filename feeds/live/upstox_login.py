"""Signing in to Upstox: the code that came back from its dialog changed into a token.

The OAuth 2 code flow as the vendor's pages on login describe it. The code is good once; the token dies at 03:30 in
India, and nothing renews it.
"""

from dataclasses import dataclass, field
from datetime import datetime

from core.token_life import expires_at
from feeds.live.refusal import VendorRefusal
from feeds.live.upstox_rest import HOST, ask

TOKEN, PROFILE = "/v2/login/authorization/token", "/v2/user/profile"


class LoginRefused(Exception):
    """Signing in did not succeed; the text is for the person, without any credential."""


@dataclass(frozen=True, slots=True)
class Token:
    """What opens the stream until ``expires_at``."""

    access_token: str = field(repr=False)
    expires_at: datetime


def exchange(api_key: str, api_secret: str, redirect_uri: str, code: str, now: datetime, host: str = HOST) -> Token:
    """The day's token for a code. Raises LoginRefused; a code that was used before is refused by the vendor."""
    form = {
        "code": code, "client_id": api_key, "client_secret": api_secret, "redirect_uri": redirect_uri,
        "grant_type": "authorization_code",
    }  # fmt: skip
    try:
        said = ask(TOKEN, form=form, host=host)
    except VendorRefusal as error:
        raise LoginRefused(f"Upstox refused the sign-in: {error}") from None
    token = said.get("access_token")
    if not isinstance(token, str) or not token:
        raise LoginRefused("Upstox answered the sign-in without a token. Start again.")
    return Token(token, expires_at(now))


def is_accepted(token: str, host: str = HOST) -> bool:
    """Whether the vendor takes a token now. Raises VendorRefusal where it cannot be asked."""
    try:
        ask(PROFILE, token=token, host=host)
    except VendorRefusal as error:
        if error.status in (401, 403):
            return False
        raise
    return True
