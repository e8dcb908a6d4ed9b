"""What `extract doctor` finds in extract.toml and the configs: sections of job types, placeholders, findings of each source."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from extract_cli.catalog import driver_of
from extract_cli.doctor.check import Check
from extract_core.errors import ConfigError, ExtractError
from extract_core.pipeline.model import NO_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_cli.catalog.drivers import Driver
    from extract_core.config.model import SourceConfig
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType


def account(pipeline: Pipeline) -> Iterator[Check]:
    """An account that extract.toml leaves open."""
    if pipeline.account == NO_ACCOUNT:
        remedy = "a run on this machine needs none; extract deploy up writes that of your credentials"
        yield Check("note", "account", "extract.toml does not name your AWS account yet", remedy)


def deployments(pipeline: Pipeline, registry: Registry) -> Iterator[Check]:
    """Each section [job_types.<type>], and job types that have none."""
    from extract_core.config.settings import PluginFailure, TypeInUse
    from extract_core.pipeline.deployments import deployment_findings

    findings: dict[str, list[Finding]] = {}
    for finding in deployment_findings(pipeline, registry):
        findings.setdefault(finding.path.split(".")[1], []).append(finding)
    examples = []
    for name in sorted({*pipeline.job_types, *registry.job_types}):
        section = pipeline.job_types.get(name)
        if name in findings:
            said = "; ".join(map(str, findings[name]))
            yield Check("wrong", f"[job_types.{name}]", said, "correct the section")
        elif name not in registry.job_types:
            why = (
                f"its plugin is blocked ({', '.join(registry.blocked)})" if registry.blocked else "its plugin may be a broken one"
            )
            yield Check("note", f"[job_types.{name}]", f"no working plugin provides this job type: {why}")
        elif section is None:
            try:
                TypeInUse.open(registry.job_types[name], {})
            except PluginFailure:
                yield Check("note", f"job type {name}", "has no section in extract.toml, so the machine is built without it")
            else:
                yield Check("ok", f"job type {name}", "its deployment is valid")
        elif section and section == example_of(registry.job_types[name].job_type):
            examples.append(name)
        else:
            yield Check("ok", f"job type {name}", "its deployment is valid")
    if examples:
        remedy = "a run on this machine needs no other values; write your own names before you build for AWS"
        yield Check("note", "[job_types]", f"{', '.join(examples)}: the examples that extract init wrote", remedy)


def machine(pipeline: Pipeline, registry: Registry) -> Iterator[Check]:
    """Job types that cannot be built into the machine, and plugins whose hook fails; nothing without the generator."""
    if find_spec("asl_generator") is None:
        return
    import asl_generator

    remedy = "a run on this machine leaves it out, and no machine can be built with it"
    causes = asl_generator.unusable(pipeline, registry)
    for name, cause in causes.items():
        yield Check("wrong", f"job type {name}", cause, remedy)
    working = registry.without(causes)
    sections = {name: section for name, section in pipeline.job_types.items() if name in working.job_types}
    for provider, cause in sorted(asl_generator.unusable_hooks(replace(pipeline, job_types=sections), working).items()):
        yield Check("wrong", f"plugin {provider.plugin}", f"{provider}: {cause}", remedy)


def example_of(job_type: AnyJobType) -> dict[str, object]:
    """The example of a deployment that the plugin provides. Empty if it provides none."""
    try:
        extra = job_type.deployment().model_config.get("json_schema_extra")
    except Exception:  # noqa: BLE001 - a plugin's own code: its section is left to the person
        return {}
    examples = extra.get("examples") if isinstance(extra, dict) else None
    first = examples[0] if isinstance(examples, list) and examples else None
    return dict(first) if isinstance(first, dict) else {}


def configs(pipeline: Pipeline, registry: Registry) -> Iterator[Check]:
    """Each source's config: what `extract validate` says of it, in short."""
    from extract_cli.doctor.aws import UP, made_by_up
    from extract_core.config.source_files import source_names
    from extract_core.objects.routed import open_objects
    from extract_core.pipeline.read import missing_config_folder

    missing = missing_config_folder(pipeline)
    if missing is not None:
        yield Check("wrong", "configs", str(missing), "correct config_uri in extract.toml, or create the folder")
        return
    try:
        names = source_names(open_objects(), pipeline.config_uri)
    except ExtractError as error:
        wrong = Check("wrong", "configs", str(error), "correct config_uri in extract.toml, or the permission to list it")
        yield made_by_up(wrong, error, pipeline)
        return
    if not names and not pipeline.config_uri.startswith("file://") and (pipeline.folder / "config").is_dir():
        yield Check("note", "configs", f"there is none in {pipeline.config_uri} yet: up uploads those in config/", UP)
    elif not names:
        yield Check("wrong", "configs", f"there is none in {pipeline.config_uri}", "extract init")
    by_driver: dict[Driver, list[str]] = defaultdict(list)
    for name in names:
        check, config = _config(pipeline, registry, name)
        yield check
        driver = driver_of(str(config.extract.database.get("db_engine"))) if config is not None else None
        if driver is not None:
            by_driver[driver].append(name)
    for driver, sources in by_driver.items():
        if find_spec(driver.module) is None:
            said = f"is missing, and a run on this machine of {', '.join(sources)} needs it"
            yield Check("note", f"the driver of {driver.title}", said, driver.install)
        if driver.untested:
            said = f"the reference job was not yet run on a server ({', '.join(sources)}): selftest not yet run"
            remedy = f"python -m extract_job selftest --db_engine {driver.engines[0]} --db_name NAME, in your own database"
            yield Check("note", driver.title, said, remedy)


def _config(pipeline: Pipeline, registry: Registry, name: str) -> tuple[Check, SourceConfig | None]:
    from extract_cli.config_files import placed, shown_prefix
    from extract_core.config.source_files import read_source
    from extract_core.objects.routed import open_objects
    from extract_core.pipeline.deployments import deployment_findings
    from extract_core.plan.check import check_source
    from extract_core.plan.machine import machine_facts

    config = None
    try:
        config = read_source(open_objects(), pipeline.config_uri, name)
        faulty = {finding.path.split(".")[1] for finding in deployment_findings(pipeline, registry)}
        facts = machine_facts(pipeline, registry)
        findings = check_source(config.text.data, file=config.text.file, registry=registry, machine=facts, faulty=faulty).findings
    except ConfigError as error:
        findings = tuple(error.findings)
    except ExtractError as error:
        return Check("wrong", f"config {name}", str(error)), None
    if not findings:
        return Check("ok", f"config {name}", "is valid"), config
    first = placed(findings[0], name, shown_prefix(pipeline))
    said = f"has {len(findings):,} fault{'' if len(findings) == 1 else 's'}, the first: {first}"
    return Check("wrong", f"config {name}", said, "extract validate"), config
