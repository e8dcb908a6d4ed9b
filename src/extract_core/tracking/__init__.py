"""Runs, attempts, leases and watermarks: the memory of the pipeline. `open.open_tracking` gives the store."""
