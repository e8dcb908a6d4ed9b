"""From YAML text to plain values and, in a second walk, to their places in the file.

This reader differs from YAML 1.1 as PyYAML reads it:

- a key given twice is an error (PyYAML: the last one wins silently);
- ``on``, ``off``, ``yes``, ``no``, dates, ``012``, ``0x1F``, ``1_000`` and ``12:30:45`` are text (PyYAML: True, 10, 45045, …);
- a number that would not be written back the same, such as ``1.50`` or ``1e3``, keeps its text;
- a key is text, as it is written;
- tags other than str, int, float, bool, null, map and seq are errors, and so are several documents in one file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import yaml

from extract_core.config.spots import Spot
from extract_core.config.yaml_build import Builder, Refused
from extract_core.errors import ConfigError, Finding
from extract_core.pausing import collector_paused

if TYPE_CHECKING:
    from extract_core.contract import Json

MAX_BYTES: Final = 64 * 1024 * 1024

_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.1 calls not printable (chapter 5.1)."""


def parse(data: bytes, *, file: str) -> Json:
    """The document in `data`. Raises ConfigError with all findings about it as YAML."""
    value, findings = parse_faulty(data, file=file)
    if findings:
        raise ConfigError(findings)
    return value


def parse_faulty(data: bytes, *, file: str) -> tuple[Json, list[Finding]]:
    """The document in `data` as far as it can be read, and what is wrong with it: keys given twice, aliases, tags.

    Raises ConfigError with all findings so far if one of them stops the reading.
    """
    value, _, findings = _read(data, file, with_spots=False)
    return value, findings


def parse_spots(data: bytes, *, file: str) -> Spot:
    """The places of all that `parse_faulty` gives for the same bytes."""
    spot = _read(data, file, with_spots=True)[1]
    return spot if spot is not None else Spot(1, 1)


def _read(data: bytes, file: str, *, with_spots: bool) -> tuple[Json, Spot | None, list[Finding]]:
    text = _checked_text(data, file)
    stopped: Finding | None = None
    value: Json = None
    spot: Spot | None = None
    builder: Builder | None = None
    try:
        builder = Builder(text, with_spots=with_spots)
        with collector_paused():
            value, spot = builder.document()
    except Refused as error:
        stopped = Finding(file, error.line, error.column, "", error.message)
    except yaml.MarkedYAMLError as error:
        stopped = _syntax_finding(error, text, file)
    except yaml.reader.ReaderError:
        stopped = _character_finding(text, file)
    if builder is not None and builder.twice and not with_spots:
        return _read(data, file, with_spots=True)  # only then is the place of the first of two keys known
    findings = _findings(builder, file) if builder is not None else []
    if stopped is not None:
        raise ConfigError([*findings, stopped])
    return value, spot, findings


def _findings(builder: Builder, file: str) -> list[Finding]:
    twice = "the key {!r} is given twice, first in line {}; keep one of them"
    findings = [Finding(file, line, column, "", twice.format(key, first)) for line, column, key, first in builder.twice]
    return findings + [Finding(file, line, column, "", message) for line, column, message in builder.noted]


def _checked_text(data: bytes, file: str) -> bytes:
    """The bytes without a UTF-8 byte order mark; ConfigError if they are not UTF-8."""
    if len(data) > MAX_BYTES:
        raise ConfigError(
            [Finding(file, 0, 0, "", f"has {len(data):,} bytes, over the limit of {MAX_BYTES:,}; split the source")]
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[1:2] == b"\0" or data[:1] == b"\0":
        raise ConfigError([Finding(file, 0, 0, "", "is encoded as UTF-16 or UTF-32; save it as UTF-8")])
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(data[: error.start].decode("utf-8"))
        message = (
            f"the byte 0x{data[error.start]:02x} is not UTF-8 (is the file Latin-1 or Windows-1252?); save the file as UTF-8"
        )
        raise ConfigError([Finding(file, line, column, "", message)]) from error
    return data


def _line_and_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _syntax_finding(error: yaml.MarkedYAMLError, text: bytes, file: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "it can't be read"
    if mark is None:
        return Finding(file, 0, 0, "", f"is not valid YAML: {problem}")
    lines = text.decode("utf-8").splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return Finding(file, mark.line + 1, line.index("\t") + 1, "", "there is a tab here; indent YAML with spaces only")
    begin = error.context_mark
    context = f" {error.context}" if error.context else ""
    if context and begin is not None and begin.line != mark.line:
        context += f" that begins in line {begin.line + 1}"
    remedy = "check the indentation, quotes and colons of this line and the one before"
    return Finding(file, mark.line + 1, mark.column + 1, "", f"not valid YAML: {problem}{context}; {remedy}")


def _character_finding(text: bytes, file: str) -> Finding:
    decoded = text.decode("utf-8")
    match = _UNPRINTABLE.search(decoded)
    if match is None:
        return Finding(file, 0, 0, "", "holds a character that YAML does not allow; save it as plain UTF-8 text")
    line, column = _line_and_column(decoded[: match.start()])
    return Finding(file, line, column, "", f"the character U+{ord(match[0]):04X} is not allowed in YAML; remove it")
