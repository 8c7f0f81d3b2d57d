"""What opens a vendor's door: sealed, bound to its owner, and the login that brings the token of the day."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import log
import settings
from core.reasons import Reason, Refusal
from core.vendors import Vendor
from db.engine import Database
from desk import live, sealing, vendors
from desk.principal import Principal
from tests.people import credential_of, open_market, person, signed_in, token

SECRET, KEY = "an-api-secret-of-asha", "an-api-key-of-asha"
UPSTOX = {"api_key": KEY, "api_secret": SECRET, "redirect_url": "http://desk.test/api/v1/feeds/upstox/callback"}
TRUEDATA = {"user": "asha-login", "password": "a password of asha"}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    use_key(monkeypatch, "k" * 32)


def use_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("KAGAZ_SEALING_KEY", key)
    settings.load.cache_clear()


@pytest.fixture
def desk(clean_database: Database) -> Database:
    open_market(clean_database)
    for name, role in (("asha", "trader"), ("ravi", "trader"), ("ana", "analyst")):
        person(clean_database, name, role)
    return clean_database


@pytest.fixture
def asha(desk: Database) -> Principal:
    return signed_in(desk, "asha")[1]


def state_of(desk: Database, who: Principal, vendor: str = "upstox") -> str:
    return next(str(each["state"]) for each in vendors.listed(desk, who.user_id) if each["vendor"] == vendor)


def state_in(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def test_what_is_typed_in_is_kept_sealed_and_opens_again(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, {name: f" {text} " for name, text in UPSTOX.items()})
    opened = credential_of(desk, asha.user_id, Vendor.UPSTOX)
    assert (opened.fields, opened.token) == (UPSTOX, None)
    with desk.connection() as connection:
        whole = str(connection.execute("select * from feed_credentials").fetchall())
        whole += str(connection.execute("select * from audit").fetchall())
    assert SECRET not in whole
    assert KEY not in whole
    shown = str(vendors.listed(desk, asha.user_id)) + repr(opened) + str(opened)
    assert SECRET not in shown
    assert KEY not in shown
    assert log.redact(f"failed with {SECRET}") == f"failed with {log.HIDDEN}"


def test_a_sealed_text_is_bound_to_its_owner_and_its_use(desk: Database, asha: Principal) -> None:
    sealed = sealing.seal("text", "kagaz/token/upstox/1")
    assert sealing.unseal(sealed, "kagaz/token/upstox/1") == "text"
    assert sealed != sealing.seal("text", "kagaz/token/upstox/1")
    for other in ("kagaz/token/upstox/2", "kagaz/credential/upstox/1"):
        with pytest.raises(sealing.LostKeyError):
            sealing.unseal(sealed, other)
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", sealed[:5]):
        with pytest.raises(sealing.LostKeyError):
            sealing.unseal(broken, "kagaz/token/upstox/1")


def test_a_lost_key_is_a_sentence_and_typing_anew_heals_it(
    desk: Database, asha: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    use_key(monkeypatch, "x" * 32)
    with pytest.raises(sealing.LostKeyError, match="Type it in once more"):
        vendors.of(desk, asha.user_id, Vendor.UPSTOX)
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    assert credential_of(desk, asha.user_id, Vendor.UPSTOX).fields == UPSTOX


def test_without_a_setting_a_key_is_made_once_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGAZ_SEALING_KEY")
    settings.load.cache_clear()
    sealing.keep_in(tmp_path)
    try:
        sealed = sealing.seal("text", "a")
        path = tmp_path / sealing.FILE
        assert (path.stat().st_mode & 0o777, [each.name for each in tmp_path.iterdir()]) == (0o600, [sealing.FILE])
        assert sealing.unseal(sealed, "a") == "text"
        path.write_text("no key")
        with pytest.raises(sealing.LostKeyError):
            sealing.unseal(sealed, "a")
    finally:
        sealing.keep_in(None)


@pytest.mark.parametrize(
    ("vendor", "typed", "field"),
    [
        (Vendor.UPSTOX, {**UPSTOX, "api_secret": " "}, "api_secret"),
        (Vendor.UPSTOX, {**UPSTOX, "redirect_url": "javascript:alert(1)"}, "redirect_url"),
        (Vendor.UPSTOX, {**UPSTOX, "api_key": "a\nb"}, "api_key"),
        (Vendor.TRUEDATA, {"user": "x"}, "password"),
        (Vendor.TRUEDATA, {"user": "x", "password": "p" * 513}, "password"),
        (Vendor.TRUEDATA, {**TRUEDATA, "port": "80800"}, "port"),
        (Vendor.TRUEDATA, {**TRUEDATA, "port": "x"}, "port"),
        (Vendor.TRUEDATA, {**TRUEDATA, "host": "http://a"}, "host"),
        (Vendor.TRUEDATA, {**TRUEDATA, "host": "127.0.0.1"}, "host"),
        (Vendor.TRUEDATA, {**TRUEDATA, "host": "postgres"}, "host"),
        (Vendor.TRUEDATA, {**TRUEDATA, "host": "nottruedata.in"}, "host"),
        (Vendor.TRUEDATA, {**TRUEDATA, "host": "push.truedata.in.example.com"}, "host"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_never_repeated(
    desk: Database, asha: Principal, vendor: Vendor, typed: dict[str, str], field: str
) -> None:
    with pytest.raises(Refusal) as no:
        vendors.put(desk, asha, vendor, typed)
    assert no.value.field == field
    assert "alert" not in no.value.sentence


def test_a_host_is_the_vendors_own_or_one_that_the_operator_named(
    desk: Database, asha: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.put(desk, asha, Vendor.TRUEDATA, {**TRUEDATA, "host": "Push.TrueData.in"})
    monkeypatch.setenv("KAGAZ_VENDOR_HOSTS", "Feed.example.com, 10.0.0.5")
    settings.load.cache_clear()
    for host in ("feed.example.com", "10.0.0.5"):
        vendors.put(desk, asha, Vendor.TRUEDATA, {**TRUEDATA, "host": host})
    with pytest.raises(Refusal, match="KAGAZ_VENDOR_HOSTS"):
        vendors.put(desk, asha, Vendor.TRUEDATA, {**TRUEDATA, "host": "10.0.0.6"})


def test_neither_an_analyst_nor_a_token_brings_a_vendor(desk: Database) -> None:
    from desk import identity

    bot = identity.principal_from_token(desk, token(desk, "asha"))
    assert bot is not None
    for who in (signed_in(desk, "ana")[1], bot):
        for act in (
            lambda who=who: vendors.put(desk, who, Vendor.TRUEDATA, TRUEDATA),
            lambda who=who: vendors.begin_login(desk, who, Vendor.UPSTOX),
            lambda who=who: vendors.forget(desk, who, Vendor.UPSTOX),
        ):
            with pytest.raises(Refusal) as no:
                act()
            assert no.value.reason is Reason.FORBIDDEN


def test_a_login_comes_back_once_and_its_code_is_taken_once(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    assert state_of(desk, asha) == "CONNECT"
    address = vendors.begin_login(desk, asha, Vendor.UPSTOX)
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://api.upstox.com/v2/login/authorization/dialog"
    )  # fmt: skip
    asked = parse_qs(parts.query)
    assert (asked["client_id"], asked["redirect_uri"]) == ([KEY], [UPSTOX["redirect_url"]])
    assert SECRET not in address
    vendors.come_back(desk, asha, Vendor.UPSTOX, state_in(address), "code-1")
    assert state_of(desk, asha) == "CONNECTING"
    with pytest.raises(Refusal):
        vendors.come_back(desk, asha, Vendor.UPSTOX, state_in(address), "code-2")
    taken = vendors.take_code(desk)
    assert taken is not None
    assert (taken.code, taken.credential.fields) == ("code-1", UPSTOX)
    assert "code-1" not in repr(taken)
    assert vendors.take_code(desk) is None
    ends = datetime.now(UTC) + timedelta(hours=5)
    vendors.connected(desk, taken.credential, "the token of today", ends)
    assert state_of(desk, asha) == "READY"
    assert credential_of(desk, asha.user_id, Vendor.UPSTOX).token == "the token of today"


def test_a_login_with_what_nobody_can_read_is_refused_in_words(
    desk: Database, asha: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    use_key(monkeypatch, "x" * 32)
    with pytest.raises(Refusal, match="Type it in once more"):
        vendors.begin_login(desk, asha, Vendor.UPSTOX)
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    use_key(monkeypatch, "y" * 32)
    vendors.put(desk, asha, Vendor.TRUEDATA, TRUEDATA)
    assert vendors.of(desk, asha.user_id, Vendor.TRUEDATA) is not None
    with pytest.raises(sealing.LostKeyError):
        vendors.of(desk, asha.user_id, Vendor.UPSTOX)


def test_a_state_belongs_to_the_session_that_began_it(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    state = state_in(vendors.begin_login(desk, asha, Vendor.UPSTOX))
    for other in (signed_in(desk, "asha")[1], signed_in(desk, "ravi")[1]):
        with pytest.raises(Refusal) as no:
            vendors.come_back(desk, other, Vendor.UPSTOX, state, "stolen")
        assert no.value.reason is Reason.BAD_INPUT
    with desk.connection() as connection:
        connection.execute("update feed_logins set expires_at = now()")
    with pytest.raises(Refusal, match="Connect again"):
        vendors.come_back(desk, asha, Vendor.UPSTOX, state, "late")
    assert vendors.take_code(desk) is None


def test_a_login_that_was_declined_leaves_no_code(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    vendors.come_back(
        desk, asha, Vendor.UPSTOX, state_in(vendors.begin_login(desk, asha, Vendor.UPSTOX)), None
    )  # fmt: skip
    assert (vendors.take_code(desk), state_of(desk, asha)) == (None, "CONNECT")


def test_a_token_dies_by_the_clock_of_the_database(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    credential = credential_of(desk, asha.user_id, Vendor.UPSTOX)
    vendors.connected(desk, credential, "yesterday", datetime.now(UTC) - timedelta(seconds=1))
    assert state_of(desk, asha) == "CONNECT"
    assert credential_of(desk, asha.user_id, Vendor.UPSTOX).token is None


def test_a_refusal_is_told_without_secrets_and_ends_with_the_next_token(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    credential = credential_of(desk, asha.user_id, Vendor.UPSTOX)
    vendors.connected(desk, credential, "token of asha", datetime.now(UTC) + timedelta(hours=1))
    vendors.refused(desk, asha.user_id, Vendor.UPSTOX, "401 for token of asha", drop_token=True)
    row = vendors.listed(desk, asha.user_id)[0]
    assert (row["state"], row["refused"]) == ("REFUSED", f"401 for {log.HIDDEN}")
    vendors.connected(desk, credential, "another token", datetime.now(UTC) + timedelta(hours=1))
    assert state_of(desk, asha) == "READY"


def test_what_is_forgotten_is_gone(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.TRUEDATA, TRUEDATA)
    assert state_of(desk, asha, "truedata") == "READY"
    vendors.forget(desk, asha, Vendor.TRUEDATA)
    assert vendors.of(desk, asha.user_id, Vendor.TRUEDATA) is None
    with pytest.raises(Refusal):
        vendors.forget(desk, asha, Vendor.TRUEDATA)


def test_each_change_has_its_feed_opened_anew(desk: Database, asha: Principal) -> None:
    live.ensure(desk, asha.user_id, "asha", Vendor.UPSTOX)

    def version() -> int:
        with desk.connection() as connection:
            row = connection.execute("select feed_version from markets where id = 'live/asha'").fetchone()
        assert row
        return int(row[0])

    seen = [version()]
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    seen.append(version())
    vendors.connected(
        desk,
        credential_of(desk, asha.user_id, Vendor.UPSTOX),
        "a token of asha",
        datetime.now(UTC) + timedelta(hours=1),
    )
    seen.append(version())
    vendors.forget(desk, asha, Vendor.UPSTOX)
    seen.append(version())
    assert seen == sorted(set(seen))


def test_every_change_is_in_the_trail_without_what_was_typed(desk: Database, asha: Principal) -> None:
    vendors.put(desk, asha, Vendor.UPSTOX, UPSTOX)
    vendors.begin_login(desk, asha, Vendor.UPSTOX)
    vendors.forget(desk, asha, Vendor.UPSTOX)
    with desk.connection() as connection:
        found = connection.execute("select action, detail::text from audit order by id").fetchall()
    actions = [action for action, _ in found if action.startswith("FEED")]
    assert actions == ["FEED_CREDENTIAL_SET", "FEED_LOGIN_BEGUN", "FEED_CREDENTIAL_FORGOTTEN"]
    assert not [detail for _, detail in found if re.search("asha-login|api-secret|api-key", detail)]
