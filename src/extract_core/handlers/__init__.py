"""The Lambda functions of the machine: config manager, job run status, run summary, reconcile. They wire rooms together.

Each module has a function of `Parts` and a payload (`manage`, `record`, `summarise`, `reconcile`), which any runner can call,
and `handler(event, context)` for Lambda, which takes its parts from the environment.
"""

from extract_core.handlers.parts import Parts, parts_from_environment

__all__ = ["Parts", "parts_from_environment"]
