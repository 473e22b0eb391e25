package truce

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An involution swaps names in JSON: the parties, their offices, their spans.
type involution map[string]string

var parties = involution{
	"north": "south", "south": "north", "gov": "acc", "acc": "gov", "exc": "emm", "emm": "exc", "nor": "sou", "sou": "nor",
	"S1": "S2", "S2": "S1", "hil": "dal", "dal": "hil", "hill": "dale", "dale": "hill",
}

var quoted = regexp.MustCompile(`"[a-zA-Z0-9]+"`)

func (v involution) json(b []byte) []byte {
	return quoted.ReplaceAllFunc(b, func(w []byte) []byte {
		if to, ok := v[strings.Trim(string(w), `"`)]; ok {
			return []byte(`"` + to + `"`)
		}
		return w
	})
}

func (v involution) office(o OfficeID) OfficeID {
	if to, ok := v[string(o)]; ok {
		return OfficeID(to)
	}
	return o
}

// body returns a body with its names swapped.
func (v involution) body(t *testing.T, b Body) Body {
	t.Helper()
	raw, err := marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	out := newBody(b.Kind())
	if err := json.Unmarshal(v.json(raw), out); err != nil {
		t.Fatal(err)
	}
	return out
}

// spoken is a statement of a random regime.
type spoken struct {
	office OfficeID
	body   Body
}

func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

func someTime(r *rand.Rand) Instant { return 1_462_000_000 + Instant(r.IntN(20))*43_200 }

func someSpan(r *rand.Rand) When {
	w := When{}
	if r.IntN(4) > 0 {
		w.From = someTime(r)
	}
	if r.IntN(3) == 0 {
		w.To = max(w.From, 1_462_000_000) + Instant(1+r.IntN(20))*43_200
	}
	return w
}

// someRegime makes the statements of a random regime and of readings of both
// co-chairs upon it.
func someRegime(r *rand.Rand) []spoken {
	all := []spoken{{"envoy", &Instrument{ID: "terms", Name: inEnglish("t")}}}
	for _, id := range []ActorID{"gov", "acc", "exc", "emm", "unk"} {
		all = append(all, spoken{"envoy", &Actor{ID: id, Name: inEnglish("n"), Sort: "armed-group"}})
	}
	except := []Exception{{Term: "T5", Premises: []string{"p1", "p2"}}, {Term: "T7", Target: Excluded}}
	for _, t := range []Term{
		{ID: "T2", Modality: Prohibit, Acts: []string{"attack"}, DutyBearers: []ActorID{Accepting}, Beneficiaries: []ActorID{Accepting}, Exceptions: except},
		{ID: "T4", Modality: Oblige, Acts: []string{"aid_blocked"}, DutyBearers: []ActorID{Controlling}, Conditions: []string{"p3"}},
		{ID: "T5", Modality: Permit, DutyBearers: []ActorID{Accepting}},
		{ID: "T7", Modality: Exempt, DutyBearers: []ActorID{Anyone}, Beneficiaries: []ActorID{Excluded}},
		{ID: "C1", Modality: Prohibit, Acts: []string{"attack"}, Span: "calm", DutyBearers: []ActorID{Accepting, Excluded}},
	} {
		t.Instrument, t.Summary = "terms", inEnglish("s")
		all = append(all, spoken{"envoy", &t})
	}
	land, city := Area{Places: []Where{place("land")}}, Area{Places: []Where{place("city", "land")}}
	all = append(all,
		spoken{"envoy", &TruceSpan{ID: "P0", Sort: "cessation", Area: land, When: someSpan(r), ClaimedBy: "both", Act: "announced"}},
		spoken{"north", &TruceSpan{ID: "S1", Sort: "calm", Area: city, When: someSpan(r), ClaimedBy: "nor", Act: "announced"}},
		spoken{"south", &TruceSpan{ID: "S2", Sort: "calm", Area: city, When: someSpan(r), ClaimedBy: "sou", Act: "announced"}})
	for range r.IntN(8) {
		all = append(all, someWord(r))
	}
	for _, o := range []OfficeID{"north", "south"} {
		for range r.IntN(5) {
			all = append(all, spoken{o, someReading(r)})
		}
	}
	return all
}

