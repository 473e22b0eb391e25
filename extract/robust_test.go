package extract

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/marchday/marchday/truce"
)

// spansOf lists every span of a claim with the words that it is shown with.
func spansOf(c truce.Claim) map[string][]truce.Span {
	out := map[string][]truce.Span{}
	add := func(words string, s *truce.Span) {
		if s != nil {
			out[words] = append(out[words], *s)
		}
	}
	add("", c.Clause)
	add("", c.Trigger)
	add("", c.When.Span)
	for _, r := range slices.Concat(c.Actors, c.Targets, c.Weapons) {
		add(r.Text, r.Span)
	}
	for _, s := range c.Sources {
		add(s.Text, s.Span)
	}
	for _, k := range c.Casualties {
		add(k.Text, k.Span)
	}
	for _, w := range c.Where {
		add("", w.Span)
	}
	return out
}

// checkSpans holds what is true of the claims of any text whatsoever.
func checkSpans(t *testing.T, text string, claims []truce.Claim) {
	t.Helper()
	begins := make([]bool, len(text)+1) // a stray byte is a character of its own
	begins[len(text)] = true
	for i := range text {
		begins[i] = true
	}
	for _, c := range claims {
		if c.Clause == nil || c.Trigger == nil || !taxonomy.Has(c.Event) || c.Confidence < 0 || c.Confidence > 1000 {
			t.Fatalf("%s %q: a claim has a clause, a trigger, an act of the taxonomy and a confidence up to 1000: %+v", c.ID, c.Event, c)
		}
		for words, spans := range spansOf(c) {
			for _, s := range spans {
				if s.Start >= s.End || int(s.End) > len(text) {
					t.Fatalf("%s: span %d..%d of %d bytes", c.ID, s.Start, s.End, len(text))
				}
				if !begins[s.Start] || !begins[s.End] {
					t.Fatalf("%s: span %d..%d cuts a character", c.ID, s.Start, s.End)
				}
				if words != "" && text[s.Start:s.End] != words {
					t.Fatalf("%s: the words are %q, the span holds %q", c.ID, words, text[s.Start:s.End])
				}
			}
		}
	}
}

// seeds are texts of all sorts: the annotated ones, and what publishers and
// machines do to texts.
func seeds(t testing.TB) []string {
	files, err := filepath.Glob("testdata/annotated/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.SplitN(string(b), "---\n", 3)[1])
	}
	first := out[0]
	return append(out,
		"", " ", "\n\n\n", "\x00\x01\x02 killed \xff\xfe", "\xef\xbb\xbfShells hit Tolma.", first[:len(first)/2]+"\xc3", strings.ToUpper(first), strings.ToLower(first), strings.NewReplacer(".", "", ",", "", "“", "", "”", "", "\"", "").Replace(first),
		"\"He said “shells 'hit' Tolma\" and ”killed« six»", "“““““ killed six, he said", strings.Repeat("killed ", 500), strings.Repeat("(", 300)+"killed"+strings.Repeat(")", 300), strings.Repeat("Tolma, ", 300)+"was shelled.",
		"قُتِـلَ ١٢ مدنيًّا\u200f في طولما\u200e يوم ٣ أيار", "Обстрел Толмы: двое погибших — и ещё 3 ранены", "S\u0327hells hit Tolm\u0301a, killing e\u0301ight", "killed 99999999999999999999 people", "12 345 678 killed, -5 wounded, 3.5 dead, 1/2 killed", "…said that said that said that killed",
	)
}

func TestAnyTextGivesWholeSpansAndTheSameTwice(t *testing.T) {
	e := inventedEngine(t)
	for _, s := range seeds(t) {
		for _, lang := range []string{"", "en", "ar", "ru", "xx"} {
			d := Doc{Text: s, Lang: lang, Date: e.dayStart(parseDay("2031-09-16"))}
			claims := e.Claims(d)
			checkSpans(t, s, claims)
			a, _ := json.Marshal(e.Document(d, "x", true))
			b, _ := json.Marshal(e.Document(d, "x", true))
			if !bytes.Equal(a, b) {
				t.Fatalf("%.60q: two readings differ", s)
			}
		}
	}
}

func TestTextsAtHandNeverFail(t *testing.T) {
	e := dossierEngine(t)
	for _, name := range wikipedia {
		s := string(shared(t, "data/wikipedia-syria/"+name))
		checkSpans(t, s, e.Claims(Doc{Text: s, Date: e.dayStart(parseDay("2016-06-01"))}))
	}
}

