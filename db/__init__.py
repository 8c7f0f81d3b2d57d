"""Postgres: the embedded server, the connections, the schema, and all SQL."""
