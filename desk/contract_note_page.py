"""The contract note as a page to print: plain HTML that needs nothing from anywhere."""

from html import escape

from core.money import group, rupees
from desk.rows import Row

HEADS = (
    ("brokerage", "Brokerage"), ("stt", "STT"), ("exchange", "Exchange"), ("ipft", "IPFT"), ("sebi", "SEBI"),
    ("stamp", "Stamp duty"), ("gst", "GST"),
)  # fmt: skip
STYLE = """
:root { color-scheme: light } body { font: 13px/1.45 system-ui, sans-serif; color: #16181d; margin: 24px auto;
max-width: 980px; padding: 0 16px } h1 { font-size: 20px; margin: 0 0 2px }
h2 { font-size: 15px; margin: 18px 0 0 } p { margin: 2px 0; color: #50545c }
table { border-collapse: collapse; width: 100%; margin: 16px 0; font-variant-numeric: tabular-nums }
th, td { padding: 4px 8px; border-bottom: 1px solid #dcdfe4; text-align: right; white-space: nowrap }
th:first-child, td:first-child, .word { text-align: left } th { font-weight: 600; color: #50545c }
tfoot td { font-weight: 600; border-top: 2px solid #16181d } .wide { overflow-x: auto }
@page { size: A4 landscape; margin: 12mm }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 11px } .wide { overflow: visible }
th, td { padding: 3px 6px } thead { display: table-header-group } tr { break-inside: avoid } }
"""


def money(value: float | int) -> str:
    """₹12,34,567.50 of a JSON number of rupees."""
    return rupees(round(value * 100))


def _average(value: float | None) -> str:
    """With its four decimals, which an average may need."""
    if value is None:
        return "–"
    whole, part = f"{value:.4f}".split(".")
    return f"{group(int(whole))}.{part}"


def row(*cells: object, words: int = 1) -> str:
    """A line of a table; its first ``words`` cells are words, the others figures."""
    parts = [f'<td class="word">{escape(str(cell))}</td>' if n < words else f"<td>{escape(str(cell))}</td>"
             for n, cell in enumerate(cells)]  # fmt: skip
    return f"<tr>{''.join(parts)}</tr>"


def table(heading: tuple[str, ...], rows: list[str], foot: str = "", words: int = 1) -> str:
    """A table of such lines."""
    head = "".join(
        f'<th class="word">{escape(each)}</th>' if n < words else f"<th>{escape(each)}</th>"
        for n, each in enumerate(heading)
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody>'
        f"<tfoot>{foot}</tfoot></table></div>"
    )


def page(found: Row) -> str:
    """The printable page of what ``desk.contract_notes.report`` gives."""
    lines = [
        row(
            scrip["key"],
            line["order_id"] or line["label"] or "–",
            line["side"],
            line["product"],
            group(line["quantity"]),
            group(line["intraday_quantity"]) if line["intraday_quantity"] else "",
            _average(line["average_price"]),
            money(line["value"]),
            money(line["brokerage"]),
            money(line["square_off_fee"]) if line["square_off_fee"] else "",
            words=4,
        )
        for scrip in found["scrips"]
        for line in scrip["lines"]
    ]
    heading = ("Scrip", "Order", "Side", "Product", "Quantity", "Intraday", "Average", "Value", "Brokerage", "Fee")
    charges = [
        row(scrip["key"], *(money(scrip[name]) for name, _ in HEADS), "",
             money(scrip["total"]))
        for scrip in found["scrips"]
    ]  # fmt: skip
    charges += [
        row(f"Depository, {each['symbol']} ({each['isin'] or 'no ISIN'})", *("",) * 6, money(each["gst"]),
             money(each["dp"]), money(each["total"]))
        for each in found["depository"]
    ]  # fmt: skip
    told = found["charges"]
    foot = row("All charges", *(money(told[name]) for name, _ in HEADS), money(told["dp"]), money(told["total"]))
    state = "Final" if found["final"] else "Provisional: the trading date has not closed"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Contract note {escape(found['date'])}</title><style>{STYLE}</style>"
        f"<h1>Contract note</h1><p>Kagaz, a paper exchange: no order reached an exchange.</p>"
        f"<p>Account {escape(found['account'])} · trading date {escape(found['date'])} · plan {escape(found['plan'])}"
        f" · {state}</p>"
        + table(heading, lines, words=4)
        + table(("Charges", *(label for _, label in HEADS), "DP", "Total"), charges, foot)
        + f"<p>Charged so far {money(found['booked'])}; this note {money(found['total'])}.</p></html>"
    )
