package truce

import (
	"slices"
	"strings"
)

// A probe asks the questions of one act under one lens, and keeps the answers
// that every term needs.
type probe struct {
	l        *Lens
	act      *Act
	at       Instant
	from, to Instant
	actor    *Standing
	victims  []victim
	sought   bool // victims were looked for
	holders  []Ground
	held     bool // holders were looked for
}

// victim is who was hit, with where it stands.
type victim struct {
	ground Ground
	Standing
}

// judge asks one term, in this order: is the act one it lists, is the time
// within a span of this reading, is the place, is the actor bound, is one of
// the term's own exceptions met, is the victim protected, do its conditions
// hold. The first clear no puts the act outside; else anything unsure makes
// the facts insufficient.
func (p *probe) judge(t *termRead, v *TermVerdict) Answer {
	term, meaning := t.row.Body, t.meaning(p.from, p.to)
	v.Term, v.Statement, v.Instrument, v.Paragraph, v.Modality = term.ID, t.row.ID, term.Instrument, term.Paragraph, term.Modality
	listed := p.listed(term, meaning, &v.Grounds)
	if listed == No {
		v.Grounds = nil
		v.Beside = slices.ContainsFunc(p.act.Events, func(e string) bool { return anyIs(e, term.Beside) })
		return OutsideAct
	}
	v.Grounds = slices.Grow(v.Grounds, 8)
	when, where := p.inSpan(term, v)
	if when == No {
		return OutsideTime
	}
	if where == No {
		return OutsideArea
	}
	switch p.bound(term.DutyBearers, &v.Grounds) {
	case No:
		return OutsideActor
	case Unsure: // whether an act by this actor breaks the term comes before whom the term protects
		return Insufficient
	case Yes:
	}
	known := sure(listed, when, where)
	switch p.exceptions(t, meaning, v) {
	case Yes:
		if known == Yes {
			return IsExempt
		}
		return Insufficient
	case Unsure:
		known = Unsure
	case No:
	}
	protected := p.protected(term.Beneficiaries, meaning, &v.Grounds)
	if protected == No {
		return OutsideActor
	}
	conditions := p.conditions(t, meaning, &v.Grounds)
	if conditions == No {
		return OutsideAct
	}
	if sure(known, protected, conditions) == Unsure {
		return Insufficient
	}
	return Prohibited
}

// sure returns Unsure if any of the answers is; none of them is No.
func sure(answers ...Tri) Tri {
	if slices.Contains(answers, Unsure) {
		return Unsure
	}
	return Yes
}

func anyIs(event string, acts []string) bool {
	return slices.ContainsFunc(acts, func(a string) bool { return taxonomy.Is(event, a) })
}

// listed asks whether the term, or the office's meaning of it, lists the act
// and the weapon. An act that is known only more coarsely than what the term
// lists leaves it open.
func (p *probe) listed(term *Term, meaning *Row[Reading], grounds *[]Ground) Tri {
	acts := term.Acts
	act := p.actIn(acts)
	if act != Yes && meaning != nil && len(meaning.Body.Acts) > 0 {
		if more := p.actIn(meaning.Body.Acts); more == Yes || more == Unsure && act == No {
			act = more
			*grounds = append(*grounds, Ground{AboutTerm, string(term.ID), Yes, meaning.ID})
		}
	}
	if act == No {
		return No
	}
	if act == Unsure {
		*grounds = append(*grounds, Ground{AboutAct, strings.Join(p.act.Events, " "), Unsure, StatementID{}})
	}
	if len(term.Weapons) == 0 {
		return act
	}
	if len(p.act.Weapons) == 0 {
		*grounds = append(*grounds, Ground{AboutWeapon, "", Unsure, StatementID{}})
		return Unsure
	}
	if !slices.ContainsFunc(p.act.Weapons, func(w string) bool { return anyIs(w, term.Weapons) }) {
		return No
	}
	return act
}

func (p *probe) actIn(acts []string) Tri {
	out := No
	for _, e := range p.act.Events {
		if anyIs(e, acts) {
			return Yes
		}
		coarse := strings.TrimSuffix(e, "_unspecified")
		if coarse != e {
			coarse = taxonomy.parent[e]
		}
		if coarse != "" && slices.ContainsFunc(acts, func(a string) bool { return taxonomy.Is(a, coarse) }) {
			out = Unsure
		}
	}
	return out
}

