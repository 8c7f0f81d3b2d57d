"""What an order would need, part by part as a broker shows it, and what is to be known before it is sent."""

from typing import Any

import streamlit as st

from core.money import group
from ui import words

HEADS = {
    "brokerage": "Brokerage", "stt": "STT", "exchange": "Exchange fee", "ipft": "IPFT", "sebi": "SEBI fee",
    "stamp": "Stamp duty", "gst": "GST", "dp": "Depository", "square_off": "Square-off fee",
}  # fmt: skip
PARTS = (
    ("span", "SPAN margin"),
    ("exposure", "Exposure margin"),
    ("additional", "Additional margins"),
    ("delivery", "Delivery margin"),
    ("option_premium", "Net option premium"),
)


def show(told: dict[str, Any]) -> None:
    """The figures of an estimate, what it warns of, and what would refuse the order."""
    short = told["shortfall"]
    total = told["charges"]["total"] if told["charges"] else None
    first, second, third, fourth = st.columns(4)
    first.metric("Required", words.rupees(told["required"]))
    second.metric("Available", words.rupees(told["available"]))
    third.metric("Charges", words.rupees(total))
    if short:
        fourth.metric("Short of", words.rupees(short))
    elif told["value"]:
        fourth.metric("Order value", words.rupees(told["value"]))
    left, right = st.columns(2, gap="large")
    if told["parts"]:
        with left:
            table("Margin", margin_rows(told["parts"]))
    if told["charges"]:
        with right if told["parts"] else left:
            table("Charges", charge_rows(told))
    for caution in told["cautions"]:
        st.warning(caution["detail"])
    for refusal in told["refusals"]:
        st.error(refusal["detail"])
    if short and told["affordable"]:
        st.caption(f"The money does for {group(told['affordable'])} of it.")


def margin_rows(parts: dict[str, Any]) -> list[tuple[str, str]]:
    """The parts of a contract's margin, their total, and what other positions save."""
    rows = [(label, words.rupees(parts[name])) for name, label in PARTS if parts[name] or name in ("span", "exposure")]
    rows.append(("**Total margin**", f"**{words.rupees(parts['total'])}**"))
    if parts["hedge_benefit"]:
        rows.append(("Hedge benefit, once filled", words.rupees(parts["hedge_benefit"])))
    elif parts["released"]:
        rows.append(("Margin set free, once filled", words.rupees(parts["released"])))
    return rows


def charge_rows(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Each charge that is not nothing, and their total."""
    charges = told["charges"]
    rows = [
        (HEADS.get(name, name), words.rupees(amount)) for name, amount in charges.items() if amount and name in HEADS
    ]
    rows.append(("**Total charges**", f"**{words.rupees(charges['total'])}**"))
    if told["value"]:
        rows.append(("Break-even move, this side alone", words.share(charges["total"] / told["value"])))
    return rows


def table(title: str, rows: list[tuple[str, str]]) -> None:
    """Words at the left, rupees at the right."""
    lines = [f"| {title} | ₹ |", "|:--|--:|", *(f"| {label} | {value} |" for label, value in rows)]
    st.markdown("\n".join(lines))
