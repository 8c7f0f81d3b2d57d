"""The page Risk: what the book may still do, the kill switch, how far each limit is used, what was decided."""

import streamlit as st

from core.reasons import Refusal
from core.risk_facts import Restriction
from core.risk_limits import MONEY, PERCENT, Limit, LimitName, Scope
from core.standing import TradingState
from desk import identity, masters, risk_limits, risk_status, risk_switch
from desk.rows import Row
from ui import components, fallback, guard, words
from ui.outcome import act
from ui.seat import Seat
from ui.tables import table

BADGES = {
    TradingState.ACTIVE: ("green", "Trading"),
    TradingState.REDUCING: ("orange", "Exits only"),
    TradingState.HALTED: ("red", "Stopped"),
}
ALL = "All my books"
SCOPES = {
    Scope.DEFAULT: "Everybody",
    Scope.USER: "A user",
    Scope.ACCOUNT: "This book",
    Scope.INSTRUMENT: "An instrument",
    Scope.GROUP: "An underlying and its contracts",
}


def switch(seat: Seat, choices: list[str]) -> None:
    """A kill switch that opens, says what it will do, and does it at the second press."""
    with st.popover("Kill switch", icon=":material/block:"):
        chosen = st.segmented_control("Stop", choices, default=choices[0], required=True, key=f"stop {len(choices)}")
        whole = chosen == ALL
        whose = "all your books" if whole else seat.book.key
        st.markdown(
            f"Every open order and GTT of **{whose}** is cancelled, and no order is taken until it is re-armed."
        )
        flatten = st.checkbox("Also close intraday and carried positions at market", key="flatten")
        if st.button("Stop all my books" if whole else "Stop trading", type="primary", icon=":material/block:"):
            stop(seat, whole, flatten)


def stop(seat: Seat, whole: bool, flatten: bool) -> None:
    """Press it, and draw the page anew."""
    database, who = seat.database, seat.who
    try:
        if whole:
            told = risk_switch.kill_user(database, who, who.user_id, who.name, flatten)
        else:
            told = risk_switch.kill(database, who, seat.book, flatten)
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    st.session_state["risk told"] = (
        f"Stopped. Orders cancelled: {told['cancelled']}, sent to close: {len(told['closing'])}."
    )
    if told["left_open"]:
        st.session_state["risk left"] = "Still open: " + " ".join(told["left_open"])
    st.rerun()


def head(seat: Seat, now: Row) -> None:
    """The state in a line, and the switch beside it."""
    if told := st.session_state.pop("risk told", None):
        st.toast(told)
    if left_open := st.session_state.pop("risk left", None):
        st.warning(left_open)
    with st.container(horizontal=True, vertical_alignment="center"):
        colour, state = BADGES[now["state"]]
        st.markdown(f"#### {seat.book.key} :{colour}-badge[{state}]", width="content")
        if seat.writes or seat.who.is_admin:
            if now["state"] is not TradingState.ACTIVE:
                with st.popover("Re-arm", icon=":material/lock_open:"):
                    st.markdown(f"Orders in **{seat.book.key}** are taken again, within its limits. It sends nothing.")
                    if st.button("Let it trade again", type="primary", icon=":material/lock_open:"):
                        rearm(seat, now)
            choices = [] if now["state"] is TradingState.HALTED else ["This book"]
            if now["switch"] is None and seat.writes:
                choices.append(ALL)
            if choices:
                switch(seat, choices)
    if now["state"] is TradingState.ACTIVE or seat.book.archived:  # otherwise the banner above says it
        st.caption(f"{now['reason']} {now['explained']}".strip())


def rearm(seat: Seat, now: Row) -> None:
    """Let go of the book's own state, and of the switch over its owner."""
    try:
        if now["switch"] is not None and seat.writes:
            risk_switch.rearm_user(seat.database, seat.who, seat.who.user_id, seat.who.name)
        risk_switch.rearm(seat.database, seat.who, seat.book)
    except Refusal as refusal:
        st.error(refusal.sentence)
    else:
        st.rerun()


def value_of(name: LimitName, text: str) -> int:
    """Paise, basis points or a count of what was typed. Raises ValueError."""
    hundredths = round(float(text.replace(",", "").replace("₹", "").replace("%", "").strip()) * 100)
    if name in MONEY | PERCENT:
        return hundredths
    if hundredths % 100:
        raise ValueError(text)
    return hundredths // 100


def own_limits(seat: Seat) -> None:
    """Tighter limits of one's own, for this book or for all."""
    for row in risk_status.own_limits(seat.database, seat.book):
        with st.container(horizontal=True, vertical_alignment="center"):
            of = "this book" if row["scope"] == Scope.ACCOUNT else "all my books"
            st.markdown(f"{row['words']}: **{row['shown']}** ({of})")
            if st.button("End", key=f"end {row['id']}"):
                act(lambda number=int(row["id"]): risk_limits.end_limit(seat.database, seat.who, number, seat.book))  # type: ignore[misc]
    with st.form("own limit", border=False):
        what, most, whose = st.columns([2, 1, 1])
        name = what.selectbox("Limit", [str(each) for each in LimitName], format_func=limit_words)
        typed = most.text_input("At most (₹, % or a number)")
        scope = whose.segmented_control("For", ["This book", "All my books"], default="This book", required=True)
        if st.form_submit_button("Set"):
            account = scope == "This book"
            subject = seat.book.id if account else seat.book.user_id
            put(seat, Scope.ACCOUNT if account else Scope.USER, subject, LimitName(name), typed)


def limit_words(name: str) -> str:
    """A limit as people call it."""
    return risk_status.WORDS[LimitName(name)]


