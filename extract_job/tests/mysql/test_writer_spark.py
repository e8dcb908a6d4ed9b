"""MariaDB while a writer commits: both engines deliver, value by value, what one moment of the source holds."""

import pytest
from shared_fixtures.writer import TABLE, Writer, delivered, moment_is_whole

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

MARIADB = {"db_engine": "mariadb", "db_name": "shop", "extract_table": "t", "verify": "full"}


@pytest.fixture
def committing(sql, new_session):
    """Return a function that makes a table and a writer, which commits each transaction."""

    def begin(*, deletes):
        writer = Writer("utc_timestamp(6)", deletes=deletes)
        sql(TABLE.format(kind="datetime(6)"), *writer.fill(), "ANALYZE TABLE t")
        session = new_session()

        def run(statements):
            with session.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            session.commit()

        return writer, run

    return begin


@pytest.mark.parametrize("engine", ["arrow", "spark"])
@pytest.mark.parametrize("split", [{}, {"num_partitions": "auto"}, {"chunk_rows": "700"}])
def test_a_full_extract(spark, job, committing, engine, split):
    moment_is_whole(*committing(deletes=True), lambda: job(**MARIADB, **split, job_engine=engine))


@pytest.mark.parametrize("engines", [["arrow"] * 3, ["spark"] * 3, ["spark", "arrow", "spark"]], ids="-".join)
def test_increments(spark, chain, committing, engines):
    """Spark's statement sees a later moment than the mark: a row that is written between comes with the next attempt."""
    writer, run = committing(deletes=False)
    runs = chain(**MARIADB, hwm_col_name="at", hwm_column_type="TimestampType", future="read")
    rows, seen = {}, set()
    with writer.at_work(run):
        for engine in engines:
            new = delivered(runs.rows(job_engine=engine))
            rows |= new
            seen |= new.items()
    rows |= delivered(runs.rows())
    assert rows == writer.rows_after(writer.committed)
    assert writer.committed > 0
    assert seen <= writer.versions
