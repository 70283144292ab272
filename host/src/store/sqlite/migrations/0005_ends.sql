-- Runs are counted in the order in which they ended, not by the clock, which may be set back between two ends.

-- The how manieth end in its DAG it was; NULL: it is not at its end.
ALTER TABLE dag_run ADD COLUMN end_number INTEGER;
UPDATE dag_run SET end_number = numbered.number
FROM (SELECT run_key, row_number() OVER (PARTITION BY dag_id ORDER BY end_date, run_key) AS number
      FROM dag_run WHERE state IN ('success', 'failed')) AS numbered
WHERE dag_run.run_key = numbered.run_key;

-- The number of the last end that does not count any more, since the DAG was paused or let go on after it.
ALTER TABLE dag ADD COLUMN failures_from INTEGER NOT NULL DEFAULT 0;
UPDATE dag SET failures_from = coalesce(
    (SELECT max(end_number) FROM dag_run WHERE dag_id = dag.dag_id AND end_date <= failures_count_after), 0);

DROP INDEX dag_run_ended;
ALTER TABLE dag DROP COLUMN failures_count_after;
CREATE INDEX dag_run_ended ON dag_run (dag_id, end_number) WHERE end_number IS NOT NULL;
