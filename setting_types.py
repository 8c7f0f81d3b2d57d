"""What the values of settings may be: each type checks what was written and brings it into the form that is kept."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _address(value: str) -> str:
    if re.fullmatch(r"[0-9A-Za-z.:-]{1,253}", value.strip(), re.ASCII) is None:
        raise ValueError("not an address")
    return value.strip()


def _database(value: str) -> str:
    found = re.fullmatch(r"postgres(?:ql)?(?:\+psycopg)?://(\S+)", value.strip())
    if found is None:
        raise ValueError("not the address of a Postgres")
    address = f"postgresql://{found[1]}"
    urlsplit(address)  # raises ValueError for a broken host
    return address


def _absolute(value: Path) -> Path:
    return value.expanduser().absolute()


def _folder(value: Path) -> Path:
    if value.exists() and not value.is_dir():
        raise ValueError("not a folder")
    return value


def _programs(value: Path) -> Path:
    if not all(any(value.glob(f"{name}*")) for name in ("initdb", "postgres")):
        raise ValueError("no Postgres in it")
    return value


def _day(value: object) -> object:
    return date.fromisoformat(value.strip()) if isinstance(value, str) else value


def _there(value: Path) -> Path:
    if not value.exists():
        raise ValueError("not there")
    return value


def _split(value: object) -> object:
    return tuple(part for part in re.split(r"[,\s]+", value) if part) if isinstance(value, str) else value


def _origin(text: str) -> str:
    parts = urlsplit(text.strip().lower())
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not an origin")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("an origin has no path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def _domain(text: str) -> str:
    found = text.lower().removeprefix("@")
    if found != "anyone" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", found) is None:
        raise ValueError("neither anyone nor a domain")
    return found


def _served(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
        raise ValueError("not an address of a service")
    return value.strip()


def _email(value: str) -> str:
    if re.fullmatch(r"[^\s@]+@[^\s@]+", value) is None:
        raise ValueError("not an e-mail address")
    return value


def _password(value: str) -> str:
    if len(value.encode()) > 72:
        raise ValueError("longer than bcrypt can tell apart")
    return value


SmallLetters = BeforeValidator(_lower)
"""Beside a choice of words: capitals and spaces round it do not matter."""
Address = Annotated[str, AfterValidator(_address)]
"""A name or number of a machine, to listen on."""
PostgresUrl = Annotated[str, AfterValidator(_database)]
"""With the plain scheme, as psycopg wants it: hosting services hand out ``postgres://``, others name a driver."""
Day = Annotated[date, BeforeValidator(_day)]
"""Year, month and day: no number that somebody might mean by it."""
Folder = Annotated[Path, AfterValidator(_absolute), AfterValidator(_folder)]
"""Absolute, as the other paths are: a child process may stand in another folder than who read the setting."""
PostgresPrograms = Annotated[Path, AfterValidator(_absolute), AfterValidator(_programs)]
"""A folder with initdb and postgres."""
ExistingPath = Annotated[Path, AfterValidator(_absolute), AfterValidator(_there)]
"""A file or folder that is there."""
ServiceUrl = Annotated[str, AfterValidator(_served)]
"""Where a service answers, by http or a WebSocket."""
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several, separated by commas or spaces."""
Origins = Annotated[Words, AfterValidator(lambda value: tuple(_origin(one) for one in value))]
"""Several, as a browser writes them: small letters, no path, no default port."""
Domains = Annotated[Words, AfterValidator(lambda value: tuple(_domain(one) for one in value))]
"""Several, in small letters, or ``anyone``."""
Email = Annotated[str, AfterValidator(_email)]
"""An e-mail address, as far as one can tell."""
Password = Annotated[str, AfterValidator(_password)]
"""At most 72 bytes."""
