"""The functions of expressions: AWS's own, and functions of the language in which the library differs from AWS.

AWS's own are $partition, $range, $hash, $random, $uuid and $parse (developer guide, "Transforming data with JSONata"); there
is no $eval. Results for unusual arguments were measured with TestState by floci-io/floci (pulls 2676, 2783) and sfnx, and
recorded by gabrielmoreira/tiny-asl-machine (Feature.JSONataBuiltins).
"""

import math
import random
import re
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from asl_toolkit.intrinsics.texts import hexadecimal
from asl_toolkit.java import JavaRandom
from asl_toolkit.json_value import Json
from asl_toolkit.jsonata.library import Functions, JException, Jsonata, Signature, Utils
from asl_toolkit.jsonata.limits import charge_value, fitting, measured
from asl_toolkit.jsonata.messages import MEMORY, LimitReached
from asl_toolkit.jsonata.parsing import parse_strictly
from asl_toolkit.jsonata.pictures import rounded_for
from asl_toolkit.jsonata.texts import bounded, text_of

_MOST_NUMBERS = 360_145  # the most that AWS allows for $range (floci, test of pull 2783)
_ALGORITHMS = ("SHA-1", "SHA-384", "SHA-256", "SHA-512", "MD5")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?")
_BASES: Mapping[str, int] = {"0x": 16, "0X": 16, "0o": 8, "0O": 8, "0b": 2, "0B": 2}
_ZONE = re.compile(r"[+-]\d{4}")
_REFERENCE = re.compile(r"\$[$0]")
_PART_OF_PICTURE = re.compile(r"\[[^\]]*\]")
_WIDTH = re.compile(r"[0-9]{7,}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PASSES = frozenset({"lookup", "single", "reduce", "exists", "boolean", "not", "type"})  # they return no new text or array
# What the Python exceptions of some of the library's functions mean: the code, and the first argument that its text names.
_FAULTS: Mapping[str, tuple[str, int]] = {"toMillis": ("D3110", 0), "formatInteger": ("D3130", 1), "power": ("D3061", 0)}


class _Signature(Signature):  # type: ignore[misc] # the library ships no types
    """A signature that distinguishes null from undefined, and counts the arguments as jsonata-js does."""

    def get_symbol(self, value: Any) -> str:  # the library's values
        """The letter of a value's type; null has `l`."""
        return "l" if value is Utils.NULL_VALUE else str(super().get_symbol(value))

    def throw_validation_error(self, _arguments: Any, symbols: str, name: str | None) -> None:  # as above
        """Raise T0410 for the first argument that does not fit."""
        pattern, good = "", 0
        for param in self._params:
            pattern += param.regex
            match = re.match(pattern, symbols)
            if match is None:
                break
            good = match.end()
        raise JException("T0410", -1, good + 1, name)


class _Native(Jsonata.JFunction):  # type: ignore[misc] # the library ships no types
    """A function of the library with a strict signature."""

    def __init__(self, name: str, native: Any) -> None:  # a JNativeFunction
        super().__init__(native, None)
        self.function_name = name
        self.signature = _Signature.__new__(_Signature)
        self.signature.__dict__.update(native.signature.__dict__)

    def call(self, value: Any, arguments: Any) -> Any:  # the library's values
        """The function's value. A Python exception becomes JSONata's error, if it has one."""
        try:
            result = self.function.call(value, arguments)
        except JException:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError) as error:
            code, place = _FAULTS.get(str(self.function_name), ("", 0))
            if not code:
                raise
            raise JException(code, -1, *arguments[place : place + 2]) from error
        if self.function_name not in _PASSES:
            charge_value(result)
        return result

    def get_number_of_args(self) -> int:
        """The number of its arguments."""
        return int(self.function.get_number_of_args())


class _Own(Jsonata.JFunction):  # type: ignore[misc] # the library ships no types
    """A Python function with a strict signature; it gets only the arguments of the call."""

    def __init__(self, name: str, signature: str, function: Callable[..., Any]) -> None:
        super().__init__(Jsonata.JLambda(function), None)
        self.function_name = name
        self.signature = _Signature(signature, name)

    def call(self, value: Any, arguments: Any) -> Any:  # the library's values
        """The function's value."""
        result = super().call(value, arguments)
        charge_value(result)
        return result

    def validate(self, arguments: Any, context: Any) -> Any:  # the library's values
        """The arguments, if they fit, without those that the signature adds. A call without arguments gets the context."""
        fitting = self.signature.validate(arguments, context)
        return fitting[: max(len(arguments), 1)]


