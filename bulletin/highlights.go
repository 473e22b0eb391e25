package bulletin

import (
	"slices"
	"strconv"

	"github.com/marchday/marchday/truce"
)

const maxHighlights = 5

// highlights makes two to five sentences by rules that are the same for every
// day, in this order: what began and who claims it; the most deaths; a calm
// whose beginning is claimed differently; where the readings differ; calms that
// begin or end; the docket.
func highlights(d *Daily) []Highlight {
	all := []Highlight{counts(d)}
	for _, rule := range []func(*Daily) (Highlight, bool){worst, rivalClocks, readingsDiffer, calmsBegin, calmsEnd} {
		if h, ok := rule(d); ok && len(all) < maxHighlights-1 {
			all = append(all, h)
		}
	}
	return append(all, docketLine(d))
}

func number(name string, n int) Arg { return Arg{Name: name, N: &n} }

func counts(d *Daily) Highlight {
	h := Highlight{Rule: "counts", Links: []string{"#table"}}
	n := len(d.Incidents)
	if n == 0 {
		h.Rule = "none"
	} else {
		tally := append(slices.Clone(d.Table.All.Claimed), Tally{"", d.Table.All.Others})
		h.Args = []Arg{number("n", n), {Name: "claims", Tally: tally}}
	}
	h.Args = append(h.Args, Arg{Name: "watch", Word: "watch." + d.Table.Watch})
	return h
}

// worst names the incident with the highest low of killed, the earliest in the
// record among equals.
func worst(d *Daily) (Highlight, bool) {
	best, at := int32(0), -1
	var toll Toll
	for i := range d.Incidents {
		if t, ok := d.Incidents[i].killed(); ok && t.Low > best {
			best, at, toll = t.Low, i, t
		}
	}
	if at < 0 {
		return Highlight{}, false
	}
	i := &d.Incidents[at]
	return Highlight{"worst", []Arg{
		{Name: "event", Word: "act." + i.Event}, {Name: "place", Named: []Named{i.Place}}, {Name: "killed", Toll: &ArgToll{toll.Low, toll.High, toll.More}},
		number("sources", len(toll.Lineages)), {Name: "status", Word: "status." + i.Status},
	}, []string{"#" + anchor(i)}}, true
}

// rivalClocks finds the first area whose calm begins at different times by
// different claimants.
func rivalClocks(d *Daily) (Highlight, bool) {
	for i := range d.Spans {
		s := &d.Spans[i]
		if s.Sort == "cessation" || len(s.Area) == 0 {
			continue
		}
		clocks := []ClockClaim{{s.ClaimedBy, s.Start}}
		for k := i + 1; k < len(d.Spans); k++ {
			o := &d.Spans[k]
			if o.Sort != s.Sort || len(o.Area) == 0 || o.Area[0].ID != s.Area[0].ID || o.Act != "announced" || s.Act != "announced" {
				continue
			}
			if !slices.ContainsFunc(clocks, func(c ClockClaim) bool { return c.By.ID == o.ClaimedBy.ID }) {
				clocks = append(clocks, ClockClaim{o.ClaimedBy, o.Start})
			}
		}
		if slices.ContainsFunc(clocks, func(c ClockClaim) bool { return c.Start != s.Start }) {
			return Highlight{"rival-clocks", []Arg{{Name: "area", Named: s.Area}, {Name: "clocks", Clock: clocks}}, []string{"#spans"}}, true
		}
	}
	return Highlight{}, false
}

func calmsBegin(d *Daily) (Highlight, bool) {
	return calms(d, "begins", func(s *Span) bool { return s.Begins })
}

func calmsEnd(d *Daily) (Highlight, bool) {
	return calms(d, "ends", func(s *Span) bool { return s.Ends })
}

func calms(d *Daily, rule string, is func(*Span) bool) (Highlight, bool) {
	var areas []Named
	for i := range d.Spans {
		for _, a := range d.Spans[i].Area {
			if is(&d.Spans[i]) && !slices.ContainsFunc(areas, func(n Named) bool { return n.ID == a.ID }) {
				areas = append(areas, a)
			}
		}
	}
	return Highlight{rule, []Arg{{Name: "area", Named: areas}}, []string{"#spans"}}, len(areas) > 0
}

func readingsDiffer(d *Daily) (Highlight, bool) {
	h := Highlight{Rule: "readings", Links: []string{"#verdicts"}}
	n := 0
	for i := range d.Incidents {
		if d.Incidents[i].differs() {
			n++
		}
	}
	h.Args = []Arg{number("n", n), number("of", len(d.Incidents))}
	return h, n > 0
}

// differs reports whether the readings give different verdicts on an incident.
func (i *Incident) differs() bool { return len(i.Acts) > 0 && !i.Agree }

// killed returns the figure that stands for the incident's dead: of the strike
// itself, of people, the one that most sources tell of, the first among equals.
func (i *Incident) killed() (Toll, bool) {
	var best Toll
	for _, scope := range []string{"strike", "building"} {
		for _, t := range i.Tolls {
			if t.Kind == truce.Killed && t.Scope == scope && (t.Who == "people" || t.Who == "civilians") && len(t.Lineages) > len(best.Lineages) {
				best = t
			}
		}
		if best.Lineages != nil {
			return best, true
		}
	}
	return best, false
}

func docketLine(d *Daily) Highlight {
	overdue, missing := 0, 0
	for _, list := range [][]Case{d.Docket.Open, d.Docket.Decided} {
		for i := range list {
			for _, k := range list[i].Clocks {
				if k.Overdue {
					overdue++
				}
			}
			for _, t := range list[i].Texts {
				if t.State == TextMissing {
					missing++
				}
			}
		}
	}
	return Highlight{"docket", []Arg{
		number("decided", len(d.Docket.Decided)), number("open", len(d.Docket.Open)), number("overdue", overdue), number("missing", missing),
	}, []string{"#docket"}}
}

// anchor is an incident's id within an HTML edition.
func anchor(i *Incident) string {
	a := "i-" + strconv.FormatInt(i.Index, 10)
	if i.ID.Family != "" {
		a += "-" + strconv.FormatUint(uint64(i.ID.At), 10)
		if i.ID.N > 0 {
			a += "-" + strconv.Itoa(int(i.ID.N))
		}
	}
	return a
}
