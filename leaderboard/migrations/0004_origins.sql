-- Who vouches for a run that came from elsewhere.
ALTER TABLE runs ADD COLUMN origin_key TEXT NOT NULL DEFAULT '';     -- that signed the export; empty: none did
ALTER TABLE runs ADD COLUMN origin_signer TEXT NOT NULL DEFAULT '';  -- whom the organizer allowed under it; empty: nobody

-- When each entry was first received: a look-up must not walk the log.
CREATE TABLE received (
  competition  TEXT NOT NULL,
  entry        TEXT NOT NULL,
  at_utc       TEXT NOT NULL,
  PRIMARY KEY (competition, entry)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO received
  SELECT json_extract(detail, '$.competition'), json_extract(detail, '$.entry'), at_utc
  FROM log WHERE kind = 'received' ORDER BY number;
