package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/marchday/marchday/centre"
)

const testToken = "a token of a test, forty characters long"

// lossy is a link to a server that breaks off one answer in three.
func lossy(t *testing.T, target string) (addr string, sent *atomic.Int64) {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	sent = &atomic.Int64{}
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(11, 12))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		drop := rng.IntN(10) < 3
		mu.Unlock()
		if drop {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(&counted{w, sent}, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, sent
}

// counted counts the bytes of answers.
type counted struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counted) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return c.ResponseWriter.Write(b)
}

var keptLine = regexp.MustCompile(`kept: (\d+) entries, root (\S+), digest (\S+)`)

// newMirror makes the folder of a mirror and returns its policy line.
func newMirror(t *testing.T, h home, name, address string) (dir, line string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), name)
	var out strings.Builder
	o := mirrorOptions{data: dir, name: name + ".example.org", logKey: h.LogKey, dossier: "syria-2016"}
	if _, err := openMirrorHome(&out, o, ""); err != nil {
		t.Fatal(err)
	}
	vkey := regexp.MustCompile(`witness NAME (\S+)`).FindStringSubmatch(out.String())[1]
	return dir, fmt.Sprintf("witness %s %s %s\n", name, vkey, address)
}

// freeAddr is an address that nobody listens on now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAMirrorCopiesOverAPoorLinkAndServesItReadOnly(t *testing.T) {
	h := foundCentre(t)
	addr := freeAddr(t)
	dir, line := newMirror(t, h, "us-copy", "http://"+addr)
	policy := writeFile(t, "log "+h.LogKey+"\n"+line+"group mirrors any us-copy\nquorum none\n")
	token := writeFile(t, testToken+"\n")
	c := start(t, "serve", "--data", h.dir, "--policy", policy, "--mirror-token", token, "--addr", "127.0.0.1:0", "--alone")
	last := report(t, h, "desk", "The last of many reports.")
	for i := range 40 {
		c.file(report(t, h, "desk", fmt.Sprintf("Patrol %d passed the bridge.", i)))
	}
	c.file(last)
	c.await("all is logged", func() bool { return c.standing(last).Level == 2 })

	if code, _ := c.get("/tile/entries/000.p/42"); code != http.StatusForbidden {
		t.Errorf("entries without a token: %d", code)
	}
	if code, _, errs := command(t, "mirror", c.url, "--data", dir, "--once"); code != exitWrong || !strings.Contains(errs, "403") {
		t.Errorf("a mirror without a token: exit %d %s", code, errs)
	}
	link, sent := lossy(t, c.url)
	m := start(t, "mirror", link, "--data", dir, "--token", token, "--policy", policy, "--mirror-token", token, "--addr", addr, "--every", "200ms")
	c.await("level 4", func() bool { return c.standing(last).Level == 4 })
	if h := m.heads(); h.Size != 42 || h.Signed.Size != 42 {
		t.Errorf("the mirror stands at %+v", h)
	}
	t.Logf("%d bytes over the lossy link", sent.Load())
	m.await("the mirror's pages follow", func() bool { code, _ := m.get("/readyz"); return code == http.StatusOK })
	for _, path := range []string{"/", "/incidents", "/record", "/record/0", "/regime", "/docket", "/offices"} {
		if code, body := m.get(path); code != http.StatusOK || body == "" {
			t.Errorf("the mirror's %s: %d", path, code)
		}
	}
	if _, page := m.get("/record"); !strings.Contains(page, "This is a copy") {
		t.Error("the mirror does not say that it is a copy")
	}
	if _, err := post(t.Context(), m.url, report(t, h, "desk", "Said to a copy.").Bytes()); err == nil || !strings.Contains(err.Error(), "copy of the record") {
		t.Errorf("a mirror took a statement: %v", err)
	}
	m.stop()
	c.stop()
	ours, theirs := mustRun(t, "replay", "--data", dir, "--digest"), mustRun(t, "replay", "--data", h.dir, "--digest")
	if ours != theirs {
		t.Errorf("the mirror's digest is %s, the centre's %s", ours, theirs)
	}
	mustRun(t, "verify", dir, "--origin", h.Origin, "--key", h.LogKey)
	if ours, theirs := mustRun(t, "dict", "export", "--data", h.dir), mustRun(t, "dict", "export", "--data", dir); ours != theirs || !strings.Contains(ours, "actors.tsv") {
		t.Errorf("the mirror holds the dictionaries %.60q, the centre %.60q", theirs, ours)
	}
}

