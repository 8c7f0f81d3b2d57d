"""Limits and restrictions as people set them: an administrator any, an owner tighter ones for their own books."""

from dataclasses import replace
from datetime import date, timedelta

import settings
from core.reasons import Reason, Refusal
from core.risk_facts import Restriction, RestrictionRow
from core.risk_limits import Limit, LimitName, Scope, pace_of, tighter, tightest
from db import audit, risk_rows, risk_state
from db.engine import Database, retrying
from desk import masters
from desk.access import AccountRef, require_unbound
from desk.principal import Principal

LARGEST = 10**17


def limits_of(database: Database, account: AccountRef) -> dict[LimitName, int]:
    """The limits that hold for an account today, whatever the instrument."""
    with database.connection() as connection:
        on = risk_state.trading_date(connection, account.market)
        book = risk_rows.book(connection)
    return book.limits_of(account.id, account.user_id, None, on, settings.load().kagaz_order_rate)


def rows(database: Database) -> list[Limit]:
    """Every row that holds today or will, in the order in which they were set. For administrators."""
    today = masters.get(database).on
    with database.connection() as connection:
        book = risk_rows.book(connection)
    found = [row for each in book.limits.values() for row in each if row.ends is None or row.ends >= today]
    return sorted(found, key=lambda row: (list(Scope).index(row.scope), row.subject, row.name, row.id))


def set_limit(database: Database, who: Principal, wanted: Limit, account: AccountRef | None = None) -> int:
    """Set a limit from ``wanted.starts`` on, in place of what the same kind of person set there; its number.

    ``account`` is whose owner asks, where no administrator does: then the scope is that account or its user, and
    the value tighter than what administrators allow. Raises LIMIT_NOT_YOURS.
    """
    if not 0 <= wanted.value <= LARGEST:
        raise Refusal(Reason.BAD_INPUT, "A limit is 0 or more. Leave it out to have none.", "value")
    _within_its_account(who, wanted)
    row = replace(wanted, set_by=who.name, by_admin=who.is_admin)
    if not who.is_admin:
        _tightens(database, who, row, account)

    def act() -> int:
        with database.connection() as connection:
            same = [
                each
                for each in risk_rows.book(connection).limits.get((row.scope, row.subject), ())
                if each.name is row.name and each.by_admin == row.by_admin
            ]
            for each in same:
                risk_rows.end_limit(connection, each.id, row.starts - timedelta(days=1))
            number = risk_rows.add_limit(connection, row)
            detail = {"scope": row.scope, "subject": row.subject, "name": row.name, "value": row.value}
            audit.append(connection, who.name, "LIMIT_SET", row.name, user_id=who.user_id or None, detail=detail)
        return number

    return retrying(act)


def end_limit(database: Database, who: Principal, number: int, account: AccountRef | None = None) -> None:
    """Let a limit hold no more, from today on. An owner ends what an owner set; an administrator any."""
    today = masters.get(database).on

    def act() -> None:
        with database.connection() as connection:
            found = [row for each in risk_rows.book(connection).limits.values() for row in each if row.id == number]
            if not found or not (who.is_admin or (account is not None and _concerns(found[0], account))):
                raise Refusal(Reason.NOT_FOUND, "There is no such limit.", "limit_id")
            _within_its_account(who, found[0])
            if found[0].by_admin and not who.is_admin:
                sentence = f"{found[0].set_by} set this limit as an administrator, who alone ends it."
                raise Refusal(Reason.LIMIT_NOT_YOURS, sentence, "limit_id")
            risk_rows.end_limit(connection, number, today - timedelta(days=1))
            audit.append(connection, who.name, "LIMIT_ENDED", found[0].name, user_id=who.user_id or None)

    retrying(act)


def restrictions(database: Database) -> list[RestrictionRow]:
    """What is said of instruments today."""
    today = masters.get(database).on
    with database.connection() as connection:
        book = risk_rows.book(connection)
    return [row for each in book.restrictions.values() for row in each if row.holds(today)]


def restrict(
    database: Database, who: Principal, key: str, kind: Restriction, note: str, ends: date | None = None
) -> int:
    """Restrict an instrument from today on; the row's number. For administrators."""
    _admin(who)
    master = masters.get(database)
    one = master.by_key.get(key)
    if one is None:
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, f"There is no {key}. Search for its symbol.", "symbol")

    def act() -> int:
        with database.connection() as connection:
            row = RestrictionRow(0, one.id, kind, note.strip()[:200], master.on, ends, who.name)
            number = risk_rows.add_restriction(connection, row)
            detail = {"kind": kind, "note": row.note}
            audit.append(connection, who.name, "RESTRICTED", key, user_id=who.user_id or None, detail=detail)
        return number

    return retrying(act)


def lift(database: Database, who: Principal, number: int) -> None:
    """End a restriction today. For administrators."""
    _admin(who)
    today = masters.get(database).on

    def act() -> None:
        with database.connection() as connection:
            if not risk_rows.lift_restriction(connection, number, today - timedelta(days=1)):
                raise Refusal(Reason.NOT_FOUND, "There is no such restriction.", "restriction_id")
            audit.append(connection, who.name, "RESTRICTION_LIFTED", str(number), user_id=who.user_id or None)

    retrying(act)


def _concerns(row: Limit, account: AccountRef) -> bool:
    own = {Scope.ACCOUNT: account.id, Scope.USER: account.user_id}
    return row.scope in own and own[row.scope] == row.subject


def _within_its_account(who: Principal, row: Limit) -> None:
    """Refuse a token for one account where the limit is of anything else."""
    if (row.scope, row.subject) != (Scope.ACCOUNT, who.account_id):
        require_unbound(who)


def _tightens(database: Database, who: Principal, row: Limit, account: AccountRef | None) -> None:
    if account is None or account.user_id != who.user_id or not who.may_write or not _concerns(row, account):
        raise Refusal(Reason.LIMIT_NOT_YOURS, "You set limits for your own books. Ask an administrator for others.")
    with database.connection() as connection:
        book = risk_rows.book(connection)
    theirs = [each for each in book.rows(account.id, account.user_id, None, row.starts) if each.by_admin]
    most = tightest(theirs, pace_of(settings.load().kagaz_order_rate)).get(row.name)
    if most is not None and tighter(row.name, most, row.value) != row.value:
        sentence = f"The limit in force is {most}: yours may only be tighter. Ask an administrator to loosen it."
        raise Refusal(Reason.LIMIT_NOT_YOURS, sentence, "value", numbers={"limit": most})


def _admin(who: Principal) -> None:
    if not who.is_admin or not who.may_write:
        raise Refusal(Reason.FORBIDDEN, "Only an administrator may do this.")
    require_unbound(who)
