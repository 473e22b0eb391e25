package record

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const testOrigin = "centre.example/log"

// keyOf is the Ed25519 key of a name: the same in every run.
func keyOf(name string) crypto.Signer {
	seed := sha256.Sum256([]byte("a key for tests only: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// vkeyFor is the verifier key of keyOf(name) as text.
func vkeyFor(name string, alg byte) string {
	return vkeyOf(name, alg, keyOf(name).Public().(ed25519.PublicKey))
}

// clock ticks a millisecond at each look, from a fixed start.
func clock() func() time.Time {
	var mu sync.Mutex
	t := time.UnixMilli(1_462_464_000_000)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		t = t.Add(time.Millisecond)
		return t
	}
}

// options are those of a log that publishes only when told to.
func options() Options {
	return Options{Origin: testOrigin, Now: clock(), Signer: keyOf(testOrigin), Interval: -1}
}

// openTest opens a log and closes it at the end of the test.
func openTest(t testing.TB, dir string, o Options) *Log {
	t.Helper()
	l, err := Open(t.Context(), "sqlite:"+dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// bodyOf is the body number i.
func bodyOf(i int) []byte { return fmt.Appendf(nil, "body %d", i) }

// keyFor is the idempotency key of a body, as of an author's own envelope.
func keyFor(body []byte) [32]byte { return sha256.Sum256(body) }

// fill adds bodies first to last-1 with many callers, so that they are batched.
func fill(t testing.TB, l *Log, first, last int) {
	t.Helper()
	ps := make([]*pending, 0, last-first)
	for i := first; i < last; i++ {
		b := bodyOf(i)
		ps = append(ps, &pending{key: keyFor(b), id: sha256.Sum256(b), body: b, answer: make(chan struct{})})
	}
	for _, p := range ps {
		l.adds <- p // in order; Add itself would do, one at a time
	}
	for _, p := range ps {
		if err := l.await(context.Background(), p); err != nil || p.err != nil {
			t.Fatal(err, p.err)
		}
	}
}

func add(t testing.TB, l *Log, body []byte) Receipt {
	t.Helper()
	r, err := l.Add(context.Background(), keyFor(body), body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func all(t testing.TB, l *Log, from int64) []Entry {
	t.Helper()
	var out []Entry
	for e, err := range l.Entries(context.Background(), from) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func TestAddedIsReadBackInOrder(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	var last int64
	for i := range 5 {
		r := add(t, l, bodyOf(i))
		if r.Index != int64(i) || r.Duplicate || r.RecvAt < last {
			t.Errorf("entry %d: receipt %+v after time %d", i, r, last)
		}
		last = r.RecvAt
	}
	es := all(t, l, 2)
	if len(es) != 3 || es[0].Index != 2 || !bytes.Equal(es[2].Body, bodyOf(4)) || es[2].RecvAt != last || es[2].Key != keyFor(bodyOf(4)) {
		t.Errorf("entries from 2: %+v", es)
	}
}

func TestSameKeyOrBodyKeepsItsIndex(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	first := add(t, l, []byte("once"))
	add(t, l, []byte("between"))
	again := add(t, l, []byte("once"))
	if again.Index != first.Index || again.RecvAt != first.RecvAt || again.Leaf != first.Leaf || !again.Duplicate {
		t.Errorf("second answer %+v, first %+v", again, first)
	}
	otherKey, err := l.Add(t.Context(), [32]byte{1}, []byte("once"))
	if err != nil || otherKey.Index != first.Index || !otherKey.Duplicate {
		t.Errorf("same body, other key: %+v %v", otherKey, err)
	}
	otherBody, err := l.Add(t.Context(), keyFor([]byte("once")), []byte("twice"))
	if err != nil || otherBody.Index != first.Index || otherBody.ID == sha256.Sum256([]byte("twice")) {
		t.Errorf("same key, other body must give what is stored: %+v %v", otherBody, err)
	}
	if l.Size() != 2 {
		t.Errorf("size %d, want 2", l.Size())
	}
}

func TestTwinsInOneBatchShareOneEntry(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	var wg sync.WaitGroup
	got := make([]Receipt, 200)
	for i := range got {
		wg.Go(func() {
			r, err := l.Add(context.Background(), keyFor([]byte("twin")), []byte("twin"))
			if err != nil {
				t.Error(err)
			}
			got[i] = r
		})
	}
	wg.Wait()
	fresh := 0
	for _, r := range got {
		if r.Index != 0 || r.ID != sha256.Sum256([]byte("twin")) {
			t.Errorf("receipt %+v", r)
		}
		if !r.Duplicate {
			fresh++
		}
	}
	if fresh != 1 || l.Size() != 1 {
		t.Errorf("%d receipts say new, size %d, want 1 and 1", fresh, l.Size())
	}
}

func TestReceiptTimeNeverGoesBack(t *testing.T) {
	dir := t.TempDir()
	at := time.UnixMilli(5_000)
	o := options()
	o.Now = func() time.Time { return at }
	l := openTest(t, dir, o)
	add(t, l, []byte("a"))
	at = time.UnixMilli(1_000)
	if r := add(t, l, []byte("b")); r.RecvAt != 5_000 {
		t.Errorf("the clock went back and the receipt time with it: %d", r.RecvAt)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openTest(t, dir, o)
	if r := add(t, l, []byte("c")); r.RecvAt != 5_000 {
		t.Errorf("after a restart the receipt time is %d", r.RecvAt)
	}
}

func TestWhatCannotBeAdded(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	for name, body := range map[string][]byte{"empty": {}, "a byte too long": make([]byte, maxBody+1)} {
		if _, err := l.Add(t.Context(), [32]byte{1}, body); err == nil {
			t.Errorf("%s body was taken", name)
		}
	}
	if _, err := l.Add(t.Context(), [32]byte{}, []byte("x")); err == nil {
		t.Error("a zero key was taken")
	}
	add(t, l, make([]byte, maxBody))
	if got, err := l.Tile(t.Context(), "tile/entries/000.p/1"); err != nil || len(got) != 2+maxEntry {
		t.Errorf("bundle of the longest entry: %d bytes, %v", len(got), err)
	}
}

func TestAdmissionIsAskedAtTheExactIndex(t *testing.T) {
	o := options()
	type asked struct {
		index, at int64
		body      string
	}
	var seen []asked
	refusal := errors.New("not this one")
	o.Admit = func(index, at int64, body []byte) error {
		seen = append(seen, asked{index, at, string(body)})
		if bytes.HasPrefix(body, []byte("no")) {
			return refusal
		}
		return nil
	}
	l := openTest(t, t.TempDir(), o)
	a := add(t, l, []byte("yes 1"))
	if _, err := l.Add(t.Context(), [32]byte{1}, []byte("no 1")); !errors.Is(err, refusal) {
		t.Errorf("refusal came back as %v", err)
	}
	b := add(t, l, []byte("yes 2"))
	add(t, l, []byte("yes 1"))
	want := []asked{{0, a.RecvAt, "yes 1"}, {1, seen[1].at, "no 1"}, {1, b.RecvAt, "yes 2"}}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v", seen, want)
	}
	if b.Index != 1 || l.Size() != 2 {
		t.Errorf("a refused body took an index: %+v, size %d", b, l.Size())
	}
}

func TestAnotherOriginIsRefused(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Origin, o.Signer = "other.example", keyOf("other.example")
	if _, err := Open(t.Context(), "sqlite:"+dir, o); err == nil {
		t.Error("opened a store of another origin")
	}
}

func TestOneWriterAtATime(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	add(t, l, []byte("a"))
	if _, err := Open(t.Context(), "sqlite:"+dir, options()); err == nil {
		t.Fatal("a second writer opened the same folder")
	}
	o := options()
	o.ReadOnly = true
	reader := openTest(t, dir, o)
	if es := all(t, reader, 0); len(es) != 1 {
		t.Errorf("a reader beside the writer sees %d entries", len(es))
	}
	go func() {
		if _, err := l.Add(context.Background(), [32]byte{7}, []byte("b")); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := reader.Wait(ctx, 1); err != nil || reader.Size() != 2 {
		t.Errorf("the reader waits in vain: %v", err)
	}
}

func TestTheFenceStopsAStaleWriter(t *testing.T) {
	dir := t.TempDir()
	old := openTest(t, dir, options())
	add(t, old, []byte("a"))
	// The lock file is gone, as on a shared disk that does not keep locks.
	if err := os.Remove(filepath.Join(dir, "record.lock")); err != nil {
		t.Fatal(err)
	}
	young := openTest(t, dir, options())
	add(t, young, []byte("b"))
	if _, err := old.Add(t.Context(), [32]byte{9}, []byte("c")); !errors.Is(err, errFenced) {
		t.Errorf("the stale writer got %v", err)
	}
	if _, err := old.Publish(t.Context()); err == nil {
		t.Error("the stale writer signed a head")
	}
	add(t, young, []byte("d"))
	if es := all(t, young, 0); len(es) != 3 || string(es[2].Body) != "d" {
		t.Errorf("entries %v", es)
	}
}

func TestWaitWakesWhenEntriesCome(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	woke := make(chan error, 1)
	go func() { woke <- l.Wait(context.Background(), 0) }()
	add(t, l, []byte("a"))
	if err := <-woke; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("waited for nothing: %v", err)
	}
}

func TestClosedLogAnswers(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Add(t.Context(), [32]byte{1}, []byte("a")); !errors.Is(err, ErrClosed) {
		t.Errorf("Add after Close: %v", err)
	}
	if err := l.Wait(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("Wait after Close: %v", err)
	}
}

func TestRootsOfThePast(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	var roots [][32]byte
	for i := range 40 {
		r, err := l.Root(t.Context(), int64(i))
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, r)
		add(t, l, binary.AppendVarint(nil, int64(i)))
	}
	for i, want := range roots {
		if got, err := l.Root(t.Context(), int64(i)); err != nil || got != want {
			t.Errorf("root of %d: %x, was %x (%v)", i, got, want, err)
		}
	}
	if _, err := l.Root(t.Context(), 41); !errors.Is(err, ErrNotFound) {
		t.Errorf("root of the future: %v", err)
	}
}

func TestCloseWhileAHeadIsBeingPublished(t *testing.T) {
	for i := range 30 {
		o := options()
		o.Interval = time.Microsecond
		l := openTest(t, t.TempDir(), o)
		add(t, l, bodyOf(i))
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 5 {
				_, _ = l.Publish(context.Background()) // beside the log's own publisher
			}
		})
		closed := make(chan error)
		go func() { closed <- l.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("Close hangs")
		}
		wg.Wait()
	}
}
