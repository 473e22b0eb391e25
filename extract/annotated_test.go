package extract

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// goldText is one annotated text.
type goldText struct {
	name, lang, date, publisher, text string
	unseen                            bool
	claims                            []goldClaim
}

// goldClaim is one claim as a person annotated it.
type goldClaim struct {
	events []string
	stance []string
	fields map[string]string
}

func readGold(t *testing.T) []goldText {
	t.Helper()
	files, err := filepath.Glob("testdata/annotated/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d annotated texts, %v: at least 40 belong here", len(files), err)
	}
	var out []goldText
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.SplitN(string(b), "---\n", 3)
		if len(parts) != 3 {
			t.Fatalf("%s: head, text and claims are parted by lines of ---", f)
		}
		g := goldText{name: strings.TrimSuffix(filepath.Base(f), ".txt"), text: strings.TrimSuffix(parts[1], "\n")}
		for l := range strings.Lines(parts[0]) {
			key, v, _ := strings.Cut(strings.TrimSpace(l), ": ")
			switch key {
			case "lang":
				g.lang = v
			case "date":
				g.date = v
			case "publisher":
				g.publisher = v
			case "unseen":
				g.unseen = true
			}
		}
		for l := range strings.Lines(parts[2]) {
			if l = strings.TrimSpace(l); l != "" {
				g.claims = append(g.claims, parseGold(t, f, l))
			}
		}
		out = append(out, g)
	}
	return out
}

func parseGold(t *testing.T, file, l string) goldClaim {
	cols := strings.Split(l, " | ")
	events, stance, ok := strings.Cut(cols[0], " ")
	if !ok {
		t.Fatalf("%s: %q: a claim begins with event and stance", file, l)
	}
	g := goldClaim{events: strings.Split(events, "|"), stance: strings.Split(stance, "|"), fields: map[string]string{}}
	for _, e := range g.events {
		if !taxonomy.Has(e) {
			t.Fatalf("%s: %q is no event", file, e)
		}
	}
	for _, c := range cols[1:] {
		key, v, ok := strings.Cut(c, "=")
		if !ok {
			t.Fatalf("%s: %q is not field=value", file, c)
		}
		g.fields[key] = v
	}
	return g
}

