"""A fragment runs without its page, so that it asks by itself whether its viewer may still see it."""

from typing import Any

import pytest
import streamlit as st

from db.engine import Database
from desk import identity
from tests.floor import Floor
from tests.people import PASSWORD, person, signed_in
from ui import fallback, guard, session
from ui.seat import Seat, take


class Redrawn(Exception):
    """The whole page is drawn anew."""


@pytest.fixture
def seat(database: Database, monkeypatch: pytest.MonkeyPatch) -> Seat:
    def rerun() -> None:
        raise Redrawn

    Floor(database)
    person(database, "asha", "trader", PASSWORD)
    cookie, who = signed_in(database, "asha")
    monkeypatch.setattr(session, "secret", lambda: cookie)
    monkeypatch.setattr(st, "rerun", rerun)
    return take(database, who)


def test_a_seat_is_kept_while_its_session_lives(seat: Seat) -> None:
    assert guard.still(seat) == seat


@pytest.mark.parametrize(
    ("fragment", "more"),
    [
        (fallback.pill, ()),
        (fallback.watch, ()),
        (fallback.orders, ()),
        (fallback.positions, ()),
        (fallback.wallet, ()),
        (fallback.quote, ("NSE:INFY",)),
        (fallback.fills, ("NSE:INFY",)),
        (fallback.risk, ()),
    ],
)
def test_no_fragment_shows_or_does_anything_for_a_session_that_ended(seat: Seat, fragment: Any, more: Any) -> None:
    identity.revoke_all(seat.database, "admin", "asha")
    with pytest.raises(Redrawn):
        fragment.__wrapped__(seat, *more)


def test_whoever_lost_their_role_sees_the_page_drawn_anew(seat: Seat) -> None:
    identity.set_role(seat.database, "admin", "asha", "analyst")
    with pytest.raises(Redrawn):
        guard.still(seat)
