"""Processor time, because that is what an act costs whatever else runs on the machine."""

import psutil


def used(*processes: psutil.Process) -> float:
    """Seconds of processor time that processes have had so far, all of them together."""
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))