def _partition(values: Any = None, size: Any = None) -> Any:  # the library's values
    """Chunks of an array; without a size, one chunk. A size of 0 or an empty array gives nothing."""
    if values is None:
        return None
    if not isinstance(values, list):
        raise JException("T0412", -1, 1, "partition", "?")
    if size is None:
        chunks = [values]
    elif size < 0 and int(size) < 0:
        raise JException("D3137", -1, "Second argument must be zero or greater")
    elif int(size) == 0 or len(values) == 0:
        return None
    else:
        elements = list(values)
        chunks = [elements[start : start + int(size)] for start in range(0, len(elements), int(size))]
    result = Utils.JList(chunks)
    result.cons = True
    return result


def _range(first: Any = None, last: Any = None, step: Any = None) -> Any:  # as above
    """Numbers with both ends included; fractions are cut off. Undefined if an argument is undefined or the step is 0."""
    if first is None or last is None or step is None or int(step) == 0:
        return None
    start, stop, by = int(first), int(last), int(step)
    numbers = range(start, stop + (1 if by > 0 else -1), by)
    if len(numbers) > _MOST_NUMBERS:
        raise LimitReached(MEMORY)
    return Utils.create_sequence_from_iter(numbers) if len(numbers) > 1 else next(iter(numbers), None)


def _hash(text: Any, *algorithm: Any) -> Any:  # as above
    if text is None or not algorithm:
        return None
    if algorithm[0] not in _ALGORITHMS:
        shown = "null" if algorithm[0] is None else algorithm[0]
        raise JException("D3137", -1, f"Hash algorithm '{shown}' must be one of {', '.join(_ALGORITHMS)}")
    return hexadecimal(text, algorithm[0])


def _random(seed: Any = None) -> float:  # as above
    """A number from 0 to 1. With a seed, it is the first number of java.util.Random ($random(42) is 0.7275636800328681)."""
    return random.random() if seed is None else JavaRandom(int(seed)).fraction()  # noqa: S311 - as AWS's, no secret


def _parse(text: Any = None) -> Any:  # as above
    return None if text is None else parse_strictly(text)


def _string(value: Any = None, pretty: Any = None) -> str | None:  # as above
    return text_of(value, pretty=bool(pretty))


def _number(value: Any = None) -> Json:
    if value is None or not isinstance(value, str):
        return int(value) if isinstance(value, bool) else value
    try:
        if value[:2] in _BASES:
            return int(value[2:], _BASES[value[:2]])
        number = float(value) if _NUMBER.fullmatch(value) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise JException("D3030", -1, value)
    return Utils.convert_number(number)


def _parse_integer(text: Any = None, picture: Any = None) -> Any:  # the library's values
    """NaN if the text is not a number: AWS gives "NaN" for $parseInteger('abc', '0') (floci, issue 2737)."""
    try:
        return Functions.parse_integer(text, picture)
    except ValueError:
        return math.nan
    except JException:
        raise
    except RuntimeError as error:
        raise JException("D3130", -1, picture) from error


def _format_number(value: Any = None, picture: Any = None, options: Any = None) -> Any:  # as above
    if value is None:
        return None
    return Functions.format_number(rounded_for(value, picture, options), picture, options)


def _pad(text: Any = None, width: Any = None, char: Any = None) -> Any:  # as above
    """Refused before it is made if it would be too long: `$pad('', 1e9)` has one gigabyte."""
    if isinstance(text, str) and width is not None:
        fitting(abs(width))
    return Functions.pad(text, width, char)


def _join(texts: Any = None, separator: Any = None) -> Any:  # as above
    if isinstance(texts, list):
        fitting(sum(map(len, texts)) + len(separator or "") * (len(texts) - 1))
    return Functions.join(texts, separator)


def _replace(text: Any = None, pattern: Any = None, replacement: Any = None, limit: Any = None) -> Any:  # as above
    """For texts, the whole replacement is known before; for expressions, its length is bounded before and after."""
    if text is None or (limit is not None and limit < 0) or pattern == "":
        return Functions.replace(text, pattern, replacement, limit)
    most = -1 if limit is None else int(limit)
    if isinstance(pattern, str) and isinstance(replacement, str):
        new = _REFERENCE.sub(lambda match: "$" if match[0] == "$$" else pattern, replacement)
        count = text.count(pattern)
        fitting(len(text) + (count if most < 0 else min(count, most)) * max(0, len(new) - len(pattern)))
        return text.replace(pattern, new, most)
    if isinstance(replacement, str) and most != 0:
        groups = replacement.count("$")
        lengths = sum(len(replacement) + groups * len(match[0]) for match in pattern.finditer(text))
        fitting((len(text) + lengths) / _ROUGHLY)
    return bounded(Functions.replace(text, pattern, replacement, limit))


