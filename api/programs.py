"""Programs with keys, for the gateway: made, given tokens and ended by who is signed in, listed by whoever asks."""

from typing import Any

from api.call import Call, Endpoint
from api.paging import PAGED, page, wanted
from api.parsing import bad
from api.readers import account, cursor, flag, title
from api.reply import REPLAYED, Reply
from api.tokens import scope_list
from desk import access, identity
from desk.identity import AppRow
from desk.rows import ist
from web.texts import storable

SHOWN = (
    "This request made the token before, and it was shown then. If you do not have it, ask for another with a new"
    " Idempotency-Key."
)


def address(value: Any) -> str:
    """Where a login goes on; what it must look like is the desk's to say."""
    if not isinstance(value, str) or not 1 <= len(value) <= 500 or not storable(value):
        raise bad("Send an address such as http://127.0.0.1:5000/login.")
    return value


def listed(call: Call) -> Reply:
    """One's living programs, newest first; never a key."""
    before, limit = wanted(call, cursor)
    found = identity.apps(call.database, call.principal, None if before is None else int(before), limit + 1)
    return page(found, limit, _row, lambda each: each.id)


def make(call: Call) -> Reply:
    """A new program in one account, with its key and secret, told in this answer alone. A name is one program's: the
    request that comes twice is refused the second time."""
    fields = call.body()
    name = fields.need("name", title)
    bound = fields.may("account", account)
    scopes = fields.may("scopes", scope_list)
    url = fields.may("redirect_url", address)
    fields.close()
    access.require_session(call.principal)
    made = identity.make_own_app(
        call.database, call.principal, bound or access.account(call.database, call.principal, write=True).key,
        name=name, redirect_url=url, scopes=scopes or ("read", "trade"),
    )  # fmt: skip
    return Reply(201, {**_row(made.row), "api_key": made.api_key, "api_secret": made.api_secret})


def give(call: Call) -> Reply:
    """Another access token for a program, told in this answer alone: until 06:00 in India, or ``lasting`` until it is
    revoked. Its other tokens go on working."""
    number = call.number("program_id")
    fields = call.body()
    lasting = fields.may("lasting", flag) or False
    fields.close()
    access.require_session(call.principal)
    given = identity.give_own_token_once(call.database, call.principal, number, call.key, lasting=lasting)
    if given is None:
        return Reply(201, {"access_token": None, "expires_at": None, "note": SHOWN}, REPLAYED)
    ends = None if given.ends_at is None else ist(given.ends_at)
    return Reply(201, {"access_token": given.access_token, "expires_at": ends, "note": None})


def revoke(call: Call) -> Reply:
    """End a program: its key and all its tokens open nothing at once, its sockets within two seconds. Orders stay."""
    number = call.number("program_id")
    call.query().close()
    access.require_session(call.principal)
    identity.revoke_app(call.database, call.principal, number)
    return Reply(204)


def _row(row: AppRow) -> dict[str, Any]:
    return {
        "program_id": str(row.id),
        "name": row.name,
        "account": row.account,
        "scopes": row.scopes,
        "key_hint": row.key_hint,
        "redirect_url": row.redirect_url,
        "created_at": ist(row.created_at),
        "last_login_at": None if row.last_login_at is None else ist(row.last_login_at),
        "last_used_at": None if row.last_used_at is None else ist(row.last_used_at),
    }


_MADE = ("name", "account", "scopes", "redirect_url")
_ONE = "/programs/{program_id}"
ENDPOINTS = (
    Endpoint("GET", "/programs", listed, "One's programs with keys", query=PAGED),
    Endpoint("POST", "/programs", make, "Make a program with keys", body=_MADE, status=201),
    Endpoint("POST", f"{_ONE}/tokens", give, "An access token", keyed=True, body=("lasting",), status=201),
    Endpoint("DELETE", _ONE, revoke, "End a program", status=204),
)
