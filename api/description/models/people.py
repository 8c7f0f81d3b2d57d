"""Who asks, how they come in, and their programs with keys."""

from typing import Literal

from api.description.models.common import Account, Id, Shape, Time
from api.description.models.house import Role


class Program(Shape):
    """A program with keys, for the gateway; never a key, but for its first letters."""

    program_id: Id
    name: str
    account: Account
    scopes: list[Literal["read", "trade"]]
    key_hint: str
    redirect_url: str | None
    created_at: Time
    last_login_at: Time | None
    last_used_at: Time | None


class NewProgram(Program):
    """A program with its key and secret, told in this answer alone."""

    api_key: str
    api_secret: str


class AccessToken(Shape):
    """An access token of a program, told in this answer alone. A request that is repeated with its key gets null, and a
    note that says so."""

    access_token: str | None
    expires_at: Time | None
    note: str | None


class Me(Shape):
    """Who asks. ``account`` is the one that is meant where none is named."""

    name: str
    display_name: str
    email: str | None
    role: Role
    scopes: list[Literal["read", "trade"]]
    account: Account | None
    by: Literal["session", "token"]
    expires_at: Time | None
    has_password: bool


class SignIn(Shape):
    """An account of a provider that signs in as who asks."""

    issuer: str
    subject: str
    email: str | None
    linked_at: Time
    used_at: Time | None
