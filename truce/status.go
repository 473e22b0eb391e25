package truce

// The words for where an actor stands towards the terms.
const (
	StatusAccepted    = "accepted"
	StatusNotified    = "accepted-notified" // accepted, and told where it is
	StatusExcluded    = "excluded"
	StatusUnprotected = "unprotected" // bound as before, no longer protected
	StatusNotParty    = "not-party"   // neither bound nor protected
	StatusWithdrawn   = "withdrawn"
	StatusSuspended   = "suspended"
	StatusUnknown     = "unknown"
)

// What names the matter of a premise.
type What string

// The matters that a verdict rests on.
const (
	AboutActor      What = "actor"       // who did it
	AboutTarget     What = "target"      // who was hit
	AboutAct        What = "act"         // what was done, where it is known too coarsely
	AboutWeapon     What = "weapon"      // with what
	AboutTime       What = "time"        // when, where it is known too coarsely
	AboutArea       What = "area"        // where, where its precision straddles an edge
	AboutSpan       What = "span"        // that a span is in force in this reading
	AboutStart      What = "start"       // when it began
	AboutEnd        What = "end"         // when it ends
	AboutAcceptance What = "acceptance"  // that an actor accepted
	AboutNotice     What = "notice"      // that an actor told where it is
	AboutWithdrawal What = "withdrawal"  // that it withdrew or suspended
	AboutExclusion  What = "designation" // that it is excluded
	AboutStatus     What = "status"      // an office's reading of an actor
	AboutParent     What = "parent"      // that it belongs to a force
	AboutMember     What = "membership"  // that it is member of a coalition
	AboutControl    What = "control"     // who held the place
	AboutTerm       What = "term"        // an office's reading of the term
	AboutPremise    What = "premise"     // a named premise that somebody signs
)

// Ground is one premise of a verdict: what it is about, whom or what it
// concerns, which way it points and which statement says so. A ground that is
// Unsure is missing; one without a statement nobody has signed.
type Ground struct {
	What  What        `json:"what"`
	Of    string      `json:"of,omitempty"` // an actor, span, term or the name of a premise
	Holds Tri         `json:"holds"`
	By    StatementID `json:"by,omitzero"`
}

// Standing is where an actor stands under one office's reading, as of a time
// and an index. Bound and Protected are two questions: a reading may end an
// actor's protection without ending its duty.
type Standing struct {
	Actor     ActorID
	Status    string
	Bound     Tri
	Protected Tri
	Notified  Tri // whether it told where it is
	Grounds   []Ground
}

// Status returns where an actor stands at t, as known at n, in the reading of
// an office: what the office reads of it, else what acceptances, withdrawals
// and designations say, else what holds for the force it belongs to.
func (g *Regime) Status(actor ActorID, t Instant, n int64, office OfficeID) Standing {
	l := Lens{Office: office, N: n, g: g, readings: g.Readings(office, n)}
	return l.standing(actor, t, nil, maxNesting)
}

// standing is Status with the premises that an act brings.
func (l *Lens) standing(actor ActorID, t Instant, act *Act, depth int) Standing {
	facts := l.g.facts(actor, t, l.N)
	if facts.Status == StatusUnknown && depth > 0 {
		if a := l.g.actors.last(string(actor), l.N); a != nil && a.Body.Parent != "" {
			up := l.standing(a.Body.Parent, t, act, depth-1)
			if up.Status != StatusUnknown {
				up.Actor = actor
				up.Grounds = append([]Ground{{AboutParent, string(actor), Yes, a.ID}}, up.Grounds...)
				facts = up
			}
		}
	}
	for i := len(l.readings) - 1; i >= 0; i-- {
		r := &l.readings[i]
		if r.Body.About != "actor" || r.Body.Actor != actor || !r.Body.Validity.Meets(t, t+1) {
			continue
		}
		if s, taken := l.readActor(r, facts, act); taken {
			return s
		}
	}
	return facts
}

// readActor applies an office's reading of an actor over the facts. A reading
// that rests on premises falls where one is signed as not met.
func (l *Lens) readActor(r *Row[Reading], facts Standing, act *Act) (s Standing, taken bool) {
	s = Standing{Actor: facts.Actor, Status: r.Body.Status, Notified: facts.Notified, Grounds: []Ground{{AboutStatus, string(facts.Actor), Yes, r.ID}}}
	for _, name := range r.Body.Requires {
		switch p := l.signed(name, r.Body.Premises, r.ID, act); p.Holds {
		case No:
			return facts, false
		case Yes:
			s.Grounds = append(s.Grounds, p.Ground)
		case Unsure:
			s.Status, s.Notified = StatusUnknown, Unsure
			s.Grounds = append(s.Grounds, p.Ground)
		}
	}
	switch s.Status {
	case StatusAccepted:
		s.Bound, s.Protected = Yes, Yes
	case StatusNotified:
		s.Bound, s.Protected, s.Notified = Yes, Yes, Yes
	case StatusExcluded, StatusNotParty, StatusWithdrawn, StatusSuspended:
		s.Bound, s.Protected = No, No
	case StatusUnprotected:
		s.Bound, s.Protected = facts.Bound, No
		s.Grounds = append(s.Grounds, facts.Grounds...)
	case StatusUnknown:
		if len(r.Body.Requires) == 0 {
			s.Grounds[0].Holds = Unsure
		}
	}
	return s, true
}

