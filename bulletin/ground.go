package bulletin

import (
	"context"
	"slices"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// about reads statements of some kinds that concern the period: what began in
// it, and what came in during it.
func (g *gatherer) about(ctx context.Context, when func(truce.Body) truce.When, take func(picture.Statement, truce.Body), kinds ...truce.Kind) error {
	all, err := g.said(ctx, 0, 0, kinds...)
	if err != nil {
		return err
	}
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return err
		}
		came := g.in.From <= s.Received() && s.Received() < g.in.To
		if came || happened(when(body), s.Received(), g.in.From, g.in.To) {
			take(s, body)
		}
	}
	return nil
}

// territory lists who is said to hold what, and crossings.
func (g *gatherer) territory(ctx context.Context, d *Daily) error {
	d.Territory = []Note{}
	when := func(b truce.Body) truce.When {
		switch x := b.(type) {
		case *truce.Control:
			return x.When
		case *truce.Crossing:
			return x.When
		}
		return truce.When{}
	}
	return g.about(ctx, when, func(s picture.Statement, b truce.Body) {
		n := Note{Index: s.Index, Office: s.Office, Kind: s.Kind, From: when(b).From, To: when(b).To}
		switch x := b.(type) {
		case *truce.Control:
			n.By, n.Of, n.Places, n.Text = []Named{g.named(x.ClaimedBy)}, g.named(string(x.Actor)), g.area(x.Area), plain(x.Note)
		case *truce.Crossing:
			n.By, n.Sort, n.Places, n.Text = []Named{g.named(x.ClaimedBy)}, x.State, []Named{g.place(x.Place)}, plain(x.Note)
		}
		d.Territory = append(d.Territory, n)
	}, "control", "crossing")
}

// plain wraps words of an unknown language.
func plain(s string) []truce.Text {
	if s == "" {
		return nil
	}
	return []truce.Text{{Lang: "und", Text: s}}
}

// talks lists what delegations said and did, and meetings.
func (g *gatherer) talks(ctx context.Context, d *Daily) error {
	d.Talks = []Note{}
	rounds := map[string][]truce.Text{}
	all, err := g.said(ctx, 0, 0, "round")
	if err != nil {
		return err
	}
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return err
		}
		r := body.(*truce.Round)
		rounds[r.ID] = r.Name
	}
	when := func(b truce.Body) truce.When {
		switch x := b.(type) {
		case *truce.Round:
			return x.When
		case *truce.Session:
			return x.When
		case *truce.TalksStatement:
			return x.When
		case *truce.Condition:
			return x.When
		case *truce.Meeting:
			return x.When
		}
		return truce.When{}
	}
	var failed error
	err = g.about(ctx, when, func(s picture.Statement, b truce.Body) {
		n := Note{Index: s.Index, Office: s.Office, Kind: s.Kind, From: when(b).From, To: when(b).To}
		switch x := b.(type) {
		case *truce.Round:
			n.Of, n.Places = Named{x.ID, x.Name}, g.somewhere(x.Where)
		case *truce.Session:
			n.Of, n.Sort, n.Text = Named{x.Round, rounds[x.Round]}, x.Format, plain(x.Note)
		case *truce.TalksStatement:
			n.By, n.Sort, n.Text = []Named{g.named(x.By)}, x.Sort, x.Text
			if x.Round != "" {
				n.Of = Named{x.Round, rounds[x.Round]}
			}
			failed = g.cited(ctx, &n, x)
		case *truce.Condition:
			n.By, n.Sort, n.Text, n.Of = []Named{g.named(x.By)}, x.State, x.Text, Named{ID: x.ID}
		case *truce.Meeting:
			n.By, n.Sort, n.Text, n.Places = g.allNamed(x.Who), x.State, x.Text, g.somewhere(x.Where)
		}
		d.Talks = append(d.Talks, n)
	}, "round", "session", "talks-statement", "condition", "meeting")
	if err == nil {
		err = failed
	}
	return err
}

func (g *gatherer) somewhere(w truce.Where) []Named {
	if w.Place == "" && w.Name == "" {
		return nil
	}
	return []Named{g.place(w)}
}

// cited names the incidents and cases that a talks statement rests on, those
// that this audience may read.
func (g *gatherer) cited(ctx context.Context, n *Note, x *truce.TalksStatement) error {
	for _, id := range x.Incidents {
		i, err := g.in.View.Incident(ctx, id)
		if truce.KindOf(err) == truce.Unknown {
			continue
		}
		if err != nil {
			return err
		}
		n.Incidents = append(n.Incidents, i.ID.Display(i.Index))
	}
	for _, id := range x.Cases {
		c, err := g.in.View.CaseByID(ctx, id)
		if truce.KindOf(err) == truce.Unknown {
			continue
		}
		if err != nil {
			return err
		}
		n.Cases = append(n.Cases, c.File.Number)
	}
	return nil
}

// convoys gathers each request that is not yet delivered or that anything was
// said of in the period.
func (g *gatherer) convoys(ctx context.Context, d *Daily) error {
	d.Convoys = []Convoy{}
	all, err := g.said(ctx, 0, 0, "request", "answer", "convoy")
	if err != nil {
		return err
	}
	var touched []string
	at := map[string]int{}
	var list []Convoy
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return err
		}
		id := g.convoy(&list, at, s, body)
		if g.in.From <= s.Received() && s.Received() < g.in.To && !slices.Contains(touched, id) {
			touched = append(touched, id)
		}
	}
	for _, c := range list {
		over := c.State == "delivered" || c.State == "verified" || c.State == "turned-back" || c.State == "denied"
		if !over || slices.Contains(touched, c.ID) {
			d.Convoys = append(d.Convoys, c)
		}
	}
	return nil
}

func (g *gatherer) convoy(list *[]Convoy, at map[string]int, s picture.Statement, body truce.Body) string {
	of := func(id string) *Convoy {
		if _, ok := at[id]; !ok {
			at[id] = len(*list)
			*list = append(*list, Convoy{Index: s.Index, Office: s.Office, ID: id, State: "no-answer"})
		}
		return &(*list)[at[id]]
	}
	switch x := body.(type) {
	case *truce.AccessRequest:
		c := of(x.ID)
		c.To, c.Asked, c.Cargo = g.place(x.To), g.allNamed(x.Asked), x.Cargo
		return x.ID
	case *truce.AccessAnswer:
		c := of(x.Request)
		c.Answers = append(c.Answers, ConvoyAnswer{s.Index, g.named(x.By), x.Answer, x.Conditions, x.Refused})
		if len(c.Steps) == 0 {
			c.State = answered(c)
		}
		return x.Request
	case *truce.Convoy:
		c := of(x.Request)
		step := ConvoyStep{Index: s.Index, State: x.State, At: x.When.From, By: g.named(x.By), Items: x.Items}
		if x.Where != nil {
			step.Place = g.place(*x.Where)
		}
		c.Steps, c.State = append(c.Steps, step), x.State
		return x.Request
	}
	return ""
}

// answered is what the answers to a request amount to: one refusal refuses,
// and nothing is approved before all who were asked have answered.
func answered(c *Convoy) string {
	state := "approved"
	for _, by := range c.Asked {
		if !slices.ContainsFunc(c.Answers, func(a ConvoyAnswer) bool { return a.By.ID == by.ID }) {
			state = "awaited"
		}
	}
	for _, a := range c.Answers {
		if a.Answer == "denied" {
			return a.Answer
		}
		if a.Answer == "partly" && state == "approved" {
			state = a.Answer
		}
	}
	return state
}
