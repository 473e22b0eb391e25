package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marchday/marchday/truce"
)

// A process is a command that runs until it is stopped.
type process struct {
	t    *testing.T
	out  *lines
	errs *lines
	url  string
	stop func()
}

// lines is output that a test reads while a command writes it.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var anyURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start runs a command that listens, and waits for its address.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: t, out: &lines{}, errs: &lines{}}
	done := make(chan int, 1)
	go func() { done <- run(ctx, args, strings.NewReader(""), p.out, p.errs, time.Now) }()
	var once sync.Once
	p.stop = func() { once.Do(func() { cancel(); <-done }) }
	t.Cleanup(p.stop)
	p.await("it listens", func() bool {
		select {
		case code := <-done:
			done <- code
			t.Fatalf("marchday %s: exit %d: %s", strings.Join(args, " "), code, p.errs)
		default:
		}
		p.url = anyURL.FindString(p.out.String())
		return p.url != ""
	})
	return p
}

// await waits until something holds.
func (p *process) await(what string, holds func() bool) {
	p.t.Helper()
	for end := time.Now().Add(60 * time.Second); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("in vain: %s\n%s\n%s", what, p.out, p.errs)
		}
	}
}

// get fetches a path; a status other than 200 comes with an empty answer.
func (p *process) get(path string) (int, string) {
	p.t.Helper()
	res, err := http.Get(p.url + path)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(b)
}

// read fetches JSON.
func (p *process) read(path string, into any) {
	p.t.Helper()
	code, body := p.get(path)
	if code != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, code, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		p.t.Fatal(err)
	}
}

// headsAnswer is what a test reads of /api/heads.
type headsAnswer struct {
	Size             int64
	Signed, Cosigned *struct {
		Size    int64
		Missing []string
		Signers []string
	}
	Peers []struct {
		Name, Trouble string
		Fork          bool
		Size          int64
	}
}

func (p *process) heads() (h headsAnswer) {
	p.t.Helper()
	p.read("/api/heads", &h)
	return h
}

// foundCentre makes an exercise centre with keys of its own.
func foundCentre(t *testing.T) home {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "centre")
	mustRun(t, "init", "--data", dir, "--origin", "truce.example.org/log", "--dossier", "syria-2016", "--mode", "exercise")
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// report seals a report by the desk of an office.
func report(t *testing.T, h home, office truce.OfficeID, words string) truce.Envelope {
	t.Helper()
	key, err := readKey(filepath.Join(h.dir, "keys", "desk-"+string(office)+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	body := &truce.Report{Channel: "field", Publisher: string(office), Lang: "en", Text: words, Marking: truce.Green}
	e, err := truce.Seal(truce.NewStatement(h.Origin, h.Regime, office, "test", truce.At(time.Now()), body), truce.Key(key))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// file hands an envelope to a centre.
func (p *process) file(e truce.Envelope) {
	p.t.Helper()
	if _, err := post(p.t.Context(), p.url, e.Bytes()); err != nil {
		p.t.Fatal(err)
	}
}

// standingOf is what a test reads of a receipt.
type standingOf struct {
	Index              int64
	Level              int
	Cosigned, Mirrored bool
	Signed             string
}

func (p *process) standing(e truce.Envelope) (s standingOf) {
	p.t.Helper()
	p.read("/api/receipts/"+truce.StatementID(truce.DigestOf(e.Bytes())).String(), &s)
	return s
}

var witnessLine = regexp.MustCompile(`for the policy: witness NAME (\S+)`)

// startWitness runs a witness and returns its policy line.
func startWitness(t *testing.T, dir, name, logKey, addr string) (*process, string) {
	t.Helper()
	w := start(t, "witness", "--data", dir, "--name", name+".example.org", "--log", logKey, "--addr", addr)
	return w, fmt.Sprintf("witness %s %s %s\n", name, witnessLine.FindStringSubmatch(w.out.String())[1], w.url)
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWitnessesCosignAndAnAbsentOneStopsNothing(t *testing.T) {
	h := foundCentre(t)
	us, usLine := startWitness(t, filepath.Join(t.TempDir(), "us"), "us-1", h.LogKey, "127.0.0.1:0")
	ruDir := filepath.Join(t.TempDir(), "ru")
	ru, ruLine := startWitness(t, ruDir, "ru-1", h.LogKey, "127.0.0.1:0")
	policy := writeFile(t, "log "+h.LogKey+"\n"+usLine+ruLine+"group joint all us-1 ru-1\nquorum joint\n")
	c := start(t, "serve", "--data", h.dir, "--policy", policy, "--addr", "127.0.0.1:0")
	c.await("both cosign the founding", func() bool {
		x := c.heads()
		return x.Cosigned != nil && x.Cosigned.Size == 1 && len(x.Cosigned.Signers) == 2
	})
	_, before := c.get("/checkpoint.cosigned")
	if strings.Count(before, "—") != 3 {
		t.Errorf("the joint head has not three signatures:\n%s", before)
	}

	ru.stop()
	said := report(t, h, "desk", "A patrol passed the bridge.")
	c.file(said)
	c.await("one cosigns alone", func() bool {
		x := c.heads()
		return x.Signed.Size == 2 && fmt.Sprint(x.Signed.Signers, x.Signed.Missing) == "[us-1] [ru-1]"
	})
	if _, after := c.get("/checkpoint.cosigned"); after != before {
		t.Error("the joint head moved without one side")
	}
	if s := c.standing(said); s.Level != 2 || s.Cosigned || !strings.HasPrefix(s.Signed, "marchday.org/receipt/v1\n") {
		t.Errorf("receipt without one side: %+v", s)
	}
	if _, page := c.get("/record"); !strings.Contains(page, "Cosignature missing: ru-1") {
		t.Error("the Record page does not name the missing side")
	}
	if _, page := c.get("/"); !strings.Contains(page, "Cosignature missing: ru-1") {
		t.Error("the first page does not name the missing side")
	}

	startWitness(t, ruDir, "ru-1", h.LogKey, strings.TrimPrefix(ru.url, "http://"))
	c.await("the side that was away catches up", func() bool { return c.standing(said).Level == 3 })
	us.stop()
	c.await("the picture follows", func() bool { code, _ := c.get("/readyz"); return code == http.StatusOK })
}
