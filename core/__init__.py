"""The rules of the market: pure functions of values. No I/O, no clock, no chance, no float for money."""
