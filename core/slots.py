"""Dense numbers for instruments, so that what is known of them can be numpy arrays."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Slots:
    """Dense numbers of instruments, given in the order in which they are first asked for."""

    def __init__(self) -> None:
        self._slot_of: Ints = np.full(1024, -1, dtype=np.int64)
        self.instruments: list[int] = []

    def __len__(self) -> int:
        return len(self.instruments)

    def of(self, instruments: npt.NDArray[np.int32]) -> Ints:
        """The slots of these instruments; new ones get the next numbers."""
        if instruments.size == 0:
            return np.empty(0, dtype=np.int64)
        highest = int(instruments.max())
        if highest >= self._slot_of.size:
            larger = np.full(max(highest + 1, 2 * self._slot_of.size), -1, dtype=np.int64)
            larger[: self._slot_of.size] = self._slot_of
            self._slot_of = larger
        slots = self._slot_of[instruments]
        if slots.min() < 0:
            for instrument in instruments[slots < 0].tolist():
                if self._slot_of[instrument] < 0:
                    self._slot_of[instrument] = len(self.instruments)
                    self.instruments.append(instrument)
            slots = self._slot_of[instruments]
        return slots

    def one(self, instrument: int) -> int:
        """The slot of one instrument."""
        if instrument < self._slot_of.size:
            slot: int = self._slot_of.item(instrument)
            if slot >= 0:
                return slot
        return int(self.of(np.array([instrument], dtype=np.int32))[0])
