package truce

import (
	"strings"
	"testing"
)

// TestWhatAStatementRefusesAlone has for every Validate what it refuses, by
// breaking one thing of the corpus's sample.
func TestWhatAStatementRefusesAlone(t *testing.T) {
	type broken struct {
		name  string
		body  Body
		field string
		words string
	}
	sample := func(k Kind) Body {
		for _, b := range samples() {
			if b.Kind() == k {
				return b
			}
		}
		t.Fatalf("no sample of %s", k)
		return nil
	}
	with := func(k Kind, name, field, words string, f func(Body)) broken {
		b := sample(k)
		f(b)
		return broken{name, b, field, words}
	}
	off := &Point{Lon: 2_000_000_000}
	badWhen := When{From: 10, To: 10}
	for _, c := range []broken{
		with("founding", "an unknown mode", "mode", "real, exercise or demo", func(b Body) { b.(*Founding).Mode = "game" }),
		with("founding", "no co-chair", "offices", "at least one co-chair", func(b Body) { b.(*Founding).Offices = b.(*Founding).Offices[3:4] }),
		with("founding", "an office twice", "offices.1", "twice", func(b Body) { f := b.(*Founding); f.Offices[1] = f.Offices[0] }),
		with("founding", "an office without a name", "offices.0.name", "name", func(b Body) { b.(*Founding).Offices[0].Name = nil }),
		with("founding", "a key that is none", "keys.0.public", "32 bytes", func(b Body) { b.(*Founding).Keys[0].Public = []byte{1} }),
		with("founding", "a stranger's key", "keys.0", "its own offices", func(b Body) { b.(*Founding).Keys[0].Office = "stranger" }),
		with("founding", "a procedure that is none", "procedure.zone", "name", func(b Body) { b.(*Founding).Procedure.Zone = Zone{} }),
		with("founding", "a method that is none", "method.engines.0", "version", func(b Body) { b.(*Founding).Method.Engines = []Engine{{}} }),
		with("office", "a capital letter", "id", "lower-case", func(b Body) { b.(*Office).ID = "Hill" }),
		with("office", "no role", "role", "no role", func(b Body) { b.(*Office).Role = "king" }),
		with("office", "half a name", "name.0", "lang and text", func(b Body) { b.(*Office).Name = []Text{{Text: "x"}} }),
		with("key", "an unknown act", "act", "grant, rotate or revoke", func(b Body) { b.(*KeyAct).Act = "lend" }),
		with("key", "a rotation of nothing", "replaces", "that it ends", func(b Body) { b.(*KeyAct).Act = Rotate }),
		with("key", "no class", "class", "no class", func(b Body) { b.(*KeyAct).Class = "gold" }),
		with("key", "a passkey without its site", "public", "SPKI", func(b Body) { b.(*KeyAct).Class = PasskeyKey }),
		with("key", "nobody's", "office", "belongs", func(b Body) { b.(*KeyAct).Office = "" }),
		{"a revocation of nothing", &KeyAct{Act: Revoke}, "key", "names the key"},
		with("method", "an engine without a version", "engines.0", "name and version", func(b Body) { b.(*Method).Engines[0].Version = "" }),
		with("procedure", "rules out of order", "zones.0.rules.1", "order", func(b Body) { b.(*Procedure).Zones[0].Rules = []Transition{{}, {}} }),
		with("procedure", "an offset over 18 hours", "zone.rules.0", "18 hours", func(b Body) { b.(*Procedure).Zone.Rules[0].OffsetSeconds = 90_000 }),
		with("procedure", "no time of day", "cut_off", "18:00", func(b Body) { b.(*Procedure).CutOff = "25:00" }),
		with("procedure", "a clock without a limit", "clocks.0", "above zero", func(b Body) { b.(*Procedure).Clocks[0].Seconds = 0 }),
		with("procedure", "a floor over all", "coverage_floor", "per mille", func(b Body) { b.(*Procedure).CoverageFloor = 1001 }),
		with("statement-withdrawal", "no reason", "why", "say why", func(b Body) { b.(*StatementWithdrawal).Why = " " }),
		with("statement-withdrawal", "nothing named", "statement", "by its ID", func(b Body) { b.(*StatementWithdrawal).Statement = Digest{} }),
		with("translation", "no language", "", "has of, from, to", func(b Body) { b.(*Translation).To = "" }),
		with("erasure", "two things", "", "one pseudonym or one exhibit", func(b Body) { b.(*Erasure).Exhibit = Digest{1} }),
		with("erasure", "no reason", "why", "say why", func(b Body) { b.(*Erasure).Why = "" }),
		with("instrument", "no id", "id", "has an id", func(b Body) { b.(*Instrument).ID = "" }),
		with("instrument", "no name", "name", "name", func(b Body) { b.(*Instrument).Name = nil }),
		with("instrument", "a time upside down", "when.to", "not after its start", func(b Body) { b.(*Instrument).When = badWhen }),
		with("term", "no instrument", "id", "names its instrument", func(b Body) { b.(*Term).Instrument = "" }),
		with("term", "no modality", "modality", "prohibit", func(b Body) { b.(*Term).Modality = "hope" }),
		with("term", "nobody bound", "duty_bearers", "whom it binds", func(b Body) { b.(*Term).DutyBearers = nil }),
		with("term", "no words", "summary", "has words", func(b Body) { b.(*Term).Summary, b.(*Term).Verbatim = nil, "" }),
		with("term", "an act of no taxonomy", "acts.0", "taxonomy", func(b Body) { b.(*Term).Acts = []string{"mischief"} }),
		with("term", "a polygon that crosses itself", "area.polygons.0", "cross", func(b Body) { b.(*Term).Area.Polygons[0] = bowTie() }),
		with("span", "nobody claims it", "id", "who claims it", func(b Body) { b.(*TruceSpan).ClaimedBy = "" }),
		with("span", "no sort", "sort", "cessation", func(b Body) { b.(*TruceSpan).Sort = "peace" }),
		with("span", "no act", "act", "announced", func(b Body) { b.(*TruceSpan).Act = "hoped" }),
		with("span", "over nothing", "area", "over an area", func(b Body) { b.(*TruceSpan).Area = Area{} }),
		with("span", "its own parent", "parent", "neither", func(b Body) { b.(*TruceSpan).Parent = "P4b" }),
		with("span", "a line without a distance", "area.line", "distance", func(b Body) { b.(*TruceSpan).Area.Metres = 0 }),
		with("span", "an end upside down", "end.to", "not after", func(b Body) { b.(*TruceSpan).EndFrom = badWhen }),
		with("coverage", "no span", "", "names its span", func(b Body) { b.(*Coverage).Span = "" }),
		with("coverage", "a place without an id", "area.places.1", "named by its id", func(b Body) { b.(*Coverage).Area.Except = []Where{{}} }),
		with("reading", "no id", "id", "its office's own", func(b Body) { b.(*Reading).ID = "" }),
		with("reading", "about nothing known", "about", "span, coverage", func(b Body) { b.(*Reading).About = "weather" }),
		with("reading", "of no span", "span", "name the span", func(b Body) { b.(*Reading).Span, b.(*Reading).Adopts = "", "" }),
		with("reading", "of no status", "actor", "its status", func(b Body) { b.(*Reading).About, b.(*Reading).Status = "actor", "loyal" }),
		with("reading", "of no term", "term", "name the term", func(b Body) { b.(*Reading).About, b.(*Reading).Term = "term", "" }),
		with("reading", "an area that is none", "area.line", "distance", func(b Body) { b.(*Reading).Area.Metres = 0 }),
		with("reading", "a validity upside down", "validity.to", "not after", func(b Body) { b.(*Reading).Validity = badWhen }),
		with("actor", "a class's name", "id", "cannot be", func(b Body) { b.(*Actor).ID = Accepting }),
		with("actor", "its own parent", "parent", "own parent", func(b Body) { b.(*Actor).Parent = "ndf" }),
		with("membership", "no coalition", "", "names actor", func(b Body) { b.(*Membership).Coalition = "" }),
		with("membership", "of itself", "coalition", "cannot contain itself", func(b Body) { b.(*Membership).Coalition = "emm" }),
		with("acceptance", "an actor and a number", "", "or a number", func(b Body) { b.(*Acceptance).Number = 3 }),
		with("withdrawal", "no time", "", "when.from", func(b Body) { b.(*Withdrawal).When = When{} }),
		with("designation", "by nobody", "", "who designated", func(b Body) { b.(*Designation).By = "" }),
		with("report", "no channel", "channel", "article", func(b Body) { b.(*Report).Channel = "dream" }),
		{"a report that says nothing", &Report{Channel: "field", Text: "  "}, "text", "says something"},
		{"a report too long", &Report{Channel: "field", Text: strings.Repeat("x", maxTextSize+1)}, "text", "in parts"},
		{"too many claims", &Report{Channel: "field", Claims: make([]Claim, maxClaims+1)}, "claims", "over the limit"},
		{"part 3 of 2", &Report{Channel: "field", Text: "x", Part: 3, Of: 2}, "part", "part 3 of 2"},
		{"a marking that is none", &Report{Channel: "field", Text: "x", Marking: "red"}, "marking", "clear, green, amber"},
		{"green for one office", &Report{Channel: "field", Text: "x", Marking: "green+hill"}, "marking", "only amber"},
		with("report", "a claim of no taxonomy", "claims.0.event", "taxonomy", func(b Body) { b.(*Report).Claims[0].Event = "mischief" }),
		with("report", "a stance that is none", "claims.0.stance", "stances", func(b Body) { b.(*Report).Claims[0].Stance = "sworn" }),
		with("report", "a form that is none", "claims.0.form", "form", func(b Body) { b.(*Report).Claims[0].Form = "song" }),
		with("report", "a side that is none", "claims.0.side", "firing or impact", func(b Body) { b.(*Report).Claims[0].Side = "both" }),
		with("report", "an object of no taxonomy", "claims.0.object", "taxonomy", func(b Body) { b.(*Report).Claims[0].Object = "moon" }),
		with("report", "a weapon of no taxonomy", "claims.0.weapons.0", "taxonomy", func(b Body) { b.(*Report).Claims[0].Weapons = []Ref{{ID: "words"}} }),
		with("report", "a list too long", "claims.0", "split the claim", func(b Body) { b.(*Report).Claims[0].Victims = make([]string, 65) }),
		with("report", "a note too long", "claims.0.note", "over the limit", func(b Body) { b.(*Report).Claims[0].Note = strings.Repeat("x", maxNote+1) }),
		with("report", "a point off the earth", "claims.0.where.0.point", "not on the earth", func(b Body) { b.(*Report).Claims[0].Where[0].Point = off }),
		with("report", "a kind of casualty that is none", "claims.0.casualties.0.kind", "kind of casualty", func(b Body) { b.(*Report).Claims[0].Casualties[0].Kind = "sad" }),
		with("report", "a figure beyond belief", "claims.0.casualties.0.low", "a figure is", func(b Body) { b.(*Report).Claims[0].Casualties[0].Low = -2 }),
		with("report", "a range upside down", "claims.0.casualties.0.high", "below the low", func(b Body) { b.(*Report).Claims[0].Casualties[0].High = 3 }),
		with("exhibit", "no bytes", "digest", "has digest", func(b Body) { b.(*Exhibit).Bytes = 0 }),
		with("exhibit", "a marking that is none", "marking", "write clear", func(b Body) { b.(*Exhibit).Marking = "red" }),
		with("observation", "no means", "means", "heard", func(b Body) { b.(*Observation).Means = "dreamt" }),
		with("observation", "no sort", "sort", "sort", func(b Body) { b.(*Observation).Sort = "noise" }),
		with("observation", "a count below zero", "count", "out of range", func(b Body) { b.(*Observation).Count = -1 }),
		with("observation", "no time", "when.from", "has a time", func(b Body) { b.(*Observation).When = When{} }),
		with("observation", "a bearing over the circle", "sector.bearing_tenths", "0 to 3599", func(b Body) { b.(*Observation).Sector = &Sector{From: Point{1, 1}, BearingTenths: 3600} }),
		with("observation", "a range upside down", "sector.range_max_metres", "smaller to a larger", func(b Body) { b.(*Observation).Sector = &Sector{From: Point{1, 1}} }),
		with("observation", "an observer nowhere", "sector.from", "not on the earth", func(b Body) { b.(*Observation).Sector = &Sector{} }),
		with("observation", "a radius below zero", "where.radius_metres", "below zero", func(b Body) { b.(*Observation).Where.RadiusMetres = -1 }),
		with("observation", "a position off the earth", "position.point", "not on the earth", func(b Body) { b.(*Observation).Position.Point = off }),
		with("observation", "a marking that is none", "marking", "write clear", func(b Body) { b.(*Observation).Marking = "red" }),
		with("restriction", "no sort", "sort", "denied", func(b Body) { b.(*Restriction).Sort = "bored" }),
		with("restriction", "nowhere", "where", "a place and a time", func(b Body) { b.(*Restriction).Where = Where{} }),
		with("watch", "no end", "when", "a beginning and an end", func(b Body) { b.(*Watch).When.To = 0 }),
		with("watch", "an area that is none", "area.line", "distance", func(b Body) { b.(*Watch).Area.Metres = 0 }),
		with("call", "nobody rung", "to", "whom it rang", func(b Body) { b.(*Call).To = "" }),
		with("call", "an answer that is none", "answer", "no-answer", func(b Body) { b.(*Call).Answer = "maybe" }),
		{"a rejection of nothing", &ClaimEntry{}, "replaces", "names the claim"},
		with("claim", "a claim of no taxonomy", "claim.event", "taxonomy", func(b Body) { b.(*ClaimEntry).Claim.Event = "x" }),
		with("same", "one claim", "claims", "2 to", func(b Body) { b.(*Same).Claims = b.(*Same).Claims[:1] }),
		with("same", "a claim twice", "claims.1", "once", func(b Body) { s := b.(*Same); s.Claims[1] = s.Claims[0] }),
		with("different", "no reason", "why", "say why", func(b Body) { b.(*Different).Why = "" }),
		with("grade", "about nothing", "about", "name the claim", func(b Body) { b.(*Grade).About = ClaimRef{} }),
		with("grade", "a source of G", "source", "A to F", func(b Body) { b.(*Grade).Source = "G" }),
		with("grade", "information of 7", "information", "1 to 6", func(b Body) { b.(*Grade).Information = "7" }),
		with("case", "about nothing", "incident", "about an incident", func(b Body) { b.(*Case).Incident = ClaimRef{} }),
		with("case", "no trigger", "trigger", "complaint", func(b Body) { b.(*Case).Trigger = "whim" }),
		with("case", "a rule without a threshold", "rule", "names the rule", func(b Body) { b.(*Case).Trigger = "office" }),
		with("step", "nowhere", "case", "where it goes", func(b Body) { b.(*Step).To = "" }),
		with("information-request", "nothing alleged", "", "what is alleged", func(b Body) { b.(*InformationRequest).Alleged = "" }),
		with("reply", "nothing said", "request", "says something", func(b Body) { b.(*Reply).Text = "" }),
		with("assessment-sealed", "no hash", "hash", "its hash", func(b Body) { b.(*AssessmentSealed).Hash = Digest{} }),
		with("assessment", "no case", "case", "names its case", func(b Body) { b.(*Assessment).Case = Digest{} }),
		with("assessment", "perhaps it occurred", "occurred", "undetermined", func(b Body) { b.(*Assessment).Occurred = "perhaps" }),
		with("assessment", "no outcome", "outcome", "violation", func(b Body) { b.(*Assessment).Outcome = "guilty" }),
		with("assessment", "a threat of 4", "threat", "0 to 3", func(b Body) { b.(*Assessment).Threat = 4 }),
		with("assessment", "no severity", "severity", "grave", func(b Body) { b.(*Assessment).Severity = "awful" }),
		with("assessment", "no reasons", "reasons", "gives its reasons", func(b Body) { b.(*Assessment).Reasons = nil }),
		with("assessment", "no degree", "attributed.0", "degree", func(b Body) { b.(*Assessment).Attributed[0].Degree = "sure" }),
		with("proposal", "no text", "text", "has a text", func(b Body) { b.(*Proposal).Text = nil }),
		with("proposal", "no outcome", "outcome", "violation", func(b Body) { b.(*Proposal).Outcome = "x" }),
		with("concurrence", "with nothing", "with", "concurred with", func(b Body) { b.(*Concurrence).With = Digest{} }),
		with("dissent", "from nothing", "from", "name the statement", func(b Body) { b.(*Dissent).From = Digest{} }),
		with("reservation", "without words", "text", "what and why", func(b Body) { b.(*Reservation).Text = nil }),
		with("referral", "to nobody", "to", "to whom", func(b Body) { b.(*Referral).To = "" }),
		with("reopening", "no evidence", "evidence", "new evidence", func(b Body) { b.(*Reopening).Evidence = nil }),
		with("notice", "no subject", "to", "subject", func(b Body) { b.(*Notice).Subject = "" }),
		with("acknowledgement", "of nothing", "notice", "name the notice", func(b Body) { b.(*Acknowledgement).Notice = Digest{} }),
		with("remedy", "by nobody", "case", "case, by and act", func(b Body) { b.(*Remedy).By = "" }),
		with("control", "of nothing", "", "names area", func(b Body) { b.(*Control).Area = Area{} }),
		with("control", "an area that is none", "area.line", "distance", func(b Body) { b.(*Control).Area.Metres = 0 }),
		with("crossing", "ajar", "state", "open, closed or restricted", func(b Body) { b.(*Crossing).State = "ajar" }),
		with("request", "asks nobody", "id", "whom it asks", func(b Body) { b.(*AccessRequest).Asked = nil }),
		with("answer", "perhaps", "answer", "approved", func(b Body) { b.(*AccessAnswer).Answer = "perhaps" }),
		with("convoy", "lost", "state", "delivered", func(b Body) { b.(*Convoy).State = "lost" }),
		with("corridor", "without an area", "id", "an area", func(b Body) { b.(*Corridor).Area = Area{} }),
		with("window", "without an end", "when", "an end", func(b Body) { b.(*Window).When.To = 0 }),
		with("round", "without an id", "id", "has an id", func(b Body) { b.(*Round).ID = "" }),
		with("round", "without a name", "name", "name", func(b Body) { b.(*Round).Name = nil }),
		with("session", "of no round", "round", "names its round", func(b Body) { b.(*Session).Round = "" }),
		with("talks-statement", "of no sort", "sort", "walkout", func(b Body) { b.(*TalksStatement).Sort = "sigh" }),
		with("condition", "by nobody", "id", "has id", func(b Body) { b.(*Condition).By = "" }),
		with("meeting", "of nobody", "state", "names who", func(b Body) { b.(*Meeting).Who = nil }),
		with("bulletin", "no editions", "day", "editions", func(b Body) { b.(*Bulletin).Editions = nil }),
		with("bulletin", "a digested PDF", "editions", "PDF", func(b Body) { b.(*Bulletin).Editions[0].Format = "pdf" }),
		with("release", "of nothing", "of", "names the statement", func(b Body) { b.(*Release).Of = Digest{} }),
		with("release", "to red", "marking", "write clear", func(b Body) { b.(*Release).Marking = "red" }),
	} {
		t.Run(string(c.body.Kind())+": "+c.name, func(t *testing.T) {
			err := c.body.Validate()
			e, ok := err.(*Error)
			if !ok || e.Kind != Invalid {
				t.Fatalf("want a refusal, got %v", err)
			}
			if e.Field != c.field || !strings.Contains(e.Why, c.words) {
				t.Errorf("field %q: %s; want %q and %q", e.Field, e.Why, c.field, c.words)
			}
			if _, err := Encode(NewStatement("o", "r", "north", "", 1, c.body)); err == nil {
				t.Error("written all the same")
			}
		})
	}
}

