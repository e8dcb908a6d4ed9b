"""Check a plugin: its hooks are those of the contract, and what it offers are job types."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

from extract_core import contract
from extract_core.contract import API_VERSION, JobType
from extract_core.registry.isolation import PluginFault
from extract_core.registry.misspelt import misspelt
from extract_core.registry.routing import MAX_STATE_NAME, start_state
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from types import ModuleType

    import pluggy

    from extract_core.registry.values import AnyJobType

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_VERSION: Final = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
_METHODS: Final = tuple(sorted(name for name, value in vars(JobType).items() if inspect.isfunction(value) and name[0] != "_"))
_CONTRACT: Final = ".".join(str(number) for number in API_VERSION)


def known_hooks(manager: pluggy.PluginManager) -> dict[str, tuple[str, ...]]:
    """The hooks of the contract, each with its parameters."""
    names = [name for name in dir(contract) if manager.parse_hookspec_opts(contract, name)]
    return {name: _parameters(getattr(contract, name)) for name in names}


def hooks_of(manager: pluggy.PluginManager, module: ModuleType, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The names of the hooks that this module implements, sorted; `known` are all hooks of the contract.

    Raises PluginFault for what pluggy would ignore.
    """
    implemented = set[str]()
    for attribute in dir(module):
        options = manager.parse_hookimpl_opts(module, attribute)
        if options is None:
            continue
        hook = options.get("specname") or attribute
        if hook not in known:
            if options.get("optionalhook"):
                continue
            near = did_you_mean(hook, known) or f"; its hooks are {', '.join(sorted(known))}"
            raise PluginFault(f"it implements the hook {hook!r}, which contract {_CONTRACT} does not have{near}")
        if fault := _fault_of_hook(getattr(module, attribute), options, known[hook]):
            raise PluginFault(f"its hook {hook} {fault}")
        implemented.add(hook)
    for hook in sorted(known.keys() - implemented):
        function = vars(module).get(hook)
        if inspect.isfunction(function) and function.__module__ != contract.__name__:
            raise PluginFault(f"its function {hook} is not marked: put @hookimpl (from extract_core) above it")
    if not implemented:
        raise PluginFault(f"its module {module.__name__!r} implements no hook; the hooks are {', '.join(sorted(known))}")
    return tuple(sorted(implemented))


def _fault_of_hook(function: object, options: Mapping[str, object], parameters: tuple[str, ...]) -> str | None:
    """What pluggy would accept, and a call would not."""
    if options.get("wrapper") or options.get("hookwrapper"):
        return "is a wrapper; plugins are called one by one, so there is nothing to wrap"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is async; hooks are called without an event loop: write a plain function"
    unknown = [name for name in _parameters(function) if name not in parameters]
    if not unknown:
        return None
    takes = ", ".join(parameters) or "no arguments"
    return f"asks for {', '.join(map(repr, unknown))}; this hook is given: {takes}"


def _parameters(function: object) -> tuple[str, ...]:
    """The parameters that a caller must pass."""
    if not callable(function):
        return ()
    return tuple(
        name for name, parameter in inspect.signature(function).parameters.items() if parameter.default is parameter.empty
    )


def job_types_of(returned: object) -> tuple[list[AnyJobType], list[PluginFault]]:
    """The job types that extract_job_types returned and that can be used, and a fault for each other one, with its name.

    One bad job type does not break its siblings. Raises PluginFault if nothing can be used.
    """
    if isinstance(returned, JobType) or not isinstance(returned, Iterable) or isinstance(returned, (str, bytes, dict)):
        raise PluginFault(f"its hook extract_job_types returned {_kind(returned)}; it must return a list of JobType instances")
    offered = list(returned)
    names = [name for job_type in offered if isinstance(name := getattr(job_type, "name", None), str)]
    usable: list[AnyJobType] = []
    faults: dict[str, PluginFault] = {}
    for job_type in offered:
        name = getattr(job_type, "name", None)
        cause = _fault_of(job_type)
        if cause is None and names.count(str(name)) > 1:
            cause = f"its hook extract_job_types returned job type {name!r} {names.count(str(name))} times"
        if cause is None:
            usable.append(job_type)
        else:
            faults.setdefault(cause, PluginFault(cause, [name] if isinstance(name, str) else []))
    if faults and not usable:
        raise PluginFault("; ".join(faults), names)
    return usable, list(faults.values())


