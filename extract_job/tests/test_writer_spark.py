"""PostgreSQL while a writer commits: both engines deliver, value by value, what one moment of the source holds."""

import pytest
from shared_fixtures.writer import TABLE, Writer, delivered, moment_is_whole

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

PG = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t", "verify": "full"}


@pytest.fixture
def committing(sql, new_session):
    """Return a function that makes a table and a writer, which commits each transaction."""

    def begin(*, deletes):
        writer = Writer("clock_timestamp()", deletes=deletes)
        sql(TABLE.format(kind="timestamptz"), *writer.fill(), "ANALYZE t")
        session = new_session()

        def run(statements):
            for statement in statements:
                session.execute(statement)
            session.commit()

        return writer, run

    return begin


@pytest.mark.parametrize("engine", ["arrow", "spark"])
@pytest.mark.parametrize(
    "split", [{}, {"num_partitions": "4"}, {"chunk_rows": "700"}, {"chunk_rows": "700", "num_partitions": "3"}]
)
def test_a_full_extract(spark, job, committing, engine, split):
    moment_is_whole(*committing(deletes=True), lambda: job(**PG, **split, job_engine=engine))


@pytest.mark.parametrize("engines", [["arrow"] * 3, ["spark"] * 3, ["spark", "arrow", "spark"]], ids="-".join)
@pytest.mark.parametrize("split", [{}, {"num_partitions": "3"}])
def test_increments(spark, chain, committing, engines, split):
    """Each attempt delivers what is new: put over the rows before, they are the table of one moment."""
    writer, run = committing(deletes=False)
    runs = chain(**PG, **split, hwm_col_name="at", hwm_column_type="TimestampType", future="read")
    rows = {}
    with writer.at_work(run):
        for engine in engines:
            rows |= delivered(runs.rows(job_engine=engine))
            assert rows == writer.rows_after(rows[0][0])
    assert rows[0][0] > 0
