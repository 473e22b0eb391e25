package record

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Bundle says what an export holds besides heads, tiles and entries.
type Bundle struct {
	Since int64             // the reader has the first Since entries; 0: everything
	Blobs [][32]byte        // kept blobs; nil: all of them
	Extra map[string][]byte // more files (policy, key history), by names of a-z, 0-9, dot, dash, underscore
}

const blockSize = 512 // of a tar archive

// Export writes the log up to its newest signed head as one canonical tar
// archive, uncompressed: fixed order, zero times and owners. VerifyBundle
// proves every byte of it offline. The process must have a Signer: its key
// signs the list of the files that the head does not commit to.
func (l *Log) Export(ctx context.Context, w io.Writer, b Bundle) error {
	if l.signer == nil {
		return errors.New("record: export: a key must sign the list of files: open the log with a Signer")
	}
	signed, joint, err := l.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("record: export: %w", err)
	}
	if signed.Note == nil || b.Since < 0 || b.Since > signed.Size {
		return fmt.Errorf("record: export: since entry %d, the newest head has %d entries", b.Since, signed.Size)
	}
	x := exporter{l: l, tar: tarWriter{w: bufio.NewWriterSize(w, 1<<16)}, start: b.Since / tileWidth * tileWidth, signed: signed}
	if joint.Size >= x.start {
		x.joint = joint
	}
	if err := x.run(ctx, b); err != nil {
		return fmt.Errorf("record: export: %w", err)
	}
	return nil
}

// An exporter is one export under way.
type exporter struct {
	l             *Log
	tar           tarWriter
	start         int64
	signed, joint Head
	list          strings.Builder // of the manifest
}

func (x *exporter) run(ctx context.Context, b Bundle) error {
	if err := x.listed("bundle", bundleText(x.signed.Origin, x.start, x.signed.Size)); err != nil {
		return err
	}
	if err := x.listed("checkpoint", x.signed.Note); err != nil {
		return err
	}
	if x.joint.Note != nil {
		if err := x.listed("checkpoint.cosigned", x.joint.Note); err != nil {
			return err
		}
	}
	if err := x.tiles(ctx); err != nil {
		return err
	}
	if err := x.blobs(ctx, b.Blobs); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(b.Extra)) {
		if !extraName(name) || len(b.Extra[name]) > maxExtra {
			return fmt.Errorf("extra file %q of %d bytes: want a plain name and at most %d bytes", name, len(b.Extra[name]), maxExtra)
		}
		if err := x.listed("extra/"+name, b.Extra[name]); err != nil {
			return err
		}
	}
	msg, err := note.Sign(&note.Note{Text: manifestText(x.signed.Origin, x.list.String())}, x.l.signer)
	if err != nil {
		return err
	}
	if err := x.tar.file("manifest", msg); err != nil {
		return err
	}
	return x.tar.end()
}

// tiles writes the tiles at the edge of start, then bundles and tiles in the
// order in which a walk reads them.
func (x *exporter) tiles(ctx context.Context) error {
	for _, t := range edgeTiles(x.start) {
		data, err := x.l.Tile(ctx, tilePath(t))
		if err != nil {
			return err
		}
		if err := x.tar.file(tilePath(t), data); err != nil {
			return err
		}
	}
	w := walk{heads: []Head{x.signed}, start: x.start}
	var err error
	if w.f, err = seedFrontier(x.start, func(t tlog.Tile) ([]byte, error) { return x.l.Tile(ctx, tilePath(t)) }); err != nil {
		return err
	}
	w.read = func(t tlog.Tile) ([]byte, error) {
		data, err := x.l.Tile(ctx, tilePath(t))
		if err != nil {
			return nil, err
		}
		return data, x.tar.file(tilePath(t), data)
	}
	return w.run(ctx)
}

// edgeTiles are the partial tiles that hold the edge of a tree of size start, a
// multiple of 256.
func edgeTiles(start int64) []tlog.Tile {
	var out []tlog.Tile
	for l := 1; start>>(tileHeight*l) > 0; l++ {
		n := start >> (tileHeight * l)
		if w := int(n % tileWidth); w > 0 {
			out = append(out, tlog.Tile{H: tileHeight, L: l, N: n / tileWidth, W: w})
		}
	}
	return out
}

