"""The option chain: the future of an expiry beside its options, and a contract in place of its underlying."""

from datetime import date

import pytest

from core.reasons import Refusal
from db.engine import Database
from desk import option_chain
from tests.desk.test_vendor_masters import run_the_market


@pytest.fixture(autouse=True)
def on_the_date(database: Database) -> None:
    run_the_market(database)


def test_an_expiry_has_its_future_and_its_strikes(database: Database) -> None:
    told = option_chain.chain(database, "sim", "NSE:NIFTY 50")
    assert told["expiries"][:2] == ["2026-11-23", "2026-12-01"]
    assert (told["expiry"], told["future"]["key"]) == ("2026-11-23", "NFO:NIFTY26NOVFUT")
    row = next(each for each in told["rows"] if each["strike"] == 25000)
    assert (row["call"]["key"], row["put"]["lot"]) == ("NFO:NIFTY26NOV25000CE", 65)
    weekly = option_chain.chain(database, "sim", "NSE:NIFTY 50", date(2026, 12, 1))
    assert (weekly["future"], weekly["rows"][0]["call"]["key"][:14]) == (None, "NFO:NIFTY26D01")


def test_a_contract_names_its_underlying_and_its_own_expiry(database: Database) -> None:
    for key in ("NFO:NIFTY26DEC25000CE", "NFO:NIFTY26DECFUT"):
        told = option_chain.chain(database, "sim", key)
        assert (told["underlying"], told["expiry"]) == ("NSE:NIFTY 50", "2026-12-29")


@pytest.mark.parametrize("key", ["NSE:NOBODY", "NSE:NIFTYBEES"])
def test_what_has_no_options_is_refused(database: Database, key: str) -> None:
    with pytest.raises(Refusal, match="There are no options on that"):
        option_chain.chain(database, "sim", key)
    with pytest.raises(Refusal, match="None of its options ends on 02 Dec 2026"):
        option_chain.chain(database, "sim", "NSE:NIFTY 50", date(2026, 12, 2))