func someWord(r *rand.Rand) spoken {
	actor := pick[ActorID](r, "gov", "acc", "exc", "emm", "unk")
	switch r.IntN(5) {
	case 0:
		return spoken{"envoy", &Designation{Actor: actor, By: "council", When: someSpan(r)}}
	case 1:
		return spoken{"envoy", &Withdrawal{Actor: actor, Under: "terms", When: When{From: someTime(r)}, ClaimedBy: "wire", Suspends: r.IntN(2) == 0}}
	case 2:
		return spoken{"watch", &Control{Area: Area{Places: []Where{place(pick[PlaceID](r, "land", "city", "quarter"))}}, Actor: actor, When: someSpan(r), ClaimedBy: "wire"}}
	default:
		return spoken{"envoy", &Acceptance{Actor: actor, Under: "terms", When: someSpan(r), ClaimedBy: "wire", Notified: pick(r, Yes, No, Unsure)}}
	}
}

func someReading(r *rand.Rand) *Reading {
	x := &Reading{ID: fmt.Sprint("r", r.IntN(4)), Validity: someSpan(r)}
	switch r.IntN(5) {
	case 0:
		x.About, x.Adopts = "span", pick[SpanID](r, "P0", "S1", "S2")
	case 1:
		x.About, x.Span, x.When = "span", pick[SpanID](r, "P0", "S1", "S2"), someSpan(r)
	case 2:
		x.About, x.Span, x.Area = "coverage", pick[SpanID](r, "S1", "S2"), Area{Except: []Where{place("quarter", "city", "land")}}
	case 3:
		x.About, x.Actor, x.Status = "actor", pick[ActorID](r, "gov", "acc", "exc", "emm", "unk"), pick(r, StatusAccepted, StatusNotified, StatusExcluded, StatusUnprotected, StatusNotParty, StatusUnknown)
	default:
		x.About, x.Term, x.NeedsNotice = "term", pick[TermID](r, "T2", "T4", "C1"), r.IntN(2) == 0
		x.Premises = []Premise{{Name: pick(r, "p1", "p2", "p3"), Holds: r.IntN(3) > 0}}
	}
	return x
}

func someAct(r *rand.Rand) Act {
	a := Act{
		Events: []string{pick(r, "shelling", "air_strike", "aid_blocked", "arrest", "violence_unspecified")},
		Actor:  by(pick[ActorID](r, "gov", "acc", "exc", "emm", "unk")),
		Where:  place(pick[PlaceID](r, "quarter", "city"), "city", "land"),
		When:   When{From: someTime(r), Precision: pick(r, ToMinute, ToDay)},
	}
	if r.IntN(5) == 0 {
		a.Actor = Named{}
	}
	if r.IntN(2) == 0 {
		a.Targets = []Named{by(pick[ActorID](r, "gov", "acc", "exc", "emm", "unk"))}
	}
	for _, p := range []string{"p1", "p2", "p3"} {
		if r.IntN(3) == 0 {
			a.Premises = append(a.Premises, Signed{Premise{Name: p, Holds: r.IntN(3) > 0}, reported, pick(r, "gov", "acc", "wire")})
		}
	}
	return a
}

func (v involution) act(a Act) Act {
	name := func(id ActorID) ActorID {
		if to, ok := v[string(id)]; ok {
			return ActorID(to)
		}
		return id
	}
	a.Actor.ID = name(a.Actor.ID)
	a.Targets, a.Premises = slices.Clone(a.Targets), slices.Clone(a.Premises)
	for i := range a.Targets {
		a.Targets[i].ID = name(a.Targets[i].ID)
	}
	for i := range a.Premises {
		a.Premises[i].Speaker = string(name(ActorID(a.Premises[i].Speaker)))
	}
	return a
}

