package centre

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// observed is an amber report of a shelling at a village, at an hour.
func observed() *truce.Report {
	r := shelling("obs", "", "v1", start-5400, 2)
	r.Marking = truce.Amber
	r.Claims[0].Where = []truce.Where{{Place: "v1", Name: "Ashford mill", Point: &truce.Point{Lon: 371_000_001, Lat: 361_000_001}, RadiusMetres: 50}}
	r.Claims[0].Note, r.Claims[0].Actors = "by the third lamp", []truce.Ref{{ID: "hil", Text: "men with a green flag"}}
	return r
}

// TestWhatIsReleasedCoarselyIsReadBelowAmberAsADistrictAndADay releases an
// amber report with a district alone, and looks for what it withholds.
func TestWhatIsReleasedCoarselyIsReadBelowAmberAsADistrictAndADay(t *testing.T) {
	h := newConfiding(t)
	report := sayTest(t, h.Centre, "watch", observed())
	ref := ClaimRefs(report, observed())[0]
	sayTest(t, h.Centre, "centre", &truce.Release{Of: report, Marking: truce.Clear, Coarsen: "district", Why: "bulletin"})
	h.catchUp()
	amber, public := h.View(truce.Viewer{Office: "north", Role: truce.CoChair}), h.View(truce.Viewer{})
	all, _, err := public.Incidents(t.Context(), picture.Filter{})
	if err != nil || len(all) != 1 {
		t.Fatalf("the public sees %d incidents (%v), want 1", len(all), err)
	}
	claims, err := public.Claims(t.Context(), all[0].ID)
	if err != nil || len(claims) != 1 {
		t.Fatalf("the public sees %d claims (%v), want 1", len(claims), err)
	}
	shown, _ := json.Marshal([]any{all, claims})
	for _, hidden := range []string{"v1", "Ashford", "lamp", "371000001", "361000001", "green flag", `"hour"`, observed().Claims[0].When.From.String()} {
		if strings.Contains(string(shown), hidden) {
			t.Errorf("the public reads %q: %s", hidden, shown)
		}
	}
	if w := all[0].Where; w.Place != "XV-A1" || w.Point != nil || all[0].When.Precision != truce.ToDay {
		t.Errorf("the public sees it at %+v, %+v; want the district and the day", w, all[0].When)
	}
	for _, words := range []string{"Ashford", "lamp"} {
		if found, err := public.Search(t.Context(), words, 10); err != nil || len(found) > 0 {
			t.Errorf("a search for %q finds it (%v)", words, err)
		}
		if n, err := public.CountIncidents(t.Context(), picture.Filter{Words: words}); err != nil || n > 0 {
			t.Errorf("a filter by %q finds it (%v)", words, err)
		}
	}
	if _, err := public.StatementByID(t.Context(), report); truce.KindOf(err) != truce.Unknown {
		t.Errorf("the public reads the signed words, which hold all: %v", err)
	}
	if c, err := amber.Claim(t.Context(), ref); err != nil || c.Claim.Place().Point == nil || c.Claim.Place().Place != "v1" {
		t.Errorf("a co-chair sees %+v (%v), want all", c.Claim, err)
	}
	if i, err := amber.Incident(t.Context(), ref); err != nil || i.Where.Place != "v1" {
		t.Errorf("a co-chair sees the incident at %+v (%v)", i.Where, err)
	}
	entry := observed().Claims[0]
	entry.Event = "air_strike"
	sayTest(t, h.Centre, "north", &truce.ClaimEntry{Report: report, Replaces: ref, Claim: &entry, Why: "as the crater says"})
	h.catchUp()
	all, _, err = public.Incidents(t.Context(), picture.Filter{})
	if err != nil || len(all) != 1 || all[0].Event != "air_strike" || all[0].Where.Place != "XV-A1" {
		t.Errorf("a correction gives more than was released: %+v (%v)", all, err)
	}
}

