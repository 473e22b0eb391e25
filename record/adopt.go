package record

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// Adopt appends another copy's entries, with their index and receipt time, as
// far as h, and stores h. The entries follow one another; they begin at Size
// or below (those that are here already are skipped). All of it is one
// transaction: unless the tree then has h's root, nothing changes and the
// error is ErrFork. Only mirror, restore and migrate use it.
func (l *Log) Adopt(ctx context.Context, es iter.Seq2[Entry, error], h Head) error {
	signed, err := l.openHead(h.Note)
	if err != nil {
		return fmt.Errorf("record: adopt: %w", err)
	}
	if signed.Size != h.Size || signed.Root != h.Root {
		return fmt.Errorf("record: adopt: the head says size %d, its note %d or another root", h.Size, signed.Size)
	}
	if err := l.adopt(ctx, es, signed); err != nil {
		return err
	}
	return l.reset(ctx)
}

// adopt is Adopt under a head that is proven, though perhaps by no note.
func (l *Log) adopt(ctx context.Context, es iter.Seq2[Entry, error], h Head) error {
	return l.submit(ctx, func(s *sequencer) error {
		if h.Size <= s.edge.size {
			root, err := tlog.TreeHash(h.Size, nodes(ctx, l.st.w))
			if err != nil {
				return err
			}
			if root != tlog.Hash(h.Root) {
				return fmt.Errorf("%w: at size %d this copy has root %s, the head %s", ErrFork, h.Size, root, tlog.Hash(h.Root))
			}
		} else if err := s.adoptEntries(ctx, es, h); err != nil {
			return err
		}
		if h.Note == nil {
			return nil
		}
		h.SignedAt = l.o.Now().UnixMilli()
		return s.storeHead(ctx, h)
	})
}

// adoptEntries adopts entries up to h or changes nothing.
func (s *sequencer) adoptEntries(ctx context.Context, es iter.Seq2[Entry, error], h Head) error {
	next := s.edge
	var refused error // by us, not by the store
	err := s.l.st.tx(ctx, func() error {
		if err := s.fence(ctx, h.Size, h.Root[:]); err != nil {
			return err
		}
		if refused = s.adoptRows(ctx, es, &next, h.Size); refused != nil {
			return refused
		}
		root, err := next.root()
		if err == nil && root != tlog.Hash(h.Root) {
			refused = fmt.Errorf("%w: with the entries offered, size %d has root %s, the head %s", ErrFork, h.Size, root, tlog.Hash(h.Root))
			err = refused
		}
		return err
	})
	if refused != nil {
		return fmt.Errorf("record: adopt: %w", refused)
	}
	if err := s.outcome(ctx, next, tlog.Hash(h.Root), err); err != nil {
		return fmt.Errorf("record: adopt: %w", err)
	}
	return nil
}

// adoptRows inserts the entries from the edge up to size, batch by batch.
func (s *sequencer) adoptRows(ctx context.Context, es iter.Seq2[Entry, error], next *edge, size int64) error {
	var batch []*pending
	flush := func() error {
		err := s.l.st.insertBatch(ctx, batch)
		batch = batch[:0]
		return err
	}
	for e, err := range es {
		if err != nil {
			return err
		}
		switch {
		case e.Index < s.edge.size:
			continue
		case e.Index >= size:
			return fmt.Errorf("entry %d lies beyond the head of %d entries", e.Index, size)
		case e.Index != next.size:
			return fmt.Errorf("entry %d comes where entry %d belongs", e.Index, next.size)
		case e.RecvAt < next.last:
			return fmt.Errorf("entry %d was received before the entry ahead of it", e.Index)
		case len(e.Body) == 0 || len(e.Body) > maxBody:
			return fmt.Errorf("entry %d has a body of %d bytes", e.Index, len(e.Body))
		}
		p := &pending{key: e.Key, id: sha256.Sum256(e.Body), body: e.Body, index: e.Index, recvAt: e.RecvAt, leaf: leafHash(e.RecvAt, e.Body)}
		if p.key == [32]byte{} {
			p.key = p.id // what an author's own envelope has as its key
		}
		if p.hashes, err = next.grow(p.leaf); err != nil {
			return err
		}
		next.last = p.recvAt
		if batch = append(batch, p); len(batch) == maxBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if next.size != size {
		return fmt.Errorf("the entries end at %d, the head has %d", next.size, size)
	}
	return flush()
}

// Freeze stops Add for good and says why: after the log has moved elsewhere,
// or when its last entries are lost and a new origin must begin. Reading goes on.
func (l *Log) Freeze(ctx context.Context, why string) error {
	if why == "" || len(why) > 1_000 {
		return errors.New("record: freeze: say why, in at most 1,000 bytes")
	}
	return l.submit(ctx, func(s *sequencer) error {
		err := l.st.tx(ctx, func() error {
			_, err := l.st.w.ExecContext(ctx, `UPDATE log_state SET frozen_by = $1 WHERE epoch = $2`, why, s.epoch)
			return err
		})
		if err != nil {
			return fmt.Errorf("record: freeze: %w", err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.frozen = why
		return nil
	})
}
