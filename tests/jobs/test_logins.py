"""A login's code becomes the token of the day, once, or a sentence for its owner."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from core.reasons import Reason, Refusal
from core.vendors import Vendor
from db.engine import Database
from desk import vendors
from desk.principal import Principal
from desk.vendors import Code
from feeds.live.upstox_login import LoginRefused, Token
from jobs.logins import Logins
from tests.desk.test_vendors import UPSTOX
from tests.people import credential_of, open_market, person, signed_in


@pytest.fixture
def asha(clean_database: Database) -> Principal:
    open_market(clean_database)
    person(clean_database, "asha")
    _, principal = signed_in(clean_database, "asha")
    vendors.put(clean_database, principal, Vendor.UPSTOX, UPSTOX)
    return principal


def come_back(database: Database, who: Principal, code: str) -> None:
    address = vendors.begin_login(database, who, Vendor.UPSTOX)
    vendors.come_back(database, who, Vendor.UPSTOX, parse_qs(urlsplit(address).query)["state"][0], code)


def test_a_code_becomes_a_token_and_is_asked_about_once(clean_database: Database, asha: Principal) -> None:
    asked: list[Code] = []

    def vendor(code: Code) -> Token:
        asked.append(code)
        return Token("the token of today", datetime.now(UTC) + timedelta(hours=4))

    come_back(clean_database, asha, "code-1")
    loop = Logins(clean_database, vendor)
    loop.step()
    loop.step()
    assert [(each.code, each.credential.fields) for each in asked] == [("code-1", UPSTOX)]
    opened = credential_of(clean_database, asha.user_id, Vendor.UPSTOX)
    assert opened.token == "the token of today"
    assert vendors.listed(clean_database, asha.user_id)[0]["state"] == "READY"


def state(database: Database, who: Principal) -> str:
    return str(vendors.listed(database, who.user_id)[0]["state"])


@pytest.mark.parametrize("refused", [False, True])
def test_a_login_is_on_its_way_until_the_vendor_has_answered(
    clean_database: Database, asha: Principal, refused: bool
) -> None:
    meanwhile: list[str] = []

    def vendor(code: Code) -> Token:
        meanwhile.append(state(clean_database, asha))
        if refused:
            raise LoginRefused("Upstox refused the sign-in.")
        return Token("the token of today", datetime.now(UTC) + timedelta(hours=4))

    come_back(clean_database, asha, "code-1")
    assert state(clean_database, asha) == "CONNECTING"
    Logins(clean_database, vendor).step()
    assert meanwhile == ["CONNECTING"], "a page that saw anything else would look no more"
    assert state(clean_database, asha) == ("REFUSED" if refused else "READY")


def test_a_code_whose_taker_died_is_on_its_way_for_a_minute(clean_database: Database, asha: Principal) -> None:
    come_back(clean_database, asha, "code-1")
    assert vendors.take_code(clean_database) is not None
    assert state(clean_database, asha) == "CONNECTING"
    with clean_database.connection() as connection:
        connection.execute("update feed_logins set taken_at = taken_at - interval '61 seconds'")
    assert state(clean_database, asha) == "CONNECT"


@pytest.mark.parametrize("code", ["", "a\nb", "x" * 513])
def test_a_code_that_is_none_is_asked_about_never(clean_database: Database, asha: Principal, code: str) -> None:
    with pytest.raises(Refusal) as no:
        come_back(clean_database, asha, code)
    assert (no.value.reason, no.value.field) == (Reason.BAD_INPUT, "code")
    assert vendors.take_code(clean_database) is None


def test_a_refusal_is_told_and_the_next_login_heals_it(clean_database: Database, asha: Principal) -> None:
    def refuses(code: Code) -> Token:
        raise LoginRefused("Upstox refused the sign-in: Invalid code (HTTP 400).")

    come_back(clean_database, asha, "old")
    Logins(clean_database, refuses).step()
    row = vendors.listed(clean_database, asha.user_id)[0]
    assert (row["state"], row["refused"]) == ("REFUSED", "Upstox refused the sign-in: Invalid code (HTTP 400).")
    come_back(clean_database, asha, "new")
    Logins(clean_database, lambda _: Token("t-o-k-e-n", datetime.now(UTC) + timedelta(hours=1))).step()
    assert vendors.listed(clean_database, asha.user_id)[0]["state"] == "READY"
