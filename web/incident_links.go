package web

import (
	"slices"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// compared is what the claims of an incident say of one thing: each value once,
// with who states it.
type compared struct {
	Name   string
	Values []saidBy
	Agree  bool // several state it, and none another
}

type saidBy struct{ Value, Who string }

// compare lays the claims' fields side by side: where all that state one say
// the same, and where they do not.
func (v *visit) compare(claims []picture.Claim) []compared {
	t := v.t
	fields := []struct {
		name string
		of   func(picture.Claim) string
	}{
		{"col.what", func(c picture.Claim) string { return v.word(c.Claim.Event) }},
		{"reason.object", func(c picture.Claim) string {
			if c.Claim.Object == "" {
				return ""
			}
			return v.word(c.Claim.Object)
		}},
		{"col.alleged", func(c picture.Claim) string { return v.refs(c.Claim.Actors) }},
		{"col.against", func(c picture.Claim) string { return v.refs(c.Claim.Targets) }},
		{"col.where", func(c picture.Claim) string { return v.place(c.Claim.Place()) }},
		{"col.when", func(c picture.Claim) string { return v.when(c.Claim.When) }},
		{"reason.killed", func(c picture.Claim) string { return v.tollOf(c.Claim, truce.Killed) }},
		{"reason.wounded", func(c picture.Claim) string { return v.tollOf(c.Claim, truce.Wounded) }},
	}
	var all []compared
	for _, f := range fields {
		row := compared{Name: t.T(f.name)}
		var who [][]string
		states := 0
		for _, c := range claims {
			value := f.of(c)
			if value == "" || c.Claim.Form == truce.Denial {
				continue
			}
			states++
			i := slices.IndexFunc(row.Values, func(s saidBy) bool { return s.Value == value })
			if i < 0 {
				i = len(row.Values)
				row.Values, who = append(row.Values, saidBy{Value: value}), append(who, nil)
			}
			if !slices.Contains(who[i], c.Speaker) {
				who[i] = append(who[i], c.Speaker)
			}
		}
		for i := range row.Values {
			row.Values[i].Who = v.speakers(who[i])
		}
		if row.Agree = len(row.Values) == 1 && states > 1; len(row.Values) > 0 {
			all = append(all, row)
		}
	}
	return all
}

// tollOf writes a claim's whole figures of a kind.
func (v *visit) tollOf(c truce.Claim, kind truce.CasualtyKind) string {
	var of []truce.Casualty
	for _, k := range c.Casualties {
		if k.Kind == kind && !k.Part {
			of = append(of, k)
		}
	}
	return v.casualties(of)
}

// suggestion is another incident that may be the same, with the waterfall of
// the claim that says so.
type suggestion struct {
	Other    Link
	Title    string
	Claim    Link
	Bars     []weightBar
	Sum, At  string
	One, Two truce.ClaimRef // to be said same or different
}

const maxSuggestions = 8

// suggestions lists the incidents that may be this one, best first.
func (v *visit) suggestions(i picture.Incident, claims []picture.Claim) []suggestion {
	type found struct {
		c     picture.Claim
		other picture.Incident
		two   truce.ClaimRef
	}
	var all []found
	add := func(c picture.Claim, other picture.Incident, two truce.ClaimRef) {
		at := slices.IndexFunc(all, func(f found) bool { return f.other.ID == other.ID })
		switch {
		case other.ID == i.ID || !c.Link.BoundBy.IsZero() || len(c.Link.NextWhy) == 0:
		case at < 0:
			all = append(all, found{c, other, two})
		case all[at].c.Link.NextAt < c.Link.NextAt:
			all[at] = found{c, other, two}
		}
	}
	for _, c := range claims {
		if other, err := v.view.Incident(v.ctx(), c.Link.Next); err == nil {
			add(c, other, other.ID)
		}
	}
	for _, ref := range i.Suggested {
		c, err := v.view.Claim(v.ctx(), ref)
		if err != nil {
			continue // not for this reader, or taken out since
		}
		if other, err := v.view.Incident(v.ctx(), c.Incident); err == nil {
			add(c, other, i.ID)
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return int(b.c.Link.NextAt - a.c.Link.NextAt) })
	var out []suggestion
	for _, f := range all[:min(len(all), maxSuggestions)] {
		out = append(out, suggestion{
			Other: incidentID(f.other), Title: v.title(f.other), Claim: Link{f.c.Ref.Display(f.c.Index), claimAnchor(f.c)},
			Bars: v.waterfall(f.c.Link.NextWhy), Sum: bits(f.c.Link.NextSum), At: bits(f.c.Link.NextAt), One: f.c.Ref, Two: f.two,
		})
	}
	return out
}

// doubtful lists the claims that the machine joined provisionally and nobody has
// decided on: whether they are of this incident is for a person to say.
func (v *visit) doubtful(i picture.Incident, claims []picture.Claim) []suggestion {
	var out []suggestion
	for _, c := range claims {
		if c.Link.State == "provisional" && c.Link.BoundBy.IsZero() && c.Ref != i.ID && len(out) < maxSuggestions {
			out = append(out, suggestion{
				Title: v.claimLine(c.Claim), Claim: Link{c.Ref.Display(c.Index), claimAnchor(c)},
				Bars: v.waterfall(c.Link.Reasons), Sum: bits(c.Link.Sum), At: bits(c.Link.Weight), One: c.Ref, Two: i.ID,
			})
		}
	}
	return out
}

// decided is a decision of people that bears on the incident, and the form to
// take it back for who made it.
type decided struct {
	Statement Link
	What, Who string
	Why       string
	Withdraw  string // where its own office takes it back, empty for all others
}

// decisions lists the decisions in force that put claims here.
func (v *visit) decisions(claims []picture.Claim) []decided {
	var all []decided
	seen := map[truce.StatementID]bool{}
	for _, c := range claims {
		id := c.Link.BoundBy
		if id.IsZero() || seen[id] {
			continue
		}
		seen[id] = true
		s, err := v.view.StatementByID(v.ctx(), id)
		if err != nil || s.GoneAt >= 0 {
			continue
		}
		d := decided{Statement: statementLink(s.Index), What: v.t.T("kind." + strings.ReplaceAll(string(s.Kind), "-", "_")), Who: v.officeName(s.Office)}
		switch body, _ := s.Body(); b := body.(type) {
		case *truce.Same:
			d.Why = b.Why
		case *truce.Different:
			d.Why = b.Why
		default:
			continue // frozen by an assessment: its case tells
		}
		if s.Office == v.me.ID {
			d.Withdraw = statementLink(s.Index).Href + "/withdraw"
		}
		all = append(all, d)
	}
	return all
}

// decide says that two claims are of one incident, or of two.
func (s *site) decide(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	var refs []truce.ClaimRef
	for _, name := range []string{"one", "two"} {
		ref, err := truce.ParseClaimRef(form.Get(name))
		if err != nil {
			return err
		}
		refs = append(refs, ref)
	}
	var body truce.Body
	switch form.Get("do") {
	case "same":
		body = &truce.Same{Claims: refs, Why: form.Get("why")}
	case "different", "response":
		body = &truce.Different{Claims: refs, Response: form.Get("do") == "response", Why: form.Get("why")}
	default:
		return &truce.Error{Kind: truce.Invalid, Field: "do", Why: "say same, different or response"}
	}
	if _, err := v.say(body); err != nil {
		return err
	}
	i, err := v.view.Incident(v.ctx(), refs[0])
	if err != nil {
		return err
	}
	return v.see(incidentID(i).Href + "#decisions")
}
