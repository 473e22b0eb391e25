package record

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// bundleLevel is the level of entry bundles among tlog's tiles.
const bundleLevel = -1

// tilePath is the C2SP path of a tile, or of a bundle.
func tilePath(t tlog.Tile) string {
	if t.L == bundleLevel {
		return "tile/entries/" + strings.TrimPrefix(t.Path(), "tile/8/data/")
	}
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}

// parseTilePath reads a C2SP path, in its one spelling.
func parseTilePath(path string) (tlog.Tile, error) {
	own := "tile/8/" + strings.TrimPrefix(path, "tile/")
	if rest, ok := strings.CutPrefix(path, "tile/entries/"); ok {
		own = "tile/8/data/" + rest
	}
	t, err := tlog.ParseTilePath(own)
	if err != nil || tilePath(t) != path || t.L > 7 || t.N >= maxTree>>tileHeight {
		return t, fmt.Errorf("record: %q is no path of a tile", path)
	}
	return t, nil
}

// bundleAt is the bundle number n of a log of this size.
func bundleAt(n, size int64) tlog.Tile {
	return tlog.Tile{H: tileHeight, L: bundleLevel, N: n, W: int(min(tileWidth, size-n*tileWidth))}
}

// Tile returns the bytes of a file that the log publishes, by its path without
// a leading slash: "checkpoint", "checkpoint.cosigned", "tile/<L>/<N>[.p/<W>]"
// and "tile/entries/<N>[.p/<W>]" (C2SP tlog-tiles). Tiles never change and may
// be cached for ever, heads a few seconds. Bundles hold the entries: they are
// for those who may read them, hash tiles are public. ErrNotFound when there is
// no such file (yet).
func (l *Log) Tile(ctx context.Context, path string) ([]byte, error) {
	switch path {
	case "checkpoint", "checkpoint.cosigned":
		signed, joint, err := l.Checkpoint(ctx)
		if err != nil {
			return nil, err
		}
		if path == "checkpoint.cosigned" {
			signed = joint
		}
		if signed.Note == nil {
			return nil, fmt.Errorf("%w: %s", ErrNotFound, path)
		}
		return signed.Note, nil
	}
	t, err := parseTilePath(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	end := t.N*tileWidth + int64(t.W) // in hashes of the tile's level
	if end > l.Size()>>(tileHeight*max(t.L, 0)) {
		return nil, fmt.Errorf("%w: %s is beyond %d entries", ErrNotFound, path, l.Size())
	}
	if t.L == bundleLevel {
		return l.bundle(ctx, t)
	}
	return l.hashTile(ctx, t)
}

// bundle makes an entry bundle from the store: each entry with its length as
// uint16, big-endian.
func (l *Log) bundle(ctx context.Context, t tlog.Tile) ([]byte, error) {
	es, err := l.page(ctx, t.N*tileWidth, int64(t.W))
	if err != nil {
		return nil, err
	}
	if len(es) != t.W {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, tilePath(t))
	}
	return marshalBundle(es), nil
}

// marshalBundle writes entries as a bundle.
func marshalBundle(es []Entry) []byte {
	var b []byte
	for _, e := range es {
		b = binary.BigEndian.AppendUint16(b, uint16(8+len(e.Body)))
		b = appendEntry(b, e.RecvAt, e.Body)
	}
	return b
}

