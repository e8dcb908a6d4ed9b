"""Executions recorded on AWS: running them here, and comparing what comes out."""
