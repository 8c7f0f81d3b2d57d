"""Where the books are kept, in words for who looks after this installation, and whether that place lasts."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

# Where Streamlit Cloud puts a program; all of its disk is made anew with each deploy.
CLOUD = Path("/mount/src")
PASSING = "What is kept here ends when this host is set up anew, as with each deploy. Set DATABASE_URL to keep it."


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``words`` name the place, without a secret; ``warning`` is a sentence where it does not last, else empty."""

    words: str
    warning: str = ""


def whereabouts(home: str | None, database_url: str | None, project: Path) -> Whereabouts:
    """Of the embedded database in the folder ``home``, or, without one, of the server at ``database_url``."""
    if home is not None:
        passing = project.is_relative_to(CLOUD) or Path(home).is_relative_to(tempfile.gettempdir())
        return Whereabouts(f"Kagaz's own Postgres keeps the books in {home}.", PASSING if passing else "")
    given = {name: str(value) for name, value in conninfo_to_dict(database_url or "").items()}
    hosts, ports = given.get("host", "").split(","), given.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)  # one port is that of every server
    servers = [
        f"{host}:{port}" if port else host
        for host, port in zip(hosts, ports, strict=False)
        if host and not host.startswith("/")
    ]
    where = f"at {' or '.join(servers)}" if servers else "on this machine"
    name = given.get("dbname") or given.get("user") or "its default"
    return Whereabouts(f"The Postgres {where} keeps the books, in its database {name}.")
