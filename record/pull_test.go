package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mirrorOptions are those of a mirror with its own key.
func mirrorOptions(name string) Options {
	o := options()
	o.Name, o.Signer = name, keyOf(name)
	o.Policy = "log " + vkeyFor(testOrigin, algEd25519) + "\nwitness m-1 " + vkeyFor("mirror-1.example", algCosignV1) +
		"\nwitness us-1 " + vkeyFor("us-1.example", algCosignV1) + "\nquorum us-1\n"
	return o
}

// counting fetches from a log and counts bytes.
func counting(l *Log, n *int) Fetch {
	return func(ctx context.Context, path string) ([]byte, error) {
		data, err := l.Tile(ctx, path)
		*n += len(data)
		return data, err
	}
}

func sameEntries(t *testing.T, a, b *Log) {
	t.Helper()
	x, y := all(t, a, 0), all(t, b, 0)
	if len(x) != len(y) {
		t.Fatalf("%d entries, want %d", len(y), len(x))
	}
	for i := range x {
		if x[i].RecvAt != y[i].RecvAt || !bytes.Equal(x[i].Body, y[i].Body) || y[i].Index != int64(i) {
			t.Fatalf("entry %d differs", i)
		}
	}
}

func TestAMirrorFollowsAndCosigns(t *testing.T) {
	o := options()
	o.Policy = mirrorOptions("x").Policy
	l := openTest(t, t.TempDir(), o)
	m := openTest(t, t.TempDir(), mirrorOptions("mirror-1.example"))
	for _, size := range []int{0, 1, 255, 256, 300, 700, 1500} {
		fill(t, l, int(l.Size()), size)
		h := publish(t, l)
		if _, err := l.Cosign(t.Context(), h.Size, cosignature(t, "us-1.example", h.Note, l.o.Now())); err != nil {
			t.Fatal(err)
		}
		n := 0
		got, err := m.Pull(t.Context(), counting(l, &n))
		if err != nil || got.Size != int64(size) || got.Root != h.Root {
			t.Fatalf("pulled a head of %d, want %d: %v", got.Size, size, err)
		}
		if mine := publish(t, m); fmt.Sprint(mine.Signers) != "[m-1 us-1]" {
			t.Errorf("size %d: the mirror's head is signed by %v", size, mine.Signers)
		}
		signed, joint, err := Verify(t.Context(), m.o.Dir, *m.policy.Load(), Visit{})
		if err != nil || signed.Size != int64(size) || joint.Size != int64(size) {
			t.Errorf("the mirror's folder: heads of %d and %d, %v", signed.Size, joint.Size, err)
		}
	}
	sameEntries(t, l, m)
	if _, err := m.Add(t.Context(), [32]byte{1}, []byte("x")); err == nil {
		t.Error("a mirror took an entry of its own")
	}
	if _, err := m.Sign(Receipt{}); err == nil {
		t.Error("a mirror signed a receipt")
	}
	// The centre learns from the mirror's head that it is mirrored (level 4).
	served, err := m.Tile(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := bytes.Cut(served, []byte("\n\n"))
	if h, err := l.Cosign(t.Context(), 1500, lines); err != nil || !slices.Contains(h.Signers, "m-1") {
		t.Errorf("the mirror's cosignature at the centre: %v, %v", h.Signers, err)
	}
}

func TestAMirrorOverAPoorLinkGetsThere(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	for i := range 1_200 {
		body := append(bodyOf(i), bytes.Repeat([]byte{'x'}, 1000)...)
		p := &pending{key: keyFor(body), id: keyFor(body), body: body, answer: make(chan struct{})}
		l.adds <- p
		if i == 1_199 {
			if err := l.await(t.Context(), p); err != nil || p.err != nil {
				t.Fatal(err, p.err)
			}
		}
	}
	publish(t, l)
	m := openTest(t, t.TempDir(), mirrorOptions("mirror-1.example"))
	rng := rand.New(rand.NewPCG(11, 12))
	delivered, tries := 0, 0
	full := counting(l, &delivered)
	lossy := func(ctx context.Context, path string) ([]byte, error) {
		if rng.IntN(100) < 30 {
			return nil, errors.New("lost")
		}
		return full(ctx, path)
	}
	for {
		tries++
		if _, err := m.Pull(t.Context(), lossy); err == nil {
			break
		} else if tries > 500 {
			t.Fatalf("after %d tries: %v", tries, err)
		}
	}
	sameEntries(t, l, m)
	payload := 1_200 * (1_000 + 10)
	t.Logf("%d tries, %d bytes delivered for %d of payload", tries, delivered, payload)
	if delivered > payload*13/10 {
		t.Errorf("%d bytes were delivered for %d of payload: more than 1.3 times", delivered, payload)
	}
}

func TestALyingCopyIsRefused(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	fill(t, l, 0, 600)
	publish(t, l)
	fork := openTest(t, t.TempDir(), options())
	fill(t, fork, 5, 700)
	publish(t, fork)
	stranger := options()
	stranger.Origin, stranger.Signer = "other.example", keyOf("other.example")
	other := openTest(t, t.TempDir(), stranger)
	fill(t, other, 0, 10)
	publish(t, other)
	honest := func(ctx context.Context, path string) ([]byte, error) { return l.Tile(ctx, path) }
	flip := func(suffix string, at int) Fetch {
		return func(ctx context.Context, path string) ([]byte, error) {
			data, err := honest(ctx, path)
			if err == nil && strings.HasPrefix(path, suffix) {
				data = bytes.Clone(data)
				data[at] ^= 1
			}
			return data, err
		}
	}
	lies := map[string]Fetch{
		"another log's head":   func(ctx context.Context, path string) ([]byte, error) { return other.Tile(ctx, path) },
		"a head with a flip":   flip("checkpoint", 25),
		"an entry with a flip": flip("tile/entries/001", 300),
		"a receipt time":       flip("tile/entries/001", 9),
		"a hash tile":          flip("tile/0/001", 40),
		"an upper hash tile":   flip("tile/1/", 40),
		"a short bundle": func(ctx context.Context, path string) ([]byte, error) {
			data, err := honest(ctx, path)
			if strings.HasPrefix(path, "tile/entries/001") {
				data = data[:len(data)/2]
			}
			return data, err
		},
		"a flood": func(ctx context.Context, path string) ([]byte, error) {
			if strings.HasPrefix(path, "tile/") {
				return make([]byte, 20<<20), nil
			}
			return honest(ctx, path)
		},
		"its head, another's entries": func(ctx context.Context, path string) ([]byte, error) {
			if strings.HasPrefix(path, "tile/entries/") {
				return fork.Tile(ctx, path)
			}
			return honest(ctx, path)
		},
	}
	var m *Log
	for name, fetch := range lies {
		m = openTest(t, t.TempDir(), mirrorOptions("mirror-1.example"))
		// A full tile of level 0 is not asked for: the entries themselves are hashed.
		if _, err := m.Pull(t.Context(), fetch); err == nil && name != "a hash tile" {
			t.Errorf("%s: was pulled", name)
		}
		if got := m.Size(); got%256 != 0 && got != 600 {
			t.Errorf("%s: left %d entries", name, got)
		}
		if _, err := m.Pull(t.Context(), honest); err != nil {
			t.Errorf("%s, then an honest copy: %v", name, err)
		}
		sameEntries(t, l, m)
	}
	// The same key, another history: longer, shorter, and of equal length.
	for _, size := range []int{400, 600, 800} {
		f := openTest(t, t.TempDir(), options())
		fill(t, f, 5, 5+size)
		publish(t, f)
		if _, err := m.Pull(t.Context(), func(ctx context.Context, path string) ([]byte, error) { return f.Tile(ctx, path) }); !errors.Is(err, ErrFork) {
			t.Errorf("a fork of %d entries: %v", size, err)
		}
	}
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAMirrorFromAStick(t *testing.T) {
	l, whole := exported(t, 700, 0)
	o := options()
	o.Name, o.Signer, o.Policy = "mirror-1.example", keyOf("mirror-1.example"), jointPolicy()+"\n"
	m := openTest(t, t.TempDir(), o)
	later := export(t, l, Bundle{Since: 300})
	if _, err := m.PullBundle(t.Context(), bytes.NewReader(later), Visit{}); !errors.Is(err, ErrBehind) {
		t.Errorf("a bundle that begins beyond the mirror: %v", err)
	}
	bad := bytes.Replace(whole, []byte("body 650"), []byte("body 65O"), 1)
	if _, err := m.PullBundle(t.Context(), bytes.NewReader(bad), Visit{}); err == nil || m.Size() != 0 {
		t.Errorf("an altered bundle left %d entries: %v", m.Size(), err)
	}
	seen := 0
	h, err := m.PullBundle(t.Context(), bytes.NewReader(whole), Visit{Entry: func(Entry) error { seen++; return nil }})
	if err != nil || h.Size != 700 || seen != 700 {
		t.Fatalf("head of %d, %d entries seen: %v", h.Size, seen, err)
	}
	sameEntries(t, l, m)
	if names, err := blobNames(m.o.Dir, Kept); err != nil || len(names) != 3 {
		t.Errorf("blobs %v, %v", names, err)
	}
	if _, joint, err := m.Checkpoint(t.Context()); err != nil || joint.Size != 350 {
		t.Errorf("joint head of %d: %v", joint.Size, err)
	}
	fill(t, l, 700, 1_000)
	publish(t, l)
	next := export(t, l, Bundle{Since: m.Size()})
	if all := export(t, l, Bundle{}); len(next) > len(all)*2/3 {
		t.Errorf("the export since 700 has %d bytes, the whole one %d", len(next), len(all))
	}
	for range 2 { // the second time it says nothing new
		if h, err := m.PullBundle(t.Context(), bytes.NewReader(next), Visit{}); err != nil || h.Size != 1_000 {
			t.Errorf("the next stick: head of %d, %v", h.Size, err)
		}
	}
	sameEntries(t, l, m)
	if err := m.Check(t.Context()); err != nil {
		t.Error(err)
	}
	// What a mirror exports, its own key signs.
	publish(t, m)
	copied := export(t, m, Bundle{})
	if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(copied), *l.policy.Load(), Visit{}); err == nil {
		t.Error("a bundle by a mirror that the policy does not know was believed")
	}
	p, err := ParsePolicy("log " + vkeyFor(testOrigin, algEd25519) + "\nwitness m " + vkeyFor("mirror-1.example", algCosignV1) + "\nquorum none\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(copied), p, Visit{}); err != nil {
		t.Errorf("a bundle by a known mirror: %v", err)
	}
}

func TestAdoptTakesAllOrNothing(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	fill(t, l, 0, 50)
	h := publish(t, l)
	es := all(t, l, 0)
	alter := func(f func([]Entry) []Entry) []Entry { return f(slices.Clone(es)) }
	for name, bad := range map[string][]Entry{
		"one missing":      alter(func(es []Entry) []Entry { return slices.Delete(es, 7, 8) }),
		"the last missing": alter(func(es []Entry) []Entry { return es[:49] }),
		"two swapped":      alter(func(es []Entry) []Entry { es[3], es[4] = es[4], es[3]; return es }),
		"another body":     alter(func(es []Entry) []Entry { es[9].Body = []byte("x"); return es }),
		"another time":     alter(func(es []Entry) []Entry { es[49].RecvAt++; return es }),
		"time going back":  alter(func(es []Entry) []Entry { es[9].RecvAt = 1; return es }),
		"one too many": alter(func(es []Entry) []Entry {
			return append(es, Entry{Index: 50, RecvAt: es[49].RecvAt, Body: []byte("y")})
		}),
		"an empty body": alter(func(es []Entry) []Entry { es[9].Body = nil; return es }),
	} {
		m := openTest(t, t.TempDir(), options())
		if err := m.Adopt(t.Context(), each(bad), h); err == nil || m.Size() != 0 {
			t.Errorf("%s: size %d, %v", name, m.Size(), err)
		}
		if err := m.Adopt(t.Context(), each(es), h); err != nil {
			t.Errorf("%s, then the right ones: %v", name, err)
		}
		sameEntries(t, l, m)
		if r := add(t, m, es[5].Body); r.Index != 5 || !r.Duplicate {
			t.Errorf("%s: a resend after Adopt gives %+v", name, r)
		}
	}
}

// The drills of a restore: each state of the store against each state of the mirror.
func TestRestoreDrills(t *testing.T) {
	source := openTest(t, t.TempDir(), options())
	fill(t, source, 0, 300)
	publish(t, source)
	behindMirror := openTest(t, t.TempDir(), mirrorOptions("mirror-1.example"))
	fetchFrom := func(l *Log) Fetch {
		return func(ctx context.Context, path string) ([]byte, error) { return l.Tile(ctx, path) }
	}
	if _, err := behindMirror.Pull(t.Context(), fetchFrom(source)); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "backup-behind")
	backup(t, source, old)
	fill(t, source, 300, 600)
	publish(t, source)
	equal := filepath.Join(t.TempDir(), "backup-equal")
	backup(t, source, equal)
	aheadMirror := openTest(t, t.TempDir(), mirrorOptions("mirror-1.example"))
	if _, err := aheadMirror.Pull(t.Context(), fetchFrom(source)); err != nil {
		t.Fatal(err)
	}
	forkMirror := openTest(t, t.TempDir(), options()) // the key was stolen
	fill(t, forkMirror, 1, 900)
	publish(t, forkMirror)
	stores := map[string]string{"backup behind": old, "backup equal": equal, "empty disk": filepath.Join(t.TempDir(), "empty")}
	mirrors := map[string]*Log{"none": nil, "ahead": aheadMirror, "behind": behindMirror, "forked": forkMirror}
	for sname, dir := range stores {
		for mname, mirror := range mirrors {
			t.Run(sname+", mirror "+mname, func(t *testing.T) {
				drill(t, dir, mirror, mname == "forked", source)
			})
		}
	}
	t.Run("live", func(t *testing.T) {
		for mname, mirror := range mirrors {
			if mirror == nil {
				continue
			}
			head, err := mirror.Tile(t.Context(), "checkpoint")
			if err != nil {
				t.Fatal(err)
			}
			err = source.Compare(t.Context(), head)
			switch {
			case mname == "forked" && !errors.Is(err, ErrBehind): // longer: only pulling shows that it is a fork
				t.Errorf("forked mirror: %v", err)
			case mname != "forked" && err != nil:
				t.Errorf("mirror %s: %v", mname, err)
			}
		}
		if _, err := source.Pull(t.Context(), fetchFrom(forkMirror)); !errors.Is(err, ErrFork) {
			t.Errorf("a longer fork: %v", err)
		}
	})
}

