package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// whole is a stage of a real centre in a folder of its own: record, extract,
// link, fold and the cases that a rule opens. What is expected is read from its
// picture, as the centre itself reads it.
type whole struct {
	ctx    context.Context //nolint:containedctx // a scenario is one call
	dir    string
	centre *centre.Centre
	at     truce.Instant
	made   truce.Instant
	b      *truce.Book // folded from the record, for what the rules answer
}

func newWhole(f *truce.Founding) (_ stage, err error) {
	w := &whole{ctx: context.Background(), b: truce.NewBook(), at: parseUTC("2016-01-01T00:00Z")}
	if w.dir, err = os.MkdirTemp("", "marchday-scenario-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	eng, err := openEngines(fstest.MapFS{}, "", f.Procedure.Zone)
	if err != nil {
		return nil, err
	}
	f.Method = eng.method()
	o := centre.Options{
		Origin: "scenario.example", Dir: w.dir, Now: func() time.Time { return w.at.Time() }, Regime: "scenario", Sequencer: true,
		LogKey: ed25519.PrivateKey(scenarioKey("", truce.RootKey)), Desks: map[truce.OfficeID]truce.Signer{},
		Extract: eng.extract, Gazetteer: eng.gazetteer, Model: eng.model,
	}
	var roots []truce.Signer
	desk := truce.OfficeID("")
	for _, x := range f.Offices {
		o.Desks[x.ID] = scenarioKey(x.ID, truce.OfficeKey)
		if x.Role == truce.Centre {
			desk = x.ID
		}
	}
	for _, k := range f.Keys {
		if k.Class == truce.RootKey {
			roots = append(roots, scenarioKey(k.Office, truce.RootKey))
		}
	}
	if w.centre, err = centre.Open(w.ctx, o); err != nil {
		return nil, err
	}
	e, err := truce.Seal(truce.NewStatement(o.Origin, o.Regime, desk, "", w.at, f), roots...)
	if err != nil {
		return nil, err
	}
	if _, err := w.centre.Submit(w.ctx, e.Bytes()); err != nil {
		return nil, err
	}
	return w, w.follow()
}

func (w *whole) close() error {
	var err error
	if w.centre != nil {
		err = w.centre.Close()
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

// follow folds all there is, and takes it into the book.
func (w *whole) follow() error {
	if err := w.centre.CatchUp(w.ctx); err != nil {
		return err
	}
	for e, err := range w.centre.Record().Entries(w.ctx, w.b.Next()) {
		if err != nil {
			return err
		}
		said, err := w.b.Verify(e.Body)
		if err == nil {
			err = w.b.Admit(e.Index, truce.Instant(e.RecvAt/1000), said)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", e.Index, err)
		}
	}
	return nil
}

func (w *whole) book() *truce.Book { return w.b }

func (w *whole) say(office truce.OfficeID, at truce.Instant, b truce.Body) (truce.StatementID, error) {
	w.at = max(w.at, at)
	w.made++
	key := truce.DigestOf([]byte("scenario line " + strconv.FormatInt(int64(w.made), 10)))
	r, err := w.centre.SayOnce(w.ctx, key, office, "", at+w.made, b)
	if err != nil {
		return r.ID, err
	}
	return r.ID, w.follow()
}

func (w *whole) view() *picture.View {
	return w.centre.Picture().View(truce.Viewer{Role: truce.Centre}, -1, w.at)
}

func (w *whole) incidents() ([][]told, error) {
	all, next, err := w.view().Incidents(w.ctx, picture.Filter{Oldest: true, Limit: picture.MaxPage})
	if err != nil {
		return nil, err
	}
	if next != "" {
		return nil, fmt.Errorf("over %d incidents: split the scenario", picture.MaxPage)
	}
	groups := make([][]told, len(all))
	for i, x := range all {
		claims, err := w.view().Claims(w.ctx, x.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range claims {
			t := told{c.Claim, c.Publisher, c.Received, c.Index}
			t.Ref, t.Lineage = c.Ref, c.Lineage
			groups[i] = append(groups[i], t)
		}
	}
	return groups, nil
}

// onCentre returns the stage where it is a real centre.
func (p *scenario) onCentre() (*whole, error) {
	if w, ok := p.stage.(*whole); ok {
		return w, nil
	}
	return nil, errors.New("this is seen on a real centre alone: begin with the line  stage centre")
}

// row returns the picture's row of the incident that a named claim stands in.
func (p *scenario) row(name string) (picture.Incident, error) {
	w, err := p.onCentre()
	if err != nil {
		return picture.Incident{}, err
	}
	ref, ok := p.claims[name]
	if !ok {
		return picture.Incident{}, fmt.Errorf("no claim is called %q", name)
	}
	c, err := w.view().Claim(w.ctx, ref)
	if err != nil {
		return picture.Incident{}, err
	}
	return w.view().Incident(w.ctx, c.Incident)
}

// expectCounts: expect counts STATUS=N ...
func (p *scenario) expectCounts(_ *line, words []string) error {
	w, err := p.onCentre()
	if err != nil {
		return err
	}
	statuses := []string{picture.Confirmed, picture.Disputed, picture.Rejected, picture.Pending, picture.Outside}
	for _, x := range words[1:] {
		status, want, _ := strings.Cut(x, "=")
		if !slices.Contains(statuses, status) {
			return fmt.Errorf("%q is no status: write one of %v", status, statuses)
		}
		n, err := w.view().CountIncidents(w.ctx, picture.Filter{Status: status})
		if err != nil {
			return err
		}
		if got := strconv.Itoa(n); got != want {
			return differs("incidents "+status, want, got)
		}
	}
	return nil
}

// expectCase: expect case CLAIM RULE|none [as NAME]
func (p *scenario) expectCase(l *line, w []string) error {
	if len(w) < 3 {
		return errors.New("expect case needs a claim, and a rule or none")
	}
	row, err := p.row(w[1])
	if err != nil {
		return err
	}
	got := "none"
	if row.Case != 0 {
		file, _ := p.stage.book().Case(row.CaseID)
		if got = file.Rule; got == "" {
			got = file.Trigger
		}
		if name := l.one("as"); name != "" {
			p.said[name] = row.CaseID
		}
	}
	if got != w[2] {
		return differs("what opened a case on "+w[1], w[2], got)
	}
	return nil
}

// expectLineages: expect lineages CLAIM N
func (p *scenario) expectLineages(_ *line, w []string) error {
	if len(w) < 3 {
		return errors.New("expect lineages needs a claim and a number")
	}
	row, err := p.row(w[1])
	if err == nil && strconv.Itoa(len(row.Lineages)) != w[2] {
		err = differs("independent sources of "+w[1], w[2], fmt.Sprint(len(row.Lineages), " ", row.Lineages))
	}
	return err
}

// expectExchange: expect exchange CLAIM CLAIM yes|no
func (p *scenario) expectExchange(_ *line, w []string) error {
	if len(w) < 4 {
		return errors.New("expect exchange needs two claims, and yes or no")
	}
	a, err := p.row(w[1])
	if err != nil {
		return err
	}
	b, err := p.row(w[2])
	if err != nil {
		return err
	}
	got := "no"
	if slices.ContainsFunc(a.Responses, func(r picture.Response) bool { return r.Incident == b.ID }) {
		got = "yes"
	}
	if got != w[3] {
		return differs(w[1]+" linked to "+w[2], w[3], got)
	}
	return nil
}

// expectChanged: expect changed NAME N, the verdicts that a statement changed
func (p *scenario) expectChanged(_ *line, words []string) error {
	w, err := p.onCentre()
	if err != nil {
		return err
	}
	if len(words) < 3 {
		return errors.New("expect changed needs the name of a statement and a number")
	}
	n, ok := p.saidAt[words[1]]
	if !ok {
		return fmt.Errorf("nothing was said under the name %q", words[1])
	}
	all, err := w.view().Reassessments(w.ctx, truce.IncidentID{}, n)
	if err == nil && strconv.Itoa(len(all)) != words[2] {
		err = differs("verdicts that "+words[1]+" changed", words[2], strconv.Itoa(len(all)))
	}
	return err
}

// tells makes a report of words that the machine reads; each claim that it
// reads is known after as NAME.1, NAME.2 in order.
func (p *scenario) tells(l *line) (truce.Body, string, error) {
	w, err := l.need(2, "a name and the words, in double quotes")
	if err != nil {
		return nil, "", err
	}
	if _, err := p.onCentre(); err != nil {
		return nil, "", err
	}
	return &truce.Report{Channel: "article", Lang: "en", Text: w[1], Publisher: l.one("publisher"), Title: l.one("title"), Marking: truce.Clear}, w[0], nil
}

// nameRead names the claims that the machine read from a report.
func (p *scenario) nameRead(label string, index int64) error {
	w, err := p.onCentre()
	if err != nil {
		return err
	}
	claims, err := w.view().ClaimsOf(w.ctx, index)
	for i, c := range claims {
		p.claims[label+"."+strconv.Itoa(i+1)] = c.Ref
	}
	return err
}
