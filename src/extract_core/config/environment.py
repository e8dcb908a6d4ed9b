"""``${ENV:NAME:-default}`` in a config: what differs between the places where one file is used, such as the name of a database.

Only values below `extract` and `source_type` may hold it, but for job types and tags, and only variables that can't be secret:
what it gives is kept in plans and shown by commands. A default also stands in for an empty variable, as in a shell.
``$${ENV:NAME}`` is the text ``${ENV:NAME}``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.config.spots import Path
    from extract_core.contract import Json

MARK: Final = b"${ENV:"
_REFERENCE: Final = re.compile(r"(\$?)\$\{ENV:([^}]*)\}")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEPT: Final = re.compile(r"AWS_|LAMBDA_|.*(SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|PRIVATE|(^|_)KEY(_|$))", re.IGNORECASE)
_WHERE: Final = "only values below extract may hold it, but for job_type and tags"
_NOT_READ: Final = ("transform", "load")


class Environment:
    """Puts variables in, and keeps what was wrong (`problems`: path, message) and what came from where (`used`)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._seen: set[int] = set()
        self.problems: list[tuple[Path, str, bool]] = []
        self.used: dict[Path, str] = {}

    def unresolved(self) -> frozenset[Path]:
        """Where a value is still what the file says."""
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
        for key, inner in value.items():
            if not path and (key.startswith("x-") or key in _NOT_READ):
                continue
            if "${ENV:" in key:
                self.problems.append(((*path, key), f"a key can't hold ${{ENV:…}}; {_WHERE}", True))
            value[key] = self._walk((*path, key), inner)
        return value

    def _text(self, path: Path, text: str) -> str:
        if path != ("source_type",) and (path[:1] != ("extract",) or _is_fixed(path)):
            self.problems.append((path, f"${{ENV:…}} can't stand here; {_WHERE}", False))
            return text
        found = _REFERENCE.sub(lambda reference: self._value(path, reference), text)
        if "${ENV:" in re.sub(_REFERENCE, "", text):
            self.problems.append(
                (path, f"is {text!r}, which has no closing brace; write ${{ENV:NAME}} or ${{ENV:NAME:-default}}", False)
            )
        return found

    def _value(self, path: Path, reference: re.Match[str]) -> str:
        if reference[1]:
            return reference[0][1:]
        name, colon, default = reference[2].partition(":-")
        if not _NAME.fullmatch(name):
            self.problems.append(
                (path, f"{name!r} is no name of a variable; write ${{ENV:NAME}} or ${{ENV:NAME:-default}}", False)
            )
        elif _KEPT.match(name):
            said = "what stands in a config is kept in plans: secrets go by name (db_secret), and AWS's own variables not at all"
            self.problems.append((path, f"the variable {name} can't be used here: {said}", False))
        else:
            value = self._environ.get(name) or (default if colon else None)
            if value is not None:
                self.used[path] = name
                return value
            remedy = f"set it where the config is read, or write ${{ENV:{name}:-default}}"
            self.problems.append((path, f"the environment has no {name}, and no default is given; {remedy}", False))
        return reference[0]


def _is_fixed(path: Path) -> bool:
    """Whether it is a job type or a tag: they decide what is run."""
    if path == ("extract", "job_type"):
        return True
    return path[:2] == ("extract", "tables") and len(path) > 3 and path[3] in ("job_type", "tags")
