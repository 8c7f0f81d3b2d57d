"""What must be read again but by nobody else, sealed: the credentials of vendors.

The database holds noise; the key stands in KAGAZ_SEALING_KEY or in a file beside the embedded database, so that a copy
of the database alone opens nothing. Each sealed text is bound to what it is of: moved to another row it does not open.
"""

import base64
import contextlib
import hashlib
import os
import secrets
from pathlib import Path

import log
import settings

FILE = "sealing.key"
NONCE = 12


class LostKeyError(RuntimeError):
    """What was sealed cannot be opened: another key is in use than it was sealed with."""

    def __init__(self) -> None:
        super().__init__(
            "What you typed in was sealed with a key that is not in use any more, so that nobody can read it. "
            "Type it in once more."
        )


class _Place:
    folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """Where the file with the key is kept; unset: in KAGAZ_HOME."""
    _Place.folder = folder


def folder() -> Path:
    """The folder of what this installation keeps outside its database."""
    return _Place.folder or settings.load().kagaz_home


def seal(text: str, of: str) -> bytes:
    """The text so that only ``unseal`` with the same ``of`` reads it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # loaded by who seals, not by every start

    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_key()).encrypt(nonce, text.encode(), of.encode())


def unseal(sealed: bytes, of: str) -> str:
    """What was sealed. Raises LostKeyError when this is not its key, or not what it was sealed as."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(_key()).decrypt(sealed[:NONCE], sealed[NONCE:], of.encode()).decode()
    except (InvalidTag, ValueError):
        raise LostKeyError from None


def _key() -> bytes:
    chosen = settings.load()
    if chosen.kagaz_sealing_key is not None:
        return hashlib.sha256(chosen.kagaz_sealing_key.encode()).digest()
    path = folder() / FILE
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    _make(path)
    return _read(path)


def _read(path: Path) -> bytes:
    key = base64.urlsafe_b64decode(path.read_text("ascii").strip())
    if len(key) != 32:
        raise LostKeyError
    return key


def _make(path: Path) -> None:
    """Whole or not at all, never readable by others; of two processes that make it at once one wins and both use it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
            log.get(__name__).info(
                "A key was made that seals credentials; keep a copy apart from the database's: %s", path
            )
    finally:
        aside.unlink()
