"""YAML text to plain values, and, in a second walk, to the places where they stand.

Both walks build from the events of PyYAML's C parser, without its node tree and constructor: a fifth of the time. What this
reader does otherwise than YAML 1.1 as PyYAML has it:

- a key given twice is an error (PyYAML: the last one wins silently);
- ``on``, ``off``, ``yes``, ``no``, dates, ``012``, ``0x1F``, ``1_000`` and ``12:30:45`` are text (PyYAML: True, 10, 45045, …);
- a number that would not be written back the same, such as ``1.50`` or ``1e3``, keeps its text;
- a key is text, as it is written;
- tags other than str, int, float, bool, null, map and seq are errors, and so are several documents in one file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml

from extract_core.config.pausing import collector_paused
from extract_core.config.spots import Spot
from extract_core.errors import ConfigError, Fault

if TYPE_CHECKING:
    from typing import TypeAlias

    from yaml._yaml import Mark as CMark

    from extract_core.contract import Json

    Mark: TypeAlias = yaml.Mark | CMark

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: the same events, slower

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 40
MAX_ALIASED: Final = 2_000_000
"""Values that aliases and merge keys may stand for, in all: 40 for each of 50,000 tables."""

_TAGS: Final = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "map", "seq")}
_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_STARTS: Final = frozenset("-0123456789~nNtTfF")
"""First characters of plain scalars that may be something else than text."""


class _Refused(Exception):  # noqa: N818 - carries a place up to `parse`, and is never seen outside
    """One fault at a mark."""

    def __init__(self, mark: Mark | None, message: str) -> None:
        super().__init__(message)
        self.line, self.column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        self.message = message


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet."""

    value: dict[str, Json] | list[Json]
    mark: Mark | None
    anchor: str | None
    spot: Spot | None
    key: str | None = None  # of a mapping: the key that waits for its value
    key_mark: Mark | None = None
    merged: list[dict[str, Json]] = field(default_factory=list)
    merged_spots: list[Spot] = field(default_factory=list)
    merging: bool = False  # of a mapping: the value to come is what `<<` takes in


def parse(data: bytes, *, file: str) -> Json:
    """The document in `data`. Raises ConfigError with the one fault that stops the reading."""
    return _read(data, file, with_spots=False)[0]


def parse_spots(data: bytes, *, file: str) -> Spot:
    """The places of all that `parse` gives for the same bytes."""
    spot = _read(data, file, with_spots=True)[1]
    return spot if spot is not None else Spot(1, 1)


def _read(data: bytes, file: str, *, with_spots: bool) -> tuple[Json, Spot | None]:
    text = _checked_text(data, file)
    try:
        with collector_paused():
            return _Builder(text, with_spots=with_spots).document()
    except _Refused as error:
        raise ConfigError([Fault(file, error.line, error.column, "", error.message)]) from error
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax_fault(error, text, file)]) from error
    except yaml.reader.ReaderError as error:
        raise ConfigError([_character_fault(text, file)]) from error


