package bulletin

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// The tests' country is invented. Two capitals, off-a and off-b, vouch for
// pty-a and pty-b; arm-a and arm-b fight; nobody is excluded but exc-x.

// world gathers rows of a picture by hand, as a fold would write them.
type world struct {
	t      testing.TB
	id     func(string) string // renames parties, for the swap
	rows   []picture.Row
	next   int64
	regime *truce.Regime
	house  picture.House
}

const (
	day  = "2016-05-05"
	from = truce.Instant(1462374000) // 4 May 18:00 +03:00
	to   = from + truce.Day
)

func newWorld(t testing.TB, id func(string) string) *world {
	w := &world{t: t, id: id, regime: truce.NewRegime()}
	office := func(of string, role truce.Role, en, ar string, party truce.ActorID) truce.Office {
		return truce.Office{ID: truce.OfficeID(id(of)), Name: []truce.Text{{Lang: "en", Text: id(en)}, {Lang: "ar", Text: id(ar)}}, Role: role, Party: party}
	}
	f := &truce.Founding{
		Mode: truce.Demo, Name: []truce.Text{{Lang: "en", Text: "Joint monitoring centre of Ardland"}, {Lang: "ar", Text: "المركز المشترك للرصد في أردلاند"}},
		Regime: []truce.Text{{Lang: "en", Text: "Cessation of hostilities in Ardland"}, {Lang: "ar", Text: "وقف الأعمال العدائية في أردلاند"}},
		Offices: []truce.Office{
			office("off-a", truce.CoChair, "Capital A", "العاصمة أ", truce.ActorID(id("pty-a"))), office("off-b", truce.CoChair, "Capital B", "العاصمة ب", truce.ActorID(id("pty-b"))),
			{ID: "envoy", Name: []truce.Text{{Lang: "en", Text: "Envoy"}}, Role: truce.Mediator}, {ID: "desk", Name: []truce.Text{{Lang: "en", Text: "Desk"}}, Role: truce.Centre},
			{ID: "watch", Name: []truce.Text{{Lang: "en", Text: "Monitors"}, {Lang: "ar", Text: "الراصدون"}}, Role: truce.Monitor},
		},
		Procedure: truce.Procedure{
			Zone:   truce.Zone{Name: "Ardland/Velm", Rules: []truce.Transition{{OffsetSeconds: 7200, Abbrev: "EET"}, {From: 1459461600, OffsetSeconds: 10800, Abbrev: "EEST"}}},
			CutOff: "18:00", Clocks: []truce.Clock{{Name: truce.ClockAssessment, Seconds: 259200}}, Threshold: truce.Threshold{CivilianKilled: 5, Protected: true}, CoverageFloor: 500,
		},
		Method: truce.Method{Release: "0.1.0", Engines: []truce.Engine{{Name: "link", Version: "1"}, {Name: "casualties", Version: truce.CasualtyRule}}},
	}
	w.house = picture.House{Origin: "centre.example/ardland", Regime: "ard", Mode: f.Mode, Name: f.Name, About: f.Regime, Offices: f.Offices, Procedure: f.Procedure, Method: f.Method}
	w.rows = append(w.rows, w.house)
	w.say("desk", from-60*truce.Day, f)
	return w
}

// say appends a statement at a receipt time and returns its ID.
func (w *world) say(office string, at truce.Instant, b truce.Body) truce.StatementID {
	w.t.Helper()
	s := truce.NewStatement(w.house.Origin, w.house.Regime, truce.OfficeID(w.id(office)), "", at, b)
	payload, err := truce.Encode(s)
	if err != nil {
		w.t.Fatalf("statement %d: %v", w.next, err)
	}
	info, _ := truce.InfoOf(b.Kind())
	id := truce.DigestOf(payload)
	w.rows = append(w.rows, picture.Statement{
		Index: w.next, ID: id, Kind: b.Kind(), Group: info.Group, Office: s.Office, MadeAt: at, RecvAt: int64(at) * 1000,
		Marking: truce.Clear, GoneAt: -1, Payload: string(payload),
	})
	w.regime.Take(w.next, at, id, s.Office, s)
	w.next++
	return id
}

// actor says who is who.
func (w *world) actor(id, en, ar, sort string) {
	w.say("envoy", from-50*truce.Day, &truce.Actor{ID: truce.ActorID(w.id(id)), Name: []truce.Text{{Lang: "en", Text: w.id(en)}, {Lang: "ar", Text: w.id(ar)}}, Sort: sort})
}