// facts returns where an actor stands by acceptances, withdrawals and
// designations alone. A designation goes before an acceptance, since the terms
// exclude by name; else the latest word before t holds, by time, then by index.
func (g *Regime) facts(actor ActorID, t Instant, n int64) Standing {
	key := string(actor)
	for d := range g.designations.of(key, n) {
		if d.Body.When.Meets(t, t+1) {
			return Standing{Actor: actor, Status: StatusExcluded, Bound: No, Protected: No, Grounds: []Ground{{AboutExclusion, key, Yes, d.ID}}}
		}
	}
	s := Standing{Actor: actor, Status: StatusUnknown, Grounds: []Ground{{AboutAcceptance, key, Unsure, StatementID{}}}}
	latest, since := Instant(-1)<<62, int64(-1)
	newer := func(from Instant, at int64) bool {
		return from <= t && (from > latest || from == latest && at > since)
	}
	for a := range g.acceptances.of(key, n) {
		if a.Body.Doubtful || !newer(a.Body.When.From, a.Since) || a.Body.When.To != 0 && t >= a.Body.When.To {
			continue
		}
		latest, since = a.Body.When.From, a.Since
		s = Standing{actor, StatusAccepted, Yes, Yes, a.Body.Notified, []Ground{{AboutAcceptance, key, Yes, a.ID}}}
		if s.Notified == Yes {
			s.Status = StatusNotified
		}
	}
	for w := range g.withdrawals.of(key, n) {
		if !newer(w.Body.When.From, w.Since) || w.Body.When.To != 0 && t >= w.Body.When.To {
			continue
		}
		latest, since = w.Body.When.From, w.Since
		s = Standing{Actor: actor, Status: StatusWithdrawn, Bound: No, Protected: No, Grounds: []Ground{{AboutWithdrawal, key, Yes, w.ID}}}
		if w.Body.Suspends {
			s.Status = StatusSuspended
		}
	}
	return s
}

// Members returns the members of a coalition at t as known at n, each with the
// statement that says so, in order of the record. Of one actor the latest word
// before t holds; one that left is no member from then on.
func (g *Regime) Members(coalition ActorID, t Instant, n int64) []Ground {
	type member struct {
		Ground
		from Instant
		left bool
	}
	var all []member
	for m := range g.memberships.of(string(coalition), n) {
		b := m.Body
		if !b.When.Meets(t, t+1) {
			continue
		}
		word := member{Ground{AboutMember, string(b.Actor), Yes, m.ID}, b.When.From, b.Left}
		i := 0
		for i < len(all) && all[i].Of != word.Of {
			i++
		}
		switch {
		case i == len(all):
			all = append(all, word)
		case word.from > all[i].from || word.from == all[i].from && word.left:
			all[i] = word
		}
	}
	var in []Ground
	for _, m := range all {
		if !m.left {
			in = append(in, m.Ground)
		}
	}
	return in
}

// Holders returns who held a place at a time within [from, to), as claimed and
// as known at n, in order of the record. Each claimant's finest area counts,
// and of that its latest word; rival claimants stand side by side.
func (g *Regime) Holders(w Where, from, to Instant, n int64) []Ground {
	type held struct {
		Ground
		claimant string
		from     Instant
		level    int
	}
	var all []held
	look := func(key string, level int) {
		for c := range g.controls.of(key, n) {
			if !c.Body.When.Meets(from, to) || c.Body.Area.Holds(w) != Yes {
				continue
			}
			h := held{Ground{AboutControl, string(c.Body.Actor), Yes, c.ID}, c.Body.ClaimedBy, c.Body.When.From, level}
			i := 0
			for i < len(all) && all[i].claimant != h.claimant {
				i++
			}
			switch {
			case i == len(all):
				all = append(all, h)
			case all[i].level == level && h.from >= all[i].from:
				all[i] = h
			}
		}
	}
	look("", 0) // a line or a polygon is finer than a named place
	if w.Place != "" {
		look(string(w.Place), 1)
	}
	for i, p := range w.Within {
		if p != w.Place {
			look(string(p), i+2)
		}
	}
	var holders []Ground
	for _, h := range all {
		if !containsOf(holders, h.Of) {
			holders = append(holders, h.Ground)
		}
	}
	return holders
}

func containsOf(list []Ground, of string) bool {
	for _, h := range list {
		if h.Of == of {
			return true
		}
	}
	return false
}
