package centre

import (
	"slices"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// district returns the district that a place lies in; where none is known the
// governorate; and nothing finer ever, since a village names its people.
func (c *Centre) district(place truce.PlaceID) []truce.Where {
	return unitOf(c.o.Gazetteer, place, gazetteer.Adm2, gazetteer.Adm1)
}

// unitOf returns the unit of the first class, else of the next, that a place lies in.
func unitOf(g *gazetteer.Gazetteer, place truce.PlaceID, classes ...gazetteer.Class) []truce.Where {
	chain := append([]truce.PlaceID{place}, g.Fill(truce.Where{Place: place}).Within...)
	for _, class := range classes {
		for i, id := range chain {
			p, ok := g.Place(id)
			if !ok || p.Class != class {
				continue
			}
			return []truce.Where{{Place: id, Name: p.Name("en"), Class: string(class), Within: chain[i+1:], Relation: "in"}}
		}
	}
	return nil
}

// coarse returns what may be read of a claim below amber: its places as
// districts, or governorates, its time as the counting day, and none of its
// words. A place that lies in no known unit is left out.
func (f *fold) coarse(c truce.Claim, governorate bool) *truce.Claim {
	classes := []gazetteer.Class{gazetteer.Adm2, gazetteer.Adm1}
	if governorate {
		classes = classes[1:]
	}
	out := truce.Claim{
		Ref: c.Ref, Form: c.Form, Event: c.Event, Object: c.Object, Actors: bare(c.Actors), Targets: bare(c.Targets),
		Weapons: bare(c.Weapons), Stance: c.Stance, Side: c.Side, Negated: c.Negated, Count: c.Count,
	}
	for _, x := range c.Casualties {
		x.Text, x.Span = "", nil
		out.Casualties = append(out.Casualties, x)
	}
	for _, w := range c.Where {
		for _, unit := range unitOf(f.o.Gazetteer, w.Place, classes...) {
			if !slices.ContainsFunc(out.Where, func(x truce.Where) bool { return x.Place == unit.Place }) {
				out.Where = append(out.Where, unit)
			}
		}
	}
	if c.When.From != 0 {
		proc := f.book.Procedure()
		if from, to, err := proc.Zone.DayBounds(proc.Zone.DayOf(c.When.From)); err == nil {
			out.When = truce.When{From: from, To: to, Precision: truce.ToDay}
		}
	}
	return &out
}

// bare leaves of names what is known by them, and not how they were worded.
func bare(names []truce.Ref) []truce.Ref {
	var all []truce.Ref
	for _, n := range names {
		if n.ID != "" {
			all = append(all, truce.Ref{ID: n.ID})
		}
	}
	return all
}
