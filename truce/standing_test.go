package truce

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestASpansStateUnderItsOwnClaimantsClock(t *testing.T) {
	x := newTeller(t)
	span := func(id SpanID, act string, w When, f func(*TruceSpan)) {
		s := &TruceSpan{ID: id, Sort: "calm", Area: Area{Places: []Where{place(PlaceID(id))}}, When: w, ClaimedBy: "army", Act: act}
		if f != nil {
			f(s)
		}
		x.say("envoy", s)
	}
	of := func(id SpanID) func(*TruceSpan) { return func(s *TruceSpan) { s.Extends = id } }
	span("plain", "announced", When{From: 100, To: 200}, nil)
	span("open", "announced", When{From: 5000}, nil)
	span("no-start", "announced", When{To: 200}, nil)
	span("fuzzy", "announced", When{From: 6000}, func(s *TruceSpan) { s.EndFrom, s.ClaimedBy = When{From: 7000, To: 7100}, "wire" })
	span("proposal", "proposed", When{From: 100, To: 200}, nil)
	span("over", "terminated", When{From: 300}, nil)
	span("long", "announced", When{From: 10_000, To: 10_100}, nil)
	span("long2", "extended", When{To: 10_200}, of("long"))
	span("long3", "extended", When{To: 10_300}, of("long2"))
	span("pause", "suspended", When{From: 10_150, To: 10_160}, of("long2"))
	span("stop", "terminated", When{From: 10_250}, of("long3"))
	span("quiet", "suspended", When{From: 100, To: 150}, nil)
	for _, c := range []struct {
		id   SpanID
		at   Instant
		want SpanState
	}{
		{"plain", 99, SpanAnnounced}, {"plain", 100, SpanInForce}, {"plain", 199, SpanInForce}, {"plain", 200, SpanLapsed},
		{"open", 1 << 40, SpanInForce}, {"no-start", 10, SpanStartOpen}, {"no-start", 200, SpanLapsed},
		{"fuzzy", 6500, SpanInForce}, {"fuzzy", 7000, SpanEndUnclear}, {"fuzzy", 7100, SpanLapsed},
		{"proposal", 150, SpanProposed}, {"over", 299, SpanStartOpen}, {"over", 300, SpanTerminated},
		{"long", 10_155, SpanSuspended}, {"long", 10_170, SpanInForce}, {"long", 10_249, SpanInForce}, {"long", 10_250, SpanTerminated},
		{"quiet", 120, SpanSuspended},
	} {
		if s, ok := x.reg.Span(c.id, c.at, x.end()); !ok || s.State != c.want {
			t.Errorf("%s at %d: %s, want %s", c.id, c.at, s.State, c.want)
		}
	}
	quiet := SpanClock{Start: 100, Quiet: []When{{From: 150, To: 160}}, parentStarts: 90}
	for _, c := range []struct {
		from, to Instant
		want     Tri
		what     What
	}{{151, 155, No, AboutTime}, {149, 155, Unsure, AboutTime}, {170, 180, Yes, ""}, {80, 90, No, AboutTime}, {0, 0, Unsure, AboutTime}} {
		if got, what := quiet.holds(c.from, c.to); got != c.want || what != c.what {
			t.Errorf("%d-%d: %d %s", c.from, c.to, got, what)
		}
	}
	if got, _ := (&SpanClock{Never: true}).holds(1, 2); got != No {
		t.Error("a proposal holds for nobody")
	}
	if got, what := (&SpanClock{EndFrom: 50, EndTo: 50, parentStarts: 10}).holds(20, 30); got != Unsure || what != AboutStart {
		t.Error("a start that was not stated")
	}
	if got, _ := (&SpanClock{EndFrom: 50, EndTo: 50, parentStarts: 10}).holds(5, 10); got != No {
		t.Error("a calm does not come before the regime it stands in")
	}
}

