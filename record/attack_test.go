package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The log lies: it holds its own key, so whatever it signs is well signed.
// Against it stand a witness that has cosigned 300 entries and a mirror that has
// kept them. Each attack has a number, and is refused; where the log's own
// signatures contradict one another, the evidence is written and checked.

// lied serves a history of entries as a lying log would, with a head signed
// over it.
func lied(t testing.TB, es []Entry) (Head, Fetch, tlog.HashReader) {
	t.Helper()
	leaves := make([]string, len(es))
	for i, e := range es {
		leaves[i] = string(appendEntry(nil, e.RecvAt, e.Body))
	}
	h, r := headOf(t, testOrigin, leaves...)
	return h, func(_ context.Context, path string) ([]byte, error) {
		if path == "checkpoint" {
			return h.Note, nil
		}
		tile, err := parseTilePath(path)
		if err != nil {
			return nil, ErrNotFound
		}
		if tile.L >= 0 {
			if (tile.N<<tileHeight+int64(tile.W))<<(tileHeight*tile.L) > h.Size {
				return nil, ErrNotFound
			}
			return tlog.ReadTileData(tile, r)
		}
		first := tile.N * tileWidth
		if first+int64(tile.W) > h.Size {
			return nil, ErrNotFound
		}
		return marshalBundle(es[first : first+int64(tile.W)]), nil
	}, r
}

// without, with and the others are the ways to tell a history otherwise.
func histories() []struct {
	name string
	tell func(es []Entry, k int) []Entry
} {
	return []struct {
		name string
		tell func(es []Entry, k int) []Entry
	}{
		{"leaves entry %d out", func(es []Entry, k int) []Entry { return slices.Delete(es, k, k+1) }},
		{"puts one in before entry %d", func(es []Entry, k int) []Entry {
			return slices.Insert(es, k, Entry{RecvAt: es[k].RecvAt, Body: []byte("never said")})
		}},
		{"swaps entry %d and the next", func(es []Entry, k int) []Entry { es[k], es[k+1] = es[k+1], es[k]; return es }},
		{"has other words in entry %d", func(es []Entry, k int) []Entry { es[k].Body = []byte("other words"); return es }},
		{"dates entry %d back", func(es []Entry, k int) []Entry { es[k].RecvAt--; return es }},
		{"dates entry %d forward", func(es []Entry, k int) []Entry { es[k].RecvAt++; return es }},
		{"says entry %d twice", func(es []Entry, k int) []Entry { return slices.Insert(es, k, es[k]) }},
		{"begins anew at entry %d", func(es []Entry, k int) []Entry {
			for i := k; i < len(es); i++ {
				es[i].Body = append([]byte("anew "), es[i].Body...)
			}
			return es
		}},
	}
}

// A victimOfLies is a witness and a mirror that have seen 300 honest entries.
type victimOfLies struct {
	t       *testing.T
	w       *Witness
	m       *Log
	p       Policy
	es      []Entry // 600 of them
	h300    Head
	h600    Head
	f600    Fetch
	r600    tlog.HashReader
	attacks int
}

func newVictim(t *testing.T) *victimOfLies {
	t.Helper()
	l := openTest(t, t.TempDir(), options())
	fill(t, l, 0, 600)
	v := &victimOfLies{t: t, w: openTestWitness(t, t.TempDir(), "us-1.example"), m: openTest(t, t.TempDir(), mirrorOptions("mirror-1.example")), es: all(t, l, 0)}
	var err error
	if v.p, err = ParsePolicy("log " + vkeyFor(testOrigin, algEd25519) + "\nquorum none\n"); err != nil {
		t.Fatal(err)
	}
	var f300 Fetch
	v.h300, f300, _ = lied(t, v.es[:300])
	v.h600, v.f600, v.r600 = lied(t, v.es)
	if status, _, _, err := v.w.AddCheckpoint(t.Context(), marshalAsk(0, nil, v.h300.Note)); status != 200 {
		t.Fatal(status, err)
	}
	if _, err := v.m.Pull(t.Context(), f300); err != nil {
		t.Fatal(err)
	}
	return v
}

// attack counts one attack and returns its name, with its number.
func (v *victimOfLies) attack(format string, args ...any) string {
	v.attacks++
	return fmt.Sprintf("attack %d: the log %s", v.attacks, fmt.Sprintf(format, args...))
}

