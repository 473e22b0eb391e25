// Package record keeps a tamper-evident log of opaque bytes: it never reads
// what it records, so it cannot be tempted to edit it.
//
// An entry is a receipt time and a body. Entries are numbered from 0, hashed
// into an RFC 6962 Merkle tree, and never change. Add answers only when the
// entry is durable; Publish signs a checkpoint over what was added; tiles and
// checkpoints are C2SP files that anyone's tools can audit; Verify and
// VerifyBundle prove the whole offline. Witnesses cosign, mirrors copy.
//
// What an attacker with this part can do: whoever holds the signing key and
// the disk can start a second history, which witnesses refuse to cosign and
// mirrors expose; can drop what was not yet mirrored, which receipts prove.
// They cannot change or remove an entry that a mirror or witness has seen
// without being found out.
package record

import (
	"context"
	"crypto"
	"errors"
	"time"
)

// Limits of the formats and of memory.
const (
	maxEntry    = 65_535       // bytes: the bundle format has a uint16 length
	maxBody     = maxEntry - 8 // bytes of an envelope
	maxBatch    = 1_024        // entries in one transaction
	maxQueue    = 4_096        // requests that wait
	maxNote     = 64 << 10     // bytes of a checkpoint, a proof or a policy
	maxBlob     = 64 << 20     // bytes of one blob
	maxExtra    = 16 << 20     // bytes of an extra file in a bundle
	tileHeight  = 8            // C2SP: 256 hashes a tile
	tileWidth   = 1 << tileHeight
	storeFormat = 2 // version of schema.sql
)

// Errors that callers tell apart. Everything else is a fault of disk,
// database or arguments and says what, where and what to do.
var (
	// ErrBusy: the queue is full or the log is reopening; nothing was stored. Try again later.
	ErrBusy = errors.New("record: busy, try again later")
	// ErrUnknown: the entry may or may not be stored. Add again with the same key to learn it.
	ErrUnknown = errors.New("record: outcome unknown, add again with the same key")
	// ErrClosed: the log was closed; nothing was stored.
	ErrClosed = errors.New("record: closed")
	// ErrNotFound: no such entry, tile, blob or checkpoint.
	ErrNotFound = errors.New("record: not found")
	// ErrFork: two histories under one origin. Keep both notes, stop, raise the alarm.
	ErrFork = errors.New("record: two histories of one origin")
	// ErrBehind: a peer holds a later head of this log; pull the missing entries first.
	ErrBehind = errors.New("record: behind a head that was already published, pull the missing entries first")
	// ErrDamaged: stored bytes do not match their hash; restore them from a mirror.
	ErrDamaged = errors.New("record: stored bytes do not match their hash, restore from a mirror or backup")
)

// Options of a Log. Origin and Now must be given.
type Options struct {
	// Origin names the log: first line of its checkpoints and name of its
	// key. A host and path without scheme or trailing slash; no spaces, no plus.
	Origin string
	// Now is the clock: receipt times and local times come from it.
	Now func() time.Time
	// Signer is the Ed25519 key of this process: the log's, or a mirror's. Nil:
	// nothing is signed here. Who holds the log's key can sign a second history.
	Signer crypto.Signer
	// Name is the name of Signer's key; empty means Origin. Another name makes
	// this log a mirror: Add is refused, and its signature is a cosignature.
	Name string
	// Policy is the text of whose signatures count, see ParsePolicy. Empty: the
	// log's own key and no quorum (not possible for a mirror).
	Policy string
	// Dir holds tiles, blobs and, on SQLite, the database. Empty: as in the URL.
	Dir string
	// ReadOnly opens what is committed for reading only, beside a running writer.
	ReadOnly bool
	// Interval is the pause between checkpoints when entries come in, 1 s when
	// zero; negative: only Publish signs.
	Interval time.Duration
	// Admit, if not nil, judges each new body at its exact index, in order, one at
	// a time, on the goroutine of some caller of Add. An error refuses that one
	// body: its Add returns it and the log is unchanged. recvAt is in milliseconds since 1970 UTC. It is
	// not asked about what was stored before, nor by Adopt.
	Admit func(index, recvAt int64, body []byte) error
	// Reset tells Admit's owner that bodies it admitted at index size and above
	// were not stored after all, or that entries up to size came in past it (Pull,
	// Adopt), so that it rebuilds its state from the first size entries. It is
	// called between two calls of Admit; it may read the log, not write to it.
	Reset func(size int64)
	// Seen are signed checkpoints of this origin that peers hold, fetched before
	// Open. A head beyond the store keeps Add and Publish shut (ErrBehind) until
	// Pull or Adopt has reached it; a head of another history is ErrFork.
	Seen [][]byte
}

// An Entry is one committed entry.
type Entry struct {
	Index  int64    // position in the log, from 0
	RecvAt int64    // receipt time, milliseconds since 1970 UTC, never lower than the entry before
	Key    [32]byte // idempotency key; zero when this copy does not know it
	Body   []byte
}

// A Receipt says that an entry is durable (level 1).
type Receipt struct {
	Origin    string
	Index     int64
	RecvAt    int64    // milliseconds since 1970 UTC
	ID        [32]byte // SHA-256 of the body
	Leaf      [32]byte // hash of the entry in the tree
	Duplicate bool     // the key, or the same body, was stored before
}

// A Head is a checkpoint: size and root of the tree, and who has signed it.
type Head struct {
	Origin   string
	Size     int64
	Root     [32]byte
	SignedAt int64    // milliseconds since 1970 UTC by the local clock; 0: not known here
	Note     []byte   // the signed note, with the cosignatures known here; nil: there is no such head
	Signers  []string // names of the witnesses of the policy that cosigned it
	Missing  []string // names of those that the quorum still asks for
}

// Open opens or creates the log at url, "sqlite:DIR" or "postgres://...",
// checks it against its own last checkpoint and against o.Seen, and takes over
// as its one writer. A log of another origin is an error.
func Open(ctx context.Context, url string, o Options) (*Log, error) {
	return open(ctx, url, o)
}
