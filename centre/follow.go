package centre

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// MaxBatch is how many entries one transaction of the picture takes in at most:
// so many where it is far behind, since what many of them touch is then drawn and
// written once; fewer towards the end, so that no core waits for a long last one.
const MaxBatch = 4000

// maxBatchBytes ends a batch of long entries sooner.
const maxBatchBytes = 16 << 20

// Follow keeps the picture up with the record until ctx is done. An error
// stops it: what it says must be mended first.
func (c *Centre) Follow(ctx context.Context) error {
	for {
		if err := c.CatchUp(ctx); err != nil {
			return err
		}
		at, err := c.picture.Position(ctx)
		if err != nil {
			return err
		}
		if err := c.log.Wait(ctx, at.Size); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// CatchUp folds all that is committed into the picture, and appends the cases
// that a rule then asks for, until nothing is left to do.
func (c *Centre) CatchUp(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shared {
		at, err := c.picture.Position(ctx)
		if err != nil || at.Size == c.log.Size() {
			return err
		}
		if err := c.stepAside(ctx); err != nil {
			return err
		}
	}
	for {
		if err := c.foldTo(ctx, c.log.Size()); err != nil {
			return err
		}
		if !c.o.Sequencer || len(c.fold.wants) == 0 {
			return nil
		}
		if err := c.openByRule(ctx); err != nil {
			return err
		}
	}
}

// Replay folds the first size entries of the record into another picture, in
// batches of at most batch entries. It appends nothing and leaves the centre's
// own picture alone.
func (c *Centre) Replay(ctx context.Context, into *picture.Picture, size int64, batch int) (picture.Position, error) {
	if size > c.log.Size() {
		return picture.Position{}, &truce.Error{Kind: truce.Unknown, Field: "at", Why: fmt.Sprintf("the record has %d entries", c.log.Size())}
	}
	o := c.o
	o.Sequencer = false
	f := newFold(o, into)
	err := c.foldOn(ctx, f, into, size, int64(batch))
	return f.at, err
}

func (c *Centre) foldTo(ctx context.Context, size int64) error {
	if c.fold == nil {
		if err := c.warm(ctx); err != nil {
			return err
		}
	}
	err := c.foldOn(ctx, c.fold, c.picture, size, MaxBatch)
	if err != nil {
		c.fold = nil // never ahead of the disk for longer than this: rebuilt from it when next asked
	}
	return err
}

// foldOn folds up to size, in transactions of at most so many entries. While one
// is written, the next is worked out in memory and the one after it is read.
func (c *Centre) foldOn(ctx context.Context, f *fold, p *picture.Picture, size, most int64) (err error) {
	if f.at.Size >= size {
		return nil
	}
	written := func() error { return nil }
	defer func() {
		if failed := written(); err == nil {
			err = failed
		}
	}()
	next := c.read(ctx, f.book, f.at.Size, share(size-f.at.Size, most))
	defer func() { next() }() // it reads the Book
	for f.at.Size < size {
		b := next()
		n := share(size-b.end, most)
		if b.err == nil && n > 0 && b.end > 1 {
			next = c.read(ctx, f.book, b.end, n)
		}
		to, err := c.foldBatch(ctx, f, b)
		if err != nil {
			return err
		}
		if n > 0 && b.end == 1 { // with the founding's keys
			next = c.read(ctx, f.book, b.end, n)
		}
		rows := picture.Lay(f.rows)
		if err := written(); err != nil {
			return err
		}
		done := make(chan error, 1)
		go func() { done <- p.Fold(ctx, rows, to) }()
		written = sync.OnceValue(func() error { return <-done })
		if f.full() {
			if err := written(); err != nil {
				return err
			}
		}
		f.took(to)
	}
	return nil
}

// share is how many of the entries left make the next batch.
func share(left, most int64) int64 { return min(left, most, max(left/5, 1000)) }

// A batch is entries as read, with what of them verified.
type batch struct {
	entries []record.Entry
	said    []*truce.Said // nil where the Book did not know the key yet
	end     int64         // index behind the last
	err     error
}

// read begins to read and verify at most n entries from an index on, and returns
// what waits for them. The founding, whose keys the rest is checked with, is read
// alone.
func (c *Centre) read(ctx context.Context, book *truce.Book, from, n int64) func() batch {
	if from == 0 {
		n = min(n, 1)
	}
	done := make(chan batch, 1)
	go func() {
		var b batch
		b.entries, b.err = c.entries(ctx, from, n)
		b.end = from + int64(len(b.entries))
		b.said = verifyAll(book, b.entries)
		done <- b
	}()
	return sync.OnceValue(func() batch { return <-done })
}

// entries reads n entries, or fewer if they are long.
func (c *Centre) entries(ctx context.Context, from, n int64) ([]record.Entry, error) {
	all, size := make([]record.Entry, 0, n), 0
	for e, err := range c.log.Entries(ctx, from) {
		if err != nil {
			return nil, fmt.Errorf("read the record: %w", err)
		}
		all, size = append(all, e), size+len(e.Body)
		if int64(len(all)) == n || size >= maxBatchBytes {
			return all, nil
		}
	}
	return nil, errors.New("the record is shorter than it said")
}

// foldBatch works a batch out, into f.rows.
func (c *Centre) foldBatch(ctx context.Context, f *fold, b batch) (picture.Position, error) {
	if b.err != nil {
		return f.at, b.err
	}
	for i, e := range b.entries {
		if err := f.step(ctx, e, b.said[i]); err != nil {
			return f.at, fmt.Errorf("entry %d: %w", e.Index, err)
		}
	}
	if err := f.draw(ctx); err != nil {
		return f.at, err
	}
	to := picture.Position{Size: b.end}
	root, err := c.log.Root(ctx, to.Size)
	to.Root = root
	return to, err
}

// warm rebuilds the follower's memory from the record up to the picture's
// position, with the claims as the picture keeps them, so that no text is read
// twice.
func (c *Centre) warm(ctx context.Context) error {
	at, err := c.picture.Position(ctx)
	if err != nil {
		return err
	}
	f := newFold(c.o, c.picture)
	if at.Size > 0 {
		if err := c.recall(ctx, f, at.Size); err != nil {
			return err
		}
	}
	f.took(at)
	c.fold = f
	return nil
}

// recall takes the first size entries back into a follower's memory.
func (c *Centre) recall(ctx context.Context, f *fold, size int64) error {
	return inBatches(ctx, c.log, size, func(es []record.Entry) error {
		said := verifyAll(f.book, es)
		for i, e := range es {
			if err := f.remember(ctx, e, said[i]); err != nil {
				return fmt.Errorf("remember entry %d: %w", e.Index, err)
			}
		}
		err := f.draw(ctx)
		f.rows, f.wants = nil, nil // they were written and acted on then
		return err
	})
}
