-- Callbacks and deadlines; a task that is to be cleared when its try is over.

-- What callbacks were told, or are to be told. Made with the change that it is about, in one transaction.
CREATE TABLE callback (
    id      INTEGER PRIMARY KEY,
    -- The run that it is about.
    run_key INTEGER NOT NULL REFERENCES dag_run (run_key) ON DELETE CASCADE,
    kind    TEXT    NOT NULL,
    -- NULL: the run's own.
    task_id TEXT,
    event   TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    -- Whether its own run is still to be made.
    is_open INTEGER NOT NULL DEFAULT 1,
    -- Why none could be made.
    problem TEXT
) STRICT;
CREATE INDEX callback_by_run ON callback (run_key, id);
CREATE INDEX callback_open ON callback (id) WHERE is_open = 1;

-- The callback that the run is for. Its run_type is 'manual': it counts for no schedule.
ALTER TABLE dag_run ADD COLUMN callback INTEGER REFERENCES callback (id) ON DELETE CASCADE;
CREATE UNIQUE INDEX dag_run_by_callback ON dag_run (callback) WHERE callback IS NOT NULL;
-- When its deadline was, if it passed since the run last began.
ALTER TABLE dag_run ADD COLUMN missed_deadline INTEGER;

-- Running, and to be cleared when the try is over.
ALTER TABLE task_instance ADD COLUMN clearing INTEGER NOT NULL DEFAULT 0;