func TestTheTermsInForceUnderEachReading(t *testing.T) {
	x := workedRegime(t, "north", "south")
	x.say("north", &Term{ID: "own", Instrument: "terms", Summary: inEnglish("x"), Modality: Prohibit, DutyBearers: []ActorID{Anyone}, When: When{From: wall("2016-04-01T00:00"), To: wall("2016-05-01T00:00")}})
	for _, c := range []struct {
		term         TermID
		at           string
		north, south Tri
	}{
		{"T2", "2016-02-26T12:00", No, No}, {"T2", "2016-03-01T00:00", Yes, Yes}, {"C1", "2016-03-01T00:00", No, No},
		{"C1", "2016-05-04T12:00", Yes, Unsure}, {"C1", "2016-05-07T00:00", Yes, No}, {"own", "2016-04-02T00:00", Yes, Yes}, {"own", "2016-05-02T00:00", No, No},
	} {
		for _, s := range x.reg.TermsInForce(wall(c.at), x.end()) {
			if s.Body.ID != c.term {
				continue
			}
			if s.Under[0].Office != "north" || s.Under[0].Holds != c.north || s.Under[1].Holds != c.south {
				t.Errorf("%s at %s: %+v", c.term, c.at, s.Under)
			}
		}
	}
	y := newTeller(t)
	y.say("north", &Instrument{ID: "i", Name: inEnglish("i")})
	y.say("north", &Term{ID: "T", Instrument: "i", Summary: inEnglish("x"), Modality: Prohibit, Acts: []string{"attack"}, DutyBearers: []ActorID{Anyone}})
	if got := y.reg.TermsInForce(5, y.end())[0].Under[0]; got.Holds != Unsure {
		t.Errorf("an office that stated no span: %+v", got)
	}
	v := Assess(y.reg, Act{Events: []string{"shelling"}, Actor: by("x")}, "north", y.end())
	if v.Answer != Insufficient || !slices.ContainsFunc(v.Missing(), func(g Ground) bool { return g.What == AboutSpan }) {
		t.Errorf("%+v", v)
	}
}