func TestAMirrorIsFedByStick(t *testing.T) {
	h := foundCentre(t)
	stick := t.TempDir()
	dir, _ := newMirror(t, h, "ru-copy", "http://unused")
	file := func(n int) {
		c := start(t, "serve", "--data", h.dir, "--addr", "127.0.0.1:0")
		for i := range n {
			c.file(report(t, h, "desk", fmt.Sprintf("Of %d the report %d.", n, i)))
		}
		c.stop()
	}
	file(5)
	mustRun(t, "export", "--data", h.dir, "-o", filepath.Join(stick, "a.tar"))
	if out := mustRun(t, "mirror", "--data", dir, "--bundle", filepath.Join(stick, "a.tar")); keptLine.FindStringSubmatch(out)[1] != "6" {
		t.Errorf("after the first stick: %s", out)
	}
	file(300)
	mustRun(t, "export", "--data", h.dir, "--since", "6", "-o", filepath.Join(stick, "b.tar"))
	out := mustRun(t, "mirror", "--data", dir, "--bundle", filepath.Join(stick, "b.tar"))
	got := keptLine.FindStringSubmatch(out)
	if want := strings.TrimSpace(mustRun(t, "replay", "--data", h.dir, "--digest")); got[1] != "306" || got[3] != want {
		t.Errorf("after the second stick %v, want digest %s", got, want)
	}
	b, err := os.ReadFile(filepath.Join(stick, "b.tar"))
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	bad := writeFile(t, string(b))
	if code, _, _ := command(t, "mirror", "--data", dir, "--bundle", bad); code != exitWrong {
		t.Errorf("a stick with a flipped bit: exit %d", code)
	}
}

