package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

func benchCommand(now func() time.Time) *cobra.Command {
	var seconds, reports, runs int
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: durable appends, folding, extraction, linking",
		Long: `Measure, each several times, and print the median: durable appends of 1 KiB a
second at 1, 64 and 256 writers with the rate at which this disk syncs, folded
statements a second (structured reports of 1 KiB with one claim, signature
checked, full text on), text extracted in MB a second and core, reports linked a
second. Nothing else should run on the machine.`,
		Example: "  marchday bench\n  marchday bench --runs 5 --seconds 2",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := bench{now: now, out: cmd.OutOrStdout(), d: time.Duration(seconds) * time.Second, runs: max(runs, 1)}
			fmt.Fprintf(b.out, "%s/%s, %d cores, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
			return errors.Join(b.syncs(), b.appends(cmd.Context()), b.folds(cmd.Context(), reports), b.extracts(), b.links(reports*5))
		},
	}
	f := cmd.Flags()
	f.IntVar(&seconds, "seconds", 2, "length of one run of appending")
	f.IntVar(&reports, "reports", 20_000, "statements to fold; five times as many are linked")
	f.IntVar(&runs, "runs", 3, "runs of each, of which the median is printed")
	cmd.AddCommand(genReportsCommand())
	return cmd
}

// bench measures with one clock and prints medians.
type bench struct {
	now  func() time.Time
	out  io.Writer
	d    time.Duration
	runs int
}

