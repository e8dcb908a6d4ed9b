"""What `extract doctor` looks at on this machine: Python, plugins, extract.toml, configs, folders, tracking."""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from extract_cli.catalog import DRIVERS
from extract_cli.doctor.check import Check
from extract_cli.doctor.pipeline import account, configs, deployments, machine
from extract_cli.plugin_commands import unusable
from extract_cli.root import OURS
from extract_core.errors import ConfigError, ExtractError, UsageError
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry


def everything(path: Path | None) -> Iterator[Check]:
    """All findings, one after the other: some ask a network."""
    from extract_core.pipeline.deployments import deployment_findings
    from extract_core.pipeline.read import find_pipeline, read_faulty_pipeline
    from extract_core.registry.loading import discover

    registry = discover()
    yield _python()
    yield from _plugins(registry)
    try:
        file = path if path is not None else find_pipeline()
    except UsageError as error:
        yield Check("note", "extract.toml", str(error), "extract init")
        yield from _packages(None)
        return
    try:
        pipeline, findings = read_faulty_pipeline(file)
        if findings:
            raise ConfigError([*findings, *deployment_findings(pipeline, registry)])
    except ExtractError as error:
        yield Check("wrong", "extract.toml", str(error), "correct the file")
        yield from _packages(None)
        return
    yield Check("ok", "extract.toml", f"{pipeline.file}: pipeline {pipeline.name!r}")
    yield from _packages(pipeline)
    yield from _pipeline(pipeline, registry)


def _pipeline(pipeline: Pipeline, registry: Registry) -> Iterator[Check]:
    yield from account(pipeline)
    yield from deployments(pipeline, registry)
    yield from machine(pipeline, registry)
    uses_aws = not pipeline.is_local
    if uses_aws:
        if find_spec("boto3") is None:
            return  # said by _packages
        from extract_cli.doctor.aws import deployment, identity

        caller = identity(pipeline)
        yield caller
        if caller.state == "wrong":
            return
        yield deployment(pipeline)
    yield from configs(pipeline, registry)
    for name in ("data_uri", "runs_uri"):
        yield _store(name, getattr(pipeline, name), pipeline)
    yield _tracking(pipeline.tracking, pipeline)
    if uses_aws:
        from extract_cli.doctor.aws import permissions

        yield from permissions(pipeline)


def _python() -> Check:
    from importlib import metadata

    version = metadata.version("extract-sfn")
    return Check("ok", "extract-sfn", f"{version} on Python {platform.python_version()} ({sys.executable})")


def _plugins(registry: Registry) -> Iterator[Check]:
    for info in registry.plugins:
        brings = f"job types {', '.join(info.job_types)}" if info.job_types else f"hooks {', '.join(info.hooks)}"
        yield Check("ok", f"plugin {info.provider.plugin}", f"{info.provider.distribution} {info.provider.version}: {brings}")
    for broken in registry.broken:
        whose, remedy = broken.provider, "fix or uninstall it, or leave it out: EXTRACT_DISABLE_PLUGINS="
        yield Check(
            "wrong", f"plugin {whose.plugin}", f"{whose.distribution} {whose.version}: {broken.cause}", remedy + whose.plugin
        )
    for command in unusable(frozenset(OURS)):
        text = f"of {' and '.join(command.providers)} {command.cause}"
        yield Check(
            "wrong", f"command {command.name}", text, '[project.entry-points."extract_core.commands"] in its pyproject.toml'
        )
    for name in registry.blocked:
        yield Check("note", f"plugin {name}", "is blocked by EXTRACT_DISABLE_PLUGINS")
    for notice in registry.notices:
        yield Check("note", "plugins", notice)
    if not registry.job_types and registry.blocked:
        yield Check("wrong", "job types", "all installed job types are blocked", "remove some names from EXTRACT_DISABLE_PLUGINS")
    elif not registry.job_types:
        yield Check("wrong", "job types", "none is installed", how_to_install("extract-sfn-glue"))


_PACKAGES = (
    ("extract_local", "runs on this machine", how_to_install("extract-sfn-local")),
    ("extract_job", "the reference job, for runs on this machine", how_to_install("extract-sfn-job")),
    ("boto3", "S3, DynamoDB and Step Functions", "pip install boto3"),
    *(
        (driver.module, f"{driver.title}: extract init --from-database, and runs on this machine", driver.install)
        for driver in DRIVERS
    ),
)


def _packages(pipeline: Pipeline | None) -> Iterator[Check]:
    needed = {"boto3"} if pipeline is not None and not pipeline.is_local else set()
    for package, use, remedy in _PACKAGES:
        if find_spec(package) is not None:
            yield Check("ok", package, f"is installed ({use})")
        else:
            yield Check("wrong" if package in needed else "note", package, f"is not installed ({use})", remedy)


def _store(name: str, uri: str, pipeline: Pipeline) -> Check:
    from extract_cli.doctor.aws import made_by_up
    from extract_core.objects.files import file_path
    from extract_core.objects.routed import open_objects

    if uri.startswith("file://"):
        return _folder(name, file_path(uri))
    try:
        next(iter(open_objects().list(uri)), None)
    except ExtractError as error:
        return made_by_up(Check("wrong", name, str(error)), error, pipeline)
    return Check("ok", name, f"{uri} can be listed")


def _folder(name: str, path: Path) -> Check:
    """A folder that exists or could be created. Nothing is created."""
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        return Check("wrong", name, f"{str(there)!r} is not a folder", f"move it away, or correct {name} in extract.toml")
    if not os.access(there, os.W_OK | os.X_OK):
        return Check(
            "wrong", name, f"{str(there)!r} can't be written", f"allow this user to write it, or correct {name} in extract.toml"
        )
    return Check("ok", name, f"{path} " + ("can be written" if there == path else "will be created by the first run"))


def _tracking(place: str, pipeline: Pipeline) -> Check:
    from extract_cli.doctor.aws import made_by_up
    from extract_core.tracking.open import open_tracking

    try:
        with open_tracking(place, read_only=True) as store:
            newest = next(iter(store.runs(1)), None)
    except ExtractError as error:
        return made_by_up(Check("wrong", "tracking", str(error)), error, pipeline)
    if "://" not in place and not Path(place).exists():
        check = _folder("tracking", Path(place).parent)
        return check if check.state == "wrong" else Check("ok", "tracking", f"{place} will be created by the first run")
    return Check("ok", "tracking", f"{place}: " + (f"the newest run is {newest.run_id}" if newest else "no run yet"))
