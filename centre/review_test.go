package centre

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// decision writes who decided a field, and against whom.
func decision(c picture.Claim, field string) string {
	for _, d := range c.Decided {
		if d.Field == field {
			return strings.TrimSpace(d.How + " " + string(d.Office) + " " + string(d.Against))
		}
	}
	return ""
}

func onlyClaim(t *testing.T, v *picture.View) picture.Claim {
	t.Helper()
	all, err := v.ClaimsOf(t.Context(), 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d claims stand (%v), want 1: %+v", len(all), err, all)
	}
	return all[0]
}

// TestFieldsOfAClaimAreDecidedOneByOne lets two offices and a monitor decide
// fields of one claim, each naming the claim as it came, and take words back.
func TestFieldsOfAClaimAreDecidedOneByOne(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	told := shelling("wire", "gov", "XV-A1", start-7200, 3)
	report := sayTest(t, c, "watch", told)
	ref := ClaimRefs(report, told)[0]
	say := func(office truce.OfficeID, accepts bool, change func(*truce.Claim), fields ...string) truce.StatementID {
		claim := told.Claims[0]
		change(&claim)
		return sayTest(t, c, office, &truce.ClaimEntry{Report: report, Replaces: ref, Claim: &claim, Fields: fields, Accepts: accepts, Marking: truce.Clear})
	}
	as := func(id string) func(*truce.Claim) {
		return func(c *truce.Claim) { c.Actors = []truce.Ref{{ID: id}} }
	}
	now := func() picture.Claim {
		t.Helper()
		if err := c.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		return onlyClaim(t, c.View(truce.Viewer{Office: "north", Role: truce.CoChair}))
	}
	say("north", true, func(*truce.Claim) {}, "where")
	if x := now(); x.Ref != ref || decision(x, "where") != "accepted north" || decision(x, "actor") != "" {
		t.Fatalf("one field accepted: %s %+v", x.Ref, x.Decided)
	}
	first := say("north", false, as("hil"), "actor")
	say("watch", false, func(c *truce.Claim) { c.Casualties = nil }, "killed")
	x := now()
	if x.Claim.Actors[0].ID != "hil" || len(x.Claim.Casualties) != 0 || len(x.Claim.Where) != 1 || x.Replaced != ref {
		t.Errorf("two fields decided by two offices: %+v", x.Claim)
	}
	if decision(x, "where") != "accepted north" || decision(x, "actor") != "fixed north" || decision(x, "killed") != "rejected watch" {
		t.Errorf("decided %+v", x.Decided)
	}
	second := say("south", false, as("emm"), "actor")
	if x := now(); x.Claim.Actors[0].ID != "emm" || decision(x, "actor") != "fixed south north" || len(x.Claim.Casualties) != 0 {
		t.Errorf("the later of two that differ does not stand, or the other is not told: %+v %+v", x.Claim, x.Decided)
	}
	say("watch", true, as("emm"), "actor")
	if x := now(); decision(x, "actor") != "accepted watch north" {
		t.Errorf("who agrees with the later hides that there is another: %+v", x.Decided)
	}
	sayTest(t, c, "south", &truce.StatementWithdrawal{Statement: second, Why: "in error"})
	if x := now(); x.Claim.Actors[0].ID != "emm" || decision(x, "actor") != "fixed watch north" {
		t.Errorf("taken back, what another said stands: %+v %+v", x.Claim, x.Decided)
	}
	sayTest(t, c, "north", &truce.StatementWithdrawal{Statement: first, Why: "in error"})
	if x := now(); decision(x, "actor") != "fixed watch" {
		t.Errorf("a conflict is told of what was taken back: %+v", x.Decided)
	}
	rejection := sayTest(t, c, "south", &truce.ClaimEntry{Report: report, Replaces: ref, Marking: truce.Clear})
	say("north", true, func(*truce.Claim) {}, "when")
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, err := c.View(truce.Viewer{}).ClaimsOf(t.Context(), 1); err != nil || len(all) != 0 {
		t.Errorf("a rejected claim stands again by one field: %+v (%v)", all, err)
	}
	sayTest(t, c, "south", &truce.StatementWithdrawal{Statement: rejection, Why: "in error"})
	if x := now(); x.Claim.Actors[0].ID != "emm" || decision(x, "when") != "accepted north" {
		t.Errorf("the rejection taken back: %+v %+v", x.Claim, x.Decided)
	}
	sayTest(t, c, "centre", &truce.Release{Of: report, Marking: truce.Green, Why: "asked"})
	if x := now(); x.Marking != truce.Green {
		t.Errorf("released, it is marked %s", x.Marking)
	}
	sayTest(t, c, "watch", &truce.StatementWithdrawal{Statement: report, Why: "another year"})
	say("north", false, as("hil"), "actor")
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, _, err := c.View(truce.Viewer{Office: "north", Role: truce.CoChair}).Incidents(t.Context(), picture.Filter{}); err != nil || len(all) != 0 {
		t.Errorf("the report withdrawn, %d incidents stand (%v)", len(all), err)
	}
	replays(t, c, c)
}

