"""Whatever is wrong with a plugin: it is listed with its origin and the cause, and the others work."""

from __future__ import annotations

import pytest

from extract_core.errors import PluginError
from extract_core.registry.entry_points import Provider
from extract_core.registry.loading import discover
from extract_core.registry.values import BrokenPlugin

BAD = Provider("bad", "acme-bad", "1.0")
HOOKS = (
    "extract_amend_arguments, extract_job_types, extract_permissions, extract_run_ended, extract_run_finished, "
    "extract_run_planned, extract_settings, extract_state_machine"
)
CLASS = "from extract_core import JobType, hookimpl\n\n\n"


@pytest.fixture
def broken_with(site, job_types):
    """Installs a good plugin and a bad one, and tells the cause."""
    site.simple("good", job_types("good"))

    def cause(source: str) -> str:
        site.simple("bad", source)
        registry = discover()
        assert list(registry.job_types) == ["good"]
        assert [plugin.provider for plugin in registry.broken] == [BAD]
        assert [info.provider.plugin for info in registry.plugins] == ["good"]
        return registry.broken[0].cause

    return cause


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module' (acme_bad.py:1)"),
        ("\n\n1 / 0", "ZeroDivisionError: division by zero (acme_bad.py:3)"),
        ("raise SystemExit", "SystemExit (acme_bad.py:1)"),
        ("import sys; sys.exit('bye')", "SystemExit: bye (acme_bad.py:1)"),
        ("class E(BaseException): pass\nraise E('odd')", "E: odd (acme_bad.py:2)"),
        ("def (", "SyntaxError: invalid syntax (acme_bad.py, line 1)"),
        ("from extract_core import NoSuchName", "ImportError: cannot import name 'NoSuchName' from 'extract_core'"),
    ],
)
def test_a_module_that_does_not_import(broken_with, source, cause):
    assert broken_with(source).startswith(f"importing its module 'acme_bad' raised {cause}")


def test_ctrl_c_in_an_import_is_not_swallowed(site):
    site.simple("bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        discover()


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("x = 1", f"its module 'acme_bad' implements no hook; the hooks are {HOOKS}"),
        (
            "from extract_core import hookimpl\n@hookimpl\ndef extract_job_typs(): return []",
            "it implements the hook 'extract_job_typs', which contract 1.3 does not have; did you mean 'extract_job_types'?",
        ),
        (
            "from extract_core import hookimpl\n@hookimpl\ndef zzz(): return []",
            f"it implements the hook 'zzz', which contract 1.3 does not have; its hooks are {HOOKS}",
        ),
        (
            "def extract_job_types(): return []",
            "its function extract_job_types is not marked: put @hookimpl (from extract_core) above it",
        ),
        (
            "from extract_core import hookimpl\n@hookimpl\ndef extract_amend_arguments(tabel, kind): pass",
            "its hook extract_amend_arguments asks for 'tabel', 'kind'; this hook is given: table, job_type",
        ),
        (
            "from extract_core import hookimpl\n@hookimpl\ndef extract_job_types(config): pass",
            "its hook extract_job_types asks for 'config'; this hook is given: no arguments",
        ),
        (
            "from extract_core import hookimpl\n@hookimpl(wrapper=True)\ndef extract_job_types(): return (yield)",
            "its hook extract_job_types is a wrapper; plugins are called one by one, so there is nothing to wrap",
        ),
    ],
)
def test_hooks_that_are_none_of_ours(broken_with, source, cause):
    assert broken_with(source) == cause


def test_an_optional_hook_that_this_contract_lacks_is_passed_over(site, job_types):
    site.simple("new", job_types("new") + "\n@hookimpl(optionalhook=True)\ndef extract_of_the_future(): pass\n")
    assert list(discover(strict=True).job_types) == ["new"]


def test_a_hook_may_take_fewer_arguments_and_have_defaults(site, hooks):
    site.simple("few", hooks("@hookimpl\ndef extract_amend_arguments(table, mine=3): pass"))
    assert discover(strict=True).plugins[0].hooks == ("extract_amend_arguments",)


@pytest.mark.parametrize(
    ("returned", "cause"),
    [
        ("Bad()", "returned a Bad; it must return a list of JobType instances"),
        ("7", "returned an int; it must return a list of JobType instances"),
        ("'glue'", "returned a str; it must return a list of JobType instances"),
        ("{'bad': 1}", "returned a dict; it must return a list of JobType instances"),
        ("[7]", "returned an int among the job types"),
        ("[None]", "returned None among the job types"),
        ("[Bad]", "returned the class Bad among the job types, which is a class: return an instance of it"),
        ("[Bad(), Bad()]", "returned job type 'bad' 2 times"),
    ],
)
def test_what_is_no_list_of_job_types(broken_with, job_types, returned, cause):
    source = job_types("bad").replace("return [Bad()]", f"return {returned}")
    assert broken_with(source) == f"its hook extract_job_types {cause}"


