"""Whether the places of extract.toml can be reached: from this machine, or from AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from extract_core.pipeline.model import Pipeline

_FOLDERS: Final = ("config_uri", "data_uri", "runs_uri")


def require_local(pipeline: Pipeline) -> None:
    """UsageError if one of the places is not a folder of this machine. The tracking store may be anywhere."""
    for name in _FOLDERS:
        uri = getattr(pipeline, name)
        if not uri.startswith("file://"):
            raise UsageError(f"extract.toml: pipeline.{name} is {uri!r}; a run on this machine needs a folder here")


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
