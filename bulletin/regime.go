package bulletin

import (
	"context"

	"github.com/marchday/marchday/truce"
)

// How a co-chair stands to a claimed span.
const (
	ReadClaimed = "claimed" // it claims the span itself
	ReadAdopted = "adopted" // its reading takes a claimed span over
	ReadStated  = "stated"  // its reading states times of its own
	ReadNone    = "none"    // it states nothing of this span
)

// spans lists the regimes and calms that were not over before the period, by
// whoever claims them, and the readings in force.
func (g *gatherer) spans(_ context.Context, d *Daily) error {
	d.Spans, d.Readings = []Span{}, []Reading{}
	for _, s := range g.regime.Spans(g.in.To-1, g.last) {
		c := s.Clock
		if c.EndTo != 0 && c.EndTo <= g.in.From || c.Never && s.At < g.in.From {
			continue
		}
		in := func(i truce.Instant) bool { return g.in.From <= i && i < g.in.To }
		out := Span{
			Index: s.Since, Span: Named{string(s.Body.ID), s.Body.Name}, Sort: s.Body.Sort, Act: s.Body.Act,
			Area: g.area(s.Body.Area), Except: g.places(s.Body.Area.Except), ClaimedBy: g.named(s.Body.ClaimedBy), State: s.State,
			Start: c.Start, EndFrom: c.EndFrom, EndTo: c.EndTo, Wording: s.Body.When.Wording,
			Begins: in(c.Start), Ends: c.EndTo != 0 && in(c.EndFrom),
		}
		for _, p := range s.Body.Area.Places {
			g.learn(p)
		}
		for _, o := range g.chairs {
			out.Read = append(out.Read, g.readOf(o, &s))
		}
		d.Spans = append(d.Spans, out)
	}
	for _, o := range g.chairs {
		for _, r := range g.regime.Readings(o.ID, g.last) {
			if r.Body.Validity.Meets(g.in.From, g.in.To) && !g.past(r.Body) {
				d.Readings = append(d.Readings, g.reading(o.ID, r))
			}
		}
	}
	return nil
}

// past reports whether a reading is about a span that was over before the
// period.
func (g *gatherer) past(b *truce.Reading) bool {
	if b.About != "span" && b.About != "coverage" || b.When.To != 0 && b.When.To > g.in.From {
		return false
	}
	id := b.Span
	if id == "" {
		id = b.Adopts
	}
	s, ok := g.regime.Span(id, g.in.To, g.last)
	return ok && s.Clock.EndTo != 0 && s.Clock.EndTo <= g.in.From
}

// readOf says what a co-chair states of a span: what its newest reading says,
// else its own claim, else nothing.
func (g *gatherer) readOf(o truce.Office, s *truce.SpanStanding) SpanRead {
	out := SpanRead{Office: o.ID, How: ReadNone}
	if by := s.Body.ClaimedBy; by == string(o.ID) || o.Party != "" && by == string(o.Party) {
		out = SpanRead{o.ID, ReadClaimed, s.Clock.Start, s.Clock.EndFrom, s.Clock.EndTo, s.Since, false}
	}
	for _, r := range g.regime.Readings(o.ID, g.last) {
		b := r.Body
		if b.About != "span" || b.Span != s.Body.ID && b.Adopts != s.Body.ID || !b.Validity.Meets(g.in.From, g.in.To) {
			continue
		}
		read := SpanRead{Office: o.ID, How: ReadStated, Index: r.Since, Illustration: b.Illustration}
		if of, ok := g.regime.Span(b.Adopts, g.in.To, g.last); ok {
			read.How, read.Start, read.EndFrom, read.EndTo = ReadAdopted, of.Clock.Start, of.Clock.EndFrom, of.Clock.EndTo
		}
		if !b.When.IsZero() {
			read.How, read.Start, read.EndFrom, read.EndTo = ReadStated, b.When.From, b.When.To, b.When.To
		}
		out = read
	}
	return out
}

func (g *gatherer) reading(o truce.OfficeID, r truce.Row[truce.Reading]) Reading {
	b := r.Body
	out := Reading{Index: r.Since, Office: o, ID: b.ID, About: b.About, Text: b.Text, Illustration: b.Illustration}
	switch {
	case b.Actor != "":
		out.Of = g.named(string(b.Actor))
	case b.Term != "":
		out.Of = Named{ID: string(b.Term)}
		if t, ok := g.regime.Term(b.Term, g.last); ok {
			out.Of.Name = t.Body.Summary
		}
	case b.Span != "":
		out.Of = g.span(b.Span)
	case b.Adopts != "":
		out.Of = g.span(b.Adopts)
	}
	return out
}
