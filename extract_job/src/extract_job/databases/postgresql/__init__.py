"""A PostgreSQL database as the source, by way of ADBC, which gives a COPY's rows as Arrow batches."""
