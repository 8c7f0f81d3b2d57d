"""The scripts that stand in Streamlit's own page, by their hashes: a content security policy that names them lets no
other script of a page run."""

import base64
import hashlib
import importlib.util
import re
from pathlib import Path

_SCRIPT = re.compile(r"<script(?P<of>[^>]*)>(?P<text>.*?)</script>", re.DOTALL | re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=", re.IGNORECASE)


def hashes(page: str) -> list[str]:
    """A source expression for each script that a page holds itself, in its order."""
    found = [each["text"] for each in _SCRIPT.finditer(page) if not _SOURCE.search(each["of"])]
    return [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in found]


def of_the_pages() -> str:
    """Those of the installed Streamlit, of which nothing is imported; empty where its page is not to be read."""
    found = importlib.util.find_spec("streamlit")
    if found is None or found.origin is None:
        return ""
    try:
        page = (Path(found.origin).parent / "static" / "index.html").read_text(encoding="utf-8")
    except OSError:
        return ""
    return " ".join(hashes(page))
