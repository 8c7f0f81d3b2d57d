"""What orders would need and be charged, alone and together."""

from collections.abc import Sequence
from typing import Any

from core.charges import Heads
from core.instruments import DERIVATIVES, Instrument
from core.money import as_number
from core.orders import OrderType, PlaceOrder, Product, Side
from core.reasons import Reason, Refusal
from desk import baskets, estimate, masters, virtual_note
from gateway.call import Call, Endpoint
from gateway.form import Form, bad, choice, flag, one_of, price, quantity
from gateway.json_orders import orders_of
from gateway.orders import VARIETIES, wish_of
from gateway.reply import Reply, success

Row = dict[str, Any]
ZERO_PNL = {"realised": 0, "unrealised": 0}
# Digits of rupees that tell any charge exactly enough; what is beyond them is noise of the arithmetic.
UNROUNDED = 8


def _wishes(call: Call) -> list[PlaceOrder]:
    return [wish_of(call, each, "regular") for each in orders_of(call.raw_body)]


def margins(call: Call) -> Reply:
    """What each order would need beside what the account holds, by itself."""
    wishes = _wishes(call)
    return success(_rows(call, wishes))


def _rows(call: Call, wishes: Sequence[PlaceOrder]) -> list[Row]:
    by_id = masters.get(call.database).by_id
    found = estimate.of_orders(call.database, call.account().id, wishes)
    return [margin_row(by_id[wish.instrument_id], body) for wish, body in zip(wishes, found, strict=True)]


def margin_row(one: Instrument, body: Row) -> Row:
    """An order's margin in a broker's heads. Raises what refuses an order that has no figures."""
    if body["margin"] is None:
        (first, *_) = body["refusals"]
        raise Refusal(Reason(first["reason_code"]), first["detail"], first["field"])
    parts = body["parts"] or {"span": 0, "exposure": 0, "additional": 0, "delivery": 0, "option_premium": 0}
    shares = one.kind not in DERIVATIVES
    total = body["margin"] if shares else parts["total"]
    return {
        "type": "equity",
        "tradingsymbol": one.symbol,
        "exchange": one.exchange,
        "span": parts["span"],
        "exposure": parts["exposure"],
        "option_premium": parts["option_premium"],
        "additional": round(parts["additional"] + parts["delivery"], 2),
        "bo": 0,
        "cash": 0,
        "var": total if shares else 0,
        "pnl": ZERO_PNL,
        "leverage": round(body["value"] / total, 2) if shares and total else 1,
        "charges": charges_row(body["charges"]),
        "total": total,
    }


def charges_row(heads: Row, digits: int = 2) -> Row:
    """Charges, of a row of heads in rupees, in a broker's words; the parts add up to the total, to so many digits."""
    gst = heads["gst"]
    return {
        "transaction_tax": heads["stt"],
        "transaction_tax_type": "stt",
        "exchange_turnover_charge": round(heads["exchange"] + heads["ipft"], digits),
        "sebi_turnover_charge": heads["sebi"],
        "brokerage": heads["brokerage"],
        "stamp_duty": heads["stamp"],
        "gst": {"igst": gst, "cgst": 0, "sgst": 0, "total": gst},
        "total": round(heads["total"] - heads["dp"], digits),
    }


def basket(call: Call) -> Reply:
    """What orders need together: one by one (``initial``), and after all of them are filled (``final``)."""
    sent = call.query()
    with_positions = sent.may("consider_positions", flag)
    compact = sent.may("mode", one_of("compact")) is not None
    wishes = _wishes(call)
    rows = _rows(call, wishes)
    found = baskets.margin(call.database, call.account().id, wishes, with_positions=with_positions is not False)
    return success(
        {
            "initial": _sum(rows),
            "final": _final(call, wishes, found),
            "orders": [] if compact else rows,
            "charges": charges_row(found["charges"] | {"dp": 0}),
        }
    )


_HEADS = ("span", "exposure", "option_premium", "additional", "bo", "cash", "var", "total")


def _whole(values: Row) -> Row:
    return {
        "type": "",
        "tradingsymbol": "",
        "exchange": "",
        **{head: round(values.get(head, 0), 2) for head in _HEADS},
        "pnl": ZERO_PNL,
        "leverage": 0,
        "charges": charges_row(Heads().in_rupees()),
    }


def _sum(rows: Sequence[Row]) -> Row:
    return _whole({head: sum(row[head] for row in rows) for head in _HEADS})


def _final(call: Call, wishes: Sequence[PlaceOrder], found: Row) -> Row:
    """What stays tied up. What is no margin is what was paid: premium, or the price of shares."""
    parts = found["parts"]
    total = found["final"] - found["charges"]["total"]
    added = round(parts["additional"] + parts["delivery"], 2)
    paid = total - parts["span"] - parts["exposure"] - added
    by_id = masters.get(call.database).by_id
    contracts = all(by_id[each.instrument_id].kind in DERIVATIVES for each in wishes)
    own = {"additional": added, "option_premium" if contracts else "var": paid, "total": total}
    return _whole({**parts, **own})


def charges(call: Call) -> Reply:
    """The charges of orders at the prices that they were filled at, whether or not they are ours."""
    asked = [_traded(call, each) for each in orders_of(call.raw_body)]
    found = virtual_note.charges(call.database, call.account(), [each.traded for each in asked])
    return success([each.row(heads) for each, heads in zip(asked, found, strict=True)])


class _Asked:
    """An order whose charges are asked for, with the words that the answer repeats."""

    def __init__(self, one: Instrument, form: Form) -> None:
        self.one = one
        self.side = form.need("transaction_type", choice(Side))
        self.product = form.need("product", choice(Product))
        self.units = form.need("quantity", quantity)
        self.price = form.need("average_price", price)
        variety, order_type = (
            form.may("variety", one_of(*VARIETIES, "auction")),
            form.may("order_type", choice(OrderType)),
        )
        self.words = {"variety": variety or "", "order_type": str(order_type or "")}
        if self.units * self.price > virtual_note.MOST:
            raise bad("This order is larger than anything traded here.", "quantity")

    @property
    def traded(self) -> virtual_note.Traded:
        """What charges are worked out on."""
        return virtual_note.Traded(self.one, self.side, self.product, self.units * self.price)

    def row(self, heads: Row) -> Row:
        """The answer's row: its charges are not rounded, as those of a contract note are."""
        return {
            "transaction_type": str(self.side),
            "tradingsymbol": self.one.symbol,
            "exchange": self.one.exchange,
            **self.words,
            "product": str(self.product),
            "quantity": self.units,
            "price": as_number(self.price),
            "charges": charges_row(heads, UNROUNDED),
        }


def _traded(call: Call, form: Form) -> _Asked:
    return _Asked(call.instrument(form), form)


ENDPOINTS = (
    Endpoint("POST", "/margins/orders", margins, json=True),
    Endpoint("POST", "/margins/basket", basket, json=True),
    Endpoint("POST", "/charges/orders", charges, json=True),
)
