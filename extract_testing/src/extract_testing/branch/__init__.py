"""Reads a branch as it is written: its states, its loops, and the places of the item that a state reads."""
