"""Positions, holdings, and a position that changes its product."""

from core.conversion import ConvertPosition
from core.orders import Product, Side
from core.reasons import Reason, Refusal
from desk import converting, masters, today
from gateway.call import Call, Endpoint
from gateway.form import choice, one_of, quantity
from gateway.position_rows import holding_row, position_rows
from gateway.reply import Reply, problem, success


def positions(call: Call) -> Reply:
    """Net positions, and those of today's trades alone."""
    found, closes = today.positions(call.database, call.account())
    net, day = position_rows(found, closes, masters.get(call.database).by_id)
    return success({"net": net, "day": day})


def convert(call: Call) -> Reply:
    """Convert a position, or part of one, to another product."""
    form = call.form()
    account = call.account(write=True)
    instrument = call.instrument(form)
    side = form.need("transaction_type", choice(Side))
    form.need("position_type", one_of("day", "overnight"))
    units = form.need("quantity", quantity)
    source, target = form.need("old_product", choice(Product)), form.need("new_product", choice(Product))
    held = next(
        (
            each.quantity
            for each in today.positions(call.database, account)[0]
            if each.instrument_id == instrument.id and each.product == source
        ),
        0,
    )
    if held * side.sign <= 0:
        word = "bought" if side is Side.BUY else "sold short"
        sentence = f"There is no {source} position of {instrument.key} that was {word}."
        raise Refusal(Reason.POSITION_NOT_HELD, sentence, "transaction_type")
    wish = ConvertPosition(instrument.id, source, target, units)
    answer = converting.convert_position(call.database, call.principal.name, account.id, wish)
    return success(True) if answer.ok else problem(answer)


def holdings(call: Call) -> Reply:
    """Shares bought before today."""
    by_id = masters.get(call.database).by_id
    return success(
        [holding_row(each, by_id[each.instrument_id]) for each in today.holdings(call.database, call.account())]
    )


def auctions(call: Call) -> Reply:
    """Shares that an auction asks for: none, since deliveries never fall short here."""
    return success([])


ENDPOINTS = (
    Endpoint("GET", "/portfolio/positions", positions),
    Endpoint("PUT", "/portfolio/positions", convert),
    Endpoint("GET", "/portfolio/holdings", holdings),
    Endpoint("GET", "/portfolio/holdings/auctions", auctions),
)
