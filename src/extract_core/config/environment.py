"""``${ENV:NAME:-default}`` in a config: for values that differ between environments, such as the name of a database.

It is allowed in `source_type` and in values below `extract`, except job types and tags, and only for variables whose names begin
with ``EXTRACT_VAR_``: plans store the value, and commands show it. So no variable that was set for something else, which may be a
secret, gets there by its name. As in a shell, the default also replaces an empty variable.
``$${ENV:NAME}`` is the text ``${ENV:NAME}``, also in the name of a table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.secret_texts import names_a_secret, secret_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.config.spots import Path
    from extract_core.contract import Json

MARK: Final = b"${ENV:"
_ESCAPED: Final = "$${ENV:"
_REFERENCE: Final = re.compile(r"(\$?)\$\{ENV:([^}]*)\}")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PREFIX: Final = "EXTRACT_VAR_"
"""The start of the names of variables that a config may name."""
_WHERE: Final = "it is allowed in values below extract, except job_type and tags"
_NOT_READ: Final = ("transform", "load")


class Environment:
    """Replaces references by their variables. `used` are the variables by path.

    `problems` are tuples of path, message and whether it is about the key.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._seen: set[int] = set()
        self._names: set[Path] = set()
        self.problems: list[tuple[Path, str, bool]] = []
        self.used: dict[Path, str] = {}

    def unresolved(self) -> frozenset[Path]:
        """The paths of values that could not be replaced."""
        return frozenset(path for path, _, of_key in self.problems if not of_key)

    def put_in(self, document: Json) -> Json:
        """The document with its references replaced; its mappings and lists are changed in place."""
        return self._walk((), document)

    def _walk(self, path: Path, value: Json) -> Json:
        if isinstance(value, str):
            return self._text(path, value) if "${ENV:" in value else value
        if not isinstance(value, dict | list) or id(value) in self._seen:
            return value
        self._seen.add(id(value))
        if isinstance(value, list):
            value[:] = [self._walk((*path, index), inner) for index, inner in enumerate(value)]
            return value
        if path == ("extract", "tables"):
            self._take_names(value)
        for key, inner in value.items():
            if not path and (key.startswith("x-") or key in _NOT_READ):
                continue
            if "${ENV:" in key and (*path, key) not in self._names:
                self.problems.append(((*path, key), f"${{ENV:…}} is not allowed in a key; {_WHERE}", True))
            value[key] = self._walk((*path, key), inner)
        return value

    def _take_names(self, tables: dict[str, Json]) -> None:
        """Undo the escapes in the names of tables."""
        if any(_ESCAPED in name for name in tables):
            named = {name.replace(_ESCAPED, "${ENV:"): table for name, table in tables.items()}
            self._names = {("extract", "tables", name.replace(_ESCAPED, "${ENV:")) for name in tables if _ESCAPED in name}
            tables.clear()
            tables.update(named)

    def _text(self, path: Path, text: str) -> str:
        if path != ("source_type",) and (path[:1] != ("extract",) or _is_fixed(path)):
            self.problems.append((path, f"${{ENV:…}} is not allowed here; {_WHERE}", False))
            return text
        replaced = _REFERENCE.sub(lambda reference: self._value(path, reference), text)
        if "${ENV:" in re.sub(_REFERENCE, "", text):
            self.problems.append(
                (path, f"is {text!r}, without a closing brace; write ${{ENV:NAME}} or ${{ENV:NAME:-default}}", False)
            )
        return replaced

    def _value(self, path: Path, reference: re.Match[str]) -> str:
        if reference[1]:
            return reference[0][1:]
        name, colon, default = reference[2].partition(":-")
        if not _NAME.fullmatch(name):
            self.problems.append(
                (path, f"{name!r} is not a valid name of a variable; write ${{ENV:NAME}} or ${{ENV:NAME:-default}}", False)
            )
        elif not name.startswith(PREFIX) or names_a_secret(name):
            reason = "plans store the values of a config"
            if names_a_secret(name):
                remedy = "write the name of a secret (db_secret)"
            else:
                remedy = f"set {PREFIX}{name.upper()} for it, and write ${{ENV:{PREFIX}{name.upper()}}}"
            self.problems.append((path, f"the variable {name} can't be used here, because {reason}; {remedy}", False))
        else:
            value = self._environ.get(name) or (default if colon else None)
            if value is not None and (what := secret_in(value)) is not None:
                remedy = "write the name of a secret (db_secret)"
                self.problems.append((path, f"the variable {name} holds {what}, and plans would store it; {remedy}", False))
                return reference[0]
            if value is not None:
                self.used[path] = name
                return value
            remedy = f"set it where the config is read, or write ${{ENV:{name}:-default}}"
            self.problems.append((path, f"the environment has no {name}, and no default is given; {remedy}", False))
        return reference[0]


def _is_fixed(path: Path) -> bool:
    """Whether it is a job type or a tag: they decide what runs."""
    if path == ("extract", "job_type"):
        return True
    return path[:2] == ("extract", "tables") and len(path) > 3 and path[3] in ("job_type", "tags")
