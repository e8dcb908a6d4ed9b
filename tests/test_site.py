"""The documentation site: what its tool finds in built pages, its navigation, and its diagrams. `make check` builds it."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SITE = run_path(str(ROOT / "tools" / "site.py"))
DIAGRAMS = run_path(str(ROOT / "tools" / "diagrams.py"))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="b.html#there">', None),
        ('<a href="b.html#here">', "a.html: b.html#here leads nowhere"),
        ('<a href="c.html">', "a.html: c.html leads nowhere"),
        ('<a href="#own"><h2 id="own">', None),
        ('<a href="#other"><h2 id="own">', "a.html: #other leads nowhere"),
        ('<a href="https://example.com/x">', None),
        ('<img src="c.svg">', "a.html: c.svg leads nowhere"),
        ('<img src="https://example.com/x.png">', "a.html: loads https://example.com/x.png from elsewhere"),
        ('<script src="//example.com/x.js">', "a.html: loads //example.com/x.js from elsewhere"),
        ('<link rel="stylesheet" href="https://example.com/x.css">', "a.html: loads https://example.com/x.css from elsewhere"),
        ('<pre class="mermaid">', "a.html: a Mermaid block would load a script from elsewhere; draw it (make pictures)"),
    ],
)
def test_a_built_page_links_and_loads_only_what_is_there(tmp_path, body, fault):
    (tmp_path / "a.html").write_text(body)
    (tmp_path / "b.html").write_text('<h2 id="there">')
    assert SITE["faults"](tmp_path) == ([] if fault is None else [fault])


def test_the_navigation_has_every_document():
    """The decisions are listed on a page."""
    documents = {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")}
    listed = {name for name in documents if name.startswith("docs/decisions/") and not name.endswith("README.md")}
    pages = list(SITE["navigation"]())
    assert sorted(documents - listed - set(pages)) == []
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize("source", sorted(ROOT.glob("docs/diagrams/*.mmd")), ids=lambda path: path.stem)
def test_a_diagram_is_drawn_from_its_source(source):
    """`make pictures` draws it anew."""
    drawn = source.with_suffix(".svg").read_text(encoding="utf-8")
    assert drawn.startswith(DIAGRAMS["mark"](source.read_text(encoding="utf-8")) + "\n<svg")
