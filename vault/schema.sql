-- Rows lie in the order of their names, which are random: the file tells no
-- order of arrival.
CREATE TABLE IF NOT EXISTS source (
  pseudonym  TEXT PRIMARY KEY,
  commitment BLOB NOT NULL,
  sealed     BLOB NOT NULL,    -- the age file, wrapped with the row key of the file keys
  opens      TEXT NOT NULL,    -- prints of the recipients
  hour       INTEGER NOT NULL  -- when it came in, cut to the hour, seconds since 1970 UTC
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reading (
  pseudonym TEXT NOT NULL,
  by        TEXT NOT NULL,
  hour      INTEGER NOT NULL,
  resealed  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS tombstone (
  pseudonym TEXT PRIMARY KEY,
  why       TEXT NOT NULL,
  hour      INTEGER NOT NULL,
  done      INTEGER NOT NULL   -- 0: to be forgotten; 1: forgotten
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipt (
  hash      BLOB PRIMARY KEY,  -- of the code, see receipt.go
  pseudonym TEXT NOT NULL,
  key       BLOB NOT NULL,     -- under which the record will know it
  hour      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
