"""A state machine as SVG: with what a run did in each state, if it is given."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from shlex import quote
from typing import TYPE_CHECKING, Final

from extract_cli.graph.layout import Layout, laid_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import jinja2

    from extract_cli.graph.layout import Arrow
    from extract_core.contract import Json
    from extract_core.runs.view.document import StateCount

_EDGE: Final = 10  # pixels around the drawing
_TURN: Final = 0.3  # where a line turns between two ranks: near its beginning, so that labels at ends stay free


def svg(definition: Mapping[str, Json], *, title: str, counts: Iterable[StateCount] | None = None, alone: bool = True) -> str:
    """The picture. `alone`: a file with its own colours (light and dark); else a part of a page that has the classes.

    With `counts`, each state says how often it was entered and how often it failed.
    """
    layout = laid_out(definition)
    return (
        environment()
        .get_template("machine.svg.jinja")
        .render(
            title=title,
            layout=layout,
            counts=None if counts is None else {count.state: count for count in counts},
            alone=alone,
            edge=_EDGE,
            path=path,
            about=_about(layout),
        )
    )


@cache
def environment() -> jinja2.Environment:
    """The templates of pictures and pages. Everything that is put into them is escaped."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("extract_cli", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shell_quoted"] = quote
    return made


def path(arrow: Arrow) -> str:
    """The arrow's line as the data of an SVG path: curves that leave and reach each point upright."""
    points = arrow.points
    parts = [f"M{points[0].x:.0f} {points[0].y:.0f}"]
    for index, (here, there) in enumerate(pairwise(points)):
        if arrow.sideways and index == len(points) - 2:
            parts.append(f"C{here.x:.0f} {there.y:.0f} {here.x:.0f} {there.y:.0f} {there.x:.0f} {there.y:.0f}")
        else:
            turn = here.y + (there.y - here.y) * _TURN
            parts.append(f"C{here.x:.0f} {turn:.0f} {there.x:.0f} {turn:.0f} {there.x:.0f} {there.y:.0f}")
    return "".join(parts)


def _about(layout: Layout) -> str:
    """The picture in words, for those who cannot see it."""
    names: Sequence[str] = [box.name for box in layout.boxes if box.kind != "start"]
    return f"A graph of {len(names)} states: {', '.join(names)}."
