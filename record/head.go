package record

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// SetPolicy replaces the policy; the text is as in ParsePolicy and must name
// the key of this log. Cosignatures that are stored count from then on as the
// new policy says.
func (l *Log) SetPolicy(text string) error {
	p, err := ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	ours := false
	for _, v := range p.logs {
		if v.Name() == l.o.Origin {
			ours = l.mirror || l.signer == nil || v.KeyHash() == l.signer.KeyHash()
		}
	}
	if !ours {
		return fmt.Errorf("record: the policy has no log line with the key of %s", l.o.Origin)
	}
	l.policy.Store(&p)
	return nil
}

// openHead opens a foreign checkpoint of this log.
func (l *Log) openHead(msg []byte) (Head, error) { return l.policy.Load().open(msg, l.o.Origin, false) }

// newest is the newest checkpoint that is stored, as the log signed it.
func (l *Log) newest(ctx context.Context) (Head, error) {
	return l.stored(ctx, `SELECT size, root, note, signed_at FROM checkpoint ORDER BY size DESC LIMIT 1`)
}

// stored reads one checkpoint row and checks it.
func (l *Log) stored(ctx context.Context, q string, args ...any) (Head, error) {
	var size, at int64
	var root, msg []byte
	err := l.st.rd.QueryRowContext(ctx, q, args...).Scan(&size, &root, &msg, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return Head{}, ErrNotFound
	}
	if err != nil {
		return Head{}, fmt.Errorf("record: read checkpoint: %w", err)
	}
	h, err := l.openHead(msg)
	if err != nil {
		return Head{}, fmt.Errorf("%w: stored checkpoint %d: %w", ErrDamaged, size, err)
	}
	if h.Size != size || !bytes.Equal(h.Root[:], root) {
		return Head{}, fmt.Errorf("%w: checkpoint row %d does not agree with its note", ErrDamaged, size)
	}
	h.SignedAt = at
	return h, nil
}

// cosigned adds to a head the cosignatures that are stored for its size.
func (l *Log) cosigned(ctx context.Context, h Head) (Head, error) {
	rs, err := l.st.rd.QueryContext(ctx, `SELECT line FROM cosignature WHERE size = $1 ORDER BY cosigner`, h.Size)
	if err != nil {
		return h, fmt.Errorf("record: read cosignatures: %w", err)
	}
	defer rs.Close()
	msg := bytes.Clone(h.Note)
	for rs.Next() {
		var line []byte
		if err := rs.Scan(&line); err != nil {
			return h, fmt.Errorf("record: read cosignatures: %w", err)
		}
		msg = append(msg, line...)
	}
	if err := rs.Err(); err != nil {
		return h, fmt.Errorf("record: read cosignatures: %w", err)
	}
	full, err := l.openHead(msg)
	if err != nil {
		return h, fmt.Errorf("%w: cosignatures of checkpoint %d: %w", ErrDamaged, h.Size, err)
	}
	full.SignedAt = h.SignedAt
	return full, nil
}

// Checkpoint returns the two published heads: the newest that the log has
// signed, and the newest that meets the policy's quorum. A head with a nil Note
// does not exist yet. The age of the second, and the first's Missing, belong on
// the front page: an absent witness stops nothing else.
func (l *Log) Checkpoint(ctx context.Context) (signed, joint Head, err error) {
	signed, err = l.newest(ctx)
	if errors.Is(err, ErrNotFound) {
		return Head{}, Head{}, nil
	}
	if err != nil {
		return Head{}, Head{}, err
	}
	if signed, err = l.cosigned(ctx, signed); err != nil {
		return Head{}, Head{}, err
	}
	if len(signed.Missing) == 0 {
		return signed, signed, nil
	}
	rs, err := l.st.rd.QueryContext(ctx, `SELECT DISTINCT size FROM cosignature WHERE size < $1 ORDER BY size DESC LIMIT $2`, signed.Size, maxJointSearch)
	if err != nil {
		return Head{}, Head{}, fmt.Errorf("record: read cosignatures: %w", err)
	}
	sizes, err := ints(rs)
	if err != nil {
		return Head{}, Head{}, err
	}
	for _, size := range sizes {
		h, err := l.headAt(ctx, size)
		if err != nil {
			return Head{}, Head{}, err
		}
		if len(h.Missing) == 0 {
			return signed, h, nil
		}
	}
	return signed, Head{}, nil
}

// maxJointSearch is how many cosigned heads Checkpoint looks back at: about a
// day of one a minute.
const maxJointSearch = 1_500

// headAt is the stored head of exactly this size with its cosignatures.
func (l *Log) headAt(ctx context.Context, size int64) (Head, error) {
	h, err := l.stored(ctx, `SELECT size, root, note, signed_at FROM checkpoint WHERE size = $1`, size)
	if err != nil {
		return Head{}, fmt.Errorf("checkpoint of size %d: %w", size, err)
	}
	return l.cosigned(ctx, h)
}

