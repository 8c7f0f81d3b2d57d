"""How long tests wait for what must come: what they wait for shows itself at once, and only a fault takes as long."""

PATIENCE = 60.0
"""Seconds. It tells of what never comes; a machine that is busy with other things gets there long before."""
