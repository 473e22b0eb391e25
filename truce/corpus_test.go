package truce

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files and the generated pages")

const corpusDir = "testdata/corpus"

// samples are one statement of every kind, every field of it set; two where
// fields exclude one another. The corpus is written from them once and read
// for ever: a new version of a kind adds a file, and none is rewritten.
func samples() []Body {
	d := func(b byte) Digest { return Digest{b, 1, 2} }
	text := []Text{{"en", "words"}, {"ar", "كلمات"}}
	when := When{From: 1_462_309_260, To: 1_462_482_000, Precision: ToMinute, Kind: "exact", Weekday: 3, Local: "2016-05-04T00:01", Zone: "Test/Zone", Wording: "from one minute past midnight"}
	span := &Span{Start: 3, End: 9}
	pt := Point{Lon: 371_524_000, Lat: 362_361_000}
	where := Where{
		Place: "gn:1", Name: "the quarter", Names: text, Class: "neighbourhood", Within: []PlaceID{"gn:2", "gn:3"}, Point: &pt, RadiusMetres: 400,
		Relation: "in", Score: 900, Span: span, Sector: &Sector{From: pt, BearingTenths: 1575, HalfTenths: 112, RangeMinMetres: 1000, RangeMaxMetres: 4000},
	}
	area := Area{
		Name: "the city", Places: []Where{{Place: "gn:2"}}, Polygons: [][]Point{{{Lon: 1, Lat: 1}, {Lon: 9, Lat: 1}, {Lon: 9, Lat: 9}}},
		Line: []Point{{Lon: 1, Lat: 1}, {Lon: 5, Lat: 5}}, Metres: 3000, Except: []Where{{Place: "gn:4"}},
	}
	ref := ClaimRef{Statement: d(7), At: 132, Family: "air_strike", N: 1}
	toll := Casualty{Kind: Killed, Low: 14, High: Open, Qual: "at-least", Who: "people", Scope: "strike", Status: "mixed", Part: true, Own: true, Text: "at least 14", Span: span}
	claim := Claim{
		ID: "c1", Event: "air_strike", Form: Attribution, Stance: Alleged, Negated: true, Modality: "may",
		Sources: []Source{{Ref: Ref{ID: "clinic", Text: "the clinic", Span: span, Via: "rule"}, Verb: "said", Mode: "direct"}}, Lineage: "clinic",
		Actors: []Ref{{ID: "gov"}}, Targets: []Ref{{ID: "acc"}}, Object: "hospital", Weapons: []Ref{{ID: "aircraft"}}, Side: Impact,
		Where: []Where{where}, Origin: &where, When: when, Casualties: []Casualty{toll}, Count: 4, Victims: []string{"a name"}, About: []ClaimRef{ref},
		Response: true, Premises: []Premise{{Name: "attack-under-way", Actor: "gov", Holds: true, Note: "as seen"}}, Note: "note", Plover: "assault", Cameo: "195",
		Clause: span, Trigger: span, SameAs: "c0", CausedBy: "c2", CitedBy: "c3", Trend: "rising", Confidence: 700, Rules: []string{"rule"},
	}
	proc := Procedure{
		Zone: Zone{"Test/Zone", []Transition{{0, 7200, "TT"}, {1_458_856_800, 10800, "TST"}}}, Zones: []Zone{{"Other/Zone", []Transition{{0, 3600, "OT"}}}},
		CutOff: "18:00", Release: "20:00", Clocks: []Clock{{"reply", 86400}}, Threshold: Threshold{5, true, 3}, Sealing: true, CoverageFloor: 300, PersonsK: 3,
		DelaySeconds: 600, QuotaPerDay: 1000, AlertHours: []int32{12, 3, 0}, LapsedWording: "lapsed, not renewed",
	}
	rooted := proc
	rooted.RootsK = 2
	method := Method{Release: "v1", Engines: []Engine{{Name: "link", Version: "1", Inputs: []Blob{{"model", d(1), 10}}}}}
	key := testGrant("north", OfficeKey, "north")
	key.Desk, key.RPID, key.Origins, key.Why, key.Emergency = "night", "centre.example", []string{"https://centre.example"}, "new", true
	deputy := key
	deputy.Class, deputy.End = DeskKey, 1_465_000_000
	rotated := key
	rotated.Act, rotated.Replaces = Rotate, "0011223344556677"
	founding := testFounding()
	founding.Procedure, founding.Method, founding.Policy, founding.Dossier = proc, method, Policy{"witness w"}, d(2)
	return []Body{
		founding, &Office{ID: "hill", Name: text, Role: Liaison, Party: "hil", Through: "north"}, &key, &rotated,
		&KeyAct{Act: Revoke, Office: "north", Key: "0011223344556677", Why: "stolen"}, &deputy, &Policy{"witness w"}, &method, &proc, &rooted,
		&StatementWithdrawal{d(1), "an error"}, &Translation{Of: d(1), Field: "body.text", From: "ar", To: "en", Text: "words", By: "night desk", Authentic: "ar"},
		&Erasure{Pseudonym: "p1", Why: "asked"}, &Erasure{Exhibit: d(3), Why: "asked"},
		&Instrument{ID: "n2", Name: text, When: when, Parties: []ActorID{"gov"}, External: map[string]string{"pa-x": "1507"}, URL: "https://example.org", Note: "note"},
		&Term{
			ID: "T2", Instrument: "n2", Paragraph: "1", Verbatim: "No attacks.", Summary: text, Lang: "en", Modality: Prohibit, Acts: []string{"attack"}, Weapons: []string{"weapon"},
			DutyBearers: []ActorID{Accepting}, Beneficiaries: []ActorID{Accepting}, Area: area, Span: "calm", When: when, Conditions: []string{"clearance-given"},
			Exceptions: []Exception{{Term: "T5", Premises: []string{"attack-under-way"}, Target: Excluded}}, Beside: []string{"arrest"}, Severity: "grave", Note: "note",
		},
		&Reading{
			ID: "r1", About: "span", Span: "P4", Adopts: "P4b", Term: "T2", Actor: "emm", Status: StatusAccepted, Area: area, When: when, Validity: when, Acts: []string{"killing"},
			NeedsNotice: true, Requires: []string{"cargo-as-cleared"}, Premises: []Premise{{Name: "p", Holds: true}}, Supersedes: "r0", Illustration: true, Text: text,
		},
		&Actor{ID: "ndf", Name: text, Sort: "armed-force", Of: []ActorID{"old"}, Parent: "gov", Labels: []string{"the defenders"}, Side: "nor", Note: "note"},
		&Membership{Actor: "emm", Coalition: "mix", When: when, Left: true, Leads: true, ClaimedBy: "wire", URL: "https://example.org", Note: "note"},
		&Acceptance{Actor: "emm", Under: "n2", Through: "north", When: when, Notified: Yes, ClaimedBy: "north", Doubtful: true, URL: "https://example.org", Note: "note"},
		&Acceptance{Number: 97, Under: "n2", ClaimedBy: "committee"},
		&Withdrawal{Actor: "emm", Under: "n2", When: when, ClaimedBy: "emm", Suspends: true, Note: "note"},
		&Designation{Actor: "exc", By: "council", Under: "n2", When: when, Note: "note"},
		&TruceSpan{ID: "P4b", Name: text, Sort: "calm", Parent: "P0", Area: area, When: when, EndFrom: when, ClaimedBy: "army", Act: "extended", Extends: "P4a", URL: "https://example.org", Note: "note"},
		&Coverage{Span: "P4b", Area: area, ClaimedBy: "north", HandedTo: "hil", When: when, Note: "note"},
		&Report{
			Channel: "article", Publisher: "wire", Title: "title", Text: "text", Lang: "en", Date: when.From, URL: "https://example.org", External: "I38a", Claims: []Claim{claim},
			Exhibits: []Digest{d(4)}, Pseudonym: "p1", Commitment: d(5), Translator: "night desk", Part: 1, Of: 2, Supports: true, Marking: Green, Mapping: d(6),
			Origin: &OriginRef{"other.example", d(8)}, Counts: []StatedCount{{What: "violations", Place: "gn:2", N: 6, Span: span}},
		},
		&Exhibit{Digest: d(1), MediaType: "image/jpeg", Bytes: 9, Name: "crater", Captured: when, Tool: "camera", Custody: []Custody{{"watch", when.From, "taken"}}, Working: d(2), About: d(3), Marking: Amber},
		&Observation{Position: where, Control: "gov", Means: "heard", Count: 7, Sort: "undetermined-explosion", Weapon: "mortar", Direction: "W-E", Sector: where.Sector, Where: &where, When: when, Assessed: "live-fire training", Note: "note", Marking: Green},
		&Restriction{Sort: "denied", Where: where, When: when, Minutes: 40, By: "gov", Reason: "mines", Case: d(1), Marking: Green},
		&Watch{Area: area, When: when, Channel: "post", Posts: 2, Nothing: true, Note: "note", Marking: Green},
		&Call{Case: d(1), About: ref, To: "gov", Through: "north", Asked: when.From, Answer: "agreed", Quiet: 40, Note: "note"},
		&ClaimEntry{Report: d(1), Replaces: ref, Claim: &claim, Machine: &claim, Why: "mended", Accepts: true, Marking: Green},
		&ClaimEntry{Report: d(1), Replaces: ref, Claim: &claim, Fields: []string{"actor", "killed"}, Why: "as the crater says"},
		&Same{Claims: []ClaimRef{ref, {Statement: d(9)}}, Why: "one event"},
		&Different{Claims: []ClaimRef{ref, {Statement: d(9)}}, Response: true, Why: "an answer"},
		&Grade{About: ref, Source: "B", Information: "2", Scope: "place", Why: "was there"},
		&Case{Incident: ref, Trigger: "threshold", Rule: RuleProtected, Title: "title", Note: "note"},
		&Step{Case: d(1), To: CaseVerification, How: "joint", Access: "denied", Of: d(2), Note: "note"},
		&InformationRequest{Case: d(1), Party: "hil", Through: "north", Liaison: "hill", Alleged: "shelling", Asks: []string{"did you fire"}},
		&Reply{Request: d(1), Text: "no", Lang: "en", Exhibits: []Digest{d(2)}, Complies: "yes"},
		&AssessmentSealed{Case: d(1), Hash: d(2)},
		&Assessment{
			Case: d(1), Occurred: "probable", Outcome: Violation, Checks: []TermCheck{{"T2", Prohibited, "why"}}, Attributed: []Attributed{{"gov", "probable"}}, Severity: "grave",
			Threat: 2, Reasons: text, Exhibits: []Digest{d(3)}, Best: []Casualty{toll}, Seen: []SeenClaim{{ref, claim}}, AsOf: 41, File: d(4), Nonce: "0123456789abcdef", Sealed: d(5),
		},
		&Proposal{Case: d(1), Outcome: NotConfirmed, Text: text}, &Concurrence{With: d(1), Note: "note"}, &Dissent{From: d(1), Text: text}, &Reservation{With: d(1), Text: text},
		&Referral{Case: d(1), To: "ministers", Why: "deadlock"}, &Reopening{Case: d(1), Why: "new", Evidence: []StatementID{d(2)}},
		&Notice{Case: d(1), To: "hill", Subject: "subject", Text: "text", Due: when.To, Second: "day desk"}, &Acknowledgement{Notice: d(1), Note: "note"},
		&Remedy{Case: d(1), By: "hil", Act: "guns drawn back", Due: when.To, Done: true},
		&DutyEntry{Text: "the line to the hill is down", Lang: "en", Case: d(1)}, &Handover{To: "night", Text: "all quiet", Open: []string{"call the hill"}}, &Takeover{Handover: d(1), Note: "read"},
		&Control{Area: area, Actor: "gov", When: when, ClaimedBy: "wire", URL: "https://example.org", Note: "note"},
		&Crossing{Place: where, State: "restricted", Commodities: []string{"fuel"}, When: when, ClaimedBy: "wire", Note: "note"},
		&AccessRequest{ID: "q1", To: where, From: &where, When: when, Cargo: []string{"vaccines"}, Asked: []string{"gov"}, Note: "note"},
		&AccessAnswer{Request: "q1", By: "gov", Answer: "partly", Conditions: []string{"search"}, Refused: []string{"milk"}, ClaimedBy: "un"},
		&Convoy{Request: "q1", State: "turned-back", Where: &where, When: when, By: "gov", Items: []string{"milk"}, ClaimedBy: "un", Note: "note"},
		&Corridor{ID: "k1", Area: area, When: when, Note: "note"}, &Window{Request: "q1", When: when, Agreed: []string{"gov"}, Note: "note"},
		&Round{ID: "g2", Name: text, Where: where, When: when, URL: "https://example.org"}, &Session{Round: "g2", When: when, Format: "indirect", Note: "note"},
		&TalksStatement{Round: "g2", Sort: "walkout", By: "committee", Text: text, When: when, Incidents: []ClaimRef{ref}, Cases: []StatementID{d(1)}, Reports: []StatementID{d(2)}, URL: "https://example.org"},
		&Condition{ID: "c1", By: "committee", Text: text, When: when, State: "open"}, &Meeting{Who: []string{"envoy"}, Where: where, When: when, State: "planned", Text: text, URL: "https://example.org"},
		&Bulletin{Sort: "daily", Day: "2016-05-05", From: when.From, To: when.To, Size: 42, Root: d(1), Audience: "public", Editions: []Edition{{"json", "en", d(2), 99}}, Errata: d(3), Why: "a wrong figure"},
		&Release{Of: d(1), Marking: Clear, Coarsen: "district", Why: "bulletin"},
	}
}

