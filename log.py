"""Structured logs, with the ids that tie a line to its request and with secrets left out.

Every process writes to standard error, one event a line: JSON for machines, or text for a terminal. Any layer
but `core` may log: `log.get(__name__).info("Feed resumed", extra={"gap_ms": 1200})`.

Secrets are removed where a line is formatted, the last place before it leaves the process: whatever a
message, an argument, an exception or another library's record carries passes through `redact`.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType

ROOT = "kagaz"
HIDDEN = "***"
LEVELS = ("debug", "info", "warning", "error")

_ids: ContextVar[Mapping[str, object]] = ContextVar("kagaz_log_ids", default=MappingProxyType({}))
_known_secrets: set[str] = set()

# What the standard library puts on every record; anything else came from the caller's `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}

_NAMES = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credentials?|csrf)"
_SECRET = re.compile(rf"(?i){_NAMES}$")
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A password may itself hold "@" or "/", so that a Postgres address is cut at its last "@".
    (re.compile(r"(?i)(postgres(?:ql)?(?:\+\w+)?://[^\s:/@]*):\S+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"([a-zA-Z][\w+.-]*://[^\s:/@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    # Headers, as text, as a mapping or as a list of pairs: the rest of the line is the value.
    (
        re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)\b(['\"]\s*,\s*b?['\"]|['\"]?\s*[:=]\s*).*"),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/=:-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)([\w-]*{_NAMES})(['\"]?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)}}\]]+)"),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}"), HIDDEN),
)


class Bound:
    """What `bind` returns: leave it alone and the ids stay, or use it in a `with` and they end there."""

    def __init__(self, before: Mapping[str, object]) -> None:
        self._before = before

    def __enter__(self) -> "Bound":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ids.set(self._before)


def get(name: str) -> logging.Logger:
    """The logger of a module; pass `__name__`."""
    return logging.getLogger(f"{ROOT}.{name}")


def bind(
    *,
    request_id: str | None = None,
    user: str | None = None,
    order_id: str | int | None = None,
    frame: int | None = None,
    market: str | None = None,
) -> Bound:
    """Add ids to every later line of this thread or task.

    They count at once, and until the `with` ends if the answer is used in one. A name that is not given keeps
    the value it has.
    """
    before = _ids.get()
    given = {"request_id": request_id, "user": user, "order_id": order_id, "frame": frame, "market": market}
    _ids.set({**before, **{name: value for name, value in given.items() if value is not None}})
    return Bound(before)


def bound() -> dict[str, object]:
    """The ids in force here, as a copy."""
    return dict(_ids.get())


def hide(value: str | None) -> None:
    """Never write this value again, wherever it turns up; under four letters it would hide too much else."""
    if value is not None and len(value) >= 4:
        _known_secrets.add(value)


def redact(text: str) -> str:
    """The text without passwords, tokens, cookies and authorization headers."""
    for secret in sorted(_known_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def clean(key: str, value: object) -> object:
    """A field's value fit for a log line: hidden if its name says it is secret, else redacted inside."""
    if _SECRET.search(key):
        return HIDDEN
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, Mapping):
        return {str(name): clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean("", inner) for inner in value]
    return redact(str(value))


class _Fields(logging.Formatter):
    """What both formats share: a record's fields in their order, clean."""

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        given = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        return {key: clean(key, value) for key, value in {**_ids.get(), **given}.items()}

    def failure(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        stack = self.formatStack(record.stack_info) if record.stack_info else ""
        return redact("\n".join(part for part in (trace, stack) if part))

    def name(self, record: logging.LogRecord) -> str:
        return record.name.removeprefix(f"{ROOT}.")

    def instant(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Json(_Fields):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, without a line break."""
        line: dict[str, object] = {
            "time": self.instant(record),
            "level": record.levelname.lower(),
            "logger": self.name(record),
            "process": record.process,
            "message": redact(record.getMessage()),
        }
        for key, value in self.fields(record).items():
            line.setdefault(key, value)
        failure = self.failure(record)
        if failure:
            line["error"] = failure
        return json.dumps(line, ensure_ascii=False, default=str)


class Human(_Fields):
    """One line of text, the ids and fields behind the message, a traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        # A line break in a message could pass itself off as a line of its own.
        message = redact(record.getMessage()).replace("\r", "\\r").replace("\n", "\\n")
        line = f"{self.instant(record)} {record.levelname:<7} {self.name(record)}: {message}"
        for key, value in self.fields(record).items():
            line += f" {key}={json.dumps(value, ensure_ascii=False, default=str)}"
        failure = self.failure(record)
        return f"{line}\n{failure}" if failure else line


class _StandardError(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to whatever `sys.stderr` is now, never to a stream that was swapped or closed since."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self):  # type: ignore[no-untyped-def]
        return sys.stderr


def configure(level: str = "info", format: str = "auto") -> None:
    """Set this process's logs up; calling it again changes level and format, and adds nothing twice.

    `level` is one of `LEVELS` and rules Kagaz's own loggers; other libraries are heard from `warning` up.
    `format` is `json`, `human` or `auto`, which means text on a terminal and JSON elsewhere.
    """
    root = logging.getLogger()
    handler = next((one for one in root.handlers if isinstance(one, _StandardError)), None)
    if handler is None:
        handler = _StandardError()
        root.addHandler(handler)
    human = format == "human" or (format == "auto" and sys.stderr is not None and sys.stderr.isatty())
    handler.setFormatter(Human() if human else Json())
    logging.getLogger(ROOT).setLevel(level.upper())
