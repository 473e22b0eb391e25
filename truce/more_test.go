package truce

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNamesOfStatementsAndClaims(t *testing.T) {
	d := DigestOf([]byte("x"))
	for _, r := range []ClaimRef{{}, {Statement: d}, {Statement: d, At: 132, Family: "air_strike"}, {Statement: d, At: 1, Family: "shelling", N: 3}} {
		b, _ := r.MarshalText()
		var got ClaimRef
		if err := got.UnmarshalText(b); err != nil || got != r {
			t.Errorf("%s: %v", r, err)
		}
	}
	if got := (ClaimRef{Statement: d, At: 132, Family: "x", N: 2}).Display(1042); got != "S1042@132#2" {
		t.Error(got)
	}
	if got := (ClaimRef{Statement: d}).Display(7); got != "S7" {
		t.Error(got)
	}
	for _, bad := range []string{"x", d.String() + "@", d.String() + "@x/y", d.String() + "@01/y", d.String() + "@1/y#300", d.String() + "@1/y#0", strings.ToUpper(d.String())} {
		if _, err := ParseClaimRef(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	var e Digest
	if err := e.UnmarshalText([]byte(strings.Repeat("z", 64))); err == nil {
		t.Error("no hex")
	}
	if len(d.Short()) != 16 || (Digest{}).String() != "" {
		t.Error("short names")
	}
}

func FuzzAClaimRefHasOneSpelling(f *testing.F) {
	f.Add(DigestOf([]byte("x")).String() + "@132/air_strike#1")
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := ParseClaimRef(s); err == nil && r.String() != s {
			t.Errorf("%q became %q", s, r)
		}
	})
}

func TestErrorsKeepTheirKindAndPlace(t *testing.T) {
	err := within("body", within("when", invalid("to", "wrong")))
	if got := err.Error(); got != "invalid: body.when.to: wrong" {
		t.Error(got)
	}
	if KindOf(fmt.Errorf("reading: %w", err)) != Invalid || KindOf(errors.New("x")) != "" || within("a", nil) != nil {
		t.Error("kinds")
	}
	if got := (&Error{Unknown, "", "no"}).Error(); got != "unknown: no" {
		t.Error(got)
	}
	if foreign := errors.New("x"); within("a", foreign) != foreign {
		t.Error("a foreign error is left alone")
	}
	if got := clip(strings.Repeat("ü", 90)); !strings.HasSuffix(got, "(180 bytes)") {
		t.Error(got)
	}
}

func TestWhoSeesWhat(t *testing.T) {
	chair, liaison, watch, public := Viewer{Office: "north", Role: CoChair}, Viewer{Office: "hill", Role: Liaison}, Viewer{Office: "watch", Role: Monitor}, Viewer{}
	for _, c := range []struct {
		m    Marking
		sees []bool // chair, liaison, monitor, public
	}{
		{Clear, []bool{true, true, true, true}}, {Green, []bool{true, true, true, false}}, {Amber, []bool{true, false, false, false}},
		{"", []bool{true, false, false, false}}, {Amber.For("hill"), []bool{true, true, false, false}}, {"red", []bool{false, false, false, false}},
	} {
		for i, v := range []Viewer{chair, liaison, watch, public} {
			if Sees(v, c.m) != c.sees[i] {
				t.Errorf("%+v sees %q: %v", v, c.m, !c.sees[i])
			}
		}
	}
	if Amber.For("hill").Validate() != nil || Amber.For("hill").Level() != Amber {
		t.Error("amber with an office")
	}
}

func TestTheTaxonomyIsATree(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range Taxonomy() {
		if seen[n.Name] || n.Parent != "" && !seen[n.Parent] {
			t.Errorf("%s stands twice or before its parent", n.Name)
		}
		seen[n.Name] = true
	}
	if !taxonomy.Is("missile_attack", "violence") || taxonomy.Is("arrest", "attack") || taxonomy.Is("nothing", "attack") || taxonomy.Is("", "") {
		t.Error("ancestry")
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"shelling", "shelling", 0}, {"shelling", "air_strike", 1}, {"missile_attack", "air_strike", 2}, {"arrest", "shelling", -1}, {"mortar", "attack", -1}} {
		if got := taxonomy.Steps(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %d", c.a, c.b, got)
		}
	}
	loop := NewTree([]Node{{"a", "b", Acts}, {"b", "a", Acts}})
	if loop.Is("a", "c") || loop.Steps("a", "c") != -1 {
		t.Error("a tree that is none ends all the same")
	}
}

// passkeySign makes a WebAuthn assertion as an authenticator would.
func passkeySign(pae []byte, rp, origin string, flags byte, sign func(signed []byte) []byte) []byte {
	digest := sha256.Sum256(pae)
	client := []byte(`{"type":"webauthn.get","challenge":"` + base64.RawURLEncoding.EncodeToString(digest[:]) + `","origin":"` + origin + `","crossOrigin":false}`)
	rpHash := sha256.Sum256([]byte(rp))
	auth := append(rpHash[:], flags, 0, 0, 0, 0)
	hash := sha256.Sum256(client)
	out := binary.BigEndian.AppendUint16(nil, uint16(len(auth)))
	out = append(out, auth...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(client)))
	out = append(out, client...)
	return append(out, sign(append(slices.Clone(auth), hash[:]...))...)
}

