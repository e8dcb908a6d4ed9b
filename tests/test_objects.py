"""The promises of an object store, asked of every store that there is; and what only files can get wrong."""

from __future__ import annotations

import os
import threading

import pytest

from extract_core.errors import ObjectError, ObjectNotFound
from extract_core.objects import FileObjects, file_uri, open_objects


@pytest.fixture(params=["files", "routed"])
def store(request, tmp_path):
    """A store and the prefix of its objects."""
    prefix = file_uri(tmp_path / "Ünder a folder#1?") + "/"
    return (FileObjects() if request.param == "files" else open_objects()), prefix


def test_what_is_written_is_read(store):
    objects, prefix = store
    uri = prefix + "runs/r-1/plan.jsonl"
    assert not objects.exists(uri)
    assert objects.write(uri, b"one\n") is True
    assert objects.exists(uri)
    assert objects.read(uri) == b"one\n"
    assert objects.write(uri, b"") is True
    assert objects.read(uri) == b""


def test_if_absent_writes_once(store):
    objects, prefix = store
    assert objects.write(prefix + "a", b"first", if_absent=True) is True
    assert objects.write(prefix + "a", b"second", if_absent=True) is False
    assert objects.read(prefix + "a") == b"first"


def test_of_many_writers_if_absent_one_wins(store):
    objects, prefix = store
    won = []
    writers = [
        threading.Thread(target=lambda n=n: won.append((n, objects.write(prefix + "a", b"%d" % n, if_absent=True))))
        for n in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    [winner] = [number for number, wrote in won if wrote]
    assert objects.read(prefix + "a") == b"%d" % winner
    assert list(objects.list(prefix)) == [prefix + "a"]


def test_a_range_is_exact(store):
    objects, prefix = store
    objects.write(prefix + "a", b"0123456789")
    assert objects.read_range(prefix + "a", 3, 4) == b"3456"
    with pytest.raises(ObjectError) as error:
        objects.read_range(prefix + "a", 8, 4)
    assert str(error.value) == f"{prefix + 'a'!r} has 2 of the 4 bytes asked for from byte 8 on"


def test_a_list_is_by_prefix_and_in_order_of_bytes(store):
    objects, prefix = store
    for name in ("b/2", "b/10", "ba", "a", "b/é", "b/z", "c d"):
        objects.write(prefix + name.replace("é", "%C3%A9").replace(" ", "%20"), b"")
    assert list(objects.list(prefix + "b")) == [prefix + name for name in ("b/10", "b/2", "b/z", "b/%C3%A9", "ba")]
    assert list(objects.list(prefix + "b/")) == [prefix + name for name in ("b/10", "b/2", "b/z", "b/%C3%A9")]
    assert list(objects.list(prefix + "c")) == [prefix + "c%20d"]
    assert list(objects.list(prefix + "nothing/here")) == []


def test_what_is_deleted_is_gone(store):
    objects, prefix = store
    objects.write(prefix + "a", b"")
    objects.delete(prefix + "a")
    objects.delete(prefix + "a")
    assert not objects.exists(prefix + "a")
    with pytest.raises(ObjectNotFound) as error:
        objects.read(prefix + "a")
    assert str(error.value) == f"there is no object at {prefix + 'a'!r}"
    with pytest.raises(ObjectNotFound):
        objects.read_range(prefix + "a", 0, 1)


def test_a_name_below_an_object_is_refused(store):
    objects, prefix = store
    objects.write(prefix + "a", b"")
    with pytest.raises(ObjectNotFound):
        objects.read(prefix + "a/b")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "config/sales.yml",
            "'config/sales.yml' is not a URI; write it with its scheme (file://), a file as file:///folder/name",
        ),
        ("s3://bucket/key", "'s3://bucket/key': this version keeps no objects in s3://; use one of: file://"),
        (
            "file://host/a",
            "'file://host/a' is not a file URI with an absolute path; write file:///folder/name",
        ),
        ("file:///a?b", "'file:///a?b' holds '?' or '#' as they stand; in a URI they are written %3F and %23"),
        ("file:///a%00b", "'file:///a%00b' holds a NUL character, which no file name can"),
        ("file:///tmp/", "'file:///tmp/' names a folder, not an object; leave out the trailing slash"),
    ],
)
def test_a_wrong_uri_is_told(uri, message):
    with pytest.raises(ObjectError) as error:
        open_objects().read(uri)
    assert str(error.value) == message


def test_half_written_files_are_no_objects(tmp_path):
    (tmp_path / ".0123456789abcdef.partial").write_bytes(b"half")
    assert list(FileObjects().list(file_uri(tmp_path) + "/")) == []


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    uri = file_uri(tmp_path / "a")
    with pytest.raises(ObjectError) as error:
        FileObjects().write(uri, b"data")
    assert str(error.value) == f"can't write {uri!r}: No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / "a").mkdir()
    uri = file_uri(tmp_path / "a")
    with pytest.raises(ObjectError) as error:
        FileObjects().write(uri, b"")
    assert str(error.value) == f"can't write {uri!r}: Is a directory"
    with pytest.raises(ObjectError) as error:
        FileObjects().read(uri)
    assert str(error.value) == f"can't read {uri!r}: Is a directory"


def test_a_file_where_a_folder_is_needed_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    uri = file_uri(tmp_path / "file" / "x")
    with pytest.raises(ObjectError) as error:
        FileObjects().write(uri, b"")
    assert str(error.value) == f"can't write {uri!r}: File exists"


def test_a_long_name_is_an_object_as_well(tmp_path):
    uri = file_uri(tmp_path / ("n" * 250))
    assert FileObjects().write(uri, b"x") is True
    assert FileObjects().read(uri) == b"x"
