"""Settings: what is accepted, what is refused and in which words, and what stays secret."""

import logging
import os
from pathlib import Path

import pytest

import settings
from settings import Settings, WrongSettings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of this machine, and a secrets file that is not there."""
    for name in [*Settings.model_fields, *(key for key in os.environ if key.startswith("KAGAZ_"))]:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(settings, "SECRETS_FILE", tmp_path / "secrets.toml")


def write(text: str) -> None:
    settings.SECRETS_FILE.write_text(text, "utf-8")


def test_everything_has_a_default() -> None:
    found = settings.read()
    assert found.port == 8501
    assert found.gateway_port == 8600
    assert found.kagaz_feed == "simulator"
    assert found.kagaz_session == "always"
    assert found.database_url is None
    assert found.kagaz_home == settings.PROJECT / ".kagaz"


ACCEPTED = [
    ("DATABASE_URL", "postgres://u:p@h/d", "postgresql://u:p@h/d"),
    ("DATABASE_URL", "postgresql+psycopg://u:p@h/d", "postgresql://u:p@h/d"),
    ("DATABASE_URL", "postgresql://a:1,b:2/d?sslmode=require", "postgresql://a:1,b:2/d?sslmode=require"),
    ("DATABASE_URL", "postgresql:///d?host=/run/postgresql", "postgresql:///d?host=/run/postgresql"),
    ("DATABASE_URL", "", None),
    ("PORT", " 80 ", 80),
    ("GATEWAY_PORT", "0", 0),
    ("GATEWAY_ADDRESS", " 0.0.0.0 ", "0.0.0.0"),
    ("KAGAZ_FEED", "Replay", "replay"),
    ("KAGAZ_LOG_LEVEL", "DEBUG", "debug"),
    ("KAGAZ_ORDER_RATE", "0", 0),
    ("KAGAZ_ORIGINS", "", ()),
    ("KAGAZ_ORIGINS", "https://A.example/, http://b:8080", ("https://a.example", "http://b:8080")),
    ("KAGAZ_ORIGINS", "https://a.example:443", ("https://a.example",)),
    ("KAGAZ_ORIGINS", "http://[::1]:8501", ("http://[::1]:8501",)),
]


@pytest.mark.parametrize(("name", "value", "expected"), ACCEPTED)
def test_a_value_is_accepted(monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: object) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(settings.read(), name.lower()) == expected


REFUSED = [
    ("PORT", "http", "PORT must be a port, a whole number from 1 to 65535, not 'http'."),
    ("PORT", "0", "PORT must be a port, a whole number from 1 to 65535, not '0'."),
    (
        "GATEWAY_PORT",
        "65536",
        "GATEWAY_PORT must be a port, a whole number from 1 to 65535, or 0 for no gateway",
    ),
    ("KAGAZ_FEED", "nse", "KAGAZ_FEED must be simulator, replay, upstox or truedata, not 'nse'."),
    ("KAGAZ_SESSION", "24x7", "KAGAZ_SESSION must be always or nse, not '24x7'."),
    ("KAGAZ_SEED", "-1", "KAGAZ_SEED must be a whole number, 0 or more, not '-1'."),
    ("KAGAZ_SIDECAR", "none", "KAGAZ_SIDECAR must be child or external, not 'none'."),
    ("KAGAZ_ORDER_RATE", "1.5", "KAGAZ_ORDER_RATE must be a whole number, 0 or more, not '1.5'."),
    ("KAGAZ_TAPE_HOURS", "0", "KAGAZ_TAPE_HOURS must be a whole number of hours from 1 to 8760, not '0'."),
    ("KAGAZ_TAPE_MB", "2GB", "KAGAZ_TAPE_MB must be a whole number of megabytes, 16 or more, not '2GB'."),
    ("KAGAZ_REPLAY_FROM", "5", "KAGAZ_REPLAY_FROM must be a day like 2023-01-02, not '5'."),
    ("KAGAZ_REPLAY_FROM", "2023-02-30", "KAGAZ_REPLAY_FROM must be a day like 2023-01-02, not '2023-02-30'."),
    ("KAGAZ_REPLAY_STAMPS", "middle", "KAGAZ_REPLAY_STAMPS must be end or start, not 'middle'."),
    ("KAGAZ_UPSTOX_URL", "upstox", "KAGAZ_UPSTOX_URL must be an address like https://api.upstox.com, not 'upstox'."),
    ("KAGAZ_UPSTOX_STREAM", "https://", "KAGAZ_UPSTOX_STREAM must be an address like wss://stream.example.com"),
    ("KAGAZ_ORIGINS", "desk.example.com", "KAGAZ_ORIGINS must be origins like https://desk.example.com"),
    ("KAGAZ_ORIGINS", "https://a/b", "KAGAZ_ORIGINS must be origins"),
    ("KAGAZ_ORIGINS", "*", "KAGAZ_ORIGINS must be origins"),
    (
        "KAGAZ_PG_BIN",
        "/nowhere",
        "KAGAZ_PG_BIN must be a folder that holds initdb and postgres, not '/nowhere'.",
    ),
    ("KAGAZ_REPLAY_PATH", "/nowhere", "KAGAZ_REPLAY_PATH must be the path of a file or folder that exists"),
    ("KAGAZ_HOME", __file__, "KAGAZ_HOME must be the path of a folder, not "),
    ("KAGAZ_LOG_FORMAT", "xml", "KAGAZ_LOG_FORMAT must be auto, json or human, not 'xml'."),
]


@pytest.mark.parametrize(("name", "value", "sentence"), REFUSED)
def test_a_value_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refused:
        settings.read()
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("KAGAZ_FEED", "x")
    with pytest.raises(WrongSettings) as refused:
        settings.read()
    assert [line.split()[0] for line in str(refused.value).splitlines()] == ["PORT", "KAGAZ_FEED"]


SECRETS = [
    {"DATABASE_URL": "mysql://u:s3cret@h/d"},
    {"DATABASE_URL": "postgresql://u:s3cret@[h/d"},
    {"KAGAZ_ADMIN_PASSWORD": "s3cret" * 20, "KAGAZ_ADMIN_EMAIL": "a@b"},
    {"KAGAZ_ADMIN_PASSWORD": "s3cret"},
]


@pytest.mark.parametrize("environment", SECRETS)
def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refused:
        settings.read()
    shown = f"{refused.value}{refused.value.__cause__}"
    assert next(iter(environment)) in shown
    assert "s3cret" not in shown


def test_settings_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@h/d")
    monkeypatch.setenv("KAGAZ_ADMIN_EMAIL", "a@b")
    monkeypatch.setenv("KAGAZ_ADMIN_PASSWORD", "s3cret-too")
    assert "s3cret" not in repr(settings.read())


def test_the_environment_wins_over_the_secrets_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('PORT = 9000\nGATEWAY_PORT = 9001\nKAGAZ_ORIGINS = ["https://a"]\n[auth]\ncookie_secret = "x"\n')
    monkeypatch.setenv("PORT", "9100")
    found = settings.read()
    assert (found.port, found.gateway_port, found.kagaz_origins) == (9100, 9001, ("https://a",))


BROKEN = [
    ("PORT = 9000\nKAGAZ_ADMIN_PASSWORD = s3cret\n", "is not valid TOML at line 2, column"),
    ('PORT = "many"\n', "PORT in secrets.toml must be a port"),
    ('DATABASE_URL = "s3cret"\n', "DATABASE_URL in secrets.toml must be an address"),
]


@pytest.mark.parametrize(("text", "sentence"), BROKEN)
def test_a_broken_secrets_file_is_refused_without_its_text(text: str, sentence: str) -> None:
    write(text)
    with pytest.raises(WrongSettings) as refused:
        settings.read()
    assert sentence in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_an_unknown_variable_is_named() -> None:
    assert settings.unknown(["KAGAZ_SEDE", "PATH", "KAGAZ_SEED"]) == [
        "KAGAZ_SEDE is no setting of Kagaz; did you mean KAGAZ_SEED?"
    ]


def test_loading_warns_of_unknown_variables(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    write("KAGAZ_ORIGIN = 1\n")
    monkeypatch.setenv("KAGAZ_FED", "1")
    settings.load.cache_clear()
    with caplog.at_level(logging.WARNING):
        first = settings.load()
    assert settings.load() is first
    settings.load.cache_clear()
    assert "KAGAZ_FED is no setting" in caplog.text
    assert "KAGAZ_ORIGIN is no setting of Kagaz; did you mean KAGAZ_ORIGINS?" in caplog.text
