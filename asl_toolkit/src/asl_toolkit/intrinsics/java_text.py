"""Values as Java prints them: what AWS puts into States.Format, and compares in States.ArrayContains."""

from asl_toolkit.json_value import Json


def java_text(value: Json) -> str:
    """A value as Java's String.valueOf prints it (`{Id=1, Name=a}`, `1.0E7`)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_text(inner) for inner in value) + "]"
    return _java_number(value)


def _java_number(value: float) -> str:
    if isinstance(value, int) or value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    spelled = next(text for precision in range(18) if float(text := f"{value:.{precision}e}") == value)
    mantissa, power = spelled.split("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(power)}"
