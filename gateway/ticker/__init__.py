"""The ticker: prices as binary packets and order updates as text, over one WebSocket a program."""
