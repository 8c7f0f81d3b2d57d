"""The scripted vendor with a client that takes its time to load: until the file that is named in ``GATE`` is there."""

import os
import time
from dataclasses import replace
from pathlib import Path

from tests.feeds.live.scripted import VENDOR as SCRIPTED

GATE = "SLOW_CLIENT_WAITS_FOR"


def prepare() -> None:
    while not Path(os.environ[GATE]).exists():
        time.sleep(0.02)


VENDOR = replace(SCRIPTED, prepare=prepare)
