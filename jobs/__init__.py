"""The sidecar: what must go on whether or not anybody has a page open."""
