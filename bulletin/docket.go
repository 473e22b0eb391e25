package bulletin

import (
	"context"
	"slices"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// docket reads the cases that are open at the cut-off and those that were
// decided in the period.
func (g *gatherer) docket(ctx context.Context, d *Daily) error {
	d.Docket = Docket{[]Case{}, []Case{}}
	all, err := g.in.View.Cases(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		f := &all[i].File
		decided := f.Finding.Kind != truce.Undecided && g.in.From <= f.Finding.At && f.Finding.At < g.in.To
		if f.Ended() && !decided {
			continue
		}
		c, err := g.caseOf(ctx, &all[i])
		if err != nil {
			return err
		}
		if decided {
			d.Docket.Decided = append(d.Docket.Decided, c)
		} else {
			d.Docket.Open = append(d.Docket.Open, c)
		}
	}
	return nil
}

func (g *gatherer) caseOf(ctx context.Context, row *picture.Case) (Case, error) {
	f := &row.File
	c := Case{
		Number: f.Number, ID: f.ID, Index: row.Index, Title: f.Title, State: f.State, Opened: f.Opened, Trigger: f.Trigger, Rule: f.Rule,
		Finding: f.Finding.Kind, Outcome: f.Finding.Outcome, DecidedAt: f.Finding.At,
	}
	i, err := g.in.View.Incident(ctx, f.Incident)
	switch {
	case truce.KindOf(err) == truce.Unknown: // this audience may not read it
	case err != nil:
		return c, err
	default:
		c.Incident = g.incident(&i)
		c.Older = i.When.From != 0 && i.When.From < g.in.From
	}
	for _, k := range f.Clocks {
		if k.Stopped == 0 && k.Round == f.Round {
			c.Clocks = append(c.Clocks, Clock{k.Name, k.Due, k.Overdue(g.in.To)})
		}
	}
	for _, r := range f.Requests {
		c.Requests = append(c.Requests, Request{g.named(string(r.Party)), r.Asked, r.Due, r.Replied, r.NoReply(g.in.To)})
	}
	for _, m := range f.Path {
		c.Path = append(c.Path, Move{m.Index, m.At, m.To, m.Kind, m.Office})
	}
	if err := g.texts(ctx, &c, f); err != nil {
		return c, err
	}
	return c, g.answers(ctx, &c, f)
}

// texts gathers each co-chair's assessment of this round, or says how it
// stands.
func (g *gatherer) texts(ctx context.Context, c *Case, f *truce.CaseFile) error {
	ended := slices.ContainsFunc(f.Clocks, func(k truce.CaseClock) bool {
		return k.Name == truce.ClockAssessment && k.Round == f.Round && g.in.To >= k.Due
	})
	for _, o := range g.chairs {
		of := func(t truce.Filed) bool { return t.Office == o.ID && t.Round == f.Round }
		text := Opinion{Office: o.ID, State: TextAwaited}
		switch at := slices.IndexFunc(f.Texts, of); {
		case at >= 0:
			t := f.Texts[at]
			text = Opinion{Office: o.ID, State: TextFiled, Index: t.Index, At: t.At, Outcome: t.Outcome}
			if err := g.openText(ctx, &text, t.Statement); err != nil {
				return err
			}
		case slices.Contains(f.Finding.NoText, o.ID), ended && !f.Ended():
			text.State = TextMissing
		case slices.ContainsFunc(f.Seals, of):
			text.State = TextSealed
		}
		c.Texts = append(c.Texts, text)
	}
	return nil
}

// answers gathers what each co-chair answered to the newest proposal, and
// every dissent from another office's text.
func (g *gatherer) answers(ctx context.Context, c *Case, f *truce.CaseFile) error {
	if n := len(f.Proposals); n > 0 {
		p := f.Proposals[n-1]
		var own Opinion
		if err := g.openText(ctx, &own, p.Statement); err != nil {
			return err
		}
		c.Proposal = own.Text
		for _, o := range g.chairs {
			a := Opinion{Office: o.ID, State: "silent"}
			if at := slices.IndexFunc(p.Answers, func(x truce.Answered) bool { return x.Office == o.ID }); at >= 0 {
				x := p.Answers[at]
				a = Opinion{Office: o.ID, State: x.How, At: x.At}
				if err := g.openText(ctx, &a, x.Statement); err != nil {
					return err
				}
			}
			c.Answers = append(c.Answers, a)
		}
	}
	for _, x := range f.Dissents {
		a := Opinion{Office: x.Office, State: truce.AnswerDissent, Index: x.Index, At: x.At}
		if err := g.openText(ctx, &a, x.Statement); err != nil {
			return err
		}
		c.Answers = append(c.Answers, a)
	}
	return nil
}

// openText puts an office's own words in, or says that this audience may not
// read them.
func (g *gatherer) openText(ctx context.Context, o *Opinion, id truce.StatementID) error {
	s, err := g.in.View.StatementByID(ctx, id)
	if truce.KindOf(err) == truce.Unknown {
		o.Withheld = true
		return nil
	}
	if err != nil {
		return err
	}
	body, err := s.Body()
	if err != nil {
		return err
	}
	o.Index = s.Index
	switch b := body.(type) {
	case *truce.Assessment:
		o.Text, o.Occurred, o.Outcome, o.Severity = b.Reasons, b.Occurred, b.Outcome, b.Severity
	case *truce.Proposal:
		o.Text, o.Outcome = b.Text, b.Outcome
	case *truce.Dissent:
		o.Text = b.Text
	case *truce.Reservation:
		o.Text = b.Text
	case *truce.Concurrence:
		o.Text = plain(b.Note)
	}
	return nil
}
