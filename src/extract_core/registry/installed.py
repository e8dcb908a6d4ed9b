"""The registry: which plugins work, which do not and why, and the calls of the plugins' hooks, one by one."""

from __future__ import annotations

import copy
from collections.abc import Container, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from extract_core.dataclass import dataclass
from extract_core.errors import JobTypeConflict, JobTypeNotInstalled, PluginError
from extract_core.registry.checking import job_types_of
from extract_core.registry.entry_points import Provider
from extract_core.registry.isolation import PluginFault, isolated
from extract_core.registry.values import BrokenPlugin, InstalledJobType, PluginInfo
from extract_core.wording import did_you_mean, how_to_install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger

    from pluggy import HookCaller

    from extract_core.contract import D, Json, TableRun
    from extract_core.registry.values import AnyJobType

_HOW_TO_INSTALL = f"for example, {how_to_install('extract-sfn-glue')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All is sorted by name, so that the same installation gives the same output.

    `job_types` can be used. `broken` plugins can't be used, or only in part; `conflicts` are job types that several plugins
    offer, so that none provides them; `blocked` are the plugins named in EXTRACT_DISABLE_PLUGINS; `notices` are lines for people.
    `amend_only` are the job types whose tables the hook extract_amend_arguments of a plugin gets; one that is not there gets all.
    `settings` are the sections [plugins.<name>] of extract.toml.
    """

    job_types: Mapping[str, InstalledJobType]
    broken: tuple[BrokenPlugin, ...] = ()
    blocked: tuple[str, ...] = ()
    plugins: tuple[PluginInfo, ...] = ()
    conflicts: Mapping[str, tuple[Provider, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    amend_only: Mapping[Provider, frozenset[str]] = field(default_factory=dict)
    hook_calls: Mapping[str, tuple[tuple[Provider, HookCaller], ...]] = field(default_factory=dict, repr=False, compare=False)
    settings: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    @classmethod
    def of(cls, *job_types: AnyJobType) -> Registry:
        """A registry of these job types only, for tests and embedding. Raises PluginError as in strict mode."""
        try:
            checked, faults = job_types_of(job_types)
            if faults:
                raise faults[0]
        except PluginFault as fault:
            raise PluginError(fault.cause.replace("its hook extract_job_types returned", "Registry.of was given")) from fault
        installed = {
            job_type.name: InstalledJobType(job_type, Provider(job_type.name, "(embedded)", "0")) for job_type in checked
        }
        plugins = [PluginInfo(installed[name].provider, (name,), ("extract_job_types",)) for name in sorted(installed)]
        return cls(job_types=MappingProxyType(dict(sorted(installed.items()))), plugins=tuple(plugins))

    def job_type(self, name: str) -> AnyJobType:
        """The job type of this name. JobTypeNotInstalled says why it is not available and what to do."""
        if name in self.job_types:
            return self.job_types[name].job_type
        raise JobTypeNotInstalled(f"job type {name!r} {self._missing(name)}")

    def _missing(self, name: str) -> str:
        if name in self.conflicts:
            return conflict_cause(self.conflicts[name])
        causes = [str(plugin) for plugin in self.broken if name == plugin.provider.plugin or name in plugin.job_types]
        if causes:
            return f"is not available, since a plugin is broken: {'; '.join(causes)}"
        if name in self.blocked:
            return f"is not available: EXTRACT_DISABLE_PLUGINS blocks the plugin {name!r}"
        if not self.job_types:
            others = ", ".join(str(plugin.provider) for plugin in self.broken)
            return f"is not installed, nor is any other; {f'broken: {others}' if others else _HOW_TO_INSTALL}"
        near = did_you_mean(name, self.job_types)
        return f"is not installed{f'{near} (' if near else ' ('}installed: {', '.join(self.job_types)})"

    def without(self, causes: Mapping[str, str]) -> Registry:
        """The same without these job types, whose plugins are broken for the causes given."""
        faults = [BrokenPlugin(self.job_types[name].provider, cause, (name,)) for name, cause in causes.items()]
        return replace(
            self,
            job_types=MappingProxyType({name: entry for name, entry in self.job_types.items() if name not in causes}),
            broken=tuple(sorted((*self.broken, *faults), key=lambda entry: (entry.provider, entry.cause))),
            plugins=tuple(
                replace(entry, job_types=tuple(name for name in entry.job_types if name not in causes)) for entry in self.plugins
            ),
        )

    def without_plugins(self, causes: Mapping[Provider, str]) -> Registry:
        """The same without these plugins: nothing of a broken plugin is used, neither its job types nor its hooks."""
        theirs = {name: causes[entry.provider] for name, entry in self.job_types.items() if entry.provider in causes}
        rest = self.without(theirs)
        named = {fault.provider for fault in rest.broken}
        faults = [BrokenPlugin(provider, cause) for provider, cause in causes.items() if provider not in named]
        calls = {hook: tuple(call for call in calls if call[0] not in causes) for hook, calls in self.hook_calls.items()}
        return replace(
            rest,
            broken=tuple(sorted((*rest.broken, *faults), key=lambda entry: (entry.provider, entry.cause))),
            plugins=tuple(info for info in rest.plugins if info.provider not in causes),
            hook_calls=MappingProxyType(calls),
        )

    def versions(self) -> dict[str, str]:
        """Version by distribution, of all plugins that work."""
        return dict(sorted((plugin.provider.distribution, plugin.provider.version) for plugin in self.plugins))

    def amend_arguments(self, table: TableRun[D], reserved: Container[str] = ()) -> TableRun[D]:
        """The table's run with the job arguments that plugins add or replace (hook extract_amend_arguments).

        Raises PluginError with the name of a plugin that raises, returns anything but a mapping of text to text, or gives an
        argument that is `reserved`.
        """
        hook = "extract_amend_arguments"
        for provider, call in self.hooks(hook):
            if provider in self.amend_only and table.job_type not in self.amend_only[provider]:
                continue
            for added in _called(hook, provider, call, table=table, job_type=table.job_type):
                if not isinstance(added, Mapping):
                    raise PluginError(f"{provider}: its hook {hook} returned {added!r}; return a mapping or None")
                for key, value in added.items():
                    if not isinstance(key, str) or not isinstance(value, str):
                        raise PluginError(f"{provider}: its hook {hook} returned {{{key!r}: {value!r}}}; both must be text")
                    if key in reserved:
                        raise PluginError(f"{provider}: its hook {hook} returned {key!r}; extract sets this argument itself")
                table = replace(table, job_arguments={**table.job_arguments, **added})
        return table

    def with_settings(self, sections: Mapping[str, Mapping[str, Json]]) -> Registry:
        """The same with the sections [plugins.<name>], by name. They switch plugins with the hook extract_settings on."""
        return replace(self, settings=sections)

    def is_on(self, provider: Provider) -> bool:
        """Whether the hooks of this plugin are called: it has no hook extract_settings, or its section is there."""
        needs = any(provider == other for other, _ in self.hook_calls.get("extract_settings", ()))
        return not needs or provider.plugin in self.settings

    def hooks(self, hook: str) -> Iterator[tuple[Provider, HookCaller]]:
        """The calls of a hook, in their order, of the plugins that are on."""
        return ((provider, call) for provider, call in self.hook_calls.get(hook, ()) if self.is_on(provider))

    def tell(self, hook: str, log: Logger, **arguments: object) -> None:
        """Call a hook that returns nothing, of all plugins, each with its settings. Never raises; failures are logged.

        The text of a ValueError is for a user, so it is logged without the lines of code.
        """
        for provider, call in self.hooks(hook):
            try:
                with isolated(f"its hook {hook}"):
                    call(**arguments, settings=self.settings.get(provider.plugin, {}))
            except PluginFault as fault:
                log.error("%s: %s", provider, fault.cause, exc_info=not isinstance(fault.__cause__, ValueError) and fault)  # noqa: TRY400 - the same, with our own text

    def state_machine(self, definition: dict[str, Json]) -> dict[str, Json]:
        """The definition as plugins change it (hook extract_state_machine). Raises PluginError naming the plugin.

        Each plugin gets a copy. Its changes count only if it returns them.
        """
        hook = "extract_state_machine"
        for provider, call in self.hooks(hook):
            for changed in _called(hook, provider, call, definition=copy.deepcopy(definition)):
                if not isinstance(changed, dict):
                    raise PluginError(f"{provider}: its hook {hook} returned {changed!r}; return a definition or None")
                definition = changed
        return definition


def _called(hook: str, provider: Provider, call: HookCaller, **arguments: object) -> list[object]:
    """What one plugin returns: nothing (for None) or one thing."""
    try:
        with isolated(f"its hook {hook}"):
            results: list[object] = call(**arguments)
    except PluginFault as fault:
        raise PluginError(f"{provider}: {fault.cause}") from fault
    return results


def conflict_cause(providers: tuple[Provider, ...]) -> str:
    """Why a job type that several plugins offer is provided by none."""
    names = ", ".join(map(str, providers))
    remedy = "uninstall all but one, or block the others with EXTRACT_DISABLE_PLUGINS"
    return f"is offered by {len(providers)} plugins, so none of them provides it: {names}; {remedy}"


def refuse_trouble(registry: Registry) -> None:
    """Strict mode: raise PluginError with everything that is wrong (JobTypeConflict, if conflicts are all)."""
    conflicts = [f"job type {name!r} {conflict_cause(providers)}" for name, providers in registry.conflicts.items()]
    in_conflict = {conflict_cause(providers) for providers in registry.conflicts.values()}
    broken = [str(plugin) for plugin in registry.broken if not any(plugin.cause.endswith(cause) for cause in in_conflict)]
    text = "\n".join(["these plugins can't be used:", *(f"- {line}" for line in broken + conflicts)])
    if broken:
        names = ",".join(sorted({plugin.provider.plugin for plugin in registry.broken if str(plugin) in broken}))
        raise PluginError(f"{text}\nfix, upgrade or uninstall them, or block them: EXTRACT_DISABLE_PLUGINS={names}")
    if conflicts:
        raise JobTypeConflict(text)
