"""Where prices come from. One protocol; whoever trades on the prices does not know which feed runs."""
