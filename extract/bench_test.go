package extract

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/marchday/marchday/gazetteer"
)

// wikipedia are the articles of an encyclopedia that are measured on.
var wikipedia = []string{
	"2016_aleppo_summer_campaign.md", "2016_southern_aleppo_campaign.md", "belligerents_in_the_syrian_civil_war.md", "control_of_cities_during_the_syrian_civil_war.md", "list_of_massacres_during_the_syrian_civil_war.md",
	"northern_aleppo_offensive_march-june_2016.md", "palmyra_offensive_march_2016.md", "syrian-turkish_border_clashes_during_the_syrian_civil_war.md", "syrian_civil_war_ceasefires.md",
}

// articleBytes is the size of an article by which speed is told.
const articleBytes = 3000

// articles makes articles of 3 kB of the annotated texts of one language.
func articles(b *testing.B, lang string) []string {
	b.Helper()
	files, err := filepath.Glob("testdata/annotated/" + lang + "*.txt")
	if err != nil || len(files) == 0 {
		b.Fatal(files, err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		all.WriteString(strings.SplitN(string(text), "---\n", 3)[1] + "\n")
	}
	var out []string
	s := strings.Repeat(all.String(), 1+16*articleBytes/all.Len())
	for len(s) > articleBytes {
		n := articleBytes + strings.IndexAny(s[articleBytes:], ".\n") + 1
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// roundBytes is how much text is read between two looks at the clock.
const roundBytes = 400_000

// measureTexts reads texts; before, if given, is called before each round of
// them and not counted. Reported: bytes and texts per second of processor time,
// collection of garbage included, of all rounds and of the best, which says what
// the work costs where other work shares the core.
func measureTexts(b *testing.B, e *Engine, lang string, texts []string, before func()) {
	b.Helper()
	b.ReportAllocs()
	day := e.dayStart(parseDay("2031-09-16"))
	size, n, used, best, bytes := 0, 0, 0.0, 0.0, 0
	begin := cpu(b)
	for b.Loop() {
		t := texts[n%len(texts)]
		e.Claims(Doc{Text: t, Lang: lang, Date: day})
		n, size, bytes = n+1, size+len(t), bytes+len(t)
		if bytes >= roundBytes {
			took := cpu(b) - begin
			used, best, bytes = used+took, max(best, float64(bytes)/1e6/took), 0
			if before != nil {
				before()
			}
			begin = cpu(b)
		}
	}
	used += cpu(b) - begin
	b.ReportMetric(float64(size)/1e6/used, "MB/cpu-s")
	b.ReportMetric(float64(n)/used, "texts/cpu-s")
	if best > 0 {
		b.ReportMetric(best, "best-MB/cpu-s")
		b.ReportMetric(best*1e6*float64(n)/float64(size), "best-texts/cpu-s")
	}
}

// BenchmarkArticles reads articles of 3 kB in which every sentence claims
// something: the hardest case.
func BenchmarkArticles(b *testing.B) {
	e := dossierEngine(b)
	for _, lang := range []string{"en", "ar", "ru"} {
		b.Run(lang, func(b *testing.B) { measureTexts(b, e, lang, articles(b, lang), nil) })
	}
}

// BenchmarkNews reads the texts of the MUC-4 development split, news as it
// comes, and articles of an encyclopedia. Of the news, first-seen is read by an
// engine that remembers no name.
func BenchmarkNews(b *testing.B) {
	e := dossierEngine(b)
	b.Run("muc4", func(b *testing.B) {
		var texts []string
		for line := range bytes.Lines(shared(b, "data/muc4/dev.jsonl")) {
			var d mucDoc
			if err := json.Unmarshal(line, &d); err != nil {
				b.Fatal(err)
			}
			texts = append(texts, d.Text)
		}
		b.Run("again", func(b *testing.B) { measureTexts(b, e, "en", texts, nil) })
		b.Run("first-seen", func(b *testing.B) {
			measureTexts(b, e, "en", texts, func() { *e = *engineOf(e.dict, Options{Gazetteer: e.places, Zone: e.zone}) })
		})
	})
	b.Run("wikipedia", func(b *testing.B) {
		var texts []string
		for _, name := range wikipedia {
			s := string(shared(b, "data/wikipedia-syria/"+name))
			for len(s) > articleBytes {
				n := articleBytes + max(0, strings.IndexByte(s[articleBytes:], '\n'))
				texts = append(texts, s[:n])
				s = s[n:]
			}
		}
		measureTexts(b, e, "en", texts, nil)
	})
}

// BenchmarkLoad loads the world's places, the founding dossier's and all
// dictionaries. Reported: what stays in memory.
func BenchmarkLoad(b *testing.B) {
	var kept *Engine
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin, n := cpu(b), 0
	for b.Loop() {
		n++
		g, err := gazetteer.Load(gazetteer.World(), os.DirFS("../dossiers/syria-2016"))
		if err != nil {
			b.Fatal(err)
		}
		if kept, err = New(Options{Gazetteer: g, Dictionaries: []fs.FS{os.DirFS("../dossiers/syria-2016/dict")}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu(b)-begin)*1000/float64(n), "cpu-ms/load")
	runtime.GC()
	runtime.ReadMemStats(&after)
	_, names := kept.places.Len()
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-resident")
	b.ReportMetric(float64(names), "names")
	runtime.KeepAlive(kept)
}
