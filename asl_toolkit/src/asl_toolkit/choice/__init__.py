"""Choice rules of JSONPath states."""

from asl_toolkit.choice.comparisons import COMPARISONS
from asl_toolkit.choice.rules import Rule, compile_rule

__all__ = ["COMPARISONS", "Rule", "compile_rule"]
