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

// maxBatch is how many entries one transaction of the picture takes in.
const maxBatch = 1000

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
	err := c.foldOn(ctx, c.fold, c.picture, size, maxBatch)
	if err != nil {
		c.fold = nil // never ahead of the disk for longer than this: rebuilt from it when next asked
	}
	return err
}

// foldOn folds up to size, in transactions of at most batch entries. While one
// is written, the next is read and worked out in memory.
func (c *Centre) foldOn(ctx context.Context, f *fold, p *picture.Picture, size, batch int64) (err error) {
	written := func() error { return nil }
	defer func() {
		if failed := written(); err == nil {
			err = failed
		}
	}()
	for f.at.Size < size {
		n := min(batch, size-f.at.Size)
		if f.at.Size == 0 {
			n = 1 // the founding, whose keys the rest is checked with
		}
		to, err := c.foldBatch(ctx, f, n)
		if err != nil {
			return err
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

// foldBatch works the next n entries out, into f.rows.
func (c *Centre) foldBatch(ctx context.Context, f *fold, n int64) (picture.Position, error) {
	entries := make([]record.Entry, 0, n)
	for e, err := range c.log.Entries(ctx, f.at.Size) {
		if err != nil {
			return f.at, fmt.Errorf("read the record: %w", err)
		}
		if entries = append(entries, e); int64(len(entries)) == n {
			break
		}
	}
	if len(entries) == 0 {
		return f.at, errors.New("the record is shorter than it said")
	}
	said := verifyAll(f.book, entries)
	for i, e := range entries {
		if err := f.step(ctx, e, said[i]); err != nil {
			return f.at, fmt.Errorf("entry %d: %w", e.Index, err)
		}
	}
	if err := f.draw(ctx); err != nil {
		return f.at, err
	}
	to := picture.Position{Size: entries[len(entries)-1].Index + 1}
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
