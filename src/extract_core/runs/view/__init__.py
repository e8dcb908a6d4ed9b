"""A run as one document, `run_results.json`: what commands, the report and other programs show of it."""