class _Builder:
    """Values, and spots if asked for, from the parser's events. Keeps its own stack: depth costs no recursion."""

    def __init__(self, text: bytes, *, with_spots: bool) -> None:
        self._loader = _Loader(text)
        self._with_spots = with_spots
        self._anchors: dict[str, tuple[Json, Spot | None]] = {}
        self._unfinished: set[str] = set()
        self._aliased = False
        self._merged = 0
        self._root_mark: Mark | None = None

    def document(self) -> tuple[Json, Spot | None]:
        """The only document of the text; an empty text is None."""
        try:
            result = self._document()
        finally:
            self._loader.dispose()
        if self._aliased and self._root_mark is not None:
            self._bound(result[0], self._root_mark)
        return result

    def _document(self) -> tuple[Json, Spot | None]:  # noqa: C901, PLR0912, PLR0915 - one loop over the events: calls would double its time
        next_event = self._loader.get_event
        with_spots, anchors = self._with_spots, self._anchors
        stack: list[_Open] = []
        top: _Open | None = None
        result: tuple[Json, Spot | None] = (None, None)
        documents = 0
        while True:
            event = next_event()
            kind = type(event)
            mark = event.start_mark
            spot: Spot | None = None
            value: Json
            if kind is yaml.ScalarEvent:
                # a key of the mapping that is open?
                if top is not None and top.key is None and type(top.value) is dict:
                    self._take_key(top, event)
                    continue
                if event.tag is None and event.implicit[0]:
                    text = event.value
                    value = text if text[:1] not in _STARTS and text else _plain(text)
                else:
                    value = event.value if event.tag is None or event.tag == "!" else _tagged(event)
                if with_spots:
                    spot = _spot(mark)
                if event.anchor is not None:
                    anchors[event.anchor] = (value, spot)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if top is not None and top.key is None and type(top.value) is dict:
                    raise _Refused(
                        mark, "a key must be plain text, not a mapping or a list; put quotes around it if it begins with { or ["
                    )
                _check_collection(event)
                if len(stack) == MAX_DEPTH:
                    raise _Refused(mark, f"more than {MAX_DEPTH} levels are nested here; no config needs that many")
                if event.anchor is not None:
                    self._unfinished.add(event.anchor)
                    anchors.pop(event.anchor, None)
                opened = _Open(
                    value={} if kind is yaml.MappingStartEvent else [],
                    mark=mark,
                    anchor=event.anchor,
                    spot=_spot(mark) if with_spots else None,
                )
                if not stack:
                    self._root_mark = mark
                stack.append(opened)
                top = opened
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                assert top is not None  # noqa: S101 - the parser's events are balanced
                ended = stack.pop()
                if ended.merged:
                    self._merge(ended)
                value, spot, mark = ended.value, ended.spot, ended.mark
                if ended.anchor is not None:
                    anchors[ended.anchor] = (value, spot)
                    self._unfinished.discard(ended.anchor)
                top = stack[-1] if stack else None
            elif kind is yaml.AliasEvent:
                value, spot = self._alias(event)
                if top is not None and top.key is None and type(top.value) is dict:
                    raise _Refused(mark, f"the alias *{event.anchor} can't be a key; write the key out")
            elif kind is yaml.StreamEndEvent:
                return result
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise _Refused(mark, "a second document begins here (---); a file holds one source")
                continue
            else:
                continue
            # a value is complete: it goes where the open collection waits for it
            if top is None:
                result = (value, spot)
            elif type(top.value) is list:
                if spot is not None and top.spot is not None:
                    top.spot.children[len(top.value)] = spot
                top.value.append(value)
            elif top.merging:
                self._take_merge(top, value, spot, mark)
            else:
                key = top.key
                assert key is not None  # noqa: S101 - else it was taken as a key above
                top.value[key] = value  # type: ignore[call-overload] # mypy can't narrow a union of containers by type()
                if spot is not None and top.spot is not None and top.key_mark is not None:
                    key_line, key_column = top.key_mark.line + 1, top.key_mark.column + 1
                    top.spot.children[key] = Spot(spot.line, spot.column, key_line, key_column, spot.children)
                top.key = None

    def _take_key(self, top: _Open, event: yaml.ScalarEvent) -> None:
        mark = event.start_mark
        key = event.value
        if key == "<<" and event.implicit[0] and event.tag is None:
            if top.merged or top.merging:
                raise _Refused(mark, "a second merge key << in one mapping; write one with a list: <<: [*first, *second]")
            top.merging = True
        elif key in top.value:
            raise _Refused(mark, f"the key {key!r} is given twice in this mapping; keep one of them")
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, _spot(mark) if self._with_spots else None)
        top.key = key
        top.key_mark = mark

    def _take_merge(self, top: _Open, value: Json, spot: Spot | None, mark: Mark | None) -> None:
        sources = value if isinstance(value, list) else [value]
        if not sources or not all(isinstance(source, dict) for source in sources):
            raise _Refused(mark, "a merge key << takes a mapping or a list of mappings, by alias: <<: *name")
        top.merged = [source for source in sources if isinstance(source, dict)]
        self._merged += sum(map(len, top.merged))
        if self._merged > MAX_ALIASED:
            raise _Refused(mark, f"merge keys copy more than {MAX_ALIASED:,} values; write less into what is merged")
        if spot is not None:
            top.merged_spots = [spot.children[index] for index in range(len(sources))] if isinstance(value, list) else [spot]
        top.merging = False
        top.key = None

    @staticmethod
    def _merge(ended: _Open) -> None:
        """Puts what << took in before the mapping's own keys, which win; of several, the first one wins."""
        own = ended.value
        assert isinstance(own, dict)  # noqa: S101 - only a mapping has a merge key
        together: dict[str, Json] = {}
        for source in reversed(ended.merged):
            together.update(source)
        together.update(own)
        own.clear()
        own.update(together)
        if ended.spot is not None:
            children: dict[str | int, Spot] = {}
            for spot in reversed(ended.merged_spots):
                children.update(spot.children)
            children.update(ended.spot.children)
            ended.spot.children = children

    def _alias(self, event: yaml.AliasEvent) -> tuple[Json, Spot | None]:
        if event.anchor in self._unfinished:
            raise _Refused(event.start_mark, f"the alias *{event.anchor} stands inside of what it names; it can't hold itself")
        if event.anchor not in self._anchors:
            raise _Refused(event.start_mark, f"the alias *{event.anchor} has no anchor &{event.anchor} before it in this file")
        self._aliased = True
        return self._anchors[event.anchor]

    @staticmethod
    def _bound(root: Json, mark: Mark | None) -> None:
        """Refuses aliases that expand to too many values or levels: they are shared here, but not in what is made from them."""
        known: dict[int, tuple[int, int]] = {}  # by id: values and levels inside
        todo: list[tuple[Json, bool]] = [(root, False)]
        while todo:
            value, inside_done = todo.pop()
            if not isinstance(value, dict | list) or id(value) in known:
                continue
            inner = list(value.values()) if isinstance(value, dict) else value
            containers = [item for item in inner if isinstance(item, dict | list)]
            if not inside_done:
                todo.append((value, True))
                todo += [(item, False) for item in containers]
                continue
            sizes = [known[id(item)] for item in containers]
            size, depth = len(inner) + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)
            if depth > MAX_DEPTH:
                raise _Refused(mark, f"aliases nest more than {MAX_DEPTH} levels into one another; no config needs that many")
            known[id(value)] = (size, depth)
        if isinstance(root, dict | list) and known[id(root)][0] > len(known) + MAX_ALIASED:
            raise _Refused(mark, f"aliases expand to more than {MAX_ALIASED:,} values; write less into what they name")