// written returns the bytes of each sample by the name of its file: its kind,
// its version, and a number where a kind has several.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	files, n := map[string][]byte{}, map[Kind]int{}
	for _, b := range samples() {
		info, _ := InfoOf(b.Kind())
		n[b.Kind()]++
		raw, err := Encode(NewStatement("corpus.example/log", "test", "north", "night", 1_462_309_260, b))
		if err != nil {
			t.Fatalf("%s: %v", b.Kind(), err)
		}
		name := string(b.Kind()) + ".v" + strconv.Itoa(info.Version)
		if n[b.Kind()] > 1 {
			name += "." + strconv.Itoa(n[b.Kind()])
		}
		files[name+".json"] = raw
	}
	return files
}

func TestTheCorpusIsReadForEver(t *testing.T) {
	if *update {
		for name, raw := range written(t) {
			if err := os.MkdirAll(corpusDir, 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(corpusDir, name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(corpusDir)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Kind][]Body{}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(corpusDir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		s, err := DecodeBody(raw)
		if err != nil {
			t.Errorf("%s is not read any more: %v", e.Name(), err)
			continue
		}
		again, err := Encode(s)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s is written otherwise than it was read: %v\n%s", e.Name(), err, again)
		}
		if want := string(s.Body.Kind()) + ".v" + strconv.Itoa(s.V); !strings.HasPrefix(e.Name(), want) {
			t.Errorf("%s holds %s", e.Name(), want)
		}
		seen[s.Body.Kind()] = append(seen[s.Body.Kind()], s.Body)
	}
	for _, k := range Kinds() {
		name := string(k.Kind) + ".v" + strconv.Itoa(k.Version) + ".json"
		if _, err := os.Stat(filepath.Join(corpusDir, name)); err != nil {
			t.Errorf("the corpus lacks %s: add it to samples and run go test ./truce -run Corpus -update", name)
		}
		if empty := unset(seen[k.Kind]); len(empty) > 0 {
			t.Errorf("no %s of the corpus sets %v", k.Kind, empty)
		}
	}
}

// unset returns the fields that none of the bodies sets.
func unset(bodies []Body) []string {
	var all []string
	if len(bodies) == 0 {
		return nil
	}
	typ := reflect.TypeOf(bodies[0]).Elem()
	for i := range typ.NumField() {
		if !slices.ContainsFunc(bodies, func(b Body) bool { return !reflect.ValueOf(b).Elem().Field(i).IsZero() }) {
			all = append(all, typ.Field(i).Name)
		}
	}
	return all
}
