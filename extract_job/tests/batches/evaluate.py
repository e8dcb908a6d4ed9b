"""Evaluates the figures of SQL Server and Oracle in Python, by the rules that their manuals give for each function.

It parses the SQL in its dialect, and knows only what the figures use. A sum or a product that a server would round, and a text
that it would not write in UTF-8, are errors here.
"""

import datetime as dt
import decimal
import struct
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

import sqlglot
from sqlglot import exp

EXACT = decimal.Context(prec=38, traps=[decimal.Inexact, decimal.Overflow, decimal.InvalidOperation])
"""The digits that both databases promise."""
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - timestamps have no zone


class Utf8(str):
    """A text that the server stores in UTF-8."""

    __slots__ = ()


def octets(value):
    if isinstance(value, bytes):
        return value
    if not isinstance(value, Utf8):
        assert value.isascii(), f"{value!r} is not stored in UTF-8"
    return value.encode()


@lru_cache
def parsed(query, dialect):
    """The tree of a query; a long one takes a second."""
    return sqlglot.parse_one(query, dialect=dialect)


def answer(query, dialect, rows):
    """The one row that a query of figures returns; `rows` are dictionaries of Python values."""
    with decimal.localcontext(EXACT):
        return tuple(
            _Evaluator(rows, is_oracle=dialect == "oracle").value(one.unalias(), None) for one in parsed(query, dialect).selects
        )


