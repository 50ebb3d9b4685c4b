-- Entries that could not even be read, by the name of their folder or archive, as of the latest call
-- of evaluate; the log keeps what was told before.
CREATE TABLE refused (
  competition  TEXT NOT NULL REFERENCES competitions(id),
  track        TEXT NOT NULL,
  name         TEXT NOT NULL,
  reason       TEXT NOT NULL,
  since_utc    TEXT NOT NULL,
  PRIMARY KEY (competition, track, name)
) STRICT, WITHOUT ROWID;
