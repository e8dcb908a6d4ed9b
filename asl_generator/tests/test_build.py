"""What a machine is built from, and what is said if that won't do."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, Field, field_validator, model_validator

from asl_generator import GeneratorError, build_pipeline
from asl_generator.deployments.check import check_deployments
from extract_core import Statement
from extract_core.errors import ConfigError
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.entry_points import Provider
from extract_core.registry.installed import Registry
from extract_core.registry.routing import CONFIG_MANAGER, HANDLE_STATUS, ITERATE, SUMMARISE
from extract_core.registry.values import BrokenPlugin


def test_the_same_input_gives_the_same_bytes_in_any_order(build_types, crunch, poll, sata):
    made = {build_types(*order).to_json() for order in itertools.permutations([crunch(), poll(), sata()])}
    assert len(made) == 1
    assert made.pop().endswith("}\n")


def test_the_parts_of_a_machine(build_types, queued_crunch, poll):
    built = build_types(queued_crunch(), poll())
    assert built.job_types == ("crunch", "poll")
    assert [branch.start for branch in built.branches] == ["Crunch Table", "Poll Start"]
    assert [branch.job_state for branch in built.branches] == ["Crunch Table", "Poll Start"]
    assert dict(built.functions) == {
        "extract-config-manager": "extract_core.lambdas.config_manager.handler",
        "extract-job-run-status": "extract_core.lambdas.job_run_status.handler",
        "extract-run-summary": "extract_core.lambdas.run_summary.handler",
    }


def test_permissions(build_types, queued_crunch, poll):
    invoked = "arn:aws:lambda:eu-central-1:123456789012:function:extract"
    queue = "arn:aws:batch:eu-central-1:123456789012:job-queue/big"
    built = build_types(queued_crunch(), poll(), map="INLINE").statements
    assert [(*grant.actions, *grant.resources, grant.needed_by) for grant in built] == [
        ("lambda:InvokeFunction", f"{invoked}-config-manager", "state 'Extract Config Manager'"),
        ("lambda:InvokeFunction", f"{invoked}-job-run-status", "state 'Handle Extract Job Run Status'"),
        ("lambda:InvokeFunction", f"{invoked}-poll-job", "states 'Poll Ask', 'Poll Start'"),
        ("lambda:InvokeFunction", f"{invoked}-run-summary", "state 'Summarise Extract Run'"),
        ("batch:SubmitJob", queue, "state 'Crunch Table'"),
        ("batch:TerminateJob", queue, "state 'Crunch Table'"),
    ]
    assert [grant.reason for grant in built[-2:]] == [
        "starts the job",
        "stops the job if the execution is stopped or out of time",
    ]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (Statement(actions=("batch:*",), resources=("*",)), "allows 'batch:*'; name exact actions"),
        (Statement(actions=("batch:X",), resources=()), "has no resources"),
        (Statement(actions=(), resources=("*",)), "has no actions"),
        ("batch:X", "is 'batch:X'; it must be a Statement with lists of actions and resources"),
    ],
)
def test_permissions_with_a_fault(build_types, crunch, statement, fault):
    class Changed(crunch):
        def permissions(self, target):
            return [statement]

    with pytest.raises(GeneratorError) as refused:
        build_types(Changed())
    assert str(refused.value) == f"job type 'crunch' (plugin 'crunch' of (embedded) 0): permissions()[0] {fault}"


def test_the_config_managers_payload_has_the_facts_of_the_machine(build_types, crunch, poll):
    built = build_types(poll(), crunch(), max_concurrency=7)
    payload = built.definition["States"][CONFIG_MANAGER]["Parameters"]["Payload"]
    assert payload["machine"] == {
        "name": "extract",
        "map": "DISTRIBUTED",
        "max_concurrency": 7,
        "retry_loop": True,
        "contract": [1, 3],
        "versions": {"(embedded)": "0"},
        "job_types": {"crunch": {"queue": "big", "priority": 1}, "poll": {}},
    }


LOOP = {"Extract Finished?", "Wait Before Next Attempt", "Extract Status Recorded"}


def test_without_retries_the_loop_is_not_there(build_types, crunch):
    built = build_types(crunch(), retries=False)
    assert not LOOP & inner(built).keys()
    assert inner(built)[HANDLE_STATUS]["End"] is True
    assert built.definition["States"][CONFIG_MANAGER]["Parameters"]["Payload"]["machine"]["retry_loop"] is False
    assert inner(build_types(crunch())).keys() == inner(built).keys() | LOOP


def test_every_arn_has_the_partition_region_and_account(build_types, crunch):
    text = build_types(crunch(), name="mine", partition="aws-cn", region="cn-north-1", account="000000000001").to_json()
    assert "arn:aws:" not in text
    assert "arn:aws-cn:lambda:cn-north-1:000000000001:function:mine-job-run-status" in text
    assert "arn:aws-cn:states:::lambda:invoke" in text


def inner(built) -> dict:
    return built.definition["States"][ITERATE]["ItemProcessor"]["States"]


def test_a_jsonata_branch_is_completed_in_its_own_language(build_types, sata):
    states = inner(build_types(sata()))
    keep = "{% $merge([$states.input, {'job_error': $states.errorOutput}]) %}"
    caught = [
        {"ErrorEquals": [error], "Output": keep, "Next": HANDLE_STATUS} for error in ("States.DataLimitExceeded", "States.ALL")
    ]
    assert states["Sata Run"]["Catch"] == states["Sata Parts"]["Catch"] == caught
    assert states["Sata Run"]["TimeoutSeconds"] == "{% $states.input.timeout_seconds %}"
    assert "TimeoutSeconds" not in states["Sata Parts"]
    look = states["Sata Parts"]["ItemProcessor"]["States"]["Sata Look"]
    assert [states["Sata Run"]["QueryLanguage"], states["Sata Parts"]["QueryLanguage"], look["QueryLanguage"]] == ["JSONata"] * 3
    assert "Next" not in look
    assert states["Sata Run"]["Next"] == HANDLE_STATUS


def test_a_plugins_own_fields_stay_unchanged(build_types, crunch):
    class Own(crunch):
        def branch(self, target):
            made = super().branch(target)
            own = {
                "TimeoutSeconds": 60,
                "Retry": [{"ErrorEquals": ["A.B"]}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.job_error", "Next": HANDLE_STATUS}],
                "Comment": "Mine",
            }
            return replace(made, states={name: {**state, **own} for name, state in made.states.items()})

    state = inner(build_types(Own()))["Crunch Table"]
    assert state["TimeoutSeconds"] == 60
    assert "TimeoutSecondsPath" not in state
    assert state["Retry"] == [{"ErrorEquals": ["A.B"]}]
    assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.job_error", "Next": HANDLE_STATUS}]
    assert state["Comment"] == "Mine"


def test_every_state_has_a_comment_and_every_task_a_catch(build_types, crunch, poll, sata):
    built = build_types(crunch(), poll(), sata())
    outer = built.definition["States"]
    states = {**outer, **inner(built), **inner(built)["Sata Parts"]["ItemProcessor"]["States"]}
    assert [name for name, state in states.items() if not state.get("Comment")] == []
    assert [name for name, state in inner(built).items() if state["Type"] in ("Task", "Map") and "Catch" not in state] == []
    assert "Retry" not in outer[ITERATE]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"map": "spread"}, 'map \'spread\' is not valid; write map = "distributed" or map = "inline"'),
        (
            {"map": "INLINE", "max_concurrency": 41},
            (
                "max_concurrency 41 is not a number from 1 to 40, the limit of a Map that is INLINE; for more, write "
                'map = "distributed"'
            ),
        ),
        (
            {"map": "INLINE", "max_concurrency": 0},
            "max_concurrency 0 is not a number from 1 to 40, the limit of a Map that is INLINE",
        ),
        (
            {"map": "DISTRIBUTED", "max_concurrency": 10_001},
            "max_concurrency 10001 is not a number from 1 to 10,000, the limit of a Map that is DISTRIBUTED",
        ),
        ({"name": "a/b"}, "the name 'a/b' is not valid; use at most 40 letters, digits, - and _"),
    ],
)
def test_options_that_are_refused(build_types, crunch, options, text):
    with pytest.raises(GeneratorError) as refused:
        build_types(crunch(), **options)
    assert str(refused.value) == text


def test_no_job_type(build_types):
    with pytest.raises(GeneratorError) as refused:
        build_types()
    assert str(refused.value) == (
        "no job type is installed, so there is nothing to build; for example, install the distribution extract-sfn-glue "
        "(docs/start.md says how)"
    )


class Strict(BaseModel, extra="forbid"):
    queue: str
    size: int = Field(default=1, ge=1)
    subnets: list[str] = []

    @field_validator("queue")
    @classmethod
    def _no_arn(cls, value: str) -> str:
        if value.startswith("arn:"):
            raise ValueError("Is an ARN; write the name alone")
        return value


@pytest.mark.parametrize(
    ("section", "lines"),
    [
        ({}, ["crunch.queue: is missing, and job type 'crunch' needs it"]),
        ({"quue": "a", "queue": "b"}, ["crunch.quue: no such key here; did you mean 'queue'?"]),
        ({"zz": "a", "queue": "b"}, ["crunch.zz: no such key here; known are: queue, size, subnets"]),
        ({"queue": 4}, ["crunch.queue: is 4; write text"]),
        ({"queue": "arn:x"}, ["crunch.queue: is 'arn:x'; is an ARN; write the name alone"]),
        (
            {"queue": "b", "size": 0, "subnets": ["a", 1]},
            [
                "crunch.size: is 0; write a number of at least 1",
                "crunch.subnets[1]: is 1; write text",
            ],
        ),
    ],
)
def test_deployments_with_faults(build_types, crunch, section, lines):
    class Checked(crunch):
        def deployment(self):
            return Strict

    with pytest.raises(ConfigError) as refused:
        build_types(Checked(), deployments={"crunch": section})
    assert str(refused.value) == "\n".join(f"extract.toml: job_types.{line}" for line in lines)


MISSING = "plugin 'crunch' of (embedded) 0 is installed, but its section is missing: add [job_types.crunch] with queue"


def test_a_job_type_without_a_section_has_no_branch(build_types, crunch, poll):
    built = build_types(crunch(), poll(), deployments={})
    assert built.job_types == ("poll",)
    assert built.left_out == {"crunch": MISSING}
    assert not any(name.startswith("Crunch") for name in states_of(built))
    assert [rule.get("StringEquals") for rule in choice_rules(built)] == [None, None, "poll"]
    assert not [action for statement in built.statements for action in statement.actions if action.startswith("batch:")]


def states_of(built):
    return built.definition["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]


def choice_rules(built):
    return states_of(built)["Choose Job Type"]["Choices"]


def test_an_empty_section_is_a_section(build_types, crunch, poll):
    with pytest.raises(ConfigError) as refused:
        build_types(crunch(), poll(), deployments={"crunch": {}})
    assert str(refused.value) == "extract.toml: job_types.crunch.queue: is missing, and job type 'crunch' needs it"


def test_a_machine_without_any_branch(build_types, crunch):
    with pytest.raises(ConfigError) as refused:
        build_types(crunch(), deployments={})
    assert str(refused.value) == f"extract.toml: job_types.crunch: {MISSING}"


def test_a_machine_without_any_branch_of_several_job_types(build_types, crunch):
    class Grind(crunch):
        name = "grind"
        title = "Grind"

    with pytest.raises(ConfigError) as refused:
        build_types(crunch(), Grind(), deployments={})
    assert str(refused.value) == (
        "extract.toml: job_types: no installed job type has a section (crunch, grind): write [job_types.<type>] for one of them"
    )


@pytest.mark.parametrize("names", ["crunch", ""])
def test_a_machine_without_any_branch_but_with_a_broken_plugin(crunch, names):
    broken = BrokenPlugin(Provider("mill", "acme-mill", "2"), "importing its module 'acme_mill' raised ImportError: no wind")
    registry = replace(Registry.of(*([crunch()] if names else [])), broken=(broken,))
    with pytest.raises(ConfigError) as refused:
        check_deployments(registry, {})
    others = "no installed job type has a section (crunch)" if names else "no job type is installed"
    assert str(refused.value) == (
        f"extract.toml: job_types: {others}: write [job_types.<type>] for one of them; these plugins are broken: "
        "plugin 'mill' of acme-mill 2: importing its module 'acme_mill' raised ImportError: no wind"
    )


def test_a_model_that_refuses_an_empty_section_as_a_whole(build_types, crunch, poll):
    class OneOfTwo(BaseModel):
        queue: str | None = None
        pool: str | None = None

        @model_validator(mode="after")
        def _one(self):
            if not (self.queue or self.pool):
                raise ValueError("queue or pool is needed")
            return self

    class Choosy(crunch):
        def deployment(self):
            return OneOfTwo

    assert build_types(Choosy(), poll(), deployments={}).left_out == {
        "crunch": "plugin 'crunch' of (embedded) 0 is installed, but its section is missing: add [job_types.crunch] (queue or "
        "pool is needed)"
    }


def test_a_section_for_a_job_type_that_is_not_installed(build_types, poll):
    with pytest.raises(ConfigError) as refused:
        build_types(poll(), deployments={"polll": {}})
    assert str(refused.value) == (
        "extract.toml: job_types.polll: job type 'polll' is not installed; did you mean 'poll'? (installed: poll); "
        "install its plugin, or remove the section"
    )


def test_a_deployment_that_is_not_a_model(build_types, crunch):
    class Odd(crunch):
        def deployment(self):
            return dict

    with pytest.raises(GeneratorError) as refused:
        build_types(Odd())
    assert str(refused.value) == (
        "job type 'crunch' (plugin 'crunch' of (embedded) 0): deployment() returned <class 'dict'>; return a pydantic model"
    )


def test_a_deployment_key_that_would_be_read_as_a_path(build_types, crunch):
    class Open(BaseModel, extra="allow"):
        queue: str = "a"

    class Odd(crunch):
        def deployment(self):
            return Open

    with pytest.raises(GeneratorError) as refused:
        build_types(Odd(), deployments={"crunch": {"tags": [{"a.$": "b"}]}})
    assert str(refused.value) == (
        "job_types.crunch.tags[0].a.$: a key that ends in '.$' is not allowed in the machine: rename it"
    )


def test_a_state_that_aws_refuses_is_reported_with_its_plugin(build_types, crunch):
    class Odd(crunch):
        def branch(self, target):
            made = super().branch(target)
            return replace(made, states={name: {**state, "Paramters": {}} for name, state in made.states.items()})

    with pytest.raises(GeneratorError) as refused:
        build_types(Odd())
    assert len(refused.value.faults) == 1
    pointer = "/States/Iterate Through Extract Tables/ItemProcessor/States/Crunch Table/Paramters"
    assert str(refused.value).startswith(f"job type 'crunch' (plugin 'crunch' of (embedded) 0): {pointer}: ")


def hooked(registry: Registry, change) -> Registry:
    provider = SimpleNamespace()
    return replace(registry, hook_calls={"extract_state_machine": ((provider, lambda definition: [change(definition)]),)})


def build_hooked(crunch, change):
    from asl_generator import build

    registry = hooked(Registry.of(crunch()), change)
    place = {"partition": "aws", "region": "eu-central-1", "account": "123456789012"}
    return build(registry, name="extract", max_concurrency=1, deployments={"crunch": {"queue": "a"}}, **place)


def test_a_hook_may_change_the_machine(crunch):
    built = build_hooked(crunch, lambda definition: {**definition, "TimeoutSeconds": 3600})
    assert built.definition["TimeoutSeconds"] == 3600


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda definition: {**definition, "Comment": {1, 2}}, ": Comment is a set, which JSON does not have"),
        (
            lambda definition: {**definition, "Comment": "x" * 1_048_576},
            " has 1,053,0xx bytes, but Step Functions allows 1,048,576: use fewer job types",
        ),
    ],
)
def test_the_definition_of_a_hook_is_checked(crunch, change, text):
    with pytest.raises(GeneratorError) as refused:
        build_hooked(crunch, change)
    start, _, end = f"the definition that the hooks extract_state_machine returned{text}".partition("1,053,0xx")
    assert str(refused.value).startswith(start)
    assert str(refused.value).endswith(end)


def test_a_hook_that_breaks_the_flow(crunch):
    def change(definition):
        del definition["States"][SUMMARISE]
        return definition

    with pytest.raises(GeneratorError) as refused:
        build_hooked(crunch, change)
    assert all(
        line.startswith("the definition that the hooks extract_state_machine returned: /") for line in refused.value.faults
    )
    assert len(refused.value.faults) >= 2


def test_a_pipeline_file(tmp_path: Path, crunch):
    file = tmp_path / "extract.toml"
    toml = '[pipeline]\nname = "mine"\n\n[machine]\nmax_concurrency = 3\nretries = false\n\n[job_types.crunch]\nqueue = "q"\n'
    file.write_text(toml)
    built = build_pipeline(read_pipeline(file), Registry.of(crunch()))
    assert '"retry_loop": false' in built.to_json()
    assert built.name == "mine"
    assert '"max_concurrency": 3' in built.to_json()
    assert json.loads(built.to_json()) == built.definition


def test_faults_have_a_line_in_the_file(tmp_path: Path, crunch):
    file = tmp_path / "extract.toml"
    file.write_text('[pipeline]\nname = "mine"\n\n[job_types.crunch]\nqueu = "q"\n')
    with pytest.raises(ConfigError) as refused:
        build_pipeline(read_pipeline(file), Registry.of(crunch()))
    assert str(refused.value) == (
        "extract.toml:4:1: job_types.crunch.queue: is missing, and job type 'crunch' needs it\n"
        "extract.toml:5:1: job_types.crunch.queu: no such key here; did you mean 'queue'?"
    )


def test_a_distributed_map_may_start_its_children_and_use_the_folder_of_runs(build_types, crunch):
    built = build_types(crunch(), map="DISTRIBUTED", runs_uri="s3://lake/extract/runs/")
    states, lake = "arn:aws:states:eu-central-1:123456789012", "arn:aws:s3:::lake/extract/runs/*"
    children = f"{states}:execution:extract/Tables:*"
    assert {statement.actions: statement.resources for statement in built.statements[3:]} == {
        ("states:StartExecution",): (f"{states}:stateMachine:extract",),
        ("states:DescribeExecution", "states:StopExecution"): (children, f"{states}:execution:extract:*"),
        ("states:RedriveExecution",): (children,),
        ("s3:GetObject",): (f"{lake}/items.jsonl",),
        ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"): (f"{lake}/map/*",),
    }
    assert build_types(crunch(), map="INLINE", runs_uri="s3://lake/").statements == built.statements[:3]


def test_job_types_know_the_mode_of_the_map(build_types, crunch):
    class Curious(crunch):
        def branch(self, target):
            seen.append(target.map_mode)
            return super().branch(target)

    seen = []
    for mode in ("INLINE", "DISTRIBUTED"):
        build_types(Curious(), map=mode)
    assert seen == ["INLINE", "DISTRIBUTED"]