func TestWhatContradictsTheRegimeIsRefused(t *testing.T) {
	x := workedRegime(t, "north", "south")
	land := Area{Places: []Where{place("city", "province", "land")}}
	span := func(f func(*TruceSpan)) *TruceSpan {
		s := &TruceSpan{ID: "new", Sort: "calm", Area: land, When: When{From: wall("2016-05-05T00:30"), To: wall("2016-05-06T00:00")}, ClaimedBy: "army", Act: "announced"}
		f(s)
		return s
	}
	term := Term{ID: "T2", Instrument: "terms", Summary: inEnglish("x"), Modality: Prohibit, DutyBearers: []ActorID{Anyone}}
	lost := term
	lost.Instrument = "none"
	for _, c := range []struct {
		name   string
		office OfficeID
		body   Body
		words  string
	}{
		{"an instrument of another's", "south", &Instrument{ID: "terms", Name: inEnglish("x")}, "as said by north"},
		{"a term of another's", "south", &term, "as said by north"},
		{"a term of no instrument", "south", &lost, "not registered"},
		{"an actor of another's", "south", &Actor{ID: "gov", Name: inEnglish("x")}, "as said by north"},
		{"a span of another's", "south", span(func(s *TruceSpan) { s.ID = "P0" }), "as said by north"},
		{"another time by one claimant", "south", span(func(*TruceSpan) {}), "one claimant has one time"},
		{"a parent that is not there", "south", span(func(s *TruceSpan) { s.Parent = "none" }), "say the span first"},
		{"an extension of nothing", "south", span(func(s *TruceSpan) { s.Extends = "none" }), "say the span first"},
		{"a coverage of nothing", "south", &Coverage{Span: "none", Area: land, ClaimedBy: "sou"}, "say the span first"},
		{"a reading of no term", "south", &Reading{ID: "r", About: "term", Term: "none"}, "not registered"},
		{"a reading of no span", "south", &Reading{ID: "r", About: "span", Span: "none"}, "say the span first"},
		{"a reading that adopts nothing", "south", &Reading{ID: "r", About: "span", Adopts: "none"}, "say the span first"},
		{"a coalition within its member", "south", &Membership{Actor: "mix", Coalition: "emm", ClaimedBy: "x"}, "cannot contain itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := x.reg.judge(c.office, c.body); err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v; want %q", err, c.words)
			}
		})
	}
	for name, b := range map[string]Body{
		"the same said again":    span(func(s *TruceSpan) { s.When = When{From: wall("2016-05-05T01:00"), To: wall("2016-05-07T01:00")} }),
		"after the other's end":  span(func(s *TruceSpan) { s.When = When{From: wall("2016-05-07T01:00")} }),
		"over another area":      span(func(s *TruceSpan) { s.Area = Area{Places: []Where{place("hill")}} }),
		"over one place more":    span(func(s *TruceSpan) { s.Area.Places = append(slices.Clone(land.Places), place("hill")) }),
		"of another claimant":    span(func(s *TruceSpan) { s.ClaimedBy = "wire" }),
		"of another sort":        span(func(s *TruceSpan) { s.Sort = "local" }),
		"a proposal":             span(func(s *TruceSpan) { s.Act = "proposed" }),
		"with no start stated":   span(func(s *TruceSpan) { s.When = When{} }),
		"a member that has left": &Membership{Actor: "mix", Coalition: "emm", Left: true, ClaimedBy: "x"},
		"a report":               report("x"),
	} {
		if err := x.reg.judge("south", b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	deep := newTeller(t)
	for i := range maxNesting + 1 {
		deep.say("envoy", &Membership{Actor: ActorID(rune('a' + i + 1)), Coalition: ActorID(rune('a' + i)), ClaimedBy: "x"})
	}
	if err := deep.reg.judge("envoy", &Membership{Actor: "a", Coalition: "z", ClaimedBy: "x"}); err == nil {
		t.Error("nested beyond the limit")
	}
	if s := deep.reg.Status("a", 1, deep.end(), "north"); s.Status != StatusUnknown {
		t.Error("status")
	}
}

func TestReadingsOfAnActor(t *testing.T) {
	x := workedRegime(t, "north", "south")
	for _, c := range []struct {
		status           string
		bound, protected Tri
	}{
		{StatusAccepted, Yes, Yes}, {StatusNotified, Yes, Yes}, {StatusExcluded, No, No}, {StatusNotParty, No, No},
		{StatusWithdrawn, No, No}, {StatusSuspended, No, No}, {StatusUnprotected, Unsure, No}, {StatusUnknown, Unsure, Unsure},
	} {
		x.say("south", &Reading{ID: "unk", About: "actor", Actor: "unk", Status: c.status})
		s := x.reg.Status("unk", 1_462_000_000, x.end(), "south")
		if s.Bound != c.bound || s.Protected != c.protected || s.Status != c.status || (s.Notified == Yes) != (c.status == StatusNotified) {
			t.Errorf("%s: %+v", c.status, s)
		}
		if s := x.reg.Status("unk", 1_462_000_000, x.end(), "north"); s.Status != StatusUnknown {
			t.Errorf("under another: %+v", s)
		}
	}
	// a status that rests on a premise falls back on the facts where that is signed as not met
	x.say("south", &Reading{ID: "gov", About: "actor", Actor: "gov", Status: StatusNotParty, Requires: []string{"p"}, Premises: []Premise{{Name: "p"}}})
	if s := x.reg.Status("gov", 1_462_000_000, x.end(), "south"); s.Status != StatusAccepted {
		t.Errorf("%+v", s)
	}
	x.say("south", &Reading{ID: "gov", About: "actor", Actor: "gov", Status: StatusNotParty, Requires: []string{"p"}, Premises: []Premise{{Name: "p", Holds: true}}})
	if s := x.reg.Status("gov", 1_462_000_000, x.end(), "south"); s.Status != StatusNotParty || len(s.Grounds) != 2 {
		t.Errorf("%+v", s)
	}
	rivals := Act{Events: []string{"aid_blocked"}, Actor: by("gov"), Where: daraya, When: at("2016-05-12T14:00"), Premises: []Signed{signedThat("clearance-given", true), signedThat("clearance-given", false)}}
	if got := termOf(Assess(x.reg, rivals, "north", x.end()), "T4").Answer; got != Insufficient {
		t.Errorf("rival words leave a premise open: %s", got)
	}
	rivals.Premises = rivals.Premises[1:]
	if got := termOf(Assess(x.reg, rivals, "north", x.end()), "T4").Answer; got != OutsideAct {
		t.Errorf("a condition signed as not met takes the act out: %s", got)
	}
	unsigned := Act{Events: []string{"shelling"}, Actor: Named{ID: "acc"}, Where: westCity, When: at("2016-05-05T02:00")}
	if got := Assess(x.reg, unsigned, "north", x.end()); got.Answer != Insufficient {
		t.Errorf("an actor that nobody signed: %s", got.Answer)
	}
}

func TestStrictWordsMore(t *testing.T) {
	head := `{"origin":"o","regime":"r","kind":"report","v":1,"office":"w","made_at":"2016-05-03T00:00:00Z","body":`
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for name, s := range map[string]string{
		"not JSON":                  head + `{"channel":"field","text":what}}`,
		"ends early":                head + `{"channel":"field"`,
		"nothing":                   "",
		"too deep":                  head + deep + "}",
		"a list for a text":         head + `{"channel":"field","text":["x"]}}`,
		"a control character":       head + "{\"channel\":\"field\",\"text\":\"a\x01b\"}}",
		"a string without end":      head + `{"channel":"field","text":"abc`,
		"a broken escape":           head + `{"channel":"field","text":"\q"}}`,
		"no colon":                  head + `{"channel" "field"}}`,
		"no name":                   head + `{1:"field"}}`,
		"no comma":                  head + `{"channel":"field" "text":"x"}}`,
		"a list without end":        head + `{"channel":"field","exhibits":["x"`,
		"a list without comma":      head + `{"channel":"field","exhibits":["" ""]}}`,
		"a time that is none":       strings.Replace(head, "2016-05-03T00:00:00Z", "yesterday", 1) + `{"channel":"field","text":"x"}}`,
		"a digest that is none":     head + `{"channel":"field","text":"x","exhibits":["zz"]}}`,
		"a claim that is none":      head + `{"channel":"field","text":"x","claims":[{"event":"shelling","about":["zz"]}]}}`,
		"a number beyond 64 bits":   head + `{"channel":"field","text":"x","date":99999999999999999999}}`,
		"a number with a plus":      head + `{"channel":"field","text":"x","part":+1}}`,
		"a number with a zero":      head + `{"channel":"field","text":"x","part":01}}`,
		"a word that is almost one": head + `{"channel":"field","text":"x","supports":truth}}`,
	} {
		if _, err := DecodeBody([]byte(s)); KindOf(err) != Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := head + ` { "channel" : "field" , "text" : "\u00e9\ud83d\ude00\ufffd" , "exhibits" : [ ] , "supports" : true, "part": 0 } } `
	if s, err := DecodeBody([]byte(good)); err != nil || s.Body.(*Report).Text != "é😀\uFFFD" {
		t.Errorf("%v", err)
	}
	for name, env := range map[string]string{
		"no envelope":       "",
		"another type":      `{"payloadType":"x","payload":"e30=","signatures":[{"keyid":"a","sig":"AA=="}]}`,
		"not base64":        `{"payloadType":"application/vnd.marchday.statement+json","payload":"!","signatures":[{"keyid":"a","sig":"AA=="}]}`,
		"no signature":      `{"payloadType":"application/vnd.marchday.statement+json","payload":"e30=","signatures":[]}`,
		"a loose signature": `{"payloadType":"application/vnd.marchday.statement+json","payload":"e30=","signatures":[{"keyid":"a","sig":"A"}]}`,
		"a space":           `{"payloadType":"application/vnd.marchday.statement+json", "payload":"e30=","signatures":[{"keyid":"a","sig":"AA=="}]}`,
		"too long":          strings.Repeat("x", MaxEnvelope+1),
	} {
		if _, err := ParseEnvelope([]byte(env)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
	var v struct {
		N int `json:"n"`
	}
	if err := ReadJSON([]byte(`{"n":1,"N":2}`), &v); KindOf(err) != Invalid {
		t.Error("a name in two cases")
	}
	p := testFounding().Procedure
	if p.CutOffSeconds() != 18*3600 {
		t.Error("cut-off")
	}
	p.Zones = []Zone{damascus}
	if z, ok := p.ZoneNamed("Asia/Damascus"); !ok || z.Name != damascus.Name {
		t.Error("another zone by name")
	}
}

func TestAlarmsRingBeforeAnEndAndAtALapse(t *testing.T) {
	x := newTeller(t)
	x.say("envoy", &TruceSpan{ID: "c", Sort: "calm", Area: Area{Places: []Where{place("a")}}, When: When{From: 1000, To: 1000 + 48*3600}, ClaimedBy: "army", Act: "announced"})
	x.say("envoy", &TruceSpan{ID: "open", Sort: "calm", Area: Area{Places: []Where{place("b")}}, When: When{From: 1000}, ClaimedBy: "army", Act: "announced"})
	end := Instant(1000 + 48*3600)
	for _, c := range []struct {
		at    Instant
		rings bool
		hours int32
	}{{end - 12*3600 - 1, false, 0}, {end - 12*3600, true, 12}, {end - 3*3600, true, 3}, {end - 1, true, 3}, {end, true, 0}, {end + 12*3600 - 1, true, 0}, {end + 12*3600, false, 0}} {
		got := Alarms(x.reg.Spans(c.at, x.end()), c.at, []int32{12, 3, 0})
		if (len(got) == 1) != c.rings || c.rings && (got[0].Before != c.hours || got[0].Span != "c" || got[0].End != end) {
			t.Errorf("%d s before the end: %+v", end-c.at, got)
		}
	}
	if Alarms(x.reg.Spans(end, x.end()), end, nil) != nil {
		t.Error("no hours, no alarms")
	}
	x.say("envoy", &TruceSpan{ID: "cx", Sort: "calm", Area: Area{Places: []Where{place("a")}}, When: When{From: end, To: end + 24*3600}, ClaimedBy: "army", Act: "extended", Extends: "c"})
	x.say("envoy", &TruceSpan{ID: "cy", Sort: "calm", Area: Area{Places: []Where{place("a")}}, When: When{From: end, To: end + 24*3600}, ClaimedBy: "rebels", Act: "extended", Extends: "c"})
	later := end + 24*3600
	for _, c := range []struct {
		at   Instant
		want string
	}{{end, ""}, {later - 3*3600, "c 3 cy 3"}, {later, "c 0 cy 0"}} {
		var rung []string
		for _, a := range Alarms(x.reg.Spans(c.at, x.end()), c.at, []int32{12, 3, 0}) {
			rung = append(rung, fmt.Sprint(a.Span, " ", a.Before))
			if a.End != later {
				t.Errorf("%s ends at %d, want %d", a.Span, a.End, later)
			}
		}
		if got := strings.Join(rung, " "); got != c.want {
			t.Errorf("%d s before the extended end it rings %q, want %q", later-c.at, got, c.want)
		}
	}
}
