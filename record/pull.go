package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxTileCache is how many tiles Pull keeps: those on the way to the edge are
// asked for again and again.
const maxTileCache = 256

// A Fetch returns a published file of another copy by its path, as Log.Tile
// does. It has its own timeout; what it returns is not trusted.
type Fetch func(ctx context.Context, path string) ([]byte, error)

// Pull brings this log up to the newest head that another copy serves: head,
// tiles and entries are all verified, and this log's own entries must be its
// beginning. Entries are committed bundle by bundle, so after an error the next
// Pull goes on where this one ended. ErrFork: the other copy is of another
// history; keep both notes and raise the alarm. It returns that head.
func (l *Log) Pull(ctx context.Context, fetch Fetch) (Head, error) {
	h, err := l.pull(ctx, fetch)
	if err != nil {
		return Head{}, fmt.Errorf("record: pull: %w", err)
	}
	return h, nil
}

func (l *Log) pull(ctx context.Context, fetch Fetch) (Head, error) {
	msg, err := fetch(ctx, "checkpoint")
	if err != nil {
		return Head{}, fmt.Errorf("checkpoint: %w", err)
	}
	h, err := l.openHead(msg)
	if err != nil {
		return Head{}, err
	}
	if from := l.Size(); h.Size > from {
		if err := l.pullEntries(ctx, fetch, h); err != nil {
			return Head{}, err
		}
		if err := l.reset(ctx); err != nil {
			return Head{}, err
		}
	}
	if err := l.keepHead(ctx, h); err != nil {
		return Head{}, err
	}
	// The joint head is a bonus: a copy may have none, and level 3 is not what
	// entries wait for. What it serves is checked like any head.
	if msg, err = fetch(ctx, "checkpoint.cosigned"); err == nil {
		joint, err := l.policy.Load().openJoint(msg, h)
		if err != nil {
			return Head{}, err
		}
		if err := l.keepHead(ctx, joint); err != nil {
			return Head{}, err
		}
	}
	return l.headAt(ctx, h.Size)
}

// pullEntries adopts the entries up to h, a bundle at a time. Each bundle is
// adopted under the root that the tiles, proven by h, give at its end.
func (l *Log) pullEntries(ctx context.Context, fetch Fetch, h Head) error {
	tiles := &tileFetcher{ctx: ctx, fetch: fetch, cache: map[tlog.Tile][]byte{}}
	remote := tlog.TileHashReader(tlog.Tree{N: h.Size, Hash: tlog.Hash(h.Root)}, tiles)
	size := l.Size()
	if err := l.compareRemote(ctx, remote, size); err != nil {
		return err
	}
	for size < h.Size {
		t := bundleAt(size/tileWidth, h.Size)
		end := t.N*tileWidth + int64(t.W)
		data, err := tiles.get(t)
		if err != nil {
			return err
		}
		es, err := parseBundle(data, t.N*tileWidth, t.W)
		if err != nil {
			return fmt.Errorf("%s: %w", tilePath(t), err)
		}
		root, err := tlog.TreeHash(end, remote)
		if err != nil {
			return fmt.Errorf("tiles of %d entries: %w", end, err)
		}
		part := Head{Origin: h.Origin, Size: end, Root: root}
		if err := l.adopt(ctx, each(es), part); err != nil {
			return fmt.Errorf("%s: %w", tilePath(t), err)
		}
		size = end
	}
	return nil
}

// compareRemote holds the entries that are here against the other copy's tiles.
func (l *Log) compareRemote(ctx context.Context, remote tlog.HashReader, size int64) error {
	if size == 0 {
		return nil
	}
	theirs, err := tlog.TreeHash(size, remote)
	if err != nil {
		return fmt.Errorf("tiles of %d entries: %w", size, err)
	}
	ours, err := l.Root(ctx, size)
	if err != nil {
		return err
	}
	if theirs != tlog.Hash(ours) {
		return fmt.Errorf("%w: at size %d this copy has root %s, the other %s", ErrFork, size, tlog.Hash(ours), theirs)
	}
	return nil
}

// each yields entries that are in memory.
func each(es []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range es {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// A tileFetcher is a tlog.TileReader over a Fetch.
type tileFetcher struct {
	ctx   context.Context //nolint:containedctx // tlog's interface has no place for it; it lives for one Pull
	fetch Fetch
	cache map[tlog.Tile][]byte
}

// Height implements tlog.TileReader.
func (f *tileFetcher) Height() int { return tileHeight }

// SaveTiles implements tlog.TileReader: these were proven by the head.
func (f *tileFetcher) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	if len(f.cache) > maxTileCache {
		clear(f.cache)
	}
	for i, t := range tiles {
		f.cache[t] = data[i]
	}
}

// ReadTiles implements tlog.TileReader.
func (f *tileFetcher) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, ok := f.cache[t]
		if !ok {
			var err error
			if data, err = f.get(t); err != nil {
				return nil, err
			}
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes, want %d", tilePath(t), len(data), t.W*tlog.HashSize)
		}
		out[i] = data
	}
	return out, nil
}

// get fetches a tile or bundle; a copy may have dropped a partial one since the
// full one exists, which begins with the same bytes.
func (f *tileFetcher) get(t tlog.Tile) ([]byte, error) {
	data, err := f.fetch(f.ctx, tilePath(t))
	if err != nil && t.W < tileWidth {
		full := t
		full.W = tileWidth
		if whole, fullErr := f.fetch(f.ctx, tilePath(full)); fullErr == nil {
			data, err = part{full, whole}.cut(t.W)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tilePath(t), err)
	}
	if int64(len(data)) > limitOf(t) {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", tilePath(t), len(data), limitOf(t))
	}
	return data, nil
}

