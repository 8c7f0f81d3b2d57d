"""Settings of the server that follow the machine: a free host has 1 GB for everything."""

import os
from pathlib import Path

MB = 1024 * 1024
# Where Linux says what a container may take; "max" or a huge number when it may take all.
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def total() -> int:
    """The bytes of memory of this machine or container."""
    known = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in LIMITS:
        try:
            known.append(int(path.read_text()))
        except (OSError, ValueError):
            continue
    return min(known)


def settings(memory: int) -> dict[str, str]:
    """Postgres settings for so many bytes of memory."""
    small = memory < 3072 * MB
    shared = max(32, min(memory // MB // 16, 1024))
    return {
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(64, memory // MB // 2)}MB",
        "max_connections": "60" if small else "120",
        "work_mem": "2MB" if small else "8MB",
        "maintenance_work_mem": "16MB" if small else "128MB",
        "autovacuum_max_workers": "1" if small else "3",
        "max_wal_size": "256MB" if small else "2GB",
        "wal_buffers": "2MB" if small else "16MB",
        # Screen queries are short; a parallel plan costs more to start than it saves, and needs /dev/shm.
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
    }
