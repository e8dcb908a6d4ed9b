"""Each faulty job type is caught by its own check, and by no other; the whole message is compared."""

from __future__ import annotations

import re
from pathlib import Path

import acme_drum
import acme_heavy_drum
import faulty_drums as faulty
import pytest
from check_groups import OF_WHOLE_PLUGINS

from extract_testing import CHECKS, Subject

HERE = Path(__file__).parent

CHECKS_OF_FORGES = {"passed_roles_are_allowed", "job_names_are_unique", "only_success_words_succeed"}
"""Only a service with roles, names and state words can break these: test_services_of_their_own."""

CHECKS_OF_GONGS = {
    *("words_are_the_services", "diagnose_and_stop_make_valid_calls"),
    *("arguments_are_used", "timeout_covers_the_job"),
}
"""A SyncJob breaks these: test_sync_jobs."""

FAULTS = {
    "BadName": "identity",
    "WrongContract": "identity",
    "SettingsIsAnInstance": "methods_return_the_right_types",
    "TimeoutInMinutes": "methods_return_the_right_types",
    "BranchRaises": "methods_return_the_right_types",
    "HandlerIsNowhere": "functions_can_be_deployed",
    "EscalatesToADict": "escalation_grows",
    "LooseSettings": "settings_refuse_unknown_keys",
    "ArgumentsWithIntegerKeys": "values_survive_json",
    "ArgumentsWithNull": "values_survive_json",
    "RandomArguments": "values_survive_json",
    "SettingsDoNotComeBack": "values_survive_json",
    "NameWithoutTitle": "state_names_fit",
    "LongName": "state_names_fit",
    "InnerNameTwice": "state_names_fit",
    "ReplacesTheItem": "branch_keeps_the_item",
    "EndsByItself": "branch_keeps_the_item",
    "ResultElsewhere": "branch_keeps_the_item",
    "LosesTheItemInAPass": "branch_keeps_the_item",
    "LoopsForEver": "loops_end",
    "ComparesWhatNothingRaises": "loops_end",
    "WaitsForNothing": "branch_waits_for_the_job",
    "PolledAndNeverStopped": "branch_waits_for_the_job",
    "WrongTarget": "branch_is_valid_asl",
    "UnknownField": "branch_is_valid_asl",
    "UnreachedState": "branch_is_valid_asl",
    "PartitionWrittenDown": "branch_fits_any_partition",
    "ReadsWhatIsNotBuilt": "arguments_hold_what_the_branch_reads",
    "ReadsWhatSomeTablesLack": "arguments_hold_what_the_branch_reads",
    "ReadsWhatNoItemHas": "arguments_hold_what_the_branch_reads",
    "NumberForText": "requests_match_the_api",
    "CamelCase": "requests_match_the_api",
    "MemberMissing": "requests_match_the_api",
    "PasswordInArguments": "arguments_hold_no_secret",
    "UrlWithPassword": "arguments_hold_no_secret",
    "OptionalInResultSelector": "result_selectors_read_required_members",
    "CannotStop": "permissions_cover_the_branch",
    "RuleMisspelt": "permissions_cover_the_branch",
    "AllowsEverything": "permissions_are_exact",
    "OnEverything": "permissions_are_exact",
    "PermissionsOfAwsAlone": "permissions_are_exact",
    "StopsWithoutTheRight": "diagnose_and_stop_are_allowed",
    "RetriesTheJob": "retries_start_no_job_twice",
    "RetriesAll": "retries_start_no_job_twice",
    "RetriesWithoutAnswer": "retries_start_no_job_twice",
    "RetriesInTheWrongCase": "retries_start_no_job_twice",
    "WaitsTooLong": "retries_start_no_job_twice",
    "StatusRaises": "status_never_raises",
    "StatusWithoutClass": "status_never_raises",
    "RetriesTimeouts": "status_never_raises",
    "GreenWithoutError": "status_reports_no_false_success",
    "GreenForAnyService": "status_reports_no_false_success",
    "GreenInACause": "status_reports_no_false_success",
    "SaysLittle": "status_says_why",
    "ForgetsAnArgument": "local_command_carries_the_arguments",
    "JoinsItsArguments": "local_command_carries_the_arguments",
    "LimitIsAText": "local_command_carries_the_arguments",
    "LocalFailureIsGreen": "local_ends_are_read_correctly",
    "StatusIsNone": "local_ends_are_read_correctly",
    "LocalAnswerIsADict": "local_ends_are_read_correctly",
    "LocalAnswerLeaves": "local_ends_are_read_correctly",
    "LocalSuccessIsRed": "local_ends_are_read_correctly",
}
STATUS = ("status_never_raises", "status_reports_no_false_success")
ALSO_BROKEN = {"GreenWithoutError": ["only_success_words_succeed"]}
"""Faults that another check finds too."""