// inventedEngine knows the invented country alone.
func inventedEngine(t testing.TB) *Engine {
	t.Helper()
	g, err := gazetteer.Load(os.DirFS("testdata/xv/places"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Gazetteer: g, Dictionaries: []fs.FS{os.DirFS("testdata/xv/dict")}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// score counts, for one field, what was right, wanted and answered.
type score struct{ right, wanted, answered int }

func (s score) f1() float64 {
	if s.wanted+s.answered == 0 {
		return 1
	}
	return float64(2*s.right) / float64(s.wanted+s.answered)
}

// board holds the scores of one part of the set.
type board map[string]*score

func (b board) add(field string, right, wanted, answered int) {
	if b[field] == nil {
		b[field] = &score{}
	}
	b[field].right += right
	b[field].wanted += wanted
	b[field].answered += answered
}

var scored = []string{"claims", "stance", "source", "actor", "target", "place", "date", "toll"}

// TestAnnotated prints the scores of the annotated set, per language, seen and
// unseen, and fails only where they fall below what was reached before.
func TestAnnotated(t *testing.T) {
	e := inventedEngine(t)
	boards := map[string]board{}
	for _, g := range readGold(t) {
		got := e.Claims(Doc{Text: g.text, Lang: g.lang, Date: e.dayStart(parseDay(g.date)), Publisher: g.publisher})
		part := "seen"
		if g.unseen {
			part = "unseen"
		}
		show := func(string, ...any) {}
		if v := os.Getenv("SHOW"); v != "" && !g.unseen && strings.HasPrefix(g.name, v) {
			show = t.Logf
			for _, c := range got {
				t.Logf("%s: %s %s src=%s actor=%s target=%s place=%s date=%s tolls=%v %q", g.name, c.Event, c.Stance, e.field(c, "source"), e.field(c, "actor"), e.field(c, "target"), e.field(c, "place"), e.dates(c.When), c.Casualties, g.text[c.Trigger.Start:c.Trigger.End])
			}
		}
		for _, key := range []string{"all " + part, g.lang + " " + part} {
			if boards[key] == nil {
				boards[key] = board{}
			}
		}
		judgeText(e, g, got, func(field string, right, wanted, answered int) {
			boards["all "+part].add(field, right, wanted, answered)
			boards[g.lang+" "+part].add(field, right, wanted, answered)
		}, show)
	}
	t.Logf("%-10s %s", "", strings.Join(scored, "  "))
	for _, key := range sortedKeys(boards) {
		line := fmt.Sprintf("%-10s", key)
		for _, f := range scored {
			if s := boards[key][f]; s != nil {
				line += fmt.Sprintf(" %s %.2f (%d/%d/%d)", f, s.f1(), s.right, s.wanted, s.answered)
			}
		}
		t.Log(line)
	}
}

// judgeText pairs claims with gold by event, trigger first, and compares the
// fields of the pairs.
func judgeText(e *Engine, g goldText, got []truce.Claim, add func(string, int, int, int), show func(string, ...any)) {
	used := make([]bool, len(got))
	pairs, counted := 0, 0
	for i := range got {
		if got[i].SameAs == "" {
			counted++
		}
	}
	for _, gold := range g.claims {
		best, points := -1, -1
		for i, c := range got {
			if used[i] || !slices.Contains(gold.events, c.Event) {
				continue
			}
			p := 0
			if at := gold.fields["at"]; at != "" && strings.Contains(g.text[c.Clause.Start:c.Clause.End], at) {
				p += 2
			}
			if slices.Contains(gold.stance, string(c.Stance)) {
				p += 2
			}
			if src := gold.fields["source"]; src != "" && src == speaker(c) {
				p++
			}
			if p > points {
				best, points = i, p
			}
		}
		if best < 0 {
			show("%s: missed %v %v", g.name, gold.events, gold.fields)
			continue
		}
		used[best] = true
		pairs++
		if got[best].SameAs != "" {
			counted++
		}
		judgeClaim(e, g, gold, got[best], add, show)
	}
	add("claims", pairs, len(g.claims), counted)
}

func speaker(c truce.Claim) string {
	if n := len(c.Sources); n > 0 {
		return c.Sources[n-1].ID
	}
	return "narrator"
}

// judgeClaim compares the fields of one pair.
func judgeClaim(e *Engine, g goldText, gold goldClaim, c truce.Claim, add func(string, int, int, int), show func(string, ...any)) {
	one := func(field string, ok bool, got string) {
		if ok {
			add(field, 1, 1, 1)
			return
		}
		add(field, 0, 1, 1)
		show("%s: %s: %s is %q, wanted %q", g.name, c.Event, field, got, gold.fields[field])
	}
	one("stance", slices.Contains(gold.stance, string(c.Stance)), string(c.Stance))
	if want, has := gold.fields["source"]; has {
		one("source", kin(want, speaker(c)), speaker(c))
	}
	for _, f := range []string{"actor", "target"} {
		if want, has := gold.fields[f]; has {
			refs := c.Actors
			if f == "target" {
				refs = c.Targets
			}
			judgeRefs(f, want, refs, add)
			if got := e.field(c, f); got != want {
				show("%s: %s: %s is %q, wanted %q", g.name, c.Event, f, got, want)
			}
		}
	}
	if want, has := gold.fields["place"]; has {
		one("place", near10(e, want, c), e.field(c, "place"))
	}
	if want, has := gold.fields["date"]; has {
		one("date", overlaps(e, want, c.When), e.dates(c.When))
	}
	judgeTolls(gold, c, add, func(k, got string) {
		show("%s: %s: %s is %q, wanted %q", g.name, c.Event, k, got, gold.fields[k])
	})
}

func judgeTolls(gold goldClaim, c truce.Claim, add func(string, int, int, int), miss func(k, got string)) {
	kinds := []string{"killed", "wounded", "killed-or-wounded", "missing", "detained", "displaced"}
	for _, k := range kinds {
		want, got := gold.fields[k], tollField(c, k)
		switch {
		case want == "" && got == "":
		case want == got:
			add("toll", 1, 1, 1)
		default:
			add("toll", 0, min(1, len(want)), min(1, len(got)))
			miss(k, got)
		}
	}
}

// kin reports whether two ids are the same, or of one state.
func kin(a, b string) bool {
	return a == b || stateOf(a) != "" && stateOf(a) == stateOf(b)
}

func judgeRefs(field, want string, refs []truce.Ref, add func(string, int, int, int)) {
	var wants []string
	if want != "" {
		wants = strings.Split(want, ",")
	}
	right := 0
	for _, w := range wants {
		if slices.ContainsFunc(refs, func(r truce.Ref) bool { return kin(w, r.ID) }) {
			right++
		}
	}
	add(field, right, len(wants), len(refs))
}

// near10 reports whether the first place lies within 10 km of the wanted one.
func near10(e *Engine, want string, c truce.Claim) bool {
	p, ok := e.places.Place(truce.PlaceID(want))
	if !ok || len(c.Where) == 0 || c.Where[0].Point == nil {
		return want == "" && len(c.Where) == 0
	}
	return truce.MetresBetween(p.Point, *c.Where[0].Point) <= 10_000
}

// overlaps reports whether an interval meets the wanted days.
func overlaps(e *Engine, want string, w truce.When) bool {
	lo, hi, _ := strings.Cut(want, "..")
	var from, to truce.Instant
	if d := parseDay(lo); d != noDay {
		from = e.dayStart(d)
	}
	if d := parseDay(hi); d != noDay {
		to = e.dayStart(d + 1)
	}
	return w.Kind != "" && w.Meets(from, to)
}
