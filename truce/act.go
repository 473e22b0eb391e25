package truce

import "slices"

// Named is somebody an act names, and the statement that names it. Without
// a statement it was said by nobody who signed.
type Named struct {
	ID ActorID
	By StatementID
}

// Signed is a premise that somebody said about an act, and who.
type Signed struct {
	Premise
	By      StatementID // zero: claimed, and signed by nobody
	Speaker string      // one who is alleged to have done the act only claims, never signs
}

// Act is what one actor is alleged to have done: the facts that a verdict is
// given on. It is built from the claims of one incident.
type Act struct {
	Events   []string // nodes of the taxonomy's acts
	Weapons  []string
	Object   string
	Actor    Named
	Targets  []Named
	Where    Where
	When     When
	Premises []Signed
}

// ActOf builds the acts that an incident's claims allege, one for each alleged
// actor in the order of the claims; where nobody is alleged, one whose actor is
// not stated. What is alleged against an actor is taken from the claims that
// allege it; place and time are the finest of all. Denials, plans, wishes,
// background and aggregates allege nothing. Claims come in record order with
// their Ref set.
func ActOf(claims []*Claim) []Act {
	told := make([]*Claim, 0, len(claims))
	var actors []Named
	for _, c := range claims {
		if !c.Stance.Asserted() || c.Negated || c.Form == Denial || c.Form == Background || c.Form == Aggregate {
			continue
		}
		told = append(told, c)
		for _, a := range c.Actors {
			id := ActorID(a.ID)
			if id != "" && id != "unknown" && !slices.ContainsFunc(actors, func(x Named) bool { return x.ID == id }) {
				actors = append(actors, Named{id, c.Ref.Statement})
			}
		}
	}
	if len(told) == 0 {
		return nil
	}
	if len(actors) == 0 {
		actors = []Named{{}}
	}
	where, when := finestPlace(told), finestTime(told)
	acts := make([]Act, len(actors))
	for i, a := range actors {
		acts[i] = Act{Actor: a, Where: where, When: when}
		acts[i].fill(told)
	}
	return acts
}

// fill takes in what the claims about the act's actor say, then what the others
// do.
func (a *Act) fill(told []*Claim) {
	for _, own := range []bool{true, false} {
		for _, c := range told {
			if own == names(c.Actors, a.Actor.ID) {
				a.add(c, !own && a.Actor.ID != "")
			}
		}
	}
}

func names(refs []Ref, id ActorID) bool {
	return id != "" && slices.ContainsFunc(refs, func(r Ref) bool { return r.ID == string(id) })
}

// add takes one claim's facts in. A claim about somebody else's hand fills only
// what the claims about this actor leave open.
func (a *Act) add(c *Claim, fill bool) {
	if (c.Form == EventClaim || c.Form == Attribution) && (!fill || len(a.Events) == 0) && !slices.Contains(a.Events, c.Event) {
		a.Events = append(a.Events, c.Event)
	}
	if !fill || len(a.Weapons) == 0 {
		for _, w := range c.Weapons {
			if w.ID != "" && w.ID != "unknown" && !slices.Contains(a.Weapons, w.ID) {
				a.Weapons = append(a.Weapons, w.ID)
			}
		}
	}
	if a.Object == "" {
		a.Object = c.Object
	}
	if !fill || len(a.Targets) == 0 {
		for _, t := range c.Targets {
			id := ActorID(t.ID)
			if id != "" && id != "unknown" && !slices.ContainsFunc(a.Targets, func(x Named) bool { return x.ID == id }) {
				a.Targets = append(a.Targets, Named{id, c.Ref.Statement})
			}
		}
	}
	for _, p := range c.Premises {
		a.Premises = append(a.Premises, Signed{p, c.Ref.Statement, c.Speaker("")})
	}
}

// finestPlace returns where it fell, by the smallest radius, then by the first
// named place; a place where fire came from only if there is no other.
func finestPlace(told []*Claim) Where {
	var best *Where
	rank := int64(1) << 60
	for _, c := range told {
		if len(c.Where) == 0 {
			continue
		}
		w := &c.Where[0]
		if w.Place == "" && w.Point == nil && w.Sector == nil && len(w.Within) == 0 {
			continue
		}
		r := int64(w.RadiusMetres)
		switch {
		case w.Sector != nil:
			r = int64(w.Sector.RangeMaxMetres)
		case w.Point == nil:
			r = 1 << 40
		}
		if c.Side == Firing {
			r += 1 << 50
		}
		if r < rank {
			best, rank = w, r
		}
	}
	if best == nil {
		return Where{}
	}
	return *best
}

// finestTime returns the narrowest interval. Where several that differ are as
// narrow, none is better than another: it is all that they cover.
func finestTime(told []*Claim) When {
	best, rank := When{}, Instant(1)<<60
	for _, c := range told {
		w := c.When
		from, to := w.Bounds()
		r := Instant(1) << 50
		if from != 0 && to != 0 {
			r = to - from
		} else if from == 0 && to == 0 {
			continue
		}
		if r < rank {
			best, rank = w, r
		}
	}
	if rank < Instant(1)<<50 {
		return best.among(told, rank)
	}
	return best
}

// among widens a time to all of the same length that claims state.
func (w When) among(told []*Claim, length Instant) When {
	first, last := w.Bounds()
	for _, c := range told {
		from, to := c.When.Bounds()
		if from == 0 || to-from != length || from >= first && to <= last {
			continue
		}
		first, last = min(first, from), max(last, to)
		w = When{From: first, To: last, Precision: w.Precision}
		if w.Precision == ToDay {
			w.Precision = ToDays
		}
	}
	return w
}

// Bounds returns the interval with an open end closed by the precision, if it
// has one: a minute, an hour, a day. A time with neither is one instant.
func (w When) Bounds() (from, to Instant) {
	if w.From == 0 || w.To != 0 {
		return w.From, w.To
	}
	switch w.Precision {
	case "":
		return w.From, w.From + 1
	case ToMinute:
		return w.From, w.From + 60
	case ToHour:
		return w.From, w.From + 60*60
	case ToDay:
		return w.From, w.From + Day
	case ToDays, ToWeeks, ToPart, ToMonth, ToYear, Bounded, Fuzzy:
	}
	return w.From, 0
}
