"""From an underlying to a contract on it, or from a contract to another: what kind, which expiry, which strike."""

from datetime import date, datetime
from typing import Any

import streamlit as st

from core import contract_choice as choice
from core.calendar import IST
from core.instruments import OPTIONS, Instrument, Kind
from core.money import rupees
from desk import masters, screens
from ui import order_form
from ui.seat import Seat

Row = dict[str, Any]
WORDS = {Kind.FUT: "Future", Kind.CE: "Call", Kind.PE: "Put"}
CARRIED = ("Side", "Product", "Type", "Validity", "Lots")
ITSELF = {Kind.EQ: "Share", Kind.ETF: "Fund"}


def pick(seat: Seat, found: Row) -> Row:
    """The instrument found, or the contract that is picked instead; nothing is asked where there are no contracts."""
    master = masters.get(seat.database)
    asked = master.by_key[found["key"]]
    lead = master.by_id[asked.margin_underlying]
    contracts = master.chain(lead.id)
    if not contracts:
        return found
    told = screens.quotes(seat.database, seat.market, [lead.key])["items"].get(lead.key)
    contract = _picked(asked, lead, contracts, round(told["last_price"] * 100) if told else 0)
    if contract is None:
        return found
    _carry(f"contract on {lead.key} last", contract.key)
    return screens.instruments(seat.database, [contract.key])["items"][0]


def _carry(kept: str, key: str) -> None:
    """What was chosen in the form of the contract before is chosen in that of this one: to look at another strike is
    not to change one's mind about the side."""
    state = st.session_state
    before, state[kept] = state.get(kept), key
    if before is None or before == key:
        return
    for field in CARRIED:
        old, new = (order_form.field_key(each, field) for each in (before, key))
        if old in state:
            state[new] = state[old]


def _picked(asked: Instrument, lead: Instrument, contracts: list[Instrument], spot: int) -> Instrument | None:
    """The contract, None for the underlying itself. What was picked is kept apart from the fields, which Streamlit
    forgets while they are not drawn."""
    kept, state = f"contract on {lead.key}", st.session_state
    own = [ITSELF[lead.kind]] if lead.kind in ITSELF else []
    options = [*own, *(WORDS[kind] for kind in choice.kinds(contracts))]
    if state.get(f"{kept} of") != asked.key:  # another was searched for: its own terms come first
        state[f"{kept} of"] = asked.key
        state[f"{kept} kind"] = WORDS.get(asked.kind, options[0])
        state[kept] = (asked.expiry, asked.strike)
        for field in ("expiry", "strike"):
            state.pop(f"{kept} {field}", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="contract"):
        label = st.segmented_control("Trade", options, key=f"{kept} kind", required=True, width="content")
        kind = next((each for each, word in WORDS.items() if word == label), None)
        if kind is None:
            return None
        day, strike = state[kept]
        nearest = choice.meant(contracts, kind, day, strike, spot)
        assert nearest is not None
        ends = choice.expiries(contracts, kind)
        if state.get(f"{kept} expiry") not in ends:
            state[f"{kept} expiry"] = nearest.expiry
        day = st.selectbox("Expiry", ends, key=f"{kept} expiry", format_func=_day, width=190)
        if kind in OPTIONS:
            strike = _strike(kept, choice.strikes(contracts, kind, day), strike, spot)
    state[kept] = (day, strike)
    return choice.meant(contracts, kind, day, strike, spot)


def _strike(kept: str, listed: list[int], before: int | None, spot: int) -> int:
    key, money = f"{kept} strike", choice.at_the_money(listed, spot)
    if st.session_state.get(key) not in listed:
        st.session_state[key] = choice.at_the_money(listed, before or spot)

    def words(strike: int) -> str:
        return rupees(strike, "").removesuffix(".00") + (" · at the money" if strike == money else "")

    picked: int = st.selectbox("Strike", listed, key=key, format_func=words, width=210)
    return picked


def _day(day: date) -> str:
    left = (day - datetime.now(IST).date()).days
    return f"{day:%d %b %Y} · " + ("today" if left <= 0 else "1 day" if left == 1 else f"{left} days")
