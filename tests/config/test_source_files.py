"""Finding a source's file: .yml or .yaml below the prefix, and nothing outside of it."""

from __future__ import annotations

import pytest

from extract_core.config.source_files import MOST_KEPT, read_source, source_names
from extract_core.errors import ConfigError, UsageError
from extract_core.objects.files import FileObjects, file_uri
from extract_core.objects.routed import open_objects

YML = "extract: {job_type: loom, tables: {a: {}}}\n"


@pytest.fixture
def folder(tmp_path):
    for name in ("sales.yml", "hr.yaml", "both.yml", "both.yaml", "notes.txt", "deeper/other.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(YML)
    return tmp_path


@pytest.mark.parametrize(("source", "file"), [("sales", "sales.yml"), ("hr", "hr.yaml")])
@pytest.mark.parametrize("slash", ["/", ""])
def test_a_source_is_found(folder, source, file, slash):
    config = read_source(open_objects(), file_uri(folder) + slash, source)
    assert (config.source, config.text.file, config.tables) == (source, file, ("a",))


def test_the_names_of_all_sources(folder):
    assert source_names(open_objects(), file_uri(folder)) == ["both", "hr", "sales"]


@pytest.mark.parametrize(
    ("source", "hint"),
    [("sale", "did you mean 'sales'?"), ("zzz", "it has: both, hr, sales"), ("deeper", "it has: both, hr, sales")],
)
def test_a_source_that_is_not_there(folder, source, hint):
    with pytest.raises(UsageError) as error:
        read_source(open_objects(), file_uri(folder), source)
    assert str(error.value) == f"there is no source {source!r}: no {source}.yml in {file_uri(folder)}/; {hint}"


def test_no_source_at_all(tmp_path):
    with pytest.raises(UsageError) as error:
        read_source(open_objects(), file_uri(tmp_path / "config"), "sales")
    place = file_uri(tmp_path / "config")
    assert str(error.value) == f"there is no source 'sales': no sales.yml in {place}/; it has: no source"


@pytest.mark.parametrize("source", ["../sales", "deeper/other", "", ".hidden", "a b"])
def test_a_name_can_not_leave_the_prefix(folder, source):
    with pytest.raises(UsageError) as error:
        read_source(open_objects(), file_uri(folder), source)
    rule = "use letters, digits, _ . -, and begin with a letter or digit"
    assert str(error.value) == f"{source!r} is not a valid source name: {rule}"


def test_two_files_of_one_source(folder):
    with pytest.raises(ConfigError) as error:
        read_source(open_objects(), file_uri(folder), "both")
    assert str(error.value) == f"both.yml: both.yaml is also in {file_uri(folder)}/; keep one of them"


class Counting(FileObjects):
    """Counts what is read in full."""

    def __init__(self):
        self.reads = 0

    def read_changed(self, uri, stamp):
        changed = super().read_changed(uri, stamp)
        self.reads += changed is not None
        return changed


def test_a_warm_process_reads_a_config_again_only_when_it_has_changed(tmp_path):
    path = tmp_path / "sales.yml"
    path.write_text("extract: {tables: {a: {}}}", encoding="utf-8")
    objects, cache = Counting(), {}

    def read():
        return read_source(objects, file_uri(tmp_path), "sales", cache=cache)

    first = read()
    assert read() is first
    assert objects.reads == 1
    path.write_text("extract: {tables: {a: {}, b: {}}}", encoding="utf-8")
    assert read().tables == ("a", "b")
    path.write_text("extract: {tables: {a: {}, b: {}, c: []", encoding="utf-8")
    with pytest.raises(ConfigError):
        read()
    path.write_text("extract: {tables: {c: {}}}", encoding="utf-8")
    assert read().tables == ("c",)
    (tmp_path / "sales.yaml").write_text("extract: {tables: {a: {}}}", encoding="utf-8")
    with pytest.raises(ConfigError, match="keep one of them"):
        read()
    path.unlink()
    assert read().tables == ("a",)


def test_only_some_sources_are_kept(tmp_path):
    objects, cache = Counting(), {}
    for number in range(MOST_KEPT + 1):
        (tmp_path / f"s{number}.yml").write_text("extract: {tables: {a: {}}}", encoding="utf-8")
        read_source(objects, file_uri(tmp_path), f"s{number}", cache=cache)
    read_source(objects, file_uri(tmp_path), "s1", cache=cache)
    assert objects.reads == MOST_KEPT + 1
    read_source(objects, file_uri(tmp_path), "s0", cache=cache)
    assert objects.reads == MOST_KEPT + 2
