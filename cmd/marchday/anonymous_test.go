package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/marchday/marchday/web"
)

// canaries are invented names, numbers, addresses and keys that nobody but a
// recipient may ever read.
func canaries() (all []string) {
	for i := range 10 {
		all = append(all,
			fmt.Sprintf("Zubayda Quxwari %c%02d", 'A'+i, i),
			fmt.Sprintf("+963 9%02d 77%04d3", 11+i, 4217+i*137),
			fmt.Sprintf("%d Quince Alley behind the %cfkrin bakery", 101+i, 'A'+i),
			fmt.Sprintf("AGE-SECRET-KEY-PQ-1CANARY%02dQWXZ%d", i, 887766+i))
	}
	return all
}

// spellings are how a canary may stand in a file without being meant to.
func spellings(c string) []string {
	return []string{c, strings.ToLower(c), strings.ToUpper(c), url.QueryEscape(c), url.PathEscape(c), strings.ReplaceAll(c, " ", ""),
		base64.StdEncoding.EncodeToString([]byte(c))[:len(c)], strings.ReplaceAll(c, " ", `\u0020`)}
}

// A served centre is a process of its own, so that it can be made to crash.
type servedCentre struct {
	cmd              *exec.Cmd
	out, errs        *lines
	pages, anonymous string
}

func serveApart(t *testing.T, dir string) *servedCentre {
	t.Helper()
	s := &servedCentre{out: &lines{}, errs: &lines{}}
	s.cmd = exec.CommandContext(t.Context(), os.Args[0], "serve", "--data", dir, "--addr", "127.0.0.1:0", "--anonymous", "127.0.0.1:0")
	s.cmd.Env = append(os.Environ(), "MARCHDAY_AS_COMMAND=1", "GOTRACEBACK=all")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.errs
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	for end := time.Now().Add(time.Minute); s.pages == "" || s.anonymous == ""; time.Sleep(50 * time.Millisecond) {
		for line := range strings.Lines(s.out.String()) {
			if a, ok := strings.CutPrefix(strings.TrimSpace(line), "Marchday: "); ok {
				s.pages = a
			}
			if a, ok := strings.CutPrefix(strings.TrimSpace(line), "anonymous: "); ok {
				s.anonymous = a
			}
		}
		if time.Now().After(end) {
			t.Fatalf("it does not listen: %s %s", s.out, s.errs)
		}
	}
	return s
}

var (
	ticketField = regexp.MustCompile(`name="ticket" value="([^"]+)"`)
	codeShown   = regexp.MustCompile(`\d{4} \d{4} \d{4} \d{4}`)
)

// send posts a form as a browser without script does, with whatever headers.
func (s *servedCentre) send(t *testing.T, to string, form url.Values, header http.Header) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

func (s *servedCentre) ticket(t *testing.T) string {
	t.Helper()
	code, body := (&process{t: t, url: s.anonymous}).get("/")
	found := ticketField.FindStringSubmatch(body)
	if code != http.StatusOK || found == nil {
		t.Fatalf("no form: %d %s", code, body)
	}
	return found[1]
}

// A leak says where a canary was found.
func leaks(t *testing.T, where string, text []byte, all []string) {
	t.Helper()
	for _, c := range all {
		for _, s := range spellings(c) {
			if bytes.Contains(text, []byte(s)) {
				t.Errorf("%s holds %q", where, s)
			}
		}
	}
}

