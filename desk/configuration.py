"""The settings that this process runs with, for administrators to read: never a secret's value."""

from urllib.parse import urlsplit

import settings
from desk.rows import Row


def shown() -> list[Row]:
    """{name, value, own, about} of every setting by name: ``own`` says whether it was set here rather than left as it
    comes. Of a secret, and of an address with a password in it, only whether there is one."""
    now = settings.load()
    return [
        {
            "name": name.upper(),
            "value": "set, not shown" if _secret(name, value) else _words(value),
            "own": name in now.model_fields_set,
            "about": (field.description or "").replace("`", ""),
        }
        for name, field in sorted(type(now).model_fields.items())
        for value in [getattr(now, name)]
    ]


def _secret(name: str, value: object) -> bool:
    """Whether a value must stay where it is: one that is not there may be told so."""
    if value in (None, ""):
        return False
    hidden = name in settings.SECRET_FIELDS or not type(settings.load()).model_fields[name].repr
    return hidden or (isinstance(value, str) and "://" in value and urlsplit(value).password is not None)


def _words(value: object) -> str:
    if value is None or value in ("", ()):
        return "not set"
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(map(str, value))
    return str(value)
