package record

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

func TestOptionsThatCannotWork(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url  string
		edit func(*Options)
	}{
		"no folder":                    {"sqlite:", func(*Options) {}},
		"an unknown engine":            {"mysql://x", func(*Options) {}},
		"a bad postgres URL":           {"postgres://%", func(o *Options) { o.Dir = t.TempDir() }},
		"postgres without a folder":    {"postgres://x@127.0.0.1:1/x", func(*Options) {}},
		"a search path of two":         {"postgres://x@127.0.0.1:1/x?search_path=a,b", func(o *Options) { o.Dir = t.TempDir() }},
		"no clock":                     {"", func(o *Options) { o.Now = nil }},
		"no origin":                    {"", func(o *Options) { o.Origin = "" }},
		"a space in the origin":        {"", func(o *Options) { o.Origin = "a b" }},
		"a receipt's header as origin": {"", func(o *Options) { o.Origin = receiptHeader }},
		"no key and no policy":         {"", func(o *Options) { o.Signer = nil }},
		"a mirror without a policy":    {"", func(o *Options) { o.Name = "mirror.example" }},
		"a key name with a plus":       {"", func(o *Options) { o.Name = "a+b" }},
		"a key that is no Ed25519 key": {"", func(o *Options) { o.Signer = ec }},
		"a policy that cannot be read": {"", func(o *Options) { o.Policy = "hello" }},
		"a foreign head":               {"", func(o *Options) { o.Seen = [][]byte{[]byte("hello")} }},
		"reading what is not there":    {"", func(o *Options) { o.ReadOnly = true }},
	} {
		o := options()
		c.edit(&o)
		if c.url == "" {
			c.url = "sqlite:" + t.TempDir()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		l, err := Open(ctx, c.url, o)
		cancel()
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = l.Close()
		} else if !strings.HasPrefix(err.Error(), "record: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAReaderWritesNothing(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir, options())
	fill(t, l, 0, 3)
	h := publish(t, l)
	o := options()
	o.ReadOnly = true
	r := openTest(t, dir, o)
	if _, err := r.Add(t.Context(), [32]byte{1}, []byte("x")); err == nil {
		t.Error("a reader added")
	}
	if err := r.Adopt(t.Context(), each(nil), h); err == nil {
		t.Error("a reader adopted")
	}
	if err := r.Freeze(t.Context(), "why"); err == nil {
		t.Error("a reader froze the log")
	}
	if ws, err := r.Weaknesses(t.Context()); err != nil || len(ws) != 0 {
		t.Errorf("weaknesses %v, %v", ws, err)
	}
	if got, err := r.Prove(t.Context(), 2, 3); err != nil || len(got) == 0 {
		t.Errorf("a reader proves: %v", err)
	}
	if err := r.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.Freeze(t.Context(), ""); err == nil {
		t.Error("frozen without a reason")
	}
}

// A signer in an agent may fail, or give junk: nothing is published then.
type brokenSigner struct {
	crypto.Signer
	err error
}

func (s *brokenSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, 64), s.err
}

func TestASignerThatFails(t *testing.T) {
	for _, bad := range []error{nil, errors.New("the agent is gone")} {
		o := options()
		o.Signer = &brokenSigner{keyOf(testOrigin), bad}
		l := openTest(t, t.TempDir(), o)
		r := add(t, l, []byte("intake goes on"))
		if _, err := l.Publish(t.Context()); err == nil {
			t.Error("published without a signature")
		}
		if _, err := l.Sign(r); err == nil {
			t.Error("a receipt without a signature")
		}
		if signed, _, err := l.Checkpoint(t.Context()); err != nil || signed.Note != nil {
			t.Errorf("head %q, %v", signed.Note, err)
		}
	}
}

func TestACopyThatHasDroppedItsPartialTiles(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	fill(t, l, 0, 300)
	h := publish(t, l)
	fill(t, l, 300, 70_000/128)
	old := h.Note
	m := openTest(t, t.TempDir(), mirrorOptions("mirror-1.example"))
	asked := 0
	_, err := m.Pull(t.Context(), func(ctx context.Context, path string) ([]byte, error) {
		if path == "checkpoint" {
			return old, nil
		}
		if strings.Contains(path, ".p/") && !strings.HasPrefix(path, "tile/1/") {
			asked++
			return nil, ErrNotFound
		}
		return l.Tile(ctx, path)
	})
	if err != nil || m.Size() != 300 || asked == 0 {
		t.Errorf("pulled %d entries, asked %d times for what was dropped: %v", m.Size(), asked, err)
	}
	for _, data := range [][]byte{nil, make([]byte, 10), bytes.Repeat([]byte{0, 1, 0}, 300)} {
		for _, level := range []int{bundleLevel, 0} {
			p := part{tlog.Tile{H: tileHeight, L: level, N: 0, W: tileWidth}, data}
			if got, err := p.cut(40); err == nil && len(got) != 40*tlog.HashSize {
				t.Errorf("cut %d bytes of junk of level %d to %d", len(data), level, len(got))
			}
		}
	}
}

