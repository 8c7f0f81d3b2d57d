"""Where profit came from and what it cost: by symbol, product and kind of charge, and round trips by their traits."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charges import HEADS
from core.instruments import Instrument
from core.money import as_number
from core.orders import Side
from core.round_trips import RoundTrip, spread, summary
from db.pnl import Read
from desk.rows import IST, ist

Row = dict[str, Any]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(slots=True)
class _Share:
    realised: int = 0
    unrealised_change: int = 0
    charges: int = 0
    trades: int = 0
    turnover: int = 0

    @property
    def net(self) -> int:
        return self.realised + self.unrealised_change - self.charges

    def as_row(self, name: str, **more: Any) -> Row:
        paise = {
            "gross": self.realised + self.unrealised_change,
            "realised": self.realised,
            "unrealised_change": self.unrealised_change,
            "charges": self.charges,
            "net": self.net,
            "turnover": self.turnover,
        }
        return {"name": name, **more, **{key: as_number(each) for key, each in paise.items()}, "trades": self.trades}


def by_symbol(found: Read, instruments: Mapping[int, Instrument]) -> list[Row]:
    """One row an instrument, the best net first; charges of no instrument are ``Other``."""
    shares = _shares(found, lambda instrument, _: instrument)
    rows = []
    for key, share in sorted(shares.items(), key=lambda item: (-item[1].net, item[0] or 0)):
        one = instruments.get(key) if isinstance(key, int) else None
        name, exchange = (one.symbol, one.exchange) if one else ("Other", "")
        rows.append(share.as_row(name, exchange=exchange, kind=str(one.kind) if one else None))
    return rows


def by_product(found: Read) -> list[Row]:
    """One row a product, the best net first; what the close added to no order or trade is ``Contract note``, and what
    owing money cost ``Interest``."""
    shares = _shares(found, lambda _, product: product)
    return [
        share.as_row(str(key or "Contract note"))
        for key, share in sorted(shares.items(), key=lambda item: (-item[1].net, str(item[0])))
    ]


def _shares(found: Read, key: Callable[[int | None, str | None], int | str | None]) -> dict[Any, _Share]:
    shares: defaultdict[int | str | None, _Share] = defaultdict(_Share)
    for part in found.parts:
        share = shares[key(part.instrument_id, part.product)]
        share.realised += part.realised
        share.unrealised_change += part.unrealised - part.unrealised_before
    for entry in found.charges:
        shares[key(entry["instrument_id"], entry["product"])].charges += sum(entry[head] for head in HEADS)
    for each in found.turnover:
        share = shares[key(each["instrument_id"], each["product"])]
        share.trades += each["trades"]
        share.turnover += each["turnover"]
    return dict(shares)


def charges_by_kind(found: Read, gross: int) -> Row:
    """The heads and their total in rupees, and the total against turnover and gross profit (paise) in per cent."""
    heads = {head: sum(entry[head] for entry in found.charges) for head in HEADS}
    total, turnover = sum(heads.values()), sum(each["turnover"] for each in found.turnover)
    return {
        **{head: as_number(amount) for head, amount in heads.items()},
        "total": as_number(total),
        "turnover": as_number(turnover),
        "percent_of_turnover": total / turnover * 100 if turnover else None,
        "percent_of_gross": total / gross * 100 if gross > 0 else None,
    }


def trip_groups(matched: Sequence[RoundTrip], instruments: Mapping[int, Instrument]) -> dict[str, list[Row]]:
    """Round trips by side, segment, weekday and hour (Indian, of closing), result in R (the average loss) and tag (of
    what opened them, where any has one), each with its sample."""
    return {
        "side": _grouped(matched, _side),
        "segment": _grouped(matched, lambda trip: str(instruments[trip.instrument_id].segment)),
        "weekday": _grouped(matched, lambda trip: WEEKDAYS[trip.closed_at.astimezone(IST).weekday()], WEEKDAYS),
        "hour": _grouped(matched, lambda trip: f"{trip.closed_at.astimezone(IST).hour:02d}"),
        "result": [_group(_in_r(low, high), members) for low, high, members in spread(matched)],
        "tag": _grouped(matched if any(trip.tag for trip in matched) else (), lambda trip: trip.tag or "No tag"),
    }


def _in_r(low: int | None, high: int | None) -> str:
    """``−1 to 0 R``: a range of results in R, the average loss."""
    first, last = (f"−{-each}" if each and each < 0 else str(each) for each in (low, high))
    if low is None or high is None:
        return f"below {last} R" if low is None else f"{first} R and more"
    return f"{first} to {last} R"


def _side(trip: RoundTrip) -> str:
    return "LONG" if trip.side is Side.BUY else "SHORT"


def _grouped(
    matched: Iterable[RoundTrip], trait: Callable[[RoundTrip], str], order: Sequence[str] | None = None
) -> list[Row]:
    groups: defaultdict[str, list[RoundTrip]] = defaultdict(list)
    for trip in matched:
        groups[trait(trip)].append(trip)
    names = [name for name in order if name in groups] if order else sorted(groups)
    return [_group(name, groups[name]) for name in names]


def _group(name: str, members: list[RoundTrip]) -> Row:
    told = summary(members)
    return {
        "name": name,
        "trips": told.trips,
        "wins": told.wins,
        "losses": told.losses,
        "win_rate": told.win_rate,
        "gross": as_number(told.gross),
        "charges": as_number(told.charges),
        "net": as_number(told.net),
        "expectancy": None if told.expectancy is None else as_number(told.expectancy),
    }


def trip_row(trip: RoundTrip, instruments: Mapping[int, Instrument], reached: tuple[int, int] | None = None) -> Row:
    """A round trip as a list shows it; prices are averages, so values are given instead. ``reached`` is the lowest and
    the highest price while it was held."""
    one = instruments[trip.instrument_id]
    adverse, favourable = (None, None) if reached is None else trip.excursions(*reached)
    return {
        "exchange": one.exchange,
        "symbol": one.symbol,
        "product": str(trip.product),
        "side": _side(trip),
        "quantity": trip.quantity,
        "opened_at": ist(trip.opened_at),
        "closed_at": ist(trip.closed_at),
        "closed_on": trip.closed_on.isoformat(),
        "held_seconds": trip.seconds,
        "opening_value": as_number(trip.opening_value),
        "closing_value": as_number(trip.closing_value),
        "gross": as_number(trip.gross),
        "charges": as_number(trip.charges),
        "net": as_number(trip.net),
        "adverse": None if adverse is None else as_number(adverse),
        "favourable": None if favourable is None else as_number(favourable),
    }
