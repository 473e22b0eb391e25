// Package vault keeps what must never enter the record: who a source is and
// what the source said in its own words, sealed so that this machine cannot
// read it again. The record holds only a pseudonym, which is random, and a
// keyed commitment, which cannot be guessed from. What is forgotten here is in
// no file of ours any more.
//
//	v, _ := vault.Open(ctx, dir, vault.Options{Now: time.Now})
//	h, _ := v.Hide(ctx, secret, recipients)       // h.Pseudonym, h.Commitment: for the record
//	sealed, _ := v.Reveal(ctx, h.Pseudonym, "amal") // an age file: amal opens it on her own machine
//	_ = v.Forget(ctx, h.Pseudonym, "asked")
//
// The package imports no room of the house, and only centre and cmd may hold a
// Vault. It never writes a secret, a receipt code or an identity to a log.
//
// What an attacker can do: who holds the whole folder learns pseudonyms, which
// recipients may read, at which hour (to the hour) something came in, and to
// which of three sizes it was padded; not a word, and no guess can be checked,
// since the key of the commitment is inside the seal. Who holds a copy of
// vault.db without the file keys has random bytes. Who holds a recipient's
// identity too reads what was sealed to it and is not yet forgotten. Who
// controls the running process reads what comes in from then on, before it is
// sealed, and nothing of before.
package vault

import (
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the embedded engine
)

//go:embed schema.sql
var schema string

// Errors that callers tell apart.
var (
	// ErrUnknown: the vault has no entry of this name, or no longer has it.
	ErrUnknown = errors.New("vault: no such entry: it was never here, or it is forgotten")
	// ErrFull: so much waits already that nothing more is taken in. Try again later.
	ErrFull = errors.New("vault: too much waits already, try again later")
	// ErrClosed is the answer of a Vault that was closed.
	ErrClosed = errors.New("vault: closed")
)

// The names of the files in a vault's folder.
const (
	fileDB         = "vault.db"
	fileKeys       = "keys"
	fileWaiting    = "waiting"
	fileRecipients = "recipients"
	fileLock       = "lock"
)

const (
	pseudonymSize = 16 // bytes, random
	maxWhy        = 40 // bytes of a reason
	maxName       = 100
	orphanAfter   = 24 * time.Hour
	receiptsLast  = 180 * 24 * time.Hour
)

// Options of a Vault. Now must be given.
type Options struct {
	// Now is the clock. What is kept of it is cut to the hour.
	Now func() time.Time
}

// Vault is an open vault. Its methods may be called from any goroutine, and
// from several processes at once: each holds the folder's lock while it works.
type Vault struct {
	dir string
	now func() time.Time

	mu   sync.Mutex // held through each method, before the folder's lock
	db   *sql.DB    // nil when closed
	lock *os.File
}

// Hidden is what the record may hold of a secret.
type Hidden struct {
	// Pseudonym is 32 lower-case hex digits, random: it stands for the source in
	// this one report, and for nothing else.
	Pseudonym string
	// Commitment is HMAC-SHA256(K, padded secret). K is inside the seal alone.
	Commitment [32]byte
}

// Open opens or makes the vault in the folder dir, and finishes what a crash
// left undone: deletions first.
func Open(ctx context.Context, dir string, o Options) (*Vault, error) {
	if o.Now == nil {
		return nil, errors.New("vault: Options.Now must be given")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("vault: make folder: %w", err)
	}
	v := &Vault{dir: dir, now: o.Now}
	var err error
	if v.lock, err = os.OpenFile(v.path(fileLock), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("vault: lock file: %w", err)
	}
	// A rollback journal, not a write-ahead log: nothing of a deleted row waits
	// in a second file, and no file keeps the order in which rows came.
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(DELETE)", "synchronous(EXTRA)", "secure_delete(ON)", "temp_store(MEMORY)", "trusted_schema(OFF)",
	}}
	file := (&url.URL{Path: v.path(fileDB)}).EscapedPath()
	if v.db, err = sql.Open("sqlite", "file:"+file+"?"+q.Encode()); err != nil {
		return nil, errors.Join(fmt.Errorf("vault: open database: %w", err), v.lock.Close())
	}
	v.db.SetMaxOpenConns(1)
	err = v.hold(func() error {
		if _, err := v.db.ExecContext(ctx, schema); err != nil {
			return fmt.Errorf("vault: make tables: %w", err)
		}
		if err := os.Chmod(v.path(fileDB), 0o600); err != nil {
			return fmt.Errorf("vault: close the file to others: %w", err)
		}
		return v.mend(ctx)
	})
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// Close closes the vault; closing twice does nothing.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return nil
	}
	err := errors.Join(v.db.Close(), v.lock.Close())
	v.db = nil
	return err
}