// unmoved checks that neither victim has taken anything in.
func (v *victimOfLies) unmoved(name string) {
	v.t.Helper()
	if h, err := v.w.Head(v.t.Context(), testOrigin); err != nil || h.Size != 300 || h.Root != v.h300.Root {
		v.t.Fatalf("%s: the witness stands at %d, %v", name, h.Size, err)
	}
	if root, err := v.m.Root(v.t.Context(), 300); err != nil || v.m.Size() != 300 || root != v.h300.Root {
		v.t.Fatalf("%s: the mirror stands at %d, %v", name, v.m.Size(), err)
	}
}

// proved writes and checks the evidence that two signed heads are of two
// histories.
func (v *victimOfLies) proved(name string, h Head, f Fetch) {
	v.t.Helper()
	of300, f300, _ := lied(v.t, v.es[:300])
	file, err := Dispute(v.t.Context(), of300.Note, h.Note, f300, f, v.p)
	if err != nil {
		v.t.Errorf("%s: no evidence: %v", name, err)
		return
	}
	if says, err := CheckEvidence(file, v.p); err != nil || !strings.Contains(says, testOrigin) {
		v.t.Errorf("%s: the evidence says %q, %v", name, says, err)
	}
}

func TestALyingLogIsRefusedWithEvidence(t *testing.T) {
	v := newVictim(t)
	v.otherHistories()
	v.askedWrongly()
	v.brokenCopies()
	v.brokenFiles()
	const want = 60
	if v.attacks < want {
		t.Errorf("%d attacks, want %d", v.attacks, want)
	}
	t.Logf("%d attacks", v.attacks)
	if _, err := v.m.Pull(t.Context(), v.f600); err != nil { // and the truth is taken in
		t.Error(err)
	}
	if status, _, _, err := v.w.AddCheckpoint(t.Context(), marshalAsk(300, consistency(t, v.h600, v.r600, 300), v.h600.Note)); status != 200 {
		t.Error(status, err)
	}
}

// otherHistories tells what was cosigned and mirrored otherwise, with correct
// proofs within the other history.
func (v *victimOfLies) otherHistories() {
	for _, x := range histories() {
		for _, k := range []int{0, 255, 298} {
			name := v.attack(x.name, k)
			h, f, r := lied(v.t, x.tell(slices.Clone(v.es[:400]), k))
			before, err := v.w.Evidence(v.t.Context())
			if err != nil {
				v.t.Fatal(err)
			}
			status, _, _, err := v.w.AddCheckpoint(v.t.Context(), marshalAsk(300, consistency(v.t, h, r, 300), h.Note))
			if status != 422 {
				v.t.Errorf("%s: the witness answers %d, %v", name, status, err)
			}
			if after, err := v.w.Evidence(v.t.Context()); err != nil || len(after) != len(before)+1 {
				v.t.Errorf("%s: the witness keeps %d requests, had %d, %v", name, len(after), len(before), err)
			}
			if _, err := v.m.Pull(v.t.Context(), f); !errors.Is(err, ErrFork) {
				v.t.Errorf("%s: the mirror says %v", name, err)
			}
			v.proved(name, h, f)
			v.unmoved(name)
		}
	}
	for name, es := range map[string][]Entry{"signs another root at the size that was cosigned": histories()[3].tell(slices.Clone(v.es[:300]), 7)} {
		name = v.attack("%s", name)
		h, f, _ := lied(v.t, es)
		if status, _, _, _ := v.w.AddCheckpoint(v.t.Context(), marshalAsk(300, nil, h.Note)); status != 409 {
			v.t.Errorf("%s: %d", name, status)
		}
		if _, err := v.m.Pull(v.t.Context(), f); !errors.Is(err, ErrFork) {
			v.t.Errorf("%s: %v", name, err)
		}
		v.proved(name, h, f)
		v.unmoved(name)
	}
}

// signedHead signs any text as the log's head.
func (v *victimOfLies) signedHead(signer, text string) []byte {
	v.t.Helper()
	s, err := newNoteSigner(testOrigin, keyOf(signer))
	if err != nil {
		v.t.Fatal(err)
	}
	msg, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		v.t.Fatal(err)
	}
	return msg
}

