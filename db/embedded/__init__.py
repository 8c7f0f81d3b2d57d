"""A Postgres of our own: started by whichever process comes first, stopped after the last one."""
