"""Executions recorded on AWS: runs them here and compares the results."""
