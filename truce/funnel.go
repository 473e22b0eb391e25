package truce

import (
	"cmp"
	"maps"
	"slices"
)

// Counted cases: the funnel of the docket. Every figure is a count of cases,
// recomputed from their files; none says how much happened.

// FunnelCase is a case with what its counts are cut by.
type FunnelCase struct {
	File    CaseFile
	Unit    PlaceID                  // first-order, "" where unknown
	Alleged []ActorID                // who is said to have done it, by at least one claim
	Texts   map[OfficeID]*Assessment // of the newest round, those that the reader may read
}

// Funnel says how many cases came how far.
type Funnel struct {
	Registered   int `json:"registered"`
	Accepted     int `json:"accepted"`
	Insufficient int `json:"insufficient"`
	Duplicate    int `json:"duplicate"`
	Untriaged    int `json:"untriaged"`
	Decided      int `json:"decided"`
	Referred     int `json:"referred"`
	Pending      int `json:"pending"` // accepted, and neither decided nor referred
	Overdue      int `json:"overdue"` // of those pending, with a clock that has run out
	// NotRuled are those put aside as insufficient or found not confirmed or
	// undetermined by all: not ruled, no evidence.
	NotRuled int           `json:"not_ruled_no_evidence"`
	Asked    int           `json:"asked"`   // requests to parties
	Replied  int           `json:"replied"` // of them in time
	Late     int           `json:"late"`
	Outcomes []OutcomeN    `json:"outcomes"`
	Hours    []MedianHours `json:"hours"`
	ByTerm   []CutN        `json:"by_term"`
	ByUnit   []CutN        `json:"by_unit"`
	ByParty  []PartyN      `json:"by_party"`
}

// OutcomeN counts cases by what was concluded together.
type OutcomeN struct {
	Kind    FindingKind `json:"kind"`
	Outcome Outcome     `json:"outcome,omitempty"`
	N       int         `json:"n"`
}

// MedianHours is how long cases took from their opening to a state, the lower
// median of those that came there.
type MedianHours struct {
	State CaseState `json:"state"`
	N     int       `json:"n"`
	Hours int64     `json:"hours"`
}

// CutN counts cases of one term or unit: per office those in which it found the
// term broken or a violation, those in which all did, and all that were opened.
type CutN struct {
	Of     string           `json:"of"`
	Opened int              `json:"opened"`
	Each   map[OfficeID]int `json:"each"`
	All    int              `json:"all"`
}

// PartyN counts cases of one party: as alleged by claims, and as found by each
// office and by all. Not attributable is no party.
type PartyN struct {
	Actor   ActorID          `json:"actor"`
	Alleged int              `json:"alleged"`
	Each    map[OfficeID]int `json:"each"`
	All     int              `json:"all"`
}

// FunnelOf counts cases at t. coChairs are those whose texts are compared.
func FunnelOf(cases []FunnelCase, coChairs []OfficeID, t Instant) Funnel {
	f := Funnel{Outcomes: []OutcomeN{}, Hours: []MedianHours{}}
	terms, units, parties := cuts{}, cuts{}, cuts{}
	took := map[CaseState][]int64{}
	for i := range cases {
		c := &cases[i]
		f.count(&c.File, t)
		first := map[CaseState]bool{}
		for _, m := range c.File.Path {
			if !first[m.To] {
				first[m.To] = true
				took[m.To] = append(took[m.To], int64(m.At-c.File.Opened)/3600)
			}
		}
		violation := func(a *Assessment) bool { return a.Outcome == Violation }
		units.add(string(c.Unit), c, coChairs, violation)
		for _, term := range c.terms() {
			terms.add(string(term), c, coChairs, func(a *Assessment) bool {
				return slices.ContainsFunc(a.Checks, func(k TermCheck) bool { return k.Term == term && k.Verdict == Prohibited })
			})
		}
		for _, actor := range c.parties() {
			of := parties.add(string(actor), c, coChairs, func(a *Assessment) bool {
				return slices.ContainsFunc(a.Attributed, func(x Attributed) bool { return x.Actor == actor && x.Degree != "not-attributable" })
			})
			if !slices.Contains(c.Alleged, actor) {
				of.Opened-- // found, and alleged by nobody
			}
		}
	}
	f.hours(took)
	f.ByTerm, f.ByUnit, f.ByParty = terms.sorted(), units.sorted(), []PartyN{}
	for _, p := range parties.sorted() {
		f.ByParty = append(f.ByParty, PartyN{ActorID(p.Of), p.Opened, p.Each, p.All})
	}
	slices.SortFunc(f.Outcomes, func(a, b OutcomeN) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Outcome, b.Outcome)) })
	return f
}