def _modest(picture: Any) -> Any:  # as above
    """A picture of a date. Raises LimitReached if it asks for a component of millions of characters."""
    if isinstance(picture, str) and any(_WIDTH.search(part) for part in _PART_OF_PICTURE.findall(picture)):
        raise LimitReached(MEMORY)
    return picture


def _from_millis(millis: Any = None, picture: Any = None, zone: Any = None) -> Any:  # as above
    """Undefined for a value that is not a number. An unknown time zone means UTC (both measured by sfnx)."""
    if not isinstance(millis, (int, float)) or isinstance(millis, bool):
        return None
    known = zone if isinstance(zone, str) and _ZONE.fullmatch(zone) else None
    return Functions.datetime_from_millis(millis, _modest(picture), known)


def _decode_url_component(text: Any = None) -> Any:  # as above
    """A `+` becomes a blank, a broken escape is an error, and broken UTF-8 becomes U+FFFD (measured by sfnx)."""
    if text is None:
        return None
    if _BAD_ESCAPE.search(text):
        raise JException("D3140", -1, "decodeUrlComponent", text)
    return urllib.parse.unquote_plus(text, errors="replace")


def _decode_url(text: Any = None) -> Any:  # as above
    """Broken escapes and broken UTF-8 are errors."""
    if text is None:
        return None
    try:
        if not _BAD_ESCAPE.search(text):
            return Functions.decode_url(text)
    except ValueError as error:
        raise JException("D3140", -1, "decodeUrl", text) from error
    raise JException("D3140", -1, "decodeUrl", text)


def _sort(values: Any = None, comparator: Any = None) -> Any:  # as above
    """Without a comparator, it sorts only numbers or only texts."""
    if comparator is None and isinstance(values, list) and len(values) > 1:
        numbers = all(Utils.is_numeric(value) for value in values)
        if not numbers and not all(isinstance(value, str) for value in values):
            raise JException("D3070", -1)
    return Functions.sort(values, comparator)


def _distinct(values: Any = None) -> Any:  # as above
    """An array stays an array, also with a single element. A sequence of results with one element becomes this element."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    measured(values)
    known: set[Any] = set()
    result = Utils.create_sequence() if Utils.is_sequence(values) else []
    for value in values:
        key = _key(value)
        if key not in known:
            known.add(key)
            result.append(value)
    return result


def _key(value: Any) -> Any:  # as above
    """Something hashable that is equal for equal values: numbers by value, objects whatever their order."""
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return ("array", tuple(map(_key, value)))
    return (isinstance(value, bool), value)


_ROUGHLY = 8.0  # how far the bound of a replacement may be above its length
_OWN: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "partition": ("<xn?:a>", _partition),
    "range": ("<n?n?n?:a>", _range),
    "hash": ("<ss?:s>", _hash),
    "pad": ("<s-ns?:s>", _pad),
    "join": ("<a<s>s?:s>", _join),
    "replace": ("<s-(sf)(sf)n?:s>", _replace),
    "random": ("<n?:n>", _random),
    "uuid": ("<:s>", lambda: str(uuid.uuid4())),
    "parse": ("<s?:x>", _parse),
    "string": ("<x-b?:s>", _string),
    "number": ("<(nsb)-:n>", _number),
    "parseInteger": ("<s-s:n>", _parse_integer),
    "formatNumber": ("<n-so?:s>", _format_number),
    "fromMillis": ("<x-s?s?:s>", _from_millis),
    "decodeUrl": ("<s-:s>", _decode_url),
    "sort": ("<af?:a>", _sort),
    "distinct": ("<x:x>", _distinct),
    "decodeUrlComponent": ("<s-:s>", _decode_url_component),
}


def bindings(now: Callable[..., Any], millis: Callable[[], int]) -> Mapping[str, Any]:  # the library's functions
    """All functions that an expression can call, by name. `$eval` is undefined, as on AWS."""
    natives = {
        name: _Native(name, function)
        for name, function in Jsonata.static_frame.bindings.items()
        if isinstance(function, Jsonata.JNativeFunction)
    }
    own = {name: _Own(name, signature, function) for name, (signature, function) in _OWN.items()}
    clock = {
        "now": _Own("now", "<s?s?:s>", lambda picture=None, zone=None: now(_modest(picture), zone)),
        "millis": _Own("millis", "<:n>", millis),
    }
    return {**natives, **own, **clock, "eval": None}
