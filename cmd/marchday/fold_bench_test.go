package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
)

// BenchmarkFold folds structured reports of 1 KiB with one claim each:
// signature checked, linked, assessed, full text on.
func BenchmarkFold(b *testing.B) {
	ctx := context.Background()
	p, err := newPlayer(ctx, b.TempDir(), "syria-2016", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer p.centre.Close()
	reports := 4000
	if s := os.Getenv("MARCHDAY_FOLD"); s != "" {
		reports, _ = strconv.Atoi(s)
	}
	if err := (bench{now: time.Now, out: io.Discard}).fill(ctx, p.centre, reports); err != nil {
		b.Fatal(err)
	}
	folded := int64(0)
	for b.Loop() {
		b.StopTimer()
		into, err := picture.Open(ctx, filepath.Join(b.TempDir(), "picture.db"))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		at, err := p.centre.Replay(ctx, into, p.centre.Record().Size(), 1000)
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