// inSpan asks whether time and place lie in a span of the term's sort in this
// reading, or in the time and area that the term states itself, and notes the
// clock that was used.
func (p *probe) inSpan(term *Term, v *TermVerdict) (when, where Tri) {
	ownTime, ownArea := No, No
	if !term.When.IsZero() {
		ownTime = p.inOwnTime(term, v)
		if ownTime == No {
			return No, No
		}
	}
	if !term.Area.IsZero() {
		ownArea = p.placeIn(term.Area, string(term.ID), v.Statement, &v.Grounds)
		if ownArea == No {
			return Yes, No
		}
	}
	if !term.When.IsZero() && !term.Area.IsZero() {
		return ownTime, ownArea
	}
	sort := term.spanSort()
	best := spanAnswer{when: No, where: No}
	read := false
	for _, s := range p.l.spans {
		if s.sort != sort {
			continue
		}
		read = true
		a := p.askSpan(s, !term.When.IsZero(), !term.Area.IsZero())
		if best.group == nil || a.better(best) {
			best = a
		}
	}
	switch {
	case !read && sort == cessation: // what an office did not state stays not stated
		v.Grounds = append(v.Grounds, Ground{AboutSpan, sort, Unsure, StatementID{}})
		return Unsure, Unsure
	case best.group == nil:
		return No, No
	}
	v.Span = best.group.id
	if best.read != nil {
		v.Clock, v.ClockBy = best.read.clock, best.read.by
	}
	v.Grounds = append(v.Grounds, best.grounds[:best.n]...)
	if !term.When.IsZero() {
		best.when = ownTime
	}
	if !term.Area.IsZero() {
		best.where = ownArea
	}
	return best.when, best.where
}

func (p *probe) inOwnTime(term *Term, v *TermVerdict) Tri {
	own := SpanClock{Start: term.When.From, EndFrom: term.When.To, EndTo: term.When.To}
	if own.Start == 0 {
		own.Start = -everywhen
	}
	holds, what := own.holds(p.from, p.to)
	if holds == Unsure {
		v.Grounds = append(v.Grounds, Ground{what, string(term.ID), Unsure, StatementID{}})
	}
	return holds
}

// spanAnswer is what one span in this reading says to the act.
type spanAnswer struct {
	group       *spanGroup
	read        *spanRead
	when, where Tri
	grounds     [3]Ground
	n           int
}

// better reports whether an answer brings the act further than another.
func (a spanAnswer) better(b spanAnswer) bool {
	score := func(s spanAnswer) int {
		switch {
		case s.when == No:
			return 0
		case s.where == No:
			return 1
		case s.when == Unsure || s.where == Unsure:
			return 2
		}
		return 3
	}
	return score(a) > score(b)
}

func (a *spanAnswer) note(g Ground) {
	a.grounds[a.n] = g
	a.n++
}

// askSpan asks a span for the time and the place, skipping what the term
// states itself.
func (p *probe) askSpan(s *spanGroup, skipTime, skipArea bool) spanAnswer {
	a := spanAnswer{group: s, read: s.at(p.from, p.to), when: Yes, where: Yes}
	if a.read == nil {
		a.when = No
		return a
	}
	if !skipTime {
		holds, what := a.read.clock.holds(p.from, p.to)
		a.when = holds
		if holds == No {
			a.note(Ground{AboutSpan, string(s.id), No, a.read.by})
			return a
		}
		a.note(Ground{AboutSpan, string(s.id), Yes, a.read.by})
		if holds == Unsure {
			a.note(Ground{what, string(s.id), Unsure, StatementID{}})
		}
	}
	if !skipArea {
		var by StatementID
		a.where, by = s.takesIn(a.read, p.act.Where, p.from, p.to)
		a.note(Ground{AboutArea, string(s.id), a.where, by})
	}
	return a
}

func (p *probe) placeIn(a Area, of string, by StatementID, grounds *[]Ground) Tri {
	in := a.Holds(p.act.Where)
	*grounds = append(*grounds, Ground{AboutArea, of, in, by})
	return in
}

