"""A request as a handler sees it: proven, counted, with nothing of HTTP left but what answers need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.instruments import EXCHANGES, Instrument
from core.program_rules import Call as Kind
from core.reasons import Reason, Refusal
from desk import access, masters
from desk.access import AccountRef
from desk.principal import Principal
from gateway.form import Form, form_of, one_of, pairs_of, symbol
from gateway.reply import Reply
from web.texts import number_of

Handler = Callable[["Call"], Reply]


@dataclass(slots=True)
class Call:
    """One request. ``database`` is handed to the desk and never looked into here."""

    database: Any
    principal: Principal
    path: Mapping[str, str]
    query_string: bytes
    raw_body: bytes
    headers: Mapping[str, str]
    address: str | None
    secure: bool
    scope: Any

    def query(self) -> Form:
        """The fields of the query string."""
        return form_of(pairs_of(self.query_string))

    def form(self) -> Form:
        """The fields of the body."""
        return form_of(pairs_of(self.raw_body))

    def listed(self, name: str) -> list[str]:
        """Every value of a query field that is sent several times, each once."""
        return list(dict.fromkeys(value for sent, value in pairs_of(self.query_string) if sent == name))

    def account(self, *, write: bool = False) -> AccountRef:
        """The account that the program is bound to."""
        return access.account(self.database, self.principal, write=write)

    def instrument(self, form: Form) -> Instrument:
        """The instrument that ``exchange`` and ``tradingsymbol`` name. Raises UNKNOWN_INSTRUMENT."""
        exchange, name = form.need("exchange", one_of(*EXCHANGES)), form.need("tradingsymbol", symbol)
        found = masters.get(self.database).by_key.get(f"{exchange}:{name}")
        if found is None:
            sentence = f"There is no {name} on {exchange}. Look for it in the list of instruments."
            raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, "tradingsymbol")
        return found

    def number(self, name: str, reason: Reason = Reason.NOT_FOUND) -> int:
        """An id from the path; what is no id names nothing, hence not found."""
        found = number_of(self.path[name])
        if found is None:
            raise Refusal(reason, "There is nothing of that id.", name)
        return found


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. ``kind`` says what it is counted as, None for what risk counts or nothing does.

    ``public``: the handler proves by itself who asks. ``json``: the body is JSON and not a form. ``starting``:
    answers while the process starts, when there is no database yet.
    """

    method: str
    path: str
    handler: Handler
    kind: Kind | None = Kind.OTHER
    public: bool = False
    json: bool = False
    starting: bool = False
