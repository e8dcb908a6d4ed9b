"""Fixtures that put plugins on sys.path as pip does: a module and a real *.dist-info folder in a site folder."""

from __future__ import annotations

import importlib
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import importlib_metadata  # noqa: F401 - before sys.path is cut
import packaging.version  # noqa: F401 - as above
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

JOB_TYPE = """
from extract_core import Branch, JobState, JobStatus, JobType, hookimpl


class {cls}(JobType):
    name = {name!r}
    title = {title!r}
    api_version = {api_version!r}

    def settings(self):
        from pydantic import BaseModel
        return BaseModel

    deployment = settings

    def branch(self, target):
        start = self.title + " Start Extract Job Run"
        return Branch(start=start, states={{}}, job_state=start)

    def arguments(self, table, settings):
        return {{}}

    def status(self, outcome):
        return JobStatus(state=JobState.UNKNOWN)
"""


def job_type_source(*names: str, title: object = None, api_version: object = 1) -> str:
    """A plugin module that offers these job types."""
    classes = "".join(
        JOB_TYPE.format(
            cls=name.capitalize(), name=name, title=name.capitalize() if title is None else title, api_version=api_version
        )
        for name in names
    )
    instances = ", ".join(f"{name.capitalize()}()" for name in names)
    return f"{classes}\n\n@hookimpl\ndef extract_job_types():\n    return [{instances}]\n"


def hook_source(code: str) -> str:
    """A plugin module with these hooks."""
    return f"from extract_core import hookimpl\namends_all_job_types = True\n\n{dedent(code)}"


class Site:
    """A site folder at the front of sys.path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def install(
        self,
        distribution: str,
        modules: Mapping[str, str] | None = None,
        plugins: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        metadata: str | None = None,
        entry_points: str | None = None,
    ) -> None:
        """As `pip install` leaves it. `plugins` maps plugin names to modules; `modules` module names to source code."""
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        text = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n" if metadata is None else metadata
        if text:
            info.joinpath("METADATA").write_text(text)
        if entry_points is None:
            lines = "\n".join(f"{plugin} = {module}" for plugin, module in (plugins or {}).items())
            entry_points = f"[extract_core]\n{lines}\n"
        info.joinpath("entry_points.txt").write_text(entry_points)
        for module, source in (modules or {}).items():
            self.folder.joinpath(f"{module}.py").write_text(source)
        importlib.invalidate_caches()

    def simple(self, name: str, source: str, version: str = "1.0") -> None:
        """Distribution acme-<name> with plugin <name> in module acme_<name>."""
        self.install(f"acme-{name}", {f"acme_{name}": source}, {name: f"acme_{name}"}, version=version)


@pytest.fixture
def make_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Site]:
    """Makes site folders, each behind the one before; what is installed in this environment is out of sight."""
    bare = [entry for entry in sys.path if not entry.rstrip("/").endswith(("site-packages", "dist-packages"))]
    monkeypatch.setattr(sys, "path", bare)
    made: list[str] = []

    def make(name: str) -> Site:
        made.append(str(tmp_path / name))
        monkeypatch.setattr(sys, "path", [*made, *bare])
        return Site(tmp_path / name)

    return make


@pytest.fixture
def site(make_site: Callable[[str], Site]) -> Site:
    """One site folder."""
    return make_site("site")


@pytest.fixture
def job_types() -> Callable[..., str]:
    """The source of a plugin module that offers job types of these names."""
    return job_type_source


@pytest.fixture
def hooks() -> Callable[[str], str]:
    """The source of a plugin module with these hooks."""
    return hook_source
