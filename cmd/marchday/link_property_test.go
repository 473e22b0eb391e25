package main

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// rowsOf writes every row of a run, in the order of the record.
func rowsOf(t *testing.T, run *linkRun) []string {
	t.Helper()
	var all []string
	for i, rep := range run.reports {
		for k := range rep.claims {
			row, _ := run.linker.Row(refOf(i, k))
			if len(rep.placed) > 0 {
				addsUp(t, rep.placed[k], row)
			}
			in, _ := run.linker.Resolve(row.Incident)
			all = append(all, fmt.Sprintf("%+v %+v", row, in))
		}
	}
	return all
}

// addsUp expects the parts of a row's weight to make its sum exactly: those of
// its placement, or its own where it was moved since.
func addsUp(t *testing.T, pl link.Placement, row link.Row) {
	t.Helper()
	parts, sum := pl.Reasons(), int32(0)
	if row.Reasons != nil {
		parts = row.Reasons
	}
	for _, r := range parts {
		sum += r.Millibit + r.Rarity
	}
	if sum != row.Sum {
		t.Fatalf("%s: the parts make %d, the sum is %d: %+v", row.Ref, sum, row.Sum, row)
	}
}

func sameRows(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: row %d is\n%s\nnot\n%s", what, i, got[i], want[i])
		}
	}
}