// copyDir copies a folder as it is now.
func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	err := filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil || d.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, rel), 0o700))
		}
		b, err := os.ReadFile(file)
		return errors.Join(err, os.WriteFile(filepath.Join(to, rel), b, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestTwoHistoriesLeaveEvidenceThatVerifyExplains(t *testing.T) {
	h := foundCentre(t)
	other := home{dir: copyDir(t, h.dir), Origin: h.Origin, Regime: h.Regime, LogKey: h.LogKey}
	dir, _ := newMirror(t, h, "us-copy", "http://unused")
	token := writeFile(t, testToken+"\n")
	c := start(t, "serve", "--data", h.dir, "--mirror-token", token, "--addr", "127.0.0.1:0")
	c.file(report(t, h, "desk", "What one side is shown."))
	c.await("logged", func() bool { return c.heads().Signed.Size == 2 })
	mustRun(t, "mirror", c.url, "--data", dir, "--token", token, "--once")
	for _, n := range []int{1, 3} { // a head of the same size, then a longer one
		fork := start(t, "serve", "--data", other.dir, "--mirror-token", token, "--addr", "127.0.0.1:0")
		for i := range n {
			fork.file(report(t, other, "desk", fmt.Sprintf("What the other is shown, %d of %d.", i, n)))
		}
		fork.await("logged", func() bool { h := fork.heads(); return h.Signed.Size == h.Size })
		code, _, errs := command(t, "mirror", fork.url, "--data", dir, "--token", token, "--once")
		fork.stop()
		found := regexp.MustCompile(`marchday verify ([^\s"]+\.json)`).FindStringSubmatch(errs)
		if code != exitWrong || found == nil {
			t.Fatalf("a second history: exit %d %s", code, errs)
		}
		out := mustRun(t, "verify", found[1], "--origin", h.Origin, "--key", h.LogKey)
		if !strings.Contains(out, "proved by the log's own signatures") {
			t.Errorf("evidence after %d: %s", n, out)
		}
		b, err := os.ReadFile(found[1])
		if err != nil {
			t.Fatal(err)
		}
		another := writeFile(t, strings.Replace(string(b), `"older": "`, `"older": "x`, 1))
		if code, _, _ := command(t, "verify", another, "--origin", h.Origin, "--key", h.LogKey); code != exitWrong {
			t.Errorf("changed evidence: exit %d", code)
		}
	}
}

func TestAReceiptThatIsNotHonouredProvesIt(t *testing.T) {
	h := foundCentre(t)
	other := home{dir: copyDir(t, h.dir), Origin: h.Origin, Regime: h.Regime, LogKey: h.LogKey}
	said := func(x home, words string) (signed, bundle string) {
		c := start(t, "serve", "--data", x.dir, "--addr", "127.0.0.1:0")
		e := report(t, x, "desk", words)
		c.file(e)
		c.await("logged", func() bool { return c.standing(e).Level == 2 })
		signed = writeFile(t, c.standing(e).Signed)
		c.stop()
		bundle = filepath.Join(t.TempDir(), "b.tar")
		mustRun(t, "export", "--data", x.dir, "-o", bundle)
		return signed, bundle
	}
	receipt, bundle := said(h, "What was promised to be kept.")
	mustRun(t, "verify", bundle, "--receipt", receipt, "--origin", h.Origin, "--key", h.LogKey)
	_, without := said(other, "What was kept instead.")
	code, _, errs := command(t, "verify", without, "--receipt", receipt, "--origin", h.Origin, "--key", h.LogKey)
	if code != exitWrong || !strings.Contains(errs, "MISBEHAVIOUR") {
		t.Errorf("exit %d %s", code, errs)
	}
}

// TestTwoPicturesOfOneRecordAreToldApart has a centre that shows another picture
// than its record gives: the mirror keeps both digests and says so, and goes on
// copying the record, which is not in dispute.
func TestTwoPicturesOfOneRecordAreToldApart(t *testing.T) {
	h := foundCentre(t)
	dir, _ := newMirror(t, h, "us-copy", "http://unused")
	token := writeFile(t, testToken+"\n")
	c := start(t, "serve", "--data", h.dir, "--mirror-token", token, "--addr", "127.0.0.1:0")
	c.file(report(t, h, "desk", "One record."))
	c.await("logged", func() bool { return c.heads().Signed.Size == 2 })
	target, err := url.Parse(c.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(res *http.Response) error {
			if res.Request.URL.Path != "/api/digest" {
				return nil
			}
			var d centre.Digest
			if err := json.NewDecoder(res.Body).Decode(&d); err != nil {
				return err
			}
			d.Digest[0] ^= 1
			b, err := json.Marshal(d)
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			res.Header.Set("Content-Length", strconv.Itoa(len(b)))
			return err
		},
	}
	liar := httptest.NewServer(proxy)
	defer liar.Close()
	code, _, errs := command(t, "mirror", liar.URL, "--data", dir, "--token", token, "--once")
	if code != exitWrong || !strings.Contains(errs, "one record, two pictures") {
		t.Errorf("another picture: exit %d %s", code, errs)
	}
	b, err := os.ReadFile(filepath.Join(dir, "evidence", "digest-2.json"))
	var kept map[string]centre.Digest
	if err == nil {
		err = json.Unmarshal(b, &kept)
	}
	if err != nil || kept["ours"].Root != kept["centre"].Root || kept["ours"].Digest == kept["centre"].Digest {
		t.Errorf("kept: %s, %v", b, err)
	}
	if out := mustRun(t, "mirror", c.url, "--data", dir, "--token", token, "--once"); !strings.Contains(out, "kept: 2 entries") {
		t.Errorf("then the honest centre: %s", out)
	}
}
