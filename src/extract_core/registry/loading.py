"""Load the plugins: import each one, register it with pluggy, get its job types, and resolve conflicts."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pluggy

from extract_core import contract
from extract_core.contract import PROJECT
from extract_core.registry.checking import hooks_of, job_types_of, known_hooks
from extract_core.registry.entry_points import Provider
from extract_core.registry.finding import Plugins, find_plugins
from extract_core.registry.installed import Registry, conflict_cause, refuse_trouble
from extract_core.registry.isolation import PluginFault, isolated, output_to_stderr
from extract_core.registry.pydantic_scan import leave_out
from extract_core.registry.values import AnyJobType, BrokenPlugin, FrozenPlugin, InstalledJobType, PluginInfo
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import ModuleType

DISABLE_VARIABLE: Final = "EXTRACT_DISABLE_PLUGINS"
"""Environment variable: plugin names with commas between, or ``all``. A plugin named there is not imported."""

_AMEND: Final = "extract_amend_arguments"
_FOR_ALL: Final = "amends_all_job_types"
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def discover(
    *, strict: bool = False, frozen: Sequence[FrozenPlugin] | None = None, environ: Mapping[str, str] = os.environ
) -> Registry:
    """Load the installed plugins, or only those in `frozen` (then nothing is scanned and importlib_metadata is not imported).

    A plugin with a fault does not affect the others: it is listed in `Registry.broken`. With `strict`, PluginError is raised
    instead, with all faults (JobTypeConflict if the only faults are job types that several plugins offer).
    """
    leave_out()
    seen = find_plugins() if frozen is None else Plugins(tuple(sorted(set(frozen))))
    unreadable = [
        FrozenPlugin(entry.provider.plugin, "", entry.provider.distribution, entry.provider.version) for entry in seen.broken
    ]
    blocked, notices = _blocked((*seen.plugins, *unreadable), environ.get(DISABLE_VARIABLE, ""))
    notices += _shared_names(seen.plugins)
    loader = _Loader()
    loader.broken.extend(entry for entry in seen.broken if entry.provider.plugin not in blocked)
    loader.load([plugin for plugin in seen.plugins if plugin.plugin not in blocked])
    registry = loader.registry(blocked, (*seen.notices, *notices, *loader.notices))
    if strict:
        refuse_trouble(registry)
    return registry


def _blocked(plugins: Iterable[FrozenPlugin], variable: str) -> tuple[tuple[str, ...], list[str]]:
    """The names of the blocked plugins, and a notice for each name that is not an installed plugin."""
    known = list(plugins)
    installed = {plugin.plugin for plugin in known}
    named = {name.strip() for name in variable.split(",")} - {""}
    if "all" in named:
        return tuple(sorted(installed)), []
    notices = [
        f"{DISABLE_VARIABLE} names {name!r}, but no such plugin is installed{_meant(name, known)}"
        for name in sorted(named - installed)
    ]
    return tuple(sorted(named & installed)), notices


def _meant(name: str, plugins: Iterable[FrozenPlugin]) -> str:
    """What a name that is not a plugin probably means: names without commas, a distribution, or another spelling."""
    by_name = {plugin.plugin.lower(): plugin.plugin for plugin in plugins}
    by_distribution = {plugin.distribution.lower(): plugin.plugin for plugin in plugins}
    parts = [part for part in re.split(r"[\s;:|]+", name) if part]
    if len(parts) > 1:
        return f"; names are separated by commas: {','.join(parts)}"
    meant = by_name.get(name.lower()) or by_distribution.get(name.lower())
    return f"; did you mean {meant!r}?" if meant is not None else did_you_mean(name, by_name.values())


def _shared_names(plugins: Iterable[FrozenPlugin]) -> list[str]:
    """A notice for each plugin name that several distributions use: all are loaded, and blocking the name blocks all."""
    by_name = defaultdict[str, list[str]](list)
    for plugin in plugins:
        by_name[plugin.plugin].append(f"{plugin.distribution} {plugin.version}")
    return [f"plugin name {name!r} is used by {', '.join(users)}" for name, users in sorted(by_name.items()) if len(users) > 1]


class _Loader:
    """The steps of loading, each for all plugins. A plugin that fails in one step is broken and left out of the next steps."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(contract)
        self.known = known_hooks(self.manager)
        self.modules: dict[FrozenPlugin, ModuleType] = {}
        self.hooks: dict[FrozenPlugin, tuple[str, ...]] = {}
        self.offered: dict[FrozenPlugin, list[AnyJobType]] = {}
        self.broken: list[BrokenPlugin] = []
        self.notices: list[str] = []

    def load(self, plugins: Sequence[FrozenPlugin]) -> None:
        claims = defaultdict[str, list[FrozenPlugin]](list)
        for plugin in plugins:
            claims[plugin.module].append(plugin)
        for plugin in plugins:
            with _Noting(self, plugin):
                self._import(plugin, claims[plugin.module])
        # Pluggy calls the plugin that came last first: register from the last name to the first one, and the order of
        # calls is the alphabet's (within tryfirst, none, trylast).
        for plugin in reversed(list(self.modules)):
            with _Noting(self, plugin):
                self._register(plugin)
        for plugin in list(self.modules):
            with _Noting(self, plugin):
                self._ask(plugin)

    def _import(self, plugin: FrozenPlugin, claims: list[FrozenPlugin]) -> None:
        if not _MODULE.fullmatch(plugin.module):
            raise PluginFault(f"its entry point is {plugin.module!r}; it must be the name of a module")
        if len(claims) > 1:
            names = ", ".join(str(claim.provider) for claim in claims)
            raise PluginFault(f"its module {plugin.module!r} is named by {len(claims)} plugins: {names}; uninstall all but one")
        with isolated(f"importing its module {plugin.module!r}"), output_to_stderr() as printed:
            module = _imported(plugin.module)
        self._note_output(plugin, "is imported", printed.first)
        with isolated("looking for its hooks"):
            self.hooks[plugin] = hooks_of(self.manager, module, self.known)
        self.modules[plugin] = module

    def _note_output(self, plugin: FrozenPlugin, when: str, first: str) -> None:
        if first:
            remedy = "use logging: stdout is for the data of a command"
            self.notices.append(f"{plugin.provider}: it prints to stdout when it {when} ({first!r}); {remedy}")

    def _register(self, plugin: FrozenPlugin) -> None:
        with isolated("registering it"):
            try:
                self.manager.register(self.modules[plugin], name=repr(plugin))
            except pluggy.PluginValidationError as error:
                raise PluginFault(str(error)) from error

    def _ask(self, plugin: FrozenPlugin) -> None:
        self.offered[plugin] = []
        if "extract_job_types" not in self.hooks[plugin]:
            return
        with isolated("its hook extract_job_types"), output_to_stderr() as printed:
            answers = self._caller("extract_job_types", self.modules[plugin])()
            for returned in answers:
                self.offered[plugin], faults = job_types_of(returned)
                self.broken.extend(BrokenPlugin(plugin.provider, fault.cause, tuple(fault.job_types)) for fault in faults)
        self._note_output(plugin, "is asked for its job types", printed.first)
        if not answers:
            self.notices.append(f"{plugin.provider}: its hook extract_job_types returned None, so it brings no job type")

    def _caller(self, hook: str, module: ModuleType) -> pluggy.HookCaller:
        """A caller of this plugin's hook only."""
        others = [other for other in self.manager.get_plugins() if other is not module]
        return self.manager.subset_hook_caller(hook, others)

    def drop(self, plugin: FrozenPlugin, fault: PluginFault) -> None:
        """The plugin is broken: nothing of it is used."""
        self.broken.append(BrokenPlugin(plugin.provider, fault.cause, tuple(sorted(set(fault.job_types)))))
        module = self.modules.pop(plugin, None)
        self.offered.pop(plugin, None)
        if module is not None and self.manager.is_registered(module):
            self.manager.unregister(module)

    def registry(self, blocked: tuple[str, ...], notices: tuple[str, ...]) -> Registry:
        """The registry of what was loaded."""
        offers = defaultdict[str, list[tuple[FrozenPlugin, AnyJobType]]](list)
        for plugin, job_types in self.offered.items():
            for job_type in job_types:
                offers[job_type.name].append((plugin, job_type))
        usable, conflicts = dict[str, InstalledJobType](), dict[str, tuple[Provider, ...]]()
        for name, offer in sorted(offers.items()):
            if len(offer) == 1:
                usable[name] = InstalledJobType(offer[0][1], offer[0][0].provider)
                continue
            conflicts[name] = tuple(plugin.provider for plugin, _ in offer)
            cause = f"its job type {name!r} {conflict_cause(conflicts[name])}"
            self.broken.extend(BrokenPlugin(plugin.provider, cause, (name,)) for plugin, _ in offer)
        infos = [
            PluginInfo(
                plugin.provider,
                tuple(sorted(offer.name for offer in self.offered[plugin] if offer.name in usable)),
                self.hooks[plugin],
            )
            for plugin in self.modules
        ]
        return Registry(
            job_types=MappingProxyType(usable),
            broken=tuple(sorted(self.broken, key=lambda offer: (offer.provider, offer.cause))),
            blocked=blocked,
            plugins=tuple(infos),
            conflicts=MappingProxyType(conflicts),
            notices=(*notices, *self._idle(infos)),
            amend_only=MappingProxyType(self._amend_only(infos)),
            hook_calls=MappingProxyType(self._hook_calls()),
        )

    def _amend_only(self, infos: Sequence[PluginInfo]) -> dict[Provider, frozenset[str]]:
        """The job types of each plugin whose hook extract_amend_arguments is not for all (``amends_all_job_types = True``)."""
        for_all = {plugin.provider for plugin, module in self.modules.items() if getattr(module, _FOR_ALL, False) is True}
        return {
            info.provider: frozenset(info.job_types) for info in infos if _AMEND in info.hooks and info.provider not in for_all
        }

    def _idle(self, infos: Sequence[PluginInfo]) -> list[str]:
        """A notice for each plugin whose hook extract_amend_arguments is never called."""
        return [
            f"{provider}: its hook {_AMEND} is never called, because it gets the tables of the plugin's own job types, and there "
            f"are none; for the tables of all job types, write {_FOR_ALL} = True in its module"
            for provider, job_types in self._amend_only(infos).items()
            if not job_types
        ]

    def _hook_calls(self) -> dict[str, tuple[tuple[Provider, pluggy.HookCaller], ...]]:
        """For each hook, its plugins in pluggy's order of calls (the reverse of get_hookimpls), each with its own caller."""
        providers = {id(module): plugin.provider for plugin, module in self.modules.items()}
        calls = dict[str, tuple[tuple[Provider, pluggy.HookCaller], ...]]()
        for hook in sorted({hook for plugin in self.modules for hook in self.hooks[plugin]}):
            implementations = reversed(getattr(self.manager.hook, hook).get_hookimpls())
            calls[hook] = tuple(
                (providers[id(implementation.plugin)], self._caller(hook, implementation.plugin))
                for implementation in implementations
            )
        return calls


def _imported(name: str) -> ModuleType:
    """The module of an entry point. PluginFault, with the nearest name, if it does not exist."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or (name != error.name and not name.startswith(f"{error.name}.")):
            raise  # a module that the plugin imports
        modules = {module.name for module in pkgutil.iter_modules()} if "." not in error.name else set[str]()
        problem = f"its entry point names the module {name!r}, and there is no module {error.name!r}"
        raise PluginFault(f"{problem}{did_you_mean(error.name, modules)}") from error


class _Noting:
    """A step for one plugin: a PluginFault in it is recorded, and loading goes on with the next plugin."""

    def __init__(self, loader: _Loader, plugin: FrozenPlugin) -> None:
        self.loader = loader
        self.plugin = plugin

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, PluginFault):
            return False
        self.loader.drop(self.plugin, error)
        return True
