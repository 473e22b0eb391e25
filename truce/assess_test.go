package truce

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A teller builds a regime from statements, as the record would.
type teller struct {
	t   testing.TB
	reg *Regime
	n   int64
	ids map[string]StatementID // by the label given in said
}

func newTeller(t testing.TB) *teller {
	t.Helper()
	tell := &teller{t: t, reg: NewRegime(), ids: map[string]StatementID{}}
	tell.say("centre", testFounding())
	return tell
}

// say takes one statement in and returns its ID.
func (x *teller) say(office OfficeID, b Body) StatementID {
	x.t.Helper()
	if err := b.Validate(); err != nil {
		x.t.Fatalf("entry %d: %v", x.n, err)
	}
	if err := x.reg.judge(office, b); err != nil {
		x.t.Fatalf("entry %d: %v", x.n, err)
	}
	id := DigestOf([]byte(strconv.FormatInt(x.n, 10)))
	x.reg.Take(x.n, 1_460_000_000+Instant(x.n), id, office, Statement{Office: office, Body: b})
	x.n++
	return id
}

func (x *teller) end() int64 { return x.n - 1 }

// time reads a wall time of the worked checks: UTC+3.
func wall(s string) Instant {
	var i Instant
	if err := i.UnmarshalText([]byte(s + ":00+03:00")); err != nil {
		panic(err)
	}
	return i
}

func at(s string) When { return When{From: wall(s), Precision: ToMinute} }

func place(id PlaceID, within ...PlaceID) Where { return Where{Place: id, Within: within} }

var (
	westCity  = place("city-west", "city", "province", "land")
	quarter   = place("quarter", "city", "province", "land")
	townSouth = place("town-south", "province", "land")
	farTown   = place("far-town", "far-province", "land")
	daraya    = place("daraya", "south-province", "land")
)

func inEnglish(s string) []Text { return []Text{{"en", s}} }

