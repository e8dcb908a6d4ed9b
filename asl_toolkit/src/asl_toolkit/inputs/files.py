"""Files, folders and globs → definitions."""

import glob
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from asl_toolkit.check.source import MOST_READ, find_places
from asl_toolkit.inputs.functions import substitute
from asl_toolkit.inputs.source import CannotRead, Source
from asl_toolkit.inputs.templates import InTemplate, is_template, machines_of
from asl_toolkit.inputs.yaml_text import Yaml
from asl_toolkit.json_value import Json

_YAML = (".yaml", ".yml", ".template")
_SUFFIXES = (".json", ".asl", *_YAML)
_LEFT_OUT = ("node_modules", "cdk.out", "__pycache__")
_GLOB = frozenset("*?[")
_IN_EVERY_MACHINE = (b"StartAt", b"StateMachine")  # a definition has the first word, a template's resource has the second
Place: TypeAlias = Callable[[str], tuple[int, int]]


def expand(names: Sequence[str]) -> list[str]:
    """The files that names, folders and globs mean, each once. Raises CannotRead if a folder or a glob has none.

    Folders are searched down to the last level for .json, .asl, .yaml, .yml and .template, without hidden folders. Of these
    files, only those that hold a state machine are meant: see `read_sources` with `searched`.
    """
    files: dict[str, None] = {}
    for name in names:
        path = Path(name)
        if name == "-" or path.is_file() or not (path.is_dir() or _GLOB & set(name)):
            files[name] = None
            continue
        paths = path.rglob("*") if path.is_dir() else map(Path, glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob needs a relative pattern
        inside = sorted(str(it) for it in paths if it.is_file() and _is_meant(it, path))
        if not inside:
            raise CannotRead(f"no definition is in {name!r}: it has no file with one of the endings {', '.join(_SUFFIXES)}")
        files.update(dict.fromkeys(inside))
    return list(files)


def _is_meant(file: Path, folder: Path) -> bool:
    parts = file.parts[len(folder.parts) :] if folder.is_dir() else file.parts[-1:]
    return file.suffix.lower() in _SUFFIXES and not any(part.startswith(".") or part in _LEFT_OUT for part in parts)


def read_sources(name: str, raw: bytes, substitutions: Mapping[str, str], *, searched: bool = False) -> Iterator[Source]:
    """The definitions of a file: one, or those of a template. Raises CannotRead.

    A file that was `searched` in a folder gives none if it holds no state machine.
    """
    if searched and not any(word in raw for word in _IN_EVERY_MACHINE):
        return
    if len(raw) > MOST_READ:
        yield Source(name, name, raw)  # the check says that it is too large
        return
    yield from _sources(name, raw, substitutions, searched=searched)


def _sources(name: str, raw: bytes, substitutions: Mapping[str, str], *, searched: bool) -> Iterator[Source]:
    suffix = Path(name).suffix.lower()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""  # the check says which byte
    if suffix in _YAML and (text or not raw) and not text.lstrip().startswith("{"):
        document = Yaml(text)
        value, place = document.value, document.place
    else:
        value = _json(text)
        document, place = None, None
    if isinstance(value, dict) and is_template(value):
        places = place or find_places(text).of
        for machine in machines_of(value, substitutions):
            try:
                yield from _of_template(name, machine, places, document)
            except CannotRead as error:  # the other machines of the template can be read
                yield Source(name, name, None, name=machine.name, unreadable=error)
    elif searched and not (isinstance(value, dict) and "States" in value and "StartAt" in value):
        return
    elif document is not None:
        yield Source(name, name, substitute(value, substitutions), place)
    elif substitutions and value is not None:
        yield Source(name, name, substitute(value, substitutions), find_places(text).of)
    else:
        yield Source(name, name, raw)


def _json(text: str) -> Json:
    """The value, or None if it is not JSON: the check says why."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_template(name: str, machine: InTemplate, places: Place, document: Yaml | None) -> Iterator[Source]:
    label = f"{name}#{machine.name}"
    top = machine.pointer
    if machine.why_not is not None:
        line, column = places(top)
        raise CannotRead(f"{line}:{column}: {machine.why_not}")
    if machine.file is not None:
        path = Path(name).parent / machine.file
        line, column = places(top)
        if path.exists() and not path.is_file():  # a device or a pipe may have no end
            raise CannotRead(f"{line}:{column}: {str(path)!r} of {machine.name!r} is not a file")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CannotRead(f"{line}:{column}: cannot read {str(path)!r} of {machine.name!r}: {error.strerror}") from error
        for source in read_sources(str(path), raw, machine.substitutions):
            yield replace(source, kind=machine.kind, name=machine.name)
        return
    definition = machine.definition
    if not isinstance(definition, str):
        yield Source(name, label, definition, lambda pointer: places(top + pointer), machine.kind, machine.name)
        return
    inner, first = _json(definition), _first_line(document, top)
    if inner is None or first is None:
        yield Source(
            name, label, definition if inner is None else inner, lambda _pointer: places(top), machine.kind, machine.name
        )
        return
    inside = find_places(definition)

    def place(pointer: str) -> tuple[int, int]:
        line, column = inside.of(pointer)
        return line + first[0] - 1, column + first[1]

    yield Source(name, label, inner, place, machine.kind, machine.name)


def _first_line(document: Yaml | None, pointer: str) -> tuple[int, int] | None:
    """The line on which the text of a block scalar begins, and its indentation; also inside of `!Sub`."""
    if document is None:
        return None
    for inside in (pointer, f"{pointer}/Fn::Sub", f"{pointer}/Fn::Sub/0"):
        if inside in document.blocks:
            return document.blocks[inside]
    return None


def read_one(name: str, substitutions: Mapping[str, str]) -> Source:
    """The definition of a file, or of one state machine of a template: `template.yaml#LogicalId`. Raises CannotRead."""
    if name == "-":
        return Source(name, name, sys.stdin.buffer.read())
    path, wanted = name, ""
    if not Path(name).is_file():
        path, _, wanted = name.rpartition("#") if "#" in name else (name, "", "")
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise CannotRead(f"cannot be read: {error.strerror}") from error
    sources = [it for it in read_sources(path, raw, substitutions) if not wanted or it.name == wanted]
    if len(sources) == 1:
        if sources[0].unreadable is not None:
            raise sources[0].unreadable
        return sources[0]
    names = ", ".join(f"{path}#{it.name}" for it in sources)
    if not sources:
        raise CannotRead(f"has no state machine {wanted!r}" if wanted else "is a template without a state machine")
    raise CannotRead(f"has {len(sources)} state machines: choose one of {names}")
