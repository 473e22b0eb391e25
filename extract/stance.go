package extract

import (
	"slices"

	"github.com/marchday/marchday/truce"
)

// judge settles who says the claim and with what stance: the first of the
// eight that fits.
func (a *analysis) judge(f *found, o *opening) {
	c := a.chunks[o.chunk]
	srcs := a.sources(f.i)
	var v chunk
	if o.verb {
		v = c
	} else if o.govern >= 0 {
		v = a.chunks[o.govern]
	}
	v = a.inherit(v, o)
	neg := v.neg && (o.verb || a.negates(o))
	if !o.verb && a.negatedNoun(o) {
		neg = true
	}
	if obj := o.at(slotObj); o.verb && len(obj) > 0 && a.t.l.code == "en" && a.tags(a.chunks[obj[0]].i).has(tagNeg) && a.t.e.dict.events[f.claim.Event].family == "violence" {
		neg = true // fired no shot
	}
	var cond, urged, planned, expected, alleged bool
	for _, cv := range a.covers {
		if f.i < cv.first || f.i >= cv.last || cv.src != nil && !cv.negate {
			continue
		}
		if cv.negate {
			neg = true
		}
		switch cv.effect {
		case truce.Conditional:
			cond = true
		case truce.Urged:
			urged = true
		case truce.Planned:
			planned = true
		case truce.Expected:
			expected = true
		case truce.Alleged:
			alleged = true
		}
	}
	deny := false
	if n := len(srcs); n > 0 {
		s := srcs[n-1]
		deny = s.class == "deny"
		urged = urged || s.class == "urge"
		planned = planned || s.stance == truce.Planned
		alleged = alleged || s.stance == truce.Alleged || s.mode == "presupposed" || s.mode == "distanced" || s.mode == "adverb"
	}
	if o.frame.given {
		neg, cond, urged, planned, expected, v = false, false, false, false, false, chunk{}
		alleged = alleged || len(srcs) > 0
	}
	if o.verb && !urged && !expected && !planned && a.purpose(o.chunk) {
		planned = true
	}
	f.future = v.future || planned || urged || expected
	f.past = v.past && !v.perfect || v.passive && v.past
	urged = urged || v.must
	planned = planned || v.future
	cond = cond || v.would && !v.past
	switch {
	case o.frame.stance != "":
		f.claim.Stance = truce.Stance(o.frame.stance)
	case deny:
		f.claim.Stance = truce.Denied
	case neg && !urged && !planned && !cond && o.frame.negated == "":
		f.claim.Stance = truce.Denied
	case cond:
		f.claim.Stance = truce.Conditional
	case urged:
		f.claim.Stance = truce.Urged
	case planned:
		f.claim.Stance = truce.Planned
	case expected:
		f.claim.Stance = truce.Expected
	case alleged:
		f.claim.Stance = truce.Alleged
	case len(srcs) > 0:
		f.claim.Stance = truce.Stated
	default:
		f.claim.Stance = truce.Reported
	}
	f.moods(v, o.frame, neg)
	f.claim.Rules = append(f.claim.Rules, a.t.e.rule("stance.", string(f.claim.Stance)))
	a.addSources(f, srcs)
}

// moods notes may, can and not, and the event that the frame names instead
// where it was denied or lies ahead.
func (f *found) moods(v chunk, with *frame, neg bool) {
	if v.might {
		f.claim.Modality = "may"
	} else if v.can {
		f.claim.Modality = "can"
	}
	f.claim.Negated = neg
	if neg && with.negated != "" {
		f.claim.Event, f.claim.Negated = with.negated, false
	}
	if with.future != "" && (f.claim.Stance == truce.Planned || f.claim.Stance == truce.Expected) {
		f.claim.Event = with.future
	}
}

// inherit takes over what the verbs above an infinitive or gerund say: in
// "will continue to shell" the future.
func (a *analysis) inherit(v chunk, o *opening) chunk {
	k := o.chunk
	if !o.verb {
		k = o.govern
	}
	for n := 0; n < 4 && k >= 0 && (v.inf || v.ing); n++ {
		p := a.verbLeft(k)
		if p < 0 || a.separated(p, k) {
			break
		}
		up := a.chunks[p]
		if a.isReport(p) && !a.governing(p) {
			break
		}
		v.future = v.future || up.future
		v.must = v.must || up.must
		v.would = v.would || up.would
		v.might = v.might || up.might
		v.inf, v.ing = up.inf, up.ing
		k = p
	}
	return v
}

