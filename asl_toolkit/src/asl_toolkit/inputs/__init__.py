"""Definitions as people keep them: JSON, YAML, CloudFormation and SAM templates, folders and globs."""

from asl_toolkit.inputs.files import expand, read_one, read_sources
from asl_toolkit.inputs.source import CannotRead, Source

__all__ = ["CannotRead", "Source", "expand", "read_one", "read_sources"]
