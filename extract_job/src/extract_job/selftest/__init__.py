"""`python -m extract_job selftest`: writes a value of each type into a user's own database and reads it back with the job."""