// askedWrongly asks the witness for a cosignature that it must not give.
func (v *victimOfLies) askedWrongly() {
	good := consistency(v.t, v.h600, v.r600, 300)
	change := func(f func(p [][32]byte) [][32]byte) [][32]byte { return f(slices.Clone(good)) }
	root := tlog.Hash(v.h600.Root).String()
	h200, _, _ := lied(v.t, v.es[:200])
	empty, _ := headOf(v.t, testOrigin)
	for _, x := range []struct {
		name   string
		ask    []byte
		status int
	}{
		{"brings no proof of growth", marshalAsk(300, nil, v.h600.Note), 422},
		{"brings a proof with a flipped bit", marshalAsk(300, change(func(p [][32]byte) [][32]byte { p[1][3] ^= 1; return p }), v.h600.Note), 422},
		{"brings a proof without its last hash", marshalAsk(300, good[:len(good)-1], v.h600.Note), 422},
		{"brings a proof with one hash more", marshalAsk(300, append(slices.Clone(good), [32]byte{}), v.h600.Note), 422},
		{"brings a proof in reverse", marshalAsk(300, change(func(p [][32]byte) [][32]byte { slices.Reverse(p); return p }), v.h600.Note), 422},
		{"brings a proof of zeros", marshalAsk(300, make([][32]byte, len(good)), v.h600.Note), 422},
		{"goes back to 200 entries", marshalAsk(200, nil, h200.Note), 409},
		{"goes back, and says from 300", marshalAsk(300, nil, h200.Note), 400},
		{"goes back to nothing", marshalAsk(0, nil, empty.Note), 409},
		{"feigns a first contact", marshalAsk(0, nil, v.h600.Note), 409},
		{"signs with another key", marshalAsk(300, good, v.signedHead("stranger", fmt.Sprintf("%s\n600\n%s\n", testOrigin, root))), 403},
		{"signs another origin", marshalAsk(300, good, v.signedHead(testOrigin, fmt.Sprintf("%s/2\n600\n%s\n", testOrigin, root))), 404},
		{"adds a line to its head", marshalAsk(300, good, v.signedHead(testOrigin, fmt.Sprintf("%s\n600\n%s\nmore\n", testOrigin, root))), 400},
		{"writes its size with a zero", marshalAsk(300, good, v.signedHead(testOrigin, fmt.Sprintf("%s\n0600\n%s\n", testOrigin, root))), 400},
		{"signs a size beyond all entries", marshalAsk(300, good, v.signedHead(testOrigin, fmt.Sprintf("%s\n%d\n%s\n", testOrigin, int64(1)<<62, root))), 400},
		{"signs a size below zero", marshalAsk(300, good, v.signedHead(testOrigin, fmt.Sprintf("%s\n-1\n%s\n", testOrigin, root))), 400},
		{"signs a root that is too short", marshalAsk(300, good, v.signedHead(testOrigin, fmt.Sprintf("%s\n600\nAAAA\n", testOrigin))), 400},
	} {
		name := v.attack("%s", x.name)
		if status, _, _, err := v.w.AddCheckpoint(v.t.Context(), x.ask); status != x.status {
			v.t.Errorf("%s: the witness answers %d, want %d: %v", name, status, x.status, err)
		}
		v.unmoved(name)
	}
}

