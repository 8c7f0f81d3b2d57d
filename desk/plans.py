"""Which broker plan an account is charged by: dated, changed by its owner or an administrator from the next date on."""

from core.reasons import Reason, Refusal
from db import audit
from db import contract_notes as rows
from db.engine import Database
from desk import market as markets
from desk.access import AccountRef, require_write
from desk.principal import Principal
from desk.rows import Row


def plans(database: Database) -> list[Row]:
    """Every plan: {plan, title, says}, the one that a new account has first."""
    with database.connection() as connection:
        return [dict(zip(("plan", "title", "says"), row, strict=True)) for row in rows.plans(connection)]


def current(database: Database, account: AccountRef) -> Row:
    """{plan, next_plan, next_from}: what an account is charged by today, and what waits for a later date."""
    with database.connection() as connection:
        found = rows.account_plan(connection, account.id)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")
    start = found["next_from"]
    return {
        "account": account.key,
        "plan": found["plan"],
        "next_plan": found["next_plan"],
        "next_from": None if start is None else start.isoformat(),
    }


def choose(database: Database, principal: Principal, account: AccountRef, plan: str) -> Row:
    """Charge an account by another plan from its next trading date on; ``current`` after it.

    Raises Refusal UNKNOWN_PLAN, and FORBIDDEN for whoever is neither its owner nor an administrator.
    """
    require_write(principal)
    if account.user_id != principal.user_id and not principal.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only its owner or an administrator changes an account's plan.", "account")
    if account.archived:
        raise Refusal(Reason.ACCOUNT_ARCHIVED, "The account was reset: it can be read, not changed.", "account")
    with database.connection() as connection:
        known = [row[0] for row in rows.plans(connection)]
        found = rows.account_plan(connection, account.id, lock=True)
        if plan not in known or found is None:
            raise Refusal(Reason.UNKNOWN_PLAN, f"There is no such plan. Choose one of {', '.join(known)}.", "plan")
        start = markets.calendar(database, found["session"]).next_trading_date(found["trading_date"])
        rows.choose_plan(connection, account.id, plan, start, principal.name)
        detail = {"plan": plan, "from": start.isoformat()}
        audit.append(connection, principal.name, "PLAN_CHOSEN", account.key, user_id=principal.user_id, detail=detail)
    return current(database, account)