func TestPasskeys(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edPub, ed, _ := ed25519.GenerateKey(rand.Reader)
	signers := map[string]struct {
		public any
		sign   func([]byte) []byte
	}{
		"P-256": {&ec.PublicKey, func(b []byte) []byte {
			h := sha256.Sum256(b)
			s, _ := ecdsa.SignASN1(rand.Reader, ec, h[:])
			return s
		}},
		"RSA": {&rs.PublicKey, func(b []byte) []byte {
			h := sha256.Sum256(b)
			s, _ := rsa.SignPKCS1v15(rand.Reader, rs, crypto.SHA256, h[:])
			return s
		}},
		"Ed25519": {edPub, func(b []byte) []byte { return ed25519.Sign(ed, b) }},
	}
	pae := PAE([]byte("a decision"))
	for name, s := range signers {
		spki, err := x509.MarshalPKIXPublicKey(s.public)
		if err != nil {
			t.Fatal(err)
		}
		key := KeyAct{Act: Grant, Office: "north", Class: PasskeyKey, Public: spki, RPID: "centre.example", Origins: []string{"https://centre.example"}}
		if err := key.Validate(); err != nil {
			t.Fatal(err)
		}
		good := passkeySign(pae, "centre.example", "https://centre.example", 5, s.sign)
		if err := key.verify(pae, Signature{Sig: good}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range []struct {
			why string
			sig []byte
			pae []byte
		}{
			{"other words", good, PAE([]byte("another"))},
			{"not enrolled", passkeySign(pae, "centre.example", "https://evil.example", 5, s.sign), pae},
			{"another site", passkeySign(pae, "evil.example", "https://centre.example", 5, s.sign), pae},
			{"nobody was present", passkeySign(pae, "centre.example", "https://centre.example", 1, s.sign), pae},
			{"not by this key", passkeySign(pae, "centre.example", "https://centre.example", 5, func([]byte) []byte { return []byte("x") }), pae},
			{"cut short", good[:20], pae},
			{"cut short", nil, pae},
			{"cut short", []byte{0, 1, 1}, pae},
		} {
			if err := key.verify(c.pae, Signature{Sig: c.sig}); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s, %s: %v", name, c.why, err)
			}
		}
	}
	broken := passkeySign(pae, "x", "y", 5, func(b []byte) []byte { return b })
	copy(broken[2+37+2:], "!")
	if err := (KeyAct{Class: PasskeyKey, Public: []byte{1}}).verify(pae, Signature{Sig: broken}); err == nil {
		t.Error("client data that is not JSON")
	}
}

func TestActsAreBuiltFromWhatIsAlleged(t *testing.T) {
	id := func(n byte) ClaimRef { return ClaimRef{Statement: Digest{n}} }
	fine, coarse := at7(37, 36, 200), at7(37, 36, 5000)
	rocket := Claim{Ref: id(1), Event: "shelling", Stance: Alleged, Actors: []Ref{{ID: "acc"}}, Weapons: []Ref{{ID: "rocket"}, {ID: "unknown"}}, Where: []Where{coarse}, When: When{From: 100, To: 200}, Targets: []Ref{{ID: "gov"}, {Text: "civilians"}}}
	car := Claim{Ref: id(2), Event: "bombing", Stance: Stated, Actors: []Ref{{ID: "gov"}}, Weapons: []Ref{{ID: "car_bomb"}}, Where: []Where{fine}, When: When{From: 100}, Object: "hospital"}
	fired := Claim{Ref: id(3), Event: "shelling", Stance: Reported, Side: Firing, Where: []Where{at7(38, 36, 1)}, When: When{From: 90, To: 300}}
	denial := Claim{Ref: id(4), Event: "shelling", Form: Denial, Actors: []Ref{{ID: "nobody"}}}
	plan := Claim{Ref: id(5), Event: "shelling", Stance: Planned, Actors: []Ref{{ID: "planner"}}}
	acts := actsOf([]Claim{fired, rocket, car, denial, plan})
	if len(acts) != 2 || acts[0].Actor != (Named{"acc", Digest{1}}) || acts[1].Actor != (Named{"gov", Digest{2}}) {
		t.Fatalf("%+v", acts)
	}
	a, g := acts[0], acts[1]
	if !slices.Equal(a.Events, []string{"shelling"}) || !slices.Equal(g.Events, []string{"bombing"}) {
		t.Errorf("events %v, %v: each actor's are from the claims that allege it", a.Events, g.Events)
	}
	if !slices.Equal(a.Weapons, []string{"rocket"}) || !slices.Equal(g.Weapons, []string{"car_bomb"}) {
		t.Errorf("weapons %v %v", a.Weapons, g.Weapons)
	}
	if a.Where.RadiusMetres != 200 || g.When.From != 100 || g.When.To != 0 {
		t.Errorf("the finest place and time: %+v %+v", a.Where, g.When)
	}
	if len(a.Targets) != 1 || a.Targets[0].ID != "gov" || len(g.Targets) != 1 || a.Object != "hospital" {
		t.Errorf("targets %+v, %+v, object %s", a.Targets, g.Targets, a.Object)
	}
	unknown := actsOf([]Claim{fired, {Ref: id(6), Event: "shelling", Actors: []Ref{{ID: "unknown", Text: "gunmen"}}, Premises: []Premise{{Name: "p", Holds: true}}}})
	if len(unknown) != 1 || unknown[0].Actor.ID != "" || unknown[0].Where.Point == nil || unknown[0].Premises[0].By != (Digest{6}) {
		t.Errorf("%+v", unknown)
	}
	if actsOf([]Claim{denial, plan}) != nil {
		t.Error("nothing is alleged")
	}
	sector := Claim{Ref: id(7), Event: "observed_explosion", Where: []Where{{Place: "post", Sector: &Sector{From: deg(37, 36), RangeMaxMetres: 4000}}}}
	if got := actsOf([]Claim{sector, {Ref: id(8), Event: "shelling", Where: []Where{place("city")}}}); got[0].Where.Sector == nil {
		t.Errorf("a sector is finer than a name: %+v", got[0].Where)
	}
	open := actsOf([]Claim{{Ref: id(9), Event: "shelling", When: When{From: 50, Precision: Fuzzy}}, {Ref: id(10), Event: "shelling"}})
	if open[0].When.From != 50 {
		t.Errorf("%+v", open[0].When)
	}
}

