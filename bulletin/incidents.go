package bulletin

import (
	"context"
	"slices"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// incidents reads those that began in the period, oldest in the record first.
func (g *gatherer) incidents(ctx context.Context, d *Daily) error {
	d.Incidents = []Incident{}
	f := picture.Filter{From: g.in.From, To: g.in.To, Oldest: true, Limit: picture.MaxPage}
	var found []picture.Incident
	for {
		page, next, err := g.in.View.Incidents(ctx, f)
		if err != nil {
			return err
		}
		found = append(found, page...)
		if len(found) > maxIncidents {
			return invalid("", "over %d incidents began in one day: this bulletin cannot list them", maxIncidents)
		}
		if next == "" {
			break
		}
		f.After = next
	}
	slices.SortStableFunc(found, func(a, b picture.Incident) int {
		return cmpFirst(int(a.Index-b.Index), int(a.ID.At)-int(b.ID.At), int(a.ID.N)-int(b.ID.N))
	})
	for i := range found {
		d.Incidents = append(d.Incidents, g.incident(&found[i]))
	}
	return nil
}

func (g *gatherer) incident(i *picture.Incident) Incident {
	w := i.Where
	g.learn(w)
	out := Incident{
		Name: i.ID.Display(i.Index), ID: i.ID, Index: i.Index, Event: i.Event, Object: i.Object,
		From: i.When.From, To: i.When.To, Exact: i.When.Precision, Place: g.place(w), Unit: g.unit(w),
		Point: w.Point, Radius: w.RadiusMetres, Claims: len(i.Claims), Others: i.ClaimedBy[""], Sources: len(i.Lineages),
		Status: i.Status, Why: i.StatusWhy, Agree: i.Agree, Case: i.Case, Aliases: i.Aliases,
	}
	for _, o := range g.chairs {
		out.Claimed = append(out.Claimed, Tally{o.ID, Count(i.ClaimedBy[o.ID])})
	}
	for _, a := range i.Alleged {
		out.Alleged = append(out.Alleged, Alleged{g.named(string(a.Actor)), g.allNamed(a.By), g.allNamed(a.Denied), a.Claims})
	}
	for _, r := range i.Responses {
		out.Answers = append(out.Answers, Response{r.Incident, r.Sort, g.allNamed(r.By)})
	}
	for _, j := range i.Acts {
		a := Act{g.named(string(j.Act.Actor.ID)), j.Agreement.Agree, j.Agreement.SameTerms, j.Agreement.SameClock, nil}
		for _, v := range j.Verdicts {
			a.Verdicts = append(a.Verdicts, g.verdict(v))
		}
		out.Acts = append(out.Acts, a)
	}
	for _, r := range i.Tally.Ranges {
		out.Tolls = append(out.Tolls, g.toll(i.Tally.Rule, r))
	}
	return out
}

func (g *gatherer) toll(rule string, r truce.Range) Toll {
	t := Toll{Kind: r.Kind, Scope: r.Scope, Who: r.Who, Status: r.Status, Low: r.Low, Best: Missing, High: r.High, More: r.OrMore, Rule: rule}
	if r.HasBest {
		t.Best = Count(r.Best)
	}
	for _, l := range r.Lineages {
		one := Lineage{Of: g.named(l.Lineage), Bounds: l.Bounds, Newest: figureOf(l.Newest)}
		for _, o := range l.Older {
			one.Older = append(one.Older, figureOf(o))
		}
		t.Lineages = append(t.Lineages, one)
	}
	return t
}

func figureOf(c truce.Counted) Figure {
	return Figure{c.Index, c.Said, c.Low, c.High, c.Qual, c.Text}
}

// unit names the first-order unit that a place lies in; the zero Named where
// it is not known.
func (g *gatherer) unit(w truce.Where) Named {
	id := picture.Adm1(w)
	if id == w.Place && id != "" {
		return g.place(w)
	}
	return g.named(string(id))
}

// verdict keeps what a page says of a verdict: the answer of each term that
// judges the act, what is missing, and whether a reading that was made up for
// illustration is among its premises.
func (g *gatherer) verdict(v truce.Verdict) Verdict {
	out := Verdict{Office: v.Office, Answer: v.Answer}
	for _, t := range v.Terms {
		if t.Answer == truce.OutsideAct && !t.Beside {
			continue
		}
		a := TermAnswer{Term: t.Term, Instrument: t.Instrument, Paragraph: t.Paragraph, Answer: t.Answer, Deciding: t.Answer == v.Answer && !t.Beside}
		if t.Span != "" {
			a.Span = g.span(t.Span)
		}
		for _, m := range t.Missing() {
			a.Missing = append(a.Missing, g.lacking(m))
		}
		out.Illustration = out.Illustration || g.invented[t.ClockBy]
		for _, p := range t.Grounds {
			out.Illustration = out.Illustration || g.invented[p.By]
		}
		out.Terms = append(out.Terms, a)
	}
	for _, m := range v.Members {
		one := g.verdict(m)
		one.Actor = g.named(string(m.Actor))
		out.Illustration = out.Illustration || one.Illustration
		out.Members = append(out.Members, one)
	}
	return out
}

func (g *gatherer) lacking(m truce.Ground) Lacking {
	switch m.What {
	case truce.AboutSpan, truce.AboutStart, truce.AboutEnd:
		return Lacking{m.What, g.span(truce.SpanID(m.Of))}
	case truce.AboutActor, truce.AboutTarget, truce.AboutAct, truce.AboutWeapon, truce.AboutTime, truce.AboutArea, truce.AboutAcceptance, truce.AboutNotice,
		truce.AboutWithdrawal, truce.AboutExclusion, truce.AboutStatus, truce.AboutParent, truce.AboutMember, truce.AboutControl, truce.AboutTerm, truce.AboutPremise:
	}
	return Lacking{m.What, g.named(m.Of)}
}

// span names a span by its own name, else by its area.
func (g *gatherer) span(id truce.SpanID) Named {
	s, ok := g.regime.Span(id, g.in.To, g.last)
	if !ok {
		return Named{ID: string(id)}
	}
	return Named{string(id), s.Body.Name}
}
