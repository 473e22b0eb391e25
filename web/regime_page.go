package web

import (
	"github.com/marchday/marchday/truce"
)

// spanPart is a claimed span as a page shows it.
type spanPart struct {
	ID        truce.SpanID
	Name      string
	ClaimedBy string
	Area      string
	Start     string // "" where its claimant stated none
	Ends      Deadline
	EndWords  string
	State     string
	Statement Link
}

// spansInForce are the calms and spans that somebody claims to be in force on
// a day, each under its claimant's own clock, at the day's end or now.
func (v *visit) spansInForce(day chosenDay) ([]spanPart, error) {
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, err
	}
	at := min(day.To-1, v.view.Now())
	var all []spanPart
	for _, s := range reg.Spans(at, v.asOf()) {
		switch s.State {
		case truce.SpanInForce, truce.SpanStartOpen, truce.SpanEndUnclear, truce.SpanSuspended, truce.SpanAnnounced:
			all = append(all, v.span(s, at))
		}
	}
	return all, nil
}

// asOf is the index of the last entry that the view knows.
func (v *visit) asOf() int64 { return int64(v.frame.Index) }

func (v *visit) span(s truce.SpanStanding, at truce.Instant) spanPart {
	p := spanPart{
		ID: s.Body.ID, Name: truce.NameIn(s.Body.Name, v.t.Code, string(s.Body.ID)), ClaimedBy: v.name(s.Body.ClaimedBy), Area: v.area(s.Body.Area),
		State: v.t.T("span_state." + string(s.State)), Statement: statementLink(s.Since), Ends: Deadline{v.local(s.Clock.EndTo), v.local(at)},
	}
	if s.Clock.Start != 0 {
		p.Start = v.moment(v.local(s.Clock.Start), true)
	}
	switch {
	case s.Clock.EndTo == 0:
	case s.Clock.EndFrom != s.Clock.EndTo:
		p.EndWords = v.t.T("when.range", "from", v.moment(v.local(s.Clock.EndFrom), true), "to", v.moment(v.local(s.Clock.EndTo), true))
	default:
		p.EndWords = v.moment(v.local(s.Clock.EndTo), true)
	}
	return p
}
