"""SQL Server, read by mssql-python as Arrow batches. It was not yet run on a server: see docs/types.md."""
