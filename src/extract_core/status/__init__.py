"""The end of one attempt at a table: what the job type says of it, its row, its manifest, the attempt after it."""