// seedFrontier makes the frontier of a tree of size start from its edge tiles.
func seedFrontier(start int64, read func(tlog.Tile) ([]byte, error)) (frontier, error) {
	f := frontier{size: start}
	for _, t := range edgeTiles(start) {
		data, err := read(t)
		if err != nil {
			return f, err
		}
		if len(data) != t.W*tlog.HashSize {
			return f, fmt.Errorf("%s: %d bytes, want %d", tilePath(t), len(data), t.W*tlog.HashSize)
		}
		f.open[t.L] = data
	}
	return f, nil
}

// blobs writes kept blobs in the order of their digests.
func (x *exporter) blobs(ctx context.Context, digests [][32]byte) error {
	var names []string
	for _, d := range digests {
		names = append(names, hex.EncodeToString(d[:]))
	}
	if digests == nil {
		var err error
		if names, err = blobNames(x.l.o.Dir, Kept); err != nil {
			return err
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		raw, err := hex.DecodeString(name)
		if err != nil {
			return err
		}
		data, err := x.l.Blob(ctx, [32]byte(raw))
		if err != nil {
			return err
		}
		if err := x.listed("blobs/kept/"+name, data); err != nil {
			return err
		}
	}
	return nil
}

// listed writes a file and its line in the manifest.
func (x *exporter) listed(name string, data []byte) error {
	x.list.WriteString(manifestLine(name, data))
	return x.tar.file(name, data)
}

// manifestLine names a file with digest and size.
func manifestLine(name string, data []byte) string {
	return fmt.Sprintf("%x %d %s\n", sha256.Sum256(data), len(data), name)
}

// manifestText is what the exporter signs.
func manifestText(origin, list string) string { return bundleHeader + "\n" + origin + "\n" + list }

// bundleText is the first file of an export: what follows.
func bundleText(origin string, start, size int64) []byte {
	return fmt.Appendf(nil, "%s\n%s\nfrom %d\nto %d\n", bundleHeader, origin, start, size)
}

// extraName reports whether a name of an extra file is plain.
func extraName(name string) bool {
	return name != "" && len(name) <= 80 && name[0] != '.' &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// VerifyBundle proves an export from r, offline: every byte of it, from the
// archive's headers to its padding. What the head does not commit to is listed
// in the manifest, signed by a key of p (the log's, or the mirror's that
// exported). It returns the signed head and the cosigned one (its Note is nil
// if the export has none). A bundle that does not begin at entry 0 proves its
// entries under the same head. An error names the file and the entry or tile.
func VerifyBundle(ctx context.Context, r io.Reader, p Policy, v Visit) (signed, joint Head, err error) {
	b, err := openBundle(r, p)
	if err == nil {
		err = b.rest(ctx, v)
	}
	if err != nil {
		return Head{}, Head{}, fmt.Errorf("verify bundle: %w", err)
	}
	return b.heads[0], b.joint(), nil
}

// A bundleReader is an export whose heads have been read.
type bundleReader struct {
	p     Policy
	tar   tarReader
	heads []Head // signed, and joint if there is one
	start int64
	list  strings.Builder // the manifest as it must be
	name  string          // of the next file, already read
	data  []byte
}

func (b *bundleReader) joint() Head {
	if len(b.heads) == 2 {
		return b.heads[1]
	}
	return Head{}
}

// openBundle reads as far as the heads and checks their signatures.
func openBundle(r io.Reader, p Policy) (*bundleReader, error) {
	b := &bundleReader{p: p, tar: tarReader{r: bufio.NewReaderSize(r, 1<<16)}}
	data, err := b.take("bundle", maxNote)
	if err != nil {
		return nil, err
	}
	origin, size, err := b.parseHead(data)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	if data, err = b.take("checkpoint", maxNote); err != nil {
		return nil, err
	}
	signed, err := p.open(data, origin, false)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if signed.Size != size {
		return nil, fmt.Errorf("checkpoint: of %d entries, the file bundle says %d", signed.Size, size)
	}
	b.heads = []Head{signed}
	if err := b.next(); err != nil {
		return nil, err
	}
	if b.name != "checkpoint.cosigned" {
		return b, nil
	}
	b.list.WriteString(manifestLine(b.name, b.data))
	joint, err := p.openJoint(b.data, signed)
	if err != nil {
		return nil, err
	}
	if joint.Size < b.start {
		return nil, fmt.Errorf("checkpoint.cosigned: of %d entries, the bundle begins at %d", joint.Size, b.start)
	}
	b.heads = append(b.heads, joint)
	return b, b.next()
}

// parseHead reads the first file.
func (b *bundleReader) parseHead(data []byte) (origin string, size int64, err error) {
	f := strings.Split(string(data), "\n")
	if len(f) != 5 || f[0] != bundleHeader {
		return "", 0, fmt.Errorf("its first line is not %s", bundleHeader)
	}
	var e1, e2 error
	b.start, e1 = strconv.ParseInt(strings.TrimPrefix(f[2], "from "), 10, 64)
	size, e2 = strconv.ParseInt(strings.TrimPrefix(f[3], "to "), 10, 64)
	if err := errors.Join(e1, e2); err != nil {
		return "", 0, err
	}
	if !validName(f[1]) || b.start < 0 || b.start%tileWidth != 0 || b.start > size || size > maxTree || !bytes.Equal(bundleText(f[1], b.start, size), data) {
		return "", 0, errors.New("a field is out of range or not in canonical form")
	}
	return f[1], size, nil
}

// next reads the next file, whatever it is.
func (b *bundleReader) next() (err error) {
	b.name, b.data, err = b.tar.file()
	return err
}

// take reads the next file, which must have this name, and lists it.
func (b *bundleReader) take(name string, limit int) ([]byte, error) {
	if err := b.next(); err != nil {
		return nil, err
	}
	if b.name != name || len(b.data) > limit {
		return nil, fmt.Errorf("%s: %d bytes where %s of at most %d belongs", b.name, len(b.data), name, limit)
	}
	b.list.WriteString(manifestLine(name, b.data))
	return b.data, nil
}

// tile gives the file already read, which must be this tile, and reads on.
func (b *bundleReader) tile(t tlog.Tile) ([]byte, error) {
	name, data := b.name, b.data
	if want := tilePath(t); name != want {
		return nil, fmt.Errorf("%s: found where %s belongs", name, want)
	}
	if int64(len(data)) > limitOf(t) {
		return nil, fmt.Errorf("%s: %d bytes, want at most %d", name, len(data), limitOf(t))
	}
	return data, b.next()
}

// rest verifies what follows the heads.
func (b *bundleReader) rest(ctx context.Context, v Visit) error {
	f, err := seedFrontier(b.start, b.tile)
	if err != nil {
		return err
	}
	w := walk{heads: b.heads, start: b.start, f: f, read: b.tile, entry: v.Entry}
	if err := w.run(ctx); err != nil {
		return err
	}
	for last := ""; b.name != "manifest"; {
		if err := b.loose(last, v); err != nil {
			return err
		}
		last = b.name
		if err := b.next(); err != nil {
			return err
		}
	}
	if err := b.manifest(); err != nil {
		return err
	}
	return b.tar.end()
}

// loose checks a blob or extra file; they come in the order of their names.
func (b *bundleReader) loose(last string, v Visit) error {
	blob, isBlob := strings.CutPrefix(b.name, "blobs/kept/")
	extra, isExtra := strings.CutPrefix(b.name, "extra/")
	switch {
	case b.name <= last:
		return fmt.Errorf("%s: out of order", b.name)
	case isBlob:
		if sum := sha256.Sum256(b.data); hex.EncodeToString(sum[:]) != blob {
			return fmt.Errorf("%s: its SHA-256 is %x", b.name, sum)
		}
	case !isExtra || !extraName(extra) || len(b.data) > maxExtra:
		return fmt.Errorf("%s: does not belong in a bundle, or not here", b.name)
	}
	b.list.WriteString(manifestLine(b.name, b.data))
	if v.File == nil {
		return nil
	}
	if err := v.File(b.name, b.data); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}

// manifest checks the exporter's signature over the list of loose files.
func (b *bundleReader) manifest() error {
	known := slices.Clone(b.p.logs)
	for _, w := range b.p.wits {
		if w.plain != nil {
			known = append(known, w.plain)
		}
	}
	n, err := openNote(b.data, true, known...)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	want := manifestText(b.heads[0].Origin, b.list.String())
	if n.Text == want {
		return nil
	}
	have, wanted := strings.Split(n.Text, "\n"), strings.Split(want, "\n")
	for i := range min(len(have), len(wanted)) {
		if have[i] != wanted[i] {
			name := wanted[i][strings.LastIndexByte(wanted[i], ' ')+1:]
			return fmt.Errorf("%s: it is not as the manifest says: it was altered, added or removed", name)
		}
	}
	return errors.New("manifest: it does not list the files of this bundle")
}

// A tarWriter writes a canonical tar archive.
type tarWriter struct{ w *bufio.Writer }

// tarHeader is the one header of a file in a bundle: ustar, mode 644, zero
// times and owners.
func tarHeader(name string, size int) []byte {
	h := make([]byte, blockSize)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x0000000000000\x00        0", size))
	copy(h[257:], "ustar\x0000")
	copy(h[329:], "0000000\x000000000\x00")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// file writes one file.
func (t tarWriter) file(name string, data []byte) error {
	if len(name) > 100 {
		return fmt.Errorf("name %q is too long for an archive", name)
	}
	for _, b := range [][]byte{tarHeader(name, len(data)), data, make([]byte, padding(len(data)))} {
		if _, err := t.w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// padding is how many zero bytes follow a file of this size.
func padding(size int) int { return (blockSize - size%blockSize) % blockSize }

// end writes the end of the archive.
func (t tarWriter) end() error {
	if _, err := t.w.Write(make([]byte, 2*blockSize)); err != nil {
		return err
	}
	return t.w.Flush()
}

// A tarReader reads an archive that a tarWriter could have written, and
// nothing else.
type tarReader struct{ r *bufio.Reader }

// file reads the next file.
func (t tarReader) file() (string, []byte, error) {
	h := make([]byte, blockSize)
	if _, err := io.ReadFull(t.r, h); err != nil {
		return "", nil, fmt.Errorf("the archive is cut off: %w", err)
	}
	name, _, _ := strings.Cut(string(h[:100]), "\x00")
	size, err := strconv.ParseInt(string(h[124:135]), 8, 64)
	if err != nil || size < 0 || size > maxBlob || !bytes.Equal(h, tarHeader(name, int(size))) {
		return "", nil, fmt.Errorf("%q: the header of this file in the archive is not canonical", name)
	}
	var data bytes.Buffer // grows with what is really there, not with what the header says
	data.Grow(int(min(size, 1<<20)))
	if n, err := io.CopyN(&data, t.r, size); err != nil {
		return "", nil, fmt.Errorf("%s: cut off after %d of %d bytes", name, n, size)
	}
	pad := make([]byte, padding(int(size)))
	if _, err := io.ReadFull(t.r, pad); err != nil || !bytes.Equal(pad, make([]byte, len(pad))) {
		return "", nil, fmt.Errorf("%s: bytes other than zero after its end, or cut off", name)
	}
	return name, data.Bytes(), nil
}

// end checks that two blocks of zero follow and nothing else.
func (t tarReader) end() error {
	rest, err := io.ReadAll(io.LimitReader(t.r, 2*blockSize+1))
	if err != nil {
		return err
	}
	if !bytes.Equal(rest, make([]byte, 2*blockSize)) {
		return errors.New("the archive does not end as it must: with 1,024 zero bytes")
	}
	return nil
}
