"""The job type under test: what it is tried with, how its methods are called, and a run of its branch."""
