"""A server in a process of its own, with its event loop in the main thread: ``URL`` of the database, ``PORT``."""

import sys

import uvicorn
from starlette.applications import Starlette

from api import late
from db.engine import Database
from tests.started import Started

if __name__ == "__main__":
    app = Starlette(routes=[late.mount(Started(Database(sys.argv[1])))])
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", lifespan="off")
