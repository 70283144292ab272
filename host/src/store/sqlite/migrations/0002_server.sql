-- The server: DAGs that are served and paused, files that cannot be used, backfills.

-- Whether a file in the served folder has it now.
ALTER TABLE dag ADD COLUMN is_served INTEGER NOT NULL DEFAULT 0;
-- Why it is paused; NULL: it is not.
ALTER TABLE dag ADD COLUMN paused TEXT;

-- Why a file in the served folder is no DAG, as of its last reading.
CREATE TABLE import_error (
    path TEXT    PRIMARY KEY,
    text TEXT    NOT NULL,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backfill (
    id              INTEGER PRIMARY KEY,
    dag_id          TEXT    NOT NULL,
    from_date       INTEGER NOT NULL,
    to_date         INTEGER NOT NULL,
    max_active_runs INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    cancelled       INTEGER NOT NULL DEFAULT 0
) STRICT;

ALTER TABLE dag_run ADD COLUMN backfill INTEGER REFERENCES backfill (id);
-- Its place in the backfill's order.
ALTER TABLE dag_run ADD COLUMN backfill_place INTEGER;
-- A finished run that its backfill is to clear and run again, and has not yet.
ALTER TABLE dag_run ADD COLUMN reprocess INTEGER NOT NULL DEFAULT 0;
CREATE INDEX dag_run_by_backfill ON dag_run (backfill, backfill_place) WHERE backfill IS NOT NULL;
CREATE INDEX dag_run_scheduled ON dag_run (dag_id, run_after) WHERE run_type = 'scheduled';

-- What tasks that name a pool share. `default_pool` is for all others.
CREATE TABLE pool (
    name        TEXT    PRIMARY KEY,
    slots       INTEGER NOT NULL CHECK (slots >= 0),
    description TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
INSERT INTO pool (name, slots, description) VALUES ('default_pool', 128, 'tasks that name no pool');
