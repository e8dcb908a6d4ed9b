"""Policies of IAM without AWS: whether a policy is exact, what it allows, and what a call needs."""