func TestOrderAndCoresChangeNothing(t *testing.T) {
	texts := seeds(t)
	read := func(e *Engine, order []int, workers int) map[int]string {
		out := make([]string, len(texts))
		var wg sync.WaitGroup
		queue := make(chan int)
		for range workers {
			wg.Go(func() {
				for n := range queue {
					b, _ := json.Marshal(e.Document(Doc{Text: texts[n], Date: e.dayStart(parseDay("2031-09-16"))}, "x", true))
					out[n] = string(b)
				}
			})
		}
		for _, n := range order {
			queue <- n
		}
		close(queue)
		wg.Wait()
		m := map[int]string{}
		for n, s := range out {
			m[n] = s
		}
		return m
	}
	var forward, backward []int
	for n := range texts {
		forward, backward = append(forward, n), append([]int{n}, backward...)
	}
	want := read(inventedEngine(t), forward, 1)
	for _, workers := range []int{1, runtime.NumCPU(), 8} {
		for n, got := range read(inventedEngine(t), backward, workers) {
			if got != want[n] {
				t.Fatalf("text %d, backward with %d workers:\n%s\nforward with one:\n%s", n, workers, got, want[n])
			}
		}
	}
}

func TestFiveMegabytesOnOneLineAreReadInTime(t *testing.T) {
	e := inventedEngine(t)
	line := strings.ReplaceAll(seeds(t)[10], "\n", " ") // the first English one
	for name, s := range map[string]string{
		"sentences":      strings.Repeat(line, 5<<20/len(line)),
		"no punctuation": strings.Repeat("shells hit Tolma and killed six people she said ", 5<<20/48),
		"one word":       strings.Repeat("a", 5<<20),
		"quotes":         strings.Repeat("\"“ he said ", 5<<20/14),
		"numbers":        strings.Repeat("12 killed and ", 5<<20/14),
	} {
		begin := processTime(t)
		claims := e.Claims(Doc{Text: s, Lang: "en", Date: e.dayStart(parseDay("2031-09-16"))})
		used := processTime(t) - begin
		checkSpans(t, s, claims[:min(len(claims), 200)])
		const most = 60 * time.Second // a fifth of a megabyte a second, on a machine that is busy elsewhere
		if used > most {
			t.Errorf("%s: 5 MB took %v of processor time", name, used)
		}
		t.Logf("%-14s %7v, %d claims", name, used.Round(time.Millisecond), len(claims))
	}
}

// processTime is the processor time used so far.
func processTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// FuzzClaims reads anything in any language: no panic, whole spans, the same
// claims twice.
func FuzzClaims(f *testing.F) {
	for n, s := range seeds(f) {
		f.Add(s, []string{"en", "ar", "ru", ""}[n%4])
	}
	e := inventedEngine(f)
	f.Fuzz(func(t *testing.T, s, lang string) {
		d := Doc{Text: s, Lang: lang, Date: e.dayStart(parseDay("2031-09-16"))}
		claims := e.Claims(d)
		checkSpans(t, s, claims)
		if again := e.Claims(d); len(again) != len(claims) {
			t.Fatalf("%d claims, then %d", len(claims), len(again))
		}
		e.Document(d, "x", true)
		e.Label(s, "acled")
	})
}

// TestWordsAreFoundAsTheyAreFolded compares the quick way to a word's id with
// the one that folds the word first.
func TestWordsAreFoundAsTheyAreFolded(t *testing.T) {
	e := engine(t)
	for _, code := range e.Languages() {
		l := e.dict.langs[code]
		for _, w := range l.words[1:] {
			if id := l.find(w); l.words[id] != w {
				t.Fatalf("%s: %q is found as %q", code, w, l.words[id])
			}
		}
	}
	l, known := e.dict.langs["en"], 0
	for _, w := range []string{"Said", "SHELLED", "the", "Didn't", "army's", "U.N.", "Tolma", "ceasefires", "Dar'a", "x", "3rd"} {
		for _, k := range l.tokenise(w, nil, nil)[:1] {
			if want := l.find(foldWord(w[k.start:k.end])); k.word != want {
				t.Errorf("%q is word %d, and folded %d", w, k.word, want)
			} else if want != 0 {
				known++
			}
		}
	}
	if known < 4 {
		t.Errorf("only %d of the words are in the dictionaries", known)
	}
}