// bound asks whether the actor is one of the term's duty-bearers.
func (p *probe) bound(bearers []ActorID, grounds *[]Ground) Tri {
	if slices.Contains(bearers, Anyone) {
		return Yes
	}
	actor := p.act.Actor
	if actor.ID == "" || actor.By.IsZero() {
		*grounds = append(*grounds, Ground{AboutActor, string(actor.ID), Unsure, StatementID{}})
		return Unsure
	}
	out := No
	for _, b := range bearers {
		var t Tri
		switch b {
		case Accepting:
			s := p.standing()
			t = s.Bound
			*grounds = append(*grounds, s.Grounds...)
		case Excluded:
			s := p.standing()
			t = excludedBy(*s)
			*grounds = append(*grounds, s.Grounds...)
		case Controlling:
			t = p.controls(actor.ID, grounds)
		case CoChairs:
			t = p.vouches(actor.ID)
		default:
			t = No
			if p.l.belongs(actor.ID, b, maxNesting) {
				t = Yes
			}
		}
		if t == Yes {
			return Yes
		}
		if t == Unsure {
			out = Unsure
		}
	}
	return out
}

func (p *probe) standing() *Standing {
	if p.actor == nil {
		s := p.l.standing(p.act.Actor.ID, p.at, p.act, maxNesting)
		p.actor = &s
	}
	return p.actor
}

// excludedBy reports whether an actor is excluded. Nobody is whom no statement
// designates; an office's reading may leave it open.
func excludedBy(s Standing) Tri {
	switch {
	case s.Status == StatusExcluded:
		return Yes
	case s.Status == StatusUnknown && s.Grounds[0].What == AboutStatus:
		return Unsure
	}
	return No
}

// controls asks whether the actor held the place: by a control claim, or by a
// signed premise of that name.
func (p *probe) controls(actor ActorID, grounds *[]Ground) Tri {
	if s := p.l.signed(string(Controlling), nil, StatementID{}, p.act); s.Holds != Unsure {
		for _, x := range p.act.Premises {
			if x.Name == string(Controlling) && (x.Actor == "" || p.l.belongs(actor, x.Actor, maxNesting)) {
				*grounds = append(*grounds, Ground{AboutControl, string(actor), s.Holds, s.By})
				return s.Holds
			}
		}
	}
	out := No
	for _, h := range p.holdersOf() {
		t := No
		if p.l.belongs(actor, ActorID(h.Of), maxNesting) {
			t = Yes
		}
		*grounds = append(*grounds, h)
		if len(p.holders) == 1 {
			return t
		}
		if t == Yes {
			out = Unsure // rival claims
		}
	}
	if len(p.holders) == 0 || out == Unsure {
		*grounds = append(*grounds, Ground{AboutControl, string(actor), Unsure, StatementID{}})
		return Unsure
	}
	return No
}

func (p *probe) holdersOf() []Ground {
	if !p.held {
		p.holders, p.held = p.l.g.Holders(p.act.Where, p.from, p.to, p.l.N), true
	}
	return p.holders
}

// vouches reports whether the actor is a guarantor that a co-chair's office
// stands for.
func (p *probe) vouches(actor ActorID) Tri {
	for _, o := range p.l.g.seats {
		if o.Role == CoChair && o.Party != "" && p.l.belongs(actor, o.Party, maxNesting) {
			return Yes
		}
	}
	return No
}

// belongs reports whether an actor is another, or of its force.
func (l *Lens) belongs(actor, to ActorID, depth int) bool {
	if actor == to {
		return actor != ""
	}
	if depth == 0 {
		return false
	}
	a := l.g.actors.last(string(actor), l.N)
	return a != nil && a.Body.Parent != "" && l.belongs(a.Body.Parent, to, depth-1)
}

// seekVictims finds who was hit: the targets that are registered actors, else
// whoever held the place.
func (p *probe) seekVictims() []victim {
	if p.sought {
		return p.victims
	}
	p.sought = true
	for _, t := range p.act.Targets {
		if p.l.g.actors.last(string(t.ID), p.l.N) == nil {
			continue
		}
		v := victim{ground: Ground{AboutTarget, string(t.ID), signedBy(t.By), t.By}}
		if !t.By.IsZero() {
			v.Standing = p.l.standing(t.ID, p.at, p.act, maxNesting)
		}
		p.victims = append(p.victims, v)
	}
	if len(p.victims) > 0 {
		return p.victims
	}
	for _, h := range p.holdersOf() {
		p.victims = append(p.victims, victim{h, p.l.standing(ActorID(h.Of), p.at, p.act, maxNesting)})
	}
	return p.victims
}

