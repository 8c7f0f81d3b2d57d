"""A request as a handler sees it: proven, parsed, with nothing of HTTP left but what answers need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.fields import Fields, query_fields
from api.parsing import read_object
from api.readers import account as account_reader
from api.readers import one_of, symbol
from api.reply import Reply
from core.instruments import EXCHANGES, Instrument
from core.reasons import Reason, Refusal
from desk import access, masters
from desk.access import AccountRef
from desk.identity import Principal
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
    key: str | None
    headers: Mapping[str, str]
    address: str | None
    secure: bool
    origin: str | None = None

    def query(self) -> Fields:
        """The query string, to be read field by field."""
        return query_fields(self.query_string)

    def body(self) -> Fields:
        """The JSON object of the body, to be read field by field. The query of a write must be empty."""
        query_fields(self.query_string).close()
        return Fields(read_object(self.raw_body))

    def nothing(self) -> None:
        """The request says all by its path: no query, and no body, which is looked at before the handler."""
        query_fields(self.query_string).close()

    def account(self, fields: Fields) -> Callable[..., AccountRef]:
        """Reads the field ``account`` now and looks the account up when it is called, after ``close``."""
        named = fields.may("account", account_reader)

        def find(*, write: bool = False) -> AccountRef:
            return access.account(self.database, self.principal, named, write=write)

        return find

    def instrument(self, fields: Fields) -> Callable[[], Instrument]:
        """Reads the fields ``exchange`` and ``symbol`` now and looks the instrument up when it is called, after
        ``close``."""
        exchange, name = fields.need("exchange", one_of(*EXCHANGES)), fields.need("symbol", symbol)

        def find() -> Instrument:
            found = masters.get(self.database).by_key.get(f"{exchange}:{name}")
            if found is None:
                sentence = f"There is no {name} on {exchange}. Search for its symbol."
                raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, field="symbol")
            return found

        return find

    def number(self, name: str, reason: Reason = Reason.NOT_FOUND) -> int:
        """An id from the path; what is no id names nothing, hence 404."""
        found = number_of(self.path[name])
        if found is None:
            raise Refusal(reason, "There is nothing of that id.", field=name)
        return found


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path, and the rules that hold before its handler runs.

    ``public``: no credential. ``keyed``: takes an Idempotency-Key. ``starting``: answers while the
    process starts, when there is no database yet. ``inline``: never blocks, so that it needs no thread
    and answers even when all are busy. ``free``: no rate bounds it, for it lessens risk. ``body`` and ``query`` name
    the fields for OpenAPI. ``instead``: people walk through this with a browser, and get this in place of a problem,
    which is for programs to read.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    public: bool = False
    keyed: bool = False
    starting: bool = False
    inline: bool = False
    free: bool = False
    body: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    status: int = 200
    instead: Callable[[Reply], Reply] | None = None