def _spot(mark: Mark | None) -> Spot:
    return Spot(mark.line + 1, mark.column + 1) if mark is not None else Spot(1, 1)


def _plain(text: str) -> Json:
    """What a plain scalar means: null, a boolean, a number that would be written back the same, else text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if text != "-0" else text
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if repr(number) == text else text
    return text


def _tagged(event: yaml.ScalarEvent) -> Json:
    name = _TAGS.get(event.tag or "")
    text = event.value
    if name == "str":
        return str(text)
    if name is None or name in ("map", "seq"):
        raise _Refused(event.start_mark, f"the tag {_tag_text(event.tag)} is not supported here; write the value without it")
    value = _plain(text)
    fits = {"null": value is None, "bool": isinstance(value, bool), "int": type(value) is int, "float": isinstance(value, float)}
    if name == "float" and type(value) is int:
        return float(value)
    if not fits[name]:
        raise _Refused(event.start_mark, f"{text!r} is no {name}, as its tag {_tag_text(event.tag)} says")
    return value


def _check_collection(event: yaml.CollectionStartEvent) -> None:
    expected = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
    if event.tag is not None and event.tag != "!" and _TAGS.get(event.tag) != expected:
        raise _Refused(event.start_mark, f"the tag {_tag_text(event.tag)} is not supported here; write the value without it")


def _tag_text(tag: str | None) -> str:
    if tag is None:
        return ""
    return "!!" + tag.removeprefix("tag:yaml.org,2002:") if tag.startswith("tag:yaml.org,2002:") else tag


def _checked_text(data: bytes, file: str) -> bytes:
    """The bytes without a UTF-8 byte order mark; ConfigError where they are something else than UTF-8."""
    if len(data) > MAX_BYTES:
        raise ConfigError([Fault(file, 0, 0, "", f"has {len(data):,} bytes, over the limit of {MAX_BYTES:,}; split the source")])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or (data[1:2] == b"\0" or data[:1] == b"\0"):
        raise ConfigError([Fault(file, 0, 0, "", "is encoded as UTF-16 or UTF-32; save it as UTF-8")])
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(data[: error.start].decode("utf-8"))
        message = (
            f"the byte 0x{data[error.start]:02x} is not UTF-8 (is the file Latin-1 or Windows-1252?); save the file as UTF-8"
        )
        raise ConfigError([Fault(file, line, column, "", message)]) from error
    return data


def _line_and_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _syntax_fault(error: yaml.MarkedYAMLError, text: bytes, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "it can't be read"
    if mark is None:
        return Fault(file, 0, 0, "", f"is not valid YAML: {problem}")
    lines = text.decode("utf-8").splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return Fault(file, mark.line + 1, line.index("\t") + 1, "", "a tab stands here; YAML is indented with spaces only")
    begin = error.context_mark
    context = f" {error.context}" if error.context else ""
    if context and begin is not None and begin.line != mark.line:
        context += f" that begins in line {begin.line + 1}"
    remedy = "check the indentation, quotes and colons of this line and the one before"
    return Fault(file, mark.line + 1, mark.column + 1, "", f"not valid YAML: {problem}{context}; {remedy}")


_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.1 calls not printable (chapter 5.1)."""


def _character_fault(text: bytes, file: str) -> Fault:
    decoded = text.decode("utf-8")
    found = _UNPRINTABLE.search(decoded)
    if found is None:
        return Fault(file, 0, 0, "", "holds a character that YAML does not allow; save it as plain UTF-8 text")
    line, column = _line_and_column(decoded[: found.start()])
    return Fault(file, line, column, "", f"the character U+{ord(found[0]):04X} is not allowed in YAML; remove it")