def test_one_bad_job_type_does_not_break_its_siblings(site, job_types):
    source = job_types("bad") + "\n\nclass Better(Bad):\n    name = 'better'\n    title = 'Better'\n"
    older = "\n\nclass Older(Bad):\n    name = 'older'\n    api_version = 0\n"
    offers = "\n\n@hookimpl\ndef extract_job_types():\n    return [Older(), Better(), Bad(), 7]\n"
    site.simple("bad", source + older + offers)
    registry = discover()
    assert list(registry.job_types) == ["bad", "better"]
    assert [(entry.job_types, entry.cause) for entry in registry.broken] == [
        ((), "its hook extract_job_types returned an int among the job types"),
        (("older",), "its job type 'older' was written for contract 0, this is contract 1.3: upgrade the plugin"),
    ]
    assert [info.job_types for info in registry.plugins] == [("bad", "better")]
    with pytest.raises(PluginError, match="'older' was written for contract 0"):
        registry.job_type("older")


def test_an_abstract_job_type(broken_with):
    source = CLASS + "class Half(JobType):\n    pass\n\n@hookimpl\ndef extract_job_types(): return [Half()]\n"
    assert broken_with(source).startswith(
        "its hook extract_job_types raised TypeError: Can't instantiate abstract class Half with abstract methods"
    )


def test_a_generator_that_raises_half_way(broken_with, job_types):
    source = job_types("bad").replace("return [Bad()]", "yield Bad()\n    raise RuntimeError('later')")
    assert broken_with(source).startswith("its hook extract_job_types raised RuntimeError: later (acme_bad.py:")


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (
            {"api_version": 2},
            "'bad' was written for contract 2, this is contract 1.3: upgrade extract-sfn, or set api_version = 1",
        ),
        ({"api_version": 0}, "'bad' was written for contract 0, this is contract 1.3: upgrade the plugin"),
        ({"api_version": "1"}, "'bad' has api_version '1'; it must be the number of the contract it was written for"),
        ({"api_version": True}, "'bad' has api_version True; it must be the number of the contract it was written for"),
        ({"title": ""}, "'bad' has title ''; a title is printable text without blanks around it"),
        ({"title": " Bad"}, "'bad' has title ' Bad'; a title is printable text without blanks around it"),
        ({"title": "B\nd"}, "'bad' has title 'B\\nd'; a title is printable text without blanks around it"),
        ({"title": 5}, "'bad' has title 5; a title is printable text without blanks around it"),
        (
            {"title": "B" * 59},
            f"'bad' has title '{'B' * 59}': '{'B' * 59} Start Extract Job Run' is over 80 characters",
        ),
    ],
)
def test_a_job_type_with_a_fault(broken_with, job_types, options, cause):
    assert broken_with(job_types("bad", **options)) == f"its job type {cause}"


@pytest.mark.parametrize(
    ("required", "cause"),
    [
        ("1.4", "requires contract 1.4, this is contract 1.3: upgrade extract-sfn"),
        ("2.0", "requires contract 2.0, this is contract 1.3: upgrade extract-sfn"),
        ("0.9", "requires contract 0.9, this is contract 1.3: upgrade the plugin"),
        (1.1, "has requires_contract 1.1; write a version of the contract, such as '1.3'"),
        ("1", "has requires_contract '1'; write a version of the contract, such as '1.3'"),
    ],
)
def test_a_contract_that_is_required(broken_with, job_types, required, cause):
    source = job_types("bad").replace("    name = 'bad'\n", f"    name = 'bad'\n    requires_contract = {required!r}\n")
    assert broken_with(source) == f"its job type 'bad' {cause}"


@pytest.mark.parametrize("required", ["1.0", "1.3"])
def test_a_contract_that_is_there(site, job_types, required):
    site.simple(
        "new", job_types("new").replace("    name = 'new'\n", f"    name = 'new'\n    requires_contract = {required!r}\n")
    )
    assert list(discover(strict=True).job_types) == ["new"]


def test_async_hooks_and_methods_are_refused(broken_with, job_types):
    hook = job_types("bad") + "\n@hookimpl\nasync def extract_amend_arguments(table): pass\n"
    remedy = "event loop: write a plain"
    assert broken_with(hook) == f"its hook extract_amend_arguments is async; hooks are called without an {remedy} function"


