"""What `deploy up` says of configs that are valid and that jobs in AWS cannot run."""

from __future__ import annotations

import pytest

from extract_cli.deploy.configs import checked_configs, notes_on_files
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover

PIPELINE = """
[pipeline]
name = "night"
config_uri = "s3://acme/config/"
data_uri = "s3://acme/data/"
runs_uri = "s3://acme/runs/"
tracking = "dynamodb://night"
[job_types.glue]
job_name = "extract"
"""


@pytest.mark.parametrize(
    ("database", "files"),
    [
        ("db_engine: sqlite, db_name: shop.db", ["shop.db"]),
        ("db_engine: postgres, db_name: shop, db_secret: shop-db", []),
        ("db_name: shop", []),
    ],
)
def test_a_database_that_is_a_file_has_a_note(tmp_path, database, files):
    (tmp_path / "extract.toml").write_text(PIPELINE)
    (tmp_path / "config").mkdir()
    keys = "\n".join(f"  {key}" for key in database.split(", "))
    text = f"source_name: shop\nextract:\n  job_type: glue\n{keys}\n  tables: {{items: {{}}}}\n"
    (tmp_path / "config" / "shop.yml").write_text(text)
    configs = checked_configs(read_pipeline(tmp_path / "extract.toml"), discover(strict=True))
    assert len(configs) == 1
    assert notes_on_files(configs) == [
        f"config/shop.yml: db_engine: sqlite reads a file ({file}), and jobs in AWS do not have the files of this machine: "
        "name a database that they reach"
        for file in files
    ]
