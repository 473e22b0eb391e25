-- The picture: rows that a fold of the record made. It may be deleted at any
-- time and replayed; a new schema is a new number in position, never a
-- migration. Every row names the statement index it rests on and carries its
-- marking (or is kept once per level of reader). No REAL column.

CREATE TABLE position (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  size   INTEGER NOT NULL, -- entries folded
  root   TEXT    NOT NULL, -- of the tree at that size
  schema INTEGER NOT NULL
) STRICT;

CREATE TABLE house (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  rests INTEGER NOT NULL,
  doc   TEXT    NOT NULL
) STRICT;

CREATE TABLE statement (
  idx     INTEGER PRIMARY KEY,
  id      TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  grp     TEXT    NOT NULL,
  office  TEXT    NOT NULL,
  desk    TEXT    NOT NULL,
  made_at INTEGER NOT NULL, -- seconds, the author's word
  recv_at INTEGER NOT NULL, -- milliseconds, the log's
  marking TEXT    NOT NULL,
  open_at INTEGER NOT NULL, -- seconds; from this time on it is clear; 0: never by time alone
  refused TEXT    NOT NULL, -- why it has no effect; empty: it has
  gone_at INTEGER NOT NULL, -- index of its withdrawal; -1: it stands
  name    TEXT    NOT NULL, -- the sender's own id, or the thing's
  body    TEXT    NOT NULL
) STRICT;
CREATE INDEX statement_id ON statement (id);
CREATE INDEX statement_kind ON statement (kind, idx);
CREATE INDEX statement_office ON statement (office, idx);

CREATE TABLE cite (
  target  TEXT    NOT NULL, -- statement id
  idx     INTEGER NOT NULL, -- of the statement that cites it
  marking TEXT    NOT NULL,
  PRIMARY KEY (target, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
  ref      TEXT    PRIMARY KEY,
  idx      INTEGER NOT NULL, -- of the statement that carries it
  at       INTEGER NOT NULL,
  rests    INTEGER NOT NULL,
  incident TEXT    NOT NULL, -- empty: it joins none
  marking  TEXT    NOT NULL,
  form     TEXT    NOT NULL,
  event    TEXT    NOT NULL,
  speaker  TEXT    NOT NULL,
  lineage  TEXT    NOT NULL,
  from_at  INTEGER NOT NULL,
  to_at    INTEGER NOT NULL,
  adm1     TEXT    NOT NULL,
  doc      TEXT    NOT NULL,
  reads    INTEGER NOT NULL -- index of the report, of a claim that a person corrected; else 0
) STRICT;
CREATE INDEX claim_idx ON claim (idx, at);
CREATE INDEX claim_reads ON claim (reads) WHERE reads > 0;
CREATE INDEX claim_incident ON claim (incident);

CREATE TABLE incident (
  id     TEXT    NOT NULL,
  level  INTEGER NOT NULL, -- the row is for readers of this level (0 clear, 1 green, 2 amber)
  upto   INTEGER NOT NULL, -- up to this one
  idx    INTEGER NOT NULL, -- of the anchor's statement
  at     INTEGER NOT NULL,
  rests  INTEGER NOT NULL,
  day    TEXT    NOT NULL, -- counting day; empty: no time is known
  from_at INTEGER NOT NULL,
  adm1   TEXT    NOT NULL,
  event  TEXT    NOT NULL,
  status TEXT    NOT NULL,
  agree  INTEGER NOT NULL, -- 1: all readings give the same verdict
  lon    INTEGER NOT NULL, -- 1e-7 degree; 0, 0: no point
  lat    INTEGER NOT NULL,
  killed INTEGER NOT NULL, -- high, -1: not stated
  case_no INTEGER NOT NULL, -- 0: none
  doc    TEXT    NOT NULL,
  PRIMARY KEY (id, level)
) STRICT;
CREATE INDEX incident_from ON incident (from_at, idx, at);
CREATE INDEX incident_adm1 ON incident (adm1, from_at);
CREATE INDEX incident_point ON incident (lon, lat);

CREATE TABLE reassessed (
  idx      INTEGER NOT NULL, -- of the statement that changed the verdict
  incident TEXT    NOT NULL,
  level    INTEGER NOT NULL, -- as in incident
  upto     INTEGER NOT NULL,
  office   TEXT    NOT NULL,
  before   TEXT    NOT NULL,
  after    TEXT    NOT NULL,
  PRIMARY KEY (idx, incident, level, office)
) STRICT, WITHOUT ROWID;

CREATE TABLE alias (
  old   TEXT    PRIMARY KEY,
  new   TEXT    NOT NULL, -- empty: a tombstone
  rests INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE docket (
  idx      INTEGER PRIMARY KEY, -- of the case statement
  id       TEXT    NOT NULL,
  number   INTEGER NOT NULL,
  incident TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  rests    INTEGER NOT NULL,
  doc      TEXT    NOT NULL  -- the whole file; a view leaves out what its reader may not read
) STRICT;
CREATE UNIQUE INDEX docket_number ON docket (number);

-- not digested: internals hang on batch history
CREATE VIRTUAL TABLE words USING fts5 (text, ref UNINDEXED, marking UNINDEXED, tokenize = 'unicode61 remove_diacritics 2');
