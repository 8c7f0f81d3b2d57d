"""API tokens over HTTP. Who is signed in makes and ends them; a token lists them and may end itself."""

from typing import Any

from api.call import Call, Endpoint
from api.paging import PAGED, page, wanted
from api.parsing import bad
from api.readers import account, cursor, title, whole
from api.reply import REPLAYED, Reply
from desk import access, identity
from desk.identity import TokenRow
from desk.rows import ist

MOST_DAYS = 3650
SHOWN = (
    "This request made the token before, and its secret was shown then. If you do not have it, end this token and make "
    "another with a new Idempotency-Key."
)


def scope_list(value: Any) -> tuple[str, ...]:
    """The scopes of a token: a list of words."""
    if not (isinstance(value, list) and value and all(isinstance(each, str) for each in value)):
        raise bad("Send scopes as a list of read and trade.")
    return tuple(value)


def days(value: Any) -> int:
    """How many days a token lives."""
    found = whole(value)
    if not 1 <= found <= MOST_DAYS:
        raise bad(f"Send days as a whole number from 1 to {MOST_DAYS}.")
    return found


def listed(call: Call) -> Reply:
    """One's living tokens, newest first; never the token itself."""
    before, limit = wanted(call, cursor)
    found = identity.tokens(call.database, call.principal, None if before is None else int(before), limit + 1)
    return page(found, limit, _row, lambda each: each.id)


def create(call: Call) -> Reply:
    """A new token, told in this answer and never again: who repeats the request with its key is told which token it
    made, and that its secret was shown."""
    fields = call.body()
    name = fields.need("name", title)
    scopes = fields.may("scopes", scope_list)
    bound = fields.may("account", account)
    lives = fields.may("days", days)
    fields.close()
    who = call.principal
    access.require_session(who)
    token, made = identity.create_token_once(
        call.database, who, call.key, bound, name=name, days=lives,
        scopes=scopes or (("read",) if who.role == "analyst" else ("read", "trade")),
    )  # fmt: skip
    reply = Reply(201, {**_row(made), "token": token, "note": None if token else SHOWN})
    if token is None:
        reply.headers |= REPLAYED
    return reply


def revoke(call: Call) -> Reply:
    """End one of one's own tokens."""
    token_id = call.number("token_id")
    call.query().close()
    identity.revoke_token(call.database, call.principal, token_id)
    return Reply(204)


def _row(row: TokenRow) -> dict[str, Any]:
    return {
        "token_id": str(row.id),
        "name": row.name,
        "scopes": row.scopes,
        "account": row.account,
        "created_at": ist(row.created_at),
        "expires_at": None if row.expires_at is None else ist(row.expires_at),
        "last_used_at": None if row.last_used_at is None else ist(row.last_used_at),
    }


_FIELDS = ("name", "scopes", "account", "days")
ENDPOINTS = (
    Endpoint("GET", "/tokens", listed, "One's API tokens", query=PAGED),
    Endpoint("POST", "/tokens", create, "Make an API token", keyed=True, body=_FIELDS, status=201),
    Endpoint("DELETE", "/tokens/{token_id}", revoke, "End an API token", status=204),
)
