"""Deploys a template: the stack, its change sets and progress, the artifacts, and what AWS's refusals mean."""
