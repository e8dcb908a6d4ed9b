"""Finding a source's file in the store of configs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from extract_core.config.read import SOURCE_NAME, read_source_config
from extract_core.errors import ConfigError, Finding, ObjectNotFound, UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.objects.store import ObjectStore, Stamped

SUFFIXES: Final = (".yml", ".yaml")
MOST_KEPT: Final = 8
"""Sources whose configs stay in memory: a function of 50,000 tables needs about 10 MB for each."""


class ReadSources:
    """The configs that this process has read, by their URIs, with the stamp (S3: the ETag) that they had.

    What a warm Lambda function keeps between runs. A config is never changed once it is read, so runs share it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, SourceConfig]] = {}

    def stamp(self, uri: str) -> str | None:
        """The stamp of the config that is kept, or None."""
        kept = self._kept.get(uri)
        return kept[0] if kept is not None else None

    def get(self, uri: str) -> SourceConfig:
        """The config that is kept, which must be there."""
        return self._kept[uri][1]

    def keep(self, uri: str, stamp: str, config: SourceConfig) -> None:
        """Keep this one, and forget the oldest ones beyond `MOST_KEPT`."""
        self._kept.pop(uri, None)
        self._kept[uri] = (stamp, config)
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]


def read_source(
    objects: ObjectStore,
    config_uri: str,
    source: str,
    *,
    check: Callable[[bytes, str], Sequence[Finding]] | None = None,
    kept: ReadSources | None = None,
) -> SourceConfig:
    """The config of a source: ``<config_uri>/<source>.yml`` or ``.yaml``.

    Raises UsageError where there is none (with the nearest names), ConfigError where there are both or it is faulty. `check`
    (bytes and file name to all findings, those of tables too) is asked only then, so that all of them are told in one go. What
    stands in `kept` is not read again as long as its object has not changed.
    """
    folder = config_uri if config_uri.endswith("/") else config_uri + "/"
    if not SOURCE_NAME.fullmatch(source):
        raise UsageError(f"source {source!r} is no source name: letters, digits, _ . -, beginning with a letter or digit")
    kept = kept if kept is not None else ReadSources()
    found: dict[str, Stamped | None] = {}
    for suffix in SUFFIXES:
        uri = f"{folder}{source}{suffix}"
        try:
            found[source + suffix] = objects.read_changed(uri, kept.stamp(uri))
        except ObjectNotFound:
            continue
    if len(found) > 1:
        raise ConfigError([Finding(f"{source}.yml", 0, 0, "", f"stands beside {source}.yaml in {folder}; keep one of them")])
    for file, changed in found.items():
        if changed is None:
            return kept.get(folder + file)
        try:
            config = read_source_config(changed.data, file=file)
        except ConfigError as error:
            raise ConfigError(check(changed.data, file) if check is not None else error.findings) from error
        kept.keep(folder + file, changed.stamp, config)
        return config
    names = source_names(objects, folder)
    if source in names:
        raise UsageError(
            f"the config of source {source!r} in {folder} can't be read: it is a link to nothing, or was taken away just now"
        )
    hint = did_you_mean(source, names, most=3) or f"; it has: {', '.join(names[:10]) or 'no source'}"
    raise UsageError(f"there is no source {source!r}: no {source}.yml in {folder}{hint}")


def is_config(name: str) -> bool:
    """Whether a file of this name in the folder of configs is a source's: ``sales.yml``, not ``.#sales.yml``."""
    return name.endswith(SUFFIXES) and not name.startswith(".")


def source_names(objects: ObjectStore, config_uri: str) -> list[str]:
    """The sources that have a file directly below the prefix, sorted. Files that begin with a dot are an editor's own."""
    folder = config_uri if config_uri.endswith("/") else config_uri + "/"
    names = set()
    for uri in objects.list(folder):
        rest = PurePosixPath(unquote(uri[len(folder) :]))
        if len(rest.parts) == 1 and is_config(rest.name):
            names.add(rest.stem)
    return sorted(names)
