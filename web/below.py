"""Everything below a prefix of the routes, whatever its path holds."""

import re

from starlette.routing import Mount


class Below(Mount):
    """A mount that also takes paths with a line's end in them, which are no less below it: Starlette's leaves them to
    whoever comes next, whose answer is none of ours."""

    def __init__(self, path: str, **named: object) -> None:
        super().__init__(path, **named)  # type: ignore[arg-type]
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)
