"""Users over HTTP, for administrators who are signed in: what gives entry is not for a program's token."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from api.admin import guarded
from api.call import Call, Endpoint, Handler
from api.paging import PAGED, mark, marked, page, wanted
from api.parsing import bad
from api.readers import amount, flag, one_of, text
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import access, identity
from desk.identity import InvitationRow, User
from desk.rows import Row, ist
from web.texts import storable


def signed_in(handler: Handler) -> Handler:
    """For administrators with a session."""

    @wraps(handler)
    def behind(call: Call) -> Reply:
        access.require_session(call.principal)
        return handler(call)

    return guarded(behind)


def listed(call: Call) -> Reply:
    """Everyone by name."""
    after, limit = wanted(call, mark)
    return page(identity.everyone(call.database, after, limit + 1), limit, _row, lambda each: marked(each.name))


def add(call: Call) -> Reply:
    """A new user with a book of their own. ``password`` is told in this answer alone, and ends at the first sign-in."""
    fields = call.body()
    name = fields.need("name", text)
    role = fields.need("role", one_of(*identity.ROLES))
    cash = fields.may("cash", amount)
    email = fields.may("email", text)
    fields.close()
    password = identity.generate()
    user = identity.add_user(
        call.database, name, role, password=password, must_change=True, cash_paise=cash or 0, email=email,
        actor=call.principal.name,
    )  # fmt: skip
    return Reply(201, {**_row(user), "password": password})


def change(call: Call) -> Reply:
    """Another role, or entry given and taken; each takes effect at once."""
    name = name_of(call)
    fields = call.body()
    role = fields.may("role", one_of(*identity.ROLES))
    active = fields.may("active", flag)
    fields.close()
    if role is None and active is None:
        raise bad("Send role, active or both.")
    actor, database = call.principal.name, call.database
    if role is not None:
        identity.set_role(database, actor, name, role)
    if active is not None:
        identity.set_active(database, actor, name, active)
    return Reply(200, _row(identity.find(database, name)))


def done(act: Callable[[Any, str, str], object], says: str) -> Handler:
    """An act upon a user that answers nothing."""

    def handler(call: Call) -> Reply:
        call.nothing()
        act(call.database, call.principal.name, name_of(call))
        return Reply(204)

    handler.__doc__ = says
    return signed_in(handler)


def password_link(call: Call) -> Reply:
    """A link, good once and for an hour, by which the user sets a password. Told in this answer alone."""
    call.nothing()
    link = identity.password_link(call.database, call.principal.name, name_of(call), call.origin or "")
    return Reply(201, {"link": link})


def invitations(call: Call) -> Reply:
    """Addresses whose Google account may link to a user."""
    after, limit = wanted(call, mark)
    found = identity.invitations(call.database, after, limit + 1)
    return page(found, limit, _invitation, lambda each: marked(each.email))


def _invitation(each: InvitationRow) -> Row:
    return {"email": each.email, "user": each.user, "expires_at": ist(each.expires_at)}


def invite(call: Call) -> Reply:
    """Let the first Google account that proves an address sign in as a user, within seven days."""
    fields = call.body()
    name, email = fields.need("user", text), fields.need("email", text)
    fields.close()
    told = identity.invite(call.database, call.principal.name, name, email)
    return Reply(201, {"email": told, "user": name})


def uninvite(call: Call) -> Reply:
    """Take an invitation back."""
    call.query().close()
    identity.withdraw_invitation(call.database, call.principal.name, name_of(call, "email"))
    return Reply(204)


def name_of(call: Call, part: str = "name") -> str:
    """A name from the path; what can be none names nobody."""
    found = call.path[part]
    if not storable(found) or len(found) > 255:
        raise Refusal(Reason.NOT_FOUND, "There is nothing of that name.", part)
    return found


def _row(user: User) -> Row:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "email": user.email,
        "role": user.role,
        "active": user.active,
        "locked": user.locked,
        "must_change_password": user.must_change_password,
    }


_ONE = "/admin/users/{name}"
_UNLOCK = done(identity.unlock, "Lift the lockout of a user.")
_END = done(identity.revoke_all, "End every session of a user.")
ENDPOINTS = (
    Endpoint("GET", "/admin/users", guarded(listed), "Users", query=PAGED),
    Endpoint("POST", "/admin/users", signed_in(add), "Add a user", body=("name", "role", "cash", "email"), status=201),
    Endpoint("PATCH", _ONE, signed_in(change), "Change a user", body=("role", "active")),
    Endpoint("POST", f"{_ONE}/unlock", _UNLOCK, "Lift a lockout", status=204),
    Endpoint("DELETE", f"{_ONE}/sessions", _END, "End a user's sessions", status=204),
    Endpoint("POST", f"{_ONE}/password-link", signed_in(password_link), "A link for a password", status=201),
    Endpoint("GET", "/admin/invitations", guarded(invitations), "Invitations", query=PAGED),
    Endpoint(
        "POST", "/admin/invitations", signed_in(invite), "Invite a Google account", body=("user", "email"), status=201
    ),
    Endpoint("DELETE", "/admin/invitations/{email}", signed_in(uninvite), "Withdraw an invitation", status=204),
)
