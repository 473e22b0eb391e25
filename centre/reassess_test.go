package centre

import (
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// standing is a picture of n incidents beside a small regime: each of one
// claim, alleged of one of five actors.
func standing(tb testing.TB, n int) (*fold, *picture.Picture) {
	tb.Helper()
	ctx := tb.Context()
	p, err := picture.Open(ctx, filepath.Join(tb.TempDir(), "picture.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = p.Close() })
	f := newFold(Options{Model: link.DefaultModel()}, p)
	tell(tb, f, "centre", testFounding())
	land := truce.Area{Places: []truce.Where{{Place: "XV"}}}
	name := func(s string) []truce.Text { return []truce.Text{{Lang: "en", Text: s}} }
	tell(tb, f, "north", &truce.Instrument{ID: "n1", Name: name("Terms"), When: truce.When{From: start}})
	for _, id := range []string{"T1", "T2", "T3", "T4"} {
		tell(tb, f, "north", &truce.Term{ID: truce.TermID(id), Instrument: "n1", Summary: name("No fire."), Modality: truce.Prohibit, Acts: []string{"shelling"}, DutyBearers: []truce.ActorID{truce.Accepting}})
	}
	tell(tb, f, "north", &truce.TruceSpan{ID: "P0", Sort: "cessation", Area: land, When: truce.When{From: start}, ClaimedBy: "nor", Act: "announced"})
	tell(tb, f, "south", &truce.Reading{ID: "s", About: "span", Span: "P0", Adopts: "P0"})
	for _, a := range actors {
		tell(tb, f, "north", &truce.Actor{ID: a, Name: name(string(a)), Sort: "armed-group"})
		tell(tb, f, "north", &truce.Acceptance{Actor: a, Under: "n1", ClaimedBy: "nor"})
	}
	for i := range n {
		f.addStanding(i)
		if len(f.rows) > 5000 {
			commit(tb, f, p)
		}
	}
	commit(tb, f, p)
	return f, p
}

var actors = [...]truce.ActorID{"a", "b", "c", "d", "e"}

// addStanding puts one judged incident into memory and among the rows.
func (f *fold) addStanding(i int) {
	id := truce.IncidentID{Statement: truce.DigestOf([]byte(strconv.Itoa(i))), Family: "shelling"}
	at := start + truce.Instant(i%60)*truce.Day
	claim := truce.Claim{
		Ref: id, Event: "shelling", Stance: truce.Stated, Actors: []truce.Ref{{ID: string(actors[i%len(actors)])}},
		Where: []truce.Where{{Place: truce.PlaceID("p" + strconv.Itoa(i%400)), Within: []truce.PlaceID{"XV-A", "XV"}}},
		When:  truce.When{From: at, To: at + 3600, Precision: truce.ToHour},
	}
	in := &picture.Incident{ID: id, Index: int64(i), Level: truce.Clear, Upto: truce.Amber, When: claim.When, Where: claim.Where[0], Event: "shelling", Claims: []truce.ClaimRef{id}}
	for _, act := range truce.ActOf([]*truce.Claim{&claim}) {
		in.Acts = append(in.Acts, picture.Judged{Act: act})
	}
	f.judge(in, f.book.Next()-1)
	f.incidents[id] = map[truce.Marking]*picture.Incident{truce.Clear: in}
	f.order = append(f.order, id)
	f.put(*in)
}

// tell admits a statement to the Book, and folds it as the follower does.
func tell(tb testing.TB, f *fold, office truce.OfficeID, body truce.Body) int64 {
	tb.Helper()
	keys := []truce.Signer{testKey(string(office))}
	if body.Kind() == "founding" {
		keys = []truce.Signer{testKey("centre root"), testKey("north root"), testKey("south root")}
	}
	index := f.book.Next()
	e, err := truce.Seal(truce.NewStatement("test.example/log", "test", office, "", start+truce.Instant(index), body), keys...)
	if err != nil {
		tb.Fatal(err)
	}
	said, err := f.book.Verify(e.Bytes())
	if err == nil {
		err = f.book.Admit(index, start+truce.Instant(index), said)
	}
	if err == nil {
		err = f.takeRegime(tb.Context(), index, said)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return index
}

func commit(tb testing.TB, f *fold, p *picture.Picture) {
	tb.Helper()
	to := picture.Position{Size: f.book.Next()}
	if err := p.Fold(tb.Context(), f.rows, to); err != nil {
		tb.Fatal(err)
	}
	f.took(to)
}

// excluded is a reading that reaches back to the regime's start.
func excluded(id, status string) *truce.Reading {
	return &truce.Reading{ID: id, About: "actor", Actor: "c", Status: status, Validity: truce.When{From: start - truce.Day}}
}

// TestARetroactiveReadingWritesTheRowsThatItChangesAndNoOther counts the rows
// of a reading that reaches back: the incidents of one actor in five, their
// changes under the office that reads, and nothing else.
func TestARetroactiveReadingWritesTheRowsThatItChangesAndNoOther(t *testing.T) {
	const n = 1000
	f, _ := standing(t, n)
	index := tell(t, f, "south", excluded("x", truce.StatusExcluded))
	written, changed := 0, 0
	for _, row := range f.rows {
		switch r := row.(type) {
		case picture.Incident:
			written++
			if r.Rests != index || r.Acts[0].Act.Actor.ID != "c" {
				t.Fatalf("an incident of %s was written", r.Acts[0].Act.Actor.ID)
			}
		case picture.Reassessed:
			changed++
			if r.Office != "south" || r.Before != truce.Prohibited || r.After != truce.OutsideActor {
				t.Fatalf("%+v", r)
			}
		default:
			t.Fatalf("a %T was written", row)
		}
	}
	if written != n/len(actors) || changed != n/len(actors) {
		t.Errorf("%d incidents and %d changes written, want %d of each", written, changed, n/len(actors))
	}
	f.rows = nil
	tell(t, f, "south", excluded("y", truce.StatusExcluded))
	for _, row := range f.rows {
		if r, is := row.(picture.Reassessed); is {
			t.Fatalf("the same reading said again changed %+v", r)
		}
	}
}

// BenchmarkReassess judges incidents anew after a reading with a start in the
// past and writes what changed, while a reader asks for a page of incidents
// again and again. MARCHDAY_INCIDENTS sets how many there are: 100,000 for the
// figure that is published.
func BenchmarkReassess(b *testing.B) {
	n := 5000
	if s := os.Getenv("MARCHDAY_INCIDENTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	f, p := standing(b, n)
	var slowest atomic.Int64
	asked, done := 0, make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			began := time.Now()
			if _, _, err := p.View(truce.Viewer{}, -1, start).Incidents(b.Context(), picture.Filter{Limit: 50}); err != nil {
				b.Error(err)
				return
			}
			asked++
			slowest.Store(max(slowest.Load(), int64(time.Since(began))))
		}
	}()
	runs, changed := 0, 0
	for b.Loop() {
		runs++
		tell(b, f, "south", excluded("x", []string{truce.StatusAccepted, truce.StatusExcluded}[runs%2]))
		changed = len(f.rows)
		commit(b, f, p)
	}
	took := b.Elapsed()
	close(stop)
	<-done
	b.ReportMetric(float64(n), "incidents")
	b.ReportMetric(float64(changed)/2, "changed")
	b.ReportMetric(took.Seconds()/float64(runs), "s/reassessment")
	b.ReportMetric(float64(slowest.Load())/1e6, "ms/slowest-page")
	b.ReportMetric(float64(asked), "pages")
}
