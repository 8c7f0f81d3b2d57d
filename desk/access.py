"""Which accounts a principal may read and write.

A trader reads and writes their own; whom an account was shared with reads it; an administrator reads
all and writes their own. A book in an owner's live market is read by that owner alone. What somebody may
not see does not exist for them: the answer is the same 404 as for an invented name.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.reasons import Reason, Refusal
from db import access as rows
from db import audit
from db import identity as user_rows
from db.access import AccountRow
from db.engine import Database
from desk.principal import Principal
from desk.remember import foresee as foresee_all
from desk.remember import forget_all, remembered

__all__ = [
    "AccountRef",
    "Principal",
    "account",
    "account_of_gtt",
    "account_of_order",
    "account_of_price_alert",
    "accounts",
    "add_account",
    "by_key",
    "foresee",
    "require_admin",
    "require_session",
    "require_unbound",
    "require_write",
]

# user/book, then perhaps @market for a market that is not running, ~id for an archived account.
_KEY = re.compile(
    r"([a-z0-9][a-z0-9._-]{0,31})/([a-z0-9][a-z0-9._-]{0,31})(?:@([a-z0-9._/-]{1,64}))?(?:~([0-9]{1,18}))?",
    re.ASCII,
)


MOST_BOOKS = 20
"""Living books of one user in one market: each is checked, carried over and held in memory day by day."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account by the name that programs and screens use, such as ``alice/main``. ``live``: its market shows a
    vendor's prices to their owner alone."""

    id: int
    key: str
    user_id: int
    market: str
    name: str
    archived: bool
    live: bool = False


def accounts(database: Database, principal: Principal) -> list[AccountRef]:
    """Every account the principal may read: own first, living before archived, ``main`` first."""

    return list(_readable(database, principal, principal.is_admin))


def _readable(database: Database, principal: Principal, everyone: bool) -> list[AccountRef]:
    """One statement and no transaction round it: every page and request asks this."""

    def ask() -> list[AccountRef]:
        with database.autocommit() as connection:
            found = rows.accounts(connection, principal.user_id, everyone, principal.account_id)
        return [_ref(row) for row in found]

    return remembered(database, _readable_key(principal, everyone), ask)


def foresee(database: Database, askers: Sequence[Principal]) -> None:
    """Look at the accounts of many at once, so that ``account`` without a name, or with the name of one's own, need not
    ask for each of them in the next second."""

    def ask(keys: Sequence[tuple[str, int, bool, int | None]]) -> dict[tuple[str, int, bool, int | None], Any]:
        with database.autocommit() as connection:
            found = rows.accounts_of(connection, [(user_id, only) for _, user_id, _, only in keys])
        return {key: [_ref(row) for row in mine] for key, mine in zip(keys, found, strict=True)}

    foresee_all(database, [_readable_key(each, False) for each in askers], ask)


def _readable_key(principal: Principal, everyone: bool) -> tuple[str, int, bool, int | None]:
    """What the accounts that somebody may read are remembered by."""
    return ("accounts", principal.user_id, everyone, principal.account_id)


def account(database: Database, principal: Principal, key: str | None = None, write: bool = False) -> AccountRef:
    """The account named, or the principal's own when none is.

    Raises Refusal: FORBIDDEN for who writes nothing (or another's account, to an administrator),
    UNKNOWN_ACCOUNT for what the principal may not see, ACCOUNT_ARCHIVED for a write to an old book.
    """
    if write:
        require_write(principal)
    if key is None:
        found = _default(database, principal)
    else:
        memory = ("account", principal.user_id, principal.role, principal.account_id, key)
        found = remembered(database, memory, lambda: _named(database, principal, key))
    if write:
        _check_write(principal, found)
    return found


def account_of_order(
    database: Database, principal: Principal, order_id: int, key: str | None = None, write: bool = False
) -> AccountRef:
    """The account an order belongs to. UNKNOWN_ORDER when it is not the principal's to see."""
    unknown = Refusal(Reason.UNKNOWN_ORDER, "There is no such order.", field="order_id")
    return _account_of(database, principal, rows.account_of_order, order_id, unknown, key, write)


def account_of_gtt(
    database: Database, principal: Principal, gtt_id: int, key: str | None = None, write: bool = False
) -> AccountRef:
    """The account a GTT belongs to. UNKNOWN_GTT when it is not the principal's to see."""
    unknown = Refusal(Reason.UNKNOWN_GTT, "There is no such GTT.", field="gtt_id")
    return _account_of(database, principal, rows.account_of_gtt, gtt_id, unknown, key, write)


def account_of_price_alert(
    database: Database, principal: Principal, alert_id: int, key: str | None = None, write: bool = False
) -> AccountRef:
    """The account a price alert belongs to. UNKNOWN_ALERT when it is not the principal's to see."""
    unknown = Refusal(Reason.UNKNOWN_ALERT, "There is no such alert.", field="price_alert_id")
    return _account_of(database, principal, rows.account_of_price_alert, alert_id, unknown, key, write)


def _account_of(
    database: Database, principal: Principal, find: Callable[[Any, int, int, bool], AccountRow | None], number: int,
    unknown: Refusal, key: str | None, write: bool,
) -> AccountRef:  # fmt: skip
    if write:
        require_write(principal)
    if not 0 < number < 2**63:
        raise unknown
    with database.connection() as connection:
        row = find(connection, number, principal.user_id, principal.is_admin)
    if row is None or principal.account_id not in (None, row.id):
        raise unknown
    found = _ref(row)
    if key is not None and account(database, principal, key).id != found.id:
        raise unknown
    if write:
        _check_write(principal, found)
    return found


