-- The log tells all that the tables hold; they can be made again from it and the records.
ALTER TABLE runs ADD COLUMN origin TEXT NOT NULL DEFAULT '';  -- head of the history it was ingested from; empty: ran here

-- What the organizer decided, on which record: accepting one does not accept the next.
DROP TRIGGER states_stay;
DROP TRIGGER states_are_kept;
DROP INDEX states_by_run;
CREATE TABLE decisions (
  id             INTEGER PRIMARY KEY,
  run            INTEGER NOT NULL REFERENCES runs(id),
  decision       TEXT NOT NULL CHECK (decision IN ('accepted', 'restored', 'withdrawn', 'disqualified')),
  reason         TEXT NOT NULL,
  record_sha256  TEXT NOT NULL,
  since_utc      TEXT NOT NULL
) STRICT;
INSERT INTO decisions
  SELECT s.id, s.run, CASE s.state WHEN 'withdrawn' THEN 'withdrawn' WHEN 'disqualified' THEN 'disqualified' ELSE 'restored' END,
         s.reason, r.record_sha256, s.since_utc
  FROM states s JOIN runs r ON r.id = s.run;
DROP TABLE states;
CREATE INDEX decisions_by_run ON decisions (run, id);

CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are never edited'); END;
CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are never deleted'); END;
CREATE TRIGGER runs_keep_their_place BEFORE UPDATE OF id, competition, track, submission, node ON runs
  BEGIN SELECT RAISE(ABORT, 'a run never changes its place'); END;
CREATE TRIGGER runs_are_kept BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'runs are never deleted'); END;
CREATE TRIGGER competitions_are_kept BEFORE DELETE ON competitions BEGIN SELECT RAISE(ABORT, 'competitions are never deleted'); END;
