"""Every setting of Kagaz: typed, documented, read once from the environment and `.streamlit/secrets.toml`.

The environment wins over the file, the file over the defaults. An empty variable counts as unset. A wrong
value stops the process with one sentence a variable; a secret's value is never part of it.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

import log
from setting_types import (
    Address,
    Day,
    Domains,
    Email,
    ExistingPath,
    Folder,
    Origins,
    Password,
    PostgresPrograms,
    PostgresUrl,
    ServiceUrl,
    SmallLetters,
    Words,
)

PROJECT = Path(__file__).resolve().parent
SECRETS_FILE = PROJECT / ".streamlit" / "secrets.toml"
_FRAME = "be a whole number of milliseconds from 20 to 60000"
SECRET_FIELDS = frozenset({"database_url", "kagaz_admin_password", "kagaz_sealing_key"})


class WrongSettings(ValueError):
    """Settings that cannot be used; the text is for the person who set them."""


def _whole(default: int, low: int, high: int, must: str, description: str) -> Any:
    """A field for a whole number within bounds."""
    return Field(default=default, ge=low, le=high, description=description, json_schema_extra={"must": must})


class Settings(BaseSettings):
    """What the environment may decide. A field's name is its variable's in lower case."""

    model_config = SettingsConfigDict(
        case_sensitive=False, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: PostgresUrl | None = Field(
        default=None,
        repr=False,
        description="Address of a Postgres 15 or newer, `postgresql://user:password@host:5432/name`. Unset: "
        "Kagaz runs its own embedded one.",
        json_schema_extra={"must": "be an address like postgresql://user:password@host:5432/name"},
    )
    kagaz_home: Folder = Field(
        default=PROJECT / ".kagaz",
        description="Folder for the embedded database and first-sign-in.txt. Where the default cannot be "
        "written, the system's or the user's data folder is taken, else the temporary one; the log names it.",
        json_schema_extra={"must": "be the path of a folder", "default": "`.kagaz` in the project"},
    )
    port: int = _whole(
        8501, 1, 65535, "be a port, a whole number from 1 to 65535",
        "Port of the web process: the pages, the native API and the stream.",
    )  # fmt: skip
    gateway_port: int = _whole(
        8600, 0, 65535, "be a port, a whole number from 1 to 65535, or 0 for no gateway",
        "Port of the gateway for programs written for a broker's API. `0`: none is wanted.",
    )  # fmt: skip
    gateway_address: Address = Field(
        default="127.0.0.1",
        description="Address that the gateway listens on: `127.0.0.1` for this machine alone, `0.0.0.0` for all.",
        json_schema_extra={"must": "be an address of this machine, such as 127.0.0.1 or 0.0.0.0"},
    )
    kagaz_feed: Annotated[Literal["simulator", "replay", "upstox", "truedata"], SmallLetters] = Field(
        default="simulator",
        description="Where prices come from at the first start: `simulator`, `replay`, `upstox` or `truedata`. A "
        "vendor's prices are their owner's alone: with one of the last two the simulator is everybody's market, and "
        "the first administrator gets one of their own beside it, to be connected on the page Feeds.",
        json_schema_extra={"must": "be simulator, replay, upstox or truedata"},
    )
    kagaz_session: Annotated[Literal["always", "nse"], SmallLetters] = Field(
        default="always",
        description="`always`: the simulator trades round the clock, and each day is a trading date that "
        "rolls at 15:30 IST. `nse`: real hours, phases and holidays.",
        json_schema_extra={"must": "be always or nse"},
    )
    kagaz_seed: int = _whole(
        1, 0, 2**63 - 1, "be a whole number, 0 or more",
        "Seed of the simulator: the same seed gives the same market.",
    )  # fmt: skip
    kagaz_sidecar: Annotated[Literal["child", "external"], SmallLetters] = Field(
        default="child",
        description="`child`: the web process starts the sidecar (`python -m jobs`), which runs the markets. "
        "`external`: whoever runs this web process runs it.",
        json_schema_extra={"must": "be child or external"},
    )
    kagaz_order_rate: int = _whole(
        10, 0, 1_000_000, "be a whole number, 0 or more",
        "Orders a second that one account may send, × 40 a minute, × 500 a day, unless a limit says "
        "otherwise. `0` sets no bound.",
    )  # fmt: skip
    kagaz_api_rate: int = _whole(
        100, 0, 1_000_000, "be a whole number, 0 or more",
        "Requests a second that one token or session may send to the native API of one process in the long "
        "run, reads and writes counted apart; five times as many at once. `0` sets no bound.",
    )  # fmt: skip
    kagaz_tape_hours: int = _whole(
        6, 1, 8760, "be a whole number of hours from 1 to 8760",
        "Hours for which the frames of the market are kept.",
    )  # fmt: skip
    kagaz_tape_mb: int = _whole(
        2048, 16, 10_000_000, "be a whole number of megabytes, 16 or more",
        "Megabytes that the kept frames may take; beyond it the oldest hour goes.",
    )  # fmt: skip
    kagaz_record_mb: int = _whole(
        8192, 1, 10_000_000, "be a whole number of megabytes, 1 or more",
        "Megabytes that the recordings of all markets and days may take together; at that bound recording "
        "stops and says so.",
    )  # fmt: skip
    kagaz_live_markets: int = _whole(
        6, 0, 12, "be a whole number from 0 to 12",
        "Live markets that may run at once; each keeps five connections to the database.",
    )  # fmt: skip
    kagaz_origins: Origins = Field(
        default=(),
        description="Other origins whose pages may send writes with a cookie, separated by commas: "
        "`https://desk.example.com,https://desk.example.com:8443`.",
        json_schema_extra={"must": "be origins like https://desk.example.com, separated by commas"},
    )
    kagaz_signup: Domains = Field(
        default=(),
        description="Who becomes a trader by signing in with Google for the first time: `anyone`, or whoever has a "
        "verified address in one of these domains, `example.com,example.org`. Unset: nobody.",
        json_schema_extra={"must": "be anyone, or domains like example.com, separated by commas"},
    )
    kagaz_admin_email: Email | None = Field(
        default=None,
        description="E-mail of the first admin, made when the database has no user.",
        json_schema_extra={"must": "be an e-mail address"},
    )
    kagaz_admin_password: Password | None = Field(
        default=None,
        repr=False,
        description="Password of the first admin, who must change it at the first sign-in. At most 72 bytes.",
        json_schema_extra={"must": "be a password of at most 72 bytes, set together with KAGAZ_ADMIN_EMAIL"},
    )
    kagaz_sealing_key: str | None = Field(
        default=None,
        min_length=32,
        repr=False,
        description="Seals what owners type in for their vendors: 32 characters of chance or more, as `openssl rand "
        "-base64 32` prints. Unset: a key is made in `sealing.key` in `KAGAZ_HOME`, which serves one machine. When it "
        "is lost, owners type their credentials in once more.",
        json_schema_extra={"must": "be 32 characters or more"},
    )
    kagaz_upstox_url: ServiceUrl = Field(
        default="https://api.upstox.com",
        description="Address of Upstox: its login and its candles, or a stand-in's.",
        json_schema_extra={"must": "be an address like https://api.upstox.com"},
    )
    kagaz_upstox_stream: ServiceUrl | None = Field(
        default=None,
        description="Address of Upstox's stream, to try Kagaz with a stand-in. Unset: Upstox's own.",
        json_schema_extra={"must": "be an address like wss://stream.example.com"},
    )
    kagaz_vendor_hosts: Words = Field(
        default=(),
        description="Other hosts than TrueData's own (`….truedata.in`) that owners may name for it, comma-separated.",
        json_schema_extra={"must": "be names of hosts, separated by commas"},
    )
    kagaz_pg_bin: PostgresPrograms | None = Field(
        default=None,
        description="Folder with the programs of a Postgres (initdb, postgres) for the embedded database, in "
        "place of those of the installed wheel.",
        json_schema_extra={"must": "be a folder that holds initdb and postgres"},
    )
    kagaz_replay_path: ExistingPath | None = Field(
        default=None,
        description="File or folder with the bars that the replay feed plays, or the folder of a recording.",
        json_schema_extra={"must": "be the path of a file or folder that exists"},
    )
    kagaz_replay_speed: float = Field(
        default=1.0,
        gt=0,
        le=3600,
        description="How many times as fast as it was a past day is played by the replay feed.",
        json_schema_extra={"must": "be a number above 0, 3600 at most"},
    )
    kagaz_replay_from: Day | None = Field(
        default=None,
        description="Past day that the replay feed plays first, `2023-01-02`; those before it are the past of its "
        "charts. Unset: the earliest in the files.",
        json_schema_extra={"must": "be a day like 2023-01-02"},
    )
    kagaz_replay_stamps: Annotated[Literal["end", "start"], SmallLetters] = Field(
        default="end",
        description="Which of a minute its bar's time is: `end`, so that 09:16 is the first, or `start`.",
        json_schema_extra={"must": "be end or start"},
    )
    kagaz_frame_ms: int = _whole(250, 20, 60_000, _FRAME, "Milliseconds between two frames of the simulator.")
    kagaz_live_frame_ms: int = _whole(100, 20, 60_000, _FRAME, "Milliseconds between two frames of a live market.")
    kagaz_latency_ms: int = _whole(
        0, 0, 60_000, "be a whole number of milliseconds from 0 to 60000",
        "Milliseconds that an order takes to reach the simulated exchange.",
    )  # fmt: skip
    kagaz_log_level: Annotated[Literal["debug", "info", "warning", "error"], SmallLetters] = Field(
        default="info",
        description="Least level that Kagaz's own logs show: `debug`, `info`, `warning` or `error`.",
        json_schema_extra={"must": "be debug, info, warning or error"},
    )
    kagaz_log_format: Annotated[Literal["auto", "json", "human"], SmallLetters] = Field(
        default="auto",
        description="`json`: one object a line. `human`: text. `auto`: text on a terminal, JSON elsewhere.",
        json_schema_extra={"must": "be auto, json or human"},
    )

    @model_validator(mode="after")
    def _pair(self) -> "Settings":
        if (self.kagaz_admin_email is None) != (self.kagaz_admin_password is None):
            raise ValueError("KAGAZ_ADMIN_EMAIL and KAGAZ_ADMIN_PASSWORD must be set together, or neither.")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not read, on purpose
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not read, on purpose
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the secrets file; no `.env`, no folder of secret files."""
        return init_settings, env_settings, _SecretsFile(settings_cls)


