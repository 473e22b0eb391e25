package link

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/marchday/marchday/truce"
)

// plainSet makes n claims as the plain synthetic truce of marchday bench
// gen-reports has them, with what the engine compares and no more: 2,000
// places, 24 acts, 40 actors, 550 claims a day, 2.6 claims an incident.
func plainSet(n int) []Item {
	r := rand.New(rand.NewPCG(42, 2016))
	acts := []string{"shelling", "air_strike", "ground_attack", "clash", "bombing", "gunfire", "killing", "abduction", "arrest", "troop_movement", "aid_blocked", "border_closure"}
	words := make([]string, 5_000)
	for i := range words {
		words[i] = fmt.Sprintf("word%04d", i)
	}
	skew := func(n int) int { return int(float64(n) * r.Float64() * r.Float64() * r.Float64()) }
	type spot struct{ lon, lat int32 }
	spots := make([]spot, 2_000)
	for i := range spots {
		spots[i] = spot{360_000_000 + r.Int32N(47_000_000), 320_000_000 + r.Int32N(60_000_000)}
	}
	items := make([]Item, 0, n)
	at := may5
	for len(items) < n {
		p, act, actor, toll := skew(2_000), acts[r.IntN(len(acts))], fmt.Sprint("actor", skew(40)), int32(r.ExpFloat64()*4)
		var six [6]int
		for i := range six {
			six[i] = skew(5_000)
		}
		for more := true; more && len(items) < n; more = r.Float64() < 0.62 {
			k := len(items)
			it := Item{
				Ref: truce.ClaimRef{Statement: truce.Digest{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}, Family: "attack"}, Index: int64(k),
				Said: at + truce.Day, From: at + truce.Instant(r.Int64N(5400)), Act: act, Lineage: fmt.Sprint("src", r.IntN(3000)), Lang: "en",
				Point:        truce.Point{Lon: spots[p].lon + r.Int32N(160_000), Lat: spots[p].lat + r.Int32N(160_000)},
				RadiusMetres: 2000, Name: fmt.Sprint("place ", p), Area: truce.PlaceID(fmt.Sprint("d", p/20)), By: []truce.ActorID{truce.ActorID(actor)},
			}
			it.To = it.From
			if r.IntN(10) > 2 {
				it.Killed = Range{toll, toll, true}
			}
			for range 4 {
				it.Concepts = append(it.Concepts, words[six[r.IntN(6)]])
			}
			items = append(items, it)
		}
		at += truce.Instant(r.Int64N(820)) // 550 claims a day
	}
	return items
}

// cpuTime is what this process has computed so far, which a busy machine does
// not change as much as the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMillion links a million claims at once and reports the time and the
// bytes a claim; then the same with the last tenth one by one, and the latency
// of those. Run it with -benchtime 1x.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	items := plainSet(n)
	each := func(_ int, _ Placement, err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began, cpu := time.Now(), cpuTime(b)
		l := New(DefaultModel())
		l.AddAll(items, each)
		b.ReportMetric(time.Since(began).Seconds(), "wall-s")
		b.ReportMetric((cpuTime(b) - cpu).Seconds(), "cpu-s")
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/claim")
		runtime.KeepAlive(l)

		l = New(DefaultModel())
		l.AddAll(items[:n-n/10], each)
		took := make([]int64, 0, n/10)
		for _, it := range items[n-n/10:] {
			began := time.Now()
			if _, err := l.Add(it); err != nil {
				b.Fatal(err)
			}
			took = append(took, int64(time.Since(began)))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2])/1000, "p50-µs")
		b.ReportMetric(float64(took[len(took)*99/100])/1000, "p99-µs")
	}
	b.Logf("%d bytes a claim for what is met, %d for what is compared, %d for where it stands, %d for what fewer state",
		unsafe.Sizeof(spot{}), unsafe.Sizeof(packed{}), unsafe.Sizeof(seat{}), unsafe.Sizeof(more{}))
}
