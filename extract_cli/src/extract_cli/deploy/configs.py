"""The configs of a deployment: those beside extract.toml, checked before anything is deployed, uploaded after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extract_core.config.model import SourceConfig
    from extract_core.errors import Finding
    from extract_core.objects.store import ObjectStore
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry

FOLDER: Final = "config"
"""Beside extract.toml."""


def checked_configs(pipeline: Pipeline, registry: Registry) -> dict[Path, SourceConfig]:
    """The configs by file, sorted; none if there is no folder. ConfigError with the findings of all of them."""
    from extract_core.config.source_files import is_config
    from extract_core.plan.check import check_source
    from extract_core.plan.machine import machine_facts
    from extract_core.plan.places import Places

    folder = pipeline.folder / FOLDER
    paths = sorted(path for path in folder.iterdir() if is_config(path.name) and path.is_file()) if folder.is_dir() else []
    machine, places = machine_facts(pipeline, registry), Places(data_uri=pipeline.data_uri, runs_uri=pipeline.runs_uri)
    findings: list[Finding] = []
    configs: dict[Path, SourceConfig] = {}
    for path in paths:
        checked = check_source(path.read_bytes(), file=str(path), registry=registry, machine=machine, places=places)
        findings += checked.findings
        if checked.config is not None:
            configs[path] = checked.config
    if findings:
        raise ConfigError(findings)
    return configs


def check_schedules(configs: Mapping[Path, SourceConfig], pipeline: Pipeline, store: ObjectStore) -> None:
    """ConfigError for schedules whose source has no config, in the folder or at config_uri, or whose tables match none of it."""
    from extract_core.config.source_files import SUFFIXES
    from extract_core.errors import ObjectError
    from extract_core.plan.schedules import schedule_findings

    def is_uploaded(source: str) -> bool:
        try:
            return any(store.exists(f"{pipeline.config_uri}{source}{suffix}") for suffix in SUFFIXES)
        except ObjectError:
            return False  # there is no such bucket yet

    by_source = {path.stem: config for path, config in configs.items()}
    if findings := schedule_findings(pipeline, by_source, is_elsewhere=is_uploaded):
        raise ConfigError(findings)


def notes_on_files(configs: Mapping[Path, SourceConfig]) -> list[str]:
    """A note per config whose database is a file (SQLite): a run on this machine reads it, and a job in AWS does not."""
    files = ((path, config.extract.database) for path, config in configs.items())
    return [
        f"{FOLDER}/{path.name}: db_engine: sqlite reads a file ({database.get('db_name', 'db_name')}), and jobs in AWS do not "
        "have the files of this machine: name a database that they reach"
        for path, database in files
        if database.get("db_engine") == "sqlite"
    ]


def upload(configs: Mapping[Path, SourceConfig], pipeline: Pipeline, store: ObjectStore) -> list[str]:
    """Write the configs that differ from those at config_uri. Returns the URIs that were written."""
    written = []
    for path in configs:
        uri, data = f"{pipeline.config_uri}{path.name}", path.read_bytes()
        if not store.exists(uri) or store.read(uri) != data:
            store.write(uri, data)
            written.append(uri)
    return written


def first_run(configs: Mapping[Path, SourceConfig]) -> str:
    """The command that runs the first table."""
    for path, config in configs.items():
        if config.tables:
            return f"extract run {path.stem} {next(iter(config.tables))}"
    return "extract run SOURCE TABLE"