// count puts one case in its places of the funnel.
func (f *Funnel) count(c *CaseFile, t Instant) {
	f.Registered++
	went := func(rule string) bool {
		return slices.ContainsFunc(c.Path, func(m Move) bool { return m.Rule == rule })
	}
	switch {
	case c.State == CaseInsufficient:
		f.Insufficient++
		f.NotRuled++
	case c.State == CaseDuplicate:
		f.Duplicate++
	case went("triage-accept"):
		f.Accepted++
	case c.State == CaseRegistered:
		f.Untriaged++
	case went("triage-insufficient"):
		f.Insufficient++
	case went("triage-duplicate"):
		f.Duplicate++
	}
	for _, r := range c.Requests {
		f.Asked++
		switch {
		case r.Reply.IsZero() || r.Replied > t:
		case r.Due != 0 && r.Replied > r.Due:
			f.Late++
		default:
			f.Replied++
		}
	}
	if c.Finding.Kind != Undecided {
		f.Decided++
		i := slices.IndexFunc(f.Outcomes, func(o OutcomeN) bool { return o.Kind == c.Finding.Kind && o.Outcome == c.Finding.Outcome })
		if i < 0 {
			i, f.Outcomes = len(f.Outcomes), append(f.Outcomes, OutcomeN{Kind: c.Finding.Kind, Outcome: c.Finding.Outcome})
		}
		f.Outcomes[i].N++
		if c.Finding.Outcome == NotConfirmed || c.Finding.Outcome == Undetermined {
			f.NotRuled++
		}
	}
	if c.State == CaseReferred {
		f.Referred++
	}
	if !c.Ended() {
		f.Pending++
		if len(c.Overdue(t)) > 0 {
			f.Overdue++
		}
	}
}

func (f *Funnel) hours(took map[CaseState][]int64) {
	for _, s := range slices.Sorted(maps.Keys(took)) {
		all := took[s]
		slices.Sort(all)
		f.Hours = append(f.Hours, MedianHours{s, len(all), all[(len(all)-1)/2]})
	}
}

// terms are those that a text of the case checks, in order.
func (c *FunnelCase) terms() []TermID {
	set := map[TermID]bool{}
	for _, a := range c.Texts {
		for _, k := range a.Checks {
			set[k.Term] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// parties are those alleged or found, in order.
func (c *FunnelCase) parties() []ActorID {
	set := map[ActorID]bool{}
	for _, a := range c.Alleged {
		set[a] = true
	}
	for _, x := range c.Texts {
		for _, a := range x.Attributed {
			if a.Actor != "" && a.Degree != "not-attributable" {
				set[a.Actor] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// cuts gathers counts by a name.
type cuts map[string]*CutN

// add counts a case under a name: per office whether its text finds it so.
func (k cuts) add(name string, c *FunnelCase, coChairs []OfficeID, finds func(*Assessment) bool) *CutN {
	n := k[name]
	if n == nil {
		n = &CutN{Of: name, Each: map[OfficeID]int{}}
		for _, o := range coChairs {
			n.Each[o] = 0
		}
		k[name] = n
	}
	n.Opened++
	all := len(coChairs) > 0
	for _, o := range coChairs {
		if a := c.Texts[o]; a != nil && finds(a) {
			n.Each[o]++
		} else {
			all = false
		}
	}
	if all {
		n.All++
	}
	return n
}

func (k cuts) sorted() []CutN {
	all := make([]CutN, 0, len(k))
	for _, name := range slices.Sorted(maps.Keys(k)) {
		all = append(all, *k[name])
	}
	return all
}
