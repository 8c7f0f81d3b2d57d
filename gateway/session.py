"""From a login to an access token, and the end of one."""

from core.reasons import Reason, Refusal
from desk import identity
from gateway.call import Call, Endpoint
from gateway.form import word
from gateway.reply import Reply, success
from gateway.times import stamp
from gateway.user import profile_of


def start(call: Call) -> Reply:
    """Exchange the token of a login for an access token."""
    form = call.form()
    api_key, token = form.need("api_key", word), form.need("request_token", word)
    given = identity.exchange(call.database, api_key, token, form.need("checksum", word))
    return success(
        {
            **profile_of(call.database, given.user),
            "api_key": api_key,
            "access_token": given.access_token,
            "public_token": "",
            "enctoken": "",
            "refresh_token": "",
            "login_time": stamp(given.at),
        }
    )


def end(call: Call) -> Reply:
    """End an access token."""
    sent = call.query()
    if sent.has("refresh_token"):
        raise _no_refreshing()
    api_key, token = sent.need("api_key", word), sent.need("access_token", word)
    identity.end_login(call.database, api_key, token)
    return success(True)


def refresh(call: Call) -> Reply:
    """Brokers offer this to few programs; here to none, in words that tell what to do instead."""
    raise _no_refreshing()


def _no_refreshing() -> Refusal:
    return Refusal(Reason.SIGN_IN, "There are no refresh tokens here. Log in again once the access token has ended.")


ENDPOINTS = (
    Endpoint("POST", "/session/token", start, public=True),
    Endpoint("DELETE", "/session/token", end, public=True),
    Endpoint("POST", "/session/refresh_token", refresh, public=True),
)
