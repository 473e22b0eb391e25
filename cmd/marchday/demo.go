package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/dossiers"
	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/truce"
)

// demoOrigin names the demo's log. Nothing said to it can be replayed into a
// real record, since every statement signs its origin.
const demoOrigin = "demo.marchday.example/syria-2016"

// demoOptions are the settings of the demo; all may be left out.
type demoOptions struct {
	data    string // folder to keep; empty is a temporary one
	addr    string // loopback only: the demo's keys are public
	noServe bool
	until   string // how far the dossier is played
	dossier string
}

func demoCommand(now func() time.Time) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve the founding case: Syria, spring 2016",
		Long: `Play the dossier of the founding case into a record of its own, and serve it.

The demo's keys are made from a public seed and bind nobody; whoever reaches the
address can act as any office. It therefore listens on this machine only.`,
		Example: "  marchday demo\n  marchday demo --no-serve --data demo",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd, o, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder to keep the record in (default: a temporary one)")
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "address of this machine to listen on")
	f.BoolVar(&o.noServe, "no-serve", false, "build the record and exit")
	f.StringVar(&o.until, "until", "2016-05-05T18:00:00+03:00", "play the dossier up to this time")
	f.StringVar(&o.dossier, "dossier", "syria-2016", "name of a built-in dossier, or a folder")
	return cmd
}

func runDemo(cmd *cobra.Command, o demoOptions, now func() time.Time) (err error) {
	ctx := cmd.Context()
	var until truce.Instant
	if err := until.UnmarshalText([]byte(o.until)); err != nil {
		return usagef("--until: %w", err)
	}
	if !o.noServe {
		if err := loopbackOnly(o.addr); err != nil {
			return err
		}
	}
	if o.data == "" {
		if o.data, err = os.MkdirTemp("", "marchday-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.data)) }()
	}
	p, err := newPlayer(ctx, o.data, o.dossier, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.centre.Close()) }()
	if err := p.playTo(ctx, until); err != nil {
		return err
	}
	if err := (home{dir: o.data, Origin: demoOrigin, Regime: p.regime, Dossier: o.dossier, LogKey: demoVerifierKey(), DemoClock: until}).save(); err != nil {
		return err
	}
	if o.noServe {
		head, err := p.centre.Record().Publish(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%d entries, root %x, in %s\n", head.Size, head.Root, o.data)
		return nil
	}
	return serveDemo(cmd, p, o.addr)
}

// dossierFS returns a built-in dossier by its name, or a folder.
func dossierFS(name string) (fs.FS, error) {
	if sub, err := fs.Sub(dossiers.FS, name); err == nil {
		if _, err := fs.Stat(sub, "founding.json"); err == nil {
			return sub, nil
		}
	}
	if _, err := os.Stat(name); err != nil {
		return nil, usagef("--dossier: %q is neither a built-in dossier nor a folder", name)
	}
	return os.DirFS(name), nil
}

// demoClock stands still while the dossier is played, and then runs on from
// where it was set.
type demoClock struct {
	mu    sync.Mutex // guards what follows
	at    time.Time
	since time.Time // real time at which at was set; zero: it stands still
	real  func() time.Time
}

func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.at
	}
	return c.at.Add(c.real().Sub(c.since))
}

func (c *demoClock) set(at truce.Instant, run bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := at.Time(); t.After(c.at) {
		c.at = t
	}
	c.since = time.Time{}
	if run {
		c.since = c.real()
	}
}

// A player says the lines of a dossier to a centre, in the order and at the
// times at which they were received, and closes each day at its cut-off.
type player struct {
	centre  *centre.Centre
	clock   *demoClock
	files   fs.FS
	mu      sync.Mutex // one hand plays
	next    func() (intake.Line, error, bool)
	line    *intake.Line // read and not yet said
	said    map[string]saidLine
	proc    truce.Procedure
	regime  truce.RegimeID
	day     string // the next day to close
	founded truce.Instant
	render  centre.Render
	base    []byte // the ground of maps
}

func newPlayer(ctx context.Context, dir, dossier string, now func() time.Time) (*player, error) {
	files, err := dossierFS(dossier)
	if err != nil {
		return nil, err
	}
	return newPlayerOf(ctx, dir, files, now)
}

