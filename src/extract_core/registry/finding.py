"""Finds entry points on sys.path: our own sorted loop over the installed distributions.

`importlib_metadata` (the backport) is imported here and only when asked: importing it replaces the path finder of the
standard library for the whole process.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract_core.contract import PROJECT
from extract_core.registry.values import BrokenPlugin, Contribution, FrozenPlugin, Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importlib_metadata import Distribution


@dataclass(frozen=True, slots=True)
class Found:
    """The plugins that are installed, those whose entry points can't be read, and what was passed over (for people)."""

    plugins: tuple[FrozenPlugin, ...]
    broken: tuple[BrokenPlugin, ...] = ()
    notices: tuple[str, ...] = ()


def find_plugins() -> Found:
    """Look for plugins on sys.path, as it is now. Imports none of them. Sorted, whatever order the disk gives."""
    contributed, broken, notices = _look(PROJECT)
    plugins = {
        FrozenPlugin(each.name, each.value.partition("[")[0].strip(), each.provider.distribution, each.provider.version)
        for each in contributed  # what stands in brackets are extras: of no use here
    }
    return Found(tuple(sorted(plugins)), broken, notices)


def contributions(group: str) -> list[Contribution]:
    """The entry points of another group (commands), sorted by name, then distribution. Imports none of them."""
    return sorted(_look(group)[0], key=lambda each: (each.name, each.provider, each.value))


def _look(group: str) -> tuple[list[Contribution], tuple[BrokenPlugin, ...], tuple[str, ...]]:
    """Of a distribution that is there more than once the first on sys.path counts, since that is what an import finds."""
    contributed, broken, notices = list[Contribution](), list[BrokenPlugin](), set[str]()
    for candidate in _mentioning(group):
        installation = _installation(candidate)
        if installation is None:
            place = os.path.realpath(str(candidate.locate_file("")))
            notices.add(f"a distribution in {place} has plugins but no readable METADATA, and is ignored: reinstall it")
            continue
        winner = _winner(installation)
        if winner != installation.place:
            over = f"; {installation.name} {winner[1]} in {winner[0]} comes first" if winner else ""
            notices.add(f"{installation.name} {installation.version} in {installation.location} is ignored{over}")
            continue
        try:
            entry_points = list(installation.distribution.entry_points.select(group=group))
        except Exception as error:  # noqa: BLE001 - a malformed file raises what its parser happens to meet
            provider = Provider(installation.name, installation.name, installation.version)
            broken.append(BrokenPlugin(provider, f"its entry_points.txt can't be read ({type(error).__name__}): reinstall it"))
            continue
        for each in entry_points:
            contributed.append(Contribution(each.name, each.value, Provider(each.name, installation.name, installation.version)))
    return contributed, tuple(sorted(broken, key=str)), tuple(sorted(notices))


def _mentioning(group: str) -> Iterator[Distribution]:
    """Distributions whose entry points mention this group; reading the text first is far faster than parsing them all."""
    import importlib_metadata

    heading = re.compile(rf"(?m)^\s*\[\s*{re.escape(group)}\s*\]")
    for distribution in importlib_metadata.Distribution.discover():
        try:
            text = distribution.read_text("entry_points.txt")
        except (OSError, UnicodeError):  # not known to be ours
            continue
        if text and heading.search(text):
            yield distribution


@dataclass(frozen=True, slots=True)
class _Installation:
    """A distribution at one place of sys.path."""

    distribution: Distribution
    name: str
    version: str
    location: str

    @property
    def place(self) -> tuple[str, str]:
        return self.location, self.version


def _installation(distribution: Distribution) -> _Installation | None:
    try:
        name, version = distribution.name, distribution.version
    except Exception:  # noqa: BLE001 - missing, empty or undecodable METADATA: each version raises something else
        return None
    if not name or not version:
        return None
    return _Installation(distribution, name, version, os.path.realpath(str(distribution.locate_file(""))))


def _winner(installation: _Installation) -> tuple[str, str] | tuple[()]:
    """Location and version of the installation of this name that an import finds; empty if its folder has another name.

    Two versions in one folder (an interrupted upgrade) share their modules: the higher one counts.
    """
    import importlib_metadata

    candidates = map(_installation, importlib_metadata.Distribution.discover(name=installation.name))
    same_name = [each for each in candidates if each is not None]
    if not same_name:
        return ()
    in_first_place = [each for each in same_name if each.location == same_name[0].location]
    return max(in_first_place, key=lambda each: _ordered(each.version)).place


def _ordered(version: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|[a-z]+", version.lower())
    # The last element puts 1.0 after 1.0rc1 and before 1.0.1.
    return [*((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts), (1, -1, "")]