// replays holds that another centre's engines make the picture of the record
// that c holds, whatever the batches, and returns one.
func replays(t *testing.T, c, by *Centre) *picture.Picture {
	t.Helper()
	var made *picture.Picture
	var digests []truce.Digest
	for _, batch := range []int{1, 1000} {
		p, err := picture.Open(t.Context(), filepath.Join(t.TempDir(), "picture.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		f := newFold(by.o, p)
		if err := c.foldOn(t.Context(), f, p, c.log.Size(), int64(batch)); err != nil {
			t.Fatal(err)
		}
		d, err := p.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		made, digests = p, append(digests, d)
	}
	if digests[0] != digests[1] {
		t.Errorf("batches change the picture: %v", digests)
	}
	if by == c {
		if d, err := c.picture.Digest(t.Context()); err != nil || d != digests[0] {
			t.Errorf("replayed %s, not %s (%v)", digests[0].Short(), d.Short(), err)
		}
	}
	return made
}

// TestALaterReadingOfTheMachineNeverWinsOverAPersonsField reads a text whose
// fields were decided with other dictionaries: one that calls the actor
// otherwise, and one that finds the act in other words.
func TestALaterReadingOfTheMachineNeverWinsOverAPersonsField(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	report := sayTest(t, c, "watch", &truce.Report{Channel: "article", Publisher: "wire", Text: "The Ridge Guard shelled a village on Monday, killing three people.", Lang: "en", Date: start, Marking: truce.Clear})
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := onlyClaim(t, c.View(truce.Viewer{}))
	fixed := read.Claim
	fixed.Actors = []truce.Ref{{ID: "hil", Via: "person"}}
	sayTest(t, c, "north", &truce.ClaimEntry{Report: report, Replaces: read.Ref, Claim: &fixed, Machine: &read.Claim, Fields: []string{"actor"}, Marking: truce.Clear})
	sayTest(t, c, "south", &truce.ClaimEntry{Report: report, Replaces: read.Ref, Claim: &fixed, Machine: &read.Claim, Fields: []string{"event"}, Accepts: true, Marking: truce.Clear})
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]fstest.MapFS{
		"the actor called otherwise": {"actors.tsv": {Data: []byte("group:ridge-guard\tRidge Guard\tgroup\t\t\t\ten:Ridge Guard\n")}},
		"the act in other words":     {"en/frames.txt": {Data: []byte("frame missile_attack_village\n  event: missile_attack\n  phrase: shelled a village\n  actor: subj\n  test \"The army shelled a village.\" -> event=missile_attack\n  test \"The army left.\" -> none\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			other := &Centre{o: c.o}
			eng, err := extract.New(extract.Options{Gazetteer: gazetteer.New(nil, nil, nil), Dictionaries: []fs.FS{files}})
			if err != nil {
				t.Fatal(err)
			}
			other.o.Extract = eng
			anew := eng.Claims(extract.Doc{Text: "The Ridge Guard shelled a village on Monday, killing three people.", Lang: "en", Date: start, Publisher: "wire"})
			if len(anew) != 1 || alike(anew[0], read.Claim) {
				t.Fatalf("the other engine reads the same: %+v", anew)
			}
			x := onlyClaim(t, replays(t, c, other).View(truce.Viewer{}, -1, 0))
			if x.Claim.Event != read.Claim.Event || x.Claim.Actors[0].ID != "hil" || decision(x, "actor") != "fixed north" || decision(x, "event") == "" {
				t.Errorf("the machine's later reading won: %s by %+v, decided %+v", x.Claim.Event, x.Claim.Actors, x.Decided)
			}
			if x.Read == nil || !slices.EqualFunc(x.Read.Actors, anew[0].Actors, func(a, b truce.Ref) bool { return a.ID == b.ID }) {
				t.Errorf("what the machine reads now is not kept beside: %+v", x.Read)
			}
		})
	}
}
