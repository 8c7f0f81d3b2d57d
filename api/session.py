"""The one-time code that a sign-in hands the browser, exchanged here for the session's cookie."""

from api.call import Call, Endpoint
from api.readers import text
from api.reply import Reply
from core.reasons import Reason, Refusal
from desk import identity
from web.security import cookie


def start(call: Call) -> Reply:
    """Exchange a code, good once and for a minute, for an HttpOnly cookie."""
    fields = call.body()
    code = fields.need("code", text)
    fields.close()
    session = identity.start_session(call.database, code, call.address, call.headers.get("user-agent"))
    life = int(identity.SESSION_LIFE.total_seconds())
    return Reply(204, headers={"set-cookie": cookie(identity.COOKIE, session.cookie, life, secure=call.secure)})


def end(call: Call) -> Reply:
    """Sign out: the session ends for every tab, and the browser forgets the cookie."""
    call.query().close()
    public_id = call.principal.session_public_id
    if public_id is None:
        raise Refusal(Reason.FORBIDDEN, "A token is not a session. Revoke it on the settings page.")
    identity.revoke_session(call.database, call.principal, public_id)
    return Reply(204, headers={"set-cookie": cookie(identity.COOKIE, "", 0, secure=call.secure)})


ENDPOINTS = (
    Endpoint("POST", "/auth/session", start, "Exchange a code for a cookie", public=True, body=("code",), status=204),
    Endpoint("DELETE", "/auth/session", end, "Sign out", status=204),
)
