"""Risk over HTTP: how an account stands, the kill switch, limits and restrictions."""

from api.call import Call, Endpoint
from api.fields import Fields
from api.paging import PAGED, page_of, wanted
from api.parsing import bad
from api.readers import account as account_key
from api.readers import amount, choice, cursor, flag, key, one_of, text
from api.reply import Reply
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction
from core.risk_limits import MONEY, PERCENT, Limit, LimitName, Scope
from desk import access, identity, masters, risk_limits, risk_status, risk_switch

OVER = one_of("ACCOUNT", "USER", "MARKET")


def status(call: Call) -> Reply:
    """State, usage of each limit, restrictions and the newest decisions."""
    fields = call.query()
    account = call.account(fields)
    fields.close()
    return Reply(200, risk_status.status(call.database, account()))


def kill(call: Call) -> Reply:
    """Press the kill switch of an account, of all books of a user, or of a market."""
    access.require_write(call.principal)
    fields = call.body()
    scope, named, user, market = _over(fields)
    flatten = bool(fields.may("flatten", flag))
    fields.close()
    who, database = call.principal, call.database
    if scope == "MARKET":
        access.require_admin(who)
        return Reply(200, risk_switch.kill_market(database, who, market or "", flatten))
    if scope == "USER":
        number, name = _user(call, user)
        return Reply(200, risk_switch.kill_user(database, who, number, name, flatten))
    return Reply(200, risk_switch.kill(database, who, access.account(database, who, named), flatten))


def rearm(call: Call) -> Reply:
    """Let go of a kill switch, or of a state that a loss led to."""
    access.require_write(call.principal)
    fields = call.body()
    scope, named, user, market = _over(fields)
    fields.close()
    who, database = call.principal, call.database
    if scope == "MARKET":
        access.require_admin(who)
        return Reply(200, risk_switch.rearm_market(database, who, market or ""))
    if scope == "USER":
        number, name = _user(call, user)
        return Reply(200, risk_switch.rearm_user(database, who, number, name))
    return Reply(200, risk_switch.rearm(database, who, access.account(database, who, named)))


def _over(fields: Fields) -> tuple[str, str | None, str | None, str | None]:
    scope = fields.may("scope", OVER) or "ACCOUNT"
    found = scope, fields.may("account", account_key), fields.may("user", text), fields.may("market", text)
    _only(fields, "account", scope == "ACCOUNT")
    _only(fields, "user", scope == "USER")
    _only(fields, "market", scope == "MARKET")
    return found


def _only(fields: Fields, name: str, fits: bool) -> None:
    """Refuse a field that goes with another scope: passed over, it would seem to have been heard."""
    if fields.has(name) and not fits:
        raise bad(f"The field {name} goes with another scope. Leave it out, or send that scope.", name)


def _user(call: Call, name: str | None) -> tuple[int, str]:
    """Oneself, or for an administrator the user named."""
    who = call.principal
    if name is None or name == who.name:
        return who.user_id, who.name
    access.require_admin(who)
    found = identity.find(call.database, name)
    return found.id, found.name


def limits(call: Call) -> Reply:
    """Every limit in force, for administrators."""
    after, limit = wanted(call, cursor)
    access.require_admin(call.principal)
    return page_of(risk_limits.rows(call.database), after, limit, risk_status.limit_row, lambda each: str(each.id))


def set_limit(call: Call) -> Reply:
    """Set a limit: money in rupees, percentages in percent, the others whole numbers."""
    access.require_write(call.principal)
    fields = call.body()
    scope = fields.need("scope", choice(Scope))
    named, user = fields.may("account", account_key), fields.may("user", text)
    instrument = fields.may("instrument", key)
    name = fields.need("name", choice(LimitName))
    sent = fields.need("value", amount)
    fields.close()
    _only(fields, "user", scope is Scope.USER)
    _only(fields, "instrument", scope in (Scope.INSTRUMENT, Scope.GROUP))
    value = sent if name in MONEY | PERCENT else sent // 100
    if name not in MONEY | PERCENT and sent % 100:
        raise bad("Send a whole number here.", "value")
    account, subject = None, 0
    if scope is Scope.ACCOUNT or not call.principal.is_admin:
        account = access.account(call.database, call.principal, named)
        subject = account.id if scope is Scope.ACCOUNT else account.user_id if scope is Scope.USER else 0
    if scope is Scope.USER and call.principal.is_admin:
        subject = _user(call, user)[0]
    if scope in (Scope.INSTRUMENT, Scope.GROUP):
        found = masters.get(call.database).by_key.get(instrument or "")
        if found is None:
            raise Refusal(Reason.UNKNOWN_INSTRUMENT, "Name the instrument, such as NSE:INFY.", "instrument")
        subject = found.id if scope is Scope.INSTRUMENT else found.margin_underlying
    row = Limit(0, scope, subject, name, value, masters.get(call.database).on, None, "", False)
    number = risk_limits.set_limit(call.database, call.principal, row, account)
    return Reply(201, {"id": str(number), "name": name, "value": risk_status.plain(name, value)})


def end_limit(call: Call) -> Reply:
    """End a limit from now on."""
    access.require_write(call.principal)
    number = call.number("limit_id")
    fields = call.query()
    account = call.account(fields)
    fields.close()
    found = None if call.principal.is_admin else account()
    risk_limits.end_limit(call.database, call.principal, number, found)
    return Reply(204)


def restrict(call: Call) -> Reply:
    """Restrict an instrument from today on. For administrators."""
    access.require_admin(call.principal)
    fields = call.body()
    instrument = fields.need("instrument", key)
    kind = fields.need("kind", choice(Restriction))
    note = fields.may("note", text)
    fields.close()
    number = risk_limits.restrict(call.database, call.principal, instrument, kind, note or "")
    return Reply(201, {"id": str(number), "instrument": instrument, "kind": kind})


def lift(call: Call) -> Reply:
    """Lift a restriction. For administrators."""
    access.require_admin(call.principal)
    number = call.number("restriction_id")
    call.query().close()
    risk_limits.lift(call.database, call.principal, number)
    return Reply(204)


_OVER = ("scope", "account", "user", "market")
_SET = ("scope", "account", "user", "instrument", "name", "value")
ENDPOINTS = (
    Endpoint("GET", "/risk", status, "How an account stands with risk", query=("account",)),
    Endpoint("POST", "/risk/kill", kill, "Press a kill switch", body=(*_OVER, "flatten"), free=True),
    Endpoint("POST", "/risk/rearm", rearm, "Re-arm what was stopped", body=_OVER),
    Endpoint("GET", "/risk/limits", limits, "Every limit in force", query=PAGED),
    Endpoint("POST", "/risk/limits", set_limit, "Set a limit", body=_SET, status=201),
    Endpoint("DELETE", "/risk/limits/{limit_id}", end_limit, "End a limit", query=("account",), status=204),
    Endpoint(
        "POST",
        "/risk/restrictions",
        restrict,
        "Restrict an instrument",
        body=("instrument", "kind", "note"),
        status=201,
    ),
    Endpoint("DELETE", "/risk/restrictions/{restriction_id}", lift, "Lift a restriction", status=204),
)
