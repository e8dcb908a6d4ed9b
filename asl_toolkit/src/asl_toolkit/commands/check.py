"""`python -m asl_toolkit check FILE…`: what is wrong with a definition, before AWS says so."""

from asl_toolkit.check.command import main

__all__ = ["main"]
