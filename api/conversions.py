"""Positions over HTTP: to another product, or closed."""

from api.call import Call, Endpoint
from api.fields import Fields
from api.orders import reply_of
from api.readers import choice, quantity
from api.reply import Reply
from core.conversion import ConvertPosition
from core.orders import Product
from desk import access, converting, trading

EXIT = ("account", "symbol", "exchange", "product")
CONVERT = ("account", "symbol", "exchange", "from", "to", "quantity")


def wish_of(call: Call, fields: Fields) -> ConvertPosition:
    """The conversion that a body asks for; closes the fields, so that every wrong one is told at once."""
    instrument = call.instrument(fields)
    source = fields.need("from", choice(Product))
    target = fields.need("to", choice(Product))
    units = fields.need("quantity", quantity)
    fields.close()
    return ConvertPosition(instrument().id, source, target, units)


def convert(call: Call) -> Reply:
    """Convert a position, or part of one."""
    access.require_write(call.principal)
    fields = call.body()
    account = call.account(fields)
    wish = wish_of(call, fields)
    found = account(write=True)
    return reply_of(converting.convert_position(call.database, call.principal.name, found.id, wish, call.key))


def estimate(call: Call) -> Reply:
    """What a conversion would need and set free."""
    fields = call.body()
    account = call.account(fields)
    wish = wish_of(call, fields)
    return Reply(200, converting.estimate(call.database, account().id, wish))


def leave(call: Call) -> Reply:
    """Close a position at the market: the orders that do, none where nothing is left to close."""
    access.require_write(call.principal)
    fields = call.body()
    account = call.account(fields)
    instrument = call.instrument(fields)
    product = fields.need("product", choice(Product))
    fields.close()
    found = account(write=True)
    answers = trading.exit_position(
        call.database, call.principal.name, found.id, instrument().id, str(product), call.key
    )
    refused = next((each for each in answers if not each.ok), None)
    if refused is not None:
        return reply_of(refused)
    return Reply(200, {"items": [each.body for each in answers], "next": None, "version": None})


ENDPOINTS = (
    Endpoint("POST", "/positions/exit", leave, "Close a position", keyed=True, body=EXIT, free=True),
    Endpoint("POST", "/positions/convert", convert, "Convert a position", keyed=True, body=CONVERT, status=201),
    Endpoint("POST", "/positions/convert/estimate", estimate, "What a conversion would need", body=CONVERT),
)
