"""asl_toolkit."""
