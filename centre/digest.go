package centre

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// maxDigests is how many digests of the last positions are kept.
const maxDigests = 16

// Digest is the digest of the whole picture at a size of the record. Two
// copies of one record that fold it with the same engines have the same.
type Digest struct {
	Size   int64        `json:"size"`
	Root   truce.Digest `json:"root"`
	Digest truce.Digest `json:"digest"`
}

// digestBook keeps the last digests, oldest first.
type digestBook struct {
	mu   sync.Mutex // guards last
	last []Digest
}

// Digest computes the digest where the picture now stands, for at < 0, or
// gives one that it gave before. Another size is a Conflict that names the
// position: ask for that, or ask marchday replay.
func (c *Centre) Digest(ctx context.Context, at int64) (Digest, error) {
	c.digests.mu.Lock()
	defer c.digests.mu.Unlock()
	pos, err := c.picture.Position(ctx)
	if err != nil {
		return Digest{}, err
	}
	for _, d := range c.digests.last {
		if d.Size == at || at < 0 && d.Size == pos.Size {
			return d, nil
		}
	}
	if at >= 0 && at != pos.Size {
		return Digest{}, &truce.Error{Kind: truce.Conflict, Field: "at", Why: fmt.Sprintf("the picture stands at %d entries: ask for that size", pos.Size)}
	}
	c.mu.Lock() // nothing is folded meanwhile
	defer c.mu.Unlock()
	if pos, err = c.picture.Position(ctx); err != nil {
		return Digest{}, err
	}
	d := Digest{Size: pos.Size, Root: pos.Root}
	if d.Digest, err = c.picture.Digest(ctx); err != nil {
		return Digest{}, err
	}
	c.digests.last = append(c.digests.last, d)
	if len(c.digests.last) > maxDigests {
		c.digests.last = c.digests.last[1:]
	}
	return d, nil
}

// CatchUpTo folds the record up to size, or as far as it goes, and appends
// nothing: a mirror stands where it compares its digest.
func (c *Centre) CatchUpTo(ctx context.Context, size int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.foldTo(ctx, min(size, c.log.Size()))
}

// maxEditions bounds the bulletins whose editions are looked for.
const maxEditions = 20_000

// Wants lists the kept blobs that the record cites and that are not here: the
// editions of bulletins, and what a method read. A mirror fetches them beside
// the entries.
func (c *Centre) Wants(ctx context.Context) ([]truce.Digest, error) {
	all, err := c.View(truce.Viewer{}).Statements(ctx, picture.StatementFilter{Kinds: []truce.Kind{"bulletin", "founding", "method"}, Limit: maxEditions})
	if err != nil {
		return nil, err
	}
	var out []truce.Digest
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		for _, d := range keptBy(body) {
			if _, err := c.log.Blob(ctx, d); err != nil && !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// keptBy lists the kept blobs that a statement cites.
func keptBy(b truce.Body) (all []truce.Digest) {
	method := func(m truce.Method) {
		for _, e := range m.Engines {
			for _, in := range e.Inputs {
				if in.Bytes > 0 {
					all = append(all, in.Digest)
				}
			}
		}
	}
	switch x := b.(type) {
	case *truce.Bulletin:
		for _, e := range x.Editions {
			all = append(all, e.Digest)
		}
	case *truce.Founding:
		method(x.Method)
	case *truce.Method:
		method(*x)
	}
	return all
}