func leaksInFiles(t *testing.T, dir string, all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		leaks(t, name, b, all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoCanaryLeavesTheVault puts 40 canaries in through every door that
// promises confidence, in every field and beside them, and looks for them in
// every file, page, answer and log, also after a crash and after they are on
// the record.
func TestNoCanaryLeavesTheVault(t *testing.T) {
	h, all := foundCentre(t), canaries()
	id := filepath.Join(t.TempDir(), "amal.identity")
	recipient := strings.Replace(mustRun(t, "vault", "keygen", id), "NAME", "amal", 1)
	mustRun(t, "vault", "recipients", "--data", h.dir, writeFile(t, recipient))
	s := serveApart(t, h.dir)
	codes := confide(t, s, all)
	misuse(t, s, all)
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil { // what a crash prints: all stacks
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	if !strings.Contains(s.errs.String(), "goroutine ") {
		t.Errorf("the crash printed no stacks: %s", s.errs)
	}
	leaks(t, "the log and the crash", []byte(s.errs.String()+s.out.String()), all)
	if regexp.MustCompile(`127\.0\.0\.1:\d+"|198\.51\.100`).MatchString(strings.SplitN(s.errs.String(), "SIGQUIT", 2)[0]) {
		t.Errorf("an address of a visitor is in the log: %s", s.errs)
	}
	leaksInFiles(t, h.dir, all)

	s = serveApart(t, h.dir) // twenty wait: they go on the record together
	pages := &process{t: t, url: s.pages, out: s.out, errs: s.errs}
	pages.await("they are on the record", func() bool { return pages.heads().Size >= 21 })
	for i, code := range codes {
		status, body, _ := s.send(t, s.anonymous+"/state", url.Values{"code": {code}, "do": {"look"}}, nil)
		if status != http.StatusOK || !strings.Contains(body, "on the record") {
			t.Errorf("report %d: %d, not on the record", i, status)
		}
	}
	for _, path := range []string{"/", "/incidents", "/intake", "/record", "/record/5", "/record/20/proof", "/offices", "/api/statements", "/api/incidents", "/api/changes", "/api/heads", "/api/counts", "/api/series", "/tile/entries/000.p/21", "/incidents?f=csv", "/record?f=csv", "/docket", "/talks", "/territory", "/access", "/bulletins"} {
		_, body := pages.get(path)
		leaks(t, path, []byte(body), all)
	}
	sealed := firstSealed(t, h.dir)
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	leaks(t, "the second log", []byte(s.errs.String()+s.out.String()), all)
	bundle := filepath.Join(t.TempDir(), "all.tar")
	mustRun(t, "export", "--data", h.dir, "--out", bundle)
	b, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	leaks(t, "the bundle", b, all)
	leaksInFiles(t, h.dir, all)
	opened := mustRun(t, "vault", "open", "--identity", id, sealed) // the test can find what it looks for
	if !strings.Contains(opened, "Zubayda") {
		t.Errorf("the recipient reads %q", opened)
	}
}

// confide tells twenty-one reports with two canaries each, and returns their
// codes.
func confide(t *testing.T, s *servedCentre, all []string) (codes []string) {
	t.Helper()
	for i := 0; len(codes) < 21; i++ {
		pick := func(n int) string { return all[(2*i+n)%len(all)] }
		ticket := s.ticket(t)
		form := url.Values{"ticket": {ticket}, "words": {pick(0) + " saw it; also Zubayda"}, "contact": {pick(1)}, "do": {"tell"}, "act": {"shelling"}}
		if i%3 == 0 {
			form.Set("place", pick(1))
		}
		header := http.Header{"User-Agent": {pick(0)}, "X-Forwarded-For": {"198.51.100.7"}, "Cookie": {"lang=en; x=" + base64.URLEncoding.EncodeToString([]byte(pick(1)))}, "Referer": {"https://example.org/" + url.PathEscape(pick(0))}}
		status, body, got := s.send(t, s.anonymous+"/", form, header)
		if status == http.StatusServiceUnavailable { // many come: wait, or work
			if got.Get("Retry-After") == "" || !strings.Contains(body, "Your turn comes at") {
				t.Errorf("a form that must wait is answered %s", body)
			}
			form.Set("proof", web.Proof(ticket))
			status, body, got = s.send(t, s.anonymous+"/", form, header)
		}
		code := codeShown.FindString(body)
		if status != http.StatusOK || code == "" {
			t.Fatalf("report %d: %d %s", i, status, body)
		}
		leaks(t, "the receipt", []byte(body), all)
		if got.Get("Set-Cookie") != "" || got.Get("Cache-Control") != "no-store" || strings.Contains(body, "<script") || !strings.Contains(got.Get("Content-Security-Policy"), "default-src 'none'; style-src") {
			t.Errorf("headers of the receipt: %v", got)
		}
		codes = append(codes, code)
	}
	return codes
}

// misuse sends canaries where they do not belong: what comes back repeats only
// what the visitor's own form shows.
func misuse(t *testing.T, s *servedCentre, all []string) {
	t.Helper()
	for i, c := range all {
		p := &process{t: t, url: s.anonymous}
		switch i % 4 {
		case 0:
			p.get("/" + url.PathEscape(c))
			p.get("/state?code=" + url.QueryEscape(c))
		case 1:
			if status, _, _ := s.send(t, s.anonymous+"/", url.Values{"ticket": {c}, "words": {strings.Repeat(c, 4000)}, "do": {"tell"}}, nil); status == http.StatusOK {
				t.Error("words without end are taken in")
			}
		case 2:
			if status, _, _ := s.send(t, s.anonymous+"/", url.Values{"ticket": {s.ticket(t)}, "words": {c}, "act": {c}, "day": {c}, "chosen": {c}, "do": {"tell"}}, nil); status != http.StatusUnprocessableEntity {
				t.Errorf("an act that is none: %d", status)
			}
		case 3:
			if status, body, _ := s.send(t, s.anonymous+"/state", url.Values{"code": {c}, "do": {"forget"}}, nil); status != http.StatusOK || strings.Contains(body, c) {
				t.Errorf("a code that is none: %d", status)
			}
		}
	}
}

// firstSealed takes one seal out of the vault, as an officer does.
func firstSealed(t *testing.T, dir string) string {
	t.Helper()
	name, _, _ := strings.Cut(mustRun(t, "vault", "list", "--data", dir), " ")
	sealed := mustRun(t, "vault", "reveal", "--data", dir, "--by", "amal", name)
	if out := mustRun(t, "vault", "list", "--data", dir); !strings.Contains(out, "given to amal") {
		t.Errorf("the reading is not listed: %s", out)
	}
	return writeFile(t, sealed)
}