// TestStreamEqualsRepairToConvergence links in random orders and repairs each
// result until nothing is worth a change: the stream must not have drifted.
func TestStreamEqualsRepairToConvergence(t *testing.T) {
	n, orders := 3_000, 2
	if measuring() {
		n, orders = 20_000, 20
	}
	reports, _ := synthetics(t, "ordinary", n, 3)
	run, err := linkedRun(t, link.DefaultModel(), reports, nil).train(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	model, worst := run.linker.Model(), 1.0
	for order := range orders {
		r := rand.New(rand.NewPCG(uint64(order), 11))
		r.Shuffle(n, func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
		run := linkedRun(t, model, reports, nil)
		stream := incidentsOf(t, run)
		changes := run.linker.RepairAll()
		a := judge(stream, incidentsOf(t, run))
		worst = min(worst, a.f1)
		t.Logf("order %2d: %d repairs, pairwise F1 of stream and batch %.4f", order, changes, a.f1)
	}
	if worst < 0.995 {
		t.Errorf("stream and batch agree at %.4f, below 0.995", worst)
	}
}

// TestDecisionsWithdrawnLeaveNoTrace makes random decisions on random claims,
// withdraws them in random order, and expects the very bytes of before.
func TestDecisionsWithdrawnLeaveNoTrace(t *testing.T) {
	n, decisions := 2_000, 300
	if measuring() {
		n, decisions = 10_000, 1_000
	}
	reports, _ := synthetics(t, "worst", n, 5)
	run := &linkRun{linker: link.New(link.DefaultModel()), ids: map[string]int{}, keep: true}
	for i := range reports {
		if err := run.add(&reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	before := rowsOf(t, run)
	r := rand.New(rand.NewPCG(5, 7))
	var ids []truce.StatementID
	var slowest time.Duration
	for i := range decisions {
		d := link.Decision{ID: truce.DigestOf(fmt.Append(nil, i)), Index: int64(n + i), Same: i%2 == 0}
		a := r.IntN(n)
		b := (a + 1 + r.IntN(40)) % n // near in the record: often one incident or neighbours
		d.Claims = []truce.ClaimRef{refOf(a, 0), refOf(b, 0)}
		began := time.Now()
		run.linker.Decide(d)
		slowest = max(slowest, time.Since(began))
		ids = append(ids, d.ID)
	}
	decided := rowsOf(t, run)
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids {
		began := time.Now()
		run.linker.Withdraw(id)
		slowest = max(slowest, time.Since(began))
	}
	changed := 0
	for i := range before {
		if decided[i] != before[i] {
			changed++
		}
	}
	t.Logf("%d decisions moved %d rows of %d; the slowest step took %s", decisions, changed, n, slowest)
	if changed < decisions {
		t.Errorf("%d decisions changed %d rows: the test shows nothing", decisions, changed)
	}
	sameRows(t, "all decisions withdrawn", rowsOf(t, run), before)
}

// TestReplayGivesTheSameRows links the same claims twice, and again in a linker
// that had decisions laid on it from the start.
func TestReplayGivesTheSameRows(t *testing.T) {
	reports, _ := synthetics(t, "worst", 2_000, 9)
	want := rowsOf(t, linkedRun(t, link.DefaultModel(), reports, nil))
	sameRows(t, "replay", rowsOf(t, linkedRun(t, link.DefaultModel(), reports, nil)), want)

	early := &linkRun{linker: link.New(link.DefaultModel()), ids: map[string]int{}}
	d := link.Decision{ID: truce.DigestOf([]byte("d")), Same: true, Claims: []truce.ClaimRef{refOf(3, 0), refOf(1_500, 0)}}
	early.linker.Decide(d)
	for i := range reports {
		if err := early.add(&reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	early.linker.Withdraw(d.ID)
	sameRows(t, "a decision before its claims, withdrawn after them", rowsOf(t, early), want)
}

// TestPartiesSwappedGiveTheSameIncidents gives each party another's name: not a
// weight may change.
func TestPartiesSwappedGiveTheSameIncidents(t *testing.T) {
	reports, _ := synthetics(t, "worst", 3_000, 7)
	want := rowsOf(t, linkedRun(t, link.DefaultModel(), reports, nil))
	names := map[string]bool{}
	for _, rep := range reports {
		for _, a := range slices.Concat(rep.By, rep.Against) {
			names[a] = true
		}
	}
	order := slices.Sorted(maps.Keys(names))
	other := map[string]string{}
	for i, a := range order {
		other[a] = order[len(order)-1-i]
	}
	swap := func(list []string) []string {
		var out []string
		for _, a := range list {
			out = append(out, other[a])
		}
		return out
	}
	for i := range reports {
		reports[i].By, reports[i].Against = swap(reports[i].By), swap(reports[i].Against)
	}
	sameRows(t, "parties swapped", rowsOf(t, linkedRun(t, link.DefaultModel(), reports, nil)), want)
}

// TestMirrorClaimsStayApart makes a hundred pairs of act and answer at one place
// and hour: never one incident, always linked to one another.
func TestMirrorClaimsStayApart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 100 {
		lon, lat, toll := 36.5+float64(i)/50, 35.0, int32(1+r.IntN(9))
		a := linkReport{
			ReportID: "a", Source: "one", Type: "shelling", Place: "Kerda", Lon: &lon, Lat: &lat, PrecisionM: 1000, By: []string{"north"}, Against: []string{"south"},
			TimeFrom: "2016-02-29T10:00:00Z", Published: "2016-02-29T12:00:00Z", KilledLow: &toll, KilledHigh: &toll,
		}
		b := a
		b.ReportID, b.Source = "b", "two"
		if i%2 == 0 {
			b.By, b.Against = a.Against, a.By // accuser and accused change places
		} else {
			a.Side, b.Side, b.By, b.Against = "firing", "impact", nil, nil // fire came from there; fire fell on it
		}
		run := linkedRun(t, link.DefaultModel(), []linkReport{a, b}, nil)
		one, _ := run.linker.Resolve(refOf(0, 0))
		two, _ := run.linker.Resolve(refOf(1, 0))
		if one.ID == two.ID {
			t.Fatalf("pair %d is one incident", i)
		}
		if len(one.Responses) != 1 || one.Responses[0].To != two.ID || len(two.Responses) != 1 {
			t.Fatalf("pair %d has no response link: %+v, %+v", i, one.Responses, two.Responses)
		}
	}
}

// TestAFloodIsOneAccount posts one text under a hundred thousand names: one
// incident, one account, and the count of copies says so.
func TestAFloodIsOneAccount(t *testing.T) {
	n := 10_000
	if measuring() {
		n = 100_000
	}
	for _, text := range []string{
		"Heavy shelling now in the old town of Kerda, many wounded, the hospital is full and the road to the north is cut",
		"shelling in Kerda now",
		"Kerda!",
	} {
		run := &linkRun{linker: link.New(link.DefaultModel()), ids: map[string]int{}}
		began := time.Now()
		for i := range n {
			rep := linkReport{
				ReportID: fmt.Sprint("p", i), Source: fmt.Sprint("account-", i), Type: "shelling", Place: "Kerda", Text: text,
				TimeFrom: "2016-02-29T10:00:00Z", Published: fmt.Sprintf("2016-02-29T1%d:00:00Z", i%10),
			}
			if err := run.add(&rep); err != nil {
				t.Fatal(err)
			}
		}
		in, _ := run.linker.Resolve(refOf(0, 0))
		stats := run.linker.Stats()
		t.Logf("%d posts of %d words in %s: %d incidents, %d accounts, %d copies, %d candidates a post", n, len(strings.Fields(text)), time.Since(began).Round(time.Millisecond),
			stats.Incidents, in.Accounts, stats.Copies, stats.Candidates/int64(n))
		if stats.Incidents != 1 || in.Claims != n || in.Accounts > maxEchoes {
			t.Errorf("%q: %d incidents, %d claims, %d accounts", text, stats.Incidents, in.Claims, in.Accounts)
		}
	}
}

const maxEchoes = 3 // equal short posts that may each be an account of its own

// TestBadTimesAndPlacesAreKeptAsUnknown links reports that lack what others
// have, or state what cannot be.
func TestBadTimesAndPlacesAreKeptAsUnknown(t *testing.T) {
	lon, lat := 36.7, 34.9
	good := linkReport{
		ReportID: "good", Source: "s1", Type: "shelling", Place: "Kerda", Lon: &lon, Lat: &lat, PrecisionM: 500,
		TimeFrom: "2016-05-04T10:00:00Z", Published: "2016-05-04T12:00:00Z", Text: "shells on the market of Kerda killed seven bakers",
	}
	edit := func(id string, f func(*linkReport)) linkReport {
		rep := good
		rep.ReportID, rep.Source, rep.Text = id, id, "an account of its own by "+id
		f(&rep)
		return rep
	}
	reports := []linkReport{
		good,
		edit("nothing", func(r *linkReport) {
			r.Lon, r.Lat, r.Place, r.TimeFrom, r.Published, r.PrecisionM = nil, nil, "", "", "", 0
		}),
		edit("future", func(r *linkReport) { r.TimeFrom = "2026-05-04T10:00:00Z" }),
		edit("swapped", func(r *linkReport) { r.Lon, r.Lat = &lat, &lon }),
	}
	run := linkedRun(t, link.DefaultModel(), reports, nil)
	for i, rep := range reports {
		row, ok := run.linker.Row(refOf(i, 0))
		if !ok || row.Incident.IsZero() {
			t.Errorf("%s is in no incident: %+v", rep.ReportID, row)
		}
		if rep.ReportID == "nothing" && row.Incident != refOf(i, 0) {
			t.Errorf("a report without time and place was put with %s: that is a guess", row.Incident)
		}
	}
	if len(run.odd) != 2 {
		t.Errorf("the future and the swapped point are not told: %q", run.odd)
	}
}