// protected asks whether the term protects who was hit. Without a list it
// protects all.
func (p *probe) protected(beneficiaries []ActorID, meaning *Row[Reading], grounds *[]Ground) Tri {
	if len(beneficiaries) == 0 || slices.Contains(beneficiaries, Anyone) {
		return Yes
	}
	needsNotice := meaning != nil && meaning.Body.NeedsNotice
	if len(p.seekVictims()) == 0 {
		*grounds = append(*grounds, Ground{AboutTarget, "", Unsure, StatementID{}})
		return Unsure
	}
	out := No
	for i := range p.victims {
		v := &p.victims[i]
		*grounds = append(*grounds, v.ground)
		t := p.among(v, beneficiaries, grounds)
		if t != No && needsNotice {
			t = p.notified(v, meaning, t, grounds)
		}
		if t == Yes {
			out = Yes
		} else if t == Unsure && out == No {
			out = Unsure
		}
	}
	return out
}

// among asks whether somebody who was hit is among those listed.
func (p *probe) among(v *victim, list []ActorID, grounds *[]Ground) Tri {
	if v.ground.By.IsZero() {
		return Unsure
	}
	out := No
	for _, b := range list {
		t := No
		switch b {
		case Accepting:
			t = v.Protected
			*grounds = append(*grounds, v.Grounds...)
		case Excluded:
			t = excludedBy(v.Standing)
			*grounds = append(*grounds, v.Grounds...)
		case CoChairs:
			t = p.vouches(v.Actor)
		case Controlling:
			t = p.controls(v.Actor, grounds)
		default:
			if p.l.belongs(v.Actor, b, maxNesting) {
				t = Yes
			}
		}
		if t == Yes {
			return Yes
		}
		if t == Unsure {
			out = Unsure
		}
	}
	return out
}

// notified asks, where the office reads the term so, whether the victim had
// told where it was.
func (p *probe) notified(v *victim, meaning *Row[Reading], t Tri, grounds *[]Ground) Tri {
	*grounds = append(*grounds, Ground{AboutTerm, string(meaning.Body.Term), Yes, meaning.ID})
	told, by := v.Notified, StatementID{}
	if s := p.l.signed(NoticeGiven, meaning.Body.Premises, meaning.ID, p.act); s.Holds != Unsure {
		told, by = s.Holds, s.By
	}
	for _, g := range v.Grounds {
		if by.IsZero() && told != Unsure && (g.What == AboutAcceptance || g.What == AboutStatus) {
			by = g.By
		}
	}
	*grounds = append(*grounds, Ground{AboutNotice, string(v.Actor), told, by})
	if told == Yes {
		return t
	}
	return told
}

// NoticeGiven is the premise that who was hit had told a centre where it was.
const NoticeGiven = "location-notified"

// conditions asks the term's conditions and those that the office reads into
// it. One that is signed as not met takes the act out of the term.
func (p *probe) conditions(t *termRead, meaning *Row[Reading], grounds *[]Ground) Tri {
	var own []Premise
	var by StatementID
	names := t.row.Body.Conditions
	if meaning != nil {
		own, by = meaning.Body.Premises, meaning.ID
		names = slices.Concat(names, meaning.Body.Requires)
	}
	out := Yes
	for _, name := range names {
		s := p.l.signed(name, own, by, p.act)
		*grounds = append(*grounds, s.Ground)
		if s.Holds == No {
			return No
		}
		if s.Holds == Unsure {
			out = Unsure
		}
	}
	return out
}

