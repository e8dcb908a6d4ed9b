"""Where the states of a machine are drawn. The ranks and the order in them come from the layout library (fast-sugiyama).

All lengths are pixels. A Map or Parallel state is a box around its inner machines, which are laid out first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple

from asl_generator.branches.scopes import inner_machines
from asl_generator.graph import states_of, transitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asl_generator.branches.scopes import State
    from extract_core.contract import Json

WIDTH: Final = 178
HEIGHT: Final = 50
DOT: Final = 12
"""Width and height of the mark at the start of a machine."""
_APART: Final = 26  # between two states of a rank
_RANKS: Final = 54  # between two ranks
_HEADER: Final = 34  # the title of a box
_PADDING: Final = 18
_LETTERS: Final = 25  # in a line of a state's name
_LIBRARY_SPACING: Final = 100
_DUMMY: Final = 0.25  # the width of a passing line, beside that of a state
_LABEL: Final = 30  # letters of a label
_LETTER: Final = 5.6  # the width of one


class Point(NamedTuple):
    """A place; `y` grows downwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A state, or the mark of a start (`kind` is ``start``). `center` is the middle of it, `lines` are its name."""

    name: str
    kind: str
    center: Point
    width: float
    height: float
    lines: Sequence[str] = ()
    is_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A transition: through these points. `sideways`: it ends at the side of its target, because it leads back up."""

    points: Sequence[Point]
    label: str = ""
    is_caught: bool = False
    sideways: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Boxes (a group before what is in it) and arrows, all from (0, 0) to (`width`, `height`)."""

    width: float
    height: float
    boxes: Sequence[Box] = ()
    arrows: Sequence[Arrow] = ()

    def moved(self, x: float, y: float) -> Layout:
        """The same, at another place."""
        boxes = [replace(box, center=Point(box.center.x + x, box.center.y + y)) for box in self.boxes]
        arrows = [replace(arrow, points=[Point(at.x + x, at.y + y) for at in arrow.points]) for arrow in self.arrows]
        return replace(self, boxes=boxes, arrows=arrows)


@dataclass(slots=True)
class _Node:
    """A state before it has a place, or a place that a long arrow passes."""

    name: str = ""
    kind: str = ""
    width: float = 0.0
    height: float = 0.0
    inner: Sequence[Layout] = ()
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class _Way:
    labels: list[str] = field(default_factory=list)
    is_caught: bool = True

    @property
    def label(self) -> str:
        text = " or ".join(dict.fromkeys(map(_short, filter(None, self.labels))))
        return text if len(text) <= _LABEL else f"{text[: _LABEL - 2]} …"


def _short(condition: str) -> str:
    """A condition without the signs of paths, and without tests that a variable is present if another one compares it."""
    tests = condition.replace("$.", "").split(" and ")
    compared = {test.partition(" is ")[0] for test in tests if not test.endswith(" is present")}
    return " and ".join(test for test in tests if not (test.endswith(" is present") and test[: -len(" is present")] in compared))


def laid_out(machine: Mapping[str, Json]) -> Layout:
    """The places of a machine's states. The same machine gives the same places."""
    states = states_of(machine)
    nodes = [_Node(kind="start", width=DOT, height=DOT), *(_node(name, state) for name, state in states.items())]
    number = {node.name: index for index, node in enumerate(nodes)}
    ways: defaultdict[tuple[int, int], _Way] = defaultdict(_Way)
    ways[0, number.get(str(machine.get("StartAt")), min(1, len(nodes) - 1))] = _Way(is_caught=False)
    for name, state in states.items():
        for arrow, label, target in transitions(state):
            if target in number and target != name:
                way = ways[number[name], number[target]]
                way.is_caught &= arrow == "-.->"
                way.labels.append(label)
    reached = {target for _, target in ways}
    hidden = [(0, index) for index in range(1, len(nodes)) if index not in reached]
    paths = _place(nodes, {**dict.fromkeys(hidden, ""), **{ends: way.label for ends, way in ways.items()}})
    width, height = _fit(nodes)
    boxes = [box for node in nodes if node.kind for box in _boxes(node)]
    arrows = [_arrow(nodes, paths[ends], way) for ends, way in sorted(ways.items()) if ends[0] != ends[1]]
    inner = [arrow for node in nodes for layout in _inner_places(node) for arrow in layout.arrows]
    return Layout(width=width, height=height, boxes=boxes, arrows=[*arrows, *inner])


def _node(name: str, state: State) -> _Node:
    inner = [laid_out(machine) for machine in inner_machines(state)]
    kind = str(state.get("Type", "Task")).lower()
    if not inner:
        return _Node(name, kind, WIDTH, HEIGHT)
    wide = sum(layout.width for layout in inner) + _APART * (len(inner) - 1)
    return _Node(name, kind, wide + 2 * _PADDING, max(layout.height for layout in inner) + _HEADER + _PADDING, inner)


