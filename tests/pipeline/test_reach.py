"""The places of a deployed pipeline in a run on this machine."""

from __future__ import annotations

import pytest

from extract_core.errors import UsageError
from extract_core.pipeline.reach import on_this_machine, require_local
from extract_core.pipeline.read import read_pipeline

AWS = {"config_uri": "s3://b/config/", "data_uri": "s3://b/data/", "runs_uri": "s3://b/runs/", "tracking": "dynamodb://t"}


def pipeline(folder, places):
    (folder / "extract.toml").write_text("[pipeline]\n" + "".join(f'{key} = "{value}"\n' for key, value in places.items()))
    return read_pipeline(folder)


@pytest.mark.parametrize("names", [tuple(AWS), ("config_uri",), ("data_uri",), ("runs_uri", "tracking")])
def test_a_pipeline_with_places_on_aws_has_those_of_a_new_project_here(tmp_path, names):
    (tmp_path / "config").mkdir()
    deployed = pipeline(tmp_path, {name: AWS[name] for name in names})
    here = on_this_machine(deployed)
    assert here == pipeline(tmp_path, {})  # the watermarks too: those of the deployed pipeline do not move
    require_local(here)


@pytest.mark.parametrize("places", [{}, {"tracking": "dynamodb://t"}, {"data_uri": "elsewhere/"}])
def test_a_pipeline_whose_folders_are_here_stays_as_it_is(tmp_path, places):
    (tmp_path / "config").mkdir()
    read = pipeline(tmp_path, places)
    assert on_this_machine(read) is read


def test_without_configs_here_the_message_says_where_to_put_them(tmp_path):
    read = on_this_machine(pipeline(tmp_path, AWS))
    with pytest.raises(UsageError) as refused:
        require_local(read)
    assert str(refused.value) == (
        "extract.toml: pipeline.config_uri is 's3://b/config/'; a run on this machine needs a folder here, or the configs in "
        "config/ beside extract.toml (then it uses .extract/data/ and .extract/tracking.db)"
    )