// median runs f so many times and returns the middle figure.
func (b bench) median(f func() (float64, error)) (float64, error) {
	var all []float64
	for range b.runs {
		x, err := f()
		if err != nil {
			return 0, err
		}
		all = append(all, x)
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// inTemp runs f in a folder that is gone afterwards.
func inTemp(f func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "marchday-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return f(dir)
}

// syncs prints how often a second the disk takes 4 KiB and a sync.
func (b bench) syncs() error {
	rate, err := b.median(func() (rate float64, err error) {
		err = inTemp(func(dir string) error {
			rate, err = syncRate(dir, b.d/2, b.now)
			return err
		})
		return rate, err
	})
	fmt.Fprintf(b.out, "%-44s %10.0f /s\n", "write and sync of 4 KiB", rate)
	return err
}

// appends prints how many signed statements a second become durable: verified,
// admitted at their index, and synced to disk. The log alone is measured by
// go test -bench Add ./record.
func (b bench) appends(ctx context.Context) error {
	for _, writers := range []int{1, 64, 256} {
		var p99 time.Duration
		rate, err := b.median(func() (rate float64, err error) {
			err = inTemp(func(dir string) error {
				p, err := newPlayer(ctx, dir, "syria-2016", b.now)
				if err != nil {
					return err
				}
				rate, p99, err = b.appendFor(ctx, p, writers)
				return errors.Join(err, p.centre.Close())
			})
			return rate, err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "%-44s %10.0f /s   p99 %s\n", fmt.Sprintf("durable signed statements, %d writers", writers), rate, p99.Round(10*time.Microsecond))
	}
	return nil
}

func (b bench) appendFor(ctx context.Context, p *player, writers int) (rate float64, p99 time.Duration, err error) {
	const maxEnvelopes = 60_000
	envelopes := make([][]byte, min(maxEnvelopes, int(b.d.Seconds()*20_000)))
	for i := range envelopes {
		e, err := truce.Seal(truce.NewStatement(demoOrigin, p.regime, "desk", "bench", truce.Instant(1_456_600_000+i), benchReport(i)), demoKey("desk", truce.OfficeKey))
		if err != nil {
			return 0, 0, err
		}
		envelopes[i] = e.Bytes()
	}
	var n atomic.Int64
	var wg sync.WaitGroup
	took := make([][]time.Duration, writers)
	errs := make([]error, writers)
	began := b.now()
	for w := range writers {
		wg.Go(func() {
			for b.now().Sub(began) < b.d {
				k := n.Add(1) - 1
				if k >= int64(len(envelopes)) {
					return
				}
				at := b.now()
				if _, err := p.centre.Submit(ctx, envelopes[k]); err != nil {
					errs[w] = err
					return
				}
				took[w] = append(took[w], b.now().Sub(at))
			}
		})
	}
	wg.Wait()
	took0 := b.now().Sub(began).Seconds()
	all := slices.Concat(took...)
	slices.Sort(all)
	if len(all) == 0 {
		return 0, 0, errors.Join(errs...)
	}
	return float64(len(all)) / took0, all[len(all)*99/100], errors.Join(errs...)
}

// benchReport is a structured report of about 1 KiB with one claim.
func benchReport(i int) *truce.Report {
	const places, day = 400, 24 * 3600
	p := i * 7919 % places
	at := truce.Instant(1_456_600_000 + i%90*day + i*613%day)
	return &truce.Report{
		Channel: "dataset", Publisher: fmt.Sprint("outlet-", i%40), External: fmt.Sprint("b", i), Marking: truce.Clear,
		Claims: []truce.Claim{{
			Event: "shelling", Stance: truce.Stated, Sources: []truce.Source{{Ref: truce.Ref{ID: fmt.Sprint("speaker-", i%23)}, Mode: "document"}},
			Actors: []truce.Ref{{ID: fmt.Sprint("actor-", i%9)}}, Weapons: []truce.Ref{{ID: "mortar"}}, Side: truce.Impact,
			Where: []truce.Where{{
				Place: truce.PlaceID(fmt.Sprint("own:p", p)), Name: fmt.Sprint("Village ", p), Within: []truce.PlaceID{truce.PlaceID(fmt.Sprint("XV-", p%14)), "XV"},
				Point: &truce.Point{Lon: int32(360_000_000 + p%20*1_000_000), Lat: int32(340_000_000 + p/20*1_000_000)}, RadiusMetres: 1000,
			}},
			When:       truce.When{From: at, To: at + 3600, Precision: truce.ToHour},
			Casualties: []truce.Casualty{{Kind: truce.Killed, Low: int32(i % 12), High: int32(i % 12), Qual: "exact", Who: "people"}},
			Note:       strings.Repeat("Shells fell on the edge of the village in the hour before dusk. ", 4),
		}},
	}
}

func (b bench) folds(ctx context.Context, n int) error {
	return inTemp(func(dir string) (err error) {
		p, err := newPlayer(ctx, dir, "syria-2016", b.now)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.centre.Close()) }()
		if err := b.fill(ctx, p.centre, n); err != nil {
			return err
		}
		rate, err := b.median(func() (rate float64, err error) {
			err = inTemp(func(dir string) error {
				into, err := picture.Open(ctx, filepath.Join(dir, "picture.db"))
				if err != nil {
					return err
				}
				began := b.now()
				at, err := p.centre.Replay(ctx, into, p.centre.Record().Size(), centre.MaxBatch)
				rate = float64(at.Size) / b.now().Sub(began).Seconds()
				return errors.Join(err, into.Close())
			})
			return rate, err
		})
		fmt.Fprintf(b.out, "%-44s %10.0f /s\n", fmt.Sprintf("folded statements, %d of 1 KiB, one claim", n), rate)
		return err
	})
}

// fill submits n reports, many at a time.
func (b bench) fill(ctx context.Context, c *centre.Centre, n int) error {
	const writers = 64
	errs := make([]error, writers)
	var wg sync.WaitGroup
	began := b.now()
	for w := range writers {
		wg.Go(func() {
			for i := w; i < n && errs[w] == nil; i += writers {
				_, errs[w] = c.Say(ctx, "desk", "bench", benchReport(i))
			}
		})
	}
	wg.Wait()
	fmt.Fprintf(b.out, "%-44s %10.0f /s\n", "signed, checked, admitted and appended, 64 writers", float64(n)/b.now().Sub(began).Seconds())
	return errors.Join(errs...)
}

// benchText is an invented article; extraction is measured on it.
const benchText = `TOLMA, Sept. 16 — Shells hit the northern outskirts of Tolma on Monday, killing at least six people, the Red Valley Council said. The Vardanian army denied firing.
"Both sides must extend the truce," said the envoy, Ana Brisk. In the past 24 hours, the centre registered four violations of the ceasefire, three of them in Karsa province.
Two children were wounded when mortars landed near a school in Hasty, according to the Hill Front, which accused the government of breaking the agreement.
The council's delegation walked out of the talks to protest at what it called the shelling of civilians. Aid convoys carrying flour reached Lower Dorv on Sunday for the first time since June.
`

func (b bench) extracts() error {
	eng, err := extract.New(extract.Options{})
	if err != nil {
		return err
	}
	text := strings.Repeat(benchText, 4)
	rate, err := b.median(func() (float64, error) {
		const docs = 400
		began := b.now()
		for range docs {
			eng.Claims(extract.Doc{Text: text, Lang: "en", Date: 1_947_283_200})
		}
		return float64(docs*len(text)) / 1e6 / b.now().Sub(began).Seconds(), nil
	})
	fmt.Fprintf(b.out, "%-44s %10.1f MB/s\n", "text extracted, one core", rate)
	return err
}

func (b bench) links(n int) error {
	items := make([]link.Item, n)
	for i := range items {
		r := benchReport(i)
		ref := truce.ClaimRef{Statement: truce.DigestOf([]byte(r.External)), Family: r.Claims[0].Event}
		items[i] = link.Of(ref, int64(i), r.Claims[0].When.To, &r.Claims[0], r.Publisher)
	}
	rate, err := b.median(func() (float64, error) {
		l := link.New(link.DefaultModel())
		began := b.now()
		for _, it := range items {
			if _, err := l.Place(it); err != nil {
				return 0, err
			}
		}
		return float64(n) / b.now().Sub(began).Seconds(), nil
	})
	fmt.Fprintf(b.out, "%-44s %10.0f /s\n", fmt.Sprintf("claims linked, of %d", n), rate)
	return err
}
