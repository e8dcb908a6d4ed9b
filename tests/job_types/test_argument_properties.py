"""Whatever the job's arguments are: they reach the job unchanged, or the table is refused when it is planned."""

from __future__ import annotations

import json

import botocore.session
import extract_batch
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

import extract_ecs
import extract_emr
import extract_glue

ALL = [job_type for plugin in (extract_batch, extract_ecs, extract_emr, extract_glue) for job_type in plugin.extract_job_types()]
NAMES = st.from_regex(r"--[a-z_]{1,12}", fullmatch=True)
VALUES = st.text(max_size=40) | st.sampled_from(
    ["a b", "it's", 'say "x"', "$(id)", "a\nb", "{{X}}", "`x`", "\\", "🐘", "x" * 9000]
)


MODELS = botocore.session.get_session()
SHAPES = {
    "glue": MODELS.get_service_model("glue").shape_for("GenericMap"),
    "emr": MODELS.get_service_model("emr").shape_for("HadoopJarStepConfig"),
    "emr_eks": MODELS.get_service_model("emr-containers").shape_for("EntryPointArguments"),
    "emr_serverless": MODELS.get_service_model("emr-serverless").shape_for("EntryPointArguments"),
    "batch": MODELS.get_service_model("batch").shape_for("StringList"),
    "ecs": MODELS.get_service_model("ecs").shape_for("StringList"),
}


@pytest.mark.parametrize("job_type", ALL, ids=lambda job_type: job_type.name)
@given(job_arguments=st.dictionaries(NAMES, VALUES, max_size=4))
def test_arguments_reach_the_job_or_are_refused(job_type, job_arguments, arguments_of):
    refusal = ""
    try:
        built = arguments_of(job_type, job_arguments)
    except ValueError as error:
        refusal, built = str(error), {}
    if refusal:
        assert [name for name in job_arguments if repr(name) in refusal], refusal
        return
    carried = json.loads(json.dumps(built))
    assert list(job_type.local_command(carried).argv)[4:] == [part for pair in job_arguments.items() for part in pair]
    assert not ParamValidator().validate(varying_part(carried), SHAPES[job_type.name]).has_errors()


def varying_part(arguments):
    """The part of the request that holds the job's arguments."""
    if "overrides" in arguments:
        return arguments["overrides"]["ContainerOverrides"][0]["Command"]
    if "container_overrides" in arguments:
        return arguments["container_overrides"]["Command"]
    if "spark_submit" in arguments:
        return arguments["spark_submit"]["EntryPointArguments"]
    return {"Jar": "j", "Args": arguments["args"]} if "args" in arguments else arguments["arguments"]
