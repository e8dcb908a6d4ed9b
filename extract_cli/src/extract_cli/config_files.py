"""The config files that a command means: named as files, folders or sources, and shown so that a terminal can open them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.config.source_files import SUFFIXES, is_config
from extract_core.errors import Finding, UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.pipeline.model import Pipeline

_HERE: Final = "./"


def config_folder(pipeline: Pipeline) -> Path | None:
    """The folder of the pipeline's configs, relative if it is below the current folder. None: it is not on this machine."""
    from extract_core.objects.files import file_path

    if not pipeline.config_uri.startswith("file://"):
        return None
    folder, here = file_path(pipeline.config_uri), Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def shown_prefix(pipeline: Pipeline) -> str:
    """The text before a config's name in findings: ``config/``, or ``s3://bucket/config/``."""
    folder = config_folder(pipeline)
    return pipeline.config_uri if folder is None else f"{folder}/".removeprefix(_HERE)


def configs_in(folder: Path) -> list[Path]:
    """The configs of a folder, sorted. UsageError if it has none."""
    paths = sorted(path for path in folder.iterdir() if is_config(path.name) and not path.is_dir())
    if not paths:
        raise UsageError(f"there is no source config (<source>.yml) in {str(folder)!r}; make one: extract init")
    return paths


def named_configs(named: Iterable[Path], pipeline: Pipeline | None) -> list[Path]:
    """Files, the configs of folders, and those of sources by name. UsageError for a name that is none of these."""
    return [config for path in named for config in (configs_in(path) if path.is_dir() else [_named(path, pipeline)])]


def _named(path: Path, pipeline: Pipeline | None) -> Path:
    if path.name.endswith(SUFFIXES) or path.exists() or path.is_symlink():
        return path
    for suffix in SUFFIXES:
        if (file := path.with_name(path.name + suffix)).is_file():
            return file
    folder = config_folder(pipeline) if pipeline is not None else None
    if folder is None:
        raise UsageError(f"{str(path)!r} is neither a file nor a folder; give the file of the source: {path.name}.yml")
    for suffix in SUFFIXES:
        if (folder / f"{path}{suffix}").is_file():
            return folder / f"{path}{suffix}"
    names = [file.stem for file in folder.iterdir() if is_config(file.name)] if folder.is_dir() else []
    raise UsageError(
        f"{str(path)!r} is not a file, not a folder and not a source in {str(folder)!r}{did_you_mean(str(path), names)}"
    )


def source_of(argument: str, pipeline: Pipeline) -> str:
    """The source that a command line names, by its name or by its file. UsageError for a file that is not the pipeline's."""
    is_bare = "/" not in argument
    if is_bare and not argument.endswith(SUFFIXES):
        return argument
    path, folder = Path(argument), config_folder(pipeline)
    if folder is not None and (is_bare or path.resolve().parent == folder.resolve()):
        return path.name.removesuffix(".yaml").removesuffix(".yml")
    where = pipeline.config_uri if folder is None else str(folder)
    raise UsageError(f"{argument!r} is not a config of this pipeline, whose configs are in {where!r}; give the name of a source")


def placed(finding: Finding, source: str, prefix: str) -> Finding:
    """The complaint about a source's config, with the folder before the file's name."""
    return finding._replace(file=prefix + finding.file) if finding.file in _names(source) else finding


def placed_line(line: str, source: str, prefix: str) -> str:
    """As `placed`, of a complaint that is text already."""
    return prefix + line if line.startswith(tuple(f"{name}:" for name in _names(source))) else line


def _names(source: str) -> tuple[str, ...]:
    return tuple(source + suffix for suffix in SUFFIXES)


def beside(paths: Sequence[Path]) -> list[Finding]:
    """A finding for each source that has two files, because it is not clear which of them counts."""
    return [
        Finding(str(path), 0, 0, "", f"{path.with_suffix('.yaml').name} is beside it; keep one of them")
        for path in paths
        if path.suffix == ".yml" and path.with_suffix(".yaml") in paths
    ]