// backup copies the store alone, as VACUUM INTO would: no tiles, no heads.
func backup(t *testing.T, l *Log, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := l.st.rd.ExecContext(t.Context(), `VACUUM INTO '`+filepath.Join(dir, "record.db")+`'`); err != nil {
		t.Fatal(err)
	}
}

// drill restores one store beside one mirror: it never signs a second history.
func drill(t *testing.T, dir string, mirror *Log, forked bool, source *Log) {
	t.Helper()
	work := filepath.Join(t.TempDir(), "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "record.db")); err == nil {
		if err := os.WriteFile(filepath.Join(work, "record.db"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := options()
	if mirror != nil {
		head, err := mirror.Tile(t.Context(), "checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		o.Seen = [][]byte{head}
	}
	l, err := Open(t.Context(), "sqlite:"+work, o)
	if errors.Is(err, ErrFork) && forked {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the drill is over
	before := l.Size()
	if mirror != nil {
		head := o.Seen[0]
		h, err := l.openHead(head)
		if err != nil {
			t.Fatal(err)
		}
		if h.Size > before { // shut until it has rolled forward
			if _, err := l.Add(t.Context(), [32]byte{1}, []byte("too early")); !errors.Is(err, ErrBehind) {
				t.Errorf("Add before the missing entries are back: %v", err)
			}
			if _, err := l.Publish(t.Context()); !errors.Is(err, ErrBehind) {
				t.Errorf("Publish before the missing entries are back: %v", err)
			}
		}
		_, err = l.Pull(t.Context(), func(ctx context.Context, path string) ([]byte, error) { return mirror.Tile(ctx, path) })
		if forked && before > 0 {
			if !errors.Is(err, ErrFork) {
				t.Errorf("pull from a forked mirror: %v", err)
			}
			if _, err := l.Publish(t.Context()); err == nil {
				t.Error("signed while a longer fork is about")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if forked {
		return // an empty disk cannot know better; a witness does
	}
	add(t, l, []byte("life goes on"))
	h := publish(t, l)
	if mirror == nil {
		return // with no one to ask, only the flag of the command decides
	}
	if n := min(h.Size, source.Size()); n >= mirror.Size() {
		want, err := source.Root(t.Context(), mirror.Size())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := l.Root(t.Context(), mirror.Size()); err != nil || got != want {
			t.Errorf("after the restore the root at %d is another: %v", mirror.Size(), err)
		}
	}
}
