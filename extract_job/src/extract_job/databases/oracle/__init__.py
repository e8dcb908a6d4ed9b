"""Oracle Database, read by python-oracledb as Arrow batches. It was not yet run on a server: see docs/types.md."""
