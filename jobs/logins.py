"""Finishes the logins of vendors: a code that a browser brought back becomes the token of the day."""

from collections.abc import Callable
from datetime import UTC, datetime

import log
import settings
from core.vendors import Vendor
from desk import vendors
from desk.market import Database
from desk.vendors import Code
from feeds.live import upstox_login
from feeds.live.upstox_login import LoginRefused, Token
from jobs.loop import Steady

Exchange = Callable[[Code], Token]


def exchange(code: Code) -> Token:
    """Asks Upstox. Raises LoginRefused with a sentence for the owner."""
    fields = code.credential.fields
    return upstox_login.exchange(
        fields["api_key"], fields["api_secret"], fields["redirect_url"], code.code, datetime.now(UTC),
        settings.load().kagaz_upstox_url,
    )  # fmt: skip


class Logins(Steady):
    """Takes the codes that wait, one after the other. Each is asked about once: the vendor takes it once."""

    name = "logins"
    every = 0.5

    def __init__(self, database: Database, ask: Exchange = exchange) -> None:
        super().__init__()
        self._database, self._ask = database, ask

    def step(self) -> None:
        """Every code that waits now."""
        while not self.stopping.is_set():
            code = vendors.take_code(self._database)
            if code is None:
                return
            self._finish(code)

    def _finish(self, code: Code) -> None:
        credential = code.credential
        try:
            if credential.vendor is not Vendor.UPSTOX:
                raise LoginRefused("This vendor asks for no login.")
            token = self._ask(code)
        except (LoginRefused, ValueError) as refused:
            vendors.refused(self._database, credential.user_id, credential.vendor, str(refused))
            log.get(__name__).warning("A vendor refused a login", extra={"vendor": credential.vendor})
            return
        vendors.connected(self._database, credential, token.access_token, token.expires_at)
        log.get(__name__).info("A vendor let an owner in", extra={"vendor": credential.vendor})
