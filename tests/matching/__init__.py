"""Tests of the book, the matching, the leader and the execution loop."""
