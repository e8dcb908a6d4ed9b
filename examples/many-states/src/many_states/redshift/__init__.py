"""The job type redshift: one UNLOAD a table by the Redshift Data API, which has no .sync: start, wait, ask."""