func TestWhatAVerdictTellsOfItself(t *testing.T) {
	x := workedRegime(t, "north", "south")
	act := Act{Events: []string{"shelling"}, Actor: by("acc"), Where: westCity, When: at("2016-05-04T12:00")}
	v := Assess(x.reg, act, "south", x.end())
	if d := v.Deciding(); len(d) != 1 || d[0].Term != "T2" || d[0].Statement.IsZero() || d[0].Instrument != "terms" {
		t.Errorf("%+v", d)
	}
	if v.Missing() != nil {
		t.Error("a verdict that is none of insufficient lacks nothing")
	}
	act.Actor = Named{}
	v = Assess(x.reg, act, "south", x.end())
	if m := v.Missing(); len(m) == 0 || !slices.ContainsFunc(m, func(g Ground) bool { return g.What == AboutActor }) {
		t.Errorf("%+v", m)
	}
	for a, out := range map[Answer]bool{OutsideAct: true, OutsideTime: true, OutsideArea: true, OutsideActor: true, Prohibited: false, IsExempt: false, Insufficient: false, Mixed: false} {
		if a.Outside() != out {
			t.Errorf("%s outside %v", a, !out)
		}
	}
	if Agree(nil).Agree {
		t.Error("nobody agrees with nobody")
	}
	c := SpanClock{Start: 100, EndFrom: 200, EndTo: 300}
	for _, k := range []struct {
		from, to Instant
		want     Tri
		what     What
	}{{100, 200, Yes, ""}, {50, 100, No, AboutTime}, {90, 110, Unsure, AboutTime}, {210, 220, Unsure, AboutEnd}, {300, 310, No, AboutTime}, {150, 0, Unsure, AboutEnd}} {
		if got, what := c.holds(k.from, k.to); got != k.want || what != k.what {
			t.Errorf("%d-%d: %d %s", k.from, k.to, got, what)
		}
	}
}