func (v *Vault) path(name string) string { return filepath.Join(v.dir, name) }

// hold runs f while nobody else, here or in another process, is in the folder.
func (v *Vault) hold(f func() error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return ErrClosed
	}
	if err := lockFile(v.lock); err != nil {
		return fmt.Errorf("vault: lock: %w", err)
	}
	return errors.Join(f(), unlockFile(v.lock))
}

// hour is the clock, cut to the hour, in seconds.
func (v *Vault) hour() int64 { return v.now().Truncate(time.Hour).Unix() }

// Hide seals a secret to recipients and keeps it. When it returns, the seal is
// durable, and the secret itself is nowhere but in the caller's hands. What it
// returns belongs in the record next: an entry that no record names is swept
// after 24 hours, see Sweep.
func (v *Vault) Hide(ctx context.Context, secret []byte, to Recipients) (Hidden, error) {
	file, commitment, err := seal(secret, to)
	if err != nil {
		return Hidden{}, err
	}
	name := make([]byte, pseudonymSize)
	rand.Read(name)
	h := Hidden{hex.EncodeToString(name), commitment}
	return h, v.hold(func() error {
		ring, err := v.readRing()
		if err != nil {
			return err
		}
		// The key first: a key without a row is swept, a row without its key is lost.
		sealed, err := ring.wrap(h.Pseudonym, file)
		if err != nil {
			return err
		}
		if err := v.writeRing(ring); err != nil {
			return err
		}
		_, err = v.db.ExecContext(ctx, `INSERT INTO source (pseudonym, commitment, sealed, opens, hour) VALUES ($1, $2, $3, $4, $5)`,
			h.Pseudonym, commitment[:], sealed, to.prints(), v.hour())
		if err != nil {
			return fmt.Errorf("vault: keep: %w", err)
		}
		return nil
	})
}