// brokenCopies serves the mirror what does not fit its head, or is no history.
func (v *victimOfLies) brokenCopies() {
	onto := func(prefix string, f func([]byte) ([]byte, error)) Fetch {
		return func(ctx context.Context, path string) ([]byte, error) {
			b, err := v.f600(ctx, path)
			if err == nil && strings.HasPrefix(path, prefix) {
				return f(bytes.Clone(b))
			}
			return b, err
		}
	}
	flip := func(at int) func([]byte) ([]byte, error) {
		return func(b []byte) ([]byte, error) { b[at] ^= 1; return b, nil }
	}
	told := func(f func(es []Entry) []Entry) Fetch { _, fetch, _ := lied(v.t, f(slices.Clone(v.es))); return fetch }
	says := func(msg []byte) Fetch { return onto("checkpoint", func([]byte) ([]byte, error) { return msg, nil }) }
	head := func(signer, text string) Fetch { return says(v.signedHead(signer, text)) }
	_, f300, _ := lied(v.t, v.es[:300])
	for _, x := range []struct {
		name  string
		fetch Fetch
	}{
		{"serves an entry with a flipped bit", onto("tile/entries/001", flip(4000))},
		{"serves a receipt time with a flipped bit", onto("tile/entries/002", flip(9))},
		{"serves an upper tile with a flipped bit", onto("tile/1/", flip(40))},
		{"serves a bundle that ends early", onto("tile/entries/001", func(b []byte) ([]byte, error) { return b[:len(b)-1], nil })},
		{"serves a bundle that goes on", onto("tile/entries/001", func(b []byte) ([]byte, error) { return append(b, 0), nil })},
		{"serves twenty megabytes", onto("tile/entries/001", func([]byte) ([]byte, error) { return make([]byte, 20<<20), nil })},
		{"withholds a bundle", onto("tile/entries/002", func([]byte) ([]byte, error) { return nil, ErrNotFound })},
		{"serves an entry twice in one bundle", onto("tile/entries/001", func(b []byte) ([]byte, error) { return append(b[:100:100], b...), nil })},
		{"signs entries whose times go back", told(func(es []Entry) []Entry { es[400].RecvAt = es[399].RecvAt - 5; return es })},
		{"signs an entry of no words", told(func(es []Entry) []Entry { es[400].Body = nil; return es })},
		{"signs an entry before all time", told(func(es []Entry) []Entry { es[400].RecvAt = -1; return es })},
		{"signs nothing", says([]byte(testOrigin + "\n600\nAAAA\n"))},
		{"signs with another key", head("stranger", fmt.Sprintf("%s\n600\n%s\n", testOrigin, tlog.Hash(v.h600.Root)))},
		{"signs another origin", head(testOrigin, fmt.Sprintf("%s/2\n600\n%s\n", testOrigin, tlog.Hash(v.h600.Root)))},
		{"signs a root of zeros", head(testOrigin, fmt.Sprintf("%s\n600\n%s\n", testOrigin, tlog.Hash{}))},
		{"signs a size that it does not serve", head(testOrigin, fmt.Sprintf("%s\n700\n%s\n", testOrigin, tlog.Hash(v.h600.Root)))},
		{"sends a head of a megabyte", says(bytes.Repeat([]byte("x"), 1<<20))},
	} {
		name := v.attack("%s", x.name)
		m := openTest(v.t, v.t.TempDir(), mirrorOptions("mirror-1.example"))
		if _, err := m.Pull(v.t.Context(), f300); err != nil {
			v.t.Fatal(err)
		}
		if _, err := m.Pull(v.t.Context(), x.fetch); err == nil {
			v.t.Errorf("%s: the mirror takes it", name)
		}
		if n := m.Size(); n != 300 && n != 512 { // a whole bundle that fits the signed head may stay
			v.t.Errorf("%s: the mirror keeps %d entries", name, n)
		}
		if _, err := m.Pull(v.t.Context(), v.f600); err != nil || m.Size() != 600 {
			v.t.Errorf("%s, then the truth: %v", name, err)
		}
	}
}

// brokenFiles hands proofs and receipts to somebody who checks them offline.
func (v *victimOfLies) brokenFiles() {
	l := openTest(v.t, v.t.TempDir(), options())
	fill(v.t, l, 0, 600)
	publish(v.t, l)
	es := all(v.t, l, 0)
	leaf := func(i int) [32]byte { return LeafHash(es[i].RecvAt, es[i].Body) }
	proof, err := l.Prove(v.t.Context(), 17, 600)
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := l.FindID(v.t.Context(), keyFor(es[17].Body))
	if err != nil {
		v.t.Fatal(err)
	}
	receipt, err := l.Sign(r)
	if err != nil {
		v.t.Fatal(err)
	}
	fork, _, _ := lied(v.t, histories()[3].tell(slices.Clone(v.es), 17))
	_, honest, _ := bytes.Cut(proof, []byte("\n\n"))
	checks := func(proof []byte, leaf [32]byte) error { _, _, err := CheckProof(proof, leaf, v.p); return err }
	opens := func(b []byte) error { _, err := OpenReceipt(b, v.p); return err }
	if err := errors.Join(checks(proof, leaf(17)), opens(receipt)); err != nil {
		v.t.Fatal(err)
	}
	stranger, err := ParsePolicy("log " + vkeyFor("stranger.example", algEd25519) + "\nquorum none\n")
	if err != nil {
		v.t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		err  error
	}{
		{"proves another entry", checks(proof, leaf(18))},
		{"proves it at another place", checks(bytes.Replace(proof, []byte("index 17"), []byte("index 16"), 1), leaf(17))},
		{"proves it under another history's head", checks(bytes.Replace(proof, honest, fork.Note, 1), leaf(17))},
		{"proves it without a head", checks(bytes.Replace(proof, honest, nil, 1), leaf(17))},
		{"changes a receipt's time", opens(bytes.Replace(receipt, []byte("\ntime "), []byte("\ntime 1"), 1))},
		{"changes a receipt's index", opens(bytes.Replace(receipt, []byte("index 17"), []byte("index 18"), 1))},
		{"claims a higher level in a receipt", opens(bytes.Replace(receipt, []byte("level 1"), []byte("level 4"), 1))},
		{"has a stranger's receipt", func() error { _, err := OpenReceipt(receipt, stranger); return err }()},
	} {
		if name := v.attack("%s", x.name); x.err == nil {
			v.t.Errorf("%s: it is believed", name)
		}
	}
}