def test_async_methods_are_refused(broken_with, job_types):
    method = job_types("bad").replace(
        "    name = 'bad'\n", "    name = 'bad'\n    async def diagnose(self, outcome, aws): pass\n"
    )
    cause = "its job type 'bad' has the async method diagnose; methods are called without an event loop: write a plain one"
    assert broken_with(method) == cause


@pytest.mark.parametrize("names", ["'--conf'", "{'conf'}", "frozenset({1})"])
def test_service_arguments_that_are_no_names(broken_with, job_types, names):
    cause = broken_with(job_types("bad").replace("    name = 'bad'\n", f"    name = 'bad'\n    service_arguments = {names}\n"))
    assert cause == f"its job type 'bad' has service_arguments {names}; it must be a set of names that begin with --"


@pytest.mark.parametrize("name", ["Bad", "1bad", "b-d", "", " bad", "bäd", "bad\n", 5])
def test_a_name_that_is_none(broken_with, job_types, name):
    source = job_types("bad").replace("name = 'bad'", f"name = {name!r}")
    rule = "a name is a lower-case letter, then lower-case letters, digits and _"
    assert broken_with(source) == f"its job type Bad has name {name!r}; {rule}"


def test_a_job_type_without_a_name(broken_with, job_types):
    cause = broken_with(job_types("bad").replace("    name = 'bad'\n", ""))
    assert cause == "its job type Bad has name None; a name is a lower-case letter, then lower-case letters, digits and _"


@pytest.mark.parametrize("value", ["acme_bad:Plugin", "not a module", "acme-bad", ".acme", ""])
def test_an_entry_point_that_is_no_module(site, job_types, value):
    site.simple("good", job_types("good"))
    site.install("acme-bad", {"acme_bad": job_types("bad")}, {"bad": value})
    registry = discover()
    assert list(registry.job_types) == ["good"]
    assert registry.broken == (BrokenPlugin(BAD, f"its entry point is {value!r}; it must be the name of a module"),)


def test_a_module_that_is_not_there(site, job_types):
    site.simple("good", job_types("good"))
    site.install("acme-bad", {}, {"bad": "acme_gone"})
    cause = "its entry point names the module 'acme_gone', and there is no module 'acme_gone'; did you mean 'acme_good'?"
    assert discover().broken == (BrokenPlugin(BAD, cause),)


def test_one_module_named_by_two_plugins_is_neithers(site, job_types):
    site.simple("good", job_types("good"))
    site.install("fork", {"acme_bad": job_types("bad")}, {"bad": "acme_bad"}, version="2.0")
    site.install("orig", {}, {"bad": "acme_bad"})
    registry = discover()
    assert list(registry.job_types) == ["good"]
    providers = "plugin 'bad' of fork 2.0, plugin 'bad' of orig 1.0"
    cause = f"its module 'acme_bad' is named by 2 plugins: {providers}; uninstall all but one"
    assert [str(plugin) for plugin in registry.broken] == [
        f"plugin 'bad' of fork 2.0: {cause}",
        f"plugin 'bad' of orig 1.0: {cause}",
    ]


def test_nothing_of_a_broken_plugin_is_used(site, job_types):
    """Its job types are refused, so its other hooks are not called either."""
    source = job_types("bad", api_version=2) + "\n@hookimpl\ndef extract_state_machine(definition): return {}\n"
    site.simple("bad", source)
    assert discover().state_machine({"StartAt": "A"}) == {"StartAt": "A"}


def test_strict_mode_tells_all_faults_at_once(site, job_types):
    site.simple("good", job_types("good"))
    site.simple("old", job_types("old", api_version=0), version="0.3")
    site.simple("empty", "")
    with pytest.raises(PluginError) as refused:
        discover(strict=True)
    assert str(refused.value) == (
        "these plugins can't be used:\n"
        f"- plugin 'empty' of acme-empty 1.0: its module 'acme_empty' implements no hook; the hooks are {HOOKS}\n"
        "- plugin 'old' of acme-old 0.3: its job type 'old' was written for contract 0, this is contract 1.3: "
        "upgrade the plugin\n"
        "fix, upgrade or uninstall them, or block them: EXTRACT_DISABLE_PLUGINS=empty,old"
    )
    assert refused.value.exit_code == 2


def test_what_a_plugin_prints_does_not_stand_among_the_data(site, job_types, capsys):
    site.simple("good", "print('hello from the import')\n" + job_types("good"))
    assert list(discover().job_types) == ["good"]
    assert capsys.readouterr() == ("", "hello from the import\n")


def test_a_hook_that_returns_none_is_told(site):
    site.simple("none", "from extract_core import hookimpl\n\n\n@hookimpl\ndef extract_job_types():\n    pass\n")
    assert discover().notices == (
        "plugin 'none' of acme-none 1.0: its hook extract_job_types returned None, so it brings no job type",
    )