// Terms of other shapes than the worked checks': their own time and area,
// weapons, co-chairs, named actors, more meaning.
func TestTermsOfOtherShapes(t *testing.T) {
	x := workedRegime(t, "north", "south")
	term := func(tm Term) {
		tm.Instrument, tm.Summary = "terms", inEnglish("x")
		x.say("north", &tm)
	}
	anyone := []ActorID{Anyone}
	april := When{From: wall("2016-04-01T00:00"), To: wall("2016-05-01T00:00")}
	city := Area{Places: []Where{place("city", "province", "land")}}
	term(Term{ID: "O1", Modality: Prohibit, Acts: []string{"abduction"}, DutyBearers: anyone, When: april, Area: city})
	term(Term{ID: "O2", Modality: Prohibit, Acts: []string{"abduction"}, DutyBearers: []ActorID{"gov", "exc"}, When: When{To: april.From}})
	term(Term{ID: "O3", Modality: Prohibit, Acts: []string{"border_closure"}, DutyBearers: []ActorID{CoChairs}, Beneficiaries: []ActorID{CoChairs, "gov"}})
	term(Term{ID: "O4", Modality: Prohibit, Acts: []string{"attack"}, Weapons: []string{"air_delivered"}, DutyBearers: []ActorID{Excluded}, Beneficiaries: anyone})
	term(Term{ID: "O5", Modality: Prohibit, Acts: []string{"killing"}, DutyBearers: []ActorID{Controlling}, Beneficiaries: []ActorID{Controlling}, Area: city})
	x.say("south", &Reading{ID: "wide", About: "term", Term: "O4", Acts: []string{"abduction"}})
	act := func(e string, who ActorID, w Where, day string) Act {
		return Act{Events: []string{e}, Actor: by(who), Where: w, When: at(day + "T12:00")}
	}
	armed := func(a Act, weapons ...string) Act { a.Weapons = weapons; return a }
	hit := func(a Act, who ActorID) Act { a.Targets = []Named{by(who)}; return a }
	x.say("north", &Actor{ID: "nor", Name: inEnglish("nor"), Sort: "state"})
	for _, c := range []struct {
		name string
		act  Act
		term TermID
		want Answer
	}{
		{"within its own time and area", act("abduction", "unk", westCity, "2016-04-10"), "O1", Prohibited},
		{"after its own time", act("abduction", "unk", westCity, "2016-05-10"), "O1", OutsideTime},
		{"beyond its own area", act("abduction", "unk", townSouth, "2016-04-10"), "O1", OutsideArea},
		{"somewhere around its area", act("abduction", "unk", place("province", "land"), "2016-04-10"), "O1", Insufficient},
		{"a force of a named actor", act("abduction", "ndf", westCity, "2016-03-10"), "O2", Prohibited},
		{"an actor it does not name", act("abduction", "acc", westCity, "2016-03-10"), "O2", OutsideActor},
		{"over the end of its own time", Act{Events: []string{"abduction"}, Actor: by("gov"), Where: westCity, When: When{From: april.From - 10, To: april.From + 10}}, "O2", Insufficient},
		{"a guarantor against a named actor", hit(act("border_closure", "nor", westCity, "2016-04-10"), "gov"), "O3", Prohibited},
		{"a guarantor against itself", hit(act("border_closure", "nor", westCity, "2016-04-10"), "nor"), "O3", Prohibited},
		{"a guarantor against somebody else", hit(act("border_closure", "nor", westCity, "2016-04-10"), "acc"), "O3", OutsideActor},
		{"no guarantor", act("border_closure", "gov", westCity, "2016-04-10"), "O3", OutsideActor},
		{"an excluded actor from the air", armed(act("shelling", "exc", westCity, "2016-04-10"), "barrel_bomb"), "O4", Prohibited},
		{"an excluded actor from the ground", armed(act("shelling", "exc", westCity, "2016-04-10"), "mortar"), "O4", OutsideAct},
		{"with who knows what", act("shelling", "exc", westCity, "2016-04-10"), "O4", Insufficient},
		{"no excluded actor", armed(act("shelling", "acc", westCity, "2016-04-10"), "drone"), "O4", OutsideActor},
		{"whoever holds the place", act("killing", "ndf", westCity, "2016-04-10"), "O5", Prohibited},
		{"who does not hold it", act("killing", "acc", westCity, "2016-04-10"), "O5", OutsideActor},
		{"a place that nobody is said to hold", act("killing", "acc", place("old-town", "city", "province", "land"), "2016-04-10"), "O5", Insufficient},
		{"a time that nobody knows", Act{Events: []string{"shelling"}, Actor: by("acc"), Where: westCity}, "T2", Insufficient},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Assess(x.reg, c.act, "north", x.end())
			if got := termOf(v, c.term); got.Answer != c.want {
				t.Errorf("%s, want %s: %+v", got.Answer, c.want, got.Grounds)
			}
		})
	}
	wide := armed(act("abduction", "exc", westCity, "2016-04-10"), "drone")
	if got := termOf(Assess(x.reg, wide, "south", x.end()), "O4").Answer; got != Prohibited {
		t.Errorf("read into it: %s", got)
	}
	if got := termOf(Assess(x.reg, wide, "north", x.end()), "O4").Answer; got != OutsideAct {
		t.Errorf("read into it by another: %s", got)
	}
	x.say("watch", &Control{Area: Area{Places: []Where{westCity}}, Actor: "acc", ClaimedBy: "another wire"})
	if got := termOf(Assess(x.reg, act("killing", "ndf", westCity, "2016-04-10"), "north", x.end()), "O5").Answer; got != Insufficient {
		t.Errorf("rival holders: %s", got)
	}
	signed := act("killing", "ndf", westCity, "2016-04-10")
	signed.Premises = []Signed{{Premise{Name: string(Controlling), Actor: "gov", Holds: true}, reported, "icrc"}}
	if got := termOf(Assess(x.reg, signed, "north", x.end()), "O5").Answer; got != Prohibited {
		t.Errorf("who held it, as signed: %s", got)
	}
}

