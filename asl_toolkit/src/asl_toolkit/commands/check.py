"""`asl check FILE…`: reports the faults of definitions before AWS does."""

from asl_toolkit.check.command import main

__all__ = ["main"]
