"""The statement of a day as a page to print: plain HTML that needs nothing from anywhere."""

from datetime import date
from html import escape

from core.money import group
from desk.contract_note_page import STYLE, money, row, table
from desk.rows import Row

KINDS = (
    ("brokerage", "Brokerage"), ("stt", "STT"), ("exchange", "Exchange"), ("ipft", "IPFT"), ("sebi", "SEBI"),
    ("stamp", "Stamp duty"), ("gst", "GST"), ("dp", "DP"),
)  # fmt: skip


def page(found: Row) -> str:
    """The printable page of what ``desk.statement.report`` gives."""
    day = date.fromisoformat(found["date"])
    *parts, (last, total) = found["sums"]
    sums = [row(label, money(amount)) for label, amount in parts if amount or label.startswith("Equity")]
    trades = [
        row(
            each["order_execution_time"][11:],
            f"{each['exchange']}:{each['symbol']}",
            each["trade_type"].upper(),
            each["product"],
            units(each["quantity"]),
            money(each["price"]),
            money(each["value"]),
            money(each["charges"]),
            each["order_id"] or "–",
            words=4,
        )
        for each in found["trades"]
    ]
    still = [
        row(
            f"{each['exchange']}:{each['symbol']}", each["product"], units(each["quantity"]), money(each["price"]),
            money(each["value"]), money(each["unrealised"]), words=2,
        )
        for each in found["open"]
    ]  # fmt: skip
    told = found["charges"]
    charges = [row(label, money(told[name])) for name, label in KINDS if told[name]]
    state = "adds up to the paisa" if found["balanced"] else "does not agree with the ledger: tell your administrator"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Statement {escape(found['date'])}</title><style>{STYLE}</style>"
        f"<h1>Statement of {day:%A, %d %B %Y}</h1><p>Kagaz, a paper exchange: no order reached an exchange.</p>"
        f"<p>Account {escape(found['account'])} · {state}</p>"
        + table(("What changed the equity", "₹"), sums, row(last, money(total)))
        + _section("Trades", ("Time (IST)", "Instrument", "Side", "Product", "Quantity", "Price", "Value", "Charges",
                              "Order"), trades, "Nothing was traded.", words=4)
        + _section("Open at the close", ("Instrument", "Product", "Quantity", "Close", "Value", "Unrealised"), still,
                   "Nothing was open.", words=2)
        + _section("Charges", ("Kind", "₹"), charges, "None.", foot=row("Total", money(told["total"])))
        + "</html>"
    )  # fmt: skip


def units(quantity: int) -> str:
    """A quantity with its sign, grouped as in India."""
    return f"−{group(-quantity)}" if quantity < 0 else group(quantity)


def _section(
    title: str, heading: tuple[str, ...], rows: list[str], empty: str, *, foot: str = "", words: int = 1
) -> str:
    told = table(heading, rows, foot, words) if rows else f"<p>{empty}</p>"
    return f"<h2>{title}</h2>{told}"
