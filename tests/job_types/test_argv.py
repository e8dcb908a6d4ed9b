"""Whatever the values are: the very process that a job type starts finds them in its argv, unchanged."""

from __future__ import annotations

import json
import os
import subprocess

import extract_batch
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import extract_ecs
import extract_emr
import extract_glue
from extract_core.plan.job_arguments import encoded

ALL = [
    job_type
    for plugin in (extract_batch, extract_ecs, extract_emr, extract_glue)
    for job_type in plugin.extract_job_types()
]  # fmt: skip
EVERY_JOB_TYPE = pytest.mark.parametrize("job_type", ALL, ids=lambda job_type: job_type.name)
AWKWARD = [
    "a b", " leading and trailing ", "it's", 'say "x"', "a\nb\r\nc", "tab\there", "$HOME", "a;b|c&d>e", "*", "~", "#", "!",
    "%PATH%", "naïve ☃ 漢字 🐘", "100%", "a=b", "--looks-like-an-option", "[1, 2]", '{"a": 1}', "$.arguments.x", "<tag>",
    "'; drop table t; --",
]  # fmt: skip
MAYBE_REFUSED = ["`id`", "C:\\temp", "{{PWD}}", "}}", "$(id)", "$$", "Ref::x", "\x1b[0m", "x" * 9000]
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
VALUES |= st.sampled_from([*AWKWARD, *MAYBE_REFUSED])


@pytest.fixture(scope="module")
def echoed(tmp_path_factory):
    """What a job type's process finds in its argv: a stand-in for the extract job writes it down."""
    place = tmp_path_factory.mktemp("job") / "extract_job"
    place.mkdir()
    (place / "__init__.py").write_text("")
    (place / "__main__.py").write_text("import json, sys; print(json.dumps(sys.argv[1:]))")

    def run(command):
        environ = {**os.environ, **command.env, "PYTHONPATH": str(place.parent)}
        done = subprocess.run(list(command.argv), env=environ, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run


def argv_of(job_type, job_arguments, arguments_of, echoed):
    """After the way that arguments go in AWS: built, through JSON, into the process. None where the table is refused."""
    refusal = None
    try:
        built = arguments_of(job_type, job_arguments)
    except ValueError as error:
        refusal = str(error)
    if refusal is not None:
        assert "argument_encoding: json" in refusal or "shorten it" in refusal
        return None
    return echoed(job_type.local_command(json.loads(json.dumps(built))))


@EVERY_JOB_TYPE
def test_what_people_write_arrives(job_type, arguments_of, echoed):
    job_arguments = {f"--key_{number}": value for number, value in enumerate(AWKWARD)}
    wanted = [part for pair in job_arguments.items() for part in pair]
    assert argv_of(job_type, job_arguments, arguments_of, echoed) == wanted


@EVERY_JOB_TYPE
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(VALUES, min_size=1, max_size=8))
def test_any_value_arrives_unchanged_or_is_refused_with_the_remedy(job_type, values, arguments_of, echoed):
    job_arguments = {f"--key_{number}": value for number, value in enumerate(values)}
    argv = argv_of(job_type, job_arguments, arguments_of, echoed)
    if argv is not None:
        assert argv == [part for pair in job_arguments.items() for part in pair]


@EVERY_JOB_TYPE
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.text(max_size=40) | st.sampled_from([*AWKWARD, *MAYBE_REFUSED[:-1], "", "-x", "\0"]), max_size=8))
def test_in_one_argument_everything_arrives(job_type, values, arguments_of, echoed):
    """argument_encoding: json carries what no command line can: empty texts, leading dashes, NUL, what shells and YARN change."""
    in_one = encoded({f"--key_{number}": value for number, value in enumerate(values)})
    assert argv_of(job_type, in_one, arguments_of, echoed) == list(next(iter(in_one.items())))


def test_only_these_values_are_refused(arguments_of, echoed):
    """Which of the values that a service would change each job type refuses."""
    refused = {
        job_type.name: [value for value in MAYBE_REFUSED if argv_of(job_type, {"--key": value}, arguments_of, echoed) is None]
        for job_type in ALL
    }
    long = "x" * 9000
    assert refused == {
        "batch": ["Ref::x", long],
        "ecs": [long],
        "emr": ["`id`", "C:\\temp", "{{PWD}}", "}}", "\x1b[0m"],
        "emr_eks": ["$(id)", "$$"],
        "emr_serverless": [],
        "glue": [],
    }