// tellAll takes statements into a regime, leaving out what it refuses.
func tellAll(t *testing.T, all []spoken, v involution) *teller {
	x := &teller{t: t, reg: NewRegime(), ids: map[string]StatementID{}}
	x.say("centre", v.body(t, testFounding()))
	for _, s := range all {
		b := v.body(t, s.body)
		if x.reg.judge(v.office(s.office), b) == nil && b.Validate() == nil {
			x.say(v.office(s.office), b)
		} else {
			x.n++
		}
	}
	return x
}

type assessor func(*Regime, Act, OfficeID, int64) Verdict

// swapFails plays random regimes and returns the first in which swapping the
// parties does anything but swap the verdicts.
func swapFails(t *testing.T, assess assessor, rounds int) string {
	r := rand.New(rand.NewPCG(7, 11))
	for round := range rounds {
		all := someRegime(r)
		plain, swapped := tellAll(t, all, involution{}), tellAll(t, all, parties)
		for range 6 {
			act := someAct(r)
			for _, o := range []OfficeID{"north", "south"} {
				want, _ := marshal(assess(plain.reg, act, o, plain.end()))
				got, _ := marshal(assess(swapped.reg, parties.act(act), parties.office(o), swapped.end()))
				if string(parties.json(want)) != string(got) {
					return fmt.Sprintf("round %d, %s, %+v:\n%s\n%s", round, o, act, parties.json(want), got)
				}
			}
		}
	}
	return ""
}

func TestSwappingThePartiesSwapsTheVerdictsAndNothingElse(t *testing.T) {
	if diff := swapFails(t, Assess, 150); diff != "" {
		t.Fatal(diff)
	}
	// the test can fail: an engine with a constant for one party is found out
	planted := func(g *Regime, a Act, o OfficeID, n int64) Verdict {
		v := Assess(g, a, o, n)
		if a.Actor.ID == "gov" && v.Answer == Prohibited {
			v.Answer = IsExempt
		}
		return v
	}
	if swapFails(t, planted, 150) == "" {
		t.Error("a constant for one party was not found out")
	}
}

func TestAReadingOfOneOfficeNeverChangesAnothersVerdict(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	changed := 0
	for range 150 {
		x := tellAll(t, someRegime(r), involution{})
		act := someAct(r)
		south, _ := marshal(Assess(x.reg, act, "south", x.end()))
		north, _ := marshal(Assess(x.reg, act, "north", x.end()))
		before := x.end()
		for range 3 {
			x.say("north", someReading(r))
		}
		if after, _ := marshal(Assess(x.reg, act, "south", x.end())); string(after) != string(south) {
			t.Fatalf("%s\n%s", south, after)
		}
		if then, _ := marshal(Assess(x.reg, act, "north", before)); string(then) != string(north) {
			t.Fatalf("what was known then changed:\n%s\n%s", north, then)
		}
		if after, _ := marshal(Assess(x.reg, act, "north", x.end())); string(after) != string(north) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("no reading changed its own office's verdict: the test shows nothing")
	}
}

func TestTheOrderOfIndependentStatementsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 17))
	for range 100 {
		all := someRegime(r)
		head := slices.IndexFunc(all, func(s spoken) bool { _, is := s.body.(*TruceSpan); return is }) + 3
		var free []spoken
		for _, s := range all[head:] {
			if b, ok := s.body.(*Reading); ok {
				b.ID = subject(s) // one id again is no independent statement
			}
			if !slices.ContainsFunc(free, func(o spoken) bool { return subject(o) == subject(s) }) {
				free = append(free, s)
			}
		}
		shuffled := slices.Clone(free)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		a := tellAll(t, slices.Concat(all[:head], free), involution{})
		b := tellAll(t, slices.Concat(all[:head], shuffled), involution{})
		for range 6 {
			act := someAct(r)
			for _, o := range []OfficeID{"north", "south"} {
				one, two := Assess(a.reg, act, o, a.end()), Assess(b.reg, act, o, b.end())
				if one.Answer != two.Answer || !slices.Equal(told(one), told(two)) {
					t.Fatalf("%s: %v and %v", o, told(one), told(two))
				}
			}
		}
	}
}