def put(seat: Seat, scope: Scope, subject: int, name: LimitName, typed: str) -> None:
    """Set one limit of what was typed."""
    try:
        value = value_of(name, typed)
    except ValueError:
        st.error("Type a number, such as 50,000.")
        return
    row = Limit(0, scope, subject, name, value, masters.get(seat.database).on, None, "", False)
    own = None if seat.who.is_admin else seat.book
    act(lambda: risk_limits.set_limit(seat.database, seat.who, row, own))


def administration(seat: Seat) -> None:
    """Every limit, restrictions, stopped accounts and the switch of a market."""
    st.markdown("##### Stopped accounts")
    stopped = [
        {**each, "when": words.moment(each["since"]), "state": BADGES[TradingState(each["state"])][1]}
        for each in risk_status.restrained(seat.database)
    ]
    columns = {"account": "Account", "market": "Market", "state": "State", "reason": "Why", "by": "By", "when": "Since"}
    table(stopped, columns, "Every account trades freely.")
    with st.container(horizontal=True):
        with st.popover(f"Stop market {seat.book.market}", icon=":material/block:"):
            st.markdown("Every open order and GTT of **every account** in it is cancelled, and none is taken.")
            if st.button("Stop the market", type="primary", icon=":material/block:"):
                act(lambda: risk_switch.kill_market(seat.database, seat.who, seat.book.market))
        if st.button(f"Re-arm market {seat.book.market}", icon=":material/lock_open:"):
            act(lambda: risk_switch.rearm_market(seat.database, seat.who, seat.book.market))
    st.markdown("##### Limits of everybody")
    rows = [_told(seat, risk_status.limit_row(each)) for each in risk_limits.rows(seat.database)]
    table(
        rows,
        {"scope": "For", "whom": "Which", "words": "Limit", "shown": "At most", "from": "From", "set_by": "By"},
        "",
    )
    left, right = st.columns(2, gap="large")
    with left, st.form("any limit", border=False):
        scope = Scope(st.selectbox("For", [str(each) for each in Scope], format_func=scope_words))
        subject = st.text_input("User name, or instrument such as NSE:INFY (empty for everybody and this book)")
        name = st.selectbox("Limit", [str(each) for each in LimitName], format_func=limit_words, key="any name")
        typed = st.text_input("At most (₹, % or a number)", key="any value")
        if st.form_submit_button("Set limit"):
            try:
                put(seat, scope, subject_of(seat, scope, subject.strip()), LimitName(name), typed)
            except Refusal as refusal:
                st.error(refusal.sentence)
    with right, st.form("restriction", border=False):
        key = st.text_input("Instrument, such as NSE:INFY")
        kind = Restriction(
            st.selectbox("What holds", [str(each) for each in Restriction], format_func=restriction_words)
        )
        note = st.text_input("Note", max_chars=200)
        if st.form_submit_button("Restrict"):
            act(lambda: risk_limits.restrict(seat.database, seat.who, key.strip(), kind, note))
    for row in risk_status.restrictions(seat.database):
        if st.button(f"Lift: {row['instrument']}, {row['words'].split(':')[0].lower()}", key=f"lift {row['id']}"):
            act(lambda number=int(row["id"]): risk_limits.lift(seat.database, seat.who, number))  # type: ignore[misc]


def scope_words(scope: str) -> str:
    """For whom a limit holds, as people say it."""
    return SCOPES[Scope(scope)]


def _told(seat: Seat, row: Row) -> Row:
    """A limit with whom it is for: an instrument by its name, a user or a book by its number."""
    scope, number = Scope(row["scope"]), int(row["subject"])
    one = masters.get(seat.database).by_id.get(number) if scope in (Scope.INSTRUMENT, Scope.GROUP) else None
    numbered = {Scope.USER: f"user no. {number}", Scope.ACCOUNT: f"book no. {number}", Scope.DEFAULT: ""}
    scopes = {**SCOPES, Scope.ACCOUNT: "A book"}
    return {**row, "scope": scopes[scope], "whom": one.key if one else numbered.get(scope, str(number))}


def restriction_words(kind: str) -> str:
    """A restriction with what it means."""
    return risk_status.RESTRICTIONS[Restriction(kind)]


def subject_of(seat: Seat, scope: Scope, typed: str) -> int:
    """The number of what a scope was typed for. Raises a Refusal for an unknown name."""
    if scope is Scope.DEFAULT:
        return 0
    if scope is Scope.ACCOUNT:
        return seat.book.id
    if scope is Scope.USER:
        return identity.find(seat.database, typed).id
    found = masters.get(seat.database).by_key.get(typed)
    if found is None:
        raise Refusal(risk_limits.Reason.UNKNOWN_INSTRUMENT, f"There is no {typed or 'such instrument'}.")
    return found.id if scope is Scope.INSTRUMENT else found.margin_underlying


def page() -> None:
    """The page: for everybody who has a book to show."""
    seat = guard.require_account()
    head(seat, risk_status.state(seat.database, seat.book))
    if seat.live:
        if components.show("risk", "risk", {"seat": seat.for_browser(), "me": seat.who.name}, "changed").changed:
            st.rerun()
    else:
        fallback.risk(seat)
    # What is shut is not drawn, and asks nothing.
    if seat.writes:
        with st.expander("My own limits", key="own limits", on_change="rerun") as own:
            if own.open:
                own_limits(seat)
    if seat.who.is_admin:
        with st.expander("Administration", key="administration", on_change="rerun") as all_of_it:
            if all_of_it.open:
                administration(seat)


page()