def _fault_of(offered: object) -> str | None:
    if not isinstance(offered, JobType):
        remedy = ", which is a class: return an instance of it" if isinstance(offered, type) else ""
        return f"its hook extract_job_types returned {_kind(offered)} among the job types{remedy}"
    described = f"its job type {type(offered).__name__}"
    name, api_version = getattr(offered, "name", None), getattr(offered, "api_version", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{described} has name {name!r}; a name is a lower-case letter, then lower-case letters, digits and _"
    if isinstance(api_version, bool) or not isinstance(api_version, int):
        return f"its job type {name!r} has api_version {api_version!r}; it must be the number of the contract it was written for"
    if api_version != API_VERSION[0]:
        remedy = (
            f"upgrade extract-sfn, or set api_version = {API_VERSION[0]}"
            if api_version > API_VERSION[0]
            else "upgrade the plugin"
        )
        return f"its job type {name!r} was written for contract {api_version}, this is contract {_CONTRACT}: {remedy}"
    if fault := _fault_of_requirement(getattr(offered, "requires_contract", "")):
        return f"its job type {name!r} {fault}"
    return _fault_of_title(name, getattr(offered, "title", None)) or _fault_of_attributes(name, offered)


def _fault_of_requirement(required: object) -> str | None:
    """What is wrong with `requires_contract`, the least version of the contract that a job type needs."""
    if required == "":
        return None
    match = _VERSION.fullmatch(required) if isinstance(required, str) else None
    if match is None:
        return f"has requires_contract {required!r}; write a version of the contract, such as {_CONTRACT!r}"
    major, minor = int(match[1]), int(match[2])
    if (major, minor) <= API_VERSION and major == API_VERSION[0]:
        return None
    remedy = "upgrade extract-sfn" if (major, minor) > API_VERSION else "upgrade the plugin"
    return f"requires contract {required}, this is contract {_CONTRACT}: {remedy}"


def _fault_of_attributes(name: str, offered: AnyJobType) -> str | None:
    """What its base reports about the attributes (SyncJob does), or a name that nothing would read."""
    for method in _METHODS:
        function = getattr(type(offered), method, None)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            remedy = "methods are called without an event loop: write a plain one"
            return f"its job type {name!r} has the async method {method}; {remedy}"
    if near := misspelt(offered):
        return f"its job type {name!r} has {near[0]!r}, which nothing reads; did you mean {near[1]!r}?"
    names = getattr(offered, "service_arguments", ())
    if not isinstance(names, AbstractSet) or not all(isinstance(name, str) and name.startswith("--") for name in names):
        return f"its job type {name!r} has service_arguments {names!r}; it must be a set of names that begin with --"
    theirs = getattr(offered, "service_names", {})
    if not isinstance(theirs, Mapping) or not all(isinstance(name, str) for pair in theirs.items() for name in pair):
        return f"its job type {name!r} has service_names {theirs!r}; it must be a mapping of texts to keys of its settings"
    fault_of_definition = getattr(offered, "fault_of_definition", None)
    fault = fault_of_definition() if fault_of_definition else None
    return f"its job type {name!r} {fault}" if fault else None


def _fault_of_title(name: str, title: object) -> str | None:
    if not isinstance(title, str) or not title or title != title.strip() or not title.isprintable():
        return f"its job type {name!r} has title {title!r}; a title is printable text without blanks around it"
    if len(start_state(title)) > MAX_STATE_NAME:
        return f"its job type {name!r} has title {title!r}: {start_state(title)!r} is over {MAX_STATE_NAME} characters"
    return None


def _kind(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"
