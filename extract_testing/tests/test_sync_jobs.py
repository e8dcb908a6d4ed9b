"""Each faulty SyncJob is caught by its own check, and by no other; the whole message is compared. Right ones pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import faulty_gongs as faulty
import pytest
from acme_big_gong import Gong

from extract_core import PolledJob, SyncJob
from extract_core.parsing.payload import member
from extract_testing import CHECKS, Subject
from extract_testing.made_from import MADE_FROM

HERE = Path(__file__).parent
DEPLOYMENT = {"queue": "night"}
FAULTS = {
    "TextForATuple": "identity",
    "MethodMisspelt": "identity",
    "BraceOfNoField": "methods_return_the_right_types",
    "FailureMisspelt": "words_are_the_services",
    "NotEndOfAnotherService": "words_are_the_services",
    "EndLeftOut": "words_are_the_services",
    "TwoMeanings": "words_are_the_services",
    "IdMisspelt": "words_are_the_services",
    "StateMisspelt": "words_are_the_services",
    "ReasonMisspelt": "words_are_the_services",
    "StartOfAnotherService": "words_are_the_services",
    "KeyIsAMapping": "diagnose_and_stop_make_valid_calls",
    "KeyIsANumber": "diagnose_and_stop_make_valid_calls",
    "KeyNamesNothing": "diagnose_and_stop_make_valid_calls",
    "DescribesWithAMisspeltMember": "diagnose_and_stop_make_valid_calls",
    "DescribesByNoOperation": "diagnose_and_stop_make_valid_calls",
    "StopsWithATypo": "diagnose_and_stop_make_valid_calls",
    "StopsAtAnotherService": "diagnose_and_stop_make_valid_calls",
    "SwallowsTheRefusal": "diagnose_and_stop_make_valid_calls",
    "ReadsNotAll": "arguments_are_used",
    "ForgetsTheJobsArguments": "arguments_are_used",
    "ReplacesALetter": "arguments_are_used",
    "TimeoutTooShort": "timeout_covers_the_job",
    "RetriesAnErrorOfAnotherService": "retries_start_no_job_twice",
    "RetriesWithoutPrefix": "retries_start_no_job_twice",
    "PollsAndNeverStops": "branch_waits_for_the_job",
    "TitleOfAnother": "state_names_fit",
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_caught_by_its_check_alone(name, broken_by, golden):
    breaches, _ = broken_by(getattr(faulty, name)(), DEPLOYMENT, [{}])
    assert list(breaches) == [FAULTS[name]]
    message = re.sub(r"\.py:\d+", ".py:LINE", breaches[FAULTS[name]])
    golden(HERE / "golden" / f"{name}.txt", re.sub(r"local-[0-9a-f]{32}", "local-ID", message) + "\n")


def test_every_faulty_gong_is_tried():
    gongs = {name for name, cls in vars(faulty).items() if isinstance(cls, type) and issubclass(cls, Gong)}
    assert gongs == {*FAULTS, "Gong"}


@pytest.fixture(scope="module")
def good():
    return Subject(Gong(), DEPLOYMENT, [{}, {"timeout_minutes": 10, "queue_minutes": 5}])


@pytest.mark.xdist_group("good gong")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_good_gong_passes_every_check(check, good, passes):
    passes(check, good)


def test_unread_arguments_are_not_reported(broken_by):
    class Query(faulty.ForgetsTheJobsArguments):
        unread_arguments = ("job_arguments",)

    class Noted(faulty.ReadsNotAll):
        unread_arguments = ("queue",)

    for job_type in (Query(), Noted()):
        assert broken_by(job_type, DEPLOYMENT, [{}])[0] == {}


def test_a_job_type_that_shares_jobs_must_carry_the_object_of_its_tables(broken_by):
    class Shares(Gong):
        shares = True

    class Query(faulty.ForgetsTheJobsArguments):
        unread_arguments = ("job_arguments",)
        shares = True

    class ReadsNoObject(Gong):
        shares = True

        def arguments(self, table, settings):
            if any(value.endswith("/attempt=1.json") for value in table.job_arguments.values()):
                raise ValueError("an object of arguments is refused: pass them one by one")
            return super().arguments(table, settings)

    assert broken_by(Shares(), DEPLOYMENT, [{}])[0] == {}
    [(check, message)] = broken_by(Query(), DEPLOYMENT, [{}])[0].items()
    assert (check, "shares is set, and unread_arguments" in message) == ("arguments_are_used", True)
    messages = broken_by(ReadsNoObject(), DEPLOYMENT, [{}])[0].values()
    assert any("a job that tables share" in message and "shares = False" in message for message in messages)


def test_an_error_of_a_service_without_a_table_is_compared_with_its_model():
    from extract_testing.services.error_names import fault_of

    assert fault_of("DataBrew.ConflictException", "databrew") is None
    assert fault_of("DataBrew.AWSGlueDataBrewException", "databrew") is None
    assert fault_of("DataBrew.ConflictExceptoin", "databrew") == (
        "'DataBrew.ConflictExceptoin' never matches: the service has no such error",
        "write 'DataBrew.ConflictException'",
    )
    assert fault_of("ConflictException", "databrew")[0].endswith("Step Functions puts the service before each error")
    assert fault_of("ActiveStatementsExceededException", "lambda") is None


def test_a_key_from_the_arguments_is_complete(broken_by):
    class ByName(Gong):
        def key(self, job, arguments):
            return (member(arguments, "job_name"),)

    assert broken_by(ByName(), DEPLOYMENT, [{}])[0] == {}


@pytest.mark.parametrize("made", [SyncJob, PolledJob])
def test_each_method_is_made_from_members_that_exist(made):
    annotated = {name for cls in made.__mro__ for name in vars(cls).get("__annotations__", {})}
    for method, members in MADE_FROM.items():
        assert getattr(made, method).__module__.startswith("extract_core.sync_job."), method
        lacking = {name for name in members if name not in annotated and not hasattr(made, name.removesuffix("()"))}
        assert lacking <= ({"event_rule"} if made is PolledJob else set())


def test_a_remedy_names_what_the_author_of_a_sync_job_writes(broken_by):
    class WithoutRights(Gong):
        rights: ClassVar = {}

    class OwnPermissions(Gong):
        def permissions(self, target):
            return []

    for job_type, named in ((WithoutRights(), True), (OwnPermissions(), False)):
        message = broken_by(job_type, DEPLOYMENT, [{}])[0]["permissions_cover_the_branch"]
        assert ("(permissions() is made from rights, event_rule, roles(), role_service)" in message) is named