def by_key(database: Database, key: str) -> AccountRef:
    """The account of that name whoever asks: for the command line, where the operator is root."""
    owner, name, market, number = _parts(key)
    with database.connection() as connection:
        found = rows.accounts_named(connection, owner, name)
    return _pick(found, market, number)


def require_write(principal: Principal) -> None:
    """Refuse an analyst, and a token that may only read."""
    if principal.role == "analyst":
        raise Refusal(Reason.FORBIDDEN, "An analyst reads and changes nothing.")
    if not principal.may_write:
        raise Refusal(Reason.FORBIDDEN, "This token may only read. Make one with the scope trade.")


def require_admin(principal: Principal) -> None:
    """Refuse everyone but an administrator."""
    if not principal.is_admin:
        raise Refusal(Reason.FORBIDDEN, "Only an administrator may do this.")


def require_unbound(principal: Principal) -> None:
    """Refuse a token that was made for one account, where something else than that account would change."""
    if principal.account_id is not None:
        raise Refusal(Reason.FORBIDDEN, "This token is for one account and changes that alone. Use one for them all.")


def require_session(principal: Principal) -> None:
    """Refuse a token where only who is signed in may act: a leaked token must not make itself another."""
    if principal.session_public_id is None:
        raise Refusal(
            Reason.FORBIDDEN, "A token may not do this: it takes the session of somebody who signed in on the page."
        )


def add_account(database: Database, principal: Principal, name: str) -> AccountRef:
    """A new empty book in the running market for the principal, such as one more for a strategy."""
    require_write(principal)
    require_unbound(principal)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,31}", name, re.ASCII):
        sentence = "A book's name has 1 to 32 small letters, digits, dots, dashes or underscores."
        raise Refusal(Reason.BAD_INPUT, sentence, field="name")
    with database.connection() as connection:
        market = rows.running_market(connection)
        if market is None:
            raise Refusal(Reason.MARKET_STOPPED, "No market is running. Try again when one is.")
        user_rows.lock_user(connection, principal.user_id)
        if rows.books_of(connection, principal.user_id, market[0]) >= MOST_BOOKS:
            sentence = f"You have {MOST_BOOKS} books, the most there may be. Reset one of them to begin it anew."
            raise Refusal(Reason.BAD_INPUT, sentence, field="name", numbers={"limit": MOST_BOOKS})
        account_id = rows.insert_account(connection, principal.user_id, market[0], name, market[1])
        if account_id is None:
            raise Refusal(Reason.BAD_INPUT, "You have a book of that name. Choose another.", field="name")
        key = f"{principal.name}/{name}"
        audit.append(connection, principal.name, "ACCOUNT_ADDED", key, user_id=principal.user_id)
    forget_all()
    return AccountRef(account_id, key, principal.user_id, market[0], name, archived=False)


def _named(database: Database, principal: Principal, key: str) -> AccountRef:
    """One's own living account, where only one of that name is: most ask for it. Any other is looked for."""
    owner, name, market, number = _parts(key)
    if owner == principal.name and market is None and number is None:
        readable = _readable(database, principal, False)
        mine = [each for each in readable if each.user_id == principal.user_id and each.name == name]
        living = [each for each in mine if not each.archived]
        if len(living) == 1:
            return living[0]
    return _find(database, principal, key)


def _find(database: Database, principal: Principal, key: str) -> AccountRef:
    owner, name, market, number = _parts(key)
    with database.connection() as connection:
        found = [
            row
            for row in rows.accounts_named(connection, owner, name)
            if principal.account_id in (None, row.id)
            and rows.visible(connection, row.id, principal.user_id, principal.is_admin)
        ]
    return _pick(found, market, number)


def _default(database: Database, principal: Principal) -> AccountRef:
    """The token's account, else one's own; for an analyst, whose own book stays empty, the first shared."""
    found = _readable(database, principal, False)
    living = [each for each in found if not each.archived]
    if principal.role == "analyst":
        living.sort(key=lambda each: each.user_id == principal.user_id)
    if living or found:
        return (living or found)[0]
    raise Refusal(Reason.UNKNOWN_ACCOUNT, "You have no account yet. Open one first.", field="account")


def _check_write(principal: Principal, found: AccountRef) -> None:
    if found.user_id != principal.user_id:
        raise Refusal(Reason.FORBIDDEN, "Only its owner trades on this account.", field="account")
    if found.archived:
        sentence = "This account is archived. Trade on the one that took its place."
        raise Refusal(Reason.ACCOUNT_ARCHIVED, sentence, field="account")


def _parts(key: str) -> tuple[str, str, str | None, int | None]:
    found = _KEY.fullmatch(key)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", field="account")
    owner, name, market, number = found.groups()
    return owner, name, market, None if number is None else int(number)


def _pick(found: list[AccountRow], market: str | None, number: int | None) -> AccountRef:
    for row in found:
        if number is None and row.archived:
            continue
        if market in (None, row.market) and number in (None, row.id):
            return _ref(row)
    raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", field="account")


def _ref(row: AccountRow) -> AccountRef:
    key = f"{row.owner}/{row.name}"
    if row.archived:
        key += f"~{row.id}"
    elif not row.running:
        key += f"@{row.market}"
    return AccountRef(row.id, key, row.user_id, row.market, row.name, row.archived, row.live)
