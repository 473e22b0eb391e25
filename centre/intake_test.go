package centre

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// A confidingHouse is a founded centre with a vault, and the one who opens it.
type confidingHouse struct {
	*Centre
	t        *testing.T
	clock    *testClock
	vault    *vault.Vault
	dir      string
	identity string
}

func confidingPlaces() *gazetteer.Gazetteer {
	named := func(id truce.PlaceID, parent truce.PlaceID, class gazetteer.Class, en, ar string, lon, lat int32) gazetteer.Place {
		return gazetteer.Place{ID: id, Parent: parent, Class: class, Country: "XV", Point: truce.Point{Lon: lon, Lat: lat},
			Names: []gazetteer.Name{{Text: en, Lang: "en"}, {Text: ar, Lang: "ar"}}}
	}
	return gazetteer.New([]gazetteer.Place{
		named("XV", "", gazetteer.Country, "Vale", "الوادي", 370_000_000, 350_000_000),
		named("XV-A", "XV", gazetteer.Adm1, "Upper Vale", "الوادي الأعلى", 370_000_000, 360_000_000),
		named("XV-A1", "XV-A", gazetteer.Adm2, "Mill District", "ناحية الطاحونة", 370_000_000, 360_000_000),
		named("v1", "XV-A1", gazetteer.Village, "Ashford", "أشفورد", 371_000_000, 361_000_000),
		named("v2", "XV-A", gazetteer.Village, "Bankfoot", "بانكفوت", 372_000_000, 362_000_000),
	}, nil, nil)
}

func openConfiding(t *testing.T, dir string, clock *testClock, identity, recipient string) *confidingHouse {
	t.Helper()
	v, err := vault.Open(t.Context(), filepath.Join(dir, "vault"), vault.Options{Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SetRecipients(vault.Recipients{Each: []vault.Recipient{{Name: "amal", Key: recipient}}}); err != nil {
		t.Fatal(err)
	}
	gaz := confidingPlaces()
	eng, err := extract.New(extract.Options{Gazetteer: gaz})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Origin: "test.example/log", Dir: dir, Now: clock.now, LogKey: ed25519.PrivateKey(testKey("log")), Sequencer: true, Regime: "test",
		Extract: eng, Gazetteer: gaz, Model: link.DefaultModel(), Desks: map[truce.OfficeID]truce.Signer{}, Vault: v, Chance: rand.New(rand.NewPCG(3, 4)),
	}
	for _, off := range testFounding().Offices {
		o.Desks[off.ID] = testKey(string(off.ID))
	}
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(c.Close(), v.Close()) })
	return &confidingHouse{c, t, clock, v, dir, identity}
}

func newConfiding(t *testing.T) *confidingHouse {
	t.Helper()
	identity, recipient, err := vault.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	clock := clockAt(start.Time().Add(26*time.Hour + 17*time.Minute))
	h := openConfiding(t, t.TempDir(), clock, identity, recipient)
	foundTest(t, h.Centre, clock)
	h.catchUp()
	return h
}

