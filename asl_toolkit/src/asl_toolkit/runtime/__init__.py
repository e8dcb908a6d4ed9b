"""Runs a loaded machine: a single-threaded event loop, the states, and their history."""
