"""The checks of the plugin contract, by theme: plain functions of a Subject, used by JobTypeContract and `extract plugins check`.

Each returns None where the contract is kept, raises ContractBroken with everything that is wrong, or NotChecked with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.checks.arguments import arguments_hold_what_the_branch_reads, requests_have_the_services_types
from extract_testing.checks.branch import branch_fits_any_partition, branch_keeps_the_item, state_names_fit
from extract_testing.checks.identity import answers, identity
from extract_testing.checks.imports import imports_stay_light
from extract_testing.checks.json_values import values_survive_json
from extract_testing.checks.language import branch_is_states_language, result_selectors_read_what_is_sent
from extract_testing.checks.local import local_command_carries_the_arguments, local_ends_read_as_they_were
from extract_testing.checks.loops import loops_are_bounded
from extract_testing.checks.names import jobs_have_names_of_their_own
from extract_testing.checks.permissions import permissions_are_exact, permissions_cover_the_branch
from extract_testing.checks.questions import questions_are_allowed
from extract_testing.checks.retries import retries_start_no_job_twice
from extract_testing.checks.roles import passed_roles_are_allowed
from extract_testing.checks.secrets import arguments_hold_no_secret
from extract_testing.checks.settings import settings_refuse_unknown_keys
from extract_testing.checks.status import status_is_honest, status_is_total, status_says_why
from extract_testing.checks.waiting import the_branch_waits_for_the_job
from extract_testing.checks.words import only_success_words_are_green

if TYPE_CHECKING:
    from collections.abc import Callable

    from extract_testing.subject import Subject

CHECKS: Final[tuple[Callable[[Subject], None], ...]] = (
    identity,
    answers,
    imports_stay_light,
    settings_refuse_unknown_keys,
    values_survive_json,
    state_names_fit,
    branch_is_states_language,
    branch_keeps_the_item,
    the_branch_waits_for_the_job,
    loops_are_bounded,
    branch_fits_any_partition,
    arguments_hold_what_the_branch_reads,
    requests_have_the_services_types,
    jobs_have_names_of_their_own,
    arguments_hold_no_secret,
    result_selectors_read_what_is_sent,
    permissions_cover_the_branch,
    passed_roles_are_allowed,
    permissions_are_exact,
    questions_are_allowed,
    retries_start_no_job_twice,
    status_is_total,
    status_is_honest,
    only_success_words_are_green,
    status_says_why,
    local_command_carries_the_arguments,
    local_ends_read_as_they_were,
)
"""All of them, in the order in which one reads a job type."""

__all__ = [
    "CHECKS",
    "answers",
    "arguments_hold_no_secret",
    "arguments_hold_what_the_branch_reads",
    "branch_fits_any_partition",
    "branch_is_states_language",
    "branch_keeps_the_item",
    "identity",
    "imports_stay_light",
    "jobs_have_names_of_their_own",
    "local_command_carries_the_arguments",
    "local_ends_read_as_they_were",
    "loops_are_bounded",
    "only_success_words_are_green",
    "passed_roles_are_allowed",
    "permissions_are_exact",
    "permissions_cover_the_branch",
    "questions_are_allowed",
    "requests_have_the_services_types",
    "result_selectors_read_what_is_sent",
    "retries_start_no_job_twice",
    "settings_refuse_unknown_keys",
    "state_names_fit",
    "status_is_honest",
    "status_is_total",
    "status_says_why",
    "the_branch_waits_for_the_job",
    "values_survive_json",
]
