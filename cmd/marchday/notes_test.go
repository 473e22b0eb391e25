package main

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/truce"
)

// asBrowser sends a form as a browser without scripts does.
func asBrowser(t *testing.T, to string, form url.Values) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	code, body, _ := answered(t, http.DefaultClient, r)
	return code, body
}

// TestAnOfficesNotesStayOnItsOwnMirror writes private notes on a mirror by every
// way there is, lets the centre and another mirror run on, exports, and looks for
// a byte of them anywhere but in the one file that they live in.
func TestAnOfficesNotesStayOnItsOwnMirror(t *testing.T) {
	h := foundCentre(t)
	token := writeFile(t, testToken+"\n")
	addr := freeAddr(t)
	dir, line := newMirror(t, h, "us-copy", "http://"+addr)
	policy := writeFile(t, "log "+h.LogKey+"\n"+line+"group mirrors any us-copy\nquorum none\n")
	c := start(t, "serve", "--data", h.dir, "--policy", policy, "--mirror-token", token, "--addr", "127.0.0.1:0", "--alone")
	key, err := readKey(filepath.Join(h.dir, "keys", "desk-desk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := truce.Seal(truce.NewStatement(h.Origin, h.Regime, "desk", "test", truce.At(time.Now()), &truce.Report{
		Channel: "field", Publisher: "desk", Marking: truce.Green,
		Claims: []truce.Claim{{Event: "shelling", Stance: truce.Stated, Where: []truce.Where{{Name: "the market"}}, When: truce.When{From: 1_462_400_000, To: 1_462_400_600, Precision: truce.ToMinute}}},
	}), truce.Key(key))
	if err != nil {
		t.Fatal(err)
	}
	c.file(e)
	c.await("logged", func() bool { return c.standing(e).Level == 2 })
	m := start(t, "mirror", c.url, "--data", dir, "--token", token, "--mirror-token", token, "--addr", addr, "--every", "100ms", "--as", "us")
	m.await("the mirror follows", func() bool { code, _ := m.get("/record/1"); return code == http.StatusOK })

	said := []string{"canary-quaver-on-the-incident", "canary-minim-on-the-entry", "canary-breve-by-the-command", "canary-lost-and-erased"}
	_, list := m.get("/incidents")
	incident := regexp.MustCompile(`href="/incidents/(S1@\d+)"`).FindStringSubmatch(list)
	if incident == nil {
		t.Fatal("the mirror shows no incident")
	}
	for about, text := range map[string]string{incident[1]: said[0], "S1": said[1], "": said[3]} {
		if code, page := asBrowser(t, m.url+"/notes", url.Values{"about": {about}, "note": {text}}); code != http.StatusOK || !strings.Contains(page, text) {
			t.Errorf("a note about %q: %d", about, code)
		}
	}
	mustRun(t, "notes", "add", "--data", dir, "--about", incident[1], said[2])
	for at, want := range map[string][]string{"/incidents/" + incident[1]: {said[0], said[2]}, "/record/1": {said[1]}, "/notes": said} {
		_, page := m.get(at)
		for _, text := range said {
			shown := false
			for _, w := range want {
				shown = shown || w == text
			}
			if strings.Contains(page, text) != shown {
				t.Errorf("%s shows %s: %v, want %v", at, text, !shown, shown)
			}
		}
		if !strings.Contains(html.UnescapeString(page), `data-level="TLP:AMBER+STRICT"`) {
			t.Errorf("%s does not say that it is for this office alone", at)
		}
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[id[1]] {
				t.Errorf("%s: two elements are called %q", at, id[1])
			}
			ids[id[1]] = true
		}
	}
	number := regexp.MustCompile(`(?m)^(\d+) .*canary-lost`).FindStringSubmatch(mustRun(t, "notes", "--data", dir))
	if number == nil {
		t.Fatal("the command does not list the notes")
	}
	mustRun(t, "notes", "erase", "--data", dir, number[1])
	if b, err := os.ReadFile(filepath.Join(dir, "notes.db")); err != nil || strings.Contains(string(b), said[3]) || !strings.Contains(string(b), said[0]) {
		t.Errorf("what was erased is in the file still, or all is gone (%v)", err)
	}

	last := report(t, h, "desk", "And one more.")
	c.file(last)
	c.await("level 4", func() bool { return c.standing(last).Level == 4 })
	other, _ := newMirror(t, h, "ru-copy", "http://unused")
	mustRun(t, "mirror", m.url, "--data", other, "--token", token, "--once") // a copy of the copy
	bundle, restored := filepath.Join(t.TempDir(), "b.tar"), filepath.Join(t.TempDir(), "rest.tar")
	for _, path := range []string{"/api/changes", "/api/incidents", "/api/statements", "/api/heads", "/record?f=csv", "/incidents?f=csv", "/incidents.geojson", "/checkpoint"} {
		_, body := m.get(path)
		leaks(t, "the mirror's "+path, []byte(body), said)
	}
	leaks(t, "the mirror's log", []byte(m.errs.String()+m.out.String()), said)
	leaks(t, "the centre's log", []byte(c.errs.String()+c.out.String()), said)
	m.stop()
	public := start(t, "mirror", c.url, "--data", dir, "--token", token, "--addr", "127.0.0.1:0", "--every", "1h")
	for _, path := range []string{"/notes", "/record/1", "/incidents/" + incident[1]} {
		_, body := public.get(path)
		leaks(t, "what the mirror shows the public at "+path, []byte(body), said)
	}
	if code, _ := asBrowser(t, public.url+"/notes", url.Values{"note": {"x"}}); code != http.StatusNotFound {
		t.Errorf("the public writes a note: %d", code)
	}
	public.stop()
	c.stop()
	mustRun(t, "export", "--data", dir, "-o", bundle)
	mustRun(t, "export", "--data", h.dir, "--since", "1", "-o", restored)
	for _, file := range []string{bundle, restored} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		leaks(t, file, b, said)
	}
	leaksInFiles(t, h.dir, said)
	leaksInFiles(t, other, said)
	if err := os.Rename(filepath.Join(dir, "notes.db"), filepath.Join(t.TempDir(), "notes.db")); err != nil {
		t.Fatal(err)
	}
	leaksInFiles(t, dir, said) // nor in any other file of the mirror itself
	if code, _, errs := command(t, "notes", "add", "--data", h.dir, "x"); code != exitUsage || !strings.Contains(errs, "own mirror") {
		t.Errorf("a note at the centre: exit %d %s", code, errs)
	}
}
