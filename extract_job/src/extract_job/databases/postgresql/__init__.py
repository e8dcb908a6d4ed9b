"""PostgreSQL, read through ADBC, which returns the rows of a COPY as Arrow batches."""