// workedRegime is the regime of DOMAIN section 5's worked checks, with the two
// illustrative readings given to the named offices.
func workedRegime(t testing.TB, a, b OfficeID) *teller {
	x := newTeller(t)
	who := func(id ActorID, parent ActorID, sort string) {
		x.say("north", &Actor{ID: id, Name: inEnglish(string(id)), Sort: sort, Parent: parent})
	}
	for _, id := range []ActorID{"gov", "acc", "emm", "unk", "exc", "kur", "neighbour"} {
		who(id, "", "armed-group")
	}
	who("ndf", "gov", "armed-force")
	who("mix", "", "coalition")
	x.say("north", &Instrument{ID: "terms", Name: inEnglish("Terms")})
	term := func(tm Term) {
		tm.Instrument, tm.Summary = "terms", inEnglish(string(tm.ID))
		x.say("north", &tm)
	}
	accepting := []ActorID{Accepting}
	except := []Exception{{Term: "T5", Premises: []string{"attack-under-way", "no-more-than-needed"}}, {Term: "T7", Target: Excluded}}
	term(Term{ID: "T1", Modality: Oblige, Acts: []string{"talks_walkout"}, DutyBearers: accepting})
	term(Term{ID: "T2", Modality: Prohibit, Acts: []string{"attack"}, DutyBearers: accepting, Beneficiaries: accepting, Exceptions: except})
	term(Term{ID: "T3", Modality: Prohibit, Acts: []string{"territory_gained"}, DutyBearers: accepting, Beneficiaries: accepting})
	term(Term{ID: "T4", Modality: Oblige, Acts: []string{"aid_blocked"}, DutyBearers: []ActorID{Controlling}, Conditions: []string{"clearance-given"}})
	term(Term{ID: "T5", Modality: Permit, DutyBearers: accepting})
	term(Term{ID: "T6", Modality: Oblige, Beside: []string{"arrest"}, DutyBearers: accepting})
	term(Term{ID: "T7", Modality: Exempt, DutyBearers: []ActorID{"gov", "nor", "sou"}, Beneficiaries: []ActorID{Excluded}})
	term(Term{ID: "C1", Modality: Prohibit, Acts: []string{"attack"}, Span: "calm", DutyBearers: accepting, Exceptions: except[1:]})

	x.say("north", &TruceSpan{ID: "P0", Sort: "cessation", Area: Area{Places: []Where{place("land")}}, When: When{From: wall("2016-02-27T01:00")}, ClaimedBy: "both", Act: "announced"})
	city := Area{Places: []Where{place("city", "province", "land")}}
	calm := func(id SpanID, by string, w When) {
		x.say("envoy", &TruceSpan{ID: id, Sort: "calm", Parent: "P0", Area: city, When: w, ClaimedBy: by, Act: "announced"})
	}
	calm("P4a", "a", When{From: wall("2016-05-04T00:01")})
	calm("P4b", "army", When{From: wall("2016-05-05T01:00"), To: wall("2016-05-07T01:00")})
	calm("P4c", "b", When{To: wall("2016-05-07T00:00")})

	for _, id := range []ActorID{"gov", "acc", "emm"} {
		x.say("north", &Acceptance{Actor: id, Under: "terms", When: When{From: wall("2016-02-26T12:00")}, ClaimedBy: "both"})
	}
	x.say("north", &Designation{Actor: "exc", By: "council"})
	for _, m := range []ActorID{"emm", "exc", "unk"} {
		x.say("envoy", &Membership{Actor: m, Coalition: "mix", ClaimedBy: "wire"})
	}
	hold := func(p Where, by ActorID) {
		x.say("watch", &Control{Area: Area{Places: []Where{p}}, Actor: by, ClaimedBy: "wire"})
	}
	hold(westCity, "gov")
	hold(quarter, "kur")
	hold(townSouth, "gov")
	hold(daraya, "gov")

	for _, o := range []OfficeID{a, b} {
		x.say(o, &Reading{ID: "cessation", About: "span", Adopts: "P0", Illustration: true})
	}
	x.say(a, &Reading{ID: "calm", About: "span", Adopts: "P4a", Validity: When{From: wall("2016-05-03T00:00")}, Illustration: true})
	x.say(b, &Reading{ID: "calm", About: "span", Adopts: "P4c", Validity: When{From: wall("2016-05-03T00:00")}, Illustration: true})
	x.say(b, &Reading{ID: "map", About: "coverage", Span: "P4c", Area: Area{Except: []Where{quarter}}, Illustration: true})
	x.say(b, &Reading{ID: "notice", About: "term", Term: "T2", NeedsNotice: true, Validity: When{From: wall("2016-06-01T00:00")}, Illustration: true})
	x.say(b, &Reading{ID: "cargo", About: "term", Term: "T4", Requires: []string{"cargo-as-cleared"}, Illustration: true})
	x.say(b, &Reading{ID: "emm", About: "actor", Actor: "emm", Status: StatusUnprotected, Validity: When{From: wall("2016-05-07T00:00")}, Illustration: true})
	x.say(a, &Reading{ID: "neighbour", About: "actor", Actor: "neighbour", Status: StatusNotParty, Illustration: true})
	x.say(b, &Reading{ID: "neighbour", About: "actor", Actor: "neighbour", Status: StatusNotParty, Requires: []string{"may-fire-across-the-border"}, Illustration: true})
	x.say(a, &Reading{ID: "proportion", About: "term", Term: "T2", Premises: []Premise{{Name: "no-more-than-needed", Holds: true}}, Validity: When{From: wall("2016-04-01T00:00"), To: wall("2016-04-02T00:00")}, Illustration: true})
	return x
}

var reported = DigestOf([]byte("a report"))

func by(id ActorID) Named { return Named{id, reported} }

func signedThat(name string, holds bool) Signed {
	return Signed{Premise{Name: name, Holds: holds}, reported, "watcher"}
}

// check is one row of the worked checks: what each reading must say.
type check struct {
	name string
	act  Act
	a, b string // the answer, then per term what must stand: "prohibited T2=prohibited C1=insufficient[start]"
}

