"""What an account holds and did: wallet, ledger, trades, positions, holdings; deposits and withdrawals."""

from collections.abc import Callable
from typing import Any

from api.call import Call, Endpoint, Handler
from api.orders import reply_of
from api.readers import amount, count, cursor, day
from api.reply import Reply
from desk import access, screens, wallet
from desk.access import AccountRef
from desk.answers import Answer

Screen = Callable[[Any, AccountRef], dict[str, Any]]
Move = Callable[[Any, str, int, int, str | None], Answer]


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
    call.query().close()
    rows = [
        {
            "account": each.key,
            "market": each.market,
            "archived": each.archived,
            "own": each.user_id == call.principal.user_id,
        }
        for each in access.accounts(call.database, call.principal)
    ]
    return Reply(200, {"items": rows, "next": None, "version": None})


def moving(move: Move) -> Handler:
    """A deposit or a withdrawal: the wallet after it."""

    def handler(call: Call) -> Reply:
        access.require_write(call.principal)
        fields = call.body()
        account = call.account(fields)
        paise = fields.need("amount", amount)
        fields.close()
        found = account(write=True)
        answer = move(call.database, call.principal.name, found.id, paise, call.key)
        if answer.ok:
            answer = Answer(answer.status, screens.wallet(call.database, found), answer.replayed)
        return reply_of(answer)

    return handler


_PAGED = ("account", "date", "cursor", "limit")
_MOVED = ("account", "amount")
ENDPOINTS = (
    Endpoint("GET", "/accounts", accounts, "Accounts one may read"),
    Endpoint("GET", "/trades", trades, "Trades of a day", query=_PAGED),
    Endpoint("GET", "/positions", whole(screens.positions), "Positions", query=("account",)),
    Endpoint("GET", "/holdings", whole(screens.holdings), "Holdings", query=("account",)),
    Endpoint("GET", "/margins", margins, "Margins by group", query=("account",)),
    Endpoint("GET", "/wallet", whole(screens.wallet), "Balances and today's figures", query=("account",)),
    Endpoint("GET", "/wallet/ledger", ledger, "Movements of money", query=_PAGED),
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
)
