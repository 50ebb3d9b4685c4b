-- Blocks of a run's record that came from a run of the same entry elsewhere: JSON, a list with head,
-- key and signer of the export and the blocks' numbers; empty: there are none.
ALTER TABLE runs ADD COLUMN joined TEXT NOT NULL DEFAULT '';
