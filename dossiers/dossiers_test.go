package dossiers_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/marchday/marchday/dossiers"
	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/truce"
)

const origin, regime = "demo.test/syria", "syria-2016"

func lines(t *testing.T) []intake.Line {
	t.Helper()
	folder, err := fs.Sub(dossiers.FS, regime)
	if err != nil {
		t.Fatal(err)
	}
	var all []intake.Line
	for l, err := range intake.Dossier(folder) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

func key(words string) truce.Key {
	seed := sha256.Sum256([]byte(words))
	return truce.Key(ed25519.NewKeyFromSeed(seed[:]))
}

func grant(class truce.KeyClass, office truce.OfficeID) truce.KeyAct {
	public := key(string(office) + string(class)).Public().(ed25519.PublicKey)
	return truce.KeyAct{Act: truce.Grant, Office: office, Class: class, Public: public, FromSeed: true}
}

// sayer says the dossier to a Book, as the demo does to a centre.
type sayer struct {
	*testing.T
	book    *truce.Book
	names   intake.Names
	cases   map[truce.ClaimRef]truce.StatementID
	opened  int // by rule
	reports map[string]*truce.Report
	bodies  map[string]truce.Body
}

func (s *sayer) say(name string, office truce.OfficeID, at, made truce.Instant, body truce.Body, signers ...truce.Signer) truce.StatementID {
	s.Helper()
	e, err := truce.Seal(truce.NewStatement(origin, regime, office, "", made, body), signers...)
	if err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	said, err := s.book.Verify(e.Bytes())
	if err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	index := s.book.Next()
	if err := s.book.Admit(index, at, said); err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	s.names.Add(name, said.ID, index, body)
	if c, ok := body.(*truce.Case); ok {
		s.cases[c.Incident] = said.ID
	}
	return said.ID
}

func sayAll(t *testing.T) *sayer {
	t.Helper()
	s := &sayer{T: t, book: truce.NewBook(), cases: map[truce.ClaimRef]truce.StatementID{}, reports: map[string]*truce.Report{}, bodies: map[string]truce.Body{}}
	var now truce.Instant
	caseOf := func(c truce.ClaimRef) (truce.StatementID, error) {
		if id, ok := s.cases[c]; ok {
			return id, nil
		}
		s.opened++ // the centre opens it by rule
		body := &truce.Case{Incident: c, Trigger: "threshold", Rule: "test"}
		return s.say(fmt.Sprintf("rule-%d", s.opened), "centre", now, now, body, key("centreoffice")), nil
	}
	for _, l := range lines(t) {
		now = l.Received
		body, err := l.Resolve(s.names.Lookup(caseOf))
		if err != nil {
			t.Fatal(err)
		}
		signers := []truce.Signer{key(string(l.Office) + "office")}
		if f, ok := body.(*truce.Founding); ok {
			for _, o := range f.Offices {
				f.Keys = append(f.Keys, grant(truce.RootKey, o.ID), grant(truce.OfficeKey, o.ID))
			}
			signers = []truce.Signer{key("centreroot"), key("usroot"), key("ruroot")}
		}
		s.say(l.Name, l.Office, l.Received, l.MadeAt, body, signers...)
		s.bodies[l.Name] = body
		if r, ok := body.(*truce.Report); ok {
			s.reports[l.Name] = r
		}
	}
	return s
}

func TestEveryLineIsAdmittedInOrderOfReceipt(t *testing.T) {
	s := sayAll(t)
	if s.book.Mode() != truce.Demo || len(s.book.CoChairs()) != 2 {
		t.Errorf("mode %s, co-chairs %v", s.book.Mode(), s.book.CoChairs())
	}
	if s.opened == 0 {
		t.Error("no case opened by rule is referred to")
	}
	var last truce.Instant
	for _, l := range lines(t) {
		if l.Received < last {
			t.Errorf("%s is received before the line that it follows", l.Name)
		}
		if l.MadeAt > l.Received && l.Name != "founding" {
			t.Errorf("%s is made after it was received", l.Name)
		}
		last = l.Received
	}
}

// The rows of the fact sheet's table of claims, letters and all.
const claimRows = `01a 02a 02b 03a 04a 05a 05b 05c 05d 06a 07a 08a 09a 10a 11a 12a 13a 13b 13c 13d 14a 15a 16a 17a 18a 19a 19b 19c 20a
21a 21b 22a 23a 23b 23c 23d 24a 25a 26a 27a 28a 28b 29a 30a 31a 32a 33a 34a 35a 36a 37a 37b 38a 38b 38c 38d 38e 38f 38g 39a 40a 41a 42a
43a 43b 43c 43d 43e 44a 45a 46a 47a 47b 48a 48b 48c 48d 49a 49b 49c 50a 50b 50c 51a 51b 51c 51d 51e 51f 52a 53a 53b 53c 53d 54a`

func TestEveryRowOfTheFactSheetIsThere(t *testing.T) {
	s := sayAll(t)
	incidents := map[string]bool{}
	for _, row := range strings.Fields(claimRows) {
		incidents[row[:2]] = true
		if r := s.reports["I"+row]; r == nil || r.External != "I"+row || len(r.Claims) == 0 {
			t.Errorf("claim I%s is missing", row)
		}
	}
	if len(incidents) != 54 {
		t.Errorf("%d incidents, not 54", len(incidents))
	}
	for i := 1; i <= 21; i++ {
		if name := fmt.Sprintf("R%02d", i); s.bodies[name] == nil {
			t.Errorf("event %s is missing", name)
		}
	}
	for _, name := range strings.Fields("N1 N2 N3 N4 N5 N6 N7 T1 T2 T3 T4 T5 T6 T7 T8 T9 P0 P1a P1b P1c P2 P3 P4a P4b P4c P4d P5 P6 P7") {
		if s.bodies[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	bulletins := 0
	for name, r := range s.reports {
		if strings.HasPrefix(name, "B") && len(r.Counts) > 0 {
			bulletins++
		}
	}
	if bulletins != 14 {
		t.Errorf("%d bulletins with stated counts, not 14", bulletins)
	}
}

func (s *sayer) tolls(name string, at int) []string {
	var all []string
	for _, c := range s.reports[name].Claims[at].Casualties {
		all = append(all, fmt.Sprintf("%s %d-%d %s %s", c.Kind, c.Low, c.High, c.Scope, c.Status))
	}
	return all
}

// The traps that the fact sheet keeps on purpose can be told from the data.
func TestTheTrapsAreKept(t *testing.T) {
	s := sayAll(t)
	claim := func(name string) truce.Claim { return s.reports[name].Claims[0] }
	from, on := claim("I08a"), claim("I09a")
	if from.Side != truce.Firing || on.Side != truce.Impact || from.Place().Place != on.Place().Place || from.Event == on.Event {
		t.Error("mirror claims: one fires from the place, the other strikes it")
	}
	for i, name := range []string{"I38a", "I38a.2", "I38a.3"} {
		if got := claim(name); got.LineageOf("") != "msf" || got.Casualties[0].Low != []int32{14, 50, 55}[i] {
			t.Errorf("lineage: %s is %s %v", name, got.LineageOf(""), got.Casualties)
		}
	}
	for _, name := range []string{"I38e", "I48d", "I43e"} {
		if c := claim(name); c.Form != truce.Denial || c.Stance.Asserted() || len(c.Casualties) > 0 || len(c.About) == 0 {
			t.Errorf("denial: %s says who did not, about a claim, and counts nobody", name)
		}
	}
	if got := s.tolls("I43b", 0); !slices.Contains(got, "killed 3-3 building ") || !slices.Contains(got, "killed 16-16 city-day ") {
		t.Errorf("two scopes: %v", got)
	}
	if got := s.tolls("I51a", 0); !slices.Contains(got, "killed 19-19  civilian") || !slices.Contains(got, "killed 8-8  combatant") {
		t.Errorf("mixed status: %v", got)
	}
	for _, name := range []string{"I03a", "I07a", "I24a", "I33a", "I42a", "I45a"} {
		for i, c := range s.reports[name].Claims {
			if c.Form != truce.Aggregate {
				t.Errorf("aggregate: claim %d of %s would join an incident", i, name)
			}
		}
	}
	for _, name := range []string{"I16a", "I26a"} {
		c := s.reports[name].Claims
		if len(c) != 2 || c[0].Actors[0].ID != "isl" || c[1].Actors[0].ID != "tr" || !c[1].Response {
			t.Errorf("two acts in one report: %s", name)
		}
	}
	if claim("I21a").When.To > claim("I22a").When.From || claim("I21a").Place().Place != claim("I22a").Place().Place {
		t.Error("duplicate or two days: same place, the next day")
	}
	if claim("I35a").When == claim("I35a.2").When {
		t.Error("day shift: both dates are kept")
	}
	if c := claim("I53a"); c.Actors[0].ID != "isl" || c.Speaker("") != "isl" {
		t.Error("an excluded actor claims it")
	}
	if c := s.bodies["P4c"].(*truce.TruceSpan); c.When.From != 0 || c.EndFrom.From == 0 || c.EndFrom.To == 0 {
		t.Error("disputed clock: the start is not stated and the end is an interval")
	}
	a, b := s.bodies["P4a"].(*truce.TruceSpan), s.bodies["P4b"].(*truce.TruceSpan)
	if gap := b.When.From - a.When.From; gap != 24*3600+59*60 {
		t.Errorf("disputed clock: %d s between the two starts", gap)
	}
	if p := s.bodies["P2x"].(*truce.TruceSpan); p.Act != "rejected" {
		t.Error("swapped durations: the slip stays visible")
	}
}

// box is Syria and the strip beyond its borders, in 1e-7 degree.
func inBox(p truce.Point) bool {
	return 35_000_000_0 <= p.Lon && p.Lon <= 42_500_000_0 && 32_000_000_0 <= p.Lat && p.Lat <= 37_500_000_0
}

func TestPlacesAreInTheBoxLongitudeFirstAndNoFinerThanKnown(t *testing.T) {
	points := 0
	for name, r := range sayAll(t).reports {
		for i, c := range r.Claims {
			for _, w := range c.Where {
				at := fmt.Sprintf("%s claim %d, %s", name, i, w.Place)
				if w.Place == "" {
					t.Errorf("%s: a place has an id", at)
				}
				if w.Place != "SY" && w.Place != "TR" && len(w.Within) == 0 {
					t.Errorf("%s: a place says what it lies within", at)
				}
				if w.Point == nil {
					if w.RadiusMetres != 0 {
						t.Errorf("%s: a radius without a point", at)
					}
					continue
				}
				points++
				if !inBox(*w.Point) {
					t.Errorf("%s: %v is outside the box", at, *w.Point)
				}
				if !slices.Contains([]int32{1000, 5000, 6000}, w.RadiusMetres) {
					t.Errorf("%s: radius %d m", at, w.RadiusMetres)
				}
			}
		}
	}
	if points == 0 {
		t.Error("no point was looked at")
	}
}

// What is made up says so; what is said of nobody is not signed by a state.
func TestWhatIsInventedSaysSo(t *testing.T) {
	s := sayAll(t)
	invented := 0
	for name, b := range s.bodies {
		text, _ := json.Marshal(b)
		says := bytes.Contains(text, []byte("Invented for illustration"))
		switch x := b.(type) {
		case *truce.Reading:
			if x.Illustration != says {
				t.Errorf("%s: illustration %v, and its text says %v", name, x.Illustration, says)
			}
		case *truce.Assessment, *truce.Proposal, *truce.Dissent, *truce.Referral, *truce.InformationRequest, *truce.Reply, *truce.Concurrence:
			if !says {
				t.Errorf("%s is not in the sources and does not say that it is invented", name)
			}
		}
		if says {
			invented++
		}
	}
	if invented == 0 {
		t.Error("nothing was looked at")
	}
}

// A word of a party for another is no word of the centre.
func TestNoForbiddenWords(t *testing.T) {
	url := regexp.MustCompile(`"url":"[^"]*"`)
	bad := regexp.MustCompile(`(?i)terroris|\bregime'?s? (forces|army|aircraft|troops|air)|assad regime|syrian regime|[^-]\bconfirmed\b|foreign-backed|militants|liberated`)
	err := fs.WalkDir(dossiers.FS, regime, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".jsonl") && !strings.HasSuffix(path, "founding.json") {
			return err
		}
		b, err := fs.ReadFile(dossiers.FS, path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(b), "\n") {
			if word := bad.FindString(url.ReplaceAllString(line, "")); word != "" {
				t.Errorf("%s:%d: %q", path, i+1, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheDocketShowsEveryWayACaseCanEnd(t *testing.T) {
	s := sayAll(t)
	got := map[truce.FindingKind]truce.CaseState{}
	for _, c := range s.book.Cases() {
		got[c.Finding.Kind] = c.State
	}
	want := map[truce.FindingKind]truce.CaseState{
		truce.Joint: truce.CaseClosed, truce.Parallel: truce.CaseNotified, truce.Deadlock: truce.CaseReferred, truce.Undecided: truce.CaseInquiry,
	}
	if !maps.Equal(got, want) {
		t.Errorf("findings and states %v, wanted %v", got, want)
	}
}

// verdict judges, in an office's reading, the first act that some reports
// allege, or only the claim of a name that ends in #1.
func (s *sayer) verdict(office truce.OfficeID, names ...string) truce.Answer {
	s.Helper()
	var claims []*truce.Claim
	for _, name := range names {
		name, only, one := strings.Cut(name, "#")
		id, err := s.names.Lookup(nil)(name)
		if err != nil {
			s.Fatal(err)
		}
		for i, c := range s.reports[name].Claims {
			if one && only != fmt.Sprint(i) {
				continue
			}
			if err := c.Ref.Statement.UnmarshalText([]byte(id)); err != nil {
				s.Fatal(err)
			}
			c.Ref.At, c.Ref.Family = uint32(i), c.Event
			claims = append(claims, &c)
		}
	}
	return truce.Assess(s.book.Rules(), truce.ActOf(claims)[0], office, s.book.Next()).Answer
}

func TestVerdictsFollowTheReadings(t *testing.T) {
	s := sayAll(t)
	for _, c := range []struct {
		name, us, ru string
		claims       []string
	}{
		{"Sheikh Maqsoud on the evening of 4 May: in one map and not in the other", "prohibited", "insufficient", []string{"I46a"}},
		{"west Aleppo after 01:00 on 5 May: both, by different clocks", "prohibited", "prohibited", []string{"I47b"}},
		{"rockets on Kilis: an excluded actor, beyond the area", "outside-area", "outside-area", []string{"I34a"}},
		{"the reply across the border: a premise that nobody signs", "outside-actor", "insufficient", []string{"I26a#1"}},
		{"Jablah and Tartus: violence, no party's violation", "outside-actor", "outside-actor", []string{"I53a", "I53b"}},
		{"Harbinafsah, fired from: an excluded actor", "outside-actor", "outside-actor", []string{"I08a"}},
		{"Khan Touman: a mixed coalition", "mixed", "mixed", []string{"I49a"}},
		{"Daraya: cleared, and refused at the checkpoint", "prohibited", "prohibited", []string{"I50a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if us, ru := s.verdict("us", c.claims...), s.verdict("ru", c.claims...); string(us) != c.us || string(ru) != c.ru {
				t.Errorf("us %s, ru %s; wanted %s, %s", us, ru, c.us, c.ru)
			}
		})
	}
}

// The figures that five bulletins state, as a file beside the project has them.
func TestTheBulletinsStateWhatTheyStated(t *testing.T) {
	shared := os.Getenv("MARCHDAY_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(shared, "case", "bulletin-counts.json"))
	if err != nil {
		t.Skipf("the bulletins' figures are not compared: %v", err)
	}
	var want struct {
		Bulletins []struct {
			Date        string
			Total       int32            `json:"violations_total"`
			Provinces   map[string]int32 `json:"by_governorate"`
			Settlements int32            `json:"settlements_total"`
			Groups      int32            `json:"groups_total"`
		}
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	s := sayAll(t)
	for _, w := range want.Bulletins {
		r := s.reports["B"+w.Date[5:7]+w.Date[8:]]
		if r == nil {
			t.Errorf("no bulletin of %s", w.Date)
			continue
		}
		provinces := map[string]int32{}
		for _, c := range r.Claims[1:] {
			name, _, _ := strings.Cut(c.Where[0].Name, " governorate")
			provinces[name] = c.Count
		}
		got := map[string]int32{}
		for _, c := range r.Counts {
			if c.Place == "" {
				got[c.What] = c.N
			}
		}
		if got["violations"] != w.Total || got["settlements"] != w.Settlements || got["groups"] != w.Groups || !maps.Equal(provinces, w.Provinces) {
			t.Errorf("%s: %v %v, wanted %+v", w.Date, got, provinces, w)
		}
	}
}
