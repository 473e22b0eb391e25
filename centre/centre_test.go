package centre

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

func testKey(word string) truce.Key {
	seed := truce.DigestOf([]byte("marchday test key " + word))
	return truce.Key(ed25519.NewKeyFromSeed(seed[:]))
}

// testFounding is a centre of two co-chairs, a mediator, a liaison and a monitor.
func testFounding() *truce.Founding {
	name := func(s string) []truce.Text { return []truce.Text{{Lang: "en", Text: s}} }
	grant := func(o truce.OfficeID, class truce.KeyClass, word string) truce.KeyAct {
		return truce.KeyAct{Act: truce.Grant, Office: o, Class: class, Public: testKey(word).Public().(ed25519.PublicKey), FromSeed: true}
	}
	f := &truce.Founding{
		Mode: truce.Demo, Name: name("Test centre"), Regime: name("Test truce"),
		Offices: []truce.Office{
			{ID: "north", Name: name("North"), Role: truce.CoChair, Party: "nor"},
			{ID: "south", Name: name("South"), Role: truce.CoChair, Party: "sou"},
			{ID: "envoy", Name: name("Envoy"), Role: truce.Mediator},
			{ID: "centre", Name: name("Centre"), Role: truce.Centre},
			{ID: "hill", Name: name("Hill liaison"), Role: truce.Liaison, Party: "hil", Through: "north"},
			{ID: "watch", Name: name("Watch"), Role: truce.Monitor},
		},
		Procedure: truce.Procedure{
			Zone: truce.Zone{Name: "Test/Zone", Rules: []truce.Transition{{OffsetSeconds: 7200, Abbrev: "TT"}}}, CutOff: "18:00",
			Clocks: []truce.Clock{{Name: "reply", Seconds: 86400}}, Threshold: truce.Threshold{CivilianKilled: 10, Protected: true},
		},
		Method: truce.Method{Release: "test"},
	}
	for _, o := range f.Offices {
		if o.Role == truce.CoChair || o.Role == truce.Centre {
			f.Keys = append(f.Keys, grant(o.ID, truce.RootKey, string(o.ID)+" root"))
		}
		f.Keys = append(f.Keys, grant(o.ID, truce.OfficeKey, string(o.ID)))
	}
	return f
}

// testClock is set by hand, while the centre's own goroutines read it.
type testClock struct{ at atomic.Int64 }

func clockAt(at time.Time) *testClock {
	c := &testClock{}
	c.at.Store(at.UnixNano())
	return c
}

func (c *testClock) now() time.Time       { return time.Unix(0, c.at.Load()).UTC() }
func (c *testClock) pass(d time.Duration) { c.at.Add(int64(d)) }

const start = truce.Instant(1_456_531_200) // 27 February 2016

