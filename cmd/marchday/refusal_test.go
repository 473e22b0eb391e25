package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/truce"
)

// zeros reads as so many bytes of text.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	z.left -= n
	return int(n), nil
}

// TestWhatIsRefusedIsRefusedWithPlaceAndRemedy sends what no centre may take,
// and looks that nothing of it is stored.
func TestWhatIsRefusedIsRefusedWithPlaceAndRemedy(t *testing.T) {
	dir := demoCopy(t)
	tmp := t.TempDir()
	file := func(name, text string) string {
		f := filepath.Join(tmp, name)
		if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}
	sealed := func(origin string, office truce.OfficeID, key truce.Key, body truce.Body) string {
		e, err := truce.Seal(truce.NewStatement(origin, "founding", office, "", 1_462_000_000, body), key)
		if err != nil {
			t.Fatal(err)
		}
		return string(e.Bytes())
	}
	desk := demoKey("desk", truce.OfficeKey)
	report := &truce.Report{Channel: "field", Text: "seen"}
	good := sealed(demoOrigin, "desk", desk, report)
	forged := strings.Replace(good, good[len(good)-60:len(good)-56], "AAAA", 1)
	before := mustRun(t, "verify", dir)
	for _, c := range []struct {
		name string
		args []string
		in   io.Reader
		code int
		says []string
	}{
		{"malformed JSONL", []string{"import", "jsonl", file("a.jsonl", "{\"channel\":\n"), "--data", dir}, nil, exitWrong, []string{"refused"}},
		{"an unknown field", []string{"import", "jsonl", file("b.jsonl", `{"channel":"field","txt":"x"}`+"\n"), "--data", dir}, nil, exitWrong, []string{"refused"}},
		{"duplicate keys", []string{"import", "jsonl", file("c.jsonl", `{"channel":"field","text":"x","text":"y"}`+"\n"), "--data", dir}, nil, exitWrong, []string{"refused"}},
		{"invalid UTF-8", []string{"import", "jsonl", file("d.jsonl", "{\"channel\":\"field\",\"text\":\"\xff\"}\n"), "--data", dir}, nil, exitWrong, []string{"refused"}},
		{"a dateline that is no date", []string{"import", "article", file("e.txt", strings.Repeat("Shells fell on the mill near Tolma on Monday. ", 9)), "--dateline", "2016-13-40", "--data", dir}, nil, exitUsage, []string{"2016-13-40", "2016-05-05"}},
		{"an article without a text", []string{"import", "article", file("f.html", "<html><body>Log in</body></html>"), "--data", dir}, nil, exitWrong, []string{"twenty words", "f.html"}},
		{"an unknown column", []string{"import", "csv", file("g.csv", "event_id_cnty,event_date,colour\nX1,2016-05-03,red\n"), "--layout", "acled", "--data", dir}, nil, exitWrong, []string{"g.csv", "column"}},
		{"a body of 200 MB", []string{"import", "article", "-", "--data", dir}, &zeros{200 << 20}, exitWrong, []string{"limit", "nothing was taken in"}},
		{"a file that is not there", []string{"import", "article", filepath.Join(tmp, "none.txt"), "--data", dir}, nil, exitUsage, []string{"none.txt"}},
		{"a statement over the limit", []string{"submit", file("h.dsse", strings.Repeat("x", 70_000)), "--data", dir}, nil, exitWrong, []string{"limit"}},
		{"a forged signature", []string{"submit", file("i.dsse", forged), "--data", dir}, nil, exitWrong, []string{"signature"}},
		{"an office beyond its role", []string{"submit", file("j.dsse", sealed(demoOrigin, "desk", desk, &truce.Round{ID: "x", Name: []truce.Text{{Lang: "en", Text: "x"}}})), "--data", dir}, nil, exitWrong, []string{"role"}},
		{"a statement for another origin", []string{"submit", file("k.dsse", sealed("real.example/log", "desk", desk, report)), "--data", dir}, nil, exitWrong, []string{"real.example/log", demoOrigin}},
		{"a folder that holds no centre", []string{"replay", "--data", tmp}, nil, exitUsage, []string{"marchday init"}},
		{"an unknown flag", []string{"demo", "--nope"}, nil, exitUsage, []string{"--nope"}},
		{"the demo on an address that others reach", []string{"demo", "--addr", "0.0.0.0:8080"}, nil, exitUsage, []string{"127.0.0.1"}},
		{"the demo served as a real centre", []string{"serve", "--data", dir}, nil, exitUsage, []string{"public"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			in := c.in
			if in == nil {
				in = strings.NewReader("")
			}
			code := run(t.Context(), c.args, in, &out, &errs, time.Now)
			if code != c.code {
				t.Errorf("exit %d, not %d: %s", code, c.code, errs.String())
			}
			for _, word := range c.says {
				if !strings.Contains(errs.String()+out.String(), word) {
					t.Errorf("does not say %q: %s", word, errs.String())
				}
			}
		})
	}
	if after := mustRun(t, "verify", dir); after != before {
		t.Errorf("something was stored:\n%s%s", before, after)
	}
}

// TestNothingSaidInTheDemoIsTakenByARealCentre founds a centre and hands it a
// demo's statement.
func TestNothingSaidInTheDemoIsTakenByARealCentre(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "drill")
	mustRun(t, "init", "--data", dir, "--origin", "drill.example/log", "--dossier", "syria-2016", "--mode", "exercise")
	e, err := truce.Seal(truce.NewStatement(demoOrigin, "founding", "desk", "", 1_462_000_000, &truce.Report{Channel: "field", Text: "seen"}), demoKey("desk", truce.OfficeKey))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "s.dsse")
	if err := os.WriteFile(file, e.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := command(t, "submit", file, "--data", dir)
	if code != exitWrong || !strings.Contains(errs, "not known here") && !strings.Contains(errs, "this centre is") {
		t.Errorf("exit %d: %s", code, errs)
	}
	// a report signed by the office's own key is taken, and the same again is the same
	body := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(body, []byte(`{"channel":"field","text":"Patrol saw nothing."}`), 0o600); err != nil {
		t.Fatal(err)
	}
	signed := mustRun(t, "sign", "--key", filepath.Join(dir, "offline", "us-office.pem"), "--origin", "drill.example/log", "--regime", "founding", "--office", "us", "--kind", "report", "--made-at", "2026-01-02T03:04:05Z", body)
	if err := os.WriteFile(file, []byte(signed), 0o600); err != nil {
		t.Fatal(err)
	}
	first := mustRun(t, "submit", file, "--data", dir)
	again := mustRun(t, "submit", file, "--data", dir)
	if strings.Replace(again, `"duplicate":true`, `"duplicate":false`, 1) != first {
		t.Errorf("first %s then %s", first, again)
	}
}
