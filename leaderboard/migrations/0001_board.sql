-- What a board needs to know. Scores and log are added to, never edited; the triggers see to it.
CREATE TABLE competitions (
  id          TEXT PRIMARY KEY,
  sha256      TEXT NOT NULL,
  file        TEXT NOT NULL,            -- where it was read from, for people
  text        TEXT NOT NULL,            -- competition.json as it was read
  put_at_utc  TEXT NOT NULL
) STRICT;

CREATE TABLE submissions (
  id       TEXT PRIMARY KEY,            -- SHA-256 over the sorted file list
  name     TEXT NOT NULL,
  team     TEXT NOT NULL,
  version  TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  id              INTEGER PRIMARY KEY,
  competition     TEXT NOT NULL REFERENCES competitions(id),
  track           TEXT NOT NULL,
  submission      TEXT NOT NULL REFERENCES submissions(id),
  node            TEXT NOT NULL,        -- host name
  outcome         TEXT NOT NULL,
  message         TEXT NOT NULL,
  dataset_sha256  TEXT NOT NULL,
  started_at_utc  TEXT NOT NULL,
  folder          TEXT NOT NULL,        -- of the record, relative to the database's own
  record          TEXT NOT NULL,        -- run.json
  record_sha256   TEXT NOT NULL,
  UNIQUE (competition, track, submission, node)
) STRICT;

CREATE TABLE blocks (
  run                 INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  number              INTEGER NOT NULL,
  outcome             TEXT NOT NULL,
  passes              INTEGER NOT NULL,
  samples             INTEGER NOT NULL,
  measured_s          REAL NOT NULL,
  joules              REAL,             -- of the domains in the total; NULL: none could be read
  predictions_sha256  TEXT NOT NULL,
  trace_sha256        TEXT NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE scores (
  id                INTEGER PRIMARY KEY,
  run               INTEGER NOT NULL REFERENCES runs(id),
  record_sha256     TEXT NOT NULL,      -- of the record it was computed from
  rule              TEXT NOT NULL,      -- name/version
  program_version   TEXT NOT NULL,
  scored_at_utc     TEXT NOT NULL,
  outcome           TEXT NOT NULL,
  accuracy          REAL,
  joules_per_sample REAL,
  energy_class      TEXT NOT NULL,
  score             TEXT NOT NULL       -- the whole Score, JSON
) STRICT;
CREATE INDEX scores_by_run ON scores (run, id);

CREATE TABLE states (
  id         INTEGER PRIMARY KEY,
  run        INTEGER NOT NULL REFERENCES runs(id),
  state      TEXT NOT NULL CHECK (state IN ('valid', 'unverified', 'withdrawn', 'disqualified')),
  reason     TEXT NOT NULL,
  since_utc  TEXT NOT NULL
) STRICT;
CREATE INDEX states_by_run ON states (run, id);

CREATE TABLE log (
  number           INTEGER PRIMARY KEY,
  at_utc           TEXT NOT NULL,
  kind             TEXT NOT NULL,
  detail           TEXT NOT NULL,       -- JSON
  previous_sha256  TEXT NOT NULL,
  sha256           TEXT NOT NULL UNIQUE -- over previous, number, at, kind, detail, one a line
) STRICT;

CREATE TRIGGER scores_stay BEFORE UPDATE ON scores BEGIN SELECT RAISE(ABORT, 'scores are never edited'); END;
CREATE TRIGGER scores_are_kept BEFORE DELETE ON scores BEGIN SELECT RAISE(ABORT, 'scores are never deleted'); END;
CREATE TRIGGER states_stay BEFORE UPDATE ON states BEGIN SELECT RAISE(ABORT, 'states are never edited'); END;
CREATE TRIGGER states_are_kept BEFORE DELETE ON states BEGIN SELECT RAISE(ABORT, 'states are never deleted'); END;
CREATE TRIGGER log_stays BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER log_is_kept BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is never deleted'); END;
