"""The contract as a pytest class: subclass it in a test module, set three attributes, and every check is a test of yours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from extract_testing import checks
from extract_testing.broken import NotChecked
from extract_testing.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType


class JobTypeContract:
    """Every check of the plugin contract, for one job type.

    Set three attributes::

        class TestBatch(JobTypeContract):
            job_type = Batch()
            deployment = {"job_queue": "extracts"}
            settings_examples = [{}, {"vcpus": 4}]

    A test fails with the plugin, the place and the remedy. One that can't be made here (no botocore, a job type that can't run
    on one machine) is skipped, and says why: ``pytest -rs``.
    """

    job_type: ClassVar[AnyJobType]
    """An instance of your job type."""
    deployment: ClassVar[Mapping[str, Json]]
    """What a user would write under ``[job_types.<name>]`` of extract.toml."""
    settings_examples: ClassVar[Sequence[Mapping[str, Json]]]
    """Settings as tables would have them, at least one: make each setting appear in one of them."""
    task_results: ClassVar[Mapping[str, Sequence[Json]]] = {}
    """For a branch of several Tasks: by state, the results that it gives one after the other (the last one again and again)."""

    def _keeps(self, check: Callable[[Subject], None]) -> None:
        __tracebackhide__ = True  # pytest shows the breach, not the kit
        cls = type(self)
        subject = cls.__dict__.get("_subject")
        if subject is None:
            subject = Subject(self.job_type, self.deployment, self.settings_examples, task_results=self.task_results)
            cls._subject = subject  # type: ignore[attr-defined] # one for all tests of the class: each answer is asked for once
        try:
            check(subject)
        except NotChecked as reason:
            import pytest

            pytest.skip(str(reason))

    def test_identity(self) -> None:
        """Name, title and api_version are as the registry wants them."""
        self._keeps(checks.identity)

    def test_answers(self) -> None:
        """Every method answers, in the kind that the contract names."""
        self._keeps(checks.answers)

    def test_imports_stay_light(self) -> None:
        """Importing the job type imports neither boto3, pydantic nor rich."""
        self._keeps(checks.imports_stay_light)

    def test_settings_refuse_unknown_keys(self) -> None:
        """Neither settings nor deployment takes a key that nobody knows."""
        self._keeps(checks.settings_refuse_unknown_keys)

    def test_values_survive_json(self) -> None:
        """Arguments, settings and deployment come back from JSON as they were."""
        self._keeps(checks.values_survive_json)

    def test_state_names_fit(self) -> None:
        """State names are unique, prefixed by the title, and at most 80 characters long."""
        self._keeps(checks.state_names_fit)

    def test_branch_is_states_language(self) -> None:
        """Step Functions takes the branch."""
        self._keeps(checks.branch_is_states_language)

    def test_branch_keeps_the_item(self) -> None:
        """The item goes on to the status handler, however the job ends."""
        self._keeps(checks.branch_keeps_the_item)

    def test_the_branch_waits_for_the_job(self) -> None:
        """What is started without .sync is asked for its end, and can be stopped."""
        self._keeps(checks.the_branch_waits_for_the_job)

    def test_loops_are_bounded(self) -> None:
        """A loop of states comes to an end, whatever the service says."""
        self._keeps(checks.loops_are_bounded)

    def test_branch_fits_any_partition(self) -> None:
        """Nothing in the branch is of the partition aws alone."""
        self._keeps(checks.branch_fits_any_partition)

    def test_arguments_hold_what_the_branch_reads(self) -> None:
        """Every path that the branch reads is built."""
        self._keeps(checks.arguments_hold_what_the_branch_reads)

    def test_requests_have_the_services_types(self) -> None:
        """Every request has the JSON types, lengths and patterns of the service's API."""
        self._keeps(checks.requests_have_the_services_types)

    def test_jobs_have_names_of_their_own(self) -> None:
        """No two tables, attempts or runs share a name that the service takes once."""
        self._keeps(checks.jobs_have_names_of_their_own)

    def test_arguments_hold_no_secret(self) -> None:
        """Nothing secret is in the arguments."""
        self._keeps(checks.arguments_hold_no_secret)

    def test_result_selectors_read_what_is_sent(self) -> None:
        """No ResultSelector names an optional member."""
        self._keeps(checks.result_selectors_read_what_is_sent)

    def test_permissions_cover_the_branch(self) -> None:
        """The permissions are enough, stop included."""
        self._keeps(checks.permissions_cover_the_branch)

    def test_passed_roles_are_allowed(self) -> None:
        """iam:PassRole is allowed on each role that a request passes."""
        self._keeps(checks.passed_roles_are_allowed)

    def test_permissions_are_exact(self) -> None:
        """The permissions name actions and resources."""
        self._keeps(checks.permissions_are_exact)

    def test_questions_are_allowed(self) -> None:
        """diagnose() and stop() call nothing that their own permissions don't name."""
        self._keeps(checks.questions_are_allowed)

    def test_retries_start_no_job_twice(self) -> None:
        """No retrier repeats a job that may have started."""
        self._keeps(checks.retries_start_no_job_twice)

    def test_status_is_total(self) -> None:
        """status() answers whatever it is given."""
        self._keeps(checks.status_is_total)

    def test_status_is_honest(self) -> None:
        """status() says SUCCEEDED for its own service's success alone."""
        self._keeps(checks.status_is_honest)

    def test_only_success_words_are_green(self) -> None:
        """Of the words that the service has for a job's state, only those for success are SUCCEEDED."""
        self._keeps(checks.only_success_words_are_green)

    def test_status_says_why(self) -> None:
        """The message of a failure holds the reason."""
        self._keeps(checks.status_says_why)

    def test_local_command_carries_the_arguments(self) -> None:
        """The local command has every job argument, unchanged."""
        self._keeps(checks.local_command_carries_the_arguments)

    def test_local_ends_read_as_they_were(self) -> None:
        """Good, bad and injected local ends read as what they are."""
        self._keeps(checks.local_ends_read_as_they_were)
