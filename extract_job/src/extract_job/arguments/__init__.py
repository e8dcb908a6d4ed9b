"""The job's arguments: how they are read, and what they mean."""