func TestAHeadIsComplete(t *testing.T) {
	whole := NewStatement("o", "r", "north", "", 1, report("x"))
	for _, c := range []struct {
		field string
		f     func(*Statement)
	}{
		{"origin", func(s *Statement) { s.Origin = "" }}, {"regime", func(s *Statement) { s.Regime = "" }}, {"office", func(s *Statement) { s.Office = "" }},
		{"made_at", func(s *Statement) { s.MadeAt = 0 }}, {"body", func(s *Statement) { s.Body = nil }}, {"v", func(s *Statement) { s.V = 9 }},
	} {
		s := whole
		c.f(&s)
		err := s.Validate()
		if e, ok := err.(*Error); !ok || e.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	if _, err := Encode(NewStatement("o", "r", "north", "", 1, &Report{Channel: "field", Claims: []Claim{{Event: "shelling"}}, Text: strings.Repeat("x", maxTextSize), Title: strings.Repeat("y", 9000)})); err == nil || !strings.Contains(err.Error(), "limit is") {
		t.Errorf("a statement over the limit: %v", err)
	}
	if _, err := DecodeBody([]byte(strings.Repeat(" ", MaxBody+1))); err == nil {
		t.Error("read over the limit")
	}
	if _, err := DecodeBody([]byte(`{"origin":"o","regime":"r","kind":"song","v":1,"office":"w","made_at":"2016-05-03T00:00:00Z","body":{}}`)); KindOf(err) != Unavailable {
		t.Errorf("an unknown kind stops a fold: %v", err)
	}
}

// bowTie is a ring whose edges cross.
func bowTie() []Point {
	return []Point{{Lon: 10, Lat: 10}, {Lon: 90, Lat: 90}, {Lon: 90, Lat: 10}, {Lon: 10, Lat: 90}}
}

// TestATimeThatItsZoneDoesNotKnowIsRefused says spans by the wall: in the hour
// that the clocks skip, in a zone that the procedure does not have, and with
// an instant that is another's.
func TestATimeThatItsZoneDoesNotKnowIsRefused(t *testing.T) {
	f := docketFounding()
	f.Procedure.Zone = damascus
	h := &hall{t: t, book: NewBook(), now: 1_460_000_000, made: 10}
	if _, err := h.try("centre", f, "centre root", "north root", "south root"); err != nil {
		t.Fatal(err)
	}
	span := func(local, zone string, from Instant) *TruceSpan {
		return &TruceSpan{ID: "P1", Sort: "calm", Area: Area{Places: []Where{{Place: "city"}}}, When: When{From: from, Local: local, Zone: zone}, ClaimedBy: "nor", Act: "announced"}
	}
	good := wall("2016-05-04T00:01")
	h.refused("north", span("2016-03-25T00:30", damascus.Name, good), "when", "2016-03-25T00:30")
	h.refused("north", span("2016-05-04T00:01", "Nowhere/Zone", good), `zone "Nowhere/Zone" is not in the procedure`, "or give the time in UTC")
	h.refused("north", span("2016-05-04T00:02", damascus.Name, good), "is 2016-05-03T21:02:00Z, not 2016-05-03T21:01:00Z")
	h.refused("north", &Reading{ID: "r", About: "actor", Actor: "x", Status: StatusAccepted, Validity: When{From: good, Local: "2016-05-04T00:01", Zone: "Nowhere/Zone"}}, "is not in the procedure")
	h.say("north", span("2016-05-04T00:01", damascus.Name, good))
}
