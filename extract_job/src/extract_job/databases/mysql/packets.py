"""The rows of a streamed answer as one array of bytes per column, without a Python object per value.

Source: MariaDB, "Result Set Packets", "Resultset row" of the text protocol: each packet is one row, whose values are
length-encoded bytes, or 0xfb for NULL. PyMySQL has read the packets that describe the columns; it would need several
microseconds per row for the rest.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Array: TypeAlias = Any  # pyarrow ships no types

_HEADER = 4
"""Three bytes of length, one of the number of the packet."""
_LONGEST = 0xFF_FFFF
"""A packet of this length goes on in the next one ("Protocol Differences", "Packet splitting")."""
_READ = 2**20
_NULL, _END, _ERROR = 0xFB, 0xFE, 0xFF
_WIDTHS = {0xFC: 2, 0xFD: 3, 0xFE: 8}
"""Bytes of a length, by the byte that begins it; any other byte below 0xfb is the length."""
_LONGEST_END = 9
"""A packet that begins with 0xfe is the end only if it is shorter: else it is a value of more than 16 MiB."""


class Rows:
    """The rows of one answer. `result` is the unbuffered result of PyMySQL, before its first row was read."""

    def __init__(self, result: Any) -> None:
        self._result = result
        self._connection = result.connection
        self._width: int = result.field_count
        self._bytes = bytearray()
        self._is_done = False

    def read(self, most: int) -> Sequence[Array] | None:
        """Return an array of bytes per column, with at least one row and at most `most`. None: there are no more.

        Raises errors of PyMySQL if the server reports one, if a row has other values than the answer has columns, or if the
        connection is lost.
        """
        from pymysql.err import InternalError

        starts: list[int] = []
        octets, received = self._bytes, len(self._bytes)
        position = 0
        while not self._is_done and len(starts) < most:
            start = position + _HEADER
            if received < start:
                received = self._receive(start)
            size = octets[position] | octets[position + 1] << 8 | octets[position + 2] << 16
            end = start + size
            if received < end:
                received = self._receive(end)
            if size == _LONGEST:
                end, received = self._joined(end)
            first = octets[start] if size else _NULL
            if first == _ERROR or (first == _END and size < _LONGEST_END):
                self._finish(bytes(octets[start:end]))
            else:
                starts.append(start)
                position = end
        if not starts:
            return None
        data = np.frombuffer(bytes(octets[:position]), np.uint8)
        begins = np.array(starts, np.int64)
        try:
            columns, ends = _columns(data, begins, self._width)
        except IndexError:  # a value would begin or end behind the last row
            columns, ends = (), begins
        if not np.array_equal(ends, np.append(begins[1:] - _HEADER, position)):
            raise InternalError(f"a row of the server does not have {self._width} values")
        del octets[:position]
        return columns

    def _joined(self, end: int) -> tuple[int, int]:
        """Join a packet of the greatest length with those that continue it; return its end, and how many bytes are there."""
        size = _LONGEST
        while size == _LONGEST:
            self._receive(end + _HEADER)
            size = int.from_bytes(self._bytes[end : end + _HEADER - 1], "little")
            self._receive(end + _HEADER + size)
            del self._bytes[end : end + _HEADER]
            end += size
        return end, len(self._bytes)

    def _receive(self, wanted: int) -> int:
        """Receive until at least this many bytes are there; return how many."""
        from pymysql.constants import CR
        from pymysql.err import OperationalError

        while (missing := wanted - len(self._bytes)) > 0:
            try:
                received = self._connection._rfile.read1(max(_READ, missing))  # noqa: SLF001 - it has no public way
            except OSError as error:
                raise OperationalError(CR.CR_SERVER_LOST, f"Lost connection to MySQL server during query ({error})") from error
            if not received:
                raise OperationalError(CR.CR_SERVER_LOST, "Lost connection to MySQL server during query")
            self._bytes += received
        return len(self._bytes)

    def _finish(self, packet: bytes) -> None:
        """Take the last packet: the driver then knows that nothing is left to receive."""
        from pymysql.protocol import MysqlPacket

        self._is_done = True
        self._result.unbuffered_active = False
        last = MysqlPacket(packet, self._connection.encoding)
        if last.is_error_packet():
            last.raise_for_error()
        self._result._check_packet_is_eof(last)  # noqa: SLF001 - takes what the server says of warnings
        self._result.connection = None


def _columns(data: Any, positions: Any, width: int) -> tuple[Sequence[Array], Any]:
    """Return the columns of the rows that begin at these positions, and where the rows end."""
    columns = []
    for _ in range(width):
        first = data[positions]
        is_null = first == _NULL
        sizes = first.astype(np.int64)
        starts = positions + 1
        for mark, octets in _WIDTHS.items():
            rows = np.flatnonzero(first == mark)
            if rows.size:
                places = positions[rows] + 1
                sizes[rows] = sum(data[places + place].astype(np.int64) << (8 * place) for place in range(octets))
                starts[rows] += octets
        sizes[is_null] = 0
        columns.append(_binary(data, starts, sizes, is_null))
        positions = starts + sizes
    return columns, positions


def _binary(data: Any, starts: Any, sizes: Any, is_null: Any) -> Array:
    """Return the bytes at these places as an array. A batch has less than 2 GiB: its rows are bounded, and each packet is."""
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    total = int(offsets[-1])
    values = data[np.repeat(starts - offsets[:-1], sizes) + np.arange(total)]
    nulls = pa.py_buffer(np.packbits(~is_null, bitorder="little").tobytes()) if is_null.any() else None
    kind, width = (pa.binary(), np.int32) if total < 2**31 else (pa.large_binary(), np.int64)
    return pa.Array.from_buffers(kind, len(sizes), [nulls, pa.py_buffer(offsets.astype(width)), pa.py_buffer(values)])
