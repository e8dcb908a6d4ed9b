"""Draws docs/diagrams/NAME.svg from each NAME.mmd with Mermaid in Chromium (`make pictures`).

A page shows the SVG, so it needs neither a script nor a network. The SVG names the hash of its source: a test finds one that
was not drawn again. Argument: the path of mermaid.min.js.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "diagrams"
_OPTIONS: Final = {
    "startOnLoad": False,
    "theme": "neutral",
    "fontFamily": "sans-serif",
    "deterministicIds": True,
    "htmlLabels": False,  # an <img> shows no HTML in an SVG
    "flowchart": {"htmlLabels": False, "wrappingWidth": 260, "subGraphTitleMargin": {"top": 6, "bottom": 14}},
}
_PAGE: Final = """<!doctype html><meta charset="utf-8"><body><script src="{script}"></script><script>
mermaid.initialize({options});
mermaid.render("diagram", {source}).then(drawn => {{ document.body.innerHTML = drawn.svg; }});
</script>"""


def mark(source: str) -> str:
    """The comment that an SVG of this source begins with."""
    return f"<!-- drawn from {hashlib.sha256(source.encode()).hexdigest()[:16]} -->"


def draw(source: str, script: Path) -> str:
    """The SVG of a Mermaid text."""
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch, "page.html")
        page.write_text(
            _PAGE.format(script=script.resolve().as_uri(), options=json.dumps(_OPTIONS), source=json.dumps(source)),
            encoding="utf-8",
        )
        chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
        dom = subprocess.run(
            [*chromium, f"--user-data-dir={scratch}/profile", "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout  # fmt: skip
    svg = re.search(r"<svg id=\"diagram\".*</svg>", dom, re.DOTALL)
    if svg is None:
        sys.exit(f"Mermaid drew nothing:\n{dom[-2000:]}")
    width, height = re.findall(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg[0])[0]
    size = f'width="{float(width):.0f}" height="{float(height):.0f}" style="background: white"'
    return re.sub(r'width="100%"(.*?)style="max-width: [^"]*"', rf"{size}\1", svg[0], count=1)


def main() -> None:
    """Draw every diagram."""
    script = Path(sys.argv[1])
    for path in sorted(FOLDER.glob("*.mmd")):
        source = path.read_text(encoding="utf-8")
        path.with_suffix(".svg").write_text(f"{mark(source)}\n{draw(source, script)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
