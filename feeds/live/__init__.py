"""Feeds of live markets: a vendor's line, what is made of it, and who watches over it."""