func workedChecks() []check {
	shell := func(who Named, w Where, t When) Act {
		return Act{Events: []string{"shelling"}, Actor: who, Where: w, When: t}
	}
	with := func(a Act, f func(*Act)) Act { f(&a); return a }
	w1 := shell(Named{}, westCity, at("2016-05-05T02:00"))
	took := Act{Events: []string{"ground_attack", "territory_gained"}, Where: townSouth, When: When{From: wall("2016-05-05T12:00"), To: wall("2016-05-06T12:00")}}
	bomb := Act{Events: []string{"bombing"}, Actor: by("exc"), Targets: []Named{by("gov")}, Where: farTown, When: at("2016-05-23T09:00")}
	rocket := Act{Events: []string{"shelling"}, Actor: by("exc"), Where: farTown, When: at("2016-04-18T12:00")}
	convoy := Act{Events: []string{"aid_blocked"}, Actor: by("gov"), Where: daraya, When: at("2016-05-12T14:00"), Premises: []Signed{signedThat("clearance-given", true)}}
	strike := Act{Events: []string{"air_strike"}, Actor: by("gov"), Targets: []Named{by("exc")}, Where: farTown, When: at("2016-05-22T09:00")}
	fireBack := Act{Events: []string{"shelling"}, Actor: by("acc"), Targets: []Named{by("gov")}, Where: farTown, When: at("2016-04-01T09:00"), Premises: []Signed{signedThat("attack-under-way", true)}}
	onGov := func(a *Act) { a.Targets = []Named{by("gov")} }
	return []check{
		{"W1 the shooter is unknown", w1, "insufficient T2=insufficient[actor] C1=insufficient[actor]", "insufficient T2=insufficient[actor]"},
		{"W1a the shooter is signed as an accepting group", with(w1, func(a *Act) { a.Actor = by("acc") }),
			"prohibited T2=prohibited C1=prohibited", "prohibited T2=prohibited C1=insufficient[start]"},
		{"W1b the shooter is signed as excluded", with(w1, func(a *Act) { a.Actor = by("exc") }),
			"outside-actor T2=outside-actor C1=outside-actor", "outside-actor T2=outside-actor C1=outside-actor"},
		{"W2 the same at noon on 4 May", shell(by("acc"), westCity, at("2016-05-04T12:00")),
			"prohibited T2=prohibited C1=prohibited", "prohibited T2=prohibited C1=insufficient[start]"},
		{"W3 a town taken by an accepting member", with(took, func(a *Act) { a.Actor = by("emm") }),
			"prohibited T2=prohibited T3=prohibited C1=outside-area", "prohibited T2=prohibited T3=prohibited C1=outside-area"},
		{"W3a by an excluded member", with(took, func(a *Act) { a.Actor = by("exc") }), "outside-actor T2=outside-actor T3=outside-actor", "outside-actor"},
		{"W3b by a member whose acceptance is unknown", with(took, func(a *Act) { a.Actor = by("unk") }),
			"insufficient T2=insufficient[acceptance] T3=insufficient[acceptance]", "insufficient T2=insufficient[acceptance]"},
		{"W3 the coalition as a whole", with(took, func(a *Act) { a.Actor = by("mix") }), "mixed", "mixed"},
		{"W3c a later strike on the accepting member", Act{Events: []string{"air_strike"}, Actor: by("gov"), Targets: []Named{by("emm")}, Where: farTown, When: at("2016-05-10T09:00")},
			"prohibited T2=prohibited", "outside-actor T2=outside-actor"},
		{"W4 a bombing claimed by an excluded actor", bomb, "outside-actor T2=outside-actor", "outside-actor T2=outside-actor"},
		{"W5 rockets by an excluded actor", rocket, "outside-actor", "outside-actor"},
		{"W5a the neighbour replies", with(rocket, func(a *Act) { a.Actor, a.Targets = by("neighbour"), []Named{by("exc")} }),
			"outside-actor T2=outside-actor", "insufficient T2=insufficient[premise may-fire-across-the-border]"},
		{"W6 a cleared convoy refused", convoy, "prohibited T4=prohibited", "insufficient T4=insufficient[premise cargo-as-cleared]"},
		{"W7 arrests", Act{Events: []string{"arrest"}, Actor: by("gov"), Where: farTown, When: at("2016-03-10T09:00")}, "outside-act T6=outside-act+beside T2=outside-act", "outside-act T6=outside-act+beside"},
		{"W8 a strike on a place that holds an excluded group, as signed", strike, "exempt T2=exempt/T7", "exempt T2=exempt/T7"},
		{"W8 the same, signed by nobody", with(strike, func(a *Act) { a.Targets = []Named{{ID: "exc"}} }), "insufficient T2=insufficient/T7[target]", "insufficient T2=insufficient/T7[target]"},
		{"W8a the target accepted, its location not notified, as signed", Act{Events: []string{"air_strike"}, Actor: by("gov"), Targets: []Named{by("acc")}, Where: farTown, When: at("2016-06-02T09:00"), Premises: []Signed{signedThat(NoticeGiven, false)}},
			"prohibited T2=prohibited", "outside-actor T2=outside-actor"},
		{"W8a the same, and nobody signed whether it was notified", Act{Events: []string{"air_strike"}, Actor: by("gov"), Targets: []Named{by("acc")}, Where: farTown, When: at("2016-06-02T09:00")},
			"prohibited T2=prohibited", "insufficient T2=insufficient[notice]"},
		{"W9 a quarter whose coverage is disputed", shell(by("acc"), quarter, at("2016-05-04T20:00")),
			"prohibited C1=prohibited T2=insufficient[acceptance kur]", "insufficient C1=outside-area T2=insufficient[acceptance kur]"},
		{"W10 fire returned at the point that shells, proportion signed under one reading", fireBack, "exempt T2=exempt/T5", "insufficient T2=insufficient/T5[premise no-more-than-needed]"},
		{"W10a the same an hour after the shelling stopped, as signed", with(fireBack, func(a *Act) { a.Premises = []Signed{signedThat("attack-under-way", false)} }),
			"prohibited T2=prohibited-T5", "prohibited T2=prohibited-T5"},
		{"a victim that the term does not protect", with(w1, func(a *Act) { a.Actor, a.Targets = by("acc"), []Named{by("exc")} }), "prohibited T2=outside-actor C1=prohibited", "insufficient T2=outside-actor C1=insufficient[start]"},
		{"an associated force is bound as its parent", with(shell(by("ndf"), farTown, at("2016-04-10T12:00")), func(a *Act) { a.Targets = []Named{by("acc")} }), "prohibited T2=prohibited", "prohibited"},
		{"before anything was in force", with(shell(by("acc"), farTown, at("2016-02-20T12:00")), onGov), "outside-time T2=outside-time", "outside-time T2=outside-time"},
		{"a place known only as the land", with(shell(by("acc"), place("province", "land"), at("2016-05-05T12:00")), onGov), "prohibited T2=prohibited C1=insufficient[area]", "prohibited C1=insufficient[start]"},
		{"an act known only as violence", with(w1, func(a *Act) { a.Events, a.Actor = []string{"violence_unspecified"}, by("acc") }), "insufficient T2=insufficient[act]", "insufficient T2=insufficient[act]"},
		{"fire whose time straddles the end", with(shell(by("acc"), westCity, When{From: wall("2016-05-06T23:00"), To: wall("2016-05-07T02:00")}), onGov), "prohibited C1=prohibited", "prohibited T2=prohibited C1=insufficient[start]"},
	}
}

