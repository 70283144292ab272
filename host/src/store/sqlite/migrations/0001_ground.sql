-- The ground: processes, DAG versions, runs, task instances, plugins.
-- Instants are microseconds since 1970-01-01T00:00:00Z. Digests are text, `blake3:` and 64 hex digits.
-- JSON columns hold what the core only stores and hands back.

-- A process that owns runs. It holds a lock on a file of its number while it lives.
CREATE TABLE process (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('run', 'server')),
    pid         INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT;

CREATE TABLE dag (
    dag_id        TEXT    PRIMARY KEY,
    version       TEXT    REFERENCES dag_version (digest),
    path          TEXT,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL
) STRICT;

-- The file's text and what its names meant: enough to check it again into the same DAG.
CREATE TABLE dag_version (
    digest     TEXT    PRIMARY KEY,
    dag_id     TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    folder     TEXT    NOT NULL,
    plugins    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dag_version_by_dag ON dag_version (dag_id, created_at);

CREATE TABLE dag_run (
    run_key        INTEGER PRIMARY KEY,
    dag_id         TEXT    NOT NULL,
    run_id         TEXT    NOT NULL,
    run_type       TEXT    NOT NULL CHECK (run_type IN ('scheduled', 'manual', 'backfill')),
    version        TEXT    NOT NULL REFERENCES dag_version (digest),
    state          TEXT    NOT NULL,
    owner          INTEGER NOT NULL REFERENCES process (id),
    logical_date   INTEGER,
    interval_start INTEGER,
    interval_end   INTEGER,
    run_after      INTEGER NOT NULL,
    inputs         TEXT    NOT NULL,
    queued_at      INTEGER NOT NULL,
    start_date     INTEGER,
    end_date       INTEGER,
    with_failures  INTEGER NOT NULL DEFAULT 0,
    reason         TEXT,
    UNIQUE (dag_id, run_id)
) STRICT;
CREATE INDEX dag_run_unfinished ON dag_run (owner) WHERE state IN ('queued', 'running');
CREATE INDEX dag_run_by_dag ON dag_run (dag_id, run_after);
-- Over scheduled and backfill runs a logical date exists once.
CREATE UNIQUE INDEX dag_run_logical_date ON dag_run (dag_id, logical_date) WHERE run_type IN ('scheduled', 'backfill');

-- `task` is the task's place in the DAG version that the run holds; tasks gone from it come after those.
CREATE TABLE task_instance (
    run_key        INTEGER NOT NULL REFERENCES dag_run (run_key) ON DELETE CASCADE,
    task           INTEGER NOT NULL,
    task_id        TEXT    NOT NULL,
    map_index      INTEGER NOT NULL DEFAULT -1,
    state          TEXT    NOT NULL,
    try_number     INTEGER NOT NULL DEFAULT 0,
    start_number   INTEGER NOT NULL DEFAULT 0,
    max_tries      INTEGER NOT NULL,
    lost_hosts     INTEGER NOT NULL DEFAULT 0,
    clears         INTEGER NOT NULL DEFAULT 0,
    component      TEXT,
    plugin         TEXT,
    scheduled_at   INTEGER,
    queued_at      INTEGER,
    start_date     INTEGER,
    end_date       INTEGER,
    due            INTEGER,
    resume         TEXT,
    rescheduled_at INTEGER,
    invocation     TEXT,
    value          TEXT,
    chosen         TEXT,
    outputs        TEXT,
    metrics        TEXT,
    usage          TEXT,
    problem        TEXT,
    PRIMARY KEY (run_key, task, map_index)
) STRICT, WITHOUT ROWID;

-- Tries before an instance's present one, as the instance stood when the next was scheduled or it was cleared.
CREATE TABLE task_try (
    run_key      INTEGER NOT NULL REFERENCES dag_run (run_key) ON DELETE CASCADE,
    task_id      TEXT    NOT NULL,
    map_index    INTEGER NOT NULL,
    try_number   INTEGER NOT NULL,
    start_number INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    component    TEXT,
    plugin       TEXT,
    scheduled_at INTEGER,
    queued_at    INTEGER,
    start_date   INTEGER,
    end_date     INTEGER,
    invocation   TEXT,
    value        TEXT,
    outputs      TEXT,
    metrics      TEXT,
    usage        TEXT,
    problem      TEXT,
    PRIMARY KEY (run_key, task_id, map_index, try_number, start_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE component (
    digest        TEXT    PRIMARY KEY,
    size_bytes    INTEGER NOT NULL,
    descriptor    TEXT    NOT NULL,
    interface     TEXT    NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE plugin (
    name          TEXT    NOT NULL,
    version       TEXT    NOT NULL,
    digest        TEXT    NOT NULL REFERENCES component (digest),
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

-- The last build of a crate, by the crate's folder.
CREATE TABLE path_build (
    path        TEXT    PRIMARY KEY,
    fingerprint TEXT    NOT NULL,
    outside     TEXT    NOT NULL,
    digest      TEXT    NOT NULL REFERENCES component (digest),
    built_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
