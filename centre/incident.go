package centre

import (
	"context"
	"fmt"
	"slices"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// levels are the levels of reader that an incident's row is kept for.
var levels = []truce.Marking{truce.Clear, truce.Green, truce.Amber}

// A drawing is what an incident's rows are made of, and the rows.
type drawing struct {
	index     int64 // of the last statement that touched it
	in        link.Incident
	claims    []*picture.Claim
	proposed  []truce.ClaimRef
	suggested map[truce.Marking]suggested
	rows      map[truce.Marking]*picture.Incident
}

// draw writes the rows of every incident that was marked. They are made on all
// cores, from what is only read meanwhile, and written in order of the marks.
func (f *fold) draw(ctx context.Context) error {
	all := make([]*drawing, len(f.drawing))
	for i, id := range f.drawing {
		d, err := f.sketch(ctx, id)
		if err != nil {
			return err
		}
		all[i] = d
	}
	known := f.book.Next() - 1
	f.grind(known)
	onAllCores(len(all), func(i int) { all[i].rows = f.build(all[i], known) })
	for _, d := range all {
		before := f.incidents[d.in.ID]
		if before == nil && f.forgot {
			var err error
			if before, err = f.incidentRows(ctx, d.in.ID); err != nil {
				return err
			}
		}
		for _, level := range levels {
			if i := d.rows[level]; i != nil {
				f.put(*i)
				f.ask(i)
			} else if before[level] != nil {
				f.put(picture.NoIncident{ID: d.in.ID, Level: level})
			}
		}
		f.incidents[d.in.ID] = d.rows
	}
	f.drawing = f.drawing[:0]
	clear(f.stale)
	return nil
}

// sketch gathers what an incident's rows are made of.
func (f *fold) sketch(ctx context.Context, id truce.IncidentID) (*drawing, error) {
	in, ok := f.links.Resolve(id)
	if !ok || in.ID != id {
		return nil, fmt.Errorf("incident %s is to be drawn and is none", id)
	}
	d := &drawing{index: f.stale[id], in: in, suggested: map[truce.Marking]suggested{}}
	for _, r := range f.links.Members(id) {
		if r.State == link.Alone {
			continue // it was removed, and no more than its name is left
		}
		c, err := f.claim(ctx, r.Ref)
		if err != nil {
			return nil, err
		}
		if r.Role == link.RoleProposed {
			d.proposed = append(d.proposed, r.Ref)
			continue
		}
		d.claims = append(d.claims, c)
	}
	for _, level := range levels {
		d.suggested[level] = f.suggestedTo(ctx, in, level)
	}
	return d, nil
}

// build makes an incident's rows from its claims, one for all levels of reader
// that see the same of them, judged as known at an index.
func (f *fold) build(d *drawing, known int64) map[truce.Marking]*picture.Incident {
	rows := map[truce.Marking]*picture.Incident{}
	var last *picture.Incident
	for _, level := range levels {
		var seen []*picture.Claim
		coarse := false
		for _, c := range d.claims {
			if !levelSees(level, c.Marking) {
				continue
			}
			if c.Coarse != nil {
				coarse = true
				if level != truce.Amber {
					c = c.Coarsened()
				}
			}
			seen = append(seen, c)
		}
		suggested := d.suggested[level]
		switch {
		case len(seen) == 0:
		case last != nil && len(last.Claims) == len(seen) && len(last.Suggested) == len(suggested.claims) && !(coarse && level == truce.Amber):
			last.Upto = level
		default:
			last = f.incident(d.index, known, d.in, seen)
			last.Level, last.Upto, last.Proposed, last.Suggested, last.MayBe, last.Conflicts = level, level, d.proposed, suggested.claims, suggested.weights, told(f.conflicts[d.in.ID])
			rows[level] = last
		}
	}
	return rows
}

// levelSees reports whether a reader of a level sees a marking.
func levelSees(level, m truce.Marking) bool {
	rank := func(m truce.Marking) int { return slices.Index(levels, m.Level()) }
	return rank(m) <= rank(level)
}

func (f *fold) incident(index, known int64, in link.Incident, claims []*picture.Claim) *picture.Incident {
	anchor, _ := f.book.IndexOf(in.ID.Statement)
	i := &picture.Incident{
		ID: in.ID, Index: anchor, Rests: index, Aliases: in.Aliases, Frozen: !in.Frozen.IsZero(), Responses: f.responses(in),
	}
	told := make([]*truce.Claim, 0, len(claims))
	i.Claims = make([]truce.ClaimRef, 0, len(claims))
	for _, c := range claims {
		i.Claims = append(i.Claims, c.Ref)
		if c.Lineage != "" && !slices.Contains(i.Lineages, c.Lineage) {
			i.Lineages = append(i.Lineages, c.Lineage)
		}
		told = append(told, &c.Claim)
	}
	i.Event, i.Object = f.mainEvent(claims)
	i.Alleged = alleged(claims)
	i.Targets = targets(told)
	acts := truce.ActOf(told)
	i.Acts = make([]picture.Judged, 0, len(acts))
	for _, act := range acts {
		i.Acts = append(i.Acts, picture.Judged{Act: act})
	}
	if len(i.Acts) > 0 {
		i.When, i.Where = i.Acts[0].Act.When, i.Acts[0].Act.Where
	} else {
		i.When, i.Where = told[0].When, told[0].Place()
	}
	if i.When.From != 0 {
		proc := f.book.Procedure()
		i.Day = proc.Zone.DayOf(i.When.From)
	}
	figures := counted(claims, i.Alleged)
	i.Tally = truce.Merge(slices.Concat(figures...))
	i.Finest = finest(claims, figures)
	i.ClaimedBy = f.claimedBy(claims)
	if d, ok := f.cases[in.ID]; ok {
		i.Case, i.CaseID = d.number, d.id
	}
	f.judge(i, known)
	return i
}

// told writes the decisions that contradict older ones.
func told(conflicts []link.Conflict) []picture.Conflict {
	var all []picture.Conflict
	for _, c := range conflicts {
		all = append(all, picture.Conflict{Decision: c.Decision, Office: c.Office, Against: c.Against})
	}
	return all
}

// responses writes the links to incidents that are answers or mirrors, with
// who claims them.
func (f *fold) responses(in link.Incident) []picture.Response {
	var all []picture.Response
	for _, r := range in.Responses {
		x := picture.Response{Incident: r.To, Sort: "exchange", BoundBy: r.By}
		for _, ref := range r.Claims {
			if c := f.claims[ref]; c != nil {
				if c.Claim.Response {
					x.Sort = "response"
				}
				x.By = append(x.By, c.Speaker)
			}
		}
		all = append(all, x)
	}
	return all
}

// mainEvent names an incident by what most independent sources call it, the
// earliest among equals, and by the first object that is said to be hit.
func (f *fold) mainEvent(claims []*picture.Claim) (event, object string) {
	votes := map[string]map[string]bool{}
	best := 0
	for _, pass := range []bool{true, false} { // asserted events first
		for _, c := range claims {
			if object == "" && c.Claim.Object != "" && c.Claim.Stance.Asserted() {
				object = c.Claim.Object
			}
			if pass && (c.Claim.Form != truce.EventClaim || !c.Claim.Stance.Asserted()) {
				continue
			}
			if votes[c.Claim.Event] == nil {
				votes[c.Claim.Event] = map[string]bool{}
			}
			votes[c.Claim.Event][c.Lineage] = true
		}
		for _, c := range claims {
			if n := len(votes[c.Claim.Event]); n > best {
				event, best = c.Claim.Event, n
			}
		}
		if event != "" {
			return event, object
		}
	}
	return event, object
}

// alleged gathers who is said to have done it, by whom, and who denies it.
func alleged(claims []*picture.Claim) []picture.Alleged {
	var all []picture.Alleged
	at := func(actor string) *picture.Alleged {
		for i := range all {
			if string(all[i].Actor) == actor {
				return &all[i]
			}
		}
		all = append(all, picture.Alleged{Actor: truce.ActorID(actor)})
		return &all[len(all)-1]
	}
	for _, c := range claims {
		for _, a := range c.Claim.Actors {
			if a.ID == "" || a.ID == "unknown" {
				continue
			}
			x := at(a.ID)
			list := &x.By
			if c.Claim.Form == truce.Denial || c.Claim.Stance == truce.Denied || c.Claim.Negated {
				list = &x.Denied
			} else if !c.Claim.Stance.Asserted() {
				continue
			} else if c.Speaker == a.ID {
				x.Claims = true
			}
			if who := saidBy(c); !slices.Contains(*list, who) {
				*list = append(*list, who)
			}
		}
	}
	return slices.DeleteFunc(all, func(a picture.Alleged) bool { return len(a.By)+len(a.Denied) == 0 })
}

// saidBy is a claim's speaker, in the words of the report where no actor is known by them.
func saidBy(c *picture.Claim) string {
	if n := len(c.Claim.Sources); n > 0 && c.Speaker == "unknown" {
		if words := c.Claim.Sources[n-1].Text; words != "" {
			return "“" + words + "”"
		}
	}
	return c.Speaker
}

func targets(claims []*truce.Claim) []truce.ActorID {
	var all []truce.ActorID
	for _, c := range claims {
		for _, t := range c.Targets {
			if id := truce.ActorID(t.ID); id != "" && id != "unknown" && !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// claimedBy counts claims by the co-chair on whose side their speaker is, ""
// for all others.
func (f *fold) claimedBy(claims []*picture.Claim) map[truce.OfficeID]int {
	n := map[truce.OfficeID]int{}
	for _, c := range claims {
		if c.Claim.Form == truce.Denial {
			continue
		}
		n[f.sides[c.Speaker]]++
	}
	return n
}

// judge gives an incident its verdicts, one per co-chair and act, and its
// status in the counts. Verdicts are as known at the statement just folded.
func (f *fold) judge(i *picture.Incident, index int64) {
	i.Agree = true
	acts := make([]picture.Judged, len(i.Acts)) // a row that was handed on is not changed
	chairs := f.book.CoChairs()
	for k, j := range i.Acts {
		acts[k].Act = j.Act
		acts[k].Verdicts = make([]truce.Verdict, 0, len(chairs))
		for _, o := range chairs {
			acts[k].Verdicts = append(acts[k].Verdicts, f.lens(o, index).Assess(j.Act))
		}
		acts[k].Verdicts = listing(acts[k].Verdicts)
		acts[k].Agreement = truce.Agree(acts[k].Verdicts)
		i.Agree = i.Agree && acts[k].Agreement.Agree
	}
	i.Acts = acts
	i.Status, i.StatusWhy = f.status(i)
}

// listing leaves out the terms that list the act in no reading and are not
// named beside it: a row need not be written again for a term that has nothing
// to do with it.
func listing(all []truce.Verdict) []truce.Verdict {
	if len(all) == 0 {
		return nil
	}
	keep := map[truce.TermID]bool{}
	for _, v := range all {
		for _, t := range v.Terms {
			keep[t.Term] = keep[t.Term] || t.Answer != truce.OutsideAct || len(t.Grounds) > 0 || t.Beside
		}
	}
	for i := range all {
		v := &all[i]
		v.Terms = slices.DeleteFunc(v.Terms, func(t truce.TermVerdict) bool { return !keep[t.Term] })
	}
	for m := range all[0].Members { // a coalition has the same members in every reading
		of := make([]truce.Verdict, len(all))
		for i := range all {
			of[i] = all[i].Members[m]
		}
		for i, v := range listing(of) {
			all[i].Members[m] = v
		}
	}
	return all
}

// sameJudged reports whether two judgments of one act are the same in all that
// a page shows.
func sameJudged(a, b picture.Judged) bool {
	return slices.EqualFunc(a.Verdicts, b.Verdicts, sameVerdict)
}

func sameVerdict(a, b truce.Verdict) bool {
	return a.Office == b.Office && a.Actor == b.Actor && a.Answer == b.Answer && slices.Equal(a.Grounds, b.Grounds) &&
		slices.EqualFunc(a.Terms, b.Terms, sameTerm) && slices.EqualFunc(a.Members, b.Members, sameVerdict)
}

func sameTerm(a, b truce.TermVerdict) bool {
	return a.Term == b.Term && a.Statement == b.Statement && a.Answer == b.Answer && a.Exception == b.Exception && a.Fallen == b.Fallen &&
		a.Span == b.Span && a.ClockBy == b.ClockBy && a.Beside == b.Beside && a.Clock.Start == b.Clock.Start && a.Clock.EndFrom == b.Clock.EndFrom &&
		a.Clock.EndTo == b.Clock.EndTo && a.Clock.Ended == b.Clock.Ended && slices.Equal(a.Clock.Quiet, b.Clock.Quiet) && slices.Equal(a.Grounds, b.Grounds)
}

// lens returns an office's reading of the regime as known at an index, made
// once for all incidents that this statement touches.
func (f *fold) lens(o truce.OfficeID, index int64) *truce.Lens {
	if f.lensesAt != index {
		clear(f.lenses)
		f.lensesAt = index
	}
	if f.lenses[o] == nil {
		f.lenses[o] = f.book.Rules().Under(o, index)
	}
	return f.lenses[o]
}

// grind makes every lens, before the cores share them.
func (f *fold) grind(index int64) {
	for _, o := range f.book.CoChairs() {
		f.lens(o, index)
	}
}

// status puts an incident in exactly one column of the counts: what a joint
// finding says, else outside where every reading of every alleged act says so.
func (f *fold) status(i *picture.Incident) (status, why string) {
	if i.Case != 0 {
		if file, ok := f.book.Case(i.CaseID); ok && file.Finding.Kind != truce.Undecided {
			return statusOf(file.Finding), "finding"
		}
	}
	outside := len(i.Acts) > 0
	for _, j := range i.Acts {
		for _, v := range j.Verdicts {
			outside = outside && (v.Answer.Outside() || v.Answer == truce.IsExempt)
		}
	}
	if outside {
		return picture.Outside, "readings"
	}
	return picture.Pending, ""
}

// statusOf puts a finding in its column of the counts.
func statusOf(f truce.Finding) string {
	switch f.Kind {
	case truce.Parallel, truce.Deadlock:
		return picture.Disputed
	case truce.Undecided:
		return picture.Pending
	case truce.Joint, truce.JointWithReservation:
	}
	switch f.Outcome {
	case truce.Violation:
		return picture.Confirmed
	case truce.OutsideIt:
		return picture.Outside
	case truce.NotViolation, truce.NotConfirmed:
		return picture.Rejected
	case truce.Undetermined:
	}
	return picture.Disputed
}

// counted returns each claim's figures.
func counted(claims []*picture.Claim, alleged []picture.Alleged) [][]truce.Counted {
	var actors []truce.ActorID
	for _, a := range alleged {
		if len(a.By) > 0 {
			actors = append(actors, a.Actor)
		}
	}
	all := make([][]truce.Counted, len(claims))
	for i, c := range claims {
		said := c.Said
		if said == 0 {
			said = c.Received
		}
		all[i] = truce.CountedOf(&c.Claim, c.Lineage, c.Publisher, said, c.Index, actors)
	}
	return all
}

// finest merges the figures as if every provisional join were undone: each such
// claim an incident of its own. None if there is no such claim.
func finest(claims []*picture.Claim, figures [][]truce.Counted) []picture.Loose {
	var sure []truce.Counted
	var parts [][]truce.Counted
	var weights []int64
	for i, c := range claims {
		if c.Link.State == link.Provisional.String() {
			parts, weights = append(parts, figures[i]), append(weights, c.Link.Weight)
		} else {
			sure = append(sure, figures[i]...)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	var all []picture.Loose
	for k, part := range append([][]truce.Counted{sure}, parts...) {
		t, at := truce.Merge(part), truce.Firm
		if k > 0 {
			at = weights[k-1]
		}
		for _, kind := range []truce.CasualtyKind{truce.Killed, truce.Wounded} {
			if r, ok := t.Headline(kind); ok {
				all = append(all, picture.Loose{Kind: kind, Losses: r.Losses, At: at})
			}
		}
	}
	return all
}

// maxJudged is how many incidents are judged on all cores before their rows are
// put in order.
const maxJudged = 1024

// reassess judges every incident anew after a statement about the truce, and
// keeps each change of a verdict with the statement that made it. Only rows
// that changed are written.
func (f *fold) reassess(ctx context.Context, index int64) error {
	if err := f.draw(ctx); err != nil {
		return err
	}
	f.grind(index)
	for chunk := range slices.Chunk(f.order, maxJudged) {
		var of []*picture.Incident
		for _, id := range chunk {
			rows, err := f.incidentRows(ctx, id)
			if err != nil {
				return err
			}
			for _, level := range levels {
				if i := rows[level]; i != nil {
					of = append(of, i)
				}
			}
		}
		for _, rows := range f.rejudgeAll(of, index) {
			f.put(rows...)
		}
	}
	return nil
}

// rejudgeAll judges incidents on all cores: each is written by one alone, and
// what they are judged by is only read.
func (f *fold) rejudgeAll(of []*picture.Incident, index int64) [][]picture.Row {
	all := make([][]picture.Row, len(of))
	onAllCores(len(of), func(i int) { all[i] = f.rejudge(of[i], index) })
	return all
}

// rejudge returns the rows that a new judgment of an incident changes.
func (f *fold) rejudge(i *picture.Incident, index int64) []picture.Row {
	before, status, acts := summary(i), i.Status, i.Acts
	f.judge(i, index)
	after := summary(i)
	changed := i.Status != status || !slices.EqualFunc(acts, i.Acts, sameJudged)
	var rows []picture.Row
	for _, o := range f.book.CoChairs() {
		if before[o] != after[o] {
			changed = true
			rows = append(rows, picture.Reassessed{Index: index, Incident: i.ID, Level: i.Level, Upto: i.Upto, Office: o, Before: before[o], After: after[o]})
		}
	}
	if changed {
		i.Rests = index
		rows = append(rows, *i)
	}
	return rows
}

// summary returns each office's answer over all acts: the one, or mixed.
func summary(i *picture.Incident) map[truce.OfficeID]truce.Answer {
	all := map[truce.OfficeID]truce.Answer{}
	for _, j := range i.Acts {
		for _, v := range j.Verdicts {
			if old, ok := all[v.Office]; ok && old != v.Answer {
				all[v.Office] = truce.Mixed
			} else {
				all[v.Office] = v.Answer
			}
		}
	}
	return all
}