// ints reads a column of integers and closes the rows.
func ints(rs *sql.Rows) ([]int64, error) {
	defer rs.Close()
	var out []int64
	for rs.Next() {
		var n int64
		if err := rs.Scan(&n); err != nil {
			return nil, fmt.Errorf("record: read: %w", err)
		}
		out = append(out, n)
	}
	return out, rs.Err()
}

// publishing publishes a head soon after entries came in, and at most one per
// Options.Interval.
func (l *Log) publishing() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for published := int64(-1); ; {
		if h, err := l.Publish(ctx); err == nil {
			published = h.Size
		}
		select {
		case <-l.stop:
			return
		case <-time.After(l.o.Interval):
		}
		if l.Wait(ctx, published) != nil {
			return
		}
	}
}

// Publish signs a checkpoint over all that is committed, if there is none yet,
// stores it before anybody sees it, and writes tiles, bundles and the heads
// below Dir. On a mirror it writes out the newest head that was pulled, with
// the mirror's cosignature.
func (l *Log) Publish(ctx context.Context) (Head, error) {
	l.publish.Lock()
	defer l.publish.Unlock()
	h, err := l.sign(ctx)
	if err != nil {
		return Head{}, err
	}
	return h, l.writeOut(ctx, h.Size)
}

// writeOut brings the files up to the newest head, tiles first. The caller
// holds l.publish.
func (l *Log) writeOut(ctx context.Context, size int64) error {
	if err := l.writeTiles(ctx, size); err != nil {
		return err
	}
	return l.writeHeads(ctx)
}

// sign makes sure that there is a signed head over what is committed.
func (l *Log) sign(ctx context.Context) (Head, error) {
	newest, err := l.newest(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Head{}, err
	}
	if l.mirror && err == nil && l.signer != nil {
		if err := l.submit(ctx, func(s *sequencer) error { return s.cosignOwn(ctx, newest) }); err != nil {
			return Head{}, err
		}
	}
	if l.mirror || l.signer == nil {
		if err != nil {
			return Head{}, fmt.Errorf("%w: no checkpoint of %s was pulled yet", ErrNotFound, l.o.Origin)
		}
		return l.cosigned(ctx, newest)
	}
	l.mu.Lock()
	size, root, behind := l.size, l.root, l.behind
	l.mu.Unlock()
	if size < behind {
		return Head{}, fmt.Errorf("%w: %d entries here, %d published", ErrBehind, size, behind)
	}
	if err == nil && newest.Size >= size {
		return l.cosigned(ctx, newest)
	}
	text := log.Checkpoint{Origin: l.o.Origin, Size: uint64(size), Hash: root[:]}.Marshal()
	msg, err := note.Sign(&note.Note{Text: string(text)}, l.signer)
	if err != nil {
		return Head{}, fmt.Errorf("record: sign checkpoint %d: %w", size, err)
	}
	h := Head{Origin: l.o.Origin, Size: size, Root: root, Note: msg, SignedAt: l.o.Now().UnixMilli()}
	if err := l.submit(ctx, func(s *sequencer) error { return s.storeHead(ctx, h) }); err != nil {
		return Head{}, err
	}
	return l.headAt(ctx, size)
}

// storeHead stores a head before it leaves the process: only while this process
// is the writer, and only above the last one stored.
func (s *sequencer) storeHead(ctx context.Context, h Head) error {
	if h.Size > s.edge.size {
		return fmt.Errorf("record: checkpoint of %d, there are %d entries", h.Size, s.edge.size)
	}
	err := s.l.st.tx(ctx, func() error {
		if err := s.fence(ctx, s.edge.size, s.rootBytes()); err != nil {
			return err
		}
		_, err := s.l.st.w.ExecContext(ctx, `INSERT INTO checkpoint (size, root, note, epoch, signed_at)
			SELECT $1, $2, $3, $4, $5 FROM log_state WHERE NOT EXISTS (SELECT 1 FROM checkpoint WHERE size >= $1)`,
			h.Size, h.Root[:], h.Note, s.epoch, h.SignedAt)
		return err
	})
	if err != nil {
		return fmt.Errorf("record: store checkpoint %d: %w", h.Size, err)
	}
	return nil
}

// rootBytes is the root at the committed edge.
func (s *sequencer) rootBytes() []byte {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	return bytes.Clone(s.l.root[:])
}