func (h *confidingHouse) catchUp() {
	h.t.Helper()
	if err := h.CatchUp(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func token(n int) string { return fmt.Sprintf("token-%032d", n) }

// call is a hotline call as the form makes it.
func (h *confidingHouse) call(n int, hold bool) Confided {
	h.t.Helper()
	claim, err := h.Coarse(h.t.Context(), "shelling", "v1", "2016-02-27")
	if err != nil {
		h.t.Fatal(err)
	}
	return Confided{
		Office: "centre", Desk: "hotline", Received: fmt.Appendf(nil, "name=Yusuf&n=%d", n), Once: token(n), Hold: hold,
		Source: Source{Name: "Yusuf Haddad", Contact: "+963 944 123456", Words: "they fell on my brother's house", Lang: "en", Place: "Ashford", When: "this morning"},
		Report: truce.Report{Channel: "hotline", Publisher: "centre", Claims: []truce.Claim{claim}, Marking: truce.Amber},
		Grade:  &truce.Grade{Source: "C", Information: "3"},
	}
}

func (h *confidingHouse) take(s Confided) Taken {
	h.t.Helper()
	t, err := h.HideSource(h.t.Context(), s)
	if err != nil {
		h.t.Fatal(err)
	}
	return t
}

// entries is how many sources the vault keeps.
func (h *confidingHouse) entries() int {
	h.t.Helper()
	all, err := h.vault.Entries(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(all)
}

func (h *confidingHouse) tend() int {
	h.t.Helper()
	n, err := h.Tend(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// said returns every statement of the record of a kind.
func (h *confidingHouse) said(kind truce.Kind) (all []truce.Statement) {
	h.t.Helper()
	for e, err := range h.Record().Entries(h.t.Context(), 0) {
		if err != nil {
			h.t.Fatal(err)
		}
		env, err := truce.ParseEnvelope(e.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		st, err := truce.DecodeBody(env.Payload)
		if err != nil {
			h.t.Fatal(err)
		}
		if st.Body.Kind() == kind {
			all = append(all, st)
		}
	}
	return all
}

func TestACallGoesToTheVaultAndItsActToTheRecord(t *testing.T) {
	h := newConfiding(t)
	got := h.take(h.call(1, false))
	reports, grades := h.said("report"), h.said("grade")
	if got.Held || len(reports) != 1 || len(grades) != 1 {
		t.Fatalf("%+v: %d reports, %d grades", got, len(reports), len(grades))
	}
	r := reports[0].Body.(*truce.Report)
	if w := r.Claims[0].Where; len(w) != 1 || w[0].Place != "XV-A1" || w[0].Point != nil {
		t.Errorf("the record has the place %+v, not the district", w)
	}
	if w := r.Claims[0].When; w.Precision != truce.ToDay || w.To-w.From != truce.Day {
		t.Errorf("the record has the time %+v, not the day", w)
	}
	if m := reports[0].MadeAt; m%3600 != 0 {
		t.Errorf("made at %s, not cut to the hour", m)
	}
	if g := grades[0].Body.(*truce.Grade); g.Source != "C" || g.About.Statement != got.Receipt.ID {
		t.Errorf("graded %+v", g)
	}
	sealed, err := h.vault.Reveal(t.Context(), got.Pseudonym, "amal")
	if err != nil {
		t.Fatal(err)
	}
	o, err := vault.Unseal(sealed, h.identity)
	if err != nil {
		t.Fatal(err)
	}
	var s Source
	if err := json.Unmarshal(o.Secret, &s); err != nil || s != h.call(1, false).Source {
		t.Errorf("%+v %v", s, err)
	}
	if truce.Digest(o.Commitment) != r.Commitment || r.Pseudonym != got.Pseudonym {
		t.Error("the record's commitment is not to what the vault keeps")
	}
}

func TestTheSameCallSentAgainIsOneSourceAndOneStatement(t *testing.T) {
	for _, hold := range []bool{false, true} {
		h := newConfiding(t)
		first := h.take(h.call(1, hold))
		var wg sync.WaitGroup
		answers := make([]Taken, 6)
		for i := range answers {
			wg.Go(func() { answers[i], _ = h.HideSource(t.Context(), h.call(1, hold)) })
		}
		wg.Wait()
		h.clock.pass(7 * time.Hour)
		h.tend()
		answers = append(answers, h.take(h.call(1, hold)))
		for i, a := range answers {
			if a.Pseudonym != first.Pseudonym || a.Receipt.Index != first.Receipt.Index && !hold {
				t.Errorf("hold %v, answer %d: %+v, not %+v", hold, i, a, first)
			}
		}
		if n, reports, grades := h.entries(), len(h.said("report")), len(h.said("grade")); n != 1 || reports != 1 || grades != 1 {
			t.Errorf("hold %v: %d sources, %d reports, %d grades", hold, n, reports, grades)
		}
		other := h.call(1, hold)
		other.Received = append(other.Received, '!')
		if h.take(other).Pseudonym == first.Pseudonym {
			t.Error("other bytes are another report")
		}
	}
}

func TestWhatIsHeldGoesInCompanyOrWhenItIsDue(t *testing.T) {
	h := newConfiding(t)
	for n := range batchSize - 1 {
		if got := h.take(h.call(n, true)); !got.Held || got.Receipt.ID != [32]byte{} {
			t.Fatalf("%+v", got)
		}
	}
	if n := h.tend(); n != 0 || len(h.said("report")) != 0 {
		t.Fatalf("%d went on the record alone", n)
	}
	h.take(h.call(batchSize, true))
	h.clock.pass(time.Minute)
	if n := h.tend(); n != batchSize || len(h.said("report")) != batchSize || len(h.said("grade")) != batchSize {
		t.Fatalf("%d went on the record", n)
	}
	if h.tend() != 0 {
		t.Error("they went twice")
	}
	h.take(h.call(99, true))
	h.clock.pass(longestDelay - time.Hour - time.Minute)
	if n := h.tend(); n != 0 {
		t.Errorf("%d went before it was due", n)
	}
	h.clock.pass(time.Hour + time.Minute)
	if n := h.tend(); n != 1 {
		t.Errorf("%d went at the end of the longest delay", n)
	}
}

// TestABatchComesOutInAnotherOrder goes through centre and record; the order's
// distribution over 10,000 runs is tested in package vault.
func TestABatchComesOutInAnotherOrder(t *testing.T) {
	h := newConfiding(t)
	arrived := map[string]int{}
	for n := range 2 * batchSize {
		arrived[h.take(h.call(n, true)).Pseudonym] = n
	}
	h.clock.pass(7 * time.Hour)
	if n := h.tend(); n != 2*batchSize {
		t.Fatal(n)
	}
	inOrder := 0
	last := -1
	for _, st := range h.said("report") {
		n := arrived[st.Body.(*truce.Report).Pseudonym]
		if n == last+1 {
			inOrder++
		}
		last = n
	}
	if inOrder > batchSize/2 {
		t.Errorf("%d of %d follow the one that came before them", inOrder, 2*batchSize)
	}
}

func TestWhatIsHeldSurvivesTheProcess(t *testing.T) {
	h := newConfiding(t)
	got := h.take(h.call(1, true))
	if err := errors.Join(h.Centre.Close(), h.vault.Close()); err != nil {
		t.Fatal(err)
	}
	_, other, err := vault.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	h = openConfiding(t, h.dir, h.clock, h.identity, other)
	h.clock.pass(7 * time.Hour)
	if n := h.tend(); n != 1 {
		t.Fatal(n)
	}
	if r := h.said("report"); r[0].Body.(*truce.Report).Pseudonym != got.Pseudonym {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsForgottenIsOnTheRecordAsErased(t *testing.T) {
	h := newConfiding(t)
	got := h.take(h.call(1, false))
	if err := h.ForgetSource(t.Context(), "north", got.Pseudonym, "asked"); truce.KindOf(err) != truce.Forbidden {
		t.Errorf("another office: %v", err)
	}
	if err := h.ForgetSource(t.Context(), "centre", got.Pseudonym, "Yusuf asked"); truce.KindOf(err) != truce.Invalid {
		t.Errorf("a reason of words: %v", err)
	}
	if err := h.ForgetSource(t.Context(), "centre", strings.Repeat("0", 32), "asked"); truce.KindOf(err) != truce.Unknown {
		t.Errorf("nobody: %v", err)
	}
	if err := h.ForgetSource(t.Context(), "centre", got.Pseudonym, "asked"); err != nil {
		t.Fatal(err)
	}
	erased := h.said("erasure")
	if len(erased) != 1 || erased[0].Body.(*truce.Erasure).Pseudonym != got.Pseudonym || erased[0].Office != "centre" {
		t.Fatalf("%+v", erased)
	}
	if h.entries() != 0 {
		t.Error("it is in the vault yet")
	}
	h.catchUp()
	by, err := h.View(truce.Viewer{Role: truce.Centre}).CitedBy(t.Context(), got.Receipt.ID)
	if err != nil || len(by) == 0 || by[len(by)-1].Kind != "erasure" {
		t.Errorf("the report does not say that its source was erased: %+v %v", by, err)
	}
	if err := h.ForgetSource(t.Context(), "centre", got.Pseudonym, "asked"); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if len(h.said("erasure")) != 1 {
		t.Error("it was said twice")
	}
}

func TestWhatIsForgottenWhileItWaitsNeverGoesOnTheRecord(t *testing.T) {
	h := newConfiding(t)
	got := h.take(h.call(1, true))
	if err := h.ForgetSource(t.Context(), "north", got.Pseudonym, "asked"); truce.KindOf(err) != truce.Forbidden {
		t.Errorf("another office: %v", err)
	}
	if err := h.ForgetSource(t.Context(), "centre", got.Pseudonym, "danger"); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(24 * time.Hour)
	h.tend()
	if h.entries() != 0 || len(h.said("report"))+len(h.said("erasure")) != 0 {
		t.Errorf("%d sources, %d reports, %d erasures", h.entries(), len(h.said("report")), len(h.said("erasure")))
	}
}

func TestAnErasureThatWasCutShortIsFinished(t *testing.T) {
	for name, until := range map[string]func(h *confidingHouse, got Taken) error{
		"after the vault marked it": func(h *confidingHouse, got Taken) error {
			return h.vault.Doom(t.Context(), got.Pseudonym, "asked")
		},
		"after the record said it": func(h *confidingHouse, got Taken) error {
			if err := h.vault.Doom(t.Context(), got.Pseudonym, "asked"); err != nil {
				return err
			}
			key := truce.DigestOf([]byte("marchday erasure/" + got.Pseudonym))
			_, err := h.SayOnce(t.Context(), key, "centre", "", h.hour(), &truce.Erasure{Pseudonym: got.Pseudonym, Why: "asked"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newConfiding(t)
			got := h.take(h.call(1, false))
			if err := until(h, got); err != nil {
				t.Fatal(err)
			}
			h.clock.pass(3 * time.Hour)
			h.tend()
			if h.entries() != 0 || len(h.said("erasure")) != 1 {
				t.Errorf("%d sources, %d erasures", h.entries(), len(h.said("erasure")))
			}
		})
	}
}

func TestNothingOfTheSourceGoesOnTheRecord(t *testing.T) {
	h := newConfiding(t)
	for name, c := range map[string]struct {
		change func(s *Confided)
		kind   truce.ErrorKind
	}{
		"words in the report":        {func(s *Confided) { s.Report.Text = "they fell on my house" }, truce.Invalid},
		"a title":                    {func(s *Confided) { s.Report.Title = "a call" }, truce.Invalid},
		"a file":                     {func(s *Confided) { s.Report.Exhibits = []truce.Digest{{1}} }, truce.Invalid},
		"the name in a note":         {func(s *Confided) { s.Report.Claims[0].Note = "says YUSUF haddad" }, truce.Invalid},
		"the number in a note":       {func(s *Confided) { s.Report.Claims[0].Note = "call 963944123456" }, truce.Invalid},
		"a grade that says why":      {func(s *Confided) { s.Grade.Why = "he is a doctor" }, truce.Invalid},
		"a grade out of range":       {func(s *Confided) { s.Grade.Source = "Z" }, truce.Invalid},
		"no token":                   {func(s *Confided) { s.Once = "" }, truce.Invalid},
		"a token that can be tried":  {func(s *Confided) { s.Once = "1234" }, truce.Invalid},
		"no bytes":                   {func(s *Confided) { s.Received = nil }, truce.Invalid},
		"no source":                  {func(s *Confided) { s.Source = Source{} }, truce.Invalid},
		"an act that is none":        {func(s *Confided) { s.Report.Claims[0].Event = "Yusuf Haddad" }, truce.Invalid},
		"too many words":             {func(s *Confided) { s.Source.Words = strings.Repeat("a", vault.MaxSecret) }, truce.Invalid},
		"an office without key here": {func(s *Confided) { s.Office = "nowhere" }, truce.Forbidden},
		"a monitor's grade":          {func(s *Confided) { s.Office = "watch" }, truce.Forbidden},
		"nobody's name as recipient": {func(s *Confided) { s.For = []string{"nobody"} }, truce.Unknown},
		"a time in no zone": {func(s *Confided) {
			s.Report.Claims[0].When.Local, s.Report.Claims[0].When.Zone = "2016-02-27T10:00", "No/Where"
		}, truce.Unknown},
	} {
		s := h.call(1, false)
		c.change(&s)
		_, err := h.HideSource(t.Context(), s)
		if truce.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			for _, word := range []string{"Yusuf", "YUSUF", "Haddad", "944", "brother"} {
				if strings.Contains(err.Error(), word) {
					t.Errorf("%s: the message repeats %q", name, word)
				}
			}
		}
		if h.entries() != 0 || len(h.said("report")) != 0 {
			t.Fatalf("%s: %d sources, %d reports", name, h.entries(), len(h.said("report")))
		}
	}
}

func TestACentreWithoutVaultTakesNothingInConfidence(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	_, err := c.HideSource(t.Context(), Confided{Office: "centre"})
	if truce.KindOf(err) != truce.Unavailable || c.HasVault() {
		t.Error(err)
	}
	if n, err := c.Tend(t.Context()); n != 0 || err != nil {
		t.Error(n, err)
	}
	if n, err := c.SweepVault(t.Context()); n != 0 || err != nil {
		t.Error(n, err)
	}
	if err := c.ForgetSource(t.Context(), "", "x", "asked"); truce.KindOf(err) != truce.Unavailable {
		t.Error(err)
	}
	if state, err := c.AnonymousState(t.Context(), "1"); state != AnonymousUnknown || err != nil {
		t.Error(state, err)
	}
}

func TestAnOrphanIsSweptAndWhatIsOnTheRecordIsNot(t *testing.T) {
	h := newConfiding(t)
	h.take(h.call(1, false))
	h.take(h.call(2, true))
	to, err := h.vault.Recipients()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.vault.Hide(t.Context(), []byte("left by a crash"), to); err != nil {
		t.Fatal(err)
	}
	if n, err := h.SweepVault(t.Context()); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	h.clock.pass(26 * time.Hour)
	if n, err := h.SweepVault(t.Context()); n != 1 || err != nil || h.entries() != 2 {
		t.Fatal(n, err, h.entries())
	}
}

func anonymous(n int) Anonymous {
	return Anonymous{
		Act: "shelling", Place: "v1", Day: "2016-02-27", Words: "two shells near the school, my neighbour Hanan was hurt", Contact: "hanan@example.org",
		Lang: "en", Received: fmt.Appendf(nil, "form %d", n), Once: token(n),
	}
}

func TestAReportWithoutANameAndItsReceiptCode(t *testing.T) {
	h := newConfiding(t)
	code, err := h.TakeAnonymous(t.Context(), anonymous(1))
	if err != nil || len(code) != 16 {
		t.Fatal(code, err)
	}
	state := func(code, want string) {
		t.Helper()
		if got, err := h.AnonymousState(t.Context(), code); got != want || err != nil {
			t.Errorf("%s %v, not %s", got, err, want)
		}
	}
	state(code, AnonymousWaiting)
	state("0000000000000000", AnonymousUnknown)
	again, err := h.TakeAnonymous(t.Context(), anonymous(1))
	if err != nil || again == code || h.entries() != 1 {
		t.Fatal("sent again", again, err, h.entries())
	}
	h.clock.pass(7 * time.Hour)
	h.tend()
	state(code, AnonymousRecorded)
	state(again, AnonymousRecorded)
	r := h.said("report")[0].Body.(*truce.Report)
	if !r.Supports || r.Publisher != "anonymous" || r.Text != "" || r.Claims[0].Where[0].Place != "XV-A1" {
		t.Errorf("%+v", r)
	}
	if err := h.ForgetAnonymous(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	state(code, AnonymousUnknown)
	if err := h.ForgetAnonymous(t.Context(), code); truce.KindOf(err) != truce.Unknown {
		t.Error(err)
	}
	if h.entries() != 0 || len(h.said("erasure")) != 1 {
		t.Error("not erased")
	}
}

func TestAFloodOfReportsWithoutANameOpensNothing(t *testing.T) {
	h := newConfiding(t)
	for n := range 8 {
		if _, err := h.TakeAnonymous(t.Context(), anonymous(n)); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.pass(7 * time.Hour)
	h.tend()
	h.catchUp()
	all, _, err := h.View(truce.Viewer{Role: truce.Centre}).Incidents(t.Context(), picture.Filter{})
	if err != nil || len(all) != 0 {
		t.Errorf("%d incidents, %v", len(all), err)
	}
	if len(h.said("case")) != 0 {
		t.Error("a case was opened")
	}
}

func TestWhatAFormMayTell(t *testing.T) {
	h := newConfiding(t)
	for name, c := range map[string]struct {
		change func(a *Anonymous)
		want   string // place on the record, "-" for none; or the field that is refused
	}{
		"a village":                   {func(*Anonymous) {}, "XV-A1"},
		"a village with no district":  {func(a *Anonymous) { a.Place = "v2" }, "XV-A"},
		"a district":                  {func(a *Anonymous) { a.Place = "XV-A1" }, "XV-A1"},
		"a country":                   {func(a *Anonymous) { a.Place = "XV" }, "-"},
		"a place that is not known":   {func(a *Anonymous) { a.Place = "Ashford, the blue house" }, "-"},
		"no act":                      {func(a *Anonymous) { a.Act = "" }, "no claim"},
		"no day":                      {func(a *Anonymous) { a.Day = "" }, "XV-A1"},
		"no words":                    {func(a *Anonymous) { a.Words = " " }, "words"},
		"a day that has not come":     {func(a *Anonymous) { a.Day = "2017-01-01" }, "day"},
		"a day that is none":          {func(a *Anonymous) { a.Day = "yesterday" }, "day"},
		"an act that is not our word": {func(a *Anonymous) { a.Act = "Hanan" }, "claims.0.event"},
	} {
		h.clock.pass(time.Hour)
		a := anonymous(0)
		a.Once += name
		c.change(&a)
		_, err := h.TakeAnonymous(t.Context(), a)
		var e *truce.Error
		if errors.As(err, &e) {
			if e.Field != c.want {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(name, err)
		}
		h.clock.pass(7 * time.Hour)
		h.tend()
		reports := h.said("report")
		got := "no claim"
		if r := reports[len(reports)-1].Body.(*truce.Report); len(r.Claims) > 0 {
			got = "-"
			if w := r.Claims[0].Where; len(w) > 0 {
				got = string(w[0].Place)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func TestARecordWithErasuresReplaysTheSame(t *testing.T) {
	h := newConfiding(t)
	a, b := h.take(h.call(1, false)), h.take(h.call(2, true))
	h.clock.pass(7 * time.Hour)
	h.tend()
	for _, x := range []Taken{a, b} {
		if err := h.ForgetSource(t.Context(), "", x.Pseudonym, "expired"); err != nil {
			t.Fatal(err)
		}
	}
	h.catchUp()
	want, err := h.picture.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := picture.Open(t.Context(), filepath.Join(t.TempDir(), "picture.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if _, err := h.Replay(t.Context(), p, h.Record().Size(), 2); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Digest(t.Context()); err != nil || got != want {
		t.Error(got.Short(), want.Short(), err)
	}
}

func TestWhatCannotBeReadGoesOnWaitingAndHoldsUpNothing(t *testing.T) {
	h := newConfiding(t)
	h.take(h.call(1, true))
	if err := h.vault.Hold(vault.Waiting{Key: [32]byte{1}, Pseudonym: strings.Repeat("a", 32), Body: []byte(`{"of":"a later release"}`)}, time.Hour); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(7 * time.Hour)
	if n := h.tend(); n != 1 {
		t.Error(n)
	}
	held, err := h.vault.Held()
	if err != nil || len(held) != 1 || !bytes.Contains(held[0].Body, []byte("later")) {
		t.Error(held, err)
	}
}
