"""What an owner typed in for a vendor reaches that vendor, by the line that a live market opens."""

from pathlib import Path

import pytest

import settings
from core.vendors import Vendor
from db.engine import Database
from desk import vendors
from feeds.live.line import LineState
from jobs import live
from tests.feeds.standins.certificates import self_signed
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn
from tests.people import credential_of, open_market, person, signed_in


def test_truedata_is_told_the_user_and_the_password_that_were_typed_in(
    clean_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("KAGAZ_SEALING_KEY", "k" * 32)
    monkeypatch.setenv("KAGAZ_VENDOR_HOSTS", "localhost")
    settings.load.cache_clear()
    open_market(clean_database)
    person(clean_database, "asha")
    _, asha = signed_in(clean_database, "asha")
    with TrueDataStandIn(tls=context) as stand:
        typed = {"user": USER, "password": PASSWORD, "host": "localhost", "port": str(stand.port)}
        vendors.put(clean_database, asha, Vendor.TRUEDATA, typed)
        line = live.line_of(credential_of(clean_database, asha.user_id, Vendor.TRUEDATA))
        try:
            line.start()
            stand.until(lambda: line.status().state in (LineState.LIVE, LineState.REFUSED))
            assert line.status().state is LineState.LIVE, line.status()
        finally:
            line.stop()
        assert stand.logins == [{"user": USER, "password": PASSWORD}]