// Cosign takes in cosignature lines for the stored checkpoint of this size, as
// a witness answers them. Lines by keys that the policy does not know are left
// out; a line by a known key that does not verify is an error. It reports the
// head with what is known of it now.
func (l *Log) Cosign(ctx context.Context, size int64, lines []byte) (Head, error) {
	if len(lines) > maxNote {
		return Head{}, fmt.Errorf("record: %d bytes of cosignatures: want at most %d", len(lines), maxNote)
	}
	h, err := l.stored(ctx, `SELECT size, root, note, signed_at FROM checkpoint WHERE size = $1`, size)
	if err != nil {
		return Head{}, fmt.Errorf("record: cosign checkpoint %d: %w", size, err)
	}
	p := l.policy.Load()
	msg := bytes.Clone(h.Note)
	for line := range bytes.Lines(lines) {
		if !bytes.Contains(h.Note, line) { // whoever sends a whole note sends the log's own line too
			msg = append(msg, line...)
		}
	}
	n, err := openNote(msg, false, p.verifiers()...)
	if err != nil {
		return Head{}, fmt.Errorf("record: cosign checkpoint %d: %w", size, err)
	}
	known := 0
	for _, s := range n.Sigs {
		for _, w := range p.wits {
			if w.v.Name() != s.Name || w.v.KeyHash() != s.Hash {
				continue
			}
			known++
			if err := l.submit(ctx, func(q *sequencer) error { return q.storeCosignature(ctx, size, s) }); err != nil {
				return Head{}, err
			}
			if err := l.met(ctx, w.name, size); err != nil {
				return Head{}, err
			}
		}
	}
	if known == 0 {
		return Head{}, fmt.Errorf("record: cosign checkpoint %d: no line by a witness of the policy", size)
	}
	l.publish.Lock()
	defer l.publish.Unlock()
	newest, err := l.newest(ctx)
	if err != nil {
		return Head{}, err
	}
	if err := l.writeOut(ctx, newest.Size); err != nil {
		return Head{}, err
	}
	return l.headAt(ctx, size)
}

// Learn takes in a head that a peer serves: it is held against this log
// (Compare), and then the cosignatures on it are kept (Cosign).
func (l *Log) Learn(ctx context.Context, checkpoint []byte) (Head, error) {
	h, err := l.openHead(checkpoint)
	if err != nil {
		return Head{}, fmt.Errorf("record: learn: %w", err)
	}
	if err := l.compareHead(ctx, h, l.Size()); err != nil {
		return h, err
	}
	return l.Cosign(ctx, h.Size, checkpoint)
}

// storeCosignature keeps the newest line of each cosigner.
func (s *sequencer) storeCosignature(ctx context.Context, size int64, sig note.Signature) error {
	at, err := fnote.CoSigV1Timestamp(sig)
	if err != nil {
		return fmt.Errorf("record: cosignature of %s: %w", sig.Name, err)
	}
	line := []byte("— " + sig.Name + " " + sig.Base64 + "\n")
	err = s.l.st.tx(ctx, func() error {
		_, err := s.l.st.w.ExecContext(ctx, `INSERT INTO cosignature (size, cosigner, line, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (size, cosigner) DO UPDATE SET line = excluded.line, at = excluded.at WHERE cosignature.at <= excluded.at`,
			size, keyName(sig.Name, sig.Hash), line, at.Unix())
		return err
	})
	if err != nil {
		return fmt.Errorf("record: store cosignature of %s: %w", sig.Name, err)
	}
	return nil
}

// cosignOwn adds a mirror's cosignature: it keeps and serves these entries.
func (s *sequencer) cosignOwn(ctx context.Context, h Head) error {
	var have int
	c := cosigner{s.l.signer, s.l.o.Now()}
	err := s.l.st.rd.QueryRowContext(ctx, `SELECT count(*) FROM cosignature WHERE size = $1 AND cosigner = $2`, h.Size, keyName(c.Name(), c.KeyHash())).Scan(&have)
	if err != nil {
		return fmt.Errorf("record: read cosignatures: %w", err)
	}
	if have > 0 {
		return nil
	}
	n, err := openNote(h.Note, false, s.l.policy.Load().verifiers()...)
	if err != nil {
		return err
	}
	raw, err := c.Sign([]byte(n.Text))
	if err != nil {
		return err
	}
	return s.storeCosignature(ctx, h.Size, signature(c, raw))
}

// keyName names a key by name and id, as one string.
func keyName(name string, id uint32) string { return fmt.Sprintf("%s+%08x", name, id) }

// signature is a note signature of raw bytes.
func signature(s note.Signer, raw []byte) note.Signature {
	id := s.KeyHash()
	b := append([]byte{byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}, raw...)
	return note.Signature{Name: s.Name(), Hash: id, Base64: base64.StdEncoding.EncodeToString(b)}
}

// writeHeads writes the two heads as files, the joint one only if it exists.
func (l *Log) writeHeads(ctx context.Context) error {
	signed, joint, err := l.Checkpoint(ctx)
	if err != nil {
		return err
	}
	dir := filepath.Join(l.o.Dir, "tiles")
	if err := writeFile(filepath.Join(dir, "checkpoint"), signed.Note); err != nil {
		return err
	}
	if joint.Note != nil {
		if err := writeFile(filepath.Join(dir, "checkpoint.cosigned"), joint.Note); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// writeFile writes a file so that at every moment the old or the new content
// is there: temporary file, fsync, rename. The folder is synced by the caller.
func writeFile(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("record: make folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("record: write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("record: write %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// syncDir makes renames in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("record: sync folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
