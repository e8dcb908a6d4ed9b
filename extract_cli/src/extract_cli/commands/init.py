"""`extract init`: writes a first project, or a source's tables from its database."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract_cli.installed import load_registry
from extract_cli.options import examples
from extract_cli.views.output import echo
from extract_core.errors import UsageError
from extract_core.wording import how_to_install

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_cli.catalog import Database
    from extract_core.registry.installed import Registry

SCHEMA_FILE = "extract.schema.json"


def _a_folder(_context: click.Context, _argument: click.Parameter, folder: Path) -> Path:
    if ":/" in str(folder):  # Path makes one slash of two; the text may hold a password
        raise UsageError("FOLDER is the address of a database; write: extract init --from-database URL")
    return folder


@click.command(epilog=examples("extract init", "extract init warehouse --from-database sqlite:///sales.db"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".", callback=_a_folder)
@click.option("--source", metavar="NAME", help="Name of the source. [default: the database's name, else: sales]")
@click.option(
    "--from-database",
    "url",
    metavar="URL",
    help="List the tables of this database: sqlite:///file.db, or postgresql, mysql, sqlserver or oracle://user@host/name",
)
@click.option("--job-type", metavar="NAME", help="The job type of the tables. [default: glue, or the first that is installed]")
def init(folder: Path, source: str | None, url: str | None, job_type: str | None) -> int:
    """Write extract.toml, a first source config, its JSON Schema and a job into FOLDER (default: here).

    With --from-database the config lists the database's tables, each with a proposed watermark column
    and how a large table is read. Existing files are not changed; an existing source config is an error.
    """
    from importlib.util import find_spec

    from extract_cli.catalog import POSTGRESQL, read_database
    from extract_cli.commands.init_files import first_config, pipeline_text, schema_text, source_text

    registry = load_registry()
    chosen = _job_type(registry, job_type)
    database = read_database(url) if url is not None else None
    name = _source_name(source, database.name if database is not None else None)
    if database is not None and database.engine == "sqlite":
        database = replace(database, name=_seen_from(folder, Path(database.name)))
    config = folder / _config_folder(folder) / f"{name}.yml"
    for path in (config, config.with_suffix(".yaml")):
        if path.exists():
            raise UsageError(
                f"the source config {str(path)!r} already exists: name another source with --source, or move it away"
            )
    above = os.path.relpath(folder, config.parent)
    left_out: tuple[str, ...] = ()
    if database is None:
        text = first_config(name, job_type=chosen, schema=f"{above}/{SCHEMA_FILE}")
    else:
        text, left_out = source_text(name, database, job_type=chosen, schema=f"{above}/{SCHEMA_FILE}", registry=registry)
    from asl_generator.bundle.job import SCRIPT, SCRIPT_TEXT

    files: Mapping[Path, str] = {
        folder / "extract.toml": pipeline_text(registry, os.environ, folder.absolute().name, chosen),
        folder / SCHEMA_FILE: schema_text(registry),
        folder / "jobs" / SCRIPT: SCRIPT_TEXT,
        config: text,
    }
    for path, content in files.items():
        _write(path, content)
    if database is not None:
        for line in (*database.left_out, *left_out):
            echo(f"left out: {line}", err=True)
    there = "" if folder.resolve() == Path.cwd() else f" --pipeline {shlex.quote(str(folder))}"
    echo(f"next: extract plan {name}{there}", err=True)
    if database is not None:
        echo(f"then, on this machine: {_environment(database)}extract run {name} --local{there}", err=True)
    elif find_spec(POSTGRESQL.module) is None:
        echo(f"note: to run it on this machine, Python needs a driver for PostgreSQL: {POSTGRESQL.install}", err=True)
    return 0


def _environment(database: Database) -> str:
    """The variables by which a job on this machine finds the database and its user, quoted for a shell."""
    from extract_cli.catalog import driver_of

    driver = driver_of(database.engine)
    if driver is None:
        return ""
    host, user, password = driver.variables
    known = f"{host}={shlex.quote(database.host or 'localhost')} " + (
        f"{user}={shlex.quote(database.user)} " if database.user else ""
    )
    return known if os.environ.get(password) else f"{known}{password}=... "


def _seen_from(folder: Path, file: Path) -> str:
    """The path of a SQLite file for jobs, which run in the pipeline's folder."""
    whole, home = file.resolve(), folder.resolve()
    return str(whole.relative_to(home)) if whole.is_relative_to(home) else str(whole)


def _write(path: Path, text: str) -> None:
    """Write a file if it does not exist, and print its path to stdout."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        echo(f"{path} already exists and is not changed", err=True)
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be written: {error.strerror}") from error
    else:
        echo(str(path))


def _config_folder(folder: Path) -> Path:
    """The config folder of a pipeline that exists, else ``config``."""
    from extract_core.objects.files import file_path
    from extract_core.pipeline.read import read_pipeline

    if not (folder / "extract.toml").exists():
        return Path("config")
    uri = read_pipeline(folder).config_uri
    if not uri.startswith("file://"):
        echo(f"the pipeline's configs are in {uri}: extract deploy up uploads the new one, or copy it there", err=True)
        return Path("config")
    return Path(os.path.relpath(file_path(uri), folder.resolve()))


def _job_type(registry: Registry, name: str | None) -> str:
    if name is not None:
        return registry.job_type(name).name
    if not registry.job_types:
        raise UsageError(f"no job type is installed; for example, {how_to_install('extract-sfn-glue')}")
    return "glue" if "glue" in registry.job_types else next(iter(registry.job_types))


def _source_name(option: str | None, database: str | None) -> str:
    from extract_core.config.read import SOURCE_NAME

    name = (
        option if option is not None else "sales" if database is None else re.sub(r"[^A-Za-z0-9_.-]+", "_", Path(database).stem)
    )
    if SOURCE_NAME.fullmatch(name):
        return name
    raise UsageError(
        f"{name!r} is not a valid name of a source: letters, digits, _ . -, the first a letter or digit; give --source NAME"
    )
