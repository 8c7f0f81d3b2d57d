"""A line that says what a test puts into its mouth."""

from collections.abc import Mapping, Sequence

from feeds.live.line import LineState, LineStatus, SegmentState
from feeds.live.ticks import NAN, NO_DEPTH, NO_GREEKS, Board, Ticks


class ScriptedLine:
    """``say`` puts words on its board; ``status_`` and ``segments_`` are what it answers."""

    name = "upstox"

    def __init__(self) -> None:
        self.board = Board()
        self.status_ = LineStatus(self.name, LineState.LIVE, "Connected.")
        self.segments_: dict[str, SegmentState] = {}
        self.wanted: tuple[list[str], list[str], list[str]] = ([], [], [])

    def say(
        self, key: str, price: float, sent: int, *, traded: float = NAN, close: float = NAN, snapshot: bool = False,
        day: tuple[float, float, float] = (NAN, NAN, NAN), volume: float = NAN, oi: float = NAN,
        depth: tuple[float, ...] = NO_DEPTH, received: int = 0,
    ) -> None:  # fmt: skip
        row = (price, traded, close, float(snapshot), sent, received or sent + 20, *day, volume, oi, *depth, *NO_GREEKS)
        self.board.take(whole=[(self.board.slot(key), *row)])

    def be(self, state: LineState, sentence: str = "") -> None:
        self.status_ = LineStatus(self.name, state, sentence)

    def start(self) -> None:
        self.be(LineState.LIVE)

    def stop(self) -> None:
        self.be(LineState.STOPPED)

    def want(self, full: Sequence[str], last: Sequence[str] = (), greeks: Sequence[str] = ()) -> None:
        self.wanted = (list(full), list(last), list(greeks))

    def drain(self) -> Ticks:
        return self.board.drain()

    def segments(self) -> Mapping[str, SegmentState]:
        return self.segments_

    def segment_of(self, key: str) -> str:
        return key.split("|", maxsplit=1)[0]

    def status(self) -> LineStatus:
        return self.status_


def depth(bid: float, ask: float, quantity: int = 100) -> tuple[float, ...]:
    """One level of each side."""
    side = ((bid, 0, 0, 0, 0), (quantity, 0, 0, 0, 0), (1, 0, 0, 0, 0))
    other = ((ask, 0, 0, 0, 0), (quantity, 0, 0, 0, 0), (1, 0, 0, 0, 0))
    return tuple(float(number) for column in (*side, *other) for number in column)