// subject names what a statement is about: two about one thing are not
// independent.
func subject(s spoken) string {
	switch b := s.body.(type) {
	case *Reading:
		if b.About == "actor" || b.About == "term" {
			return fmt.Sprint("reading ", s.office, b.About, b.Actor, b.Term)
		}
		return fmt.Sprint("reading ", s.office, b.About)
	case *Control:
		return fmt.Sprint("control", b.Area.Places[0].Place)
	case *Acceptance:
		return fmt.Sprint("actor", b.Actor)
	case *Withdrawal:
		return fmt.Sprint("actor", b.Actor)
	case *Designation:
		return fmt.Sprint("actor", b.Actor)
	}
	return string(s.body.Kind())
}

// A move is something somebody may try on the docket; names in it are swapped.
type docketMove func(h *hall, v involution) error

// someMove makes a random move about case number k.
func someMove(r *rand.Rand, seals map[string]*Assessment) docketMove {
	office := pick[OfficeID](r, "north", "south", "north", "south", "north", "south", "envoy", "hill", "dale", "centre")
	kind, k, wait := pick(r, 0, 1, 3, 4, 5, 6, 7, 7, 7, 9, 9, 9, 11, 12, 12, 12, 13), r.IntN(2), Instant(r.IntN(20))*hour
	state := pick(r, append(running(), CaseInsufficient, CaseClosed, CaseSuspended, CaseDecided)...)
	out := pick(r, Violation, Violation, NotViolation)
	return func(h *hall, v involution) error {
		h.now += wait
		cases := h.book.Cases()
		if kind == 0 || len(cases) <= k {
			_, err := h.try(v.office(office), &Case{Incident: h.incident(), Trigger: "complaint"}, keyWord(v.office(office)))
			return err
		}
		c := cases[k]
		who := v.office(office)
		say := func(b Body) error {
			_, err := h.try(who, b, keyWord(who))
			return err
		}
		key := fmt.Sprint(c.Number, c.Round, office)
		last := StatementID{}
		if p := c.newest(); p != nil {
			last = p.Statement
		}
		switch kind {
		case 1:
			return say(&Step{Case: c.ID, To: state, How: "joint"})
		case 3:
			return say(&Step{Case: c.ID, To: CaseDecided, How: "deadlock"})
		case 4:
			return say(&Step{Case: c.ID, To: CaseTriaged})
		case 5:
			return say(&InformationRequest{Case: c.ID, Party: ActorID(v.json1("hil")), Through: v.office("north"), Alleged: "x", Asks: []string{"y"}})
		case 6:
			if len(c.Requests) > 0 {
				return say(&Reply{Request: c.Requests[len(c.Requests)-1].Statement, Text: "no"})
			}
		case 7:
			a := assessment(c.ID, out, "nonce of sixteen bytes and more")
			hash, _ := SealOf(*a)
			err := say(&AssessmentSealed{Case: c.ID, Hash: hash})
			if err == nil {
				seals[key+fmt.Sprint(len(v))] = a
			}
			return err
		case 9:
			a := seals[key+fmt.Sprint(len(v))]
			if a == nil {
				a = assessment(c.ID, out, "")
			} else if s := c.seal(who); s != nil {
				copied := *a
				copied.Sealed = s.Statement
				a = &copied
			}
			return say(a)
		case 11:
			return say(&Proposal{Case: c.ID, Outcome: out, Text: inEnglish("x")})
		case 12:
			if out == Violation {
				return say(&Concurrence{With: last})
			}
			return say(&Dissent{From: last, Text: inEnglish("no")})
		case 13:
			return say(&Reopening{Case: c.ID, Why: "new", Evidence: []StatementID{h.say("watch", report("new"))}})
		}
		return nil
	}
}

func (v involution) json1(s string) string {
	if to, ok := v[s]; ok {
		return to
	}
	return s
}

func keyWord(o OfficeID) string {
	if o == "centre" {
		return "centre office"
	}
	return string(o)
}