func TestStrangersInTheFolderAreNamed(t *testing.T) {
	for _, file := range []string{"tiles/hello.txt", "tiles/tile/0/000.p/x", "blobs/kept/ab/hello", "blobs/exhibit/ab/" + strings.Repeat("cd", 32)} {
		l := openTest(t, t.TempDir(), options())
		fill(t, l, 0, 3)
		publish(t, l)
		path := filepath.Join(l.o.Dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Verify(t.Context(), l.o.Dir, *l.policy.Load(), Visit{}); err == nil || !strings.Contains(err.Error(), filepath.Base(file)) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestTheVisitorEndsAVerification(t *testing.T) {
	l, data := exported(t, 10, 0)
	no := errors.New("this author is unknown")
	p := *l.policy.Load()
	visits := map[string]Visit{
		"entry 4": {Entry: func(e Entry) error {
			if e.Index == 4 {
				return no
			}
			return nil
		}},
		"blobs/kept": {File: func(string, []byte) error { return no }},
	}
	for where, v := range visits {
		if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(data), p, v); !errors.Is(err, no) || !strings.Contains(err.Error(), where) {
			t.Errorf("bundle: %v, want it to name %s", err, where)
		}
		if _, _, err := Verify(t.Context(), l.o.Dir, p, v); !errors.Is(err, no) || !strings.Contains(err.Error(), where) {
			t.Errorf("folder: %v, want it to name %s", err, where)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Verify(ctx, l.o.Dir, p, Visit{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAWitnessOverHTTPRefusesWhatIsNoRequest(t *testing.T) {
	w := openTestWitness(t, t.TempDir(), "us-1.example")
	for _, c := range []struct {
		method, path string
		body         io.Reader
		want         int
	}{
		{"GET", "/add-checkpoint", nil, http.StatusMethodNotAllowed},
		{"GET", "/", nil, http.StatusNotFound},
		{"GET", "/" + originPath(testOrigin) + "/checkpoint", nil, http.StatusNotFound},
		{"GET", "/" + originPath("other") + "/checkpoint", nil, http.StatusNotFound},
		{"POST", "/add-checkpoint", strings.NewReader("hello"), http.StatusBadRequest},
		{"POST", "/add-checkpoint", bytes.NewReader(make([]byte, maxAsk+1)), http.StatusBadRequest},
	} {
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequest(c.method, c.path, c.body))
		if rec.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, rec.Code, c.want)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	three, _ := headOf(t, testOrigin, "a", "b", "c")
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequest("POST", "/add-checkpoint", bytes.NewReader(marshalAsk(0, nil, three.Note))))
	if rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "sql") {
		t.Errorf("a store that fails: %d %s", rec.Code, rec.Body)
	}
}

func TestWitnessOptionsThatCannotWork(t *testing.T) {
	good := WitnessOptions{Dir: t.TempDir(), Name: "us-1.example", Signer: keyOf("us-1.example"), Now: time.Now, Logs: jointPolicy()}
	for name, edit := range map[string]func(*WitnessOptions){
		"no folder": func(o *WitnessOptions) { o.Dir = "" },
		"no clock":  func(o *WitnessOptions) { o.Now = nil },
		"no key":    func(o *WitnessOptions) { o.Signer = nil },
		"no name":   func(o *WitnessOptions) { o.Name = "" },
		"no logs":   func(o *WitnessOptions) { o.Logs = "" },
		"a file where the folder is to be": func(o *WitnessOptions) {
			o.Dir = filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(o.Dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		o := good
		edit(&o)
		if w, err := OpenWitness(t.Context(), o); err == nil {
			t.Errorf("%s: opened", name)
			_ = w.Close()
		}
	}
}

func TestTheQueueHasAnEnd(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	busy, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- l.submit(context.Background(), func(*sequencer) error {
			close(busy)
			<-release
			return nil
		})
	}()
	<-busy
	for range maxQueue {
		l.adds <- &pending{answer: make(chan struct{}), err: errors.New("a stand-in"), dup: true}
	}
	if _, err := l.Add(t.Context(), [32]byte{1}, []byte("one too many")); !errors.Is(err, ErrBusy) {
		t.Errorf("a full queue answers %v", err)
	}
	for range maxQueue {
		<-l.adds
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Add(ctx, [32]byte{2}, []byte("a caller who gives up")); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// The caller gave up; the entry did not: the same key tells.
	if r, err := l.Add(t.Context(), [32]byte{2}, []byte("a caller who gives up")); err != nil || r.Index != 0 || !r.Duplicate {
		t.Errorf("asked again: %+v %v", r, err)
	}
}

// A panic while a body is judged reaches its caller, who may be an HTTP handler
// that lives on: the log goes on with what is stored.
func TestAPanicInAdmitLeavesTheLogUsable(t *testing.T) {
	o := options()
	var resets []int64
	o.Admit = func(_, _ int64, body []byte) error {
		if string(body) == "bad" {
			panic("a fault in the Book")
		}
		return nil
	}
	o.Reset = func(size int64) { resets = append(resets, size) }
	l := openTest(t, t.TempDir(), o)
	add(t, l, []byte("a"))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		_, _ = l.Add(t.Context(), keyFor([]byte("bad")), []byte("bad"))
	}()
	if r := add(t, l, []byte("b")); r.Index != 1 || r.Duplicate {
		t.Errorf("after the panic: %+v", r)
	}
	if len(resets) != 1 || resets[0] != 1 {
		t.Errorf("the Book was reset to %v, want once to 1", resets)
	}
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// Without an end to it the WAL would have 20 MB here.
func TestTheWALStaysShort(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	dir := t.TempDir()
	l := openTest(t, dir, options())
	for i := range 1_200 {
		add(t, l, append(bodyOf(i), make([]byte, 1_000)...))
	}
	info, err := os.Stat(filepath.Join(dir, "record.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 2*walBytes {
		t.Errorf("the WAL has %d bytes", info.Size())
	}
}
