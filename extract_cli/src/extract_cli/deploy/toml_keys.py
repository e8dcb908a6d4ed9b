"""Write keys into extract.toml: comments, order and all other lines stay as they are."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def with_keys(text: str, section: str, keys: Mapping[str, str | Sequence[str]]) -> str | None:
    """The text with these values in this section. None if the file is written in a way that this does not understand."""
    lines = text.splitlines(keepends=True)
    header = next((number for number, line in enumerate(lines) if re.match(rf"\s*\[\s*{section}\s*\]", line)), None)
    if header is None:
        lines = [*lines, *(["\n"] if lines else []), f"[{section}]\n"]
        header = len(lines) - 1
    if not lines[header].endswith("\n"):
        lines[header] += "\n"
    end = next((number for number in range(header + 1, len(lines)) if re.match(r"\s*\[", lines[number])), len(lines))
    for key, value in keys.items():
        line = assignment(key, value) + "\n"
        place = next((number for number in range(header + 1, end) if re.match(rf"\s*{key}\s*=", lines[number])), None)
        if place is None:
            last = max((number for number in range(header, end) if lines[number].strip()), default=header)
            if not lines[last].endswith("\n"):
                lines[last] += "\n"
            lines.insert(last + 1, line)
            end += 1
        else:
            comment = re.search(r"\s+#.*$", lines[place].rstrip("\n"))
            lines[place] = line.rstrip("\n") + (comment[0] if comment else "") + "\n"
    done = "".join(lines)
    return done if _says(done, section, keys) else None


def assignment(key: str, value: str | Sequence[str]) -> str:
    """``key = "value"``. JSON writes texts and lists of them as TOML does."""
    return f"{key} = {json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)}"


def _says(text: str, section: str, keys: Mapping[str, str | Sequence[str]]) -> bool:
    try:
        read = tomllib.loads(text).get(section, {})
    except tomllib.TOMLDecodeError:
        return False
    return all(read.get(key) == (value if isinstance(value, str) else list(value)) for key, value in keys.items())
