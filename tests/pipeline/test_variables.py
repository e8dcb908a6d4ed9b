"""The environment variables of the functions are measured before anything is deployed: Lambda takes 4 KB."""

from __future__ import annotations

import json
from bisect import bisect_left

import pytest

from extract_core.errors import ConfigError
from extract_core.pipeline.read import read_faulty_pipeline, read_pipeline
from extract_core.pipeline.variables import MOST_BYTES, variables_of

PLACES = """
[pipeline]
account = "123456789012"
config_uri = "s3://b/config/"
data_uri = "s3://b/data/"
runs_uri = "s3://b/runs/"
tracking = "dynamodb://t"
"""
HOOK = """
[notify]
webhook = "https://example.com/x"
template = {text = "%s"}
"""


def size(pipeline) -> int:
    """As Lambda measures: the whole object as JSON."""
    variables = variables_of(pipeline, plugins=True, notify=True)
    return len(json.dumps(variables, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.fixture
def read(tmp_path):
    def pipeline(text: str):
        (tmp_path / "extract.toml").write_text(text, encoding="utf-8")
        return read_faulty_pipeline(tmp_path)

    return pipeline


SECTIONS = {
    "one long text": ("[plugins.a]\nx = '{}'\n", "a"),
    "a text beyond ASCII": ("[plugins.a]\nx = '{}'\n", "é"),
    "quotes, which are escaped twice": ("[plugins.a]\nx = '{}'\n", '"'),
    "a place": (PLACES.replace("s3://b/data/", "s3://b/{}").removeprefix(PLACES[:1]), "a"),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_what_is_refused_is_what_lambda_would_refuse(read, name):
    section, letter = SECTIONS[name]
    text = section.replace("{}", "%s") if "[pipeline]" in section else PLACES + section.replace("{}", "%s")
    longest = bisect_left(range(5_000), 1, key=lambda count: len(read(text % (letter * count))[1])) - 1
    assert MOST_BYTES - 12 < size(read(text % (letter * longest))[0]) <= MOST_BYTES
    pipeline, (finding,) = read(text % (letter * (longest + 1)))
    assert size(pipeline) > MOST_BYTES
    assert f"would have {size(pipeline):,} bytes, and Lambda takes 4,096" in finding.message


def test_the_message_has_the_place_the_sum_and_the_largest_settings(read):
    sections = f"[plugins.short]\nx = 1\n[plugins.long]\nx = '{'a' * 2_500}'\n" + HOOK % ("b" * 1_500)
    pipeline, (finding,) = read(PLACES + sections)
    assert str(finding) == (
        f"extract.toml:10:1: plugins.long: the environment variables of a Lambda function would have {size(pipeline):,} bytes, "
        f"and Lambda takes 4,096; shorten settings by {size(pipeline) - 4_096:,} bytes. "
        "The largest: plugins.long (2,514), notify (1,570), pipeline.config_uri (16)"
    )
    with pytest.raises(ConfigError, match=r"plugins\.long"):
        read_pipeline(pipeline.file)


def test_a_pipeline_on_one_machine_has_no_such_limit(read):
    assert read(f"[plugins.long]\nx = '{'a' * 9_000}'\n")[1] == []
