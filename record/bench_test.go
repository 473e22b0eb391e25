//go:build unix

package record

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkAdd measures durable 1 KiB adds by 1, 64 and 256 callers at once,
// and beside it the rate of fsyncs of the same disk before and after.
func BenchmarkAdd(b *testing.B) {
	for _, writers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			dir := b.TempDir()
			syncs := syncRate(b, dir)
			o := options()
			o.Now = time.Now
			l := openTest(b, dir, o)
			took := make([]time.Duration, b.N)
			var next atomic.Int64
			var wg sync.WaitGroup
			cpu := cpuTime(b)
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					body := make([]byte, 1024)
					for {
						i := next.Add(1) - 1
						if i >= int64(b.N) {
							return
						}
						binary.BigEndian.PutUint64(body, uint64(i))
						start := time.Now()
						if _, err := l.Add(context.Background(), sha256.Sum256(body), slices.Clone(body)); err != nil {
							b.Error(err)
							return
						}
						took[i] = time.Since(start)
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-us/add")
			syncs = (syncs + syncRate(b, dir)) / 2
			slices.Sort(took)
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "adds/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(syncs, "fsyncs/s")
			b.ReportMetric(rate/syncs, "adds/fsync")
		})
	}
}

// cpuTime is what this process has used, which other load on the machine
// changes less than it changes the clock.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// syncRate is how many 4 KiB writes with fsync a second this disk does.
func syncRate(b *testing.B, dir string) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	start := time.Now()
	n := 0
	for ; time.Since(start) < 200*time.Millisecond; n++ {
		if _, err := f.WriteAt(page, int64(n%64)*4096); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(start).Seconds()
}

// BenchmarkVerify proves an exported bundle of 1 KiB entries, tree and files
// (author signatures are the caller's). MARCHDAY_VERIFY is the number of
// entries: 1,000,000 for the figure that is published.
func BenchmarkVerify(b *testing.B) {
	n := count(b, "MARCHDAY_VERIFY", 20_000)
	l := openTest(b, b.TempDir(), options())
	for from := 0; from < n; from += 2_000 {
		var ps []*pending
		for i := from; i < min(n, from+2_000); i++ {
			body := append(bodyOf(i), make([]byte, 1_000)...)
			ps = append(ps, &pending{key: keyFor(body), id: keyFor(body), body: body, answer: make(chan struct{})})
			l.adds <- ps[len(ps)-1]
		}
		for _, p := range ps {
			if err := l.await(context.Background(), p); err != nil || p.err != nil {
				b.Fatal(err, p.err)
			}
		}
	}
	publish(b, l)
	file := filepath.Join(b.TempDir(), "bundle.tar")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Export(b.Context(), f, Bundle{}); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	p := *l.policy.Load()
	b.ResetTimer()
	for range b.N {
		f, err := os.Open(file)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := VerifyBundle(b.Context(), f, p, Visit{}); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
