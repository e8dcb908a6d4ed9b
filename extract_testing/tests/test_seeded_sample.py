"""A sample of the seeded plugins, one fault per mechanism; `make kit-score` runs all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "seeded"))

from seeded import SLOW, faults, judged_fault, judged_right

from extract_testing import CHECKS

APART = ("calls_leave_no_trace", "same_input_same_output")

SAMPLE = {
    "branch013": "polling_follows_the_job",  # polling goes on after a failure
    "branch003": "branch_keeps_the_item",
    "branch051": "http_tasks_can_call",
    "status022": "words_are_the_services",  # the state member in camelCase
    "later019": "answers_have_the_services_shape",
    "status032": "failures_have_the_right_class",
    "purity009": "same_input_same_output",  # hash() in the name
    "purity030": "methods_return_the_right_types",  # Python's own ValueError
    "purity052": "calls_leave_no_trace",  # logging is configured at import
    "purity073": "settings_are_read",
    "purity082": "escalation_grows",
    "roles012": "permissions_are_exact",
    "roles024": "functions_can_be_deployed",
    "roles052": "diagnose_and_stop_make_valid_calls",
    "roles073": "hooks_work_for_every_table",
    "later001": "words_are_the_services",  # an end among not_ends
    "later065": "calls_leave_no_trace",  # kept on the instance before the kit looks
    "later092": "arguments_are_used",  # a slash at the end
    "later079": "values_arrive_unchanged",  # empty
    "later094": "values_arrive_unchanged",  # the order
    "later122": "calls_leave_no_trace",  # the network, by a module that is imported with named arguments
    "later126": "calls_leave_no_trace",  # a signal handler
    "later179": "escalation_grows",
    "later193": "permissions_are_on_what_is_requested",  # each cluster
    "later202": "permissions_are_on_what_is_requested",  # what tables may choose
    "later206": "permissions_are_on_what_is_requested",  # another account
    "later257": "diagnose_and_stop_make_valid_calls",  # the id in the answer to the start
    "later270": "diagnose_and_stop_make_valid_calls",  # the reason is never read
}


@pytest.mark.parametrize("number", SAMPLE)
def test_a_seeded_fault_is_found_by_the_check_for_it(number, tmp_path):
    [fault] = [fault for fault in faults() if fault.number == number]
    verdict = judged_fault(fault, tmp_path, only=[SAMPLE[number]])
    assert list(verdict.breaches) == [SAMPLE[number]], (fault.says, verdict)
    assert fault.base in verdict.breaches[SAMPLE[number]]  # the message names the plugin


ONE_CAUSE = {
    "purity024": ({"local_command_carries_the_arguments": 1}, ["values_arrive_unchanged"]),
    "branch020": ({"polling_follows_the_job": 2}, []),  # the loop ends at once: for each word, and for a job without an end
    "branch046": ({"http_tasks_can_call": 1}, ["the_machine_runs"]),  # ApiEndpoint is called Endpoint
    "later308": ({"http_tasks_can_call": 1}, ["the_machine_runs"]),
    "later150": ({"requests_match_the_api": 1}, ["the_machine_runs"]),
    "branch049": ({"http_tasks_can_call": 3}, ["the_machine_runs"]),  # one line per state
    "later081": ({"arguments_are_used": 1}, ["local_command_carries_the_arguments", "values_arrive_unchanged"]),
    "later080": ({"values_arrive_unchanged": 1}, []),  # three values, in two methods
    "later314": ({"branch_is_valid_asl": 1}, ["requests_match_the_api", "the_machine_runs"]),
    "later320": ({"state_names_fit": 1}, ["the_machine_runs"]),
    "later021": ({"words_are_the_services": 1}, ["answers_have_the_services_shape", "diagnose_and_stop_make_valid_calls"]),
}
"""By fault: the lines of each broken check, and the checks that are left out because they would say the same again."""


@pytest.mark.parametrize("number", ONE_CAUSE)
def test_one_mistake_is_one_finding(number, tmp_path):
    lines, left_out = ONE_CAUSE[number]
    [fault] = [fault for fault in faults() if fault.number == number]
    verdict = judged_fault(
        fault, tmp_path, to_the_end=True, only=[*{*lines, *left_out, "the_machine_runs", "requests_match_the_api"}]
    )
    assert {name: text.count("\n") + 1 for name, text in verdict.breaches.items()} == lines, verdict.breaches
    repeated = [name for name, reason in verdict.left_out.items() if reason.endswith(" is broken; fix that first")]
    assert sorted(repeated) == sorted(left_out)


def test_a_right_plugin_that_polls_breaks_nothing():
    verdict = judged_right("tidy_shell")
    assert (verdict.breaches, verdict.crashes, verdict.left_out) == ({}, {}, {})


@pytest.mark.parametrize("base", ["tidy_athena", "tidy_dms", "tidy_pair"])
def test_right_plugins_of_odd_shapes_raise_no_alarm(base):
    """One statement for two kinds of things, a clock in JSONata, a good end that is not a word, two job types in a package."""
    quick = [
        check.name for check in CHECKS if check.name not in {*SLOW, *APART, "the_machine_runs", "hooks_work_for_every_table"}
    ]
    verdict = judged_right(base, only=quick)
    assert (verdict.breaches, verdict.crashes) == ({}, {})


def test_every_edit_of_every_fault_fits_its_plugin(tmp_path):
    names = [fault.written(tmp_path) for fault in faults()]
    assert len(set(names)) == len(names) > 150
