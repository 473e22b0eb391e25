package vault

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// mend finishes what a crash left undone in the files: a rewriting of the small
// ones, a sealing anew. A deletion that was begun has an open tombstone; whoever
// doomed it finishes that, see Doomed, since the record must hear of it first.
func (v *Vault) mend(ctx context.Context) error {
	for _, f := range []string{fileKeys, fileWaiting, fileRecipients} {
		if err := shredOld(v.path(f)); err != nil {
			return err
		}
	}
	ring, err := v.readRing()
	if err != nil {
		return err
	}
	changed, err := v.mendKeys(ctx, ring)
	if err != nil {
		return err
	}
	if _, err := os.Stat(v.path(fileKeys)); changed || errors.Is(err, fs.ErrNotExist) {
		if err := v.writeRing(ring); err != nil {
			return err
		}
	}
	return v.compact(ctx)
}

// mendKeys brings ring and rows together: keys without a row go; of two keys
// of a row the one that fits stays. It reports whether the ring changed.
func (v *Vault) mendKeys(ctx context.Context, r *ring) (changed bool, err error) {
	have, err := v.names(ctx, `SELECT pseudonym FROM source`)
	if err != nil {
		return false, err
	}
	for name := range r.rows {
		if !have[name] {
			changed = r.drop(name) || changed
		}
	}
	for name, old := range r.former {
		if !have[name] {
			changed = r.drop(name) || changed
			continue
		}
		var wrapped []byte
		if err := v.db.QueryRowContext(ctx, `SELECT sealed FROM source WHERE pseudonym = $1`, name).Scan(&wrapped); err != nil {
			return changed, fmt.Errorf("vault: mend: %w", err)
		}
		fits := ring{rows: map[string][]byte{name: r.rows[name]}}
		if _, err := fits.unwrap(name, wrapped); err != nil {
			r.rows[name] = old
		}
		delete(r.former, name)
		changed = true
	}
	return changed, nil
}

func (v *Vault) names(ctx context.Context, query string, args ...any) (map[string]bool, error) {
	rows, err := v.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("vault: list: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below says what went wrong
	all := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("vault: list: %w", err)
		}
		all[name] = true
	}
	return all, rows.Err()
}

// Sweep forgets what no record names: entries older than 24 hours that logged
// does not know, by pseudonym and commitment, and which do not wait. They are left by a
// crash between vault and record, or by the same words sent twice at once. It
// also drops receipt codes after 180 days. It returns how many entries went.
func (v *Vault) Sweep(ctx context.Context, logged func(Hidden) (bool, error)) (n int, err error) {
	err = v.hold(func() error {
		orphans, err := v.orphans(ctx, logged)
		if err != nil {
			return err
		}
		for _, name := range orphans {
			if err := v.doom(ctx, name, "orphan"); err != nil {
				return err
			}
			if err := v.bury(ctx, name); err != nil {
				return err
			}
			n++
		}
		old := v.now().Add(-receiptsLast).Unix()
		if _, err := v.db.ExecContext(ctx, `DELETE FROM receipt WHERE hour < $1`, old); err != nil {
			return fmt.Errorf("vault: drop old receipt codes: %w", err)
		}
		return v.compact(ctx)
	})
	return n, err
}

func (v *Vault) orphans(ctx context.Context, logged func(Hidden) (bool, error)) ([]string, error) {
	waiting, err := v.readWaiting()
	if err != nil {
		return nil, err
	}
	holds := map[string]bool{}
	for _, w := range waiting {
		holds[w.Pseudonym] = true
	}
	rows, err := v.db.QueryContext(ctx, `SELECT pseudonym, commitment FROM source WHERE hour < $1`, v.now().Add(-orphanAfter).Truncate(time.Hour).Unix())
	if err != nil {
		return nil, fmt.Errorf("vault: look for orphans: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var name string
		var c []byte
		if err := rows.Scan(&name, &c); err != nil {
			return nil, fmt.Errorf("vault: look for orphans: %w", err)
		}
		if holds[name] {
			continue
		}
		known, err := logged(Hidden{name, [32]byte(c)})
		if err != nil {
			return nil, err
		}
		if !known {
			all = append(all, name)
		}
	}
	return all, rows.Err()
}

// Doomed returns the entries that Doom named and Forget has not finished, with
// the reasons.
func (v *Vault) Doomed(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	err := v.hold(func() error {
		rows, err := v.db.QueryContext(ctx, `SELECT pseudonym, why FROM tombstone WHERE done = 0`)
		if err != nil {
			return fmt.Errorf("vault: list tombstones: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var name, why string
			if err := rows.Scan(&name, &why); err != nil {
				return fmt.Errorf("vault: list tombstones: %w", err)
			}
			all[name] = why
		}
		return rows.Err()
	})
	return all, err
}

// Entry is what may be listed of an entry.
type Entry struct {
	Pseudonym  string
	Commitment [32]byte
	Opens      []string // prints of the recipients; PRINT/N for the holder of a part of which N are needed
	Hour       int64    // when it came in, cut to the hour, seconds since 1970 UTC
	Readings   []Reading
}

// Reading is one time that a seal left the vault, or was put in anew.
type Reading struct {
	By       string
	Hour     int64
	Resealed bool
}

// Entries lists what is kept, in the order of the pseudonyms, each with who
// has read it. It tells no secret.
func (v *Vault) Entries(ctx context.Context) (all []Entry, err error) {
	err = v.hold(func() error {
		all, err = v.entries(ctx)
		return err
	})
	return all, err
}

func (v *Vault) entries(ctx context.Context) ([]Entry, error) {
	rows, err := v.db.QueryContext(ctx, `SELECT s.pseudonym, s.commitment, s.opens, s.hour, r.by, r.hour, r.resealed
FROM source s LEFT JOIN reading r ON r.pseudonym = s.pseudonym
WHERE NOT EXISTS (SELECT 1 FROM tombstone t WHERE t.pseudonym = s.pseudonym) ORDER BY s.pseudonym, r.hour, r.rowid`)
	if err != nil {
		return nil, fmt.Errorf("vault: list: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []Entry
	for rows.Next() {
		var e Entry
		var c []byte
		var opens string
		var by *string
		var hour, resealed *int64
		if err := rows.Scan(&e.Pseudonym, &c, &opens, &e.Hour, &by, &hour, &resealed); err != nil {
			return nil, fmt.Errorf("vault: list: %w", err)
		}
		if n := len(all); n == 0 || all[n-1].Pseudonym != e.Pseudonym {
			e.Commitment, e.Opens = [32]byte(c), strings.Fields(opens)
			all = append(all, e)
		}
		if last := &all[len(all)-1]; by != nil {
			last.Readings = append(last.Readings, Reading{*by, *hour, *resealed == 1})
		}
	}
	return all, rows.Err()
}

// isPseudonym reports whether s may name an entry.
func isPseudonym(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == pseudonymSize && hex.EncodeToString(b) == s
}