// cut is prefix for bytes that nobody has checked yet.
func (p part) cut(width int) ([]byte, error) {
	if p.tile.L != bundleLevel {
		if len(p.data) < width*tlog.HashSize {
			return nil, fmt.Errorf("%s is too short", tilePath(p.tile))
		}
		return p.data[:width*tlog.HashSize], nil
	}
	if _, err := parseBundle(p.data, p.tile.N*tileWidth, p.tile.W); err != nil {
		return nil, err
	}
	return p.prefix(width), nil
}

// keepHead stores a head of the log that came from elsewhere, and the
// cosignatures on it that the policy knows. The entries are here.
func (l *Log) keepHead(ctx context.Context, h Head) error {
	p := l.policy.Load()
	n, err := openNote(h.Note, false, p.verifiers()...)
	if err != nil {
		return err
	}
	bare := &note.Note{Text: n.Text}
	var lines []note.Signature
	for _, s := range n.Sigs {
		if s.Name == h.Origin {
			bare.Sigs = append(bare.Sigs, s)
		} else {
			lines = append(lines, s)
		}
	}
	msg, err := note.Sign(bare)
	if err != nil {
		return err
	}
	return l.submit(ctx, func(s *sequencer) error {
		if err := l.compareHead(ctx, h, s.edge.size); err != nil {
			return err
		}
		err := l.st.tx(ctx, func() error {
			if err := s.fence(ctx, s.edge.size, s.rootBytes()); err != nil {
				return err
			}
			_, err := l.st.w.ExecContext(ctx, `INSERT INTO checkpoint (size, root, note, epoch, signed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (size) DO NOTHING`,
				h.Size, h.Root[:], msg, s.epoch, l.o.Now().UnixMilli())
			return err
		})
		if err != nil {
			return fmt.Errorf("store head %d: %w", h.Size, err)
		}
		for _, sig := range lines {
			if err := s.storeCosignature(ctx, h.Size, sig); err != nil {
				return err
			}
		}
		return nil
	})
}

// reset tells Admit's owner that entries came in past it.
func (l *Log) reset(ctx context.Context) error {
	if l.o.Reset == nil {
		return nil
	}
	return l.submit(ctx, func(s *sequencer) error {
		l.o.Reset(s.edge.size)
		return nil
	})
}

// PullBundle is Pull from an export, by stick or mail: all of it is verified
// before anything is kept. It begins at or below Size. Kept blobs in it are
// stored; v sees them and the extra files, and the entries that are new.
func (l *Log) PullBundle(ctx context.Context, r io.Reader, v Visit) (Head, error) {
	h, err := l.pullBundle(ctx, r, v)
	if err != nil {
		return Head{}, fmt.Errorf("record: pull bundle: %w", err)
	}
	return h, nil
}

func (l *Log) pullBundle(ctx context.Context, r io.Reader, v Visit) (Head, error) {
	b, err := openBundle(r, *l.policy.Load())
	if err != nil {
		return Head{}, err
	}
	h := b.heads[0]
	if h.Origin != l.o.Origin {
		return Head{}, fmt.Errorf("it is of the log %q, this is %q", h.Origin, l.o.Origin)
	}
	size := l.Size()
	if b.start > size {
		return Head{}, fmt.Errorf("%w: it begins at entry %d, there are %d here: ask for an export since %d", ErrBehind, b.start, size, size)
	}
	rest := func(entry func(Entry) error) error {
		return b.rest(ctx, Visit{Entry: entry, File: l.keepFile(ctx, v.File)})
	}
	if h.Size <= size {
		err = rest(nil)
	} else {
		err = l.adopt(ctx, seq(rest, size, v.Entry), Head{Origin: h.Origin, Size: h.Size, Root: h.Root})
	}
	if err != nil {
		return Head{}, err
	}
	if h.Size > size {
		if err := l.reset(ctx); err != nil {
			return Head{}, err
		}
	}
	for _, h := range b.heads {
		if err := l.keepHead(ctx, h); err != nil {
			return Head{}, err
		}
	}
	return l.headAt(ctx, h.Size)
}

// errEnough ends a verification whose reader has stopped.
var errEnough = errors.New("the reader has stopped")

// seq turns a verification into the sequence of its entries, those from size on
// also shown to visit. An error of the verification is the last of the sequence.
func seq(verify func(func(Entry) error) error, size int64, visit func(Entry) error) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := verify(func(e Entry) error {
			e.Body = bytes.Clone(e.Body)
			if visit != nil && e.Index >= size {
				if err := visit(e); err != nil {
					return err
				}
			}
			if !yield(e, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Entry{}, err)
		}
	}
}

// keepFile stores the kept blobs of a bundle, which have been checked against
// their names, and shows every file to visit.
func (l *Log) keepFile(ctx context.Context, visit func(string, []byte) error) func(string, []byte) error {
	return func(name string, data []byte) error {
		if len(name) > 11 && name[:11] == "blobs/kept/" {
			if _, err := l.PutBlob(ctx, Kept, data); err != nil {
				return err
			}
		}
		if visit == nil {
			return nil
		}
		return visit(name, data)
	}
}
