"""Refuses values that hold one part so often that their text would take gigabytes."""

from asl_toolkit.errors import TooLarge
from asl_toolkit.json_value import Json, longer_than

MOST_CHARACTERS = 16 * 1024 * 1024  # far above the 256 KiB of a payload: values in between are refused as AWS refuses them


def not_too_large(value: Json) -> Json:
    """The value. Raises TooLarge if its text would have more than 16 Mi characters."""
    if longer_than(value, MOST_CHARACTERS):
        raise TooLarge
    return value