class _Evaluator:
    def __init__(self, rows, *, is_oracle):
        self._rows = rows
        self._is_oracle = is_oracle

    def value(self, node, row):
        """The value of an expression; `row` is None outside of aggregates."""
        return getattr(self, "_" + type(node).__name__.lower())(node, row)

    def _all(self, node, row):
        return [self.value(one, row) for one in node.expressions]

    def _both(self, node, row):
        return self.value(node.this, row), self.value(node.expression, row)

    # names and texts
    def _column(self, node, row):
        value = row[node.name]
        return Utf8(value) if self._is_oracle and isinstance(value, str) else value  # the character set is AL32UTF8

    def _literal(self, node, _row):
        return node.name if node.is_string else Decimal(node.name)

    def _hexstring(self, node, _row):
        return bytes.fromhex(f"{int(node.name):x}".zfill(2)) if int(node.name) else b"\0"

    def _null(self, _node, _row):
        return None

    def _paren(self, node, row):
        return self.value(node.this, row)

    # aggregates
    def _values(self, node):
        return [value for row in self._rows if (value := self.value(node.this, row)) is not None]

    def _count(self, node, _row):
        return len(self._rows) if isinstance(node.this, exp.Star) else len(self._values(node))

    def _sum(self, node, _row):
        values = self._values(node)
        assert self._is_oracle or all(isinstance(value, Decimal) for value in values), "an int or a bigint overflows"
        return sum(values, Decimal(0)) if values else None

    def _min(self, node, _row):
        return min(self._values(node), default=None)

    def _max(self, node, _row):
        return max(self._values(node), default=None)

    # logic
    def _coalesce(self, node, row):
        return next((value for one in (node.this, *node.expressions) if (value := self.value(one, row)) is not None), None)

    def _case(self, node, row):
        for one in node.args["ifs"]:
            if self.value(one.this, row):
                return self.value(one.args["true"], row)
        default = node.args.get("default")
        return None if default is None else self.value(default, row)

    def _is(self, node, row):
        value = self.value(node.this, row)
        if isinstance(node.expression, exp.Null):
            return value is None
        return value is not None and value != value  # noqa: PLR0124 - NaN

    def _not(self, node, row):
        value = self.value(node.this, row)
        if isinstance(node.this, exp.Is) and not isinstance(node.this.expression, exp.Null):
            return self.value(node.this.this, row) is not None and not value
        return None if value is None else not value

    def _and(self, node, row):
        left, right = self._both(node, row)
        return left and right

    def _lt(self, node, row):
        left, right = self._both(node, row)
        return left is not None and left < right

    def _eq(self, node, row):
        left, right = self._both(node, row)
        return left is not None and left == right

    def _neq(self, node, row):
        left, right = self._both(node, row)
        return left is not None and left != right

    # arithmetic: NULL gives NULL
    def _add(self, node, row):
        left, right = self._both(node, row)
        return None if left is None or right is None else left + right

    def _sub(self, node, row):
        left, right = self._both(node, row)
        return None if left is None or right is None else left - right

    def _mul(self, node, row):
        left, right = self._both(node, row)
        return None if left is None or right is None else left * right

    def _div(self, node, row):
        left, right = self._both(node, row)
        return None if left is None else left / right

    def _floor(self, node, row):
        value = self.value(node.this, row)
        return None if value is None else value.to_integral_value(decimal.ROUND_FLOOR)

    def _abs(self, node, row):
        value = self.value(node.this, row)
        return None if value is None else value.copy_abs()

    def _dpipe(self, node, row):
        return Utf8("".join("" if value is None else value for value in self._both(node, row)))

    # texts and bytes
    def _concat(self, node, row):
        return "".join("" if value is None else value for value in self._all(node, row))

    def _collate(self, node, row):
        assert node.expression.name.endswith("_UTF8")
        value = self.value(node.this, row)
        return None if value is None else Utf8(value)

    def _repeat(self, node, row):
        return self.value(node.this, row) * int(self.value(node.args["times"], row))

    def _replace(self, node, row):
        value = self.value(node.this, row)
        return None if value is None else value.replace(node.expression.name, "")

    def _left(self, node, row):
        value, length = self._both(node, row)
        return None if value is None else value[: int(length)]

    def _right(self, node, row):
        value, length = self._both(node, row)
        return None if value is None else value[-int(length) :]

    def _substring(self, node, row):
        value = self.value(node.this, row)
        return None if value is None else value[: int(node.args["length"].name)]

    def _sha2(self, node, row):
        value = self.value(node.this, row)
        return None if value is None else sha256(octets(value)).digest()

    def _standardhash(self, node, row):
        assert node.expression.name == "SHA256"
        value = self.value(node.this, row)
        return sha256(b"" if value is None else octets(value)).digest()

    def _identifier(self, node, row):  # the column of a method, which is parsed as a name before a dot
        return row[node.name]

    def _dot(self, node, row):
        method = node.expression
        is_method = method.name.upper() in ("STASTEXT", "TOSTRING")
        return self.value(node.this, row) if is_method else self._anonymous(method, row)

    def _anonymous(self, node, row):
        value, *_ = self._all(node, row)
        return None if value is None else _CALLS[node.name.upper()](value)

    # types
    def _tonumber(self, node, row):
        value = self.value(node.this, row)
        return None if value is None else Decimal(int(value, 16))

    def _tochar(self, node, row):
        value, form = self.value(node.this, row), node.args.get("format")
        if value is None or isinstance(value, str):
            return None if value is None else Utf8(value)
        if form.name == "TM9":
            text = f"{Decimal(value):f}"
            text = text.rstrip("0").rstrip(".") if "." in text else text
            return Utf8(text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text)
        scale = len(form.name.partition(".")[2])
        return Utf8(f"{value.quantize(Decimal(1).scaleb(-scale)):f}")

    def _extract(self, node, row):
        value = self.value(node.expression, row)
        if value is None:
            return None
        part = node.this.name.lower()
        return Decimal(getattr(value, part)) + (Decimal(value.microsecond) / 1_000_000 if part == "second" else 0)

    def _timestrtotime(self, node, row):
        return self.value(node.this, row)

    def _datediff(self, node, row):
        end, start = self._both(node, row)
        if end is None:
            return None
        if isinstance(end, dt.time):
            assert start == "00:00:00"
            since = dt.datetime.combine(EPOCH, end) - EPOCH
        else:
            assert "".join(letter for letter in start if letter.isdigit())[:8] == "19700101"
            since = (end if isinstance(end, dt.datetime) else dt.datetime.combine(end, dt.time())) - EPOCH
        return Decimal(since.days if node.args["unit"].name.lower() == "day" else since // dt.timedelta(microseconds=1))

    def _cast(self, node, row):
        return self._to(node.to, self.value(node.this, row), None)

    def _convert(self, node, row):
        style = node.args.get("style")
        return self._to(node.this, self.value(node.expression, row), None if style is None else style.name)

    def _to(self, kind, value, style):
        if value is None:
            return None
        digits = [int(one.name) for one in kind.expressions if one.name.isdigit()]
        return _CONVERSIONS.get(kind.this.name, lambda value, *_: value)(value, digits, style)


def _raw_length(value):
    assert isinstance(value, bytes)
    return Decimal(len(value))


_CALLS = {
    "HEXTORAW": bytes.fromhex,
    "SWITCHOFFSET": lambda value: value.astimezone(dt.UTC),
    "SYS_EXTRACT_UTC": lambda value: value.astimezone(dt.UTC).replace(tzinfo=None),
    "DATALENGTH": lambda value: Decimal(len(octets(value))),
    "LENGTHB": lambda value: Decimal(len(octets(value))),
    "LENGTH": _raw_length,  # of UTL_RAW
    "RAWTOHEX": lambda value: Utf8(value.hex().upper()),
    "TO_BINARY_DOUBLE": lambda value: value,
    "CAST_FROM_BINARY_DOUBLE": lambda value: struct.pack(">d", value),
    "TRUNC": lambda value: value.to_integral_value(decimal.ROUND_DOWN),
}


def _to_text(value, _digits, style):
    if isinstance(value, bytes):
        assert style == "2"
        return value.hex().upper()
    return value if isinstance(value, str) else f"{Decimal(value):f}"


def _to_decimal(value, digits, _style):
    made = Decimal(value).quantize(Decimal(1).scaleb(-digits[1]))
    assert len(made.as_tuple().digits) <= digits[0], f"arithmetic overflow: {made}"
    return made


def _to_whole(value, _digits, _style):
    return Decimal(int.from_bytes(value, signed=True)) if isinstance(value, bytes) else Decimal(int(value))


def _to_bytes(value, _digits, _style):
    return struct.pack(">d", value) if isinstance(value, float) else value


def _to_moment(value, digits, _style):
    if digits == [3]:
        return value.replace(microsecond=round(value.microsecond, -3))
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


_CONVERSIONS = {
    **dict.fromkeys(("VARCHAR", "NVARCHAR", "TEXT"), _to_text),
    "DECIMAL": _to_decimal,
    **dict.fromkeys(("INT", "BIGINT"), _to_whole),
    **dict.fromkeys(("BINARY", "VARBINARY"), _to_bytes),
    "DATETIME2": _to_moment,
}
