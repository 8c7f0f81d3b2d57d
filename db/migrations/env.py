"""Alembic's entry: runs the migrations on the connection that db.migrate hands over."""

from alembic import context

connection = context.config.attributes["connection"]
# One transaction for all of them: an upgrade that is killed half-way leaves the database as it was.
context.configure(connection=connection, transaction_per_migration=False, target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
