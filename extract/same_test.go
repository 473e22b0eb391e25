package extract

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/marchday/marchday/truce"
)

// measuredTexts are the texts of one set that the output is compared on.
type measuredTexts struct {
	name string
	read func(*testing.T) []Doc
}

// measuredSets are all sets that anything here is measured on.
func measuredSets(e *Engine) []measuredTexts {
	day := e.dayStart(parseDay("2031-09-16"))
	return []measuredTexts{
		{name: "annotated texts", read: func(t *testing.T) (out []Doc) {
			for _, g := range readGold(t) {
				out = append(out, Doc{Text: g.text, Lang: g.lang, Date: e.dayStart(parseDay(g.date)), Publisher: g.publisher})
			}
			return out
		}},
		{name: "tests of the dictionaries", read: func(*testing.T) (out []Doc) {
			for _, x := range e.dict.tests {
				out = append(out, Doc{Text: x.input, Lang: x.lang, Date: e.dayStart(parseDay(x.date))})
			}
			return out
		}},
		{name: "MUC-4", read: func(t *testing.T) (out []Doc) {
			for _, f := range []string{"train.jsonl", "dev.jsonl"} {
				for line := range bytes.Lines(shared(t, "data/muc4/"+f)) {
					var d mucDoc
					if err := json.Unmarshal(line, &d); err != nil {
						t.Fatal(err)
					}
					out = append(out, Doc{Text: d.Text, Lang: "en", Date: day}, Doc{Text: strings.ToUpper(d.Text)})
				}
			}
			return out
		}},
		{name: "encyclopedia", read: func(t *testing.T) (out []Doc) {
			for _, f := range wikipedia {
				s := string(shared(t, "data/wikipedia-syria/"+f))
				out = append(out, Doc{Text: s, Date: day}, Doc{Text: strings.ToLower(s), Lang: "en", Date: day})
				for len(s) > articleBytes {
					n := articleBytes + max(0, strings.IndexByte(s[articleBytes:], '\n'))
					out = append(out, Doc{Text: s[:n], Lang: "en", Date: day})
					s = s[n:]
				}
			}
			return out
		}},
		{name: "Airwars", read: func(t *testing.T) (out []Doc) {
			for line := range bytes.Lines(shared(t, "data/incident-linking-airwars/reports.jsonl")) {
				var r struct{ Lang, Text string }
				if err := json.Unmarshal(line, &r); err != nil {
					t.Fatal(err)
				}
				out = append(out, Doc{Text: r.Text, Lang: r.Lang}, Doc{Text: r.Text, Date: day})
			}
			return out
		}},
		{name: "GeoVirus", read: func(t *testing.T) (out []Doc) {
			var set struct {
				Articles []struct {
					Text string `xml:"text"`
				} `xml:"article"`
			}
			if err := xml.Unmarshal(shared(t, "data/geoparsing/GeoVirus.xml"), &set); err != nil {
				t.Fatal(err)
			}
			for _, a := range set.Articles {
				out = append(out, Doc{Text: a.Text, Lang: "en"})
			}
			return out
		}},
	}
}

// TestOutputDigests prints, of every set, what its output digests to: claims as
// they are and as they are published, rules included. Whoever makes the engine
// faster compares the digests before and after: with DIGESTS=FOLDER it reads all
// texts, else one of ten, and writes the digest of each. Workers of any number
// give the same.
func TestOutputDigests(t *testing.T) {
	dir := os.Getenv("DIGESTS")
	e := dossierEngine(t)
	for _, set := range measuredSets(e) {
		t.Run(set.name, func(t *testing.T) {
			docs := set.read(t)
			if dir == "" {
				docs = docs[:max(1, len(docs)/10)]
			}
			one := digestOf(e, docs, 1)
			eight := digestOf(engineOf(e.dict, Options{Gazetteer: e.places, Zone: e.zone}), docs, 8)
			t.Logf("%d texts: %s", len(docs), truce.DigestOf([]byte(strings.Join(one, ""))))
			if dir != "" { // one line a text, to find the one that differs
				if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(set.name, " ", "-")), []byte(strings.Join(one, "\n")), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for n := range one {
				if one[n] != eight[n] {
					t.Fatalf("text %d: eight workers give another output than one", n)
				}
			}
		})
	}
}

// digestOf reads texts with a number of workers.
func digestOf(e *Engine, docs []Doc, workers int) []string {
	out := make([]string, len(docs))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := w; n < len(docs); n += workers {
				claims, err := json.Marshal(e.Claims(docs[n]))
				if err != nil {
					panic(err)
				}
				doc, err := json.Marshal(e.Document(docs[n], "", true))
				if err != nil {
					panic(err)
				}
				out[n] = truce.DigestOf(append(claims, doc...)).String()
			}
		})
	}
	wg.Wait()
	return out
}
