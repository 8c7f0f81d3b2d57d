"""Who asks, as the API sees them, and their own ways in: the password, and accounts of a provider that sign in as them.

To link one takes the provider's own page and therefore a browser; everything else about them is here.
"""

from typing import Any

from api.call import Call, Endpoint
from api.parsing import bad
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import access, identity
from desk.rows import ist
from web.texts import storable


def shown(call: Call) -> Reply:
    """Who asks: what they are called, what they may do, and for how long what they proved it with is good."""
    call.query().close()
    who = call.principal
    user = identity.find(call.database, who.name)
    return Reply(
        200,
        {
            "name": user.name,
            "display_name": user.display_name,
            "email": user.email,
            "role": who.role,
            "scopes": [each for each in who.scopes if each == "read" or who.may_write],
            "account": _own(call),
            "by": "session" if who.token_id is None else "token",
            "expires_at": None if who.expires_at is None else ist(who.expires_at),
            "has_password": identity.has_password(call.database, who),
        },
    )


def _own(call: Call) -> str | None:
    """The account that is meant where none is named."""
    try:
        return access.account(call.database, call.principal).key
    except Refusal:
        return None


def secret(value: Any) -> str:
    """A password as it is typed; what makes a good one is the desk's to say."""
    if not isinstance(value, str) or not 1 <= len(value) <= 200 or not storable(value):
        raise bad("Send a password as a text of 1 to 200 characters.")
    return value


def set_password(call: Call) -> Reply:
    """Choose another password. ``old`` is the present one; who has none yet leaves it out, soon after signing in. Every
    other session ends."""
    access.require_session(call.principal)
    fields = call.body()
    old, new = fields.may("old", secret), fields.need("new", secret)
    fields.close()
    try:
        identity.change_password(call.database, call.principal, old or "", new)
    except Refusal as refusal:
        if refusal.field == "password":  # as forms call both
            refusal.field = "old" if refusal.reason is Reason.BAD_CREDENTIALS else "new"
        raise
    return Reply(204)


def sign_ins(call: Call) -> Reply:
    """Accounts of a provider that sign in as who asks, oldest first."""
    call.query().close()
    items = [
        {
            "issuer": each.issuer,
            "subject": each.subject,
            "email": each.email or None,
            "linked_at": ist(each.created_at),
            "used_at": None if each.proved_at is None else ist(each.proved_at),
        }
        for each in identity.linked(call.database, call.principal)
    ]
    return Reply(200, {"items": items, "next": None, "version": None})


def unlink(call: Call) -> Reply:
    """Take such an account away; the last way in stays."""
    access.require_session(call.principal)
    fields = call.query()
    issuer, subject = fields.need("issuer", _long), fields.need("subject", _long)
    fields.close()
    identity.unlink(call.database, call.principal, issuer, subject)
    return Reply(204)


def _long(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 255 or not storable(value):
        raise bad("Send it as GET /me/sign-ins has it.")
    return value


ENDPOINTS = (
    Endpoint("GET", "/me", shown, "Who asks"),
    Endpoint("PUT", "/me/password", set_password, "Choose another password", body=("old", "new"), status=204),
    Endpoint("GET", "/me/sign-ins", sign_ins, "Linked sign-ins"),
    Endpoint("DELETE", "/me/sign-ins", unlink, "Unlink a sign-in", query=("issuer", "subject"), status=204),
)
