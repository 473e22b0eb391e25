package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// What somebody is shown: the premises of a verdict and what they rest on, who
// countersigned, what an office may read, what was known on a day.

var triOf = map[truce.Tri]string{truce.Yes: "yes", truce.No: "no", truce.Unsure: "unsure"}

// expectPremise: expect premise CLAIM OFFICE TERM WHAT[:OF] yes|no|unsure [on NAME|nobody] [for ACTOR]
func (p *scenario) expectPremise(l *line, w []string) error {
	if len(w) < 6 {
		return errors.New("expect premise needs a claim, an office, a term, what it is about, and yes, no or unsure")
	}
	t, err := p.termVerdict(l, w)
	if err != nil {
		return err
	}
	var all []string
	for _, g := range t.Grounds {
		about := string(g.What)
		if g.Of != "" {
			about += ":" + g.Of
		}
		all = append(all, about+"="+triOf[g.Holds])
		if about != w[4] && string(g.What) != w[4] {
			continue
		}
		if got := triOf[g.Holds]; got != w[5] {
			return differs("premise "+w[4]+" of "+w[3], w[5], got)
		}
		return p.restsOn(l, "premise "+w[4], g.By)
	}
	return differs("premise of "+w[3], w[4], strings.Join(all, " "))
}

// expectText: expect text CLAIM OFFICE TERM on NAME, the statement that the
// term's own words stand in
func (p *scenario) expectText(l *line, w []string) error {
	if len(w) < 4 {
		return errors.New("expect text needs a claim, an office and a term")
	}
	t, err := p.termVerdict(l, w)
	if err != nil {
		return err
	}
	return p.restsOn(l, "text of "+w[3], t.Statement)
}

func (p *scenario) termVerdict(l *line, w []string) (truce.TermVerdict, error) {
	v, err := p.verdict(l, w[1], truce.OfficeID(w[2]))
	if err != nil {
		return truce.TermVerdict{}, err
	}
	for _, t := range v.Terms {
		if string(t.Term) == w[3] {
			return t, nil
		}
	}
	return truce.TermVerdict{}, differs("a verdict of term", w[3], termsOf(v))
}

// restsOn compares the statement that something rests on with that of on.
func (p *scenario) restsOn(l *line, what string, by truce.StatementID) error {
	want := l.one("on")
	if want == "" {
		return nil
	}
	got := "nobody"
	if !by.IsZero() {
		got = p.nameOf(by)
	}
	if want != "nobody" {
		if _, err := p.labelled(want); err != nil {
			return err
		}
	}
	if got != want && (want == "nobody" || p.said[want] != by) {
		return differs(what+" rests on", want, got)
	}
	return nil
}

