"""The report of a run: one HTML file without references to anything else, made from `run_results.json`."""
