package extract

import (
	"fmt"
	"os"
	"testing"
)

// TestDump prints how a text given in DUMP is read; for people at work on the
// rules.
func TestDump(t *testing.T) {
	s := os.Getenv("DUMP")
	if s == "" {
		t.Skip("DUMP holds no text")
	}
	e := inventedEngine(t)
	w := &work{}
	if !w.begin(e, Doc{Text: s, Lang: os.Getenv("DUMPLANG"), Date: e.dayStart(parseDay("2031-09-16"))}) {
		t.Fatal("nothing to read")
	}
	names := []string{"other", "NP", "VG", "prep", "cc", "comma", "sub", "that", "wh", "stop", "quote", "time"}
	for n := range w.t.sents {
		a := &w.a
		a.open(&w.t, n)
		a.ments = w.t.ments
		a.parse()
		a.findCovers()
		for k, c := range a.chunks {
			x := ""
			if c.kind == chunkVG {
				x = fmt.Sprintf("lemma=%s subj=%d obj=%d passive=%v inf=%v ing=%v part=%v", w.t.l.words[c.word], a.subject(k), a.object(k), c.passive, c.inf, c.ing, c.part)
			} else if c.kind == chunkNP {
				x = a.whoAt(k).id
			}
			if c.j > c.i {
				fmt.Printf("%3d %-6s %q %s\n", k, names[c.kind], w.t.wording(c.i, c.j), x)
			}
		}
		for _, p := range a.findPlaces(nil) {
			fmt.Printf("    place %q %s cue=%v actor=%v\n", w.t.wording(p.i, p.j), p.cands[0].Place.ID, p.cue, p.actor)
		}
		for _, c := range a.covers {
			fmt.Printf("    cover %q src=%v effect=%s neg=%v\n", w.t.wording(c.first, c.last), c.src, c.effect, c.negate)
		}
	}
	for _, c := range e.Claims(Doc{Text: s, Date: e.dayStart(parseDay("2031-09-16"))}) {
		fmt.Printf("=> %s %s actor=%s target=%s src=%s when=%s tolls=%v rules=%v\n", c.Event, c.Stance, e.field(c, "actor"), e.field(c, "target"), e.field(c, "source"), e.dates(c.When), c.Casualties, c.Rules)
	}
}