func newPlayerOf(ctx context.Context, dir string, files fs.FS, now func() time.Time) (*player, error) {
	base, err := mapOf(files)
	if err != nil {
		return nil, err
	}
	ground, err := bulletin.ReadGround(base)
	if err != nil {
		return nil, err
	}
	p := &player{files: files, base: base, render: renderer(ground), clock: &demoClock{real: now}, said: map[string]saidLine{}}
	next, _ := iter.Pull2(intake.Dossier(files))
	p.next = next
	first, err, ok := next()
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("the dossier is empty"))
	}
	body, err := first.Resolve(p.lookup)
	if err != nil {
		return nil, err
	}
	founding, ok := body.(*truce.Founding)
	if !ok {
		return nil, fmt.Errorf("%s: the first line is the founding", first.File)
	}
	founding.Mode = truce.Demo
	desks, roots := grantDemoKeys(founding)
	eng, err := openEngines(files, dir, founding.Procedure.Zone)
	if err != nil {
		return nil, err
	}
	founding.Method = eng.method()
	p.proc, p.regime = founding.Procedure, truce.RegimeID(first.Name)
	p.clock.set(first.Received, false)
	p.centre, err = centre.Open(ctx, centre.Options{
		Origin: demoOrigin, Dir: dir, Now: p.clock.now, LogKey: demoLogKey(), Desks: desks, Sequencer: true,
		Extract: eng.extract, Gazetteer: eng.gazetteer, Model: eng.model, Method: founding.Method, Regime: truce.RegimeID(first.Name),
	})
	if err != nil {
		return nil, err
	}
	if err := eng.keepWords(ctx, p.centre); err != nil {
		return nil, errors.Join(err, p.centre.Close())
	}
	return p, p.found(ctx, first, founding, roots)
}

// found says entry 0, or takes up the record where an earlier run left it.
func (p *player) found(ctx context.Context, l intake.Line, f *truce.Founding, roots []truce.Signer) error {
	e, err := truce.Seal(truce.NewStatement(demoOrigin, truce.RegimeID(l.Name), l.Office, l.Desk, l.MadeAt, f), roots...)
	if err != nil {
		return err
	}
	if _, err := p.centre.Submit(ctx, e.Bytes()); err != nil {
		return fmt.Errorf("%s: the folder holds another record, or this one was founded by another release: give an empty --data: %w", l.File, err)
	}
	p.day, p.founded = p.proc.Zone.DayOf(l.Received), l.Received
	return p.centre.CatchUp(ctx)
}

// playTo says every line received up to a time, closes every day that ended by
// then, and leaves the clock running from there.
func (p *player) playTo(ctx context.Context, until truce.Instant) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.line == nil {
			l, err, ok := p.next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			p.line = &l
		}
		if p.line.Received > until {
			break
		}
		if err := p.closeDays(ctx, p.line.Received); err != nil {
			return err
		}
		if err := p.say(ctx, *p.line); err != nil {
			return err
		}
		p.line = nil
	}
	if err := p.closeDays(ctx, until+1); err != nil {
		return err
	}
	p.clock.set(until, true)
	return p.centre.CatchUp(ctx)
}

// closeDays closes each day whose cut-off lies before a time.
func (p *player) closeDays(ctx context.Context, before truce.Instant) error {
	zone := p.proc.Zone
	for {
		cut, err := zone.Instant(p.day + "T" + p.proc.CutOff)
		if err != nil {
			return err
		}
		if cut >= before {
			return nil
		}
		_, next, err := zone.DayBounds(p.day)
		if err != nil {
			return err
		}
		if cut > p.founded && p.render != nil {
			p.clock.set(cut, false)
			if _, err := p.centre.CloseDay(ctx, p.day, p.render); err != nil {
				return fmt.Errorf("close %s: %w", p.day, err)
			}
		}
		p.day = zone.DayOf(next)
	}
}

// say signs and submits one line, and folds it, so that what a rule opens is
// there for the lines after it.
func (p *player) say(ctx context.Context, l intake.Line) error {
	body, err := l.Resolve(p.lookup)
	if err != nil {
		return err
	}
	p.clock.set(l.Received, false)
	r, err := p.centre.SayOnce(ctx, truce.DigestOf([]byte("dossier line/"+l.Name)), l.Office, l.Desk, l.MadeAt, body)
	if err != nil {
		return fmt.Errorf("%s:%d: %s: %w", l.File, l.Row, l.Name, err)
	}
	p.said[l.Name] = saidLine{r.ID, r.Index, centre.ClaimRefs(r.ID, body)}
	return p.centre.CatchUp(ctx)
}

// lookup resolves NAME, NAME#0, case:NAME#0 and index:NAME.
func (p *player) lookup(ref string) (string, error) {
	name, asIndex := strings.CutPrefix(ref, "index:")
	name, asCase := strings.CutPrefix(name, "case:")
	name, pos, claim := strings.Cut(name, "#")
	s, ok := p.said[name]
	switch {
	case !ok:
		return "", fmt.Errorf("%q: no line of this name was said before", ref)
	case asIndex:
		return strconv.FormatInt(s.index, 10), nil
	case !claim:
		return s.id.String(), nil
	}
	n, err := strconv.Atoi(pos)
	if err != nil || n < 0 || n >= len(s.claims) {
		return "", fmt.Errorf("%q: %s has %d claims, counted from 0", ref, name, len(s.claims))
	}
	if !asCase {
		return s.claims[n].String(), nil
	}
	caseID, ok := p.centre.CaseOf(s.claims[n])
	if !ok {
		return "", fmt.Errorf("%q: no case is about the incident of this claim", ref)
	}
	return caseID.String(), nil
}

// saidLine is a line of the dossier as the record has it.
type saidLine struct {
	id     truce.StatementID
	index  int64
	claims []truce.ClaimRef
}