// parseBundle reads a bundle of exactly n entries, the first with this index.
// The bodies lie in data.
func parseBundle(data []byte, first int64, n int) ([]Entry, error) {
	es := make([]Entry, 0, n)
	for i := range n {
		at := first + int64(i)
		if len(data) < 2 {
			return nil, fmt.Errorf("entry %d: the file ends before it", at)
		}
		size := int(binary.BigEndian.Uint16(data))
		if data = data[2:]; size > len(data) {
			return nil, fmt.Errorf("entry %d: the file ends within it", at)
		}
		if size <= 8 {
			return nil, fmt.Errorf("entry %d: %d bytes are no receipt time and body", at, size)
		}
		recvAt := binary.BigEndian.Uint64(data)
		if recvAt >= 1<<63 {
			return nil, fmt.Errorf("entry %d: receipt time out of range", at)
		}
		es = append(es, Entry{Index: at, RecvAt: int64(recvAt), Body: data[8:size:size]})
		data = data[size:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes after entry %d", len(data), first+int64(n)-1)
	}
	return es, nil
}

// hashTile reads a tile from the store and checks it against the nodes above
// its hashes, so that a flipped bit is not served.
func (l *Log) hashTile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	base := tileHeight * t.L
	start := t.N << tileHeight
	var data []byte
	if t.L == 0 {
		all, err := nodesOf(ctx, l.st.rd, start, int64(t.W))
		if err != nil {
			return nil, err
		}
		for _, hs := range all {
			data = append(data, hs[:tlog.HashSize]...)
		}
	} else {
		var err error
		if data, err = tlog.ReadTileData(t, nodes(ctx, l.st.rd)); err != nil {
			return nil, err
		}
	}
	for at, k := 0, tileHeight; k > 0; k-- { // the complete subtrees that the tile covers
		if t.W>>k&1 == 0 {
			continue
		}
		above, err := nodes(ctx, l.st.rd)([]int64{tlog.StoredHashIndex(base+k, (start+int64(at))>>k)})
		if err != nil {
			return nil, err
		}
		if above[0] != subtree(data[at*tlog.HashSize:(at+1<<k)*tlog.HashSize]) {
			return nil, fmt.Errorf("%w: %s", ErrDamaged, tilePath(t))
		}
		at += 1 << k
	}
	return data, nil
}

// subtree is the root over 2^k hashes that lie one after the other.
func subtree(data []byte) tlog.Hash {
	if len(data) == tlog.HashSize {
		return tlog.Hash(data)
	}
	half := len(data) / 2
	return tlog.NodeHash(subtree(data[:half]), subtree(data[half:]))
}

// writeTiles brings the files below Dir/tiles up to size. They are copies: a
// lost one is written again from the store.
func (l *Log) writeTiles(ctx context.Context, size int64) error {
	if l.wrote < 0 {
		l.wrote = l.tilesOnDisk()
	}
	if l.wrote >= size {
		return nil
	}
	return l.writeTilesFrom(ctx, l.wrote, size)
}

// tilesOnDisk is the size up to which tiles were written before: that of the
// head beside them, which is written last.
func (l *Log) tilesOnDisk() int64 {
	msg, err := os.ReadFile(filepath.Join(l.o.Dir, "tiles", "checkpoint"))
	if err != nil {
		return 0
	}
	h, err := l.openHead(msg)
	if err != nil || h.Size > l.Size() {
		return 0
	}
	return h.Size
}

// writeTilesFrom writes what a log of new entries has more than one of old.
func (l *Log) writeTilesFrom(ctx context.Context, old, size int64) error {
	tiles := tlog.NewTiles(tileHeight, old, size)
	for n := old / tileWidth; n*tileWidth < size; n++ {
		if t := bundleAt(n, size); old < n*tileWidth+int64(t.W) {
			tiles = append(tiles, t)
		}
	}
	dirs := map[string]bool{}
	for _, t := range tiles {
		path := tilePath(t)
		data, err := l.Tile(ctx, path)
		if err != nil {
			return err
		}
		file := filepath.Join(l.o.Dir, "tiles", filepath.FromSlash(path))
		if err := writeFile(file, data); err != nil {
			return err
		}
		dirs[filepath.Dir(file)] = true
	}
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	l.wrote = size
	return nil
}

// Heal compares every tile and bundle file of the newest head with the store
// and writes those again that are missing or differ. It reports how many.
func (l *Log) Heal(ctx context.Context) (int, error) {
	l.publish.Lock()
	defer l.publish.Unlock()
	h, err := l.newest(ctx)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	tiles := tlog.NewTiles(tileHeight, 0, h.Size)
	for n := int64(0); n*tileWidth < h.Size; n++ {
		tiles = append(tiles, bundleAt(n, h.Size))
	}
	healed := 0
	for _, t := range tiles {
		path := tilePath(t)
		want, err := l.Tile(ctx, path)
		if err != nil {
			return healed, err
		}
		file := filepath.Join(l.o.Dir, "tiles", filepath.FromSlash(path))
		if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, want) {
			continue
		}
		if err := errors.Join(writeFile(file, want), syncDir(filepath.Dir(file))); err != nil {
			return healed, err
		}
		healed++
	}
	return healed, l.writeHeads(ctx)
}