func TestWhoHeldAPlace(t *testing.T) {
	x := newTeller(t)
	hold := func(by string, a Area, who ActorID, w When) {
		x.say("watch", &Control{Area: a, Actor: who, When: w, ClaimedBy: by})
	}
	city := Area{Places: []Where{place("city", "land")}}
	hold("wire", Area{Places: []Where{place("land")}}, "gov", When{})
	hold("wire", city, "acc", When{From: 100})
	hold("wire", city, "exc", When{From: 200})
	hold("other", city, "unk", When{})
	for _, c := range []struct {
		at   Instant
		want string
	}{{50, "gov unk"}, {150, "acc unk"}, {250, "exc unk"}} {
		var got []string
		for _, h := range x.reg.Holders(place("quarter", "city", "land"), c.at, c.at+1, x.end()) {
			got = append(got, h.Of)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("at %d: %v", c.at, got)
		}
	}
	hold("wire", Area{Polygons: [][]Point{box}}, "box", When{})
	p := deg(37.5, 36.5)
	if got := x.reg.Holders(Where{Place: "quarter", Within: []PlaceID{"city"}, Point: &p}, 250, 251, x.end()); got[0].Of != "box" {
		t.Errorf("a shape is finer than a name: %+v", got)
	}
}

func TestMembersComeAndGo(t *testing.T) {
	x := newTeller(t)
	say := func(who ActorID, w When, left bool) {
		x.say("envoy", &Membership{Actor: who, Coalition: "mix", When: w, Left: left, ClaimedBy: "wire"})
	}
	say("a", When{From: 100}, false)
	say("b", When{}, false)
	say("a", When{From: 200}, true)
	say("c", When{From: 100, To: 150}, false)
	say("a", When{From: 300}, false)
	for _, c := range []struct {
		at   Instant
		want string
	}{{50, "b"}, {120, "a b c"}, {200, "b"}, {300, "a b"}} {
		var got []string
		for _, m := range x.reg.Members("mix", c.at, x.end()) {
			got = append(got, m.Of)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("at %d: %v", c.at, got)
		}
	}
}

func TestTheRegimeAsKnownThen(t *testing.T) {
	x := workedRegime(t, "north", "south")
	before := x.end()
	taken := x.say("north", &Designation{Actor: "unk", By: "council"})
	if s := x.reg.Status("unk", 1_462_000_000, x.end(), "south"); s.Status != StatusExcluded {
		t.Errorf("%+v", s)
	}
	x.say("north", &Term{ID: "T3", Instrument: "terms", Summary: inEnglish("said anew"), Modality: Prohibit, DutyBearers: []ActorID{Accepting}})
	x.say("north", &StatementWithdrawal{taken, "an error"})
	if s := x.reg.Status("unk", 1_462_000_000, x.end(), "south"); s.Status != StatusUnknown {
		t.Errorf("withdrawn and still there: %+v", s)
	}
	if s := x.reg.Status("unk", 1_462_000_000, x.end()-1, "south"); s.Status != StatusExcluded {
		t.Errorf("as known then: %+v", s)
	}
	then, _ := x.reg.Term("T3", before)
	now, _ := x.reg.Term("T3", x.end())
	if len(then.Body.Acts) != 1 || now.Body.Summary[0].Text != "said anew" || then.Until != now.Since {
		t.Errorf("%+v / %+v", then, now)
	}
	if _, ok := x.reg.Term("none", before); ok {
		t.Error("a term that is not there")
	}
	if a, ok := x.reg.Actor("ndf", before); !ok || a.Body.Parent != "gov" {
		t.Error("actors")
	}
	if n := len(x.reg.Actors(before)); n != 9 {
		t.Errorf("%d actors", n)
	}
	if len(x.reg.Instruments(before)) != 1 || len(x.reg.Acceptances(before)) != 3 || len(x.reg.Withdrawals(before)) != 0 || len(x.reg.Memberships(before)) != 3 || len(x.reg.Coverages(before)) != 0 || len(x.reg.Designations(x.end())) != 1 {
		t.Error("rows")
	}
	if len(x.reg.Seats()) != 6 {
		t.Error("seats")
	}
	id := x.say("south", &Concurrence{With: taken})
	_ = id
	if got := x.reg.Countersigned(taken, x.end()); !slices.Equal(got, []OfficeID{"south"}) || len(x.reg.Countersigned(taken, before)) != 0 {
		t.Errorf("%v", got)
	}
	c := x.reg.Clone()
	x.say("north", &Designation{Actor: "kur", By: "council"})
	if len(c.Designations(x.end())) != 1 || len(x.reg.Designations(x.end())) != 2 {
		t.Error("a clone moves with what it was made from")
	}
	if _, ok := x.reg.Span("none", 1, x.end()); ok {
		t.Error("a span that is not there")
	}
	if s, ok := x.reg.Span("P4b", wall("2016-05-06T00:00"), x.end()); !ok || s.State != SpanInForce || s.Clock.Parent != "P0" {
		t.Errorf("%+v", s)
	}
}

