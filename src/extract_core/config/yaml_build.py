"""Values and places from the events of PyYAML's C parser.

This takes a fifth of the time of PyYAML's node tree and constructor. It keeps its own stack, so deep files need no recursion.
Aliases share their value, and the size that they may expand to is bounded.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from extract_core.config.spots import Spot
from extract_core.config.yaml_scalars import STARTS, check_collection_tag, plain, tagged
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from typing import TypeAlias

    from yaml._yaml import Mark as CMark

    from extract_core.contract import Json

    Mark: TypeAlias = yaml.Mark | CMark | None

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: the same events, slower

MAX_DEPTH: Final = 40
MAX_SAME: Final = 4096
"""Texts that are stored once: keys and values such as TimestampType occur in thousands of tables."""
MAX_ALIASED: Final = 2_000_000
"""Values that all aliases and merge keys may expand to: 40 for each of 50,000 tables."""


_IN_ITSELF: Final = "is inside its own anchor; it can't contain itself"


class Refused(Exception):  # noqa: N818 - carries a place up to the reader, and is never seen outside
    """A finding at a mark, after which the reading stops."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.line, self.column = _place(mark)
        self.message = message


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that has not ended yet."""

    value: Any  # dict or list; `is_mapping` says which, faster than isinstance
    is_mapping: bool
    mark: Mark
    anchor: str | None
    spot: Spot | None
    key: str | None = None  # of a mapping: the key that waits for its value
    key_mark: Mark = None
    merging: bool = False  # of a mapping: the value to come is what `<<` takes in
    merged: list[dict[str, Json]] = field(default_factory=list)
    merged_spots: list[Spot] = field(default_factory=list)


class Builder:
    """Reads one document.

    `twice` holds keys that are given twice: line, column, key, line of the first (with spots). `noted` holds findings after which
    the reading goes on: line, column, message.
    """

    def __init__(self, text: bytes, *, with_spots: bool) -> None:
        self._loader = _Loader(text)
        self._with_spots = with_spots
        self._anchors: dict[str, tuple[Json, Spot | None]] = {}
        self._unfinished: set[str] = set()
        self._aliased = False
        self._merged = 0
        self._same: dict[str, str] = {}  # texts seen so far: those that come again are kept once
        self._stack: list[_Open] = []
        self.twice: list[tuple[int, int, str, int]] = []
        self.noted: list[tuple[int, int, str]] = []

    def document(self) -> tuple[Json, Spot | None]:
        """The only document, and its places if they were asked for; an empty text is None. Raises Refused and YAMLError."""
        try:
            value, spot, mark = self._document()
        finally:
            self._loader.dispose()
        if self._aliased:
            _bound(value, mark)
        return value, spot

    def _document(self) -> tuple[Json, Spot | None, Mark]:  # noqa: C901, PLR0912, PLR0915 - the one loop over all events
        next_event, stack, anchors, with_spots = self._loader.get_event, self._stack, self._anchors, self._with_spots
        same = self._same
        result: tuple[Json, Spot | None, Mark] = (None, None, None)
        begun = False
        while True:
            event: Any = next_event()  # Any: PyYAML's events have no common type that knows their members
            kind = type(event)
            top = stack[-1] if stack else None
            value: Json
            spot: Spot | None = None
            mark: Mark = event.start_mark
            if kind is ScalarEvent:
                if top is not None and top.is_mapping and top.key is None:
                    self._take_key(top, event)
                    continue
                if event.tag is None:
                    text = event.value
                    if not event.implicit[0] or (text and text[0] not in STARTS):
                        value = same.setdefault(text, text) if len(same) < MAX_SAME else same.get(text, text)
                    else:
                        value = plain(text)
                else:
                    value = self._tagged(event)
                if with_spots:
                    spot = Spot(*_place(mark))
                if event.anchor is not None:
                    anchors[event.anchor] = (value, spot)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, top, is_mapping=kind is MappingStartEvent)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value, spot, mark = self._close()
                top = stack[-1] if stack else None
            elif kind is AliasEvent:
                value, spot = self._alias(event, top)
            elif kind is yaml.StreamEndEvent:
                return result
            else:
                if kind is yaml.DocumentStartEvent:
                    if begun:
                        raise Refused(mark, "a second document begins here (---); a file holds one source")
                    begun = True
                continue
            if top is None:
                result = (value, spot, mark)
            elif spot is None and not top.merging:  # a value is complete: it goes where the open collection waits for it
                if top.is_mapping:
                    top.value[top.key] = value
                    top.key = None
                else:
                    top.value.append(value)
            else:
                self._take_value(top, value, spot, mark)

    def _take_key(self, top: _Open, event: Any) -> None:
        mark, key = event.start_mark, event.value
        if key == "<<" and event.tag is None and event.implicit[0]:
            if top.merged:
                self._note(mark, "a second merge key << in one mapping; write one with a list: <<: [*first, *second]")
            top.merging = True
        elif key in top.value:
            first = top.spot.children[key].key_line if top.spot is not None else 0
            self.twice.append((*_place(mark), key, first))
        key = self._same.setdefault(key, key) if len(self._same) < MAX_SAME else self._same.get(key, key)
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, Spot(*_place(mark)) if self._with_spots else None)
        top.key, top.key_mark = key, mark

    def _take_value(self, top: _Open, value: Json, spot: Spot | None, mark: Mark) -> None:
        """Takes a value in with its place, or as what a merge key copies."""
        if top.merging:
            self._take_merge(top, value, spot, mark)
        elif not top.is_mapping:
            if spot is not None and top.spot is not None:
                top.spot.children[len(top.value)] = spot
            top.value.append(value)
        elif top.key is not None:
            if spot is not None and top.spot is not None:
                key_line, key_column = _place(top.key_mark)
                top.spot.children[top.key] = Spot(spot.line, spot.column, key_line, key_column, spot.children)
            top.value[top.key] = value
            top.key = None

    def _open(self, event: Any, top: _Open | None, *, is_mapping: bool) -> None:
        mark = event.start_mark
        if top is not None and top.is_mapping and top.key is None:
            raise Refused(
                mark, "a key must be plain text, not a mapping or a list; put quotes around it if it begins with { or ["
            )
        if len(self._stack) == MAX_DEPTH:
            raise Refused(mark, f"more than {MAX_DEPTH} levels are nested here; no config needs that many")
        try:
            check_collection_tag(event.tag, "map" if is_mapping else "seq")
        except ValueError as error:
            self._note(mark, str(error))
        if event.anchor is not None:
            self._unfinished.add(event.anchor)
        spot = Spot(*_place(mark)) if self._with_spots else None
        self._stack.append(_Open({} if is_mapping else [], is_mapping, mark, event.anchor, spot))

    def _close(self) -> tuple[Json, Spot | None, Mark]:
        ended = self._stack.pop()
        if ended.merged:
            _merge(ended)
        if ended.anchor is not None:
            self._anchors[ended.anchor] = (ended.value, ended.spot)
            self._unfinished.discard(ended.anchor)
        return ended.value, ended.spot, ended.mark

    def _alias(self, event: Any, top: _Open | None) -> tuple[Json, Spot | None]:
        name, mark = event.anchor, event.start_mark
        if top is not None and top.is_mapping and top.key is None:
            raise Refused(mark, f"the alias *{name} can't be a key; write the key out")
        self._aliased = True
        if name in self._anchors and name not in self._unfinished:
            return self._anchors[name]
        inside = name in self._unfinished
        self._note(mark, f"the alias *{name} " + (_IN_ITSELF if inside else f"has no anchor &{name} before it in this file"))
        value: Json = {} if top is not None and top.merging else None
        return value, Spot(*_place(mark)) if self._with_spots else None

    def _take_merge(self, top: _Open, value: Json, spot: Spot | None, mark: Mark) -> None:
        top.merging = False
        top.key = None
        sources = value if isinstance(value, list) else [value]
        if not sources or not all(isinstance(source, dict) for source in sources):
            self._note(mark, "a merge key << takes a mapping or a list of mappings, by alias: <<: *name")
            return
        top.merged = [source for source in sources if isinstance(source, dict)]
        self._merged += sum(map(len, top.merged))
        if self._merged > MAX_ALIASED:
            raise Refused(mark, f"merge keys copy more than {MAX_ALIASED:,} values; make the merged mappings smaller")
        if spot is not None:
            top.merged_spots = [spot.children[index] for index in range(len(sources))] if isinstance(value, list) else [spot]

    def _tagged(self, event: Any) -> Json:
        try:
            return tagged(event.value, event.tag)
        except ValueError as error:
            self._note(event.start_mark, str(error))
            return plain(event.value)

    def _note(self, mark: Mark, message: str) -> None:
        """A fault after which the reading can go on."""
        self.noted.append((*_place(mark), message))


def _merge(ended: _Open) -> None:
    """Puts what << took in before the mapping's own keys, which win; of several sources, the first one wins."""
    own = dict(ended.value)
    ended.value.clear()
    for source in reversed(ended.merged):
        ended.value.update(source)
    ended.value.update(own)
    if ended.spot is not None:
        children: dict[str | int, Spot] = {}
        for spot in reversed(ended.merged_spots):
            children.update(spot.children)
        ended.spot.children = children | ended.spot.children


def _place(mark: Mark) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _bound(root: Json, mark: Mark) -> None:
    """Refuses aliases that expand to too many values or levels: they are shared here, but not in what is made from them."""
    known: dict[int, tuple[int, int]] = {}  # by id: values and levels inside
    todo: list[tuple[Json, bool]] = [(root, False)]
    while todo:
        value, inside_is_known = todo.pop()
        if not isinstance(value, dict | list) or id(value) in known:
            continue
        inner = list(value.values()) if isinstance(value, dict) else value
        containers = [item for item in inner if isinstance(item, dict | list)]
        if not inside_is_known:
            todo.append((value, True))
            todo += [(item, False) for item in containers]
            continue
        sizes = [known[id(item)] for item in containers]
        size, depth = len(inner) + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)
        if depth > MAX_DEPTH:
            raise Refused(mark, f"aliases nest more than {MAX_DEPTH} levels into one another; no config needs that many")
        known[id(value)] = (size, depth)
    if isinstance(root, dict | list) and known[id(root)][0] > len(known) + MAX_ALIASED:
        raise Refused(mark, f"aliases expand to more than {MAX_ALIASED:,} values; make the anchored values smaller")
