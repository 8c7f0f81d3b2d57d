"""What an account holds and did: wallet, ledger, trades, positions, holdings; deposits and withdrawals."""

from collections.abc import Callable
from typing import Any

from api.call import Call, Endpoint, Handler
from api.orders import reply_of
from api.paging import PAGED, USUAL, mark, marked, page, page_of, wanted
from api.parsing import bad
from api.readers import amount, count, cursor, day, text
from api.reply import Reply
from desk import access, screens, sharing, wallet
from desk.access import AccountRef
from desk.answers import Answer
from desk.identity import Principal

Screen = Callable[[Any, AccountRef], dict[str, Any]]
Move = Callable[[Any, str, int, int, str | None, str], Answer]


def whole(screen: Screen) -> Handler:
    """A screen of an account that has no pages."""

    def handler(call: Call) -> Reply:
        fields = call.query()
        account = call.account(fields)
        fields.close()
        return Reply(200, screen(call.database, account()))

    return handler


def trades(call: Call) -> Reply:
    """Trades of a date, newest first."""
    fields = call.query()
    account = call.account(fields)
    date = fields.may("date", day)
    after = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    return Reply(200, screens.trades(call.database, account(), date, after, limit or 100))


def ledger(call: Call) -> Reply:
    """Movements of money, newest first."""
    fields = call.query()
    account = call.account(fields)
    date = fields.may("date", day)
    after = fields.may("cursor", cursor)
    limit = fields.may("limit", count)
    fields.close()
    return Reply(200, screens.ledger(call.database, account(), after, limit or 100, date))


def margins(call: Call) -> Reply:
    """Margins by group, as the wallet counts them."""
    fields = call.query()
    account = call.account(fields)
    fields.close()
    found = screens.wallet(call.database, account())
    return Reply(200, {"items": found["margins"], "next": None, "version": found["version"]})


def accounts(call: Call) -> Reply:
    """The accounts one may read."""
    after, limit = wanted(call, cursor)
    found = access.accounts(call.database, call.principal)
    return page_of(found, after, limit, lambda each: _account(each, call), lambda each: str(each.id))


def _account(each: AccountRef, call: Call) -> dict[str, Any]:
    own = each.user_id == call.principal.user_id
    return {"account": each.key, "market": each.market, "archived": each.archived, "own": own}


def add_account(call: Call) -> Reply:
    """One more book of one's own in the running market, empty."""
    fields = call.body()
    name = fields.need("name", text)
    fields.close()
    return Reply(201, _account(access.add_account(call.database, call.principal, name), call))


def shares(call: Call) -> Reply:
    """Who else may read an account."""
    fields = call.query()
    account = call.account(fields)
    after, limit = fields.may("cursor", mark), fields.may("limit", count) or USUAL
    fields.close()
    names = sharing.shared_with(call.database, call.principal, account().key, after, limit + 1)
    return page(names, limit, lambda each: {"user": each}, marked)


def changing_shares(act: Callable[[Any, Principal, str, str], None], says: str, *, gives: bool) -> Handler:
    """Let somebody read an account, or no longer: what ``gives`` has a body."""

    def handler(call: Call) -> Reply:
        access.require_write(call.principal)
        fields = call.body() if gives else call.query()
        account = call.account(fields)
        user = fields.need("user", text)
        fields.close()
        found = account()
        act(call.database, call.principal, found.key, user)
        return Reply(204)

    handler.__doc__ = says
    return handler


def reason(value: Any) -> str:
    """Why money moves: a line for the ledger."""
    found = text(value)
    if len(found) > wallet.LONGEST_WHY or not found.isprintable() or found != found.strip():
        raise bad(f"Say why in one line of at most {wallet.LONGEST_WHY} characters.")
    return found


def reset(call: Call) -> Reply:
    """Start an account anew with so much cash; the old one is archived as it stands, nothing is erased."""
    access.require_write(call.principal)
    fields = call.body()
    account = call.account(fields)
    paise = fields.need("cash", amount)
    why = fields.may("why", reason)
    fields.close()
    found = account(write=True)
    return reply_of(wallet.reset(call.database, call.principal.name, found.id, paise, call.key, why or ""))


def moving(move: Move) -> Handler:
    """A deposit or a withdrawal: the wallet after it. ``why`` stands beside it in the ledger."""

    def handler(call: Call) -> Reply:
        access.require_write(call.principal)
        fields = call.body()
        account = call.account(fields)
        paise = fields.need("amount", amount)
        why = fields.may("why", reason)
        fields.close()
        found = account(write=True)
        answer = move(call.database, call.principal.name, found.id, paise, call.key, why or "")
        if answer.ok:
            answer = Answer(answer.status, screens.wallet(call.database, found), answer.replayed)
        return reply_of(answer)

    return handler


_OF_DAYS = ("account", "date", "cursor", "limit")
_MOVED = ("account", "amount", "why")
ENDPOINTS = (
    Endpoint("GET", "/accounts", accounts, "Accounts one may read", query=PAGED),
    Endpoint("POST", "/accounts", add_account, "Open one more book", body=("name",), status=201),
    Endpoint("GET", "/accounts/shares", shares, "Who may read an account", query=("account", *PAGED)),
    Endpoint(
        "PUT",
        "/accounts/shares",
        changing_shares(sharing.share, "Let another user read an account.", gives=True),
        "Share an account",
        body=("account", "user"),
        status=204,
    ),
    Endpoint(
        "DELETE",
        "/accounts/shares",
        changing_shares(sharing.unshare, "Take a share back.", gives=False),
        "Take a share back",
        query=("account", "user"),
        status=204,
    ),
    Endpoint("GET", "/trades", trades, "Trades of a day", query=_OF_DAYS),
    Endpoint("GET", "/positions", whole(screens.positions), "Positions", query=("account",)),
    Endpoint("GET", "/holdings", whole(screens.holdings), "Holdings", query=("account",)),
    Endpoint("GET", "/margins", margins, "Margins by group", query=("account",)),
    Endpoint("GET", "/wallet", whole(screens.wallet), "Balances and today's figures", query=("account",)),
    Endpoint("GET", "/wallet/ledger", ledger, "Movements of money", query=_OF_DAYS),
    Endpoint("POST", "/wallet/deposit", moving(wallet.deposit), "Add money", keyed=True, body=_MOVED, status=201),
    Endpoint(
        "POST",
        "/wallet/withdraw",
        moving(wallet.withdraw),
        "Take money out",
        keyed=True,
        body=_MOVED,
        status=201,
    ),
    Endpoint(
        "POST",
        "/wallet/reset",
        reset,
        "Start an account anew",
        keyed=True,
        body=("account", "cash", "why"),
        status=201,
    ),
)
