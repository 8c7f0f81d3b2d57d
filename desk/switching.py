"""Which of everybody's markets runs: the simulator's, or that of past days. One at a time; the books of the other keep
still, to be resumed when it runs again. Owners' live markets are their own affair (``desk.live``)."""

import settings
from core.reasons import Reason, Refusal
from db import access, audit
from db import market as rows
from db.engine import Database
from desk import market as markets
from desk import recordings
from desk.access import require_admin, require_unbound, require_write
from desk.market import FEEDS
from desk.principal import Principal
from desk.remember import forget_all


def choose(database: Database, who: Principal, feed: str) -> tuple[str, int]:
    """Runs the market of ``simulator`` or ``replay`` in place of the other, and opens ``main`` in it for whoever
    has that book elsewhere: the market, and how many books were opened. The sidecar follows within a second.

    For administrators. Raises Refusal for anybody else, where there is nothing to replay, and where what is to be
    replayed is one owner's alone.
    """
    require_admin(who)
    require_write(who)
    require_unbound(who)
    if feed not in FEEDS:
        raise Refusal(Reason.BAD_INPUT, f"Choose one of {', '.join(FEEDS)}.", field="feed")
    if feed == "replay" and settings.load().kagaz_replay_path is None:
        sentence = (
            "There is nothing to replay. Set KAGAZ_REPLAY_PATH to a file or folder of bars, and start Kagaz again."
        )
        raise Refusal(Reason.BAD_INPUT, sentence, field="feed")
    if feed == "replay" and recordings.owner_of(settings.load().kagaz_replay_path):
        sentence = "What is to be replayed was recorded of a live market: it runs as its owner's own, for them alone."
        raise Refusal(Reason.BAD_INPUT, sentence, field="feed")
    market = markets.ensure_markets(database, feed=feed)
    with database.connection() as connection:
        rows.run_alone(connection, market)
        opened = access.open_main_books(connection, market)
        audit.append(connection, who.name, "MARKET_CHOSEN", market, detail={"books_opened": opened})
    forget_all()
    return market, opened