// nameOf returns a label of a statement, or its ID where no line named it.
func (p *scenario) nameOf(id truce.StatementID) string {
	var names []string
	for name, x := range p.said {
		if x == id {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return id.String()
	}
	return slices.Min(names)
}

// expectCountersigned: expect countersigned NAME OFFICE yes|no [as-of NAME]
func (p *scenario) expectCountersigned(l *line, w []string) error {
	if len(w) < 4 {
		return errors.New("expect countersigned needs the name of a statement, an office, and yes or no")
	}
	id, err := p.labelled(w[1])
	if err != nil {
		return err
	}
	n, err := p.index(l)
	if err != nil {
		return err
	}
	in := slices.Contains(p.stage.book().Rules().Countersigned(id, n), truce.OfficeID(w[2]))
	return yesOrNo(w[1]+" countersigned by "+w[2], w[3], in)
}

func yesOrNo(what, want string, is bool) error {
	if got := map[bool]string{true: "yes", false: "no"}[is]; got != want {
		return differs(what, want, got)
	}
	return nil
}

// expectAlarms: expect alarms none|SPAN=HOURS ... [at TIME]
func (p *scenario) expectAlarms(l *line, w []string) error {
	t, err := p.at(l)
	if err != nil || len(w) < 2 {
		return orUsage(err, "expect alarms needs none, or SPAN=HOURS")
	}
	n, err := p.index(l)
	if err != nil {
		return err
	}
	b := p.stage.book()
	got := []string{}
	for _, a := range truce.Alarms(b.Rules().Spans(t, n), t, b.Procedure().AlertHours) {
		got = append(got, string(a.Span)+"="+strconv.Itoa(int(a.Before)))
	}
	if len(got) == 0 {
		got = []string{"none"}
	}
	if !slices.Equal(got, w[1:]) {
		return differs("alarms", strings.Join(w[1:], " "), strings.Join(got, " "))
	}
	return nil
}

// expectWhen: expect when CLAIM TIME [TIME], what a claim itself says
func (p *scenario) expectWhen(_ *line, w []string) error {
	if len(w) < 3 {
		return errors.New("expect when needs a claim, and one time or two")
	}
	want, err := p.whenOf(w[2:])
	if err != nil {
		return err
	}
	group, err := p.claimed(w[1])
	if err != nil {
		return err
	}
	for _, c := range group {
		if c.Ref != p.claims[w[1]] {
			continue
		}
		if c.When.From != want.From || c.When.To != want.To || c.When.Precision != want.Precision {
			return differs("time of "+w[1], strings.Join(w[2:], " "), fmt.Sprintf("%s to %s, precision %q", c.When.From, c.When.To, c.When.Precision))
		}
	}
	return nil
}

// expectAlleged: expect alleged CLAIM none|ACTOR ..., all that the incident's
// claims accuse, in order of the record
func (p *scenario) expectAlleged(_ *line, w []string) error {
	if len(w) < 3 {
		return errors.New("expect alleged needs a claim, and none or whom")
	}
	row, err := p.row(w[1])
	if err != nil {
		return err
	}
	got := []string{}
	for _, a := range row.Alleged {
		got = append(got, string(a.Actor))
	}
	if len(got) == 0 {
		got = []string{"none"}
	}
	if !slices.Equal(got, w[2:]) {
		return differs("who is alleged in "+w[1], strings.Join(w[2:], " "), strings.Join(got, " "))
	}
	return nil
}

// viewOf is what an office, or the public, reads.
func (p *scenario) viewOf(name string) (*picture.View, error) {
	w, err := p.onCentre()
	if err != nil {
		return nil, err
	}
	viewer := truce.Viewer{}
	if name != "public" {
		i := slices.IndexFunc(p.founding.Offices, func(o truce.Office) bool { return string(o.ID) == name })
		if i < 0 {
			return nil, fmt.Errorf("no office is called %q: name one, or public", name)
		}
		o := p.founding.Offices[i]
		viewer = truce.Viewer{Office: o.ID, Role: o.Role, Party: o.Party}
	}
	return w.centre.Picture().View(viewer, -1, w.at), nil
}

// expectReads: expect reads OFFICE|public NAME yes|no, a statement by itself or
// as the claim that it made
func (p *scenario) expectReads(_ *line, w []string) error {
	if len(w) < 4 {
		return errors.New("expect reads needs an office or public, the name of a statement or claim, and yes or no")
	}
	v, err := p.viewOf(w[1])
	if err != nil {
		return err
	}
	ref, isClaim := p.claims[w[2]]
	id, said := p.said[w[2]]
	if !isClaim && !said {
		return fmt.Errorf("nothing was said under the name %q", w[2])
	}
	ctx := p.stage.(*whole).ctx //nolint:forcetypeassert // viewOf asked
	reads := false
	if isClaim {
		_, err := v.Claim(ctx, ref)
		reads = err == nil
	}
	if said && !reads {
		_, err := v.StatementByID(ctx, id)
		reads = err == nil
	}
	return yesOrNo(w[1]+" reads "+w[2], w[3], reads)
}

// talks makes what is said of the talks, with the claims that it cites.
func (p *scenario) talks(l *line) (truce.Body, string, error) {
	w, err := l.need(2, "a name and a sort")
	if err != nil {
		return nil, "", err
	}
	t := &truce.TalksStatement{Sort: w[1], By: l.one("by"), Text: words("as said")}
	if t.By == "" {
		t.By = string(l.office)
	}
	if t.When, err = p.whenOf(l.clauses["when"]); err != nil {
		return nil, "", err
	}
	for _, n := range l.clauses["cites"] {
		ref, ok := p.claims[n]
		if !ok {
			return nil, "", fmt.Errorf("no claim is called %q", n)
		}
		t.Incidents = append(t.Incidents, ref)
	}
	return t, w[0], nil
}

// expectCited: expect cited NAME CLAIM none|STATE, where the case of what was
// cited stood when it was
func (p *scenario) expectCited(_ *line, w []string) error {
	if len(w) < 4 {
		return errors.New("expect cited needs what was said of the talks, a claim, and none or a state")
	}
	id, err := p.labelled(w[1])
	if err != nil {
		return err
	}
	row, err := p.row(w[2])
	if err != nil {
		return err
	}
	stage, _ := p.onCentre() // row asked
	s, err := stage.view().StatementByID(stage.ctx, id)
	if err != nil {
		return err
	}
	body, err := s.Body()
	if err != nil {
		return err
	}
	t, ok := body.(*truce.TalksStatement)
	if !ok || !slices.ContainsFunc(t.Incidents, func(r truce.ClaimRef) bool { return slices.Contains(row.Claims, r) }) {
		return differs(w[1], "it cites "+w[2], "it does not")
	}
	got := "none"
	if row.Case != 0 {
		file, err := stage.view().CaseNumber(stage.ctx, row.Case)
		if err != nil {
			return err
		}
		got = stateAt(file.File, t.CitedAt(s.Received()))
	}
	if got != w[3] {
		return differs("case of "+w[2]+" when "+w[1]+" was said", w[3], got)
	}
	return nil
}

// stateAt returns where a case stood at a time, none before it was opened.
func stateAt(c truce.CaseFile, t truce.Instant) string {
	if state, opened := c.StateAt(t); opened {
		return string(state)
	}
	return "none"
}
