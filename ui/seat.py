"""A seat is what a page needs to know: who, which book, and whether ticking works here."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.reasons import Refusal
from desk import access
from desk.access import AccountRef
from desk.identity import Principal
from ui import session

_BOOK = "kagaz book"
_LINK = "kagaz link"


@dataclass(frozen=True, slots=True)
class Seat:
    """``account`` is None for someone who may read no account at all."""

    database: Any
    who: Principal
    accounts: tuple[AccountRef, ...]
    account: AccountRef | None
    bound: bool = False
    """Whether the session lives in this tab alone; asked once, because a look into Streamlit's state is dear."""

    @property
    def book(self) -> AccountRef:
        """The account, on pages whose guard has made sure of one."""
        if self.account is None:
            raise LookupError("this page did not ask its guard for a book")
        return self.account

    @property
    def writes(self) -> bool:
        """Whether this person may trade in the book that is shown."""
        mine = self.account is not None and self.account.user_id == self.who.user_id
        return mine and self.who.may_write and not (self.account and self.account.archived)

    @property
    def live(self) -> bool:
        """False where the browser cannot reach the stream: then pages refresh by fragments."""
        return not self.bound and st.session_state.get(_LINK) != "unreachable"

    @property
    def market(self) -> str:
        """The market of the book, or nothing."""
        return self.account.market if self.account else ""

    def for_browser(self) -> dict[str, Any]:
        """What a component needs to join the stream of this session and book."""
        public = None if self.bound else self.who.session_public_id
        return {"session": public, "account": self.account.key if self.account else None}


def take(database: Any, who: Principal) -> Seat:
    """The seat of someone who is signed in; the book is the one chosen last, else their own first."""
    accounts = tuple(access.accounts(database, who))
    wanted = st.session_state.get(_BOOK)
    chosen = next((each for each in accounts if each.key == wanted), None)
    if chosen is None and accounts:
        try:
            chosen = access.account(database, who)
        except Refusal:
            chosen = accounts[0]
    return Seat(database, who, accounts, chosen, session.bound_to_tab())


def choose(key: str) -> None:
    """Another book, from the next run on."""
    st.session_state[_BOOK] = key


def note_link(status: str | None) -> None:
    """What the browser last said of its line to us."""
    st.session_state[_LINK] = status