func TestAnOfficesOwnSpansAreItsReading(t *testing.T) {
	x := newTeller(t)
	land := Area{Places: []Where{place("land")}}
	x.say("north", &Instrument{ID: "i", Name: inEnglish("i")})
	x.say("north", &Term{ID: "C", Instrument: "i", Summary: inEnglish("c"), Modality: Prohibit, Acts: []string{"attack"}, Span: "calm", DutyBearers: []ActorID{Anyone}})
	x.say("north", &TruceSpan{ID: "own", Sort: "calm", Area: land, When: When{From: 1000, To: 2000}, ClaimedBy: "nor", Act: "announced"})
	x.say("north", &TruceSpan{ID: "told", Sort: "calm", Area: land, When: When{From: 5000, To: 6000}, ClaimedBy: "army", Act: "announced"})
	x.say("north", &TruceSpan{ID: "more", Sort: "calm", Area: land, When: When{From: 2000, To: 3000}, ClaimedBy: "nor", Act: "extended", Extends: "own"})
	x.say("south", &TruceSpan{ID: "theirs", Sort: "calm", Area: land, When: When{From: 7000, To: 8000}, ClaimedBy: "sou", Act: "extended", Extends: "told"})
	x.say("south", &TruceSpan{ID: "no", Sort: "calm", Area: land, ClaimedBy: "sou", Act: "rejected", Extends: "own"})
	x.say("north", &Coverage{Span: "own", Area: Area{Except: []Where{place("hill", "land")}}, ClaimedBy: "north"})
	for _, c := range []struct {
		office OfficeID
		at     Instant
		where  Where
		want   Answer
	}{
		{"north", 1500, place("land"), Insufficient}, {"north", 1500, place("mill", "land"), Prohibited}, {"north", 1500, place("hill", "land"), OutsideArea},
		{"north", 2500, place("mill", "land"), Prohibited}, {"north", 5500, place("mill", "land"), OutsideTime},
		{"south", 1500, place("mill", "land"), OutsideTime}, {"south", 7500, place("mill", "land"), Prohibited},
	} {
		act := Act{Events: []string{"shelling"}, Actor: by("x"), Where: c.where, When: When{From: c.at, To: c.at + 1}}
		if got := Assess(x.reg, act, c.office, x.end()); got.Answer != c.want {
			t.Errorf("%s at %d in %s: %s %+v", c.office, c.at, c.where.Place, got.Answer, got.Terms[0].Grounds)
		}
	}
	s, _ := x.reg.Span("own", 2500, x.end())
	if s.State != SpanInForce || !slices.Equal(s.Extended, []SpanID{"more"}) || len(s.OthersSay) != 1 || s.OthersSay[0].Body.Act != "rejected" {
		t.Errorf("%+v", s)
	}
	x.say("north", &TruceSpan{ID: "never", Sort: "calm", Area: land, ClaimedBy: "nor", Act: "rejected", Extends: "own"})
	if s, _ := x.reg.Span("own", 2500, x.end()); s.State != SpanRejected {
		t.Errorf("taken back by its claimant: %s", s.State)
	}
	for id, want := range map[SpanID]SpanState{"never": SpanRejected, "told": SpanAnnounced} {
		if s, _ := x.reg.Span(id, 10, x.end()); s.State != want {
			t.Errorf("%s is %s", id, s.State)
		}
	}
	x.say("south", &Reading{ID: "r", About: "span", Adopts: "told"})
	x.say("north", &StatementWithdrawal{x.rowOf("told"), "an error"})
	act := Act{Events: []string{"shelling"}, Actor: by("x"), Where: place("mill", "land"), When: When{From: 5500, To: 5501}}
	if got := Assess(x.reg, act, "south", x.end()); got.Answer != OutsideTime {
		t.Errorf("a reading of a span that was withdrawn: %s", got.Answer)
	}
}

func (x *teller) rowOf(id SpanID) StatementID {
	s, _ := x.reg.Span(id, 1, x.end())
	return s.ID
}

