"""Whether a gateway of ours answers somewhere: its first page says what it is."""

import http.client
import json

NAME = "Kagaz gateway"
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not bound


def answering(address: str, port: int, patience: float) -> bool | None:
    """True where a gateway of ours serves, False where one still starts, None where none answers in ``patience``
    seconds. ``address`` is what a gateway listens on; of every address the machine's own is asked."""
    asked = http.client.HTTPConnection(_ANYWHERE.get(address, address), port, timeout=patience)
    try:
        asked.request("GET", "/")
        told = json.loads(asked.getresponse().read(4096))["data"]
        return bool(told["ready"]) if told["name"] == NAME else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        asked.close()
