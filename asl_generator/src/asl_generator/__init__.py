"""asl_generator."""
