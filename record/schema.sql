-- The store of one log. {int}, {blob} and {strict} differ between engines.
CREATE TABLE IF NOT EXISTS log_state (
	origin TEXT PRIMARY KEY,
	format {int} NOT NULL,
	size {int} NOT NULL,
	root {blob} NOT NULL,
	epoch {int} NOT NULL,
	frozen_by TEXT
){strict};
CREATE TABLE IF NOT EXISTS entry (
	idx {int} PRIMARY KEY,
	key {blob}, -- NULL when it is the id: then it costs no page of an index of its own
	id {blob} NOT NULL UNIQUE,
	recv_at {int} NOT NULL,
	hashes {blob} NOT NULL, -- the nodes of the tree that this entry completes: its leaf, then upward
	body {blob} NOT NULL
){strict};
CREATE UNIQUE INDEX IF NOT EXISTS entry_key ON entry (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS checkpoint (
	size {int} PRIMARY KEY,
	root {blob} NOT NULL,
	note {blob} NOT NULL,
	epoch {int} NOT NULL,
	signed_at {int} NOT NULL
){strict};
CREATE TABLE IF NOT EXISTS cosignature (
	size {int} NOT NULL,
	cosigner TEXT NOT NULL,
	line {blob} NOT NULL,
	at {int} NOT NULL,
	PRIMARY KEY (size, cosigner)
){strict};
CREATE TABLE IF NOT EXISTS peer (
	name TEXT PRIMARY KEY,
	role TEXT NOT NULL,
	size {int} NOT NULL,
	seen_at {int} NOT NULL
){strict};
