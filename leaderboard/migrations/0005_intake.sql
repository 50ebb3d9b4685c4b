-- What became of each upload: archives, and requests of teams. Every row is an event of the log.
CREATE TABLE intake (
  number          INTEGER PRIMARY KEY,   -- of the event
  competition     TEXT NOT NULL,
  kind            TEXT NOT NULL CHECK (kind IN ('entry', 'withdraw', 'select')),
  accepted        INTEGER NOT NULL,
  upload          TEXT NOT NULL,         -- its name in the inbox
  sha256          TEXT NOT NULL,         -- of the file
  team            TEXT NOT NULL,
  name            TEXT NOT NULL,         -- of the entry
  entry           TEXT NOT NULL,         -- its id; empty: it was not read
  decided_at_utc  TEXT NOT NULL,
  decision        TEXT NOT NULL          -- the whole of it, JSON
) STRICT;
CREATE INDEX intake_by_entry ON intake (competition, entry);

-- Entries that their teams withdrew, and the version that a team chose.
CREATE TABLE withdrawn (
  competition  TEXT NOT NULL,
  entry        TEXT NOT NULL,
  at_utc       TEXT NOT NULL,
  PRIMARY KEY (competition, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE selected (
  competition  TEXT NOT NULL,
  team         TEXT NOT NULL,
  name         TEXT NOT NULL,
  entry        TEXT NOT NULL,
  at_utc       TEXT NOT NULL,
  PRIMARY KEY (competition, team, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER intake_stays BEFORE UPDATE ON intake BEGIN SELECT RAISE(ABORT, 'what was decided about an upload is never edited'); END;
CREATE TRIGGER intake_is_kept BEFORE DELETE ON intake BEGIN SELECT RAISE(ABORT, 'what was decided about an upload is never deleted'); END;

-- When a run's record was stored: the public board may stand still from some moment on. Empty where
-- an older version's log does not tell.
ALTER TABLE runs ADD COLUMN put_at_utc TEXT NOT NULL DEFAULT '';
UPDATE runs SET put_at_utc = coalesce((
  SELECT at_utc FROM log WHERE kind = 'run' AND json_extract(detail, '$.run') = runs.id
    AND number > coalesce((SELECT max(number) FROM log WHERE kind = 'migrate'), 0)
  ORDER BY number DESC LIMIT 1), '');
