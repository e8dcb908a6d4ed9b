"""Builds the documentation site into .site/html, strictly (`make site`): any warning, broken link or foreign file fails.

The pages are the Markdown files of this repository at their own places, so that each link is the same here and there. A file
that a page links to, such as a module, is copied too. zensical.toml has the navigation.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = ROOT / ".site" / "pages"
HTML: Final = ROOT / ".site" / "html"
_FENCES: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_LOADED: Final = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}
"""Elements that a browser loads, with the attribute that says from where."""
_NOT_LOADED: Final = frozenset({"canonical", "prev", "next"})
"""Relations of a <link> that a browser only notes."""
_SHOWN: Final = 20  # faults; one of the navigation is on each page


def files(root: Path = ROOT) -> set[Path]:
    """The pages of the navigation, the files below docs/, and everything that they link to, as paths below `root`."""
    tracked = subprocess.run(["git", "ls-files", "docs"], cwd=root, capture_output=True, text=True, check=True)
    waiting = [Path(line) for line in (*tracked.stdout.splitlines(), *navigation())]
    reached: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        if path.suffix == ".md":
            waiting += _linked(root, path)
    return reached


def navigation() -> Iterator[str]:
    """The pages that the navigation names, in its order."""
    waiting = [tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]]
    while waiting:
        entry = waiting.pop(0)
        if isinstance(entry, str):
            yield entry
        else:
            waiting[:0] = entry if isinstance(entry, list) else entry.values()


def _linked(root: Path, page: Path) -> Iterator[Path]:
    for link in _LINK.findall(_FENCES.sub("", (root / page).read_text(encoding="utf-8"))):
        target = (root / page).parent / link.partition("#")[0]
        if not urlsplit(link).scheme and not link.startswith("#"):
            if not target.is_file():
                sys.exit(f"{page}: the link {link} does not lead to a file")
            yield target.resolve().relative_to(root)


def copy(paths: Iterable[Path]) -> None:
    """Copy these files below PAGES, which is made anew."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for path in paths:
        (PAGES / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, PAGES / path)


class _Page(HTMLParser):
    """The anchors and the links of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors = {""}
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.has_mermaid = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values: Mapping[str, str] = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.has_mermaid |= "mermaid" in values.get("class", "").split()
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if _LOADED.get(tag) in values and values.get("rel") not in _NOT_LOADED:
            self.loaded.append(values[_LOADED[tag]])


def faults(html: Path = HTML) -> list[str]:
    """What is wrong with the built pages: links and anchors that lead nowhere, and files that are loaded from elsewhere."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(html.rglob("*.html")) if path.name != "404.html"}
    wrong = []
    for path, page in pages.items():
        wrong += [f"{path.relative_to(html)}: loads {source} from elsewhere" for source in page.loaded if urlsplit(source).netloc]
        if page.has_mermaid:
            wrong.append(f"{path.relative_to(html)}: a Mermaid block would load a script from elsewhere; draw it (make pictures)")
        for link in (*page.links, *page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in pages and unquote(parts.fragment) not in pages[target].anchors):
                wrong.append(f"{path.relative_to(html)}: {link} leads nowhere")
    return wrong


def main() -> None:
    """Copy, build and check. Exits with 1 and a line per fault."""
    copy(files())
    zensical = Path(sys.executable).with_name("zensical")
    built = subprocess.run(
        [zensical, "build", "--strict", "--clean"],
        cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if built.returncode:
        sys.exit(built.stdout or built.stderr)
    if wrong := faults():
        sys.exit("\n".join(wrong[:_SHOWN]) + (f"\n… and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""))
    place = HTML.relative_to(ROOT)
    print(f"the site is in {place}: open {place / 'index.html'}, or for the search: python -m http.server --directory {place}")


if __name__ == "__main__":
    main()
