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
    "status022": "answers_have_the_services_shape",
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
    "later092": "values_arrive_unchanged",  # a slash at the end
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
