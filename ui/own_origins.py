"""Which pages may open Streamlit's socket: this server's own, and those that the operator names.

Streamlit itself lets in pages of any server on this machine, and asks a stranger on the internet for this machine's
address each time that another page knocks: everybody's prices stand still until that has answered, or has not.
"""

from typing import Any

from streamlit import config, net_util
from streamlit.web.server.starlette import starlette_websocket

import log
import settings
from web.origins import normal_origin

_ASKED, _OUTSIDE = "is_url_from_allowed_origins", "get_external_ip"
_logger = log.get(__name__)


def allowed(url: str) -> bool:
    """Whether a page of another origin than the server's own may open the socket."""
    if not config.get_option("server.enableCORS"):
        return True
    named = {normal_origin(each) for each in (*settings.load().kagaz_origins, *_of_streamlit())}
    return normal_origin(url) in named - {None}


def _of_streamlit() -> list[str]:
    """Those that Streamlit's own settings name, for hosts that set them."""
    found = [str(each) for each in config.get_option("server.corsAllowedOrigins") or ()]
    if config.is_manually_set("browser.serverAddress"):
        host = config.get_option("browser.serverAddress")
        found += [f"{scheme}://{host}" for scheme in ("http", "https")]
        found += [f"{each}:{config.get_option('browser.serverPort')}" for each in found[-2:]]
    return found


def install() -> bool:
    """From now on it is asked here; whether Streamlit has the functions that this stands in for."""
    modules: tuple[tuple[Any, str], ...] = ((starlette_websocket, _ASKED), (net_util, _OUTSIDE))
    if not all(hasattr(module, name) for module, name in modules):
        _logger.warning("Streamlit looks at origins another way now: pages of this machine's other servers are let in")
        return False
    starlette_websocket.is_url_from_allowed_origins = allowed
    net_util.get_external_ip = lambda: None
    return True
