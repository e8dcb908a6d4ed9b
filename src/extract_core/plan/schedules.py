"""Check the events of [schedules] against the configs of their sources: an event whose run must fail is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import UsageError
from extract_core.pipeline.toml_reading import places_in
from extract_core.plan.event import read_event
from extract_core.plan.select import select_tables
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from extract_core.config.model import SourceConfig
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline


def schedule_findings(
    pipeline: Pipeline, configs: Mapping[str, SourceConfig], *, is_elsewhere: Callable[[str], bool] = lambda _: False
) -> list[Finding]:
    """What is wrong with the events: their keys, a source without a config, a pattern that matches no table.

    `configs` are those at hand, by source. `is_elsewhere` says whether a source has a config in another place: its tables are
    not checked. Tables of ``failed:RUN`` are known only when the schedule fires.
    """
    if not pipeline.schedules:
        return []
    finding, findings = places_in(pipeline), []
    for name, schedule in sorted(pipeline.schedules.items()):
        try:
            event = read_event(schedule.event)
            config = configs.get(event.source)
            if config is not None:
                select_tables(config, event, failed=_any_of(config))
            elif not is_elsewhere(event.source):
                known = f"; there are: {', '.join(sorted(configs))}" if configs else ""
                hint = did_you_mean(event.source, configs) or known
                raise UsageError(f"there is no config of the source {event.source!r}{hint}")  # noqa: TRY301 - one more fault
        except UsageError as error:
            findings.append(finding(f"schedules.{name}.event", str(error)))
    return findings


def _any_of(config: SourceConfig) -> Callable[[str], Collection[str]]:
    return lambda _run_id: config.tables
