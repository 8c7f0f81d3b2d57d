"""The command that tries a vendor, tried on stand-ins that behave and that do not."""

from pathlib import Path

import pytest

from feeds.live import __main__ as command
from tests.feeds.standins.certificates import self_signed
from tests.feeds.standins.truedata import PASSWORD, USER, TrueDataStandIn
from tests.feeds.standins.truedata_rest import TrueDataRest
from tests.feeds.standins.upstox import TOKEN, UpstoxStandIn
from tests.feeds.standins.upstox_rest import UpstoxRest


def use_upstox(monkeypatch: pytest.MonkeyPatch, vendor: UpstoxStandIn, rest: UpstoxRest) -> None:
    """The command asks the stand-ins."""
    monkeypatch.setenv("UPSTOX_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("UPSTOX_STREAM", vendor.address)
    monkeypatch.setenv("UPSTOX_HOST", rest.host)


def test_without_a_token_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("UPSTOX_ACCESS_TOKEN", raising=False)
    assert command.main(["check", "upstox"]) == 2
    assert "UPSTOX_ACCESS_TOKEN" in capsys.readouterr().err


def test_a_vendor_that_keeps_its_word_passes_each_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = self_signed(tmp_path)
    with UpstoxStandIn(context) as vendor, UpstoxRest() as rest:
        vendor.ticks_every = 0.1
        vendor.unknown = {"NSE_EQ|INE000000000"}
        rest.candles = [["2026-11-20T09:15:00+05:30", 100.0, 101.0, 99.0, 100.0, 1, 0]]
        rest.quotes = {"X": {"instrument_token": "NSE_EQ|INE002A01018", "last_price": 1_500.05}}
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        use_upstox(monkeypatch, vendor, rest)
        failed = command.main(["check", "upstox", "--seconds", "2"])
        told = capsys.readouterr().out
        assert not failed, told
        assert told.count("ok  ") == 21, told
        assert TOKEN not in told


def test_a_vendor_whose_certificate_is_not_looked_at_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with UpstoxStandIn() as vendor, UpstoxRest() as rest:
        vendor.moods.silent = True
        rest.answers["/"] = (500, b"")
        use_upstox(monkeypatch, vendor, rest)
        assert command.main(["check", "upstox", "--seconds", "1"]) == 1
        told = capsys.readouterr().out
        assert "FAIL a certificate nobody vouches for is refused" in told
        assert "FAIL each key is answered" in told
        assert "FAIL days are answered: no reason given (HTTP 500)" in told


def test_truedata_is_tried_with_a_login_that_is_never_risked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context, file = self_signed(tmp_path)
    with TrueDataStandIn(tls=context) as vendor, TrueDataRest() as rest:
        vendor.moods.unknown = {"NSE_EQ|INE000000000"}
        rest.csv += "2026-11-20T09:15:00,100,101,99,100,1,0\n"
        for name, value in {
            "TRUEDATA_LOGIN": USER, "TRUEDATA_PASSWORD": PASSWORD, "TRUEDATA_HOST": "localhost",
            "TRUEDATA_PORT": str(vendor.port), "TRUEDATA_AUTH": rest.address, "TRUEDATA_HISTORY": rest.address,
            "SSL_CERT_FILE": str(file),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        failed = command.main(["check", "truedata", "--seconds", "1"])
        told = capsys.readouterr().out
        assert not failed, told
        assert "ok   minutes are answered: 1 rows, the first of 20 Nov 09:15" in told
        assert PASSWORD not in told
        assert not [one for one in vendor.logins if (one["user"] == USER) is not (one["password"] == PASSWORD)]


def test_truedata_without_a_login_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TRUEDATA_LOGIN", raising=False)
    assert command.main(["check", "truedata"]) == 2
    assert "TRUEDATA_LOGIN and TRUEDATA_PASSWORD" in capsys.readouterr().err
