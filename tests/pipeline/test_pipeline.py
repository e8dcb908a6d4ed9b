"""extract.toml: its defaults, its places, and what each fault says."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract_core.errors import ConfigError, UsageError
from extract_core.pipeline.read import find_pipeline, read_pipeline
from extract_core.pipeline.toml_reading import finding_at


def written(folder: Path, text: str) -> Path:
    path = folder / "extract.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_is_a_whole_pipeline(tmp_path):
    pipeline = read_pipeline(written(tmp_path, ""))
    assert pipeline.name == "extract"
    assert pipeline.config_uri == (tmp_path / "config").as_uri() + "/"
    assert pipeline.data_uri == (tmp_path / ".extract/data").as_uri() + "/"
    assert pipeline.tracking == str(tmp_path / ".extract/tracking.db")
    assert pipeline.machine.map == "DISTRIBUTED"
    assert pipeline.is_local


def test_places_are_relative_to_the_file_and_may_be_in_s3(tmp_path):
    folder = tmp_path / "name with blanks é"
    folder.mkdir()
    pipeline = read_pipeline(written(folder, '[pipeline]\nconfig_uri = "c"\ndata_uri = "s3://lake/raw"\n'))
    assert pipeline.config_uri == (folder / "c").as_uri() + "/"
    assert "%20" in pipeline.config_uri
    assert pipeline.data_uri == "s3://lake/raw/"
    assert not pipeline.is_local


def test_it_is_found_from_a_folder_below(tmp_path, monkeypatch):
    path = written(tmp_path, "")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_pipeline() == path
    assert read_pipeline().file == path
    assert read_pipeline(tmp_path).file == path


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("[pipeline\n", ["extract.toml:1:10: not valid TOML: Expected ']' at the end of a table declaration"]),
        (f"x = {'9' * 5_000}", ["extract.toml: a number has more than 4,300 digits; write a smaller one"]),
        (f"x = {'[' * 5_000}", ["extract.toml: lists or tables are nested too deeply; write them flat"]),
        ("[pipelin]\n", ["extract.toml:1:1: pipelin: no such key here; did you mean 'pipeline'?"]),
        ("[pipeline]\n\n  nam = 'x'\n", ["extract.toml:3:3: pipeline.nam: no such key here; did you mean 'name'?"]),
        (
            "[pipeline]\naccount = 123\n",
            ['extract.toml:2:1: pipeline.account: 123 is not valid; write twelve digits in quotes, such as "123456789012"'],
        ),
        (
            "[pipeline]\nname = 'a b'\n[machine]\nmap = 'distributed'\nmax_concurrency = 40000\nretries = 1\n",
            [
                "extract.toml:2:1: pipeline.name: 'a b' is not valid; write letters, digits, - and _, at most 40",
                (
                    "extract.toml:5:1: machine.max_concurrency: 40000 is not a number from 1 to 10,000, the limit of a Map that "
                    "is DISTRIBUTED"
                ),
                "extract.toml:6:1: machine.retries: 1 is not valid; write true or false",
            ],
        ),
        (
            "[machine]\nretries = false\nshare = true\n",
            [
                (
                    "extract.toml:3:1: machine.share: true needs retries: tables whose turn did not come go round again; "
                    "write retries = true"
                )
            ],
        ),
        (
            "[pipeline]\nstate_machine = 'extract-sales'\n",
            [
                (
                    "extract.toml:2:1: pipeline.state_machine: 'extract-sales' is not valid; write the ARN of a state machine, "
                    "arn:aws:states:eu-central-1:123456789012:stateMachine:extract"
                )
            ],
        ),
        (
            "[machine]\nmap = 'distribute'\n",
            [
                (
                    'extract.toml:2:1: machine.map: \'distribute\' is not valid; write "distributed" or "inline"; '
                    "did you mean 'distributed'?"
                )
            ],
        ),
        (
            "[machine]\nmap = 'inline'\nmax_concurrency = 41\n",
            [
                (
                    "extract.toml:3:1: machine.max_concurrency: 41 is not a number from 1 to 40, the limit of a Map that is "
                    'INLINE; for more, write map = "distributed"'
                )
            ],
        ),
        (
            "[job_types]\nglue = 'x'\n",
            ["extract.toml:2:1: job_types.glue: is 'x', but must be a section; write [job_types.glue]"],
        ),
        (
            "[prices]\nas_of = 'soon'\nglue = 3\n[prices.ecs]\nvcpu_hours = -1\ngb_hours = true\n",
            [
                'extract.toml:2:1: prices.as_of: the date of the price list is missing or not valid; write as_of = "2026-11-30"',
                "extract.toml:3:1: prices.glue: is 3, but must be a section; write [prices.glue]",
                "extract.toml:5:1: prices.ecs.vcpu_hours: -1 is not a valid price; write US dollars per unit, such as 0.04",
                "extract.toml:6:1: prices.ecs.gb_hours: True is not a valid price; write US dollars per unit, such as 0.04",
            ],
        ),
        ("machine = 3\n", ["extract.toml:1:1: machine: is 3, but must be a section; write [machine]"]),
        ("[pipeline]\ndata_uri = ''\n", ["extract.toml:2:1: pipeline.data_uri: '' is not a folder or an s3:// URI"]),
    ],
)
def test_every_fault_has_its_place(tmp_path, text, complaints):
    with pytest.raises(ConfigError) as caught:
        read_pipeline(written(tmp_path, text))
    assert str(caught.value).splitlines() == complaints


def test_what_cannot_be_read_is_said(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"there is no file '.*nothing.toml'"):
        read_pipeline(tmp_path / "nothing.toml")
    (tmp_path / "extract.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"can't be read: 'utf-8' codec"):
        read_pipeline(tmp_path)


def test_a_fault_of_a_deployment_gets_its_place(tmp_path):
    pipeline = read_pipeline(written(tmp_path, "[job_types.glue]\njob_name = ''\n"))
    assert (
        str(finding_at(pipeline, "job_types.glue.job_name", "is empty")) == "extract.toml:2:1: job_types.glue.job_name: is empty"
    )
    assert str(finding_at(pipeline, "job_types.ecs", "is missing")) == "extract.toml: job_types.ecs: is missing"


def test_where_there_is_none_a_first_one_is_offered(tmp_path):
    with pytest.raises(UsageError) as caught:
        find_pipeline(tmp_path)
    assert str(caught.value) == (
        f"there is no extract.toml in {str(tmp_path)!r} or above it; name one with --pipeline PATH, or create one: extract init"
    )


@pytest.mark.parametrize("day", ["'2026-11-30'", "2026-11-30"])
def test_prices_have_the_date_of_their_list(tmp_path, day):
    prices = read_pipeline(
        written(tmp_path, f"[prices]\nas_of = {day}\n[prices.ecs]\nvcpu_hours = 0.04\nmemory_gb_hours = 1\n")
    ).prices
    assert (prices.as_of, prices.usd) == ("2026-11-30", {"ecs": {"vcpu_hours": 0.04, "memory_gb_hours": 1.0}})
    assert read_pipeline(written(tmp_path, "")).prices is None


def test_a_pipeline_of_another_user_above_the_folder_is_not_used(tmp_path, monkeypatch):
    file, inner = tmp_path / "extract.toml", tmp_path / "inner"
    file.write_text("[pipeline]\n")
    inner.mkdir()
    assert find_pipeline(inner) == file
    monkeypatch.setattr("os.getuid", lambda: file.stat().st_uid + 1)
    assert find_pipeline(tmp_path) == file
    with pytest.raises(UsageError) as raised:
        find_pipeline(inner)
    assert str(raised.value) == (
        f"{str(file)!r} belongs to another user ({file.stat().st_uid}) and is not in the current folder, so it is not used; if "
        f"you trust it, name it: --pipeline {str(file)!r}"
    )


def test_a_pipeline_that_is_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "extract.toml").symlink_to("extract.toml")
    with pytest.raises(UsageError, match="can't be read: "):
        read_pipeline(tmp_path / "extract.toml")


@pytest.mark.parametrize(
    ("written", "region", "expected"),
    [
        ("dynamodb://extract", 'region = "eu-west-1"', "dynamodb://extract?region=eu-west-1"),
        ("dynamodb://extract/", 'region = "eu-west-1"', "dynamodb://extract?region=eu-west-1"),
        ("dynamodb://extract?region=us-west-2", 'region = "eu-west-1"', "dynamodb://extract?region=us-west-2"),
        ("dynamodb://extract", "", "dynamodb://extract"),
    ],
)
def test_the_tracking_table_is_in_the_region_of_the_pipeline(tmp_path, written, region, expected):
    (tmp_path / "extract.toml").write_text(f'[pipeline]\ntracking = "{written}"\n{region}\n', encoding="utf-8")
    assert read_pipeline(tmp_path).tracking == expected
