"""Programs: keys for bots that were written for a broker's API, what each may do, and how they connect."""

import streamlit as st

from core.reasons import Refusal
from desk import identity
from desk.identity import AppRow
from ui import guard, programs, words
from ui.outcome import hear, say
from ui.programs import Door
from ui.seat import Seat

NO_TOKEN, UNTIL_MORNING, LASTING = "None: it logs in", "Until 06:00", "Until revoked"
MAY = {"Read and trade": ("read", "trade"), "Read": ("read",)}
COMPATIBLE = (
    "Compatible with clients written for the Kite Connect v3 API. Not affiliated with, endorsed by or connected to "
    "Zerodha Broking Ltd."
)
# A column of a phone has no room for a button beside its words.
STYLE = """<style>
.st-key-programs-list [data-testid="stMarkdownContainer"] p { overflow-wrap: anywhere; }
</style>"""


def keep(seat: Seat, name: str, **told: str) -> None:
    """Show what was just made, from the next run on."""
    programs.keep(seat.who, name, **told)
    st.rerun()


def shown_once(fresh: dict[str, str]) -> None:
    """Keys of a new program, or a new access token: each with a button that copies it."""
    with st.container(border=True, key="programs-made"):
        st.markdown(f"##### {words.plain(fresh['name'])}")
        st.success("Copy these now: they are shown this once and kept nowhere.")
        for field in ("api_key", "api_secret", "access_token"):
            if fresh.get(field):
                st.caption(field)
                st.code(fresh[field], language=None, wrap_lines=True)
        if st.button("I have copied them", type="primary"):
            programs.forget()
            st.rerun()


def state(found: Door) -> None:
    """Whether the gateway is there, and where."""
    if not found.port:
        st.markdown(
            ":gray-badge[Off] `GATEWAY_PORT` is 0: this server has no port for programs. They come in by `/oms`."
        )
    elif found.serves:
        st.markdown(f":green-badge[On] The gateway serves on port **{found.port}**.")
    elif found.serves is False:
        st.markdown(f":orange-badge[Starting] The gateway on port {found.port} serves in a moment.")
    else:
        st.markdown(
            f":red-badge[No answer] Nothing of ours answers on port {found.port}. Is this server still starting?"
        )
    if found.port and found.far:
        st.warning(
            "It listens on its own machine alone. Start Kagaz with `GATEWAY_ADDRESS=0.0.0.0` to reach it from here, or "
            "let programs come in by this page's own port."
        )


def connect(found: Door, fresh: dict[str, str]) -> None:
    """What is written into a program: with a token, with a login, and on one port alone."""
    key = fresh.get("api_key", "your api_key")
    secret = fresh.get("api_secret", "your api_secret")
    token = fresh.get("access_token") or "your access_token"
    with st.container(border=True, key="programs-connect"):
        st.markdown("##### How to connect")
        state(found)
        ways = ["Access token", "Daily login", "One port"] if found.port else ["One port"]
        way = st.segmented_control("Way", ways, default=ways[0], required=True, label_visibility="collapsed")
        if way == "Access token":
            st.code(programs.with_token(found, key, token), language="python", wrap_lines=True)
            st.caption(
                "Nothing else of the program changes. Without the client: the same addresses by HTTP and WebSocket."
            )
        elif way == "Daily login":
            st.code(programs.with_login(found, key, secret), language="python", wrap_lines=True)
            st.caption("The token that a login gives ends at 06:00 in India, as at a broker.")
        else:
            st.code(programs.on_one_port(found, key, token), language="python", wrap_lines=True)
            st.caption("For hosts that open one port only: every route stands on this page's port too, under `/oms`.")
        st.caption(COMPATIBLE)


def listed(seat: Seat) -> None:
    """Living programs: where each trades, what it may do, when it was in last."""
    rows = identity.apps(seat.database, seat.who)
    with st.container(border=True, key="programs-list"):
        st.markdown("##### Your programs")
        if not rows:
            st.caption("None yet. A program gets keys of its own, and trades in one account alone.")
        for row in rows:
            program(seat, row)


