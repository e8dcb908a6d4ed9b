"""SQLite: the declared columns of a table, its rows, and the rows that are new."""