func unitPlace(unit string) truce.Where {
	return truce.Where{Place: truce.PlaceID(unit), Class: "adm1", Within: []truce.PlaceID{"XD"}}
}

// town is a place with a point within a unit.
func town(id, en, ar, unit string, lon, lat int32) truce.Where {
	return truce.Where{
		Place: truce.PlaceID(id), Names: []truce.Text{{Lang: "en", Text: en}, {Lang: "ar", Text: ar}}, Class: "town",
		Within: []truce.PlaceID{truce.PlaceID(unit), "XD"}, Point: &truce.Point{Lon: lon, Lat: lat}, RadiusMetres: 2000,
	}
}

// event is what the tests say of an incident.
type event struct {
	act, object string
	at          truce.Instant
	where       truce.Where
	by          string // alleged
	against     string
	claims      map[string]int // by office; "" is others
	status, why string
	tolls       []truce.Counted
	vague       bool
	marking     truce.Marking // the least level that may read it; clear if empty
}

// incident writes an incident with the verdicts that truce gives on it, and
// the statement that carries its first claim.
func (w *world) incident(e event) truce.IncidentID {
	w.t.Helper()
	id := w.say("watch", e.at+3600, &truce.Report{Channel: "field", External: strconv.FormatInt(w.next, 10), Claims: []truce.Claim{{Event: e.act, When: truce.When{From: e.at}}}})
	i := picture.Incident{
		ID: truce.ClaimRef{Statement: id, At: 0, Family: "attack"}, Index: w.next - 1, Event: e.act, Object: e.object,
		When: truce.When{From: e.at, To: e.at + 3600, Precision: truce.ToHour}, Where: e.where, Status: e.status, StatusWhy: e.why,
		ClaimedBy: map[truce.OfficeID]int{}, Tally: truce.Merge(e.tolls), Agree: true, Lineages: []string{"first"},
	}
	if e.vague {
		i.When = truce.When{From: e.at, To: e.at + truce.Day, Precision: truce.ToDay}
	}
	i.Day = w.house.Procedure.Zone.DayOf(e.at)
	for _, c := range w.house.Offices {
		i.ClaimedBy[c.ID] = 0
	}
	for office, n := range e.claims {
		key := truce.OfficeID("")
		if office != "" {
			key = truce.OfficeID(w.id(office))
		}
		i.ClaimedBy[key] = n
		for k := range n {
			i.Claims = append(i.Claims, truce.ClaimRef{Statement: id, At: uint32(k), Family: "attack"})
		}
	}
	act := truce.Act{Events: []string{e.act}, Object: e.object, Where: e.where, When: i.When}
	if e.by != "" {
		act.Actor = truce.Named{ID: truce.ActorID(w.id(e.by)), By: id}
		i.Alleged = []picture.Alleged{{Actor: act.Actor.ID, By: []string{w.id("pty-a")}, Denied: []string{w.id(e.by)}}}
	}
	if e.against != "" {
		act.Targets = []truce.Named{{ID: truce.ActorID(w.id(e.against)), By: id}}
	}
	j := picture.Judged{Act: act}
	for _, o := range w.house.CoChairs() {
		j.Verdicts = append(j.Verdicts, w.regime.Under(o.ID, w.next).Assess(act))
	}
	j.Agreement = truce.Agree(j.Verdicts)
	i.Acts, i.Agree = []picture.Judged{j}, j.Agreement.Agree
	i.Level, i.Upto = truce.Clear, truce.Amber
	if e.marking != "" {
		i.Level = e.marking
	}
	w.rows = append(w.rows, i)
	return i.ID
}

// fold writes the rows in a new picture and returns the input of a bulletin.
func (w *world) fold() Input {
	w.t.Helper()
	ctx := context.Background()
	p, err := picture.Open(ctx, filepath.Join(w.t.TempDir(), "picture.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			w.t.Error(err)
		}
	})
	root := truce.DigestOf([]byte("root"))
	if err := p.Fold(ctx, w.rows, picture.Position{Size: w.next, Root: root}); err != nil {
		w.t.Fatal(err)
	}
	base, err := os.ReadFile("testdata/base.geojson")
	if err != nil {
		w.t.Fatal(err)
	}
	ground, err := ReadGround(base)
	if err != nil {
		w.t.Fatal(err)
	}
	return Input{View: p.View(truce.Viewer{}, w.next, to), Day: day, From: from, To: to, Origin: w.house.Origin, Size: w.next, Root: root, Base: ground}
}