func openTest(t *testing.T, dir string, clock *testClock) *Centre {
	t.Helper()
	gaz := gazetteer.New(nil, nil, nil)
	eng, err := extract.New(extract.Options{Gazetteer: gaz})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Origin: "test.example/log", Dir: dir, Now: clock.now, LogKey: ed25519.PrivateKey(testKey("log")), Sequencer: true, Regime: "test",
		Extract: eng, Gazetteer: gaz, Model: link.DefaultModel(), Desks: map[truce.OfficeID]truce.Signer{},
	}
	for _, off := range testFounding().Offices {
		o.Desks[off.ID] = testKey(string(off.ID))
	}
	c, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func foundTest(t *testing.T, c *Centre, clock *testClock) {
	t.Helper()
	e, err := truce.Seal(truce.NewStatement("test.example/log", "test", "centre", "", truce.At(clock.now()), testFounding()),
		testKey("centre root"), testKey("north root"), testKey("south root"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Submit(t.Context(), e.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func sayTest(t *testing.T, c *Centre, office truce.OfficeID, body truce.Body) truce.StatementID {
	t.Helper()
	r, err := c.Say(t.Context(), office, "", body)
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func shelling(speaker, actor string, place truce.PlaceID, at truce.Instant, killed int32) *truce.Report {
	c := truce.Claim{
		Event: "shelling", Stance: truce.Stated, Sources: []truce.Source{{Ref: truce.Ref{ID: speaker}}}, Side: truce.Impact,
		Where: []truce.Where{{Place: place, Name: string(place), Within: []truce.PlaceID{"XV-A", "XV"}, Point: &truce.Point{Lon: 370_000_000, Lat: 360_000_000}, RadiusMetres: 1000}},
		When:  truce.When{From: at, To: at + 3600, Precision: truce.ToHour},
	}
	if actor != "" {
		c.Actors = []truce.Ref{{ID: actor}}
	}
	if killed > 0 {
		c.Casualties = []truce.Casualty{{Kind: truce.Killed, Low: killed, High: killed, Qual: "exact", Who: "civilians", Status: "civilian"}}
	}
	return &truce.Report{Channel: "field", Publisher: speaker, Claims: []truce.Claim{c}, Marking: truce.Clear}
}

func TestAReportBecomesAnIncidentAndAThresholdOpensItsCase(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	clock.pass(time.Hour)
	sayTest(t, c, "watch", shelling("obs", "nor", "p1", start-7200, 14))
	clock.pass(time.Hour)
	sayTest(t, c, "watch", shelling("doc", "sou", "p1", start-7000, 20))
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, next, err := c.View(truce.Viewer{}).Incidents(t.Context(), picture.Filter{})
	if err != nil || next != "" {
		t.Fatal(err, next)
	}
	if len(all) != 1 {
		t.Fatalf("%d incidents", len(all))
	}
	i := all[0]
	if k, ok := i.Killed(); !ok || k.Low != 14 || k.High != 20 {
		t.Errorf("killed %+v", i.Tally)
	}
	if len(i.Alleged) != 2 || i.Case != 1 {
		t.Errorf("alleged %v, case %d", i.Alleged, i.Case)
	}
	cases, err := c.View(truce.Viewer{}).Cases(t.Context())
	if err != nil || len(cases) != 1 || cases[0].File.Rule == "" {
		t.Fatalf("cases %+v %v", cases, err)
	}
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := c.Record().Size(); n != 4 {
		t.Errorf("%d entries: a rule opened its case more than once", n)
	}
}

// TestTheSameRecordGivesTheSameRows folds one record in batches of random size,
// with the follower's memory thrown away at random, and anew from nothing.
func TestTheSameRecordGivesTheSameRows(t *testing.T) {
	dir := t.TempDir()
	clock := clockAt(start.Time())
	c := openTest(t, dir, clock)
	foundTest(t, c, clock)
	rng := rand.New(rand.NewPCG(1, 2))
	var refs []truce.ClaimRef
	for n := range 60 {
		clock.pass(time.Duration(rng.IntN(3600)) * time.Second)
		at := truce.At(clock.now()) - truce.Instant(rng.IntN(7200))
		body := shelling(fmt.Sprint("s", rng.IntN(5)), fmt.Sprint("a", rng.IntN(3)), truce.PlaceID(fmt.Sprint("p", rng.IntN(3))), at, int32(rng.IntN(12)))
		id := sayTest(t, c, "watch", body)
		refs = append(refs, ClaimRefs(id, body)...)
		if n%10 == 9 {
			i, j := rng.IntN(len(refs)), rng.IntN(len(refs))
			if i != j {
				sayTest(t, c, "north", &truce.Same{Claims: []truce.ClaimRef{refs[i], refs[j]}, Why: "test"})
			}
		}
		if n%3 == 0 {
			if err := c.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n%17 == 0 {
			c.fold = nil // as after a failed commit
		}
	}
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, err := c.picture.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{1, 7, 1000} {
		p, err := picture.Open(t.Context(), filepath.Join(t.TempDir(), "picture.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Replay(t.Context(), p, c.log.Size(), batch); err != nil {
			t.Fatal(err)
		}
		got, err := p.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("batches of %d: digest %s, not %s", batch, got.Short(), want.Short())
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBatchesGrowWithWhatIsLeft(t *testing.T) {
	for _, c := range [][3]int64{{3, MaxBatch, 3}, {1400, MaxBatch, 1000}, {10_000, MaxBatch, 2000}, {1_000_000, MaxBatch, MaxBatch}, {10_000, 7, 7}} {
		if got := share(c[0], c[1]); got != c[2] {
			t.Errorf("of %d left, at most %d: %d in the next, not %d", c[0], c[1], got, c[2])
		}
	}
}

func TestLongEntriesMakeAShortBatch(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	for i := range 330 {
		body := shelling("s", "a", "p1", start-truce.Instant(i), 1)
		body.Text = strings.Repeat("long ", 7800)
		sayTest(t, c, "watch", body)
	}
	es, err := c.entries(t.Context(), 1, 330)
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for _, e := range es[:len(es)-1] {
		bytes += len(e.Body)
	}
	if len(es) == 330 || bytes >= maxBatchBytes || bytes+len(es[len(es)-1].Body) < maxBatchBytes {
		t.Errorf("%d entries were read at once, %d bytes ahead of the last", len(es), bytes)
	}
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, err := c.picture.Position(t.Context()); err != nil || at.Size != c.log.Size() {
		t.Errorf("folded up to %d of %d: %v", at.Size, c.log.Size(), err)
	}
}

// TestEveryIncidentOverTheThresholdEndsOrShowsAClock plays reports and moves at
// random on a centre that opens cases by rule. Whatever is done or left undone,
// each incident over the threshold has a case, and that case is decided,
// deadlocked, referred, put aside with its reason, or shows a clock that runs or
// has run out.
func TestEveryIncidentOverTheThresholdEndsOrShowsAClock(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	f := testFounding()
	f.Procedure.Clocks = []truce.Clock{{Name: truce.ClockTriage, Seconds: 7200}, {Name: truce.ClockAssessment, Seconds: 72 * 3600}, {Name: truce.ClockDeliberation, Seconds: 96 * 3600}}
	e, err := truce.Seal(truce.NewStatement("test.example/log", "test", "centre", "", start, f), testKey("centre root"), testKey("north root"), testKey("south root"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Submit(t.Context(), e.Bytes()); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 11))
	for range 120 {
		clock.pass(time.Duration(rng.IntN(12)) * time.Hour)
		at := truce.At(clock.now()) - truce.Instant(rng.IntN(7200))
		if rng.IntN(2) == 0 {
			sayTest(t, c, "watch", shelling(fmt.Sprint("s", rng.IntN(5)), fmt.Sprint("a", rng.IntN(3)), truce.PlaceID(fmt.Sprint("p", rng.IntN(9))), at, int32(rng.IntN(16))))
		} else {
			moveAtRandom(t, c, rng)
		}
		if err := c.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	view := c.View(truce.Viewer{Office: "envoy", Role: truce.Mediator})
	all, _, err := view.Incidents(t.Context(), picture.Filter{Limit: picture.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	over, states := 0, map[truce.CaseState]int{}
	for _, i := range all {
		if _, opens := truce.Opens(f.Procedure, summarise(&i)); !opens {
			continue
		}
		over++
		if i.Case == 0 {
			t.Errorf("incident %s is over the threshold and has no case", i.ID)
			continue
		}
		k, err := view.CaseNumber(t.Context(), i.Case)
		if err != nil {
			t.Fatal(err)
		}
		states[k.File.State]++
		running := slices.ContainsFunc(k.File.Clocks, func(x truce.CaseClock) bool { return x.Stopped == 0 })
		if !k.File.Ended() && !running {
			t.Errorf("case %d is %s and shows no clock", i.Case, k.File.State)
		}
	}
	if over < 8 || len(states) < 4 {
		t.Errorf("%d incidents over the threshold, in states %v: the play shows too little", over, states)
	}
}

// moveAtRandom tries a move on a random case; most are refused.
func moveAtRandom(t *testing.T, c *Centre, rng *rand.Rand) {
	t.Helper()
	cases, err := c.View(truce.Viewer{Office: "envoy", Role: truce.Mediator}).Cases(t.Context())
	if err != nil || len(cases) == 0 {
		return
	}
	f := cases[rng.IntN(len(cases))].File
	text := []truce.Text{{Lang: "en", Text: "x"}}
	last := truce.StatementID{}
	if n := len(f.Proposals); n > 0 {
		last = f.Proposals[n-1].Statement
	}
	moves := []truce.Body{
		&truce.Step{Case: f.ID, To: truce.CaseTriaged, How: "accepted"}, &truce.Step{Case: f.ID, To: truce.CaseTriaged, How: "accepted"}, &truce.Step{Case: f.ID, To: truce.CaseInsufficient},
		&truce.Assessment{Case: f.ID, Occurred: "yes", Outcome: truce.Violation, Reasons: text}, &truce.Assessment{Case: f.ID, Occurred: "yes", Outcome: truce.Violation, Reasons: text},
		&truce.Step{Case: f.ID, To: truce.CaseDeliberation}, &truce.Proposal{Case: f.ID, Outcome: truce.Violation, Text: text},
		&truce.Concurrence{With: last}, &truce.Dissent{From: last, Text: text}, &truce.Step{Case: f.ID, To: truce.CaseDecided, How: "deadlock"},
		&truce.Referral{Case: f.ID, To: "ministers", Why: "exhausted"}, &truce.Step{Case: f.ID, To: truce.CaseSuspended},
	}
	office := []truce.OfficeID{"north", "south"}[rng.IntN(2)]
	if _, err := c.Say(t.Context(), office, "", moves[rng.IntN(len(moves))]); err != nil && truce.KindOf(err) == "" {
		t.Fatal(err)
	}
}

// TestARequestIsReadByTheLiaisonThatIsReached asks a party without naming its
// liaison: the one that is reached reads it, and no other office of its level.
func TestARequestIsReadByTheLiaisonThatIsReached(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	clock.pass(time.Hour)
	report := sayTest(t, c, "watch", shelling("obs", "hil", "p1", start-7200, 1))
	k := sayTest(t, c, "envoy", &truce.Case{Incident: ClaimRefs(report, shelling("obs", "hil", "p1", start-7200, 1))[0], Trigger: "office"})
	sayTest(t, c, "envoy", &truce.Step{Case: k, To: truce.CaseTriaged, How: "accepted"})
	request := sayTest(t, c, "envoy", &truce.InformationRequest{Case: k, Party: "hil", Through: "north", Alleged: "x", Asks: []string{"y"}})
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[truce.Viewer]bool{{Office: "hill", Role: truce.Liaison, Party: "hil"}: true, {Office: "watch", Role: truce.Monitor}: false, {}: false} {
		_, err := c.View(who).StatementByID(t.Context(), request)
		if (err == nil) != want {
			t.Errorf("%q reads the request: %v, want %v", who.Office, err == nil, want)
		}
	}
}

// TestARowThatWasForgottenIsTakenAway lets the follower forget an incident that
// then loses its only claim at the lowest level of reader.
func TestARowThatWasForgottenIsTakenAway(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	clock.pass(time.Hour)
	open := shelling("obs", "nor", "p1", start-7200, 1)
	id := sayTest(t, c, "watch", open)
	closed := shelling("doc", "nor", "p1", start-7000, 1)
	closed.Marking = truce.Amber
	sayTest(t, c, "watch", closed)
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	public := func() int {
		all, _, err := c.View(truce.Viewer{}).Incidents(t.Context(), picture.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if public() != 1 {
		t.Fatalf("%d incidents are public, want the one that is said in the open", public())
	}
	c.fold.forget()
	clock.pass(time.Hour)
	sayTest(t, c, "watch", &truce.StatementWithdrawal{Statement: id, Why: "test"})
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := public(); n != 0 {
		t.Errorf("%d incidents are public after what was said in the open was withdrawn", n)
	}
}
