"""Whether the places of extract.toml can be reached: from this machine, or from AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.pipeline.model import Pipeline

HERE: Final[Mapping[str, str]] = {
    "config_uri": "config/",
    "data_uri": ".extract/data/",
    "runs_uri": ".extract/runs/",
    "tracking": ".extract/tracking.db",
}
"""The places that a pipeline without any has, beside extract.toml."""
_FOLDERS: Final = ("config_uri", "data_uri", "runs_uri")


def on_this_machine(pipeline: Pipeline) -> Pipeline:
    """The pipeline with the places of `HERE` beside extract.toml, if it names places on AWS and has a folder of configs here.

    The tracking store is then here too, so that a run on this machine moves no watermark of the deployed pipeline.
    """
    folder = pipeline.folder
    if all(getattr(pipeline, name).startswith("file://") for name in _FOLDERS) or not (folder / HERE["config_uri"]).is_dir():
        return pipeline
    here = {name: (folder / place).resolve() for name, place in HERE.items()}
    return replace(
        pipeline,
        config_uri=f"{here['config_uri'].as_uri()}/",
        data_uri=f"{here['data_uri'].as_uri()}/",
        runs_uri=f"{here['runs_uri'].as_uri()}/",
        tracking=str(here["tracking"]),
    )


def require_local(pipeline: Pipeline) -> None:
    """UsageError if one of the places is not a folder of this machine. The tracking store may be anywhere."""
    for name in _FOLDERS:
        uri = getattr(pipeline, name)
        if not uri.startswith("file://"):
            raise UsageError(
                f"extract.toml: pipeline.{name} is {uri!r}; a run on this machine needs a folder here, or the configs in "
                f"{HERE['config_uri']} beside extract.toml (then it uses {HERE['data_uri']} and {HERE['tracking']})"
            )


def require_aws(pipeline: Pipeline, *, may_be_local: bool = True) -> None:
    """UsageError if AWS cannot reach one of the places. `may_be_local`: the command has the option ``--local``."""
    wanted = {**dict.fromkeys(_FOLDERS, ("s3://", "s3://bucket/folder/")), "tracking": ("dynamodb://", "dynamodb://table")}
    for name, (scheme, example) in wanted.items():
        value = getattr(pipeline, name)
        if not value.startswith(scheme):
            instead = ", or add --local" if may_be_local else ""
            raise UsageError(
                f"{pipeline.file.name}: pipeline.{name} is {value!r}, where AWS can't reach it: write {example}{instead}"
            )
