package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A Visit is shown what is being verified, as it is read: what it learns counts
// only if the verification then ends without error. An error of its own ends
// the verification. Either function may be nil.
type Visit struct {
	Entry func(Entry) error                    // each entry, in order; the body is valid during the call
	File  func(name string, data []byte) error // each kept blob and extra file
}

// A frontier is a tree without its store: the tiles at the right edge that are
// not full yet. It is a tlog.HashReader of what TreeHash asks for.
type frontier struct {
	size int64
	open [8][]byte // open[L]: the hashes of the unfinished tile of level L
}

// A part is a tile and its bytes.
type part struct {
	tile tlog.Tile
	data []byte
}

// ReadHashes implements tlog.HashReader.
func (f *frontier) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		t := tlog.TileForIndex(tileHeight, at)
		if t.L >= len(f.open) || t.N != f.size>>(tileHeight*(t.L+1)) {
			return nil, fmt.Errorf("node %d is not at the edge", at)
		}
		h, err := tlog.HashFromTile(t, f.open[t.L], at)
		if err != nil {
			return nil, err
		}
		out[i] = h
	}
	return out, nil
}

// root is the root of all leaves so far.
func (f *frontier) root() (tlog.Hash, error) { return tlog.TreeHash(f.size, f) }

// grow appends a leaf and returns the tiles that it fills, lowest first.
func (f *frontier) grow(leaf tlog.Hash) []part {
	var full []part
	f.open[0] = append(f.open[0], leaf[:]...)
	f.size++
	for l := 0; l+1 < len(f.open) && len(f.open[l]) == tileWidth*tlog.HashSize; l++ {
		data := f.open[l]
		t := tlog.Tile{H: tileHeight, L: l, N: f.size>>(tileHeight*(l+1)) - 1, W: tileWidth}
		full = append(full, part{t, data})
		h := subtree(data)
		f.open[l], f.open[l+1] = nil, append(f.open[l+1], h[:]...)
	}
	return full
}

// partial is the unfinished tile of a level, of width 0 if there is none.
func (f *frontier) partial(l int) part {
	t := tlog.Tile{H: tileHeight, L: l, N: f.size >> (tileHeight * (l + 1)), W: len(f.open[l]) / tlog.HashSize}
	return part{t, f.open[l]}
}

// A walk reads the files of a log in their one order: each bundle, then the
// tiles that it fills; at the end the tiles that stay partial.
type walk struct {
	heads []Head // signed, then joint if there is one: their roots must be met
	start int64  // first entry, a multiple of 256; the frontier stands there
	f     frontier
	read  func(t tlog.Tile) ([]byte, error)
	check func(p part) error // more to check about a tile, or nil
	entry func(Entry) error
	last  int64
	late  error // about a head's root: told after the tiles, which know better which entry is at fault
}

// run verifies everything from start to the signed head.
func (w *walk) run(ctx context.Context) error {
	size := w.heads[0].Size
	w.meet()
	for n := w.start / tileWidth; n*tileWidth < size; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := bundleAt(n, size)
		full, err := w.bundle(t)
		if err != nil {
			return err
		}
		if t.W < tileWidth {
			full = []part{w.f.partial(0)}
		}
		for _, p := range full {
			if err := w.tile(p); err != nil {
				return err
			}
		}
		if w.late != nil {
			return w.late
		}
	}
	for l := 1; l < len(w.f.open); l++ {
		p := w.f.partial(l)
		if p.tile.W == 0 || p.tile.N<<tileHeight+int64(p.tile.W) == w.start>>(tileHeight*l) {
			continue // nothing there, or it came ahead of the first bundle
		}
		if err := w.tile(p); err != nil {
			return err
		}
	}
	return w.late
}