def _place(nodes: list[_Node], labels: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], list[int]]:
    """Give each node its place, and add nodes for the places that long arrows pass. Returns the nodes of each arrow."""
    from fast_sugiyama import from_edges

    edges = sorted(edge for edge in labels if edge[0] != edge[1])
    if not edges:
        return {}
    states = len(nodes)
    follow: defaultdict[int, list[int]] = defaultdict(list)
    ranks: defaultdict[float, list[int]] = defaultdict(list)
    for positions, _, _, links in from_edges(
        edges, dummy_vertices=True, dummy_size=_DUMMY, vertex_spacing=_LIBRARY_SPACING, check_layout=False
    ):
        names = [int(name) for name, _ in positions]
        nodes += [_Node() for _ in range(max(names) + 1 - len(nodes))]
        for name, (x, y) in positions:
            node = nodes[int(name)]
            node.x = x * (WIDTH + _APART) / _LIBRARY_SPACING
            ranks[-y].append(int(name))
        for source, target in links or edges:
            follow[int(source)].append(int(target))
    paths = {edge: _through(follow, edge, states) for edge in edges}
    for edge, path in paths.items():
        if len(path) > 2:
            nodes[path[1]].width = len(labels[edge]) * _LETTER
    top = 0.0
    for rank in sorted(ranks):
        members = sorted((nodes[index] for index in ranks[rank]), key=lambda node: node.x)
        tallest = max(node.height for node in members)
        for node in members:
            node.y, node.height = top + tallest / 2, node.height or tallest
        _push_apart(members)
        top += tallest + _RANKS
    return paths


def _push_apart(members: Sequence[_Node]) -> None:
    """Move the nodes of a rank until none overlaps, around their middle: the library knows no widths."""
    before = sum(node.x for node in members) / len(members)
    for left, right in pairwise(members):
        apart = _APART if left.kind and right.kind else _APART / 2
        right.x = max(right.x, left.x + (left.width + right.width) / 2 + apart)
    moved = sum(node.x for node in members) / len(members) - before
    for node in members:
        node.x -= moved


def _through(follow: Mapping[int, Sequence[int]], edge: tuple[int, int], states: int) -> list[int]:
    """The nodes from one end of an arrow to the other: its ends, and the places in between."""
    source, target = edge
    for first in follow.get(source, ()):
        path = [source, first]
        while path[-1] >= states:
            path.append(follow[path[-1]][0])
        if path[-1] == target:
            return path
    return [source, target]


def _fit(nodes: Iterable[_Node]) -> tuple[float, float]:
    """Move all nodes so that the drawing begins at (0, 0). Returns its width and height."""
    nodes = list(nodes)
    left = min(node.x - node.width / 2 for node in nodes)
    top = min(node.y - node.height / 2 for node in nodes)
    for node in nodes:
        node.x -= left
        node.y -= top
    return max(node.x + node.width / 2 for node in nodes), max(node.y + node.height / 2 for node in nodes)


def _inner_places(node: _Node) -> list[Layout]:
    x, y = node.x - node.width / 2 + _PADDING, node.y - node.height / 2 + _HEADER
    places = []
    for layout in node.inner:
        places.append(layout.moved(x, y))
        x += layout.width + _APART
    return places


def _boxes(node: _Node) -> list[Box]:
    lines = [node.name] if node.inner else _two_lines(node.name)
    own = Box(
        name=node.name,
        kind=node.kind,
        center=Point(node.x, node.y),
        width=node.width,
        height=node.height,
        lines=lines,
        is_group=bool(node.inner),
    )
    return [own, *(box for layout in _inner_places(node) for box in layout.boxes)]


def _two_lines(name: str) -> list[str]:
    """The name in one line, or in two that are about as long."""
    if len(name) <= _LETTERS:
        return [name]
    balanced = next((wrap(name, width) for width in range(len(name) // 2, _LETTERS) if len(wrap(name, width)) <= 2), None)
    return balanced or wrap(name, _LETTERS, max_lines=2, placeholder=" …")


def _arrow(nodes: Sequence[_Node], path: Sequence[int], way: _Way) -> Arrow:
    source, target = nodes[path[0]], nodes[path[-1]]
    goes_down = target.y > source.y
    between = []
    for node in (nodes[index] for index in path[1:-1]):  # upright beside the states of the rank, so that it crosses none
        ends = [Point(node.x, node.y - node.height / 2), Point(node.x, node.y + node.height / 2)]
        between += ends if goes_down else ends[::-1]
    begin = Point(source.x, source.y + (source.height / 2 if goes_down else -source.height / 2))
    if goes_down:
        end = Point(target.x, target.y - target.height / 2)
    else:
        side = -1 if (between[-1].x if between else source.x) < target.x else 1
        end = Point(target.x + side * target.width / 2, target.y)
    return Arrow(points=[begin, *between, end], label=way.label, is_caught=way.is_caught, sideways=not goes_down)
