"""What the rules of an order's form look at."""

from collections.abc import Callable
from dataclasses import dataclass

from core import amo
from core.facts import Facts
from core.instruments import Instrument, Kind
from core.order_limits import OrderLimits, limits_on
from core.orders import OrderType, PlaceOrder
from core.reasons import Refusal

STOPS = frozenset({OrderType.SL, OrderType.SL_M})
PRICED = frozenset({OrderType.LIMIT, OrderType.SL})


@dataclass(frozen=True, slots=True)
class Asked:
    """The wish (or, ``changing``, the order as a change would leave it) and the facts.

    ``was`` is the type of the order that is changed; of a stop that has ``triggered``, LIMIT. ``kept``: it asks for no
    more, and its type, trigger and protection stay: no last price has to judge them again.
    """

    wish: PlaceOrder
    instrument: Instrument
    facts: Facts
    triggered: bool = False
    changing: bool = False
    was: OrderType | None = None
    kept: bool = False

    @property
    def amo(self) -> bool:
        """Whether the order is for the next opening."""
        return amo.waits(self.facts, self.instrument, self.wish)

    @property
    def last_price(self) -> int:
        """Paise; 0 while there is none."""
        quote = self.facts.quotes.get(self.instrument.id)
        return quote.last_price if quote else 0

    @property
    def limits(self) -> OrderLimits:
        """The limits of the market's trading date."""
        return limits_on(self.facts.market.trading_date)

    @property
    def underlying(self) -> Instrument | None:
        """What a contract is written on; None of a share."""
        number = self.instrument.underlying_id
        return None if number is None else self.facts.instruments.get(number)

    @property
    def on_a_stock(self) -> bool:
        """Whether it is a contract on a share."""
        return self.underlying is not None and self.underlying.kind is not Kind.INDEX


Rule = Callable[[Asked], Refusal | None]
