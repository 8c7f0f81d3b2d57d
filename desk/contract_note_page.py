"""The contract note as a page to print: plain HTML that needs nothing from anywhere."""

from html import escape

from core.money import rupees
from desk.rows import Row

HEADS = (
    ("brokerage", "Brokerage"), ("stt", "STT"), ("exchange", "Exchange"), ("ipft", "IPFT"), ("sebi", "SEBI"),
    ("stamp", "Stamp duty"), ("gst", "GST"),
)  # fmt: skip
STYLE = """
:root { color-scheme: light } body { font: 13px/1.45 system-ui, sans-serif; color: #16181d; margin: 24px auto;
max-width: 980px; padding: 0 16px } h1 { font-size: 20px; margin: 0 0 2px } p { margin: 2px 0; color: #50545c }
table { border-collapse: collapse; width: 100%; margin: 16px 0; font-variant-numeric: tabular-nums }
th, td { padding: 4px 8px; border-bottom: 1px solid #dcdfe4; text-align: right; white-space: nowrap }
th:first-child, td:first-child, .word { text-align: left } th { font-weight: 600; color: #50545c }
tfoot td { font-weight: 600; border-top: 2px solid #16181d } .wide { overflow-x: auto }
@page { size: A4 landscape; margin: 12mm }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 11px } .wide { overflow: visible }
th, td { padding: 3px 6px } thead { display: table-header-group } tr { break-inside: avoid } }
"""


def _money(value: float | int) -> str:
    return rupees(round(value * 100))


def _row(*cells: object, words: int = 1) -> str:
    parts = [f'<td class="word">{escape(str(cell))}</td>' if n < words else f"<td>{escape(str(cell))}</td>"
             for n, cell in enumerate(cells)]  # fmt: skip
    return f"<tr>{''.join(parts)}</tr>"


def _table(heading: tuple[str, ...], rows: list[str], foot: str = "", words: int = 1) -> str:
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
        _row(
            scrip["key"],
            line["order_id"] or line["label"] or "–",
            line["side"],
            line["product"],
            line["quantity"],
            line["intraday_quantity"] or "",
            f"{line['average_price']:,.4f}" if line["average_price"] is not None else "–",
            _money(line["value"]),
            _money(line["brokerage"]),
            _money(line["square_off_fee"]) if line["square_off_fee"] else "",
            words=4,
        )
        for scrip in found["scrips"]
        for line in scrip["lines"]
    ]
    heading = ("Scrip", "Order", "Side", "Product", "Quantity", "Intraday", "Average", "Value", "Brokerage", "Fee")
    charges = [
        _row(scrip["key"], *(_money(scrip[name]) for name, _ in HEADS), "",
             _money(scrip["total"]))
        for scrip in found["scrips"]
    ]  # fmt: skip
    charges += [
        _row(f"Depository, {each['symbol']} ({each['isin'] or 'no ISIN'})", *("",) * 6, _money(each["gst"]),
             _money(each["dp"]), _money(each["total"]))
        for each in found["depository"]
    ]  # fmt: skip
    told = found["charges"]
    foot = _row("All charges", *(_money(told[name]) for name, _ in HEADS), _money(told["dp"]), _money(told["total"]))
    state = "Final" if found["final"] else "Provisional: the trading date has not closed"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Contract note {escape(found['date'])}</title><style>{STYLE}</style>"
        f"<h1>Contract note</h1><p>Kagaz, a paper exchange: no order reached an exchange.</p>"
        f"<p>Account {escape(found['account'])} · trading date {escape(found['date'])} · plan {escape(found['plan'])}"
        f" · {state}</p>"
        + _table(heading, lines, words=4)
        + _table(("Charges", *(label for _, label in HEADS), "DP", "Total"), charges, foot)
        + f"<p>Charged so far {_money(found['booked'])}; this note {_money(found['total'])}.</p></html>"
    )