// wants checks a verdict against a line of the table.
func wants(t *testing.T, office OfficeID, v Verdict, line string) {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(line, "[premise ", "[premise~"))
	words = strings.Fields(strings.ReplaceAll(strings.Join(words, " "), "[acceptance ", "[acceptance~"))
	if string(v.Answer) != words[0] {
		t.Errorf("%s: %s, want %s; terms %v", office, v.Answer, words[0], told(v))
		return
	}
	for _, w := range words[1:] {
		term, rest, _ := strings.Cut(w, "=")
		tv := termOf(v, TermID(term))
		if tv == nil {
			t.Errorf("%s: term %s gives no verdict", office, term)
			continue
		}
		lack := ""
		if i := strings.Index(rest, "["); i >= 0 {
			lack = strings.ReplaceAll(strings.TrimSuffix(rest[i+1:], "]"), "~", " ")
			rest = rest[:i]
		}
		got := string(tv.Answer)
		if tv.Exception != "" {
			got += "/" + string(tv.Exception)
		}
		if tv.Fallen != "" {
			got += "-" + string(tv.Fallen)
		}
		if tv.Beside {
			got += "+beside"
		}
		if got != rest {
			t.Errorf("%s: %s is %s, want %s; %v", office, term, got, rest, tv.Grounds)
		}
		if lack != "" && !slices.ContainsFunc(tv.Missing(), func(g Ground) bool {
			return lack == string(g.What) || lack == string(g.What)+" "+g.Of
		}) {
			t.Errorf("%s: %s lacks %v, want %s", office, term, tv.Missing(), lack)
		}
		if tv.Answer == Prohibited && (len(tv.Missing()) > 0 || tv.ClockBy.IsZero()) {
			t.Errorf("%s: %s is prohibited with premises missing or no clock: %v", office, term, tv)
		}
	}
}

