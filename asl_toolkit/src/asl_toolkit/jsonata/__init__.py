"""JSONata in states: texts `{% … %}`, compiled when the definition is loaded, evaluated as AWS does."""

from asl_toolkit.jsonata.values import JsonataExpression, compile_value, names_without_context, syntax_fault

__all__ = ["JsonataExpression", "compile_value", "names_without_context", "syntax_fault"]