// bundle verifies one bundle's form and takes its entries in.
func (w *walk) bundle(t tlog.Tile) (full []part, err error) {
	path := tilePath(t)
	data, err := w.read(t)
	if err != nil {
		return nil, err
	}
	es, err := parseBundle(data, t.N*tileWidth, t.W)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, e := range es {
		if e.RecvAt < w.last {
			return nil, fmt.Errorf("%s: entry %d: received before the entry ahead of it", path, e.Index)
		}
		w.last = e.RecvAt
		if full = w.f.grow(leafHash(e.RecvAt, e.Body)); w.entry != nil {
			if err := w.entry(e); err != nil {
				return nil, fmt.Errorf("%s: entry %d: %w", path, e.Index, err)
			}
		}
		w.meet()
	}
	if w.check == nil {
		return full, nil
	}
	return full, w.check(part{t, data})
}

// tile compares a hash tile with what the entries give.
func (w *walk) tile(p part) error {
	path := tilePath(p.tile)
	data, err := w.read(p.tile)
	if err != nil {
		return err
	}
	if len(data) != len(p.data) {
		return fmt.Errorf("%s: %d bytes, want %d", path, len(data), len(p.data))
	}
	for i := 0; i < len(data); i += tlog.HashSize {
		if bytes.Equal(data[i:i+tlog.HashSize], p.data[i:i+tlog.HashSize]) {
			continue
		}
		first := (p.tile.N<<tileHeight + int64(i/tlog.HashSize)) << (tileHeight * p.tile.L)
		if p.tile.L == 0 {
			return fmt.Errorf("%s: its hash %d is not that of entry %d in tile/entries: one of the two was altered", path, i/tlog.HashSize, first)
		}
		return fmt.Errorf("%s: its hash %d is not that of the entries from %d on", path, i/tlog.HashSize, first)
	}
	if w.check != nil {
		return w.check(part{p.tile, p.data})
	}
	return nil
}

// meet compares the root with each head of the size now reached.
func (w *walk) meet() {
	for i, h := range w.heads {
		if h.Size != w.f.size || w.late != nil {
			continue
		}
		root, err := w.f.root()
		if err == nil && root != tlog.Hash(h.Root) {
			name := [...]string{"checkpoint", "checkpoint.cosigned"}[i]
			err = fmt.Errorf("%s: signed for %d entries with root %s, but the entries give %s", name, h.Size, tlog.Hash(h.Root), root)
		}
		w.late = err
	}
}

// Verify proves what a log has published below dir (tiles, bundles, blobs),
// offline and without its database: that every entry, tile and blob is what the
// signed head commits to. It returns that head and the cosigned one, if there
// is one (else its Note is nil), as p judges them. An error names the file and
// the entry or tile at fault.
func Verify(ctx context.Context, dir string, p Policy, v Visit) (signed, joint Head, err error) {
	signed, joint, err = verifyDir(ctx, dir, p, v)
	if err != nil {
		return Head{}, Head{}, fmt.Errorf("verify %s: %w", dir, err)
	}
	return signed, joint, nil
}

func verifyDir(ctx context.Context, dir string, p Policy, v Visit) (signed, joint Head, err error) {
	d := tileDir{root: filepath.Join(dir, "tiles"), seen: map[string]bool{"checkpoint": true, "checkpoint.cosigned": true}}
	msg, err := readFile(filepath.Join(d.root, "checkpoint"), maxNote)
	if err != nil {
		return Head{}, Head{}, err
	}
	if signed, err = p.open(msg, "", false); err != nil {
		return Head{}, Head{}, fmt.Errorf("checkpoint: %w", err)
	}
	heads := []Head{signed}
	msg, err = readFile(filepath.Join(d.root, "checkpoint.cosigned"), maxNote)
	if err == nil {
		joint, err = p.openJoint(msg, signed)
		heads = append(heads, joint)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return Head{}, Head{}, err
	}
	w := walk{heads: heads, read: d.read, check: d.partials, entry: v.Entry}
	if err := w.run(ctx); err != nil {
		return Head{}, Head{}, err
	}
	if err := d.strangers(); err != nil {
		return Head{}, Head{}, err
	}
	return signed, joint, verifyBlobs(ctx, dir, v)
}