def program(seat: Seat, row: AppRow) -> None:
    """One program: never its keys."""
    may = "reads and trades" if "trade" in row.scopes else "reads"
    came = f"last login {words.moment(row.last_login_at)}" if row.last_login_at else "never logged in"
    used = f"last used {words.moment(row.last_used_at)}" if row.last_used_at else "never used"
    about = f"{words.plain(row.account)} · {may} · made {words.moment(row.created_at)} · {came} · {used}"
    st.markdown(f"**{words.plain(row.name)}** :gray-badge[{row.key_hint}…]  \n:small[:gray[{about}]]")
    if row.redirect_url:
        st.caption(f"A login goes on to {words.plain(row.redirect_url)}")
    with st.container(horizontal=True):
        with st.popover("New access token"):
            st.caption("Its other tokens go on working.")
            if st.button(UNTIL_MORNING, key=f"token {row.id}"):
                give(seat, row, lasting=False)
            if st.button(LASTING, key=f"lasting {row.id}"):
                give(seat, row, lasting=True)
        with st.popover("Revoke"):
            st.caption("Its key and all its tokens are dead at once, its sockets within two seconds. Orders stay.")
            if st.button("Revoke it", key=f"revoke {row.id}", type="primary"):
                try:
                    identity.revoke_app(seat.database, seat.who, row.id)
                except Refusal as refusal:
                    st.error(refusal.sentence)
                    return
                programs.forget()
                say(f"{row.name} is revoked.")


def give(seat: Seat, row: AppRow, *, lasting: bool) -> None:
    """Another access token for a program that has its keys."""
    try:
        login = identity.give_own_token(seat.database, seat.who, row.id, lasting=lasting)
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    keep(seat, f"{row.name}: a new access token", access_token=login.access_token)


def new(seat: Seat) -> None:
    """Name, account, rights, where a login goes on, and whether it gets a token at once."""
    own = [each.key for each in seat.accounts if each.user_id == seat.who.user_id and not each.archived]
    with st.container(border=True, key="programs-new"):
        st.markdown("##### New program")
        if not own:
            st.caption("You have no account of your own to trade in. Ask an administrator.")
            return
        with st.form("program", border=False, clear_on_submit=True):
            name = st.text_input("Name", max_chars=40, placeholder="my bot")
            account = st.selectbox("Account", own)
            may = st.segmented_control("May", list(MAY), default="Read and trade", required=True)
            gets = st.segmented_control(
                "Access token", [LASTING, UNTIL_MORNING, NO_TOKEN], default=LASTING, required=True
            )
            url = st.text_input(
                "Where a login goes on",
                max_chars=500,
                placeholder="http://127.0.0.1:5000/login",
                help="The address of the program itself. Leave it empty to be shown the request token instead.",
            )
            sent = st.form_submit_button("Make keys", type="primary")
        if sent:
            make(seat, name.strip(), account, MAY[may], gets, url.strip() or None)


def make(seat: Seat, name: str, account: str, scopes: tuple[str, ...], gets: str, url: str | None) -> None:
    """Keys, and perhaps a token."""
    if not name:
        st.error("Name the program.")
        return
    try:
        keys = identity.make_own_app(seat.database, seat.who, account, name=name, redirect_url=url, scopes=scopes)
        token = ""
        if gets != NO_TOKEN:
            login = identity.give_own_token(seat.database, seat.who, keys.id, lasting=gets == LASTING)
            token = login.access_token
    except Refusal as refusal:
        st.error(refusal.sentence)
        return
    keep(seat, f"{name} has its keys", api_key=keys.api_key, api_secret=keys.api_secret, access_token=token)


def page() -> None:
    """The page, for who may trade."""
    seat = guard.require("trader", "admin")
    st.html(STYLE)
    hear()
    fresh = programs.made(seat.who)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        if fresh:
            shown_once(fresh)
        listed(seat)
        new(seat)
    with right:
        connect(programs.door(st.context.url), fresh)


page()
