"""The contract as a pytest class: subclass it in a test module and set three attributes; every check becomes a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from extract_core.registry.values import FrozenPlugin
from extract_testing.breaches import NotChecked
from extract_testing.checks import CHECKS
from extract_testing.subject.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType
    from extract_testing.check import Check


class JobTypeContract:
    """Every check of the plugin contract, for one job type.

    Set three attributes::

        class TestBatch(JobTypeContract):
            job_type = Batch()
            deployment = {"job_queue": "extracts"}
            settings_examples = [{}, {"vcpus": 4}]

    A failed test names the plugin, the place and the remedy. A check that cannot run here (botocore is missing, or the job type
    cannot run on one machine) is skipped with the reason: ``pytest -rs``.
    """

    job_type: ClassVar[AnyJobType]
    """An instance of your job type."""
    deployment: ClassVar[Mapping[str, Json]]
    """What a user would write under ``[job_types.<name>]`` of extract.toml."""
    settings_examples: ClassVar[Sequence[Mapping[str, Json]]]
    """Settings as tables would have them, at least one example. Use each setting in one of them."""
    task_results: ClassVar[Mapping[str, Sequence[Json]]] = {}
    """For a branch of several Tasks: the results per state, one after the other. The last one repeats."""

    plugin: ClassVar[str] = ""
    """The module that your entry point names. With it, the hooks of the plugin are checked too."""

    def _subject(self) -> Subject:
        """One subject for all tests of the class, so that each method of the job type is called once."""
        cls = type(self)
        subject: Subject | None = cls.__dict__.get("_shared_subject")
        if subject is None:
            plugin = FrozenPlugin(self.job_type.name, self.plugin, self.plugin, "0") if self.plugin else None
            examples = self.settings_examples
            subject = Subject(self.job_type, self.deployment, examples, task_results=self.task_results, plugin=plugin)
            cls._shared_subject = subject  # type: ignore[attr-defined] # per subclass, never on this class
        return subject


def _test_of(check: Check) -> Callable[[JobTypeContract], None]:
    def test(self: JobTypeContract) -> None:
        __tracebackhide__ = True  # pytest shows the breach, not the kit
        try:
            check(self._subject())
        except NotChecked as reason:
            import pytest

            pytest.skip(str(reason))

    test.__name__ = f"test_{check.name}"
    test.__qualname__ = f"{JobTypeContract.__qualname__}.{test.__name__}"
    test.__doc__ = check.rule
    return test


for _check in CHECKS:
    setattr(JobTypeContract, f"test_{_check.name}", _test_of(_check))
