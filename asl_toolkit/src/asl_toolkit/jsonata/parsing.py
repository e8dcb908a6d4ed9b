"""`$parse`: a JSON text becomes a value of the library. Duplicate names and numbers that do not fit a double are errors."""

import json
import math
from typing import Any

from asl_toolkit.jsonata.library import JException, Utils


def parse_strictly(text: str) -> Any:  # the library's value
    """The value, with the library's null.

    Raises JException D3137 if the text is not valid JSON (measured: floci-io/floci, pull 2676).
    """
    try:
        return _with_nulls(_DECODER.decode(text))
    except RecursionError as error:
        raise JException("D3137", -1, "the JSON text is nested too deeply") from error
    except ValueError as error:
        raise JException("D3137", -1, str(error)) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"Duplicate field '{name}'")
        members[name] = value
    return members


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"Number out of range: {digits}")
    return value


def _refused(name: str) -> Any:  # never returns
    raise ValueError(f"{name} is not JSON")


def _with_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_nulls(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _with_nulls(inner) for name, inner in value.items()}
    return Utils.NULL_VALUE if value is None else value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_refused)
