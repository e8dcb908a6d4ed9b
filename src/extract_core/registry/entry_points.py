"""Find entry points on sys.path, in a sorted loop over the installed distributions. The only importer of importlib metadata.

`importlib_metadata` (the backport) is imported only inside the functions, since importing it replaces the path finder of the
standard library for the whole process. Nothing heavy is imported here: `extract --help` uses this module.
"""

from __future__ import annotations

import codecs
import importlib
import os
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importlib_metadata import Distribution
    from packaging.version import Version


class Provider(NamedTuple):
    """The origin of a plugin: its entry-point name, and the distribution and version that bring it."""

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} of {self.distribution} {self.version}"


class Contribution(NamedTuple):
    """An entry point of another group, such as a command. It is loaded only when it is used."""

    name: str
    value: str  # "package.module:attribute"
    provider: Provider

    def load(self) -> object:
        """Import it. Raises what the import raises; AttributeError for an attribute that does not exist."""
        module, _, attribute = self.value.partition("[")[0].partition(":")
        loaded: object = importlib.import_module(module.strip())
        for part in filter(None, attribute.strip().split(".")):
            loaded = getattr(loaded, part)
        return loaded


class Look(NamedTuple):
    """What one look found, sorted: entry points, distributions with unreadable entry points, and notices of what was ignored."""

    contributed: tuple[Contribution, ...]
    unreadable: tuple[tuple[Provider, str], ...] = ()  # with what is not readable
    notices: tuple[str, ...] = ()


def contributions(group: str) -> list[Contribution]:
    """The entry points of a group (commands, engines), sorted by name, then distribution. Imports none of them."""
    return list(look(group).contributed)


def summary_of(provider: Provider) -> str:
    """What the provider's distribution says of itself in one line; empty if it says nothing."""
    import importlib_metadata

    return importlib_metadata.metadata(provider.distribution).get("Summary") or ""


def look(group: str) -> Look:
    """The entry points of a group. If a distribution is installed several times, the first one on sys.path counts."""
    contributed, unreadable, notices = list[Contribution](), list[tuple[Provider, str]](), set[str]()
    read: dict[str, _Installation | None] = {}
    for candidate in _mentioning(group):
        installation = _installation(candidate, read)
        if installation is None:
            unreadable.append((_by_its_folder(candidate, group), "METADATA is missing, or not readable"))
            continue
        winner = _winner(installation, read)
        if winner != installation.place:
            over = f"; {installation.name} {winner[1]} in {winner[0]} comes first" if winner else ""
            notices.add(f"{installation.name} {installation.version} in {installation.location} is ignored{over}")
            continue
        try:
            entry_points = list(installation.distribution.entry_points.select(group=group))
        except Exception as error:  # noqa: BLE001 - a malformed file raises what its parser happens to meet
            provider = Provider(installation.name, installation.name, installation.version)
            unreadable.append((provider, f"entry_points.txt is not readable ({type(error).__name__})"))
            continue
        if not entry_points and (candidate.read_text("entry_points.txt") or "").startswith("\ufeff"):
            provider = _by_its_folder(candidate, group)
            unreadable.append((provider, "entry_points.txt is not readable (it begins with a byte order mark)"))
        for entry_point in entry_points:
            contributed.append(
                Contribution(
                    entry_point.name, entry_point.value, Provider(entry_point.name, installation.name, installation.version)
                )
            )
    return Look(
        tuple(sorted(contributed, key=lambda contribution: (contribution.name, contribution.provider, contribution.value))),
        tuple(sorted(unreadable)),
        tuple(sorted(notices)),
    )


def _mentioning(group: str) -> Iterator[Distribution]:
    """Distributions whose entry points mention this group. Searching the text first is far faster than parsing all of them."""
    import importlib_metadata

    heading = re.compile(rf"(?m)^\s*\[\s*{re.escape(group)}\s*\]")
    for distribution in importlib_metadata.Distribution.discover():
        text = _entry_points_text(distribution)
        if text and heading.search(text):
            yield distribution


def _entry_points_text(distribution: Distribution) -> str | None:
    """The text of its entry_points.txt as far as it can be read, without a byte order mark: it is only searched."""
    try:
        return (distribution.read_text("entry_points.txt") or "").lstrip("\ufeff")
    except OSError:
        return None
    except UnicodeError:
        folder = getattr(distribution, "_path", None)
        try:
            raw: bytes = (folder / "entry_points.txt").read_bytes() if folder is not None else b""
        except (AttributeError, OSError):
            return None
        return raw.decode("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "latin-1", "replace")


def _by_its_folder(distribution: Distribution, group: str) -> Provider:
    """The provider as the name of the metadata folder says it (``acme_farm-1.0.dist-info``), for a distribution without METADATA.

    The plugin's name is that of the first entry point of the group.
    """
    folder = PurePath(str(getattr(distribution, "_path", "")))
    name, _, version = folder.name.removesuffix(".dist-info").removesuffix(".egg-info").partition("-")
    section = re.search(rf"\[\s*{re.escape(group)}\s*\]\s*([^\s=\[]+)\s*=", _entry_points_text(distribution) or "")
    distribution_name = name.replace("_", "-") or str(folder)
    return Provider(section[1] if section else distribution_name, distribution_name, version or "(version not known)")


class _Installation(NamedTuple):
    """A distribution at one place of sys.path."""

    distribution: Distribution
    name: str
    version: str
    location: str

    @property
    def place(self) -> tuple[str, str]:
        return self.location, self.version


def _installation(distribution: Distribution, read: dict[str, _Installation | None]) -> _Installation | None:
    """The distribution with its name and version, or None. `read` holds those whose METADATA was read before."""
    folder = str(getattr(distribution, "_path", id(distribution)))
    if folder not in read:
        read[folder] = _read_metadata(distribution)
    return read[folder]


def _read_metadata(distribution: Distribution) -> _Installation | None:
    """The distribution with the name and version of its METADATA; None if it has no such file, or the file is not readable.

    Only these two headers are read: `Distribution.metadata` parses the file as an e-mail, its description included.
    """
    try:
        text = next(filter(None, map(distribution.read_text, ("METADATA", "PKG-INFO", ""))), "")
    except (OSError, UnicodeError):
        return None
    headers = text.partition("\n\n")[0]
    name, version = (re.search(rf"(?mi)^{key}:[ \t]*(\S.*?)[ \t]*$", headers) for key in ("Name", "Version"))
    if name is None or version is None:
        return None
    return _Installation(distribution, name[1], version[1], os.path.realpath(str(distribution.locate_file(""))))


def _winner(installation: _Installation, read: dict[str, _Installation | None]) -> tuple[str, str] | tuple[()]:
    """Location and version of the installation of this name that an import finds; empty if its folder has another name.

    Two versions in one folder (after an interrupted upgrade) share their modules: the higher version counts.
    """
    import importlib_metadata

    candidates = importlib_metadata.Distribution.discover(name=installation.name)
    same_name = [other for candidate in candidates if (other := _installation(candidate, read)) is not None]
    if not same_name:
        return ()
    in_first_place = [other for other in same_name if other.location == same_name[0].location]
    if len(in_first_place) > 1:
        return max(in_first_place, key=lambda other: _ordered(other.version)).place
    return in_first_place[0].place


def _ordered(version: str) -> Version:
    """The version as PEP 440 orders it. One that is not valid comes before all others."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        return Version("0.dev0")
