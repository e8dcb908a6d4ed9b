"""Splits the read of a table into parts, so that each row is in one of them."""
