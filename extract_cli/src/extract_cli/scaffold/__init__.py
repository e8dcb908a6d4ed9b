"""Writes the package of a new plugin (`extract plugins new`), which installs, runs on one machine and passes its tests."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError
from extract_core.registry.routing import MAX_STATE_NAME, start_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from extract_core.registry.installed import Registry

_SUFFIX: Final = ".template"
_LONGEST_NAME: Final = 40
_HOLE: Final = re.compile(r"\{\{(\w+)\}\}")

_SYNC: Final = {
    "base": "SyncJob",
    "page": "write-a-job-type.md",
    "service": "on AWS Batch",
    "keys": 'job_queue = "extracts"\njob_definition = "extract-job"',
}
_POLLED: Final = {
    "base": "PolledJob",
    "page": "poll-a-service.md",
    "service": "on an EC2 instance, by SSM Run Command",
    "keys": 'instance = "i-0123456789abcdef0"',
}

__all__ = ["NewPlugin", "new_plugin"]


@dataclass(frozen=True, slots=True)
class NewPlugin:
    """A new plugin: `name` is that of the plugin and of its job type, `title` begins its state names.

    `polled`: its service has no ``.sync`` integration.
    """

    name: str
    title: str
    polled: bool = False

    @property
    def module(self) -> str:
        """``extract_<name>``."""
        return f"extract_{self.name}"

    @property
    def distribution(self) -> str:
        """``extract-sfn-<name>``, with hyphens: the family's names begin so."""
        return f"extract-sfn-{self.name}".replace("_", "-")

    def write(self, folder: Path) -> list[Path]:
        """Write the package into a folder that is new or empty. The files, relative to it; UsageError where that can't be."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{str(folder)!r} exists and is not an empty folder: choose another one with --folder")
        values = {
            "name": self.name,
            "title": self.title,
            "module": self.module,
            "distribution": self.distribution,
            "bound": _bound(),
            "cls": "".join(part.capitalize() for part in self.name.split("_")),
            **(_POLLED if self.polled else _SYNC),
        }
        templates = dict(_templates(files(__name__) / "templates", Path()))
        if self.polled:
            templates |= _templates(files(__name__) / "polled", Path())
        written = []
        for path, template in sorted(templates.items()):
            place = Path(str(path).replace("MODULE", self.module).removesuffix(_SUFFIX).replace("gitignore", ".gitignore"))
            target = folder / place
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(_HOLE.sub(lambda hole: values[hole[1]], template), encoding="utf-8")
            except OSError as error:
                raise UsageError(
                    f"{str(target)!r} can't be written: {error.strerror}; choose another place with --folder"
                ) from error
            written.append(place)
        return written


def new_plugin(name: str, title: str | None, registry: Registry, *, polled: bool = False) -> NewPlugin:
    """Check the name and the title of a new plugin. UsageError says what is wrong with them."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        hint = f", such as {near!r}" if re.fullmatch(r"[a-z][a-z0-9_]*", near) else ""
        raise UsageError(f"{name!r} can't be a job type: a lower-case letter, then lower-case letters, digits and _{hint}")
    if len(name) > _LONGEST_NAME or name.endswith("_") or "__" in name:
        raise UsageError(f"{name!r} can't be a job type: at most {_LONGEST_NAME} characters, no _ at the end, no two in a row")
    if keyword.iskeyword(name):
        raise UsageError(f"{name!r} is a word of Python: choose another name")
    if name == "all":
        raise UsageError("'all' stands for every plugin in EXTRACT_DISABLE_PLUGINS: choose another name")
    if name in registry.job_types:
        provider = registry.job_types[name].provider
        raise UsageError(f"the job type {name!r} is taken: {provider} brings it; choose another name, or uninstall that one")
    plugin = NewPlugin(name, name.replace("_", " ").title() if title is None else title, polled)
    if find_spec(plugin.module) is not None:
        raise UsageError(
            f"there is a module {plugin.module!r} already, which the new package would be called: choose another name"
        )
    if _is_installed(plugin.distribution):
        raise UsageError(
            f"a distribution {plugin.distribution!r} is installed already: pip would replace it; choose another name"
        )
    for provider in (*(plugin.provider for plugin in registry.plugins), *(plugin.provider for plugin in registry.broken)):
        if provider.plugin == name:
            raise UsageError(f"{provider} has the name {name!r} already: choose another one")
    _check_title(plugin.title, registry)
    return plugin


def _bound() -> str:
    """``>=0.1.0,<0.2``: this version and what is compatible with it; nothing where extract-sfn is not installed by pip."""
    from importlib import metadata

    try:
        version = metadata.version("extract-sfn")
    except metadata.PackageNotFoundError:
        return ""
    major, minor = (int(part) for part in version.split(".")[:2])
    return f">={version},<{major}.{minor + 1}"


def _is_installed(distribution: str) -> bool:
    from importlib import metadata

    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _check_title(title: str, registry: Registry) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._+-]*", title) or title != title.strip():
        raise UsageError(f"{title!r} can't be a title: letters, digits, blanks and . _ + -, beginning with a letter or digit")
    if len(start_state(title)) > MAX_STATE_NAME:
        raise UsageError(f"the title {title!r} is too long: {start_state(title)!r} is over {MAX_STATE_NAME} characters")
    for installed in registry.job_types.values():
        if installed.job_type.title == title:
            taken = f"job type {installed.job_type.name!r} ({installed.provider})"
            raise UsageError(f"the title {title!r} is that of {taken}, and state names must differ: give another with --title")


def _templates(folder: Traversable, path: Path) -> Iterator[tuple[Path, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, path / entry.name)
        elif entry.name.endswith(_SUFFIX):
            yield path / entry.name, entry.read_text(encoding="utf-8")