func (a *analysis) governing(k int) bool { return a.t.l.governs[a.chunks[k].word].known }

// separated reports whether a clause boundary lies between two chunks.
func (a *analysis) separated(p, k int) bool {
	for m := p + 1; m < k; m++ {
		if a.boundary(m) || a.kind(m) == chunkComma && a.chunks[k].ing {
			return true
		}
	}
	return false
}

// purpose reports whether the verb group at k only says what for: to
// consolidate the truce, for delivering aid. After begin, continue, manage and
// the like it says what is done.
func (a *analysis) purpose(k int) bool {
	c := a.chunks[k]
	if c.ing {
		return a.kind(k-1) == chunkPrep && a.chunks[k-1].slot == slotFor
	}
	if !c.inf {
		return false
	}
	p := a.verbLeft(k)
	if p < 0 || a.isReport(p) {
		return p < 0
	}
	g := a.t.l.governs[a.chunks[p].word]
	return !g.known || g.effect != truce.Reported
}

// negates reports whether the negation of the verb over a noun trigger denies
// the act: "did not carry out the attack", "no attack took place".
func (a *analysis) negates(o *opening) bool {
	g := a.chunks[o.govern]
	return a.t.l.light(g.word) || g.copula || o.chunk < o.govern
}

// negatedNoun reads "no violations" and "without any shelling".
func (a *analysis) negatedNoun(o *opening) bool {
	c := a.chunks[o.chunk]
	for i := c.i; i < o.i; i++ {
		if a.tags(i).has(tagNeg) {
			return true
		}
	}
	return a.kind(o.chunk-1) == chunkPrep && a.t.l.info[a.chunks[o.chunk-1].word].tags.has(tagNeg)
}

// addSources writes the chain. In what is urged the speaker is the actor and
// who is to act the target.
func (a *analysis) addSources(f *found, srcs []source) {
	if len(srcs) > 0 {
		f.claim.Sources = a.t.sources.take(len(srcs))
	}
	for n, s := range srcs {
		mode := s.mode
		if n > 0 && mode == "indirect" {
			mode = "nested"
		}
		f.claim.Sources = append(f.claim.Sources, truce.Source{Ref: a.t.ref(s.who), Verb: s.verb, Mode: mode})
		if s.who.via != "" {
			f.claim.Rules = append(f.claim.Rules, a.t.e.rule("source.", s.class, ": ", s.verb))
		}
	}
	var speaker who
	if n := len(srcs); n > 0 {
		s := srcs[n-1]
		speaker = s.who
		if s.to.id != "" && s.class == "accuse" && (len(f.actorIDs) == 0 || f.actorIDs[0].id == unknownID) {
			f.actorIDs = a.t.people.one(s.to)
		}
		if s.to.id != "" && s.class == "urge" && len(f.actorIDs) == 0 {
			f.actorIDs = a.t.people.one(s.to)
		}
	}
	if len(f.actorIDs) == 0 && f.claim.Stance == truce.Denied && speaker.id != "" && speaker.id != unknownID {
		f.actorIDs = a.t.people.one(speaker) // who denies it denies having done it
	}
	if len(f.actorIDs) == 0 && speaker.id != "" && slices.Contains(f.frame.actor, slotSpeaker) {
		f.actorIDs = a.t.people.one(speaker)
	}
	if f.claim.Stance == truce.Urged && speaker.id == "" {
		speaker = a.wisher(f.i)
	}
	if f.claim.Stance == truce.Urged && speaker.id != "" && speaker.id != unknownID && !isSpeech(a.t.e, f.claim.Event) {
		if len(f.targetIDs) == 0 || len(f.actorIDs) > 0 && f.actorIDs[0].id != speaker.id {
			f.targetIDs = f.actorIDs
		}
		f.actorIDs = a.t.people.one(speaker)
		f.targetIDs = slices.DeleteFunc(f.targetIDs, func(w who) bool { return w.id == speaker.id })
	}
}

// wisher returns the subject of the verb that urges what stands at token i.
func (a *analysis) wisher(i int) who {
	for _, c := range a.covers {
		if c.effect == truce.Urged && c.first <= i && i < c.last && c.verb >= 0 {
			if s := a.subject(c.verb); s >= 0 {
				return asGovernment(a.whoAt(s))
			}
		}
	}
	return who{}
}

func isSpeech(e *Engine, name string) bool { return e.dict.events[name].family == "speech" }