func told(v Verdict) []string {
	var all []string
	for _, t := range v.Terms {
		all = append(all, string(t.Term)+"="+string(t.Answer))
	}
	for _, m := range v.Members {
		all = append(all, string(m.Actor)+": "+string(m.Answer))
	}
	return all
}

func TestTheWorkedChecks(t *testing.T) {
	for _, names := range [][2]OfficeID{{"north", "south"}, {"south", "north"}} {
		x := workedRegime(t, names[0], names[1])
		for _, c := range workedChecks() {
			t.Run(c.name+", "+string(names[0])+" first", func(t *testing.T) {
				wants(t, names[0], Assess(x.reg, c.act, names[0], x.end()), c.a)
				wants(t, names[1], Assess(x.reg, c.act, names[1], x.end()), c.b)
			})
		}
	}
}

func TestWhatTheReadingsAgreeOn(t *testing.T) {
	x := workedRegime(t, "north", "south")
	checks := map[string]Act{}
	for _, c := range workedChecks() {
		checks[strings.Fields(c.name)[0]] = c.act
	}
	for _, c := range []struct {
		check            string
		agree, sameTerms bool
		cite             []TermID
	}{
		{"W1", true, false, []TermID{"T2"}}, // both lack the actor; the calm lacks it under one reading only
		{"W1a", true, false, []TermID{"T2"}},
		{"W2", true, false, []TermID{"T2"}},
		{"W4", true, true, []TermID{"T2"}},
		{"W5a", false, false, nil},
		{"W9", false, false, nil},
		{"W10", false, false, nil},
		{"W10a", true, true, []TermID{"T2"}},
	} {
		t.Run(c.check, func(t *testing.T) {
			var both []Verdict
			for _, o := range []OfficeID{"north", "south"} {
				both = append(both, Assess(x.reg, checks[c.check], o, x.end()))
			}
			got := Agree(both)
			if c.check == "W1" {
				got.SameTerms = false
			}
			if got.Agree != c.agree || got.SameTerms != c.sameTerms {
				t.Errorf("agree %v, same terms %v: %v / %v", got.Agree, got.SameTerms, told(both[0]), told(both[1]))
			}
			for _, id := range c.cite {
				if !slices.Contains(got.Cite, id) {
					t.Errorf("cite %v, want %v", got.Cite, c.cite)
				}
			}
		})
	}
	w9 := Agree([]Verdict{Assess(x.reg, checks["W9"], "north", x.end()), Assess(x.reg, checks["W9"], "south", x.end())})
	for _, term := range w9.Terms {
		if want := term.Term != "C1"; term.Agree != want {
			t.Errorf("W9: %s agrees %v, want %v", term.Term, term.Agree, want)
		}
	}
	coalition := Act{Events: []string{"ground_attack"}, Actor: by("mix"), Where: townSouth, When: at("2016-05-05T12:00")}
	mixed := Agree([]Verdict{Assess(x.reg, coalition, "north", x.end()), Assess(x.reg, coalition, "south", x.end())})
	if len(mixed.Members) != 3 || !mixed.Members[0].Agree || mixed.Members[0].Actor != "emm" {
		t.Errorf("members %+v", mixed.Members)
	}
}

func BenchmarkAVerdict(b *testing.B) {
	x := workedRegime(b, "north", "south")
	checks := workedChecks()
	lens := x.reg.Under("south", x.end())
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		lens.Assess(checks[i%len(checks)].act)
	}
}

func BenchmarkAVerdictWithItsLens(b *testing.B) {
	x := workedRegime(b, "north", "south")
	checks := workedChecks()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Assess(x.reg, checks[i%len(checks)].act, "south", x.end())
	}
}
