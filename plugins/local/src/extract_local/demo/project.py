"""The demo's project folder: extract.toml and config/sales.yml, and the fix in the config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_local.demo.schema import MISSING_TABLE

if TYPE_CHECKING:
    from pathlib import Path

DATABASE: Final = "sales.db"
CONFIG: Final = "config/sales.yml"
REPORT: Final = "report-sales-first.html"
TABLE_OF_UNKNOWN_TYPE: Final = "crm.campaigns"
"""Its job type is not installed at first, as if its package was forgotten."""

_UNKNOWN_TYPE: Final = "databricks"
_FIXED_TYPE: Final = "ecs"

_PIPELINE: Final = """\
# The settings of the pipeline: its places, the machine, and where each job type runs.
# The names of jobs, clusters and networks are those of an account in AWS; a run on this machine needs none of them.

[pipeline]
name = "extract-sales"
config_uri = "config/"            # <source>.yml for each source; s3://bucket/prefix/ when deployed
data_uri = ".extract/data/"       # where the jobs write
runs_uri = ".extract/runs/"       # plans and results
tracking = ".extract/tracking.db"

[machine]
max_concurrency = 4               # tables at once

[job_types.glue]
job_name = "extract-jdbc"

[job_types.emr]
cluster_id = "j-3KVT5M2Q9Z7UG"
scripts_uri = "s3://extract-scripts/"

[job_types.ecs]
cluster = "extract"
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d4e5f60718"]
"""

_CONFIG: Final = f"""\
# One source: how to reach it, and its tables. A table holds only its own settings; the rest comes from above.

source_name: sales
source_type: jdbc
source_owners: [data-platform@example.com]

extract:
  job_type: glue                        # of every table that names no other
  script_name: extract_job.py
  db_engine: sqlite
  db_name: {DATABASE}
  default_arguments: {{fetchsize: "20000", worker_type: G.1X, worker_no: "2"}}
  tables:
    public.categories: {{}}
    public.suppliers: {{}}
    public.products: {{worker_no: "4"}}
    public.product_suppliers: {{}}
    public.warehouses: {{}}
    public.stock_levels: {{job_type: emr}}
    public.customers: {{extract_type: PE, watermark: {{column: updated_at, type: timestamp}}}}
    public.addresses: {{job_type: ecs}}
    public.orders: {{job_type: emr, extract_type: PE, watermark: {{column: updated_at, type: timestamp}}}}
    public.order_lines: {{job_type: emr, extract_type: PE, watermark: {{column: order_id, type: long}}}}
    public.payments: {{job_type: ecs, extract_type: PE, watermark: {{column: payment_id, type: long}}}}
    public.shipments: {{job_type: ecs}}
    public.exchange_rates: {{extract_type: PE, watermark: {{column: day, type: date}}}}
    public.audit_log: {{}}                # empty
    {MISSING_TABLE}: {{}}                  # not in the database: this one will fail
    {TABLE_OF_UNKNOWN_TYPE}: {{job_type: {_UNKNOWN_TYPE}}}    # not installed: this one can't be planned
    crm.contacts: {{job_type: ecs, extract_type: PE, watermark: {{column: contact_id, type: integer}}}}
    crm.attachments: {{job_type: ecs}}
    web.events: {{job_type: ecs, extract_type: PE, watermark: {{column: event_id, type: long}}, tags: [large]}}
"""


def write(folder: Path) -> None:
    """Write both files."""
    (folder / "extract.toml").write_text(_PIPELINE, encoding="utf-8")
    (folder / "config").mkdir(exist_ok=True)
    (folder / CONFIG).write_text(_CONFIG, encoding="utf-8")


def fix(folder: Path) -> None:
    """Give the table of the unknown job type one that is installed, as a person would: by editing the config."""
    path = folder / CONFIG
    broken = f"{TABLE_OF_UNKNOWN_TYPE}: {{job_type: {_UNKNOWN_TYPE}}}    # not installed: this one can't be planned"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(broken, f"{TABLE_OF_UNKNOWN_TYPE}: {{job_type: {_FIXED_TYPE}}}"), encoding="utf-8")


def job_types(folder: Path) -> dict[str, str]:
    """Each table of the config with its job type, in the config's order."""
    import yaml

    extract = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))["extract"]
    return {table: str(own.get("job_type", extract["job_type"])) for table, own in extract["tables"].items()}
