package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// engines runs a test on SQLite, and on PostgreSQL when MARCHDAY_POSTGRES holds
// a URL of a database in which schemas may be made. open opens one and the same
// store each time.
func engines(t *testing.T, test func(t *testing.T, open func(Options) (*Log, error))) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		test(t, func(o Options) (*Log, error) { return Open(t.Context(), "sqlite:"+dir, o) })
	})
	t.Run("postgres", func(t *testing.T) {
		base := os.Getenv("MARCHDAY_POSTGRES")
		if base == "" {
			t.Skip("SKIPPED, not proved: MARCHDAY_POSTGRES holds no URL")
		}
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("t_%x", sha256.Sum256([]byte(t.Name()+t.TempDir())))[:30]
		q := u.Query()
		q.Set("search_path", name)
		u.RawQuery = q.Encode()
		t.Cleanup(func() {
			db, err := sql.Open("pgx", base)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(context.Background(), "DROP SCHEMA IF EXISTS "+name+" CASCADE"); err != nil {
				t.Error(err)
			}
		})
		dir := t.TempDir()
		test(t, func(o Options) (*Log, error) {
			o.Dir = dir
			return Open(t.Context(), u.String(), o)
		})
	})
}

// must opens and closes at the end.
func must(t *testing.T, open func(Options) (*Log, error), o Options) *Log {
	t.Helper()
	l, err := open(o)
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

// One history of random adds, resends, refusals, restarts and heads, compared
// with a model in memory, on each engine.
func TestEnginesAnswerAsTheModel(t *testing.T) {
	roots := map[string][32]byte{}
	engines(t, func(t *testing.T, open func(Options) (*Log, error)) {
		rng := rand.New(rand.NewPCG(21, 22))
		o := options()
		refusal := errors.New("refused")
		o.Admit = func(_, _ int64, body []byte) error {
			if bytes.HasPrefix(body, []byte("bad")) {
				return refusal
			}
			return nil
		}
		l := must(t, open, o)
		type known struct {
			key   [32]byte
			index int64
		}
		var bodies [][]byte
		var model []known
		cases := count(t, "MARCHDAY_CASES", 300)
		if testing.Short() {
			cases = 60
		}
		for step := range cases {
			switch n := rng.IntN(20); {
			case n < 9: // a new body under its own hash
				b := fmt.Appendf(nil, "body %d %d", step, rng.IntN(1000))
				r := add(t, l, b)
				if r.Index != int64(len(bodies)) || r.Duplicate {
					t.Fatalf("step %d: %+v", step, r)
				}
				bodies, model = append(bodies, b), append(model, known{keyFor(b), r.Index})
			case n < 12: // a new body under another key
				b, key := fmt.Appendf(nil, "form %d", step), [32]byte{1, byte(step), byte(step >> 8)}
				r, err := l.Add(t.Context(), key, b)
				if err != nil || r.Index != int64(len(bodies)) || r.Duplicate {
					t.Fatalf("step %d: %+v %v", step, r, err)
				}
				bodies, model = append(bodies, b), append(model, known{key, r.Index})
			case n < 16 && len(model) > 0: // a resend, of the key or of the body
				m := model[rng.IntN(len(model))]
				key, body := m.key, []byte("other bytes")
				if rng.IntN(2) == 0 {
					key, body = [32]byte{2, byte(step), byte(step >> 8)}, bodies[m.index]
				}
				r, err := l.Add(t.Context(), key, body)
				if err != nil || r.Index != m.index || !r.Duplicate || r.ID != sha256.Sum256(bodies[m.index]) {
					t.Fatalf("step %d: resend of %d: %+v %v", step, m.index, r, err)
				}
				if f, err := l.Find(t.Context(), m.key); err != nil || f.Index != m.index || f.Leaf != r.Leaf {
					t.Fatalf("step %d: find %d: %+v %v", step, m.index, f, err)
				}
			case n < 17:
				if _, err := l.Add(t.Context(), [32]byte{3, byte(step)}, []byte("bad")); !errors.Is(err, refusal) {
					t.Fatalf("step %d: %v", step, err)
				}
			case n < 19:
				if h := publish(t, l); h.Size != int64(len(bodies)) {
					t.Fatalf("step %d: head of %d", step, h.Size)
				}
			default:
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				l = must(t, open, o)
			}
		}
		es := all(t, l, 0)
		if len(es) != len(bodies) {
			t.Fatalf("%d entries, want %d", len(es), len(bodies))
		}
		for i, e := range es {
			if !bytes.Equal(e.Body, bodies[i]) || e.Key != model[i].key {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
		if err := l.Check(t.Context()); err != nil {
			t.Error(err)
		}
		publish(t, l)
		if _, _, err := Verify(t.Context(), l.o.Dir, *l.policy.Load(), Visit{}); err != nil {
			t.Error(err)
		}
		roots[t.Name()[strings.LastIndex(t.Name(), "/"):]], _ = l.Root(t.Context(), l.Size())
	})
	if len(roots) == 2 && roots["/sqlite"] != roots["/postgres"] {
		t.Error("the same history has two roots")
	}
}

func TestEnginesTakeManyWriters(t *testing.T) {
	engines(t, func(t *testing.T, open func(Options) (*Log, error)) {
		l := must(t, open, options())
		var wg sync.WaitGroup
		for w := range 32 {
			wg.Go(func() {
				for i := range 40 {
					b := fmt.Appendf(nil, "writer %d body %d", w%16, i) // each body twice
					if _, err := l.Add(context.Background(), keyFor(b), b); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if l.Size() != 16*40 {
			t.Errorf("size %d, want %d", l.Size(), 16*40)
		}
		if err := l.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestEnginesFenceAStaleWriter(t *testing.T) {
	engines(t, func(t *testing.T, open func(Options) (*Log, error)) {
		old := must(t, open, options())
		add(t, old, []byte("a"))
		if old.lock != nil { // as on a disk that does not keep locks
			if err := os.Remove(old.lock.Name()); err != nil {
				t.Fatal(err)
			}
		}
		young := must(t, open, options())
		add(t, young, []byte("b"))
		if _, err := old.Add(t.Context(), [32]byte{9}, []byte("c")); !errors.Is(err, errFenced) {
			t.Errorf("the stale writer got %v", err)
		}
		if _, err := old.Publish(t.Context()); err == nil {
			t.Error("the stale writer signed a head")
		}
		if h := publish(t, young); h.Size != 2 {
			t.Errorf("head of %d", h.Size)
		}
		o := options()
		o.ReadOnly = true
		reader := must(t, open, o)
		if es := all(t, reader, 0); len(es) != 2 {
			t.Errorf("a reader sees %d entries", len(es))
		}
	})
}

func TestEnginesMoveAndMirror(t *testing.T) {
	source := openTest(t, t.TempDir(), options())
	fill(t, source, 0, 600)
	for i := range 5 {
		if _, err := source.Add(t.Context(), [32]byte{4, byte(i)}, fmt.Appendf(nil, "form %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	h := publish(t, source)
	engines(t, func(t *testing.T, open func(Options) (*Log, error)) {
		var resets []int64
		o := options()
		o.Reset = func(size int64) { resets = append(resets, size) }
		l := must(t, open, o)
		if err := l.Adopt(t.Context(), source.Entries(t.Context(), 0), h); err != nil {
			t.Fatal(err)
		}
		sameEntries(t, source, l)
		if r, err := l.Find(t.Context(), [32]byte{4, 3}); err != nil || r.Index != 603 {
			t.Errorf("a form's key after the move: %+v %v", r, err)
		}
		if err := source.Freeze(t.Context(), "moved"); err != nil {
			t.Fatal(err)
		}
		add(t, l, []byte("in the new place"))
		if got := publish(t, l); got.Size != 606 {
			t.Errorf("head of %d", got.Size)
		}
		if _, err := source.Add(t.Context(), [32]byte{5}, []byte("in the old place")); err == nil || !strings.Contains(err.Error(), "moved") {
			t.Errorf("the old place takes entries: %v", err)
		}
		if err := l.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if fmt.Sprint(resets) != "[605]" {
			t.Errorf("resets %v", resets)
		}
	})
}

func TestEnginesTellTheirWeaknesses(t *testing.T) {
	engines(t, func(t *testing.T, open func(Options) (*Log, error)) {
		l := must(t, open, options())
		ws, err := l.Weaknesses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if l.st.postgres == (len(ws) == 0) && os.Getenv("MARCHDAY_POSTGRES_STANDBY") == "" {
			t.Errorf("weaknesses %q", ws) // a lone server has one, SQLite has none
		}
	})
}

// The session of a PostgreSQL writer is cut in the middle of its work.
func TestPostgresConnectionsThatBreak(t *testing.T) {
	engines(t, func(t *testing.T, open func(Options) (*Log, error)) {
		l := must(t, open, options())
		if !l.st.postgres {
			t.Skip("for PostgreSQL")
		}
		acknowledged := told{}
		db, err := sql.Open("pgx", os.Getenv("MARCHDAY_POSTGRES"))
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(31, 32))
		stop, cut := make(chan struct{}), make(chan struct{}, 1)
		var cutter sync.WaitGroup
		peace := sync.OnceFunc(func() {
			close(stop)
			cutter.Wait()
			_ = db.Close()
		})
		defer peace()
		cutter.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-cut: // now and then, so that it gets anywhere on a slow disk
					time.Sleep(time.Duration(rng.IntN(10_000)) * time.Microsecond)
				}
				_, err := db.ExecContext(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE pid <> pg_backend_pid() AND usename = current_user AND query NOT LIKE '%terminate%'`)
				if err != nil {
					t.Error(err)
				}
			}
		})
		for i := range 200 {
			b := bodyOf(i)
			r, err := l.Add(t.Context(), keyFor(b), b)
			for try := 0; err != nil && try < 1000; try++ {
				if !errors.Is(err, ErrBusy) && !errors.Is(err, ErrUnknown) {
					t.Fatal(err)
				}
				r, err = l.Add(t.Context(), keyFor(b), b)
			}
			if err != nil {
				t.Fatal(err)
			}
			acknowledged[r.ID] = r
			if i%5 == 0 {
				select {
				case cut <- struct{}{}:
				default:
				}
			}
		}
		peace()
		es := all(t, l, 0)
		if len(es) != 200 || len(acknowledged) != 200 {
			t.Errorf("%d entries, %d acknowledged, want 200", len(es), len(acknowledged))
		}
		for _, e := range es {
			if r := acknowledged[sha256.Sum256(e.Body)]; r.Index != e.Index || r.RecvAt != e.RecvAt {
				t.Errorf("entry %d was acknowledged as %d", e.Index, r.Index)
			}
		}
		if err := l.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
