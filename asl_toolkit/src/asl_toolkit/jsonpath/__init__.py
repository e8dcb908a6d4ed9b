"""JSONPath in the dialect that AWS Step Functions reads (Jayway's), compiled once.

Differences from other dialects: a path is definite if it can name only one value; then a missing value is an error. Any
other path gives a list, which may be empty. `['a','b']` at the end gives one object with both members.
"""

from asl_toolkit.jsonpath.parser import parse_path
from asl_toolkit.jsonpath.path import JsonPath, PathNotFound
from asl_toolkit.jsonpath.reference import ReferencePath, parse_reference

__all__ = ["JsonPath", "PathNotFound", "ReferencePath", "parse_path", "parse_reference"]
