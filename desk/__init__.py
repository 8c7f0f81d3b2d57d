"""What a trader, an administrator or the clock can ask for: each is load, decide, commit, in one transaction."""
