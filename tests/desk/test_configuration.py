"""The settings as an administrator reads them: no secret among them."""

import pytest

import settings
from desk import configuration

SECRET = "postgresql://kagaz:open-sesame@db.example.com/kagaz"


@pytest.fixture
def set_here(monkeypatch):
    for name, value in {
        "DATABASE_URL": SECRET, "KAGAZ_SEALING_KEY": "k" * 40, "KAGAZ_SEED": "7", "KAGAZ_SIGNUP": "example.com",
        "KAGAZ_UPSTOX_URL": "https://me:open-sesame@stand-in.example.com",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings.load.cache_clear()
    yield {each["name"]: each for each in configuration.shown()}
    settings.load.cache_clear()


def test_values_are_told_and_secrets_are_not(set_here):
    assert (set_here["KAGAZ_SEED"]["value"], set_here["KAGAZ_SEED"]["own"]) == ("7", True)
    assert (set_here["KAGAZ_SIGNUP"]["value"], set_here["GATEWAY_PORT"]["own"]) == ("example.com", False)
    for name in ("DATABASE_URL", "KAGAZ_SEALING_KEY", "KAGAZ_UPSTOX_URL"):
        assert set_here[name]["value"] == "set, not shown"
    assert set_here["KAGAZ_ADMIN_PASSWORD"]["value"] == "not set"
    assert "sesame" not in str(set_here)
    assert "kkkk" not in str(set_here)


def test_every_setting_is_there_and_says_what_it_is_for(set_here):
    assert set(set_here) == {name.upper() for name in settings.Settings.model_fields}
    assert all(each["about"] for each in set_here.values())
