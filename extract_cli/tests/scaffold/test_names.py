"""Names that a new plugin can't have, each refused with the reason and a way out."""

from __future__ import annotations

from dataclasses import replace

import pytest

import extract_glue
from extract_cli.scaffold import NewPlugin, new_plugin
from extract_core.errors import UsageError
from extract_core.registry.entry_points import Provider
from extract_core.registry.installed import Registry
from extract_core.registry.values import BrokenPlugin

BROKEN = BrokenPlugin(Provider("mill", "acme-mill", "2"), "it raised ImportError: no wind")
REGISTRY = replace(Registry.of(*extract_glue.extract_job_types()), broken=(BROKEN,))


RULE = "a lower-case letter, then lower-case letters, digits and _"
LENGTH = "at most 40 characters, no _ at the end, no two in a row"
LETTERS = "letters, digits, blanks and . _ + -, beginning with a letter or digit"
GLUE = "plugin 'glue' of (embedded) 0"
START = "Start Extract Job Run"


@pytest.mark.parametrize(
    ("name", "title", "message"),
    [
        ("Farm", None, f"'Farm' can't be a job type: {RULE}, such as 'farm'"),
        ("my-farm", None, f"'my-farm' can't be a job type: {RULE}, such as 'my_farm'"),
        ("9", None, f"'9' can't be a job type: {RULE}"),
        ("", None, f"'' can't be a job type: {RULE}"),
        ("../x", None, f"'../x' can't be a job type: {RULE}, such as 'x'"),
        ("farm\n", None, f"'farm\\n' can't be a job type: {RULE}, such as 'farm'"),
        ("farm_", None, f"'farm_' can't be a job type: {LENGTH}"),
        ("f" * 41, None, f"'{'f' * 41}' can't be a job type: {LENGTH}"),
        ("class", None, "'class' is a word of Python: choose another name"),
        ("glue", None, f"the job type 'glue' is taken: {GLUE} brings it; choose another name, or uninstall that one"),
        ("core", None, "there is a module 'extract_core' already, which the new package would be called: choose another name"),
        ("all", None, "'all' stands for every plugin in EXTRACT_DISABLE_PLUGINS: choose another name"),
        ("local", None, "there is a module 'extract_local' already, which the new package would be called: choose another name"),
        (
            "generator",
            None,
            "a distribution 'extract-sfn-generator' is installed already: pip would replace it; choose another name",
        ),
        ("mill", None, "plugin 'mill' of acme-mill 2 has the name 'mill' already: choose another one"),
        ("farm", "Farm!", f"'Farm!' can't be a title: {LETTERS}"),
        ("farm", " Farm", f"' Farm' can't be a title: {LETTERS}"),
        ("farm", "F" * 60, f"the title '{'F' * 60}' is too long: '{'F' * 60} {START}' is over 80 characters"),
        (
            "farm",
            "Glue",
            f"the title 'Glue' is that of job type 'glue' ({GLUE}), and state names must differ: give another with --title",
        ),
    ],
)
def test_names_and_titles_that_can_not_be(name, title, message):
    with pytest.raises(UsageError) as refused:
        new_plugin(name, title, REGISTRY)
    assert str(refused.value) == message


def test_what_a_name_makes():
    plugin = new_plugin("night_farm", None, REGISTRY)
    assert plugin == NewPlugin("night_farm", "Night Farm")
    assert (plugin.module, plugin.distribution) == ("extract_night_farm", "extract-sfn-night-farm")
    assert new_plugin("night_farm", "EMR+ 2", REGISTRY).title == "EMR+ 2"


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError) as refused:
        NewPlugin("farm", "Farm").write(tmp_path)
    assert str(refused.value) == f"{str(tmp_path)!r} exists and is not an empty folder: choose another one with --folder"
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_a_place_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError) as refused:
        NewPlugin("farm", "Farm").write(tmp_path / "file" / "farm")
    place = tmp_path / "file" / "farm" / "README.md"
    assert str(refused.value) == f"{str(place)!r} can't be written: Not a directory; choose another place with --folder"


def test_no_hole_is_left_and_the_files_say_the_name(tmp_path):
    written = NewPlugin("night_farm", "Night Farm").write(tmp_path / "new" / "folder")
    assert [path.as_posix() for path in written] == [
        "README.md",
        "example/config/demo.yml",
        "example/extract.toml",
        "example/make_database.py",
        ".gitignore",
        "pyproject.toml",
        "src/extract_night_farm/__init__.py",
        "src/extract_night_farm/job_type.py",
        "src/extract_night_farm/py.typed",
        "src/extract_night_farm/settings.py",
        "tests/test_contract.py",
        "tests/test_status.py",
    ]
    texts = {path: (tmp_path / "new" / "folder" / path).read_text() for path in written}
    assert not [path for path, text in texts.items() if "{{" in text or "MODULE" in text]
