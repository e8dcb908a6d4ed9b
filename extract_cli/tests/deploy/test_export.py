"""`extract deploy export`: what it does to a folder that has files. The exported files are tested in asl_generator/tests."""

from __future__ import annotations

import json

import pytest

from extract_cli.deploy.export import require_free

PIPELINE = """
[pipeline]
name = "night"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-extract/data/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://extract"
[job_types.glue]
job_name = "extract"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "extract.toml").write_text(PIPELINE)
    (tmp_path / "deployment").mkdir()
    return tmp_path / "deployment"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("notes.txt", "x"),
        ("parameters.json", json.dumps({"name": "day"})),
        ("parameters.json", "[]"),
        ("parameters.json", "{"),
    ],
)
def test_files_that_are_no_earlier_export_are_not_replaced(cli, folder, file, text):
    (folder / file).write_text(text)
    said = cli("deploy", "export", "deployment")
    words = f"the folder 'deployment' is not empty ({file}) and has no earlier export of 'night': name another folder, or add "
    assert (said.code, said.err) == (2, f"extract: {words}--force, which replaces files of the same names\n")
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(file, text)]


def test_a_file_is_not_a_folder(cli, folder):
    said = cli("deploy", "export", "extract.toml")
    assert (said.code, said.err) == (2, "extract: 'extract.toml' is a file; name a folder\n")


def test_an_earlier_export_an_empty_folder_and_a_new_one_are_free(folder):
    require_free(folder, "night")
    require_free(folder / "new", "night")
    (folder / "parameters.json").write_text(json.dumps({"name": "night"}))
    (folder / "main.tf").write_text("# the user's")
    require_free(folder, "night")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('job_name = "extract"', 'job_name = "extract"\nmanaged = true', "CloudFormation makes resources of job types here"),
        ('account = "123456789012"', "", "pipeline.account: write the account that the stack is for"),
        ('"dynamodb://extract"', '"dynamodb://extract?region=us-east-1"', "the table is in another region than the stack"),
    ],
)
def test_what_cannot_be_exported_is_refused_before_the_bundle_is_built(cli, folder, monkeypatch, old, new, words):
    built = []
    monkeypatch.setattr("asl_generator.bundle.build_bundle", lambda *parts: built.append(parts))
    (folder.parent / "extract.toml").write_text(PIPELINE.replace(old, new))
    said = cli("deploy", "export", "deployment")
    assert (said.code, words in said.err, built, list(folder.iterdir())) == (2, True, [], [])
