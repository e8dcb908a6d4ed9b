"""The distributions of a bundle: what the roots require, and the folder that the modules of each are read from."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from asl_generator.errors import GeneratorError
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asl_generator.bundle.target import BundleTarget

_PIP_SECONDS: Final = 300


class Distributions:
    """The distributions that these roots need at `target`, each in the version that is installed here.

    Pure Python is read from the installation. A distribution with compiled modules is read from it too if its wheel runs at the
    target; else pip downloads the wheel of that version into `scratch`. `folders` are the places of each top-level module,
    `owners` the names of their distributions. Raises GeneratorError with all distributions that are missing or have no wheel for
    the target.
    """

    def __init__(self, roots: Iterable[str], target: BundleTarget, scratch: Path) -> None:
        self._target = target
        self._scratch = scratch
        self.installed = _closure(roots, target)
        self.folders: dict[str, list[Path]] = {}
        self.owners: dict[str, str] = {}
        foreign = []
        for distribution in self.installed.values():
            pure, tags = _wheel_of(distribution)
            self.owners |= {module: distribution.name for module, _ in places(distribution)}
            if pure or target.runs(tags):
                self._add(places(distribution))
            else:
                foreign.append(f"{distribution.name}=={distribution.version}")
        if foreign:
            self._download(foreign)

    @property
    def versions(self) -> dict[str, str]:
        """Version by name, sorted."""
        return {name: distribution.version for name, distribution in sorted(self.installed.items())}

    def _add(self, places: Iterable[tuple[str, Path]]) -> None:
        for module, folder in places:
            folders = self.folders.setdefault(module, [])
            if folder not in folders:
                folders.append(folder)

    def _download(self, requirements: list[str]) -> None:
        """Have pip fetch the wheels of the target from the index that it is configured for."""
        wheels = self._scratch / "wheels"
        platforms = [part for tag in self._target.platforms for part in ("--platform", tag)]
        python = ["--implementation", "cp", "--python-version", self._target.python]
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", *platforms, *python, "--dest", str(wheels), *sorted(requirements)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PIP_SECONDS)  # noqa: S603 - our own command
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR") or "No module named" in line]
            wanted = f"{', '.join(sorted(requirements))} for {self._target.architecture} and Python {self._target.python}"
            said = " ".join(errors) or done.stderr.strip()[-500:]
            remedy = "choose another architecture or python, or check pip's index"
            raise GeneratorError([f"no wheel of {wanted} was downloaded: pip says: {said}; {remedy}"])
        for wheel in sorted(wheels.glob("*.whl")):
            folder = self._scratch / wheel.stem
            with ZipFile(wheel) as archive:
                archive.extractall(folder)
            self._add((_module_name(path.name), folder) for path in folder.iterdir() if _is_module(path))


def _closure(roots: Iterable[str], target: BundleTarget) -> dict[str, metadata.Distribution]:
    """By canonical name: the roots and all that they require at the target, without extras that no requirement names."""
    installed: dict[str, metadata.Distribution] = {}
    waiting = [(canonicalize_name(root), frozenset[str](), "") for root in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    missing = []
    while waiting:
        name, extras, requirer = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            missing.append(f"{requirer} requires {name}, which is not installed; {how_to_install(name)}")
            continue
        installed[name] = distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or any(
                requirement.marker.evaluate({**target.markers, "extra": extra}) for extra in (*extras, "")
            ):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras), name))
    if missing:
        raise GeneratorError(sorted(missing))
    return dict(sorted(installed.items()))


def _wheel_of(distribution: metadata.Distribution) -> tuple[bool, list[str]]:
    """Whether its wheel is pure Python, and the wheel's tags (PyPA specifications, "Binary distribution format", WHEEL)."""
    lines = (distribution.read_text("WHEEL") or "").splitlines()
    fields = [line.partition(":")[::2] for line in lines]
    tags = [value.strip() for key, value in fields if key == "Tag"]
    return all(tag.endswith("-none-any") for tag in tags), tags


def places(distribution: metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """The top-level modules of an installed distribution, each with the folder that it is in."""
    files = distribution.files
    if files is None:
        raise GeneratorError([f"{distribution.name} {distribution.version} has no list of its files: reinstall it with pip"])
    modules = set()
    for file in files:
        if file.suffix == ".pth" and len(file.parts) == 1:
            yield from _editable(distribution, Path(str(file.locate())))
        elif _is_module(Path(file.parts[0])) and file.suffix in (".py", ".so"):
            modules.add(_module_name(file.parts[0]))
    for module in sorted(modules):
        yield module, Path(str(distribution.locate_file("")))


def _editable(distribution: metadata.Distribution, pth: Path) -> Iterator[tuple[str, Path]]:
    """The modules of an editable installation: those in the folder that its .pth file names."""
    for line in pth.read_text(encoding="utf-8").splitlines():
        if line.startswith("import "):
            problem = f"{distribution.name} {distribution.version} is an editable installation that only its import hook can read"
            raise GeneratorError([f"{problem}: install it without --editable"])
        folder = Path(line.strip())
        if line.strip() and folder.is_dir():
            yield from ((_module_name(path.name), folder) for path in sorted(folder.iterdir()) if _is_module(path))


def _is_module(path: Path) -> bool:
    """Whether an entry beside .dist-info is a module or a package."""
    return path.suffix in ("", ".py", ".so") and _module_name(path.name).isidentifier() and path.name != "__pycache__"


def _module_name(file: str) -> str:
    """``_yaml.cpython-313-x86_64-linux-gnu.so`` is the module ``_yaml``."""
    return file.partition(".")[0]
