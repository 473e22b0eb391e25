package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/truce"
)

func marchday(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &o, &e, func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) })
	return code, o.String(), e.String()
}

// The founding case's bulletin of 5 May 2016, from the built dossier.
func TestReportOfTheFoundingCase(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the whole dossier")
	}
	data := filepath.Join(t.TempDir(), "demo")
	if code, _, errs := marchday(t, "demo", "--no-serve", "--data", data); code != exitFine {
		t.Fatal(errs)
	}
	report := func(more ...string) []string {
		return append([]string{"report", "daily", "--data", data, "--date", "2016-05-05"}, more...)
	}
	t.Run("what must be shown", func(t *testing.T) {
		code, page, errs := marchday(t, report()...)
		if code != exitFine {
			t.Fatal(errs)
		}
		code, doc, errs := marchday(t, report("--format", "json")...)
		if code != exitFine {
			t.Fatal(errs)
		}
		if !strings.Contains(page, truce.DigestOf([]byte(doc)).String()) {
			t.Error("the page does not print the digest of the JSON edition")
		}
		var d struct {
			Spans []struct {
				Span, ClaimedBy struct{ ID string }
				Start           string
			}
			Incidents []struct {
				Agree bool `json:"readings_agree"`
				Acts  []struct{ Verdicts []struct{ Illustration bool } }
			}
			Docket struct {
				Open []struct {
					Incident struct {
						From, Object string
						Casualties   []struct {
							Kind      string
							Low, High int
							Lineages  []struct{ Older []json.RawMessage }
						}
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(doc), &d); err != nil {
			t.Fatal(err)
		}
		starts := map[string]string{}
		for _, s := range d.Spans {
			starts[s.Span.ID] = s.Start
		}
		for span, want := range map[string]string{"P4a": "2016-05-03T21:01:00Z", "P4b": "2016-05-04T22:00:00Z", "P4c": ""} {
			if got, shown := starts[span]; !shown || got != want {
				t.Errorf("calm %s: shown %v, start %q, want %q", span, shown, got, want)
			}
		}
		differ := false
		for _, i := range d.Incidents {
			for _, a := range i.Acts {
				for _, v := range a.Verdicts {
					differ = differ || !i.Agree && v.Illustration
				}
			}
		}
		if !differ {
			t.Error("no incident whose verdict differs by reading under a premise labelled as illustration")
		}
		found := false
		for _, c := range d.Docket.Open {
			for _, k := range c.Incident.Casualties {
				for _, l := range k.Lineages {
					found = found || c.Incident.Object == "hospital" && c.Incident.From[:7] == "2016-04" && k.Low < k.High && len(k.Lineages) > 1 && len(l.Older) > 0
				}
			}
		}
		if !found {
			t.Error("no open case of a hospital in April with a range, lineages and their history")
		}
	})
	t.Run("recomputed from the record it is equal", func(t *testing.T) {
		code, out, errs := marchday(t, report("--recompute")...)
		if code != exitFine || strings.Count(out, "equal ") != 6 {
			t.Errorf("code %d\n%s%s", code, out, errs)
		}
	})
	t.Run("a day that is not closed is made from the picture", func(t *testing.T) {
		code, out, errs := marchday(t, "report", "daily", "--data", data, "--date", "2017-01-01", "--format", "csv")
		if code != exitFine || !strings.HasPrefix(out, "day,from,to,unit_code") {
			t.Errorf("code %d: %s%s", code, out, errs)
		}
	})
	t.Run("an edition that there is none of", func(t *testing.T) {
		if code, _, errs := marchday(t, report("--edition", "9")...); code != exitWrong || !strings.Contains(errs, "has 1 editions") {
			t.Errorf("code %d: %s", code, errs)
		}
	})
	t.Run("a PDF by Chromium", func(t *testing.T) {
		if _, err := findChromium(""); err != nil {
			t.Skip("Chromium is not installed: the PDF edition is not checked")
		}
		text, err := exec.LookPath("pdftotext")
		if err != nil {
			t.Skip("pdftotext is not installed: the PDF edition is not checked")
		}
		file := filepath.Join(t.TempDir(), "b.pdf")
		args := report("--format", "pdf", "--lang", "ar", "--out", file)
		if os.Geteuid() == 0 {
			args = append(args, "--chromium-no-sandbox")
		}
		if code, _, errs := marchday(t, args...); code != exitFine || !strings.Contains(errs, "A PDF is not digested") {
			t.Fatalf("code %d: %s", code, errs)
		}
		words, err := exec.Command(text, file, "-").Output()
		if err != nil || !strings.Contains(string(words), "النشرة اليومية") {
			t.Errorf("the Arabic headline is not in the PDF: %v", err)
		}
	})
}

func TestReportSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"no day", "--date: say which day", []string{"daily"}},
		{"a format that is none", "--format", []string{"daily", "--date", "2016-05-05", "--format", "docx"}},
		{"a language without words", "no words in", []string{"daily", "--date", "2016-05-05", "--lang", "eo"}},
		{"an audience that is none", "--audience", []string{"daily", "--date", "2016-05-05", "--audience", "red"}},
		{"a joint edition recomputed", "only what the public may read", []string{"daily", "--date", "2016-05-05", "--audience", "amber", "--recompute"}},
		{"no centre", "holds no centre", []string{"daily", "--date", "2016-05-05", "--data", "nowhere"}},
		{"no sort of report", "say which", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, errs := marchday(t, append([]string{"report"}, c.args...)...)
			if code != exitUsage || !strings.Contains(errs, c.want) {
				t.Errorf("code %d: %s", code, errs)
			}
		})
	}
	if _, err := findChromium("no-such-browser"); err == nil || !strings.Contains(err.Error(), "use --format html") {
		t.Errorf("a Chromium that is not there: %v", err)
	}
}

func TestAnEditionThatDiffersIsNamed(t *testing.T) {
	doc := []byte("x")
	b := &truce.Bulletin{Day: "2016-05-05", Editions: []truce.Edition{{Format: "json", Digest: truce.DigestOf(doc)}, {Format: "csv", Digest: truce.DigestOf(doc)}, {Format: "html", Lang: "en", Digest: truce.DigestOf(doc)}}}
	var out bytes.Buffer
	err := compareEditions(&out, b, []bulletin.Edition{{Format: "json", Bytes: doc}, {Format: "csv", Bytes: []byte("y")}})
	if err == nil || !strings.Contains(err.Error(), "2 of 3") {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{"equal ", "differs ", "missing "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