class _SecretsFile(PydanticBaseSettingsSource):
    """The top-level keys of `.streamlit/secrets.toml`; its tables belong to Streamlit."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One value of the file, as the interface asks for it."""
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        known = self.settings_cls.model_fields
        keys = {key.lower(): value for key, value in secrets(SECRETS_FILE).items() if value != ""}
        return {name: value for name, value in keys.items() if name in known}


def secrets(path: Path) -> dict[str, Any]:
    """The top-level values of a secrets file, without its tables; nothing if there is no file.

    Raises WrongSettings if it cannot be read or is no TOML; the sentence gives the place, not the text there.
    """
    try:
        parsed = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WrongSettings(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise WrongSettings(f"{path} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line \d+, column \d+", str(error))
        raise WrongSettings(f"{path} is not valid TOML{f' at {place[0]}' if place else ''}.") from None
    return {key: value for key, value in parsed.items() if not isinstance(value, dict)}


def unknown(names: Iterable[str]) -> list[str]:
    """One sentence for each KAGAZ_… name that is no setting, with the setting that was probably meant."""
    known = [name.upper() for name in Settings.model_fields]
    sentences = []
    for name in sorted({one.upper() for one in names}):
        if name.startswith("KAGAZ_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else "."
            sentences.append(f"{name} is no setting of Kagaz{meant}")
    return sentences


def _sentence(name: str) -> str:
    """What a wrong variable must be, where it was set and, unless it is secret, what it is."""
    extra = Settings.model_fields[name].json_schema_extra
    must = extra["must"] if isinstance(extra, dict) else "be valid"
    set_in = next((key for key, value in os.environ.items() if key.lower() == name and value), None)
    if set_in is None:
        return f"{name.upper()} in {SECRETS_FILE.name} must {must}."
    shown = "" if name in SECRET_FIELDS else f", not {os.environ[set_in][:80]!r}"
    return f"{name.upper()} must {must}{shown}."


def read() -> Settings:
    """The settings as they are now; raises WrongSettings, one sentence for each variable that is wrong."""
    try:
        found = Settings()
    except ValidationError as error:
        names = dict.fromkeys(str(one["loc"][0]) if one["loc"] else "" for one in error.errors())
        pair = next((str(one["ctx"]["error"]) for one in error.errors() if not one["loc"]), "")
        raise WrongSettings("\n".join(_sentence(name) if name else pair for name in names)) from None
    log.hide(found.kagaz_admin_password)
    log.hide(found.kagaz_sealing_key)
    if found.database_url:
        password = urlsplit(found.database_url).password
        log.hide(password)
        log.hide(unquote(password) if password else None)
    return found


@cache
def load() -> Settings:
    """The settings of this process, read at the first call, which also sets up the logs.

    A KAGAZ_… variable that is no setting is named in a warning.
    """
    found = read()
    log.configure(found.kagaz_log_level, found.kagaz_log_format)
    for sentence in unknown([*os.environ, *secrets(SECRETS_FILE)]):
        log.get(__name__).warning(sentence)
    return found