func swappedHall(t *testing.T, v involution) *hall {
	h := &hall{t: t, book: NewBook(), now: 1_460_000_000, made: 10}
	f := docketFounding()
	raw, _ := marshal(f)
	out := &Founding{}
	if err := json.Unmarshal(v.json(raw), out); err != nil {
		t.Fatal(err)
	}
	for i := range out.Keys { // each office keeps its own key
		word := keyWord(out.Keys[i].Office)
		if out.Keys[i].Class == RootKey {
			word = string(out.Keys[i].Office) + " root"
		} else if out.Keys[i].Office == "centre" && out.Keys[i].Class == DeskKey {
			word = "centre"
		}
		out.Keys[i].Public = testGrant("", OfficeKey, word).Public
	}
	if _, err := h.try("centre", out, "centre root", "north root", "south root"); err != nil {
		t.Fatal(err)
	}
	return h
}

// shape is what of a docket must swap and nothing else: states, paths, clocks,
// findings, with the statements' names left out.
func shape(h *hall, v involution) string {
	var b strings.Builder
	for _, c := range h.book.Cases() {
		fmt.Fprintln(&b, c.Number, c.State, c.Round, c.Frozen, c.Finding.Kind, c.Finding.Outcome, len(c.Requests))
		var silent []string
		for _, o := range c.Finding.Silent {
			silent = append(silent, string(v.office(o)))
		}
		slices.Sort(silent)
		fmt.Fprintln(&b, silent)
		for _, m := range c.Path {
			fmt.Fprintln(&b, m.At, m.From, m.To, m.Rule, v.office(m.Office))
		}
		for _, k := range c.Clocks {
			fmt.Fprintln(&b, k.Name, k.Started, k.Due, k.Stopped)
		}
	}
	return b.String()
}

func TestRandomPlayOnTheDocket(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 29))
	admitted, decided, refusals := 0, 0, 0
	for range 48 {
		plain, swapped := swappedHall(t, involution{}), swappedHall(t, parties)
		seals := map[string]*Assessment{}
		for range 50 {
			move := someMove(r, seals)
			err1, err2 := move(plain, involution{}), move(swapped, parties)
			if (err1 == nil) != (err2 == nil) {
				t.Fatalf("one is refused and its mirror is not: %v / %v", err1, err2)
			}
			if err1 == nil {
				admitted++
			} else {
				refusals++
			}
		}
		checkPaths(t, plain)
		if a, b := shape(plain, parties), shape(swapped, involution{}); a != b {
			t.Fatalf("swapped:\n%s\n%s", a, b)
		}
		for _, c := range plain.book.Cases() {
			if c.Finding.Kind != Undecided || len(c.Findings) > 0 {
				decided++
			}
		}
	}
	if admitted < 200 || refusals < 200 || decided < 2 {
		t.Errorf("%d admitted, %d refused, %d decided: the play shows too little", admitted, refusals, decided)
	}
}

// checkPaths holds that every move is an arrow of the table and that a case
// that is not at an end shows a clock.
func checkPaths(t *testing.T, h *hall) {
	t.Helper()
	for _, c := range h.book.Cases() {
		for i, m := range c.Path {
			if i > 0 && c.Path[i-1].To != m.From {
				t.Fatalf("the path breaks between %s and %s", c.Path[i-1].To, m.From)
			}
			if !slices.ContainsFunc(Arrows(), func(a Arrow) bool {
				to := a.To == m.To || a.To == "" && m.From == m.To || a.Rule == "reply" && m.From == m.To
				return a.Rule == m.Rule && to && (a.From == nil || slices.Contains(a.From, m.From))
			}) {
				t.Fatalf("move %+v is no arrow", m)
			}
		}
		if !c.Ended() && !slices.ContainsFunc(c.Clocks, func(k CaseClock) bool { return k.Stopped == 0 }) {
			t.Fatalf("case %d is %s and shows no clock", c.Number, c.State)
		}
		if c.Finding.Kind == Joint && len(c.Finding.Silent) > 0 {
			t.Fatal("silence was taken for consent")
		}
	}
}