func TestWhatTheBookTells(t *testing.T) {
	b := foundedBook(t)
	if b.Origin() != "test.example/log" || b.Regime() != "test" || b.Mode() != Demo || b.Founding() == nil || b.Method().Release != "test" || b.Next() != 1 {
		t.Error("the head of the record")
	}
	if len(b.Offices()) != 6 || !slices.Equal(b.CoChairs(), []OfficeID{"north", "south"}) {
		t.Error("offices")
	}
	if o, ok := b.Office("hill"); !ok || o.Through != "north" {
		t.Error("an office")
	}
	env := say(t, "watch", 5, report("x"))
	if err := admit(t, b, env); err != nil {
		t.Fatal(err)
	}
	id := DigestOf(env)
	if i, ok := b.IndexOf(id); !ok || i != 1 || b.Gone(id) || !b.InForce(id) {
		t.Error("a statement")
	}
	if _, ok := b.IndexOf(Digest{1}); ok || b.Gone(Digest{1}) || b.InForce(Digest{1}) {
		t.Error("no statement")
	}
	if err := admit(t, b, say(t, "north", 6, &Office{ID: "dale", Name: inEnglish("Dale"), Role: Liaison, Party: "dal", Through: "south"})); err != nil {
		t.Fatal(err)
	}
	waiting := DigestOf(say(t, "north", 6, &Office{ID: "dale", Name: inEnglish("Dale"), Role: Liaison, Party: "dal", Through: "south"}))
	if b.InForce(waiting) || len(b.Offices()) != 6 {
		t.Error("an office with one key")
	}
	if err := admit(t, b, say(t, "north", 7, &Concurrence{With: waiting})); KindOf(err) != Conflict {
		t.Errorf("concurred with itself: %v", err)
	}
	clone := b.Clone()
	if err := admit(t, b, say(t, "south", 8, &Concurrence{With: waiting})); err != nil {
		t.Fatal(err)
	}
	if len(b.Offices()) != 7 || len(clone.Offices()) != 6 || !b.InForce(waiting) || len(b.Rules().Seats()) != 7 {
		t.Error("an office with both keys")
	}
	ring := b.KeyRing()
	if len(ring) != 9 || !slices.IsSortedFunc(ring, func(x, y GrantedKey) int { return strings.Compare(string(x.ID), string(y.ID)) }) {
		t.Error("the ring of keys")
	}
	said, err := b.Verify(say(t, "watch", 9, report("later")))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Admit(99, 1, said); KindOf(err) != Unavailable {
		t.Errorf("an index that is not next: %v", err)
	}
	b.Skip()
	if b.Next() != 5 {
		t.Errorf("next %d", b.Next())
	}
	b.Reset()
	if b.Next() != 0 || b.Founding() != nil || len(b.Rules().Seats()) != 0 {
		t.Error("reset")
	}
	if NameIn([]Text{{"en", "a"}, {"ar", "b"}}, "ar", "x") != "b" || NameIn([]Text{{"en", "a"}}, "fr", "x") != "a" || NameIn(nil, "fr", "x") != "x" {
		t.Error("names")
	}
}

