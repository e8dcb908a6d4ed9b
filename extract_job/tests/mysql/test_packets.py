"""Rows of the text protocol, received in pieces of any size."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymysql.err import InternalError, OperationalError, ProgrammingError

from extract_job.databases.mysql.packets import Rows

END = b"\xfe\x00\x00\x02\x00"
LONGEST = 0xFF_FFFF


def coded(value: bytes | None) -> bytes:
    """A length-encoded text, as the server writes it: the shortest form of the length."""
    if value is None:
        return b"\xfb"
    size = len(value)
    if size < 251:
        return bytes([size]) + value
    for mark, width in ((0xFC, 2), (0xFD, 3), (0xFE, 8)):
        if size < 1 << (8 * width):
            return bytes([mark]) + size.to_bytes(width, "little") + value
    raise AssertionError(size)


def packets(payload: bytes) -> bytes:
    """One row or end; a payload of 16 MiB and more is split, and ends with a packet that is shorter than the longest."""
    parts = []
    while len(payload) >= LONGEST:
        parts.append(LONGEST.to_bytes(3, "little") + b"\x07" + payload[:LONGEST])
        payload = payload[LONGEST:]
    return b"".join([*parts, len(payload).to_bytes(3, "little") + b"\x08" + payload])


class Pieces:
    """A stream that gives at most `size` bytes per call."""

    def __init__(self, content: bytes, size: int) -> None:
        self._stream = BytesIO(content)
        self._size = size

    def read1(self, most: int) -> bytes:
        return self._stream.read(min(most, self._size))


def reader(content: bytes, width: int, size: int = 1 << 20) -> Rows:
    connection = SimpleNamespace(_rfile=Pieces(content, size), encoding="utf8")
    result = SimpleNamespace(connection=connection, field_count=width, unbuffered_active=True)
    result._check_packet_is_eof = lambda packet: result.__dict__.update(ended=packet.get_all_data())
    return Rows(result)


def rows_of(read: Rows, most: int) -> list[tuple[bytes | None, ...]]:
    rows: list[tuple[bytes | None, ...]] = []
    while (columns := read.read(most)) is not None:
        batch = list(zip(*(column.to_pylist() for column in columns), strict=True))
        assert 1 <= len(batch) <= most
        rows += batch
    return rows


values = st.one_of(
    st.none(),
    st.binary(max_size=20),
    st.sampled_from([0, 1, 250, 251, 252, 255, 256, 65_535, 65_536]).flatmap(lambda size: st.just(b"\xff\xfe\xfb"[:size] * size)),
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(data=st.data(), width=st.integers(1, 4), most=st.integers(1, 9), size=st.sampled_from([1, 3, 100, 1 << 20]))
def test_the_values_are_those_that_were_sent(data, width, most, size):
    sent = data.draw(st.lists(st.tuples(*[values] * width), max_size=12))
    if size < 100:  # a byte at a time
        sent = [tuple(value and value[:300] for value in row) for row in sent]
    content = b"".join(packets(b"".join(map(coded, row))) for row in sent) + packets(END)
    assert rows_of(reader(content, width, size), most) == sent


@pytest.mark.parametrize("size", [LONGEST - 10, LONGEST - 4, LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST])
def test_a_row_of_16_mib_and_more_is_joined(size):
    big = b"\xfe" * size
    sent = [(b"1", big), (None, b"x"), (big, None)]
    content = b"".join(packets(b"".join(map(coded, row))) for row in sent) + packets(END)
    assert rows_of(reader(content, 2), 100) == sent


def test_after_the_end_the_driver_knows_that_nothing_is_left():
    read = reader(packets(coded(b"1")) + packets(END), 1)
    result = read._result
    assert rows_of(read, 10) == [(b"1",)]
    assert (result.unbuffered_active, result.connection, result.ended) == (False, None, END)


def test_an_error_of_the_server_in_the_middle_is_raised_after_the_rows_before_it_were_not_given():
    failed = b"\xff" + (1146).to_bytes(2, "little") + b"#42S02" + b"gone"
    read = reader(packets(coded(b"1")) + packets(failed), 1)
    with pytest.raises(ProgrammingError, match="gone"):
        rows_of(read, 10)
    assert read._result.unbuffered_active is False


@pytest.mark.parametrize("cut", [1, 3, 5, 8])
def test_a_connection_that_ends_too_early_is_lost_and_no_row_is_invented(cut):
    content = packets(coded(b"12")) + packets(END)
    with pytest.raises(OperationalError, match="Lost connection"):
        rows_of(reader(content[:-cut], 1), 10)


@pytest.mark.parametrize("row", [[b"1"], [b"1", b"2", b"3"]])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_with_other_values_than_the_answer_has_columns_is_refused(row, place):
    rows = [[b"8", b"9"], [b"6", b"7"]]
    rows.insert(place, row)
    content = b"".join(packets(b"".join(map(coded, values))) for values in rows) + packets(END)
    with pytest.raises(InternalError, match="does not have 2 values"):
        rows_of(reader(content, 2), 10)
