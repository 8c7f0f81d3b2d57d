"""How a run on several workers is shared out: by files, whose fixtures live as long; what takes longest comes first.

A simulation takes as long as a file of other tests and shares nothing with the next: each goes to whoever is free.
"""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

LONG = (
    "tests/simulation/",
    "tests/api/test_any_request.py",
    "tests/db/test_embedded_processes.py",
    "tests/browser/test_story.py",
    "tests/browser/test_account.py",
)


class LongestFirst(LoadFileScheduling):
    """As ``--dist loadfile``, but that no worker is left alone with the longest tests at the end."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(LONG[0]) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = next((scope for scope in self.workqueue if scope.startswith(LONG)), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
