"""Discovery: every installed plugin is found by its entry point, sorted, with its origin; older copies are passed over."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from extract_core.registry.entry_points import Contribution, Provider, contributions
from extract_core.registry.finding import find_plugins
from extract_core.registry.loading import discover
from extract_core.registry.values import BrokenPlugin, FrozenPlugin, PluginInfo


def test_a_plugin_is_found_by_its_entry_point(site, job_types):
    site.simple("batch", job_types("batch"), version="2.1")
    registry = discover(strict=True)
    provider = Provider("batch", "acme-batch", "2.1")
    assert str(registry.job_types["batch"].provider) == "plugin 'batch' of acme-batch 2.1"
    assert registry.job_type("batch").title == "Batch"
    assert registry.plugins == (PluginInfo(provider, ("batch",), ("extract_job_types",)),)
    assert registry.versions() == {"acme-batch": "2.1"}
    assert (registry.broken, registry.blocked, registry.notices, dict(registry.conflicts)) == ((), (), (), {})


def test_everything_is_sorted_whatever_the_disk_gives(make_site, job_types):
    for letter in "cab":
        make_site(f"site-{letter}").simple(letter, job_types(f"{letter}_two", f"{letter}_one"))
    registry = discover()
    assert list(registry.job_types) == ["a_one", "a_two", "b_one", "b_two", "c_one", "c_two"]
    assert [info.provider.plugin for info in registry.plugins] == ["a", "b", "c"]
    assert registry.plugins[0].job_types == ("a_one", "a_two")


def test_an_older_copy_behind_on_the_path_is_ignored_and_reported(make_site, job_types):
    front, back = make_site("front"), make_site("back")
    front.simple("batch", job_types("batch"), version="1.0")
    back.simple("batch", job_types("batch", "old"), version="3.0")
    registry = discover(strict=True)
    assert registry.versions() == {"acme-batch": "1.0"}
    assert list(registry.job_types) == ["batch"]
    assert registry.notices == (f"acme-batch 3.0 in {back.folder} is ignored; acme-batch 1.0 in {front.folder} comes first",)


def test_a_copy_in_front_that_brings_no_plugin_hides_the_one_behind(make_site, job_types):
    front, back = make_site("front"), make_site("back")
    front.install("acme-batch", entry_points="[console_scripts]\nacme = acme:main\n", version="1.0")
    back.simple("batch", job_types("batch"), version="3.0")
    registry = discover(strict=True)
    assert dict(registry.job_types) == {}
    assert registry.notices == (f"acme-batch 3.0 in {back.folder} is ignored; acme-batch 1.0 in {front.folder} comes first",)


def test_of_two_versions_in_one_folder_the_higher_one_counts(site, job_types):
    for version in ("1.10", "1.9", "1.10rc1", "1.10.dev1", "not a version"):
        site.simple("batch", job_types("batch"), version=version)
    registry = discover()
    assert registry.versions() == {"acme-batch": "1.10"}
    assert registry.notices == tuple(
        f"acme-batch {lower} in {site.folder} is ignored; acme-batch 1.10 in {site.folder} comes first"
        for lower in ("1.10.dev1", "1.10rc1", "1.9", "not a version")
    )


def test_one_folder_twice_on_the_path_is_one_installation(make_site, site, job_types, tmp_path):
    site.simple("batch", job_types("batch"))
    (tmp_path / "link").symlink_to(site.folder)
    make_site("link")
    registry = discover(strict=True)
    assert list(registry.job_types) == ["batch"]
    assert registry.notices == ()


@pytest.mark.parametrize("metadata", ["", b"\xff\xfe\x00", b"\xef\xbb\xbfName: acme-batch\nVersion: 1.0\n", None])
def test_an_installation_without_readable_metadata_is_broken(site, job_types, metadata):
    site.simple("good", job_types("good"))
    site.install("acme-batch", {"acme_batch": job_types("batch")}, {"batch": "acme_batch"}, metadata="")
    path = site.folder / "acme_batch-1.0.dist-info" / "METADATA"
    if metadata is None:
        path.unlink(missing_ok=True)
    elif metadata:
        path.write_bytes(metadata)
    registry = discover()
    assert list(registry.job_types) == ["good"]
    batch = Provider("batch", "acme-batch", "1.0")
    assert registry.broken == (BrokenPlugin(batch, "its METADATA is missing, or not readable: reinstall it"),)
    assert discover(environ={"EXTRACT_DISABLE_PLUGINS": "batch"}).broken == ()


def test_what_an_interrupted_uninstall_left_is_ignored(site, job_types):
    site.install("~cme-batch", {"x": job_types("batch")}, {"batch": "x"}, metadata="Name: acme-batch\nVersion: 1.0\n")
    registry = discover(strict=True)
    assert dict(registry.job_types) == {}
    assert registry.notices == (f"acme-batch 1.0 in {site.folder} is ignored",)


def test_unreadable_entry_points_are_broken_and_the_others_work(site, job_types):
    site.simple("batch", job_types("batch"))
    site.install("acme-odd", entry_points="[extract_core]\nno equals sign\n")
    registry = discover()
    assert list(registry.job_types) == ["batch"]
    odd = Provider("acme-odd", "acme-odd", "1.0")
    assert registry.broken == (BrokenPlugin(odd, "its entry_points.txt is not readable (TypeError): reinstall it"),)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xef\xbb\xbf[extract_core]\nodd = acme_odd\n", "it begins with a byte order mark"),
        (b"[extract_core]\nodd = acme_odd\n\xff\xfe", "UnicodeDecodeError"),
        ("[extract_core]\nodd = acme_odd\n".encode("utf-16"), "UnicodeDecodeError"),
    ],
)
def test_entry_points_in_another_encoding_are_broken(site, job_types, data, why):
    site.simple("batch", job_types("batch"))
    site.install("acme-odd", entry_points="x")
    (site.folder / "acme_odd-1.0.dist-info" / "entry_points.txt").write_bytes(data)
    registry = discover()
    assert list(registry.job_types) == ["batch"]
    assert [broken.cause for broken in registry.broken] == [f"its entry_points.txt is not readable ({why}): reinstall it"]


def test_a_plugin_that_prints_is_named_and_prints_to_stderr(site, job_types, capsys):
    site.simple("batch", "print('hello')\n" + job_types("batch"))
    registry = discover()
    assert list(registry.job_types) == ["batch"]
    assert registry.notices == (
        (
            "plugin 'batch' of acme-batch 1.0: it prints to stdout when it is imported ('hello'); "
            "use logging: stdout is for the data of a command"
        ),
    )
    assert tuple(capsys.readouterr()) == ("", "hello\n")


def test_odd_packages_of_others_do_not_break_the_check_of_plugins(site):
    """hypothesis would read the entry points of all distributions when it is imported."""
    site.install("other", entry_points="x")
    (site.folder / "other-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[x\n")
    code = "from extract_cli.commands import plugins_check\nwith plugins_check._hypothesis_elsewhere():\n    print('ready')"
    environment = {"PATH": "", "PYTHONPATH": os.pathsep.join([str(site.folder), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("ready\n", "")


def test_odd_packages_of_others_do_not_break_the_models(site, job_types, tmp_path):
    """pydantic would read the entry points of all distributions at its first model."""
    site.simple("barge", job_types("barge"))
    site.install("other", entry_points="x")
    (site.folder / "other-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[x\n")
    site.install("worse", {"worse": "raise SystemExit(5)"}, entry_points="[pydantic]\nx = worse:plugin\n")
    code = (
        "from extract_core.registry.loading import discover\nregistry = discover(strict=True)\n"
        "from pydantic import BaseModel\nclass Model(BaseModel):\n    x: int = 1\nprint(Model().x, *registry.job_types)\n"
    )
    environment = {"PATH": "", "PYTHONPATH": os.pathsep.join([str(site.folder), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "barge" in done.stdout.split()


def test_entry_points_that_are_no_text_are_somebody_elses(site, job_types):
    site.simple("batch", job_types("batch"))
    site.install("acme-odd")
    (site.folder / "acme_odd-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[extract_core]")
    assert list(discover(strict=True).job_types) == ["batch"]


def test_two_distributions_with_one_plugin_name_both_work_and_are_reported(site, job_types):
    site.install("acme", {"acme_one": job_types("one")}, {"batch": "acme_one"})
    site.install("zeta", {"zeta_two": job_types("two")}, {"batch": "zeta_two"}, version="2.0")
    registry = discover(strict=True)
    assert list(registry.job_types) == ["one", "two"]
    assert registry.notices == ("plugin name 'batch' is used by acme 1.0, zeta 2.0",)


def test_extras_of_an_entry_point_are_left_out(site, job_types):
    site.install("acme", {"acme_one": job_types("one")}, {"one": "acme_one [fast]"})
    assert find_plugins().plugins == (FrozenPlugin("one", "acme_one", "acme", "1.0"),)
    assert list(discover(strict=True).job_types) == ["one"]


def test_a_frozen_list_is_all_there_is(site, job_types):
    site.simple("batch", job_types("batch"))
    site.simple("other", job_types("other"))
    registry = discover(strict=True, frozen=[FrozenPlugin("batch", "acme_batch", "acme-batch", "7")])
    assert list(registry.job_types) == ["batch"]
    assert registry.versions() == {"acme-batch": "7"}


def test_contributions_are_sorted_and_loaded_only_when_asked(site):
    points = "[extract_core.commands]\nzed = acme_cli:zed\nabc = acme_cli:Group.abc\n"
    site.install("acme-cli", {"acme_cli": "zed = 1\nclass Group:\n    abc = 2\n"}, entry_points=points, version="3")
    points = contributions("extract_core.commands")
    assert points == [
        Contribution("abc", "acme_cli:Group.abc", Provider("abc", "acme-cli", "3")),
        Contribution("zed", "acme_cli:zed", Provider("zed", "acme-cli", "3")),
    ]
    assert "acme_cli" not in sys.modules
    assert [point.load() for point in points] == [2, 1]


SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from extract_core.registry.loading import discover
from extract_core.registry.values import FrozenPlugin
frozen = [FrozenPlugin("press", "acme_press", "acme-press", "1.0")] if sys.argv[2] == "frozen" else None
import os
registry = discover(frozen=frozen, environ={"EXTRACT_DISABLE_PLUGINS": "batch,ecs,emr,glue,local"})
heavy = ["boto3", "rich", "pydantic", "importlib_metadata", "click", "yaml"]
print(json.dumps([list(registry.job_types), [name for name in heavy if name in sys.modules]]))
"""


def loaded(site, mode: str) -> list[list[str]]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(site.folder), mode], check=True, capture_output=True, text=True)
    answer: list[list[str]] = json.loads(done.stdout)
    return answer


def test_discovery_imports_nothing_heavy(site, job_types):
    site.simple("press", job_types("press"))
    assert loaded(site, "scan") == [["press"], ["importlib_metadata"]]


def test_a_frozen_list_keeps_importlib_metadata_out(site, job_types):
    site.simple("press", job_types("press"))
    assert loaded(site, "frozen") == [["press"], []]