// Reveal returns the sealed bytes of an entry, an age file that only its
// recipients can open. Who asked is written down first, so no seal leaves
// without a line about it. by names the person who will open it.
func (v *Vault) Reveal(ctx context.Context, pseudonym, by string) (sealed []byte, err error) {
	if by = strings.TrimSpace(by); by == "" || len(by) > maxName {
		return nil, fmt.Errorf("vault: reveal: say in 1 to %d bytes who asks", maxName)
	}
	err = v.hold(func() error {
		if sealed, err = v.sealedFile(ctx, pseudonym); err != nil {
			return err
		}
		_, err := v.db.ExecContext(ctx, `INSERT INTO reading (pseudonym, by, hour) VALUES ($1, $2, $3)`, pseudonym, by, v.hour())
		if err != nil {
			return fmt.Errorf("vault: write down the reading: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sealed, nil
}

// sealedFile unwraps an entry's age file with its row key.
func (v *Vault) sealedFile(ctx context.Context, pseudonym string) ([]byte, error) {
	var wrapped []byte
	err := v.db.QueryRowContext(ctx, `SELECT sealed FROM source WHERE pseudonym = $1 AND NOT EXISTS (SELECT 1 FROM tombstone t WHERE t.pseudonym = source.pseudonym)`, pseudonym).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("vault: read: %w", err)
	}
	ring, err := v.readRing()
	if err != nil {
		return nil, err
	}
	return ring.unwrap(pseudonym, wrapped)
}

// Reseal puts an age file in the place of another: the same secret, sealed by
// somebody who could open it, for other recipients (see Opened.Seal). The vault
// cannot look inside; whoever opens it checks the commitment, which does not
// change. The former seal is gone. by names who sealed it anew.
func (v *Vault) Reseal(ctx context.Context, pseudonym string, sealed []byte, to Recipients, by string) error {
	if by = strings.TrimSpace(by); by == "" || len(by) > maxName {
		return fmt.Errorf("vault: reseal: say in 1 to %d bytes who sealed it anew", maxName)
	}
	if err := to.check(); err != nil {
		return err
	}
	if err := looksSealed(sealed, to); err != nil {
		return err
	}
	return v.hold(func() error {
		if _, err := v.sealedFile(ctx, pseudonym); err != nil {
			return err
		}
		ring, err := v.readRing()
		if err != nil {
			return err
		}
		old := ring.rows[pseudonym]
		wrapped, err := ring.wrap(pseudonym, sealed)
		if err != nil {
			return err
		}
		// Both keys stand until the row has changed; a crash leaves one that fits.
		ring.former[pseudonym] = old
		if err := v.writeRing(ring); err != nil {
			return err
		}
		_, err = v.db.ExecContext(ctx, `UPDATE source SET sealed = $2, opens = $3 WHERE pseudonym = $1`, pseudonym, wrapped, to.prints())
		if err != nil {
			return fmt.Errorf("vault: reseal: %w", err)
		}
		if _, err := v.db.ExecContext(ctx, `INSERT INTO reading (pseudonym, by, hour, resealed) VALUES ($1, $2, $3, 1)`, pseudonym, by, v.hour()); err != nil {
			return fmt.Errorf("vault: write down the sealing: %w", err)
		}
		delete(ring.former, pseudonym)
		if err := v.writeRing(ring); err != nil {
			return err
		}
		return v.compact(ctx)
	})
}

// reason is what a reason may look like: a code, not words, since words name
// people and reasons are kept.
var reason = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)

// Doom says that an entry is to be forgotten, and why: a code such as asked,
// expired, danger, error. From then on it is not revealed. Forget finishes it;
// whoever must first say so elsewhere (centre, in the record) does that between
// the two, and Doomed lists what a crash left in between.
func (v *Vault) Doom(ctx context.Context, pseudonym, why string) error {
	if !reason.MatchString(why) {
		return fmt.Errorf("vault: the reason is a code of at most %d lower-case letters, such as asked, expired, danger or error: words may name people", maxWhy)
	}
	return v.hold(func() error { return v.doom(ctx, pseudonym, why) })
}

func (v *Vault) doom(ctx context.Context, pseudonym, why string) error {
	r, err := v.db.ExecContext(ctx, `INSERT INTO tombstone (pseudonym, why, hour, done)
SELECT $1, $2, $3, 0 WHERE EXISTS (SELECT 1 FROM source WHERE pseudonym = $1) ON CONFLICT DO NOTHING`, pseudonym, why, v.hour())
	if err != nil {
		return fmt.Errorf("vault: set the tombstone: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	var done bool
	err = v.db.QueryRowContext(ctx, `SELECT done FROM tombstone WHERE pseudonym = $1`, pseudonym).Scan(&done)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrUnknown
	}
	return err
}

// Forget erases an entry: seal, keys, readings, receipt code. When it returns,
// no byte of them is in any file of this vault; a second call does nothing. A
// disk's spare cells, file-system journals, swap and copies made by others are
// beyond what it can reach.
func (v *Vault) Forget(ctx context.Context, pseudonym, why string) error {
	if !reason.MatchString(why) {
		return fmt.Errorf("vault: the reason is a code of at most %d lower-case letters, such as asked, expired, danger or error: words may name people", maxWhy)
	}
	return v.hold(func() error {
		if err := v.doom(ctx, pseudonym, why); err != nil {
			return err
		}
		return v.bury(ctx, pseudonym)
	})
}

// bury deletes what stands under a tombstone. The row key goes first: without
// it every copy of the row is noise.
func (v *Vault) bury(ctx context.Context, pseudonym string) error {
	ring, err := v.readRing()
	if err != nil {
		return err
	}
	if ring.drop(pseudonym) {
		if err := v.writeRing(ring); err != nil {
			return err
		}
	}
	tx, err := v.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("vault: forget: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	for _, q := range []string{
		`DELETE FROM source WHERE pseudonym = $1`,
		`DELETE FROM reading WHERE pseudonym = $1`,
		`DELETE FROM receipt WHERE pseudonym = $1`,
	} {
		if _, err := tx.ExecContext(ctx, q, pseudonym); err != nil {
			return fmt.Errorf("vault: forget: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("vault: forget: %w", err)
	}
	if err := v.compact(ctx); err != nil {
		return err
	}
	if _, err := v.db.ExecContext(ctx, `UPDATE tombstone SET done = 1 WHERE pseudonym = $1`, pseudonym); err != nil {
		return fmt.Errorf("vault: close the tombstone: %w", err)
	}
	return nil
}

// compact writes the database anew without what was deleted, in the order of
// the pseudonyms, which is random.
func (v *Vault) compact(ctx context.Context) error {
	if _, err := v.db.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("vault: write the database anew: %w", err)
	}
	return nil
}
