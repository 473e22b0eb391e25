package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/web"
)

// farApart is a report of an incident of its own: no other lies near it in
// place and time.
func farApart(i int) *truce.Report {
	const places, day = 5000, 24 * 3600
	r := benchReport(i)
	p := i * 7919 % places
	at := truce.Instant(1_456_600_000 + (i/places*90/20+i%4)*day + i*613%day)
	c := &r.Claims[0]
	c.Actors = []truce.Ref{{ID: []string{"gov", "isl", "hnc", "nus", "opp"}[i%5]}}
	c.When = truce.When{From: at, To: at + 3600, Precision: truce.ToHour}
	c.Where[0].Place, c.Where[0].Name = truce.PlaceID(fmt.Sprint("own:far", p)), fmt.Sprint("Hamlet ", p)
	c.Where[0].Within = []truce.PlaceID{"SY02", "SY"}
	c.Where[0].Point = &truce.Point{Lon: int32(350_000_000 + p%100*1_000_000), Lat: int32(300_000_000 + p/100*1_000_000)}
	r.External = fmt.Sprint("far", i)
	return r
}

// BenchmarkReassess judges all incidents anew after a reading with a start in
// the past, while a page is asked for again and again. MARCHDAY_INCIDENTS sets
// how many there are: 100,000 for the figure that is published.
func BenchmarkReassess(b *testing.B) {
	n := 2000
	if s := os.Getenv("MARCHDAY_INCIDENTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	ctx := b.Context()
	p, err := newPlayer(ctx, b.TempDir(), "syria-2016", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer p.centre.Close()
	if err := errors.Join(p.playTo(ctx, truce.At(time.Date(2016, 3, 2, 12, 0, 0, 0, time.UTC))), fillWith(ctx, p, n), p.centre.CatchUp(ctx)); err != nil {
		b.Fatal(err)
	}
	site, err := web.New(web.Options{Centre: p.centre, Demo: &web.DemoHooks{}})
	if err != nil {
		b.Fatal(err)
	}
	mediator := p.centre.View(truce.Viewer{Office: "un", Role: truce.Mediator})
	total, err := mediator.CountIncidents(ctx, picture.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	changed, runs := 0, 0
	var slowest time.Duration
	for b.Loop() {
		runs++
		status := []string{truce.StatusExcluded, truce.StatusAccepted}[runs%2]
		r, err := p.centre.Say(ctx, "us", "", &truce.Reading{ID: "bench", About: "actor", Actor: "nus", Status: status, Validity: truce.When{From: 1_456_000_000}})
		if err != nil {
			b.Fatal(err)
		}
		done, pages := make(chan struct{}), make(chan time.Duration)
		go func() { pages <- slowestPage(site, done) }()
		if err := p.centre.CatchUp(ctx); err != nil {
			b.Fatal(err)
		}
		close(done)
		slowest = max(slowest, <-pages)
		all, err := p.centre.View(truce.Viewer{Office: "un", Role: truce.Mediator}).Changing(ctx)
		if err != nil || len(all) == 0 || all[0].Index != r.Index {
			b.Fatalf("the reading changed nothing: %v", err)
		}
		changed = all[0].Incidents
	}
	b.ReportMetric(float64(total), "incidents")
	b.ReportMetric(float64(changed), "changed")
	b.ReportMetric(b.Elapsed().Seconds()/float64(runs), "s/reassessment")
	b.ReportMetric(slowest.Seconds()*1000, "ms/slowest-page")
}

// fillWith says n reports of incidents far apart.
func fillWith(ctx context.Context, p *player, n int) error {
	const writers = 64
	errs := make(chan error, writers)
	for w := range writers {
		go func() {
			var err error
			for i := w; i < n && err == nil; i += writers {
				_, err = p.centre.Say(ctx, "desk", "bench", farApart(i))
			}
			errs <- err
		}()
	}
	var all error
	for range writers {
		all = errors.Join(all, <-errs)
	}
	return all
}

// slowestPage asks for the list of incidents until done, and returns how long
// the slowest answer took.
func slowestPage(site http.Handler, done <-chan struct{}) time.Duration {
	var slowest time.Duration
	for {
		select {
		case <-done:
			return slowest
		default:
		}
		began := time.Now()
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest("GET", "/incidents?f=x", nil))
		if w.Code != 200 {
			return time.Hour // a page that does not answer is the slowest there is
		}
		slowest = max(slowest, time.Since(began))
		time.Sleep(20 * time.Millisecond)
	}
}
