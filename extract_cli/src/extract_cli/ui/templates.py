"""The pages' templates, and the addresses of pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from extract_cli.graph.picture import environment
from extract_cli.report import words


def rendered(template: str, **values: Any) -> str:
    """The text of a page, or of a part of one. A character that UTF-8 does not have is escaped."""
    text = environment().get_template(f"{template}.html.jinja").render({"words": words, "url": url, **values})
    return text.encode("utf-8", "backslashreplace").decode()


def url(path: str, **parameters: object) -> str:
    """The address of a page with these parameters. One that is None or empty is left out."""
    parts = [
        f"{name}={quote(str(value), safe='', errors='replace')}" for name, value in parameters.items() if value not in (None, "")
    ]
    return path + ("?" + "&".join(parts) if parts else "")
