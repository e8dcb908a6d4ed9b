"""A SQLite database as the source: what it declares, what it holds, which rows are new."""
