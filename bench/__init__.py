"""Measurements. Each module has `run()`, which yields one result a line; see `python -m bench`."""
