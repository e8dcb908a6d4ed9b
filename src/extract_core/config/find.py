"""Finding a source's file in the store of configs."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from extract_core.config.read import SOURCE_NAME, read_source_config
from extract_core.errors import ConfigError, Fault, ObjectNotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.objects import ObjectStore

SUFFIXES: Final = (".yml", ".yaml")


def read_source(
    objects: ObjectStore, config_uri: str, source_name: str, *, check: Callable[[bytes, str], Sequence[Fault]] | None = None
) -> SourceConfig:
    """The config of a source: ``<config_uri>/<source_name>.yml`` or ``.yaml``.

    Raises UsageError where there is none (with the nearest names), ConfigError where there are both or it is faulty. `check`
    (bytes and file name to all faults, those of tables too) is asked only then, so that all of them are told in one go.
    """
    folder = config_uri if config_uri.endswith("/") else config_uri + "/"
    if not SOURCE_NAME.fullmatch(source_name):
        raise UsageError(f"source {source_name!r} is no source name: letters, digits, _ . -, beginning with a letter or digit")
    found: dict[str, bytes] = {}
    for suffix in SUFFIXES:
        try:
            found[source_name + suffix] = objects.read(f"{folder}{source_name}{suffix}")
        except ObjectNotFound:
            continue
    if len(found) > 1:
        raise ConfigError(
            [Fault(f"{source_name}.yml", 0, 0, "", f"stands beside {source_name}.yaml in {folder}; keep one of them")]
        )
    for file, data in found.items():
        try:
            return read_source_config(data, file=file)
        except ConfigError as error:
            raise ConfigError(check(data, file) if check is not None else error.faults) from error
    names = source_names(objects, folder)
    near = difflib.get_close_matches(source_name, names, n=3)
    hint = (
        f"; the nearest are {', '.join(map(repr, near))}" if near else f"; it has: {', '.join(names[:10]) or 'no source at all'}"
    )
    raise UsageError(f"there is no source {source_name!r}: no {source_name}.yml in {folder}{hint}")


def source_names(objects: ObjectStore, config_uri: str) -> list[str]:
    """The sources that have a file directly below the prefix, sorted."""
    folder = config_uri if config_uri.endswith("/") else config_uri + "/"
    names = set()
    for uri in objects.list(folder):
        rest = PurePosixPath(unquote(uri[len(folder) :]))
        if len(rest.parts) == 1 and rest.suffix in SUFFIXES:
            names.add(rest.stem)
    return sorted(names)
