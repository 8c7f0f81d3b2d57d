"""A login in the browser: sign in, let the program in, and go on to its address with a token to exchange.

The session is the terminal's own cookie. What is sent here must come from our own page.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import settings
from core.reasons import Reason, Refusal
from desk import identity
from gateway import pages
from gateway.call import Call, Endpoint
from gateway.form import Form, word
from gateway.reply import Reply
from gateway.who import person_of
from web.origins import check_origin
from web.security import cookie

VERSION = "3"


def show(call: Call) -> Reply:
    """The page that asks whether the program may be let in, or first who is there."""
    sent = call.query()
    try:
        found = _program(call, sent)
    except Refusal as refusal:
        return pages.stop(refusal.sentence, status=400)
    person = person_of(call.database, call.scope)
    if person is None:
        return pages.sign_in(found.name)
    if person.user_id != found.user_id:
        return pages.sign_in(found.name, f"You are signed in as {person.name}. Sign in as the program's owner.")
    return pages.consent(found.name, person.name, found.account)


def act(call: Call) -> Reply:
    """What was sent from the page: a name and a password, or the word to let the program in."""
    check_origin(call.scope, settings.load().kagaz_origins, required=True)
    sent, form = call.query(), call.form()
    try:
        found = _program(call, sent)
        if form.has("password"):
            return _signed_in(call, form, found.name)
        person = person_of(call.database, call.scope)
        if person is None:
            return pages.sign_in(found.name)
        app, token = identity.let_in(call.database, person, sent.need("api_key", word))
    except Refusal as refusal:
        return pages.stop(refusal.sentence, status=400)
    if app.redirect_url is None:
        return pages.token(app.name, token)
    told = {"action": "login", "type": "login", "status": "success", "request_token": token}
    return Reply(303, b"", {"location": _with(app.redirect_url, told, sent)})


def _program(call: Call, sent: Form) -> identity.AppRow:
    """The program that the address names, in the version that is spoken here."""
    api_key = sent.need("api_key", word)
    if sent.has("v") and sent.need("v", word) != VERSION:
        raise Refusal(Reason.BAD_INPUT, f"Only version {VERSION} is spoken here.", "v")
    return identity.app_of(call.database, api_key)


def _signed_in(call: Call, form: Form, program: str) -> Reply:
    """Prove name and password as the terminal does, and come back to the question with its cookie."""
    name, password = form.need("name", str), form.need("password", str)
    try:
        user = identity.check_password(call.database, name[:200], password[:200], address=call.address)
    except Refusal as refusal:
        return pages.sign_in(program, refusal.sentence)
    if user.must_change_password:
        return pages.sign_in(program, "Set a new password first: sign in at the terminal and follow it there.")
    code = identity.session_code(call.database, user.id)
    session = identity.start_session(call.database, code, call.address, call.headers.get("user-agent"))
    life = int(identity.SESSION_LIFE.total_seconds())
    kept = cookie(identity.cookie_name(secure=call.secure), session.cookie, life, secure=call.secure)
    again = "?" + call.query_string.decode("ascii")
    return Reply(303, b"", {"location": again, "set-cookie": kept})


def _with(url: str, told: dict[str, str], sent: Form) -> str:
    """The program's address with what it is told, and with what it asked to be told back."""
    parts = urlsplit(url)
    own = parse_qsl(parts.query, keep_blank_values=True)
    back = parse_qsl(sent.may("redirect_params", word) or "", keep_blank_values=True, max_num_fields=20)
    kept = [(name, value) for name, value in (*own, *back) if name not in told]
    return urlunsplit(parts._replace(query=urlencode([*kept, *told.items()])))


ENDPOINTS = (
    Endpoint("GET", "/connect/login", show, public=True),
    Endpoint("POST", "/connect/login", act, public=True),
)
