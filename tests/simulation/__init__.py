"""Traders, frames, clocks and faults from a seed, against the real desk, matcher and database."""