// openJoint opens a cosigned head that must not lie beyond the signed one.
func (p Policy) openJoint(msg []byte, signed Head) (Head, error) {
	h, err := p.open(msg, signed.Origin, false)
	if err == nil && (h.Size > signed.Size || h.Size == signed.Size && h.Root != signed.Root) {
		err = fmt.Errorf("%w: it is no earlier state of checkpoint", ErrFork)
	}
	if err != nil {
		return Head{}, fmt.Errorf("checkpoint.cosigned: %w", err)
	}
	return h, nil
}

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() > limit || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: no file of at most %d bytes", path, limit)
	}
	return os.ReadFile(path)
}

// A tileDir is a folder of tiles, and which of its files were verified.
type tileDir struct {
	root string
	seen map[string]bool
}

// limitOf is the most bytes that a tile's file may have.
func limitOf(t tlog.Tile) int64 {
	if t.L == bundleLevel {
		return int64(t.W) * (2 + maxEntry)
	}
	return int64(t.W) * tlog.HashSize
}

func (d tileDir) read(t tlog.Tile) ([]byte, error) {
	path := tilePath(t)
	d.seen[path] = true
	data, err := readFile(filepath.Join(d.root, filepath.FromSlash(path)), limitOf(t))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// partials checks the narrower versions of a tile that earlier heads needed:
// each must be the beginning of the verified one.
func (d tileDir) partials(p part) error {
	whole := p.tile
	whole.W = tileWidth
	dir := tilePath(whole) + ".p"
	des, err := os.ReadDir(filepath.Join(d.root, filepath.FromSlash(dir)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, de := range des {
		width, err := strconv.Atoi(de.Name())
		if err != nil || width < 1 || width >= p.tile.W || strconv.Itoa(width) != de.Name() {
			continue // the tile itself, or a stranger
		}
		t := p.tile
		t.W = width
		data, err := d.read(t)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, p.prefix(width)) {
			return fmt.Errorf("%s: it is not the beginning of %s", tilePath(t), tilePath(p.tile))
		}
	}
	return nil
}

// prefix is the data of a narrower version of the tile.
func (p part) prefix(width int) []byte {
	if p.tile.L != bundleLevel {
		return p.data[:width*tlog.HashSize]
	}
	end := 0
	for range width {
		end += 2 + int(p.data[end])<<8 + int(p.data[end+1])
	}
	return p.data[:end]
}

// strangers refuses files that belong to no verified tile. What a crash may
// leave (a temporary file, a tile beyond the head) is passed over.
func (d tileDir) strangers() error {
	return filepath.WalkDir(d.root, func(file string, de fs.DirEntry, err error) error {
		if err != nil || de.IsDir() || strings.HasPrefix(de.Name(), ".new-") {
			return err
		}
		rel, err := filepath.Rel(d.root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if _, err := parseTilePath(rel); err != nil && !d.seen[rel] {
			return fmt.Errorf("%s: not a file of a log: remove it", rel)
		}
		return nil
	})
}

// verifyBlobs checks that every blob is what its name says and shows the kept ones.
func verifyBlobs(ctx context.Context, dir string, v Visit) error {
	for _, c := range []Class{Kept, Exhibit} {
		names, err := blobNames(dir, c)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				return err
			}
			rel := "blobs/" + string(c) + "/" + name[:2] + "/" + name
			data, err := readFile(filepath.Join(dir, filepath.FromSlash(rel)), maxBlob)
			if err != nil {
				return err
			}
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
				return fmt.Errorf("%s: its SHA-256 is %x", rel, sum)
			}
			if c == Kept && v.File != nil {
				if err := v.File("blobs/kept/"+name, data); err != nil {
					return fmt.Errorf("%s: %w", rel, err)
				}
			}
		}
	}
	return nil
}

// blobNames lists the digests of a class of blobs, sorted.
func blobNames(dir string, c Class) ([]string, error) {
	var names []string
	err := filepath.WalkDir(filepath.Join(dir, "blobs", string(c)), func(file string, de fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || de.IsDir() || strings.HasPrefix(de.Name(), ".new-") {
			return err
		}
		if d, err := hex.DecodeString(de.Name()); err != nil || len(d) != sha256.Size || filepath.Base(filepath.Dir(file)) != de.Name()[:2] {
			return fmt.Errorf("%s: not a blob: remove it", file)
		}
		names = append(names, de.Name())
		return nil
	})
	slices.Sort(names)
	return names, err
}