// TestWhatAWitnessToldStaysAmber tries every way by which a witness's words
// could reach others than the co-chairs, the mediator and the centre.
func TestWhatAWitnessToldStaysAmber(t *testing.T) {
	h := newConfiding(t)
	told := observed()
	told.Channel, told.Marking = "hotline", truce.Clear
	report := sayTest(t, h.Centre, "watch", told)
	ref := ClaimRefs(report, told)[0]
	entry := told.Claims[0]
	sayTest(t, h.Centre, "north", &truce.ClaimEntry{Report: report, Claim: &entry, Why: "heard", Marking: truce.Clear})
	sayTest(t, h.Centre, "centre", &truce.Translation{Of: report, From: "ar", To: "en", Text: "by the third lamp", By: "desk", Authentic: "ar"})
	named := observed()
	named.Channel, named.Pseudonym, named.Marking = "letter", strings.Repeat("0", 32), truce.Amber.For("watch")
	sayTest(t, h.Centre, "centre", named)
	for _, m := range []truce.Marking{truce.Clear, truce.Green, truce.Amber.For("watch")} {
		for _, how := range []string{"", "district"} {
			if _, err := h.Say(t.Context(), "centre", "", &truce.Release{Of: report, Marking: m, Coarsen: how}); truce.KindOf(err) != truce.Forbidden {
				t.Errorf("what a witness told is released as %s, %q: %v", m, how, err)
			}
		}
	}
	h.catchUp()
	for _, who := range []truce.Viewer{{}, {Office: "hill", Role: truce.Liaison}, {Office: "other", Role: truce.Monitor}} {
		v := h.View(who)
		all, _, err := v.Incidents(t.Context(), picture.Filter{})
		claim, cerr := v.Claim(t.Context(), ref)
		if err != nil || len(all) > 0 || truce.KindOf(cerr) != truce.Unknown {
			t.Errorf("as %q: %d incidents, claim %v (%v, %v)", who.Office, len(all), claim.Ref, err, cerr)
		}
		said, err := v.Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"report", "claim", "translation"}})
		if err != nil || len(said) > 0 {
			t.Errorf("as %q: %d statements (%v)", who.Office, len(said), err)
		}
	}
}

// TestPeopleAreCountedInCellsThatPointAtNobody tells of two districts on two
// days and asks, as the public, how many did.
func TestPeopleAreCountedInCellsThatPointAtNobody(t *testing.T) {
	h := newConfiding(t)
	ask := func() []truce.Cell {
		t.Helper()
		h.catchUp()
		house, err := h.View(truce.Viewer{}).House(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cells, err := h.View(truce.Viewer{}).Told(t.Context(), house.Procedure.Zone, house.Procedure.SmallestCell(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return cells
	}
	for n := range 2 {
		h.take(h.call(n, false))
	}
	if got := ask(); len(got) > 0 {
		t.Errorf("a day that goes on is counted: %v", got)
	}
	h.clock.pass(24 * time.Hour)
	if got := ask(); len(got) > 0 {
		t.Errorf("two people are counted: %v", got)
	}
	for n := range 4 {
		h.take(h.call(10+n, false))
	}
	h.clock.pass(24 * time.Hour)
	got := ask()
	if len(got) != 1 || got[0].N != 4 || got[0].Adm1 != "XV-A" {
		t.Errorf("four people of one unit on one day: %v", got)
	}
	h.take(h.call(20, false))
	h.clock.pass(time.Hour)
	if again := ask(); !slices.Equal(got, again) {
		t.Errorf("one more report changes what was published: %v, then %v", got, again)
	}
}

// TestATextThatCarriesAWitnessesWordsIsNotOpened has both co-chairs file on an
// incident that a witness tells of, one with the claim that its officer saw: once
// both are in the other is public, and the one with the claim is not.
func TestATextThatCarriesAWitnessesWordsIsNotOpened(t *testing.T) {
	h := newConfiding(t)
	told := observed()
	told.Channel = "hotline"
	ref := ClaimRefs(sayTest(t, h.Centre, "watch", told), told)[0]
	k := sayTest(t, h.Centre, "envoy", &truce.Case{Incident: ref, Trigger: "office"})
	sayTest(t, h.Centre, "envoy", &truce.Step{Case: k, To: truce.CaseTriaged, How: "accepted"})
	reasons := []truce.Text{{Lang: "en", Text: "as it was told"}}
	with := sayTest(t, h.Centre, "north", &truce.Assessment{Case: k, Occurred: "yes", Outcome: truce.Violation, Reasons: reasons, Seen: []truce.SeenClaim{{Ref: ref, Claim: told.Claims[0]}}})
	without := sayTest(t, h.Centre, "south", &truce.Assessment{Case: k, Occurred: "yes", Outcome: truce.Violation, Reasons: reasons})
	h.catchUp()
	for id, want := range map[truce.StatementID]bool{with: false, without: true} {
		if _, err := h.View(truce.Viewer{}).StatementByID(t.Context(), id); (err == nil) != want {
			t.Errorf("the public reads a text: %v, want %v (%v)", err == nil, want, err)
		}
		if _, err := h.View(truce.Viewer{Office: "south", Role: truce.CoChair}).StatementByID(t.Context(), id); err != nil {
			t.Errorf("a co-chair does not: %v", err)
		}
	}
}
