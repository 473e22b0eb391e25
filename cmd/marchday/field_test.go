package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// grantDevice has an office's root key grant a device's key.
func grantDevice(t *testing.T, h home, act string) truce.Envelope {
	t.Helper()
	var k truce.KeyAct
	if err := json.Unmarshal([]byte(act), &k); err != nil {
		t.Fatal(err)
	}
	root, err := readKey(filepath.Join(h.dir, "offline", string(k.Office)+"-root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := truce.Seal(truce.NewStatement(h.Origin, h.Regime, k.Office, "keys", truce.At(time.Now()), &k), truce.Key(root))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func fieldReport(t *testing.T, n int) string {
	t.Helper()
	return writeFile(t, fmt.Sprintf(`{"channel":"field","publisher":"us","text":"Shells fell north of bridge %d.","lang":"en","marking":"green"}`, n))
}

func TestAFieldDeviceFilesOfflineAndHandsOverInOrder(t *testing.T) {
	h, dir := foundCentre(t), filepath.Join(t.TempDir(), "tablet")
	act := mustRun(t, "field", "init", "--data", dir, "--name", "tablet-7.example.org", "--log", h.LogKey, "--regime", string(h.Regime), "--office", "us", "--url", "http://127.0.0.1:1", "--until", "2")
	for n := range 3 {
		if out := mustRun(t, "field", "file", "--data", dir, fieldReport(t, n)); !strings.HasPrefix(out, fmt.Sprint(n, " stored, level 0")) {
			t.Errorf("report %d: %s", n, out)
		}
	}
	if code, _, errs := command(t, "field", "sync", "--data", dir); code != exitWrong {
		t.Errorf("without a network: exit %d %s", code, errs)
	}
	c := start(t, "serve", "--data", h.dir, "--addr", "127.0.0.1:0")
	out := mustRun(t, "field", "sync", "--data", dir, "--url", c.url)
	if strings.Count(out, "refused") != 3 {
		t.Errorf("before the key is granted: %s", out)
	}
	c.file(grantDevice(t, h, act))
	stick := filepath.Join(t.TempDir(), "stick")
	mustRun(t, "field", "export", "--data", dir, stick)
	mustRun(t, "submit", "--url", c.url, filepath.Join(stick, "000000.dsse")) // one goes by hand
	mustRun(t, "field", "file", "--data", dir, fieldReport(t, 3))
	mustRun(t, "field", "sync", "--data", dir, "--url", c.url, "--again")
	c.await("all are under a signed head", func() bool { x := c.heads(); return x.Signed != nil && x.Signed.Size == 6 })
	out = mustRun(t, "field", "sync", "--data", dir, "--url", c.url)
	for n := range 4 {
		if !strings.Contains(out, fmt.Sprintf("level 2, entry %d\n", n+2)) {
			t.Errorf("report %d is not in its place: %s", n, out)
		}
	}
	if !strings.Contains(out, "0 of 4 have not reached their level") {
		t.Errorf("what is left: %s", out)
	}
	one, err := os.ReadFile(filepath.Join(stick, "000001.dsse"))
	if err != nil {
		t.Fatal(err)
	}
	env, err := truce.ParseEnvelope(one)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := truce.DecodeBody(env.Payload); err != nil || st.Desk != "tablet-7.example.org#1" || st.Origin != h.Origin {
		t.Errorf("its place in the device's log is not in the statement: %+v %v", st, err)
	}
	c.stop()
	kept := outbox(t, dir)
	if len(kept) != 4 {
		t.Fatalf("outbox.json: %+v", kept)
	}
	mustRun(t, "export", "--data", h.dir, "--out", filepath.Join(stick, "all.tar"))
	mustRun(t, "verify", filepath.Join(stick, "all.tar"), "--origin", h.Origin, "--key", h.LogKey, "--receipt", writeFile(t, kept[2].Receipt))
}

// A scripted centre answers an outbox as a test tells it to.
type scriptedCentre struct {
	log   *record.Log
	down  int // submissions until the link fails
	has   map[truce.StatementID]record.Receipt
	order []truce.StatementID
	level int
}

func (s *scriptedCentre) Submit(ctx context.Context, envelopes [][]byte) (said []centre.Answer, err error) {
	for _, env := range envelopes {
		if s.down == 0 {
			return said, errors.New("the link is down")
		}
		s.down--
		id := truce.StatementID(truce.DigestOf(env))
		if _, known := s.has[id]; !known {
			s.has[id] = record.Receipt{Origin: "truce.example.org/log", Index: int64(len(s.order)), ID: id}
			s.order = append(s.order, id)
		}
		a, err := s.Standing(ctx, id)
		if err != nil {
			return said, err
		}
		said = append(said, a)
	}
	return said, nil
}

func (s *scriptedCentre) Standing(_ context.Context, id truce.StatementID) (centre.Answer, error) {
	r, known := s.has[id]
	if !known {
		return centre.Answer{}, &truce.Error{Kind: truce.Unknown, Why: "not here"}
	}
	signed, err := s.log.Sign(r)
	return centre.Answer{Level: s.level, Index: r.Index, Signed: string(signed)}, err
}

// outboxAndItsCentre is the log of a centre, and the options of a device of it
// that lets go of a statement once it is admitted.
func outboxAndItsCentre(t *testing.T) (*record.Log, centre.OutboxOptions) {
	t.Helper()
	_, key, _ := ed25519.GenerateKey(nil)
	log, err := record.Open(t.Context(), "sqlite:"+t.TempDir(), record.Options{Origin: "truce.example.org/log", Now: time.Now, Signer: key, Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	logKey, err := note.NewEd25519VerifierKey("truce.example.org/log", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	_, device, _ := ed25519.GenerateKey(nil)
	return log, centre.OutboxOptions{Dir: t.TempDir(), Origin: "tablet.example.org", Of: "truce.example.org/log", Regime: "r", Office: "us", Key: device, LogKey: logKey, Now: time.Now, Until: 1}
}

// TestAnOutboxKeepsWhatACentreLoses cuts the link at every point, and takes the
// centre back to before some of it came: everything is there in order in the
// end, and the receipt that was not honoured is kept.
func TestAnOutboxKeepsWhatACentreLoses(t *testing.T) {
	log, o := outboxAndItsCentre(t)
	o.Until = 3
	open := func() *centre.Outbox {
		t.Helper()
		b, err := centre.OpenOutbox(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := open()
	for n := range 6 {
		r := &truce.Report{Channel: "field", Publisher: "us", Lang: "en", Text: fmt.Sprint("Patrol ", n, " saw nothing."), Marking: truce.Green}
		if _, err := b.File(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	s := &scriptedCentre{log: log, has: map[truce.StatementID]record.Receipt{}, level: 2}
	sync := func(want int, failed bool) {
		t.Helper()
		left, err := b.Sync(t.Context(), s, false)
		if left != want || (err != nil) != failed {
			t.Errorf("%d are left, want %d: %v", left, want, err)
		}
		if err := b.Close(); err != nil { // a device that is switched off
			t.Fatal(err)
		}
		b = open()
	}
	for range 6 {
		s.down = 1
		sync(6, len(s.order) < 5)
	}
	for n, f := range b.List() {
		if s.order[n] != f.ID || f.Level != 2 || f.Index != int64(n) {
			t.Errorf("statement %d: %+v", n, f)
		}
	}
	lost := s.order[3] // the centre comes back from a backup without it and all after it
	for _, id := range s.order[3:] {
		delete(s.has, id)
	}
	s.order, s.down, s.level = append(s.order[:3:3], truce.StatementID{9}), -1, 3
	sync(0, false)
	for n, f := range b.List() {
		if (f.Broken != "") != (n >= 3) || f.Level != 3 {
			t.Errorf("after the loss, statement %d: level %d, broken %t", n, f.Level, f.Broken != "")
		}
	}
	if s.order[4] != lost {
		t.Error("it is not handed over again in order")
	}
	_, other, _ := ed25519.GenerateKey(nil)
	o.Dir, o.Key = t.TempDir(), other
	c := open()
	defer c.Close()
	if _, err := c.File(t.Context(), &truce.Report{Channel: "field", Publisher: "us", Lang: "en", Text: "One.", Marking: truce.Green}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sync(t.Context(), liar{s}, false); err == nil || c.List()[0].Receipt != "" {
		t.Errorf("a receipt that the log did not sign is believed: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// A liar says that it keeps what it was handed, without the log's signature.
type liar struct{ *scriptedCentre }

func (l liar) Submit(ctx context.Context, envelopes [][]byte) ([]centre.Answer, error) {
	said, err := l.scriptedCentre.Submit(ctx, envelopes)
	for i, a := range said {
		said[i].Level, said[i].Signed = 4, strings.Replace(a.Signed, "index ", "index 1", 1)
	}
	return said, err
}

// badLink loses two requests in four, one on the way there and one on the way
// back, and brings another twice.
func badLink(t *testing.T, target string) (addr string, lost, twice *atomic.Int64) {
	t.Helper()
	lost, twice = &atomic.Int64{}, &atomic.Int64{}
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fate := asked.Add(1) % 4
		body, err := io.ReadAll(r.Body)
		if err != nil || fate == 1 {
			lost.Add(1)
			panic(http.ErrAbortHandler)
		}
		forward := func() *http.Response {
			out, err := http.NewRequestWithContext(r.Context(), r.Method, target+r.URL.Path, bytes.NewReader(body))
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			out.Header = r.Header.Clone()
			res, err := http.DefaultClient.Do(out)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			return res
		}
		if fate == 3 {
			twice.Add(1)
			_ = forward().Body.Close()
		}
		res := forward()
		defer res.Body.Close()
		if fate == 2 {
			lost.Add(1)
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body) // the next reader went away
	}))
	t.Cleanup(s.Close)
	return s.URL, lost, twice
}

// TestADeviceGetsThroughABadLink hands over forty statements, filed two at a time,
// through a link that loses and repeats, in runs that end with each loss and begin again where the one
// before ended. Each is on the record once, in order, and none is let go of before
// the level that was asked for.
func TestADeviceGetsThroughABadLink(t *testing.T) {
	h, dir := foundCentre(t), filepath.Join(t.TempDir(), "tablet")
	const filed = 40
	c := start(t, "serve", "--data", h.dir, "--addr", "127.0.0.1:0")
	link, lost, twice := badLink(t, c.url)
	act := mustRun(t, "field", "init", "--data", dir, "--name", "tablet-9.example.org", "--log", h.LogKey, "--regime", string(h.Regime), "--office", "us", "--url", link, "--until", "2")
	c.file(grantDevice(t, h, act))
	runs, out := 0, ""
	for n := 0; n < filed || !strings.Contains(out, "0 of 40 have not reached their level"); runs++ {
		if runs == 200 {
			t.Fatalf("it does not get through: %s", out)
		}
		for range min(2, filed-n) { // as the day goes on
			mustRun(t, "field", "file", "--data", dir, fieldReport(t, n))
			n++
		}
		_, out, _ = command(t, "field", "sync", "--data", dir)
		for _, f := range outbox(t, dir) {
			if f.Refused != "" {
				t.Fatalf("a bad link is taken for a refusal: %+v", f)
			}
			if f.Level >= 2 && f.Receipt == "" {
				t.Fatalf("let go of without a receipt: %+v", f)
			}
		}
	}
	if lost.Load() < 10 || twice.Load() < 5 {
		t.Errorf("the link lost %d and repeated %d: the test shows too little", lost.Load(), twice.Load())
	}
	for n, f := range outbox(t, dir) {
		if f.Index != int64(n+2) {
			t.Errorf("statement %d is entry %d, want %d", n, f.Index, n+2)
		}
	}
	if got := c.heads().Size; got != filed+2 {
		t.Errorf("the record has %d entries, want %d: something is there twice", got, filed+2)
	}
	t.Logf("%d requests lost, %d came twice, %d runs", lost.Load(), twice.Load(), runs)
}

// cutOnce passes requests on, and of the first that hands over statements only
// the first two thirds of its bytes.
func cutOnce(t *testing.T, target string) (addr string) {
	t.Helper()
	var cut atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		whole := r.Method != http.MethodPost || cut.Swap(true)
		from, to := io.Pipe()
		go func() {
			if whole {
				_, err = to.Write(body)
			} else if _, err = to.Write(body[:len(body)*2/3]); err == nil {
				time.Sleep(200 * time.Millisecond) // what has come is taken in as it comes
				err = errors.New("the link is down")
			}
			_ = to.CloseWithError(err)
		}()
		out, err := http.NewRequestWithContext(r.Context(), r.Method, target+r.URL.Path, from)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		out.Header = r.Header.Clone()
		res, err := http.DefaultClient.Do(out)
		if err != nil || !whole {
			panic(http.ErrAbortHandler)
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body) // the next reader went away
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestABatchCutInTheMiddle hands over nine statements in one request, of which
// the centre gets two thirds: what it admitted stays, the rest is sent again, and
// each has its own receipt.
func TestABatchCutInTheMiddle(t *testing.T) {
	h, dir := foundCentre(t), filepath.Join(t.TempDir(), "tablet")
	c := start(t, "serve", "--data", h.dir, "--addr", "127.0.0.1:0")
	act := mustRun(t, "field", "init", "--data", dir, "--name", "tablet-9.example.org", "--log", h.LogKey, "--regime", string(h.Regime), "--office", "us", "--url", cutOnce(t, c.url), "--until", "1")
	c.file(grantDevice(t, h, act))
	for n := range 9 {
		mustRun(t, "field", "file", "--data", dir, fieldReport(t, n))
	}
	if code, out, _ := command(t, "field", "sync", "--data", dir); code != exitWrong {
		t.Errorf("over a link that was cut: exit %d %s", code, out)
	}
	if got := c.heads().Size - 2; got < 3 || got > 6 {
		t.Errorf("%d statements of the six that came whole were admitted", got)
	}
	mustRun(t, "field", "sync", "--data", dir)
	receipts := map[string]bool{}
	for n, f := range outbox(t, dir) {
		if f.Index != int64(n+2) || f.Level < 1 || f.Refused != "" {
			t.Errorf("statement %d: %+v", n, f)
		}
		receipts[f.Receipt] = true
	}
	if got := c.heads().Size; got != 11 || len(receipts) != 9 {
		t.Errorf("the record has %d entries, want 11; %d receipts, want 9", got, len(receipts))
	}
}

// TestABatchIsBounded fills an outbox beyond what a batch holds, in number and in
// bytes: everything goes, in order, a big statement alone.
func TestABatchIsBounded(t *testing.T) {
	log, o := outboxAndItsCentre(t)
	b, err := centre.OpenOutbox(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	for n := range 150 {
		r := &truce.Report{Channel: "field", Publisher: "us", Lang: "en", Text: fmt.Sprint("Patrol ", n), Marking: truce.Green}
		if n == 20 || n == 21 {
			r.Text += strings.Repeat(" saw nothing.", 2_500)
		}
		if _, err := b.File(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	s := &countingCentre{scriptedCentre: scriptedCentre{log: log, down: -1, has: map[truce.StatementID]record.Receipt{}, level: 1}}
	if left, err := b.Sync(t.Context(), s, false); left != 0 || err != nil {
		t.Errorf("%d left: %v", left, err)
	}
	for n, f := range b.List() {
		if s.order[n] != f.ID {
			t.Fatalf("statement %d is not in its place", n)
		}
	}
	for _, n := range s.batches {
		if n.count > 64 || n.bytes > 32<<10 && n.count > 1 {
			t.Errorf("a batch of %d statements and %d bytes", n.count, n.bytes)
		}
	}
	if len(s.batches) > 15 {
		t.Errorf("%d requests for 150 statements", len(s.batches))
	}
}

// A countingCentre notes how big the batches are.
type countingCentre struct {
	scriptedCentre
	batches []struct{ count, bytes int }
}

func (c *countingCentre) Submit(ctx context.Context, envelopes [][]byte) ([]centre.Answer, error) {
	c.batches = append(c.batches, struct{ count, bytes int }{len(envelopes), len(bytes.Join(envelopes, nil))})
	return c.scriptedCentre.Submit(ctx, envelopes)
}

// outbox reads how far each statement of a device has come.
func outbox(t *testing.T, dir string) (all []centre.Filed) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "outbox.json"))
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
