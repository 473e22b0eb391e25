package main

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// cutText is one sentence of the Record page about a centre that cannot be
// reached.
func cutText(t *testing.T, key string) string {
	t.Helper()
	b, err := os.ReadFile("../../web/catalogue/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if all[key] == "" {
		t.Fatalf("the catalogue has no %s", key)
	}
	return all[key]
}

// TestGenevaIsCutOffForADay does, with the centre gone, each thing that the
// Record page says that each side may still do, and nothing that it says nobody
// may; then the link returns.
func TestGenevaIsCutOffForADay(t *testing.T) {
	h := foundCentre(t)
	addr, centreAddr := freeAddr(t), freeAddr(t)
	mirrorDir, mirrorLine := newMirror(t, h, "us-copy", "http://"+addr)
	w, line := startWitness(t, t.TempDir(), "ru-1", h.LogKey, "127.0.0.1:0")
	policy := writeFile(t, "log "+h.LogKey+"\n"+line+mirrorLine+"group mirrors any us-copy\ngroup joint all ru-1\nquorum joint\n")
	token := writeFile(t, testToken+"\n")
	tablet := filepath.Join(t.TempDir(), "tablet")
	act := mustRun(t, "field", "init", "--data", tablet, "--name", "tablet-7.example.org", "--log", h.LogKey, "--regime", string(h.Regime), "--office", "us", "--url", "http://"+centreAddr)
	serve := func() *process {
		t.Helper()
		return start(t, "serve", "--data", h.dir, "--policy", policy, "--token", token, "--mirror-token", token, "--addr", centreAddr)
	}
	c := serve()
	m := start(t, "mirror", c.url, "--data", mirrorDir, "--token", token, "--policy", policy, "--mirror-token", token, "--addr", addr, "--every", "200ms")
	last := grantDevice(t, h, act)
	c.file(last)
	c.await("cosigned and mirrored", func() bool { s := c.standing(last); return s.Cosigned && s.Mirrored })
	c.stop() // Geneva is cut off

	_, page := m.get("/record?lang=en")
	for _, key := range []string{"heads.cut_lede", "heads.cut_mirror", "heads.cut_field", "heads.cut_sign", "heads.cut_witness", "heads.cut_not"} {
		if !strings.Contains(html.UnescapeString(page), cutText(t, key)) {
			t.Errorf("the mirror's Record page does not say %s", key)
		}
	}
	for _, path := range []string{"/", "/incidents", "/docket", "/regime", "/record/1"} { // cut_mirror
		if code, _ := m.get(path); code != 200 {
			t.Errorf("the mirror's %s: %d", path, code)
		}
	}
	if out := mustRun(t, "field", "file", "--data", tablet, fieldReport(t, 1)); !strings.Contains(out, "stored, level 0") { // cut_field
		t.Errorf("the field device: %s", out)
	}
	if code, _, _ := command(t, "field", "sync", "--data", tablet); code == exitFine {
		t.Error("the field device reaches a centre that is cut off")
	}
	body := writeFile(t, `{"channel":"field","publisher":"us","text":"Signed while the centre was away.","lang":"en","marking":"green"}`)
	signed := mustRun(t, "sign", "--key", filepath.Join(h.dir, "offline", "us-office.pem"), "--origin", h.Origin, "--regime", string(h.Regime), "--office", "us", "--kind", "report", body) // cut_sign
	forked := headOfFork(t, h)                                                                                                                                                              // cut_witness
	if status, _, err := newCaller("").Post(t.Context(), w.url, forked); err != nil || status < 400 {
		t.Errorf("the witness cosigns another history: %d %v", status, err)
	}
	for what, e := range map[string]truce.Envelope{"a report": report(t, h, "desk", "Said to a copy."), "a key": grantDevice(t, h, act)} { // cut_not
		if _, err := post(t.Context(), m.url, e.Bytes()); err == nil {
			t.Errorf("the mirror continues the record with %s", what)
		}
	}
	if code, _, _ := command(t, "serve", "--data", mirrorDir, "--addr", "127.0.0.1:0"); code == exitFine {
		t.Error("a copy is served as the centre")
	}

	c = serve() // the link returns
	mustRun(t, "submit", "--url", c.url, writeFile(t, signed))
	mustRun(t, "field", "sync", "--data", tablet)
	c.await("all is cosigned again", func() bool { x := c.heads(); return x.Size == 4 && x.Cosigned != nil && x.Cosigned.Size == 4 })
	m.await("the mirror has all of it", func() bool { return m.heads().Size == 4 })
	c.await("level 4 for the device", func() bool {
		_, out, _ := command(t, "field", "sync", "--data", tablet)
		return strings.Contains(out, "level 4") && strings.Contains(out, "0 of 1 have not")
	})
}

// headOfFork asks for a cosignature of a history that leaves out what was
// cosigned.
func headOfFork(t *testing.T, h home) []byte {
	t.Helper()
	other := home{dir: copyDir(t, h.dir), Origin: h.Origin, Regime: h.Regime, LogKey: h.LogKey}
	c := start(t, "serve", "--data", other.dir, "--policy", writeFile(t, "log "+h.LogKey+"\nquorum none\n"), "--addr", "127.0.0.1:0")
	for range 2 {
		c.file(report(t, other, "desk", "Another history."))
	}
	c.await("signed", func() bool { x := c.heads(); return x.Signed.Size == x.Size })
	_, note := c.get("/checkpoint")
	c.stop()
	return []byte("old 2\n\n" + note)
}
