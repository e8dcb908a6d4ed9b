"""The job type redshift: one UNLOAD per table by the Redshift Data API, which has no .sync: start, wait, poll."""
