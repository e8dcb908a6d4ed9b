"""Runs the state machine of extract on one machine: the deployed definition, the real handlers, a process for each job."""