def drums_of(module):
    return {name: cls for name, cls in vars(module).items() if isinstance(cls, type) and issubclass(cls, acme_drum.Drum)}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_caught_by_its_check_alone(name, broken_by, golden):
    breaches, _ = broken_by(getattr(faulty, name)(), also=STATUS if FAULTS[name] in STATUS else [FAULTS[name]])
    assert list(breaches) == [FAULTS[name], *ALSO_BROKEN.get(name, ())]
    golden(HERE / "golden" / f"{name}.txt", re.sub(r"\.py:\d+", ".py:LINE", breaches[FAULTS[name]]) + "\n")


def test_importing_a_heavy_library_is_caught(broken_by):
    breaches, _ = broken_by(acme_heavy_drum.HeavyDrum(), also=["imports_stay_light"])
    assert breaches == {
        "imports_stay_light": "job type 'drum' (acme_heavy_drum.HeavyDrum): module acme_heavy_drum: importing it imports "
        "pydantic; import them inside the methods that need them, and put models into a separate module"
    }


def test_a_secret_of_the_deployment_is_caught_by_its_value(broken_by):
    breaches, _ = broken_by(faulty.SecretOfTheDeployment(), {"queue": "night", "licence": "L-41-42"})
    assert set(breaches) == {"values_survive_json", "arguments_hold_no_secret"}  # a SecretStr does not come back from JSON either
    assert breaches["arguments_hold_no_secret"] == (
        "job type 'drum' (faulty_drums.SecretOfTheDeployment): arguments() of settings example 1, a full extract: "
        "$.arguments.header holds the value of the deployment's licence; pass the name of the secret (db_secret) and let the job "
        "read it: every execution's history shows the arguments (and 17 more of this kind)"
    )


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        (
            {"Name": "DB_PASSWORD", "Value": "hunter2"},
            "$.arguments.more has a Value that looks like a secret by its name, 'DB_PASSWORD'",
        ),
        (["run", "--password", "hunter2"], "$.arguments.more[2] looks like a secret by the '--password' before it"),
        ("run --db-password hunter2", "$.arguments.more holds a password"),
        ("jdbc:postgresql://db/x?user=u&password=hunter2", "$.arguments.more holds a URL with a password"),
        ("Bearer abcdefghijklmnopqrst", "$.arguments.more holds a bearer token"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij", "$.arguments.more holds a JSON Web Token"),
        ("xoxb-123456789012-abcdef", "$.arguments.more holds a token of Slack"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "$.arguments.more holds a token of GitHub or GitLab"),
    ],
)
def test_secrets_are_found_in_every_form(broken_by, secret, problem):
    job_type = faulty.Secretive()
    job_type.secret = secret
    breaches, _ = broken_by(job_type, settings_examples=[{}])
    assert list(breaches) == ["arguments_hold_no_secret"]
    assert problem in breaches["arguments_hold_no_secret"]


@pytest.mark.parametrize(
    "value",
    [
        {"Name": "DB_SECRET_NAME", "Value": "postgres/sales"},
        ["--db_secret", "postgres/sales", "--password-file", "/run/secrets/db"],
        "jdbc:postgresql://db/x?password=${DB_PASSWORD}",
        "Bearer of good news",
        {"Name": "PASSWORD", "Value": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"},
    ],
)
def test_the_name_of_a_secret_is_not_a_secret(broken_by, value):
    job_type = faulty.Secretive()
    job_type.secret = value
    assert broken_by(job_type, settings_examples=[{}])[0] == {}


def test_a_lost_reason_is_caught_in_aws_and_on_this_machine(broken_by):
    breaches, _ = broken_by(faulty.SwallowsTheReason())
    assert set(breaches) == {"status_says_why", "local_ends_are_read_correctly"}


def test_every_faulty_drum_is_tested_and_every_check_has_one():
    tried = {*FAULTS, "Drum", "Secretive", "SecretOfTheDeployment", "SwallowsTheReason"}
    assert set(drums_of(faulty)) == tried
    tested_elsewhere = {*CHECKS_OF_FORGES, *CHECKS_OF_GONGS, *OF_WHOLE_PLUGINS, "imports_stay_light"}
    assert {check.name for check in CHECKS} == {*FAULTS.values(), *tested_elsewhere}


@pytest.fixture(scope="module")
def good(drum):
    return Subject(drum, {"queue": "night"}, [{}, {"vcpus": 4, "sticks": ["birch"]}])


@pytest.mark.xdist_group("good drum")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_good_drum_passes_every_check(check, good, passes):
    passes(check, good)
