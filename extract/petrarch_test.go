package extract

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

const petrarchActors = `# an actor file in the layout of those programs
<!-- a comment -->
AFGHANISTAN_  [AFG]
+AFGHAN_STATE_

ORDER_OF_THE_MILL_  ; a body with roles over time
+MILL_ORDER_
	[AFGREB <19991231]
	[AFGGOV 20000101-010531]
	[AFGOPP >010601]
RIVER_WATCH_ [NGO]
NOBODY_ [QQQGOV]
BROKEN_DATE_
	[AFGMIL >notadate]
`

const petrarchAgents = `!ARMED! = ARMED, HEAVILY ARMED
BRIGADE {BRIGADES} [~MIL]
!ARMED! HORSEMAN {!ARMED! HORSEMEN} [~REB]
REFEREE {} [~SPORT]
`

const petrarchVerbs = `--- ABDUCT [181] ---
SHANGHAI {SHANGHAIING}
SMUGGLE {SMUGGLES} 
- * AWAY [181]  # spirited away
- {CIVILIANS} * [042:043]
--- FIGHT [190] ---
PUMMEL
OUTFIGHT {OUTFIGHTS OUTFIGHTING OUTFOUGHT}
&TRUCE_
+CEASEFIRE_
--- WISH [021] ---
HANKER
`

func TestPetrarchFilesAreCarriedOver(t *testing.T) {
	files := fstest.MapFS{}
	for name, c := range map[string]struct {
		text   string
		rows   int
		missed []string
		holds  []string
	}{
		"actors.tsv": {petrarchActors, 3, []string{"NOBODY_", "[AFGMIL >notadate]"}, []string{
			"country:AF\tAfghanistan\tcountry\tAF\t\t\ten:Afghanistan|en:Afghan State\tAFG", "group:order-of-the-mill\tOrder Of The Mill\tgroup\tAF\t\t1999-12-31\ten:Order Of The Mill|en:Mill Order\tAFGREB",
			"gov:AF\tOrder Of The Mill\tgov\tAF\t2000-01-01\t2001-05-31", "group:order-of-the-mill\tOrder Of The Mill\tgroup\tAF\t2001-06-01\t\t", "org:river-watch\tRiver Watch\torg\t\t\t\ten:River Watch\tNGO",
		}},
		"en/agents.tsv": {petrarchAgents, 2, []string{"REFEREE"}, []string{"mil\tbrigade\n", "group\tarmed horseman|heavily armed horseman\n"}},
		"en/frames.txt": {petrarchVerbs, 6, []string{"{CIVILIANS}", "&TRUCE_", "HANKER"}, []string{"frame cameo_181_smuggle_away\n  event: abduction\n", "frame cameo_190_pummel\n  event: attack\n", "verb: outfight/outfought/outfought\n"}},
	} {
		got, err := Petrarch(strings.NewReader(c.text), "a test")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all := string(got.Bytes)
		if got.Name != name || got.Rows != c.rows {
			t.Errorf("%s: became %s with %d rows, wanted %d:\n%s\nmissed %v", name, got.Name, got.Rows, c.rows, all, got.Missed)
		}
		for _, want := range c.holds {
			if !strings.Contains(all, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, all)
			}
		}
		for _, want := range c.missed {
			if !strings.Contains(strings.Join(got.Missed, "\n"), want) {
				t.Errorf("%s: %q is not among what was missed: %v", name, want, got.Missed)
			}
		}
		files[got.Name] = &fstest.MapFile{Data: got.Bytes}
	}
	e, err := New(Options{Dictionaries: []fs.FS{files}})
	if err != nil {
		t.Fatal(err)
	}
	claims := e.Claims(Doc{Text: "The Mill Order said heavily armed horsemen smuggled away two drivers on Monday.", Date: e.dayStart(parseDay("2001-05-01"))})
	if len(claims) != 1 || claims[0].Event != "abduction" || claims[0].Sources[0].ID != "gov:AF" {
		t.Errorf("on a day of its rule the order speaks as the government: %+v", claims)
	}
	if _, err := Petrarch(strings.NewReader("nothing of the sort\n"), "x"); err == nil {
		t.Error("a file of another kind was taken")
	}
}
