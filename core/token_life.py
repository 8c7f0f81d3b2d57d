"""How long a vendor's access token lives, whenever it was made."""

from datetime import datetime, time, timedelta

from core.calendar import IST

DAILY_END = time(3, 30)


def expires_at(made_at: datetime) -> datetime:
    """The next 03:30 in India after a token was made: when Upstox lets each of a day's tokens die (its login docs).

    Raises ValueError without a time zone, which would make it a guess.
    """
    if made_at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {made_at}")
    local = made_at.astimezone(IST)
    end = datetime.combine(local.date(), DAILY_END, IST)
    return end if local < end else end + timedelta(days=1)
