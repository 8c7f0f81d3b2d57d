"""Replays of live days: what was recorded of an owner's live market is played in a market that the owner alone sees."""

from datetime import UTC, datetime

from db import access as account_rows
from db import audit
from db import market as rows
from db.engine import Database
from desk import identity, recordings
from desk import market as markets
from desk.market import MarketState
from desk.remember import forget_all
from settings import Settings

BOOK = "replay-main"


def market_of(user: str) -> str:
    """The market in which a user's recordings are played."""
    return f"replay/{user}"


def ensure(database: Database, settings: Settings) -> str | None:
    """With a live market's recording to be played: the market of its owner with its first book; its id. None where the
    recording is everybody's, or where nobody here has the owner's name."""
    owner = recordings.owner_of(settings.kagaz_replay_path) if settings.kagaz_feed == "replay" else None
    user = next((each for each in identity.everyone(database) if each.name == owner), None)
    if user is None:
        return None
    market, day = market_of(user.name), markets.calendar(database, "nse").trading_date_at(datetime.now(UTC))
    with database.connection() as connection:
        if rows.ensure_shown_to(connection, market, "replay", day, user.id):
            account_rows.insert_account(connection, user.id, market, BOOK, day)
            audit.append(connection, user.name, "REPLAY_MADE", market, user_id=user.id)
    forget_all()
    return market


def why_not(state: MarketState, settings: Settings) -> str:
    """Why a replay's market must not show what is to be played; empty where it may."""
    owner = recordings.owner_of(settings.kagaz_replay_path)
    if owner is not None and (state.shown_to is None or state.id != market_of(owner)):
        return (
            f"What is recorded there are prices of {owner}'s vendor, which may be shown to {owner} alone. They are"
            f" played in the market {market_of(owner)}, once there is a user {owner}."
        )
    if owner is None and state.shown_to is not None:
        return "KAGAZ_REPLAY_PATH leads to no recording of your live market."
    return ""
