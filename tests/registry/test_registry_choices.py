"""Which plugins count: blocked ones don't, and a job type that two of them offer is nobody's. And what is said then."""

from __future__ import annotations

import pytest

from extract_core.errors import JobTypeConflict, JobTypeNotInstalled, PluginError
from extract_core.registry.installed import Registry
from extract_core.registry.loading import DISABLE_VARIABLE, discover


@pytest.fixture
def three(site, job_types):
    for name in ("alpha", "beta", "gamma"):
        site.simple(name, job_types(name))


def without(names: str) -> Registry:
    return discover(strict=True, environ={DISABLE_VARIABLE: names})


@pytest.mark.parametrize(
    ("names", "left", "blocked"),
    [
        ("", ["alpha", "beta", "gamma"], ()),
        ("beta", ["alpha", "gamma"], ("beta",)),
        (" beta , alpha,", ["gamma"], ("alpha", "beta")),
        ("all", [], ("alpha", "beta", "gamma")),
        ("beta,all", [], ("alpha", "beta", "gamma")),
    ],
)
def test_blocking(three, names, left, blocked):
    registry = without(names)
    assert list(registry.job_types) == left
    assert registry.blocked == blocked
    assert registry.notices == ()


def test_the_environment_is_read_when_asked(three, monkeypatch):
    monkeypatch.setenv(DISABLE_VARIABLE, "beta")
    assert discover().blocked == ("beta",)


def test_a_name_that_blocks_nothing_is_reported(three):
    assert without("beat,zzz").notices == (
        "EXTRACT_DISABLE_PLUGINS names 'beat', but no such plugin is installed; did you mean 'beta'?",
        "EXTRACT_DISABLE_PLUGINS names 'zzz', but no such plugin is installed",
    )


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        ("BETA", "'BETA', but no such plugin is installed; did you mean 'beta'?"),
        ("acme-beta", "'acme-beta', but no such plugin is installed; did you mean 'beta'?"),
        ("beta;gamma", "'beta;gamma', but no such plugin is installed; names are separated by commas: beta,gamma"),
        ("beta gamma", "'beta gamma', but no such plugin is installed; names are separated by commas: beta,gamma"),
    ],
)
def test_other_spellings_are_understood_and_told(three, names, meant):
    assert without(names).notices == (f"EXTRACT_DISABLE_PLUGINS names {meant}",)


def test_a_blocked_plugin_is_not_even_imported(site):
    site.simple("bad", "raise SystemExit")
    assert without("bad").broken == ()


CONFLICT = (
    "is offered by 2 plugins, so none of them provides it: plugin 'one' of acme-one 1.0, plugin 'two' of acme-two 2.0; "
    "uninstall all but one, or block the others with EXTRACT_DISABLE_PLUGINS"
)


@pytest.fixture
def conflict(site, job_types):
    site.simple("one", job_types("batch", "single"))
    site.simple("two", job_types("batch", "double"), version="2.0")


def test_a_job_type_of_two_plugins_is_nobodys_and_all_are_named(conflict):
    registry = discover()
    assert list(registry.job_types) == ["double", "single"]
    assert [info.job_types for info in registry.plugins] == [("single",), ("double",)]
    assert [str(plugin) for plugin in registry.broken] == [
        f"plugin 'one' of acme-one 1.0: its job type 'batch' {CONFLICT}",
        f"plugin 'two' of acme-two 2.0: its job type 'batch' {CONFLICT}",
    ]
    with pytest.raises(JobTypeNotInstalled) as refused:
        registry.job_type("batch")
    assert str(refused.value) == f"job type 'batch' {CONFLICT}"


def test_strict_mode_refuses_a_conflict(conflict):
    with pytest.raises(JobTypeConflict) as refused:
        discover(strict=True)
    assert str(refused.value) == f"these plugins can't be used:\n- job type 'batch' {CONFLICT}"


def test_strict_mode_tells_of_faults_and_conflicts(conflict, site):
    site.simple("none", "raise ValueError")
    with pytest.raises(PluginError) as refused:
        discover(strict=True)
    assert str(refused.value) == (
        "these plugins can't be used:\n"
        "- plugin 'none' of acme-none 1.0: importing its module 'acme_none' raised ValueError "
        "(acme_none.py:1)\n"
        f"- job type 'batch' {CONFLICT}\n"
        "fix, upgrade or uninstall them, or block them: EXTRACT_DISABLE_PLUGINS=none"
    )


def test_blocking_one_settles_a_conflict(conflict):
    assert list(without("one").job_types) == ["batch", "double"]


def missing(registry: Registry, name: str) -> str:
    with pytest.raises(JobTypeNotInstalled) as refused:
        registry.job_type(name)
    return str(refused.value)


def test_a_name_nearly_right(three):
    text = "job type 'gama' is not installed; did you mean 'gamma'? (installed: alpha, beta, gamma)"
    assert missing(discover(), "gama") == text


def test_a_name_far_off(three):
    assert missing(discover(), "spark") == "job type 'spark' is not installed (installed: alpha, beta, gamma)"


def test_nothing_installed(site):
    text = (
        "job type 'glue' is not installed, nor is any other; for example, install the distribution extract-sfn-glue "
        "(docs/start.md says how)"
    )
    assert missing(discover(), "glue") == text


def test_nothing_works(site):
    site.simple("batch", "")
    text = "job type 'glue' is not installed, nor is any other; broken: plugin 'batch' of acme-batch 1.0"
    assert missing(discover(), "glue") == text


def test_the_plugin_of_that_name_is_broken(site, three):
    site.simple("batch", "raise ValueError('no licence')")
    assert missing(discover(), "batch") == (
        "job type 'batch' is not available, since a plugin is broken: plugin 'batch' of acme-batch 1.0: "
        "importing its module 'acme_batch' raised ValueError: no licence (acme_batch.py:1)"
    )


def test_a_plugin_that_offers_it_under_another_name_is_broken(site, three, job_types):
    site.simple("cloud", job_types("batch", api_version=2))
    assert missing(discover(), "batch") == (
        "job type 'batch' is not available, since a plugin is broken: plugin 'cloud' of acme-cloud 1.0: "
        "its job type 'batch' was written for contract 2, this is contract 1.3: upgrade extract-sfn, or set api_version = 1"
    )


def test_the_plugin_of_that_name_is_blocked(three):
    assert (
        missing(without("beta"), "beta") == "job type 'beta' is not available: EXTRACT_DISABLE_PLUGINS blocks the plugin 'beta'"
    )
