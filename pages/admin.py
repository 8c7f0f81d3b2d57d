"""Placeholder."""
from ui import guard
guard.require()
