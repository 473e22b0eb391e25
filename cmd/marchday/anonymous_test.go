package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	return answered(t, http.DefaultClient, req)
}

// answered sends a request and reads the whole answer.
func answered(t *testing.T, client *http.Client, req *http.Request) (int, string, http.Header) {
	t.Helper()
	res, err := client.Do(req)
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

// leaksInFiles looks into every file below a folder, but for those named.
func leaksInFiles(t *testing.T, dir string, all []string, but ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(but, name) {
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
	called := call(t, s, all)
	original := filepath.Join(h.dir, showTo(t, s, all))
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
	leaksInFiles(t, h.dir, all, original)

	s = serveApart(t, h.dir) // twenty wait: they go on the record together
	pages := &process{t: t, url: s.pages, out: s.out, errs: s.errs}
	pages.await("they are on the record", func() bool { return pages.heads().Size >= int64(22+called) })
	for i, code := range codes {
		status, body, _ := s.send(t, s.anonymous+"/state", url.Values{"code": {code}, "do": {"look"}}, nil)
		if status != http.StatusOK || !strings.Contains(body, "on the record") {
			t.Errorf("report %d: %d, not on the record", i, status)
		}
	}
	for _, path := range []string{"/", "/incidents", "/intake", "/record", "/record/5", "/record/20/proof", "/offices", "/api/statements", "/api/incidents", "/api/changes", "/api/heads", "/api/counts", "/api/series", "/tile/entries/000.p/21", "/incidents?f=csv", "/record?f=csv", "/docket", "/talks", "/territory", "/access", "/bulletins", "/exhibits", "/offices", "/api/told"} {
		_, body := pages.get(path)
		leaks(t, path, []byte(body), all)
	}
	d := logIn(t, s, "desk")
	for n := range pages.heads().Size { // also what the co-chairs' circle reads
		for _, path := range []string{"/record/%d", "/record/%d/envelope", "/intake/%d", "/exhibits/%d", "/exhibits/%d/copy", "/api/statements/%d"} {
			_, body := d.get(t, fmt.Sprintf(path, n))
			leaks(t, fmt.Sprintf(path, n), []byte(body), all)
		}
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
	leaksInFiles(t, h.dir, append(slices.Clone(all), deskPassword), original)
	opened := mustRun(t, "vault", "open", "--identity", id, sealed) // the test can find what it looks for
	if !strings.Contains(opened, "Zubayda") {
		t.Errorf("the recipient reads %q", opened)
	}
}

// An officer is a browser without scripts, with the cookies of a log-in.
type officer struct {
	*http.Client
	pages string
}

// deskPassword is a secret too: no file or page may hold it.
const deskPassword = "Quirinal-Xylem-77-passphrase"

// logIn logs an account of an office in, which it makes the first time.
func logIn(t *testing.T, s *servedCentre, office string) officer {
	t.Helper()
	dir := ""
	for i, a := range s.cmd.Args {
		if a == "--data" {
			dir = s.cmd.Args[i+1]
		}
	}
	var out, errs bytes.Buffer
	run(t.Context(), []string{"account", "add", "amal", "--office", office, "--data", dir}, strings.NewReader(deskPassword+"\n"), &out, &errs, time.Now)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := officer{&http.Client{Jar: jar}, s.pages}
	if status, body := o.post(t, "/login", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"name": {"amal"}, "password": {deskPassword}}.Encode())); status != http.StatusOK {
		t.Fatalf("log in: %d %s %s", status, errs.String(), body)
	}
	return o
}

func (o officer) post(t *testing.T, path, kind string, body io.Reader) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.pages+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return o.do(t, req)
}

func (o officer) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.pages+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o.do(t, req)
}

func (o officer) do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	code, body, _ := answered(t, o.Client, req)
	return code, body
}

var onceField = regexp.MustCompile(`name="once" value="([A-Z2-7]{26})"`)

// call takes all canaries in by the hotline form that has a part in confidence,
// also with faults, and returns how many calls went on the record.
func call(t *testing.T, s *servedCentre, all []string) (n int) {
	t.Helper()
	o := logIn(t, s, "desk")
	for i := 0; i < len(all); i += 4 {
		_, page := o.get(t, "/intake/hotline?lang=en")
		once := onceField.FindStringSubmatch(page)
		if once == nil {
			t.Fatalf("the form has no part in confidence: %.300s", page)
		}
		form := url.Values{"place": {"Homs"}, "act": {"shelling"}, "day": {time.Now().UTC().AddDate(0, 0, -2).Format(time.DateOnly)}, "confidential": {"district"}, "once": {once[1]},
			"caller": {all[i]}, "contact": {all[i+1]}, "words": {all[i+2] + " and " + all[i+3]}, "consent": {"keep"}, "do": {"look"}}
		send := func() (int, string) {
			return o.post(t, "/intake/hotline", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
		}
		_, look := send()
		chosen := regexp.MustCompile(`name="chosen" value="([^"]+)"`).FindStringSubmatch(look)
		if chosen == nil {
			chosen = regexp.MustCompile(`name="chosen">(?s:.*?)<option value="([^"]+)"`).FindStringSubmatch(look)
		}
		if chosen == nil {
			t.Fatalf("no place is read back: %.2000s", look)
		}
		form.Set("do", "file")
		form.Set("chosen", chosen[1])
		for _, fault := range []string{"act", "day", "consent", "killed"} { // its page is for the operator alone, the log is not
			good := form.Get(fault)
			form.Set(fault, "x"+all[i])
			if status, _ := send(); status == http.StatusOK && fault != "consent" {
				t.Errorf("a call with a wrong %s is filed", fault)
			}
			form.Set(fault, good)
		}
		status, page := send()
		if status != http.StatusOK || strings.Contains(page, `class="fault"`) {
			t.Fatalf("call %d: %d %.2000s", i/4, status, page)
		}
		leaks(t, "the receipt of a call", []byte(page), all)
		n++
	}
	return n
}

// showTo uploads a photograph whose file's name and hidden parts are canaries.
// It returns the path of the one file below the folder that may hold them.
func showTo(t *testing.T, s *servedCentre, all []string) string {
	t.Helper()
	var plain, file, sent bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	file.Write(plain.Bytes()[:2])
	for i, c := range all { // comments, Exif, XMP, IPTC: wherever a camera or a phone writes
		part := []string{c, "Exif\x00\x00" + c, "http://ns.adobe.com/xap/1.0/\x00" + c, "Photoshop 3.0\x00" + c}[i%4]
		file.Write([]byte{0xff, []byte{0xfe, 0xe1, 0xe1, 0xed}[i%4], byte((len(part) + 2) >> 8), byte(len(part) + 2)})
		file.WriteString(part)
	}
	file.Write(plain.Bytes()[2:])
	file.WriteString(strings.Join(all, "\n")) // and behind the picture
	m := multipart.NewWriter(&sent)
	part, err := m.CreateFormFile("file", all[0]+".jpg")
	if err == nil {
		_, err = part.Write(file.Bytes())
	}
	if err := errors.Join(err, m.WriteField("marking", "green"), m.Close()); err != nil {
		t.Fatal(err)
	}
	o := logIn(t, s, "desk")
	if status, page := o.post(t, "/exhibits", m.FormDataContentType(), &sent); status != http.StatusOK || !strings.Contains(page, "/copy") {
		t.Fatalf("upload: %d %.2000s", status, page)
	}
	sum := sha256.Sum256(file.Bytes())
	name := hex.EncodeToString(sum[:])
	return filepath.Join("blobs", "exhibit", name[:2], name)
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
