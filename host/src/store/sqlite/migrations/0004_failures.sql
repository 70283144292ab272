-- How many runs of a DAG failed in a row is found from its runs, so that it outlives a server.

-- The end of the last run that does not count any more, since its DAG was paused or let go on after that.
ALTER TABLE dag ADD COLUMN failures_count_after INTEGER;
CREATE INDEX dag_run_ended ON dag_run (dag_id, end_date) WHERE end_date IS NOT NULL;
