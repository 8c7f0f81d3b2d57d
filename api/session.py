"""Sessions over HTTP: the code of a sign-in becomes a cookie, and what is open elsewhere is listed and ended."""

from functools import partial
from typing import Any

from api.call import Call, Endpoint
from api.paging import PAGED, mark, marked, page_of, wanted
from api.readers import text
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import access, identity
from desk.identity import SessionRow
from desk.rows import ist
from web.security import cookie

PROOF = "_streamlit_user"
"""Streamlit keeps what a provider proved in cookies of this name, in pieces and for weeks; we need it once."""


def start(call: Call) -> Reply:
    """Exchange a code, good once and for a minute, for an HttpOnly cookie."""
    fields = call.body()
    code = fields.need("code", text)
    fields.close()
    session = identity.start_session(call.database, code, call.address, call.headers.get("user-agent"))
    life = int(identity.SESSION_LIFE.total_seconds())
    return Reply(204, cookies=[_cookie(call, session.cookie, life), *forgotten(call)])


def end(call: Call) -> Reply:
    """Sign out: the session ends for every tab, and the browser forgets the cookie."""
    call.query().close()
    public_id = call.principal.session_public_id
    if public_id is None:
        raise Refusal(Reason.FORBIDDEN, "A token is not a session. Revoke it on the page Account.")
    identity.revoke_session(call.database, call.principal, public_id)
    return Reply(204, cookies=[_cookie(call, "", 0), *forgotten(call)])


def listed(call: Call) -> Reply:
    """One's living sessions, newest first; `current` is the one that asks."""
    after, limit = wanted(call, mark)
    found = identity.sessions(call.database, call.principal)
    shown = partial(_row, principal=call.principal)
    return page_of(found, after, limit, shown, lambda each: str(each.public_id), marked)


def revoke(call: Call) -> Reply:
    """End one of one's own sessions; its streams end within two seconds."""
    call.query().close()
    access.require_session(call.principal)
    identity.revoke_session(call.database, call.principal, call.path["session_id"])
    return Reply(204)


def revoke_others(call: Call) -> Reply:
    """End every session of one's own but this one; says how many."""
    call.query().close()
    access.require_session(call.principal)
    return Reply(200, {"ended": identity.revoke_others(call.database, call.principal)})


def _cookie(call: Call, value: str, seconds: int) -> str:
    return cookie(identity.cookie_name(secure=call.secure), value, seconds, secure=call.secure)


def forgotten(call: Call) -> list[str]:
    """Set-Cookie for each piece of a provider's proof that the browser holds: the session takes its place."""
    sent = [part.partition("=")[0].strip() for part in call.headers.get("cookie", "").split(";")]
    return [
        f"{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        for name in sent
        if name.startswith(PROOF) and name.replace("_", "").isalnum()
    ]


def _row(row: SessionRow, principal: Any) -> dict[str, Any]:
    return {
        "session_id": str(row.public_id),
        "address": row.address,
        "agent": row.agent,
        "created_at": ist(row.created_at),
        "last_seen_at": ist(row.last_seen_at),
        "expires_at": ist(row.expires_at),
        "current": str(row.public_id) == principal.session_public_id,
    }


ENDPOINTS = (
    Endpoint("POST", "/auth/session", start, "Exchange a code for a cookie", public=True, body=("code",), status=204),
    Endpoint("DELETE", "/auth/session", end, "Sign out", status=204, free=True),
    Endpoint("GET", "/sessions", listed, "One's sessions", query=PAGED),
    Endpoint("DELETE", "/sessions", revoke_others, "End all other sessions"),
    Endpoint("DELETE", "/sessions/{session_id}", revoke, "End a session", status=204),
)
