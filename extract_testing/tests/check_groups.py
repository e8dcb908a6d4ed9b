"""Groups of checks that only some tests run."""

from __future__ import annotations

SLOW = {"imports_stay_light", "status_never_raises", "status_reports_no_false_success"}
"""They start a process or generate hundreds of outcomes, so they run only where a test needs them."""
APART = {"calls_leave_no_trace", "same_input_same_output"}
"""They read the reports of two separate processes."""
OF_WHOLE_PLUGINS = {
    *(*APART, "hooks_work_for_every_table", "the_machine_runs", "settings_are_read"),
    *("escalation_grows", "functions_can_be_deployed", "http_tasks_can_call", "polling_follows_the_job"),
    *("answers_have_the_services_shape", "states_read_what_answers_have", "failures_have_the_right_class"),
    *("values_arrive_unchanged", "permissions_are_on_what_is_requested"),
}
"""They are tested with the whole plugins in seeded/, and here only where a test names them."""