func same(s string) string { return s }

// figure is one figure by a lineage.
func figure(lineage string, low, high int32, qual string, said truce.Instant, index int64) truce.Counted {
	return truce.Counted{Casualty: truce.Casualty{Kind: truce.Killed, Low: low, High: high, Qual: qual}, Lineage: lineage, Said: said, Index: index}
}

// ardland is the day that the golden files show: every section has something.
func ardland(t testing.TB) *world {
	w := newWorld(t, same)
	w.actor("arm-a", "Army A", "الجيش أ", "armed-force")
	w.actor("arm-b", "Army B", "الجيش ب", "armed-force")
	w.actor("exc-x", "Group X", "الجماعة س", "armed-group")
	w.actor("pty-a", "State A", "الدولة أ", "state")
	w.actor("pty-b", "State B", "الدولة ب", "state")
	velm := town("velm-town", "Velm", "فيلم", "XD-VE", 108_000_000, 522_000_000)
	karsa := town("karsa-town", "Karsa", "كارسا", "XD-KA", 108_500_000, 506_000_000)
	mill := town("mill", "The Mill", "الطاحونة", "XD-KA", 112_500_000, 509_000_000)
	regimeOf(w, velm)
	w.incident(event{act: "shelling", at: from - 20*truce.Day, where: karsa, claims: map[string]int{"off-a": 1}, status: picture.Pending})
	w.incident(event{act: "air_strike", at: from - truce.Day + 7200, where: karsa, claims: map[string]int{"": 1}, status: picture.Pending})
	strike := w.incident(event{act: "air_strike", object: "hospital", at: from - 8*truce.Day, where: velm, by: "arm-b", against: "arm-a", claims: map[string]int{"off-a": 2, "": 3}, status: picture.Pending, tolls: []truce.Counted{
		figure("doctors", 14, 14, "exact", from-8*truce.Day, 20), figure("doctors", 50, truce.Open, "at-least", from-7*truce.Day, 21), figure("doctors", 55, 55, "exact", from-6*truce.Day, 22),
		figure("observers", 27, 27, "exact", from-7*truce.Day, 23), figure("rescuers", 24, 99, "hedge", from-7*truce.Day, 24),
	}})
	w.incident(event{act: "shelling", object: "market", at: from + 7200, where: karsa, by: "arm-a", against: "arm-b", claims: map[string]int{"off-b": 2, "": 1}, status: picture.Disputed, why: "finding", tolls: []truce.Counted{
		figure("rescuers", 6, 6, "exact", from+9000, 30), figure("observers", 9, truce.Open, "at-least", from+9000, 31),
	}})
	w.incident(event{act: "shelling", at: from + 9000, where: velm, by: "arm-b", against: "arm-a", claims: map[string]int{"off-a": 3}, status: picture.Confirmed, why: "finding"})
	w.incident(event{act: "gunfire", at: from + 30000, where: mill, claims: map[string]int{"off-a": 1, "off-b": 1}, status: picture.Pending})
	w.incident(event{act: "bombing", object: "bus_station", at: from + 40000, where: unitPlace("XD-MO"), by: "exc-x", claims: map[string]int{"": 2}, status: picture.Outside, why: "readings", vague: true})
	w.incident(event{act: "gunfire", at: from + 50000, where: mill, claims: map[string]int{"off-b": 1}, status: picture.Pending, marking: truce.Amber})
	w.say("watch", from+3*3600, &truce.Watch{Area: truce.Area{Places: []truce.Where{unitPlace("XD-TA")}}, When: truce.When{From: from, To: from + 20*3600}, Channel: "post", Posts: 2, Nothing: true})
	w.say("watch", from+3*3600, &truce.Watch{Area: truce.Area{Places: []truce.Where{karsa}}, When: truce.When{From: from, To: from + 6*3600}, Channel: "patrol"})
	w.say("watch", from+4*3600, &truce.Restriction{Sort: "denied", Where: mill, When: truce.When{From: from + 4*3600}, Minutes: 95, By: truce.ActorID(w.id("arm-b")), Reason: "No clearance from the district"})
	docketOf(w, strike)
	w.say("envoy", from+6*3600, &truce.Control{Area: truce.Area{Places: []truce.Where{mill}}, Actor: "arm-b", ClaimedBy: "arm-b", When: truce.When{From: from + 5*3600}})
	w.say("envoy", from+6*3600, &truce.Crossing{Place: karsa, State: "restricted", ClaimedBy: "envoy", When: truce.When{From: from + 6*3600}, Note: "Medicine only"})
	w.say("envoy", from-3*truce.Day, &truce.AccessRequest{ID: "C7", To: velm, Asked: []string{"arm-a", "arm-b"}, Cargo: []string{"flour"}})
	w.say("envoy", from-2*truce.Day, &truce.AccessAnswer{Request: "C7", By: "arm-a", Answer: "approved"})
	w.say("envoy", from-2*truce.Day, &truce.AccessAnswer{Request: "C7", By: "arm-b", Answer: "partly", Refused: []string{"infusions"}})
	w.say("envoy", from+7*3600, &truce.Convoy{Request: "C7", State: "turned-back", Where: &mill, When: truce.When{From: from + 7*3600}, By: "arm-b", ClaimedBy: "envoy"})
	w.say("envoy", from-9*truce.Day, &truce.Round{ID: "R2", Name: []truce.Text{{Lang: "en", Text: "Second round"}, {Lang: "ar", Text: "الجولة الثانية"}}, When: truce.When{From: from - 9*truce.Day}})
	w.say("envoy", from+8*3600, &truce.TalksStatement{Round: "R2", Sort: "suspension", By: "arm-a", Text: []truce.Text{{Lang: "en", Text: "We suspend our part in the talks over the strike on the hospital."}}, When: truce.When{From: from + 8*3600}, Incidents: []truce.ClaimRef{strike}})
	return w
}

