"""Find and read the config of a source: `<config_uri>/<source>.yml`."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

from extract_core.config.read import SOURCE_NAME, read_source_config
from extract_core.errors import ConfigError, Finding, ObjectNotFound, UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.objects.store import ObjectStore, Stamped

    ReadSources: TypeAlias = dict[str, tuple[str, SourceConfig]]

SUFFIXES: Final = (".yml", ".yaml")
MOST_KEPT: Final = 8
"""Configs that a process keeps in memory. One of 50,000 tables takes about 10 MB."""


def read_source(
    objects: ObjectStore,
    config_uri: str,
    source: str,
    *,
    check: Callable[[bytes, str], Sequence[Finding]] | None = None,
    cache: ReadSources | None = None,
) -> SourceConfig:
    """The config of a source: ``<config_uri>/<source>.yml`` or ``.yaml``.

    Raises UsageError with the nearest names if there is none, ConfigError if there are both or the file has findings. Only then
    is `check` called (bytes and file name to all findings, including those of tables), so that all are reported at once.

    `cache` holds the configs that this process has read, by URI, each with the stamp (S3: the ETag) of its object. A config in it
    is not read again until its object changes. The newest `MOST_KEPT` stay. Runs share a config, since it is never changed.
    """
    folder = config_uri if config_uri.endswith("/") else config_uri + "/"
    if not SOURCE_NAME.fullmatch(source):
        raise UsageError(f"{source!r} is not a valid source name: use letters, digits, _ . -, and begin with a letter or digit")
    cache = cache if cache is not None else {}
    answers: dict[str, Stamped | None] = {}
    for suffix in SUFFIXES:
        uri = f"{folder}{source}{suffix}"
        try:
            answers[source + suffix] = objects.read_changed(uri, cache[uri][0] if uri in cache else None)
        except ObjectNotFound:
            continue
    if len(answers) > 1:
        raise ConfigError([Finding(f"{source}.yml", 0, 0, "", f"{source}.yaml is also in {folder}; keep one of them")])
    for file, changed in answers.items():
        if changed is None:
            return cache[folder + file][1]
        try:
            config = read_source_config(changed.data, file=file)
        except ConfigError as error:
            raise ConfigError(check(changed.data, file) if check is not None else error.findings) from error
        _keep(cache, folder + file, changed.stamp, config)
        return config
    names = source_names(objects, folder)
    if source in names:
        raise UsageError(f"cannot read the config of source {source!r} in {folder}: it is a broken link, or was just removed")
    hint = did_you_mean(source, names, most=3) or f"; it has: {', '.join(names[:10]) or 'no source'}"
    raise UsageError(f"there is no source {source!r}: no {source}.yml in {folder}{hint}")


def _keep(cache: ReadSources, uri: str, stamp: str, config: SourceConfig) -> None:
    cache.pop(uri, None)
    cache[uri] = (stamp, config)
    while len(cache) > MOST_KEPT:
        del cache[next(iter(cache))]


def is_config(name: str) -> bool:
    """Whether a file of this name is the config of a source: ``sales.yml``, not ``.#sales.yml``."""
    return name.endswith(SUFFIXES) and not name.startswith(".")


def source_names(objects: ObjectStore, config_uri: str) -> list[str]:
    """The sources that have a file directly below the prefix, sorted. Files that begin with a dot belong to editors."""
    folder = config_uri if config_uri.endswith("/") else config_uri + "/"
    names = set()
    for uri in objects.list(folder):
        rest = PurePosixPath(unquote(uri[len(folder) :]))
        if len(rest.parts) == 1 and is_config(rest.name):
            names.add(rest.stem)
    return sorted(names)
