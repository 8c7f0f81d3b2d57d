"""`python -m gateway`: the gateway on a port of its own. Runs until it is told to end (SIGTERM, SIGINT)."""

import logging
import sys

import log
import settings
from gateway.port import Taken, bound
from gateway.process import Process


def main() -> int:
    """Takes the port, prepares the database in a thread, and serves; 2 where there is nothing to serve."""
    chosen = settings.load()
    log.configure(chosen.kagaz_log_level, chosen.kagaz_log_format)
    # The server would log the ticker's address, and with it the keys in its query.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    if not chosen.gateway_port:
        log.get(__name__).error("GATEWAY_PORT is 0: no gateway is wanted.")
        return 2
    try:
        listener = bound(chosen.gateway_address, chosen.gateway_port)
    except Taken as taken:
        log.get(__name__).error(str(taken))
        return 2
    Process(chosen).serve(listener)
    return 0


if __name__ == "__main__":
    sys.exit(main())