// regimeOf says the terms, two rival clocks of a calm over velm, and readings.
func regimeOf(w *world, velm truce.Where) {
	en := func(s string) []truce.Text { return []truce.Text{{Lang: "en", Text: s}} }
	all := truce.Area{Places: []truce.Where{{Place: "XD", Names: []truce.Text{{Lang: "en", Text: "Ardland"}, {Lang: "ar", Text: "أردلاند"}}}}}
	w.say("envoy", from-49*truce.Day, &truce.Instrument{ID: "N1", Name: en("Joint statement"), When: truce.When{From: from - 60*truce.Day}})
	w.say("envoy", from-49*truce.Day, &truce.Term{
		ID: "T2", Instrument: "N1", Paragraph: "2", Summary: en("No attacks on other accepting parties"), Modality: truce.Prohibit, Acts: []string{"attack"},
		DutyBearers: []truce.ActorID{truce.Accepting}, Beneficiaries: []truce.ActorID{truce.Accepting},
	})
	for _, arm := range []string{"arm-a", "arm-b"} {
		w.say("envoy", from-49*truce.Day, &truce.Acceptance{Actor: truce.ActorID(w.id(arm)), Under: "N1", ClaimedBy: w.id(arm), When: truce.When{From: from - 48*truce.Day}})
	}
	w.say("envoy", from-49*truce.Day, &truce.Designation{Actor: "exc-x", By: "envoy"})
	w.say("envoy", from-48*truce.Day, &truce.TruceSpan{ID: "S0", Sort: "cessation", Area: all, When: truce.When{From: from - 48*truce.Day}, ClaimedBy: "envoy", Act: "announced"})
	for _, o := range []string{"off-a", "off-b"} {
		w.say(o, from-48*truce.Day, &truce.Reading{ID: "r0", About: "span", Span: "S0", Adopts: "S0"})
	}
	w.say("off-a", from-truce.Day, &truce.TruceSpan{ID: "S4a", Sort: "calm", Parent: "S0", Area: truce.Area{Places: []truce.Where{velm}}, When: truce.When{From: from - 3*3600}, ClaimedBy: w.id("pty-a"), Act: "announced"})
	w.say("watch", from+3600, &truce.TruceSpan{ID: "S4b", Sort: "calm", Parent: "S0", Area: truce.Area{Places: []truce.Where{velm}}, When: truce.When{From: from + 7*3600, To: from + 55*3600}, ClaimedBy: w.id("arm-b"), Act: "announced"})
	w.say("off-b", from+3600, &truce.TruceSpan{
		ID: "S4c", Sort: "calm", Parent: "S0", Area: truce.Area{Places: []truce.Where{velm}}, EndFrom: truce.When{From: from + 30*3600, To: from + 54*3600}, ClaimedBy: w.id("pty-b"), Act: "announced",
	})
	w.say("off-b", from+4000, &truce.Reading{ID: "r1", About: "actor", Actor: truce.ActorID(w.id("arm-b")), Status: truce.StatusUnprotected, Illustration: true, Text: en("Who fights beside an excluded group loses its protection.")})
}