// exceptions asks the term's own exceptions: Yes where one is satisfied,
// Unsure where one is claimed and not signed, No otherwise.
func (p *probe) exceptions(t *termRead, meaning *Row[Reading], v *TermVerdict) Tri {
	out := No
	for i := range t.row.Body.Exceptions {
		e := &t.row.Body.Exceptions[i]
		var grounds []Ground
		met, claimed := p.exception(e, meaning, &grounds)
		switch {
		case met == Yes:
			v.Exception, v.Fallen = e.Term, ""
			v.Grounds = append(v.Grounds, grounds...)
			return Yes
		case met == Unsure && claimed:
			out, v.Exception = Unsure, e.Term
			v.Grounds = append(v.Grounds, grounds...)
		case met == No && claimed && v.Exception == "":
			v.Fallen = e.Term
			for _, g := range grounds {
				if g.Holds == No {
					v.Grounds = append(v.Grounds, g)
				}
			}
		}
	}
	return out
}

// exception asks one exception: its premises, whom it lets be hit, and the
// permit or exempt term that it is. It counts as claimed where somebody spoke
// of its premises; one without premises, where whom the act hit meets it or
// leaves it open.
func (p *probe) exception(e *Exception, meaning *Row[Reading], grounds *[]Ground) (met Tri, claimed bool) {
	var own []Premise
	var by StatementID
	if meaning != nil {
		own, by = meaning.Body.Premises, meaning.ID
	}
	met = Yes
	and := func(t Tri) {
		if t == No || t == Unsure && met == Yes {
			met = t
		}
	}
	for _, name := range e.Premises {
		s := p.l.signed(name, own, by, p.act)
		claimed = claimed || s.spoken
		*grounds = append(*grounds, s.Ground)
		and(s.Holds)
	}
	if len(e.Premises) > 0 && (!claimed || met == No) {
		return met, claimed
	}
	if e.Target != "" {
		and(p.allAmong([]ActorID{e.Target}, grounds))
	}
	if term := p.l.g.terms.last(string(e.Term), p.l.N); term != nil && met != No {
		b := term.Body
		if len(b.Acts) > 0 {
			and(p.actIn(b.Acts))
		}
		if !b.Area.IsZero() {
			and(p.placeIn(b.Area, string(b.ID), term.ID, grounds))
		}
		and(p.bound(b.DutyBearers, grounds))
		if len(b.Beneficiaries) > 0 {
			and(p.allAmong(b.Beneficiaries, grounds))
		}
	}
	return met, claimed || met != No
}

// allAmong asks whether everybody who was hit is among those listed: an
// exception that lets one be hit covers no other.
func (p *probe) allAmong(list []ActorID, grounds *[]Ground) Tri {
	if slices.Contains(list, Anyone) {
		return Yes
	}
	if len(p.seekVictims()) == 0 {
		*grounds = append(*grounds, Ground{AboutTarget, "", Unsure, StatementID{}})
		return Unsure
	}
	out := Yes
	for i := range p.victims {
		v := &p.victims[i]
		*grounds = append(*grounds, v.ground)
		switch p.among(v, list, grounds) {
		case No:
			return No
		case Unsure:
			out = Unsure
		case Yes:
		}
	}
	return out
}

// signature is what is known of a named premise.
type signature struct {
	Ground
	spoken bool // somebody at least claimed it
}

// signed asks who signs a premise: the office in its own reading, or any
// speaker of the act's claims who is not itself alleged to have done the act.
// Rival words leave it open.
func (l *Lens) signed(name string, own []Premise, ownBy StatementID, act *Act) signature {
	s := signature{Ground: Ground{AboutPremise, name, Unsure, StatementID{}}}
	for _, o := range own {
		if o.Name == name {
			s.spoken, s.By, s.Holds = true, ownBy, No
			if o.Holds {
				s.Holds = Yes
			}
			return s
		}
	}
	if act == nil {
		return s
	}
	rival := false
	for _, x := range act.Premises {
		if x.Name != name {
			continue
		}
		s.spoken = true
		if x.By.IsZero() || act.Actor.ID != "" && l.belongs(ActorID(x.Speaker), act.Actor.ID, maxNesting) {
			continue // claimed by who is alleged, or signed by nobody
		}
		holds := No
		if x.Holds {
			holds = Yes
		}
		rival = rival || s.Holds != Unsure && s.Holds != holds
		s.Holds, s.By = holds, x.By
	}
	if rival {
		s.Holds, s.By = Unsure, StatementID{}
	}
	return s
}