func TestKeysAreRotatedGrantedAndRevoked(t *testing.T) {
	b := foundedBook(t)
	grant := testGrant("south", OfficeKey, "south new")
	rotate := grant
	rotate.Act, rotate.Replaces = Rotate, KeyIDOf(testGrant("south", OfficeKey, "south").Public)
	for _, c := range []struct {
		name string
		env  []byte
		want ErrorKind
	}{
		{"for another office", say(t, "north", 5, &grant, "north root"), Forbidden},
		{"a key granted before", say(t, "south", 5, func() *KeyAct { k := testGrant("south", OfficeKey, "south"); return &k }(), "south root"), Conflict},
		{"a rotation of no key", say(t, "south", 5, func() *KeyAct { k := rotate; k.Replaces = "00"; return &k }(), "south root"), Unknown},
		{"a revocation of no key", say(t, "south", 5, &KeyAct{Act: Revoke, Office: "south", Key: "00", Why: "x"}, "south root"), Unknown},
		{"a revocation of another's", say(t, "south", 5, &KeyAct{Act: Revoke, Office: "south", Key: KeyIDOf(testGrant("north", OfficeKey, "north").Public), Why: "x"}, "south root"), Forbidden},
		{"a desk key that binds", say(t, "hill", 5, &Acknowledgement{Notice: Digest{1}}), Unknown},
		{"a field key that claims", say(t, "watch", 5, &Membership{Actor: "a", Coalition: "b", ClaimedBy: "c"}), Forbidden},
		{"an unknown zone", say(t, "north", 5, &Reading{ID: "r", About: "actor", Actor: "x", Status: StatusUnknown, When: When{From: 5, Local: "2016-05-04T00:01", Zone: "Mars"}}), Unknown},
		{"a local time that is another", say(t, "north", 5, &Reading{ID: "r", About: "actor", Actor: "x", Status: StatusUnknown, When: When{From: 5, Local: "2016-05-04T00:01"}}), Invalid},
		{"a translation of nothing", say(t, "north", 5, &Translation{Of: Digest{1}, From: "a", To: "b", Text: "c", By: "d", Authentic: "a"}), Unknown},
		{"a release of nothing", say(t, "north", 5, &Release{Of: Digest{1}, Marking: Clear}), Unknown},
		{"a claim in place of nothing", say(t, "north", 5, &ClaimEntry{Replaces: ClaimRef{Statement: Digest{1}}}), Unknown},
		{"sameness of nothing", say(t, "north", 5, &Same{Claims: []ClaimRef{{Statement: Digest{1}}, {Statement: Digest{2}}}, Why: "x"}), Unknown},
		{"difference of nothing", say(t, "north", 5, &Different{Claims: []ClaimRef{{Statement: Digest{1}}, {Statement: Digest{2}}}, Why: "x"}), Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := admit(t, b, c.env); KindOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if err := admit(t, b, say(t, "south", 6, &rotate, "south root")); err != nil {
		t.Fatal(err)
	}
	if err := admit(t, b, say(t, "south", 7, report("by the old key"))); KindOf(err) != Forbidden {
		t.Errorf("a key that was rotated away spoke: %v", err)
	}
	if err := admit(t, b, say(t, "south", 8, report("by the new key"), "south new")); err != nil {
		t.Error(err)
	}
	env := say(t, "north", 9, report("taken back"))
	for _, e := range [][]byte{env, say(t, "north", 10, &StatementWithdrawal{DigestOf(env), "an error"})} {
		if err := admit(t, b, e); err != nil {
			t.Fatal(err)
		}
	}
	if !b.Gone(DigestOf(env)) {
		t.Error("still there")
	}
	for name, e := range map[string][]byte{
		"twice":           say(t, "north", 11, &StatementWithdrawal{DigestOf(env), "an error"}),
		"by another":      say(t, "south", 11, &StatementWithdrawal{DigestOf(env), "an error"}, "south new"),
		"the withdrawal":  say(t, "north", 11, &StatementWithdrawal{DigestOf(say(t, "north", 10, &StatementWithdrawal{DigestOf(env), "an error"})), "x"}),
		"said once again": env,
	} {
		if err := admit(t, b, e); err == nil {
			t.Errorf("%s: admitted", name)
		}
	}
}

func TestASpeakerAndItsLineage(t *testing.T) {
	c := Claim{Sources: []Source{{Ref: Ref{ID: "agency"}}, {Ref: Ref{ID: "clinic"}}}}
	if c.Speaker("wire") != "clinic" || c.LineageOf("wire") != "clinic" || (Claim{}).Speaker("wire") != "wire" || (Claim{Lineage: "x"}).LineageOf("wire") != "x" {
		t.Error("speakers")
	}
	if (Claim{}).Place().Place != "" || (Claim{Where: []Where{place("a"), place("b")}}).Place().Place != "a" {
		t.Error("places")
	}
	for s, asserted := range map[Stance]bool{"": true, Stated: true, Reported: true, Alleged: true, Denied: false, Planned: false, Urged: false, Expected: false, Conditional: false} {
		if s.Asserted() != asserted {
			t.Errorf("%s asserted %v", s, !asserted)
		}
	}
}

func TestAnObservationIsAClaimWithoutAnActor(t *testing.T) {
	o := &Observation{Position: at7(37, 36, 10), Means: "heard", Count: 7, Sort: "outgoing", Weapon: "mortar", Sector: &Sector{From: deg(37, 36), RangeMaxMetres: 4000}, When: When{From: 5}}
	c := o.AsClaim("watch")
	if c.Side != Firing || c.Where[0].Point != nil || c.Where[0].Sector == nil || c.Count != 7 || c.Weapons[0].ID != "mortar" || len(c.Actors) != 0 || c.Speaker("") != "watch" {
		t.Errorf("%+v", c)
	}
	better := at7(37.1, 36, 50)
	o.Where, o.Sort = &better, "impact"
	if c := o.AsClaim("watch"); c.Side != Impact || c.Where[0].RadiusMetres != 50 {
		t.Errorf("%+v", c)
	}
	if c.Validate(taxonomy) != nil {
		t.Error("a claim that is none")
	}
}

func TestOnlyItsOwnOfficeErasesASourceAndOnlyOnce(t *testing.T) {
	h := newHall(t)
	r := report("shells fell on the mill")
	r.Pseudonym, r.Commitment = "0123", Digest{1}
	filed := h.say("hill", r)
	second := report("and on the bridge")
	second.Pseudonym = "0123"
	h.say("north", second) // whoever cites it later gains no right over it
	picture := &Exhibit{Digest: Digest{9}, MediaType: "image/png", Bytes: 3}
	h.say("hill", picture)
	gone := &Erasure{Pseudonym: "0123", Why: "asked"}
	if by, report, ok := h.book.SourceOf("0123"); !ok || by != "hill" || report != filed {
		t.Errorf("%s %s %v", by, report.Short(), ok)
	}
	if _, _, ok := h.book.SourceOf("4567"); ok {
		t.Error("a source that was never filed")
	}
	h.refused("north", gone, "forbidden", "filed by hill")
	h.refused("centre", &Erasure{Exhibit: Digest{9}, Why: "asked"}, "forbidden", "filed by hill")
	h.refused("hill", &Erasure{Pseudonym: "4567", Why: "asked"}, "unknown")
	h.refused("hill", &Erasure{Pseudonym: Digest{9}.String(), Why: "asked"}, "unknown")
	clone := h.book.Clone()
	h.say("hill", gone)
	h.refused("hill", gone, "conflict", "erased already")
	h.say("hill", &Erasure{Exhibit: Digest{9}, Why: "asked"})
	if clone.erasable[gone.names()].erased || !h.book.erasable[gone.names()].erased {
		t.Error("a clone follows its original")
	}
}

// actsOf is ActOf over claims by value.
func actsOf(claims []Claim) []Act {
	all := make([]*Claim, len(claims))
	for i := range claims {
		all[i] = &claims[i]
	}
	return ActOf(all)
}