// docketOf opens a case that is open, with one office's text missing, and one
// that ends with a dissent.
func docketOf(w *world, strike truce.IncidentID) {
	open := w.say("desk", from-6*truce.Day, &truce.Case{Incident: strike, Trigger: "threshold", Rule: truce.RuleProtected, Title: "Strike on the hospital in Velm"})
	openAt := w.next - 1
	seen := w.say("off-a", from-4*truce.Day, &truce.Assessment{Case: open, Occurred: "yes", Outcome: truce.Violation, Severity: "grave", Threat: 3, Reasons: []truce.Text{{Lang: "en", Text: "Three independent sources place aircraft over the town within the hour."}}})
	file := truce.CaseFile{
		ID: open, Number: 1, Incident: strike, Trigger: "threshold", Rule: truce.RuleProtected, Title: "Strike on the hospital in Velm", Opened: from - 6*truce.Day,
		Procedure: w.house.Procedure, State: truce.CaseTriaged, Round: 1,
		Path:   []truce.Move{{Index: openAt, At: from - 6*truce.Day, To: truce.CaseRegistered, Office: "desk", Kind: "case", Statement: open}},
		Clocks: []truce.CaseClock{{Name: truce.ClockAssessment, Round: 1, Started: from - 5*truce.Day, Due: from - 2*truce.Day}},
		Texts:  []truce.Filed{{Statement: seen, Office: truce.OfficeID(w.id("off-a")), Round: 1, Index: w.next - 1, At: from - 4*truce.Day, Outcome: truce.Violation}},
	}
	w.rows = append(w.rows, picture.Case{Index: openAt, ID: open, Rests: w.next - 1, File: file})

	id := w.say("desk", from-3*truce.Day, &truce.Case{Incident: strike, Trigger: "complaint", Title: "Second look at the same strike"})
	idAt := w.next - 1
	texts := map[string]truce.StatementID{}
	for _, o := range []struct{ office, words string }{{"off-a", "The flight is established."}, {"off-b", "No flight of ours is established. Other causes were not examined."}} {
		texts[o.office] = w.say(o.office, from+3600, &truce.Assessment{Case: id, Occurred: "probable", Outcome: truce.Undetermined, Reasons: []truce.Text{{Lang: "en", Text: o.words}}})
	}
	p := w.say("envoy", from+2*3600, &truce.Proposal{Case: id, Outcome: truce.Violation, Text: []truce.Text{{Lang: "en", Text: "The hospital was hit from the air."}}})
	yes := w.say("off-a", from+3*3600, &truce.Concurrence{With: p})
	no := w.say("off-b", from+3*3600, &truce.Dissent{From: p, Text: []truce.Text{{Lang: "en", Text: "The cause is not established, and so neither is a violation."}, {Lang: "ar", Text: "السبب غير ثابت، وكذلك الانتهاك."}}})
	a, b := truce.OfficeID(w.id("off-a")), truce.OfficeID(w.id("off-b"))
	answers := []truce.Answered{{Office: a, How: truce.AnswerConcur, Statement: yes, At: from + 3*3600}, {Office: b, How: truce.AnswerDissent, Statement: no, At: from + 3*3600}}
	file = truce.CaseFile{
		ID: id, Number: 2, Incident: strike, Trigger: "complaint", Title: "Second look at the same strike", Opened: from - 3*truce.Day, Procedure: w.house.Procedure, State: truce.CaseDecided, Round: 1,
		Texts: []truce.Filed{
			{Statement: texts["off-a"], Office: a, Round: 1, At: from + 3600, Outcome: truce.Undetermined}, {Statement: texts["off-b"], Office: b, Round: 1, At: from + 3600, Outcome: truce.Undetermined},
		},
		Requests:  []truce.RequestFile{{Round: 1, Party: truce.ActorID(w.id("arm-b")), Through: truce.OfficeID(w.id("off-b")), Asked: from - 2*truce.Day, Due: from - truce.Day}},
		Proposals: []truce.ProposalFile{{Statement: p, Office: "envoy", Round: 1, Outcome: truce.Violation, At: from + 2*3600, Answers: answers}},
		Finding:   truce.Finding{Kind: truce.Parallel, Proposal: p, Answers: answers, At: from + 3*3600}, DecidedAt: w.next - 1,
	}
	w.rows = append(w.rows, picture.Case{Index: idAt, ID: id, Rests: w.next - 1, File: file})
}
