"""Values in messages: short and safe for any value."""

from asl_toolkit.json_value import Json, type_name

_LONGEST = 100


def a_type(value: Json) -> str:
    """The type of a value: a string, an object, null."""
    name = type_name(value)
    return name if name == "null" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def shown(value: Json) -> str:
    """A scalar as text, shortened if it is long; the type of any other value."""
    if value is None or isinstance(value, (list, dict)):
        return a_type(value)
    if isinstance(value, int) and abs(value) >= 10**_LONGEST:
        return "a number of more than 100 digits"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}…{text[-10:]}"
