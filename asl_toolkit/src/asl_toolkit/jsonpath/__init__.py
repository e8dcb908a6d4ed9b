"""JSONPath in the dialect that AWS Step Functions reads (Jayway's), compiled once.

Rules that differ from other dialects: a path is definite when it can name one value only, and then a missing value is
an error; any other path gives a list, which may be empty; `['a','b']` at the end gives one object with both members.
Regular-expression filters (`=~`) are refused: their work is not bounded by the length of the input.
"""

from asl_toolkit.jsonpath.parser import parse_path
from asl_toolkit.jsonpath.path import JsonPath, PathNotFound
from asl_toolkit.jsonpath.reference import ReferencePath, parse_reference

__all__ = ["JsonPath", "PathNotFound", "ReferencePath", "parse_path", "parse_reference"]
