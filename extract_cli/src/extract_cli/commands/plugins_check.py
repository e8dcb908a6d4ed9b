"""`extract plugins check`: runs the checks of the contract kit on installed plugins, and shows the results."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from extract_cli.views.output import echo
from extract_core.errors import UsageError
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from extract_core.contract import Json
    from extract_core.registry.entry_points import Provider
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import BrokenPlugin, FrozenPlugin, InstalledJobType
    from extract_testing import Breach


@dataclass(slots=True)
class Checked:
    """One job type: where its deployment came from, and the result of each check."""

    name: str
    installed: InstalledJobType
    tried_with: str = "nothing"
    passed: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    broken: list[tuple[str, Breach]] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        """For ``--output json``."""
        provider = self.installed.provider
        return {
            "job_type": self.name,
            "plugin": provider.plugin,
            "distribution": provider.distribution,
            "version": provider.version,
            "tried_with": self.tried_with,
            "passed": list(self.passed),
            "left_out": [{"check": check, "reason": reason} for check, reason in self.left_out],
            "broken": [
                {
                    "check": check,
                    "place": breach.place,
                    "problem": breach.problem,
                    "remedy": breach.remedy,
                    "alike": breach.alike,
                }
                for check, breach in self.broken
            ],
        }


def check_installed(name: str | None, pipeline: Path | None) -> tuple[list[Checked], list[dict[str, str]]]:
    """Check the job types of NAME, or all; beside them the broken plugins that are meant, with their causes.

    Raises UsageError without the kit's extra, JobTypeNotInstalled where nothing has this name.
    """
    from extract_core.registry.finding import find_plugins
    from extract_core.registry.loading import discover

    registry = discover()
    sections = _sections(pipeline)
    names, broken = _meant(registry, name)
    modules = {plugin.provider: plugin for plugin in find_plugins().plugins}
    with _hypothesis_elsewhere():
        checked = [_check(registry.job_types[job_type], sections.get(job_type), modules) for job_type in names]
    broken_json = [
        {
            "plugin": plugin.provider.plugin,
            "distribution": plugin.provider.distribution,
            "version": plugin.provider.version,
            "cause": plugin.cause,
        }
        for plugin in broken
    ]
    return checked, broken_json


@contextmanager
def _hypothesis_elsewhere() -> Iterator[None]:
    """Hypothesis keeps its files in a scratch folder, so that it makes no `.hypothesis` in the current one.

    It looks for its own plugins in all distributions, and an odd one would end the command (its documentation, "Third-party
    extensions", names the variable).
    """
    os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")
    try:
        from hypothesis.configuration import set_hypothesis_home_dir
    except ImportError:  # `_check` reports a missing kit
        yield
        return
    with TemporaryDirectory() as scratch:
        set_hypothesis_home_dir(scratch)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _meant(registry: Registry, name: str | None) -> tuple[Sequence[str], Sequence[BrokenPlugin]]:
    if name is None:
        if not registry.job_types and not registry.broken:
            raise UsageError(f"no plugin is installed; for example, {how_to_install('extract-sfn-glue')}")
        return tuple(registry.job_types), registry.broken
    of_plugin = [plugin.job_types for plugin in registry.plugins if plugin.provider.plugin == name]
    broken = [plugin for plugin in registry.broken if name == plugin.provider.plugin or name in plugin.job_types]
    if name in registry.job_types:
        return (name,), broken
    if not of_plugin and not broken:
        registry.job_type(name)  # raises, with the nearest name
    return tuple(job_type for job_types in of_plugin for job_type in job_types), broken


def _sections(pipeline: Path | None) -> Mapping[str, Mapping[str, Json]]:
    """[job_types.*] of extract.toml; empty if there is no file and none was named."""
    from extract_core.pipeline.read import find_pipeline, read_pipeline

    if pipeline is None:
        try:
            pipeline = find_pipeline()
        except UsageError:
            return {}
    return read_pipeline(pipeline).job_types


def _check(installed: InstalledJobType, section: Mapping[str, Json] | None, modules: Mapping[Provider, FrozenPlugin]) -> Checked:
    try:
        from extract_testing import CHECKS, ContractBroken, NotChecked, Subject
        from extract_testing.breaches import Fails
        from extract_testing.subject.examples import examples_for
    except ImportError as error:
        raise UsageError(
            f"the contract kit needs {str(error.name).partition('.')[0]}; {how_to_install('extract-sfn-testing')}"
        ) from error
    job_type = installed.job_type
    checked = Checked(job_type.name, installed)
    try:
        examples = examples_for(job_type, section)
    except Fails as failed:
        checked.broken.append(("examples", failed.breach))
        return checked
    checked.tried_with = examples.source
    subject = Subject(
        job_type,
        examples.deployment,
        examples.settings,
        provider=str(installed.provider),
        deployment_source=examples.source,
        plugin=modules.get(installed.provider),
    )
    for check in CHECKS:
        try:
            check(subject)
        except ContractBroken as fault:
            checked.broken.extend((check.name, breach) for breach in fault.breaches)
        except NotChecked as reason:
            checked.left_out.append((check.name, str(reason).removeprefix("left out: ")))
        else:
            checked.passed.append(check.name)
    return checked


def print_checked(checked: Iterable[Checked], broken: Iterable[Mapping[str, str]]) -> None:
    """One block per job type on stdout: the broken checks, those that were left out, and the number of those that pass."""
    for of_type in checked:
        echo(f"{of_type.name}: {of_type.installed.provider}, tried with {of_type.tried_with}")
        for check, breach in of_type.broken:
            echo(f"  broken    {check}: {breach}")
        for check, reason in of_type.left_out:
            echo(f"  left out  {check}: {reason}")
        total = len(of_type.passed) + len(of_type.left_out) + len({check for check, _ in of_type.broken})
        echo(f"  passed    {len(of_type.passed)} of {total} checks")
    for plugin in broken:
        echo(f"broken: plugin {plugin['plugin']!r} of {plugin['distribution']} {plugin['version']}: {plugin['cause']}")
