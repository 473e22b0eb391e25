package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
)

// filled is a founded centre's record with as many reports as an environment
// variable says, 4,000 if it says nothing.
func filled(b *testing.B, variable string) *player {
	b.Helper()
	n := 4000
	if s := os.Getenv(variable); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 1 {
			b.Fatalf("%s=%q: want a number of reports", variable, s)
		}
	}
	collectLess()
	p, err := newPlayer(b.Context(), b.TempDir(), "syria-2016", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.centre.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := (bench{now: time.Now, out: io.Discard}).fill(b.Context(), p.centre, n); err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkVerify proves an exported bundle of structured reports of 1 KiB:
// tree, bundles and every author's signature, as marchday verify does.
func BenchmarkVerify(b *testing.B) {
	log := filled(b, "MARCHDAY_VERIFY").centre.Record()
	if _, err := log.Publish(b.Context()); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "bundle.tar")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(log.Export(b.Context(), f, record.Bundle{}), f.Close()); err != nil {
		b.Fatal(err)
	}
	policy, err := logPolicy(demoOrigin, "")
	if err != nil {
		b.Fatal(err)
	}
	prove := func(visit record.Visit) {
		f, err := os.Open(file)
		if err != nil {
			b.Fatal(err)
		}
		_, _, err = record.VerifyBundle(b.Context(), f, policy, visit)
		if err := errors.Join(err, f.Close()); err != nil {
			b.Fatal(err)
		}
	}
	var proved int64
	for b.Loop() {
		visit, end := centre.Audit(func(admitted bool) {
			if admitted {
				proved++
			}
		})
		prove(visit)
		end()
	}
	whole := b.Elapsed()
	start := time.Now()
	prove(record.Visit{})
	b.ReportMetric(time.Since(start).Seconds()/float64(log.Size())*1e6, "s/million-without-authors")
	if proved < int64(b.N)*log.Size() {
		b.Fatalf("%d of %d entries were proved", proved, int64(b.N)*log.Size())
	}
	b.ReportMetric(float64(proved)/whole.Seconds(), "statements/s")
}

// BenchmarkFold folds structured reports of 1 KiB with one claim each:
// signature checked, linked, assessed, full text on.
func BenchmarkFold(b *testing.B) {
	ctx := context.Background()
	p := filled(b, "MARCHDAY_FOLD")
	folded := int64(0)
	for b.Loop() {
		b.StopTimer()
		into, err := picture.Open(ctx, filepath.Join(b.TempDir(), "picture.db"))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		at, err := p.centre.Replay(ctx, into, p.centre.Record().Size(), centre.MaxBatch)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		folded += at.Size
		if err := into.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(folded)/b.Elapsed().Seconds(), "statements/s")
}
