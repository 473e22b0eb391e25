package extract

import (
	"math/bits"
	"slices"

	"github.com/marchday/marchday/truce"
)

// found is a claim in work.
type found struct {
	claim      truce.Claim
	family     string
	frame      *frame
	sent       int
	i, j       int // tokens of the trigger
	first      int // tokens of the clause
	last       int
	future     bool
	past       bool  // told in the simple past
	relative   bool  // in a relative clause
	ing        bool  // a participle: killing six
	part       bool  // of a participle: the shells fired at the town
	harm       bool  // the verb is a word for a toll: killing six
	np         int   // the noun group of a trigger noun, -1 of a verb
	args       []int // noun groups that are subject or object of a trigger verb
	timed      bool  // a time stands in its own clause
	actorIDs   []who
	targetIDs  []who
	placeToks  [][2]int
	subordinat string // the word that opens its clause: after, to, because
	governs    int    // index into out of the claim that its clause hangs on, -1
}

// opening is a trigger in its sentence with the chunks that fill its slots.
type opening struct {
	frame  *frame
	trig   *trigger
	chunk  int
	i, j   int
	verb   bool
	fill   [19][]int // by slot bit: noun groups; as used says
	used   slot
	pre    [2]int // tokens in front of a noun trigger, in its group
	post   [2]int // tokens behind it, in its group
	govern int    // verb group that a noun trigger is subject or object of, -1
}

// events opens the frames of the sentence.
func (a *analysis) events() {
	for _, m := range a.ments {
		if !a.has.has(catTrigger) {
			break
		}
		if m.cat == catTrigger && m.i >= a.s.first && m.j <= a.s.last && a.t.l.triggers[m.ref].fixed {
			a.phraseOpening(m)
		}
	}
	for k := range a.chunks {
		switch a.kind(k) {
		case chunkVG:
			if o, ok := a.verbOpening(k); ok {
				a.claimOf(o)
			}
		case chunkNP:
			a.nounOpenings(k)
		}
	}
}

// put adds a noun group to a slot.
func (o *opening) put(s slot, np int) {
	b := bits.TrailingZeros32(uint32(s)) // 32 of no slot
	if b >= len(o.fill) {
		return
	}
	if o.used&s == 0 {
		o.used |= s
		o.fill[b] = o.fill[b][:0]
	}
	if !slices.Contains(o.fill[b], np) {
		o.fill[b] = append(o.fill[b], np)
	}
}

// open begins a trigger with nothing in its slots.
func (o *opening) open(f *frame, tr *trigger, chunk, i, j int) {
	o.frame, o.trig, o.chunk, o.i, o.j, o.verb, o.used, o.govern = f, tr, chunk, i, j, false, 0, -1
	o.pre, o.post = [2]int{}, [2]int{}
}

func (o *opening) at(s slot) []int {
	if b := bits.TrailingZeros32(uint32(s)); b < len(o.fill) && o.used&s != 0 {
		return o.fill[b]
	}
	return nil
}

// verbOpening finds the best frame that the verb group at k opens. The slots of
// triggers of one word are the same and are filled once.
func (a *analysis) verbOpening(k int) (*opening, bool) {
	c := &a.chunks[k]
	score := -1
	if c.word == 0 {
		return nil, false
	}
	long, spare, one := &a.tries[0], &a.tries[1], &a.tries[2]
	filled := false
	var best choice
	for _, ref := range a.t.l.verbs[c.word] {
		tr := &a.t.l.triggers[ref]
		f := &a.t.l.frames[tr.frame]
		s := 4*len(tr.rest) + 2*len(f.needs) + 1
		if s <= score {
			continue
		}
		o := one
		if len(tr.rest) > 0 || tr.gap {
			o = long
		}
		if o == long || !filled {
			o.open(f, tr, k, c.head, c.head+1)
			o.verb, o.govern = true, k
			if len(tr.rest) > 0 {
				end, ok := a.particle(k, tr)
				if !ok {
					continue
				}
				o.j = end
			}
			a.fillVerb(o)
			filled = filled || o == one
		}
		o.frame, o.trig = f, tr
		if !a.needsMet(o) || a.discarded(o.i, o.j) {
			continue
		}
		best, score = choice{o, f, tr}, s
		if o == long {
			long, spare = spare, long
		}
	}
	if score < 0 {
		return nil, false
	}
	best.o.frame, best.o.trig = best.frame, best.trig
	return best.o, true
}

// choice is an opening with the frame and trigger that it was best for.
type choice struct {
	o     *opening
	frame *frame
	trig  *trigger
}

// particle finds the words that close a verb of several words.
func (a *analysis) particle(k int, tr *trigger) (end int, ok bool) {
	c := a.chunks[k]
	top := c.j
	if tr.gap {
		top += maxGap
	}
	for i := c.j; i <= top && i+len(tr.rest) <= a.s.last; i++ {
		match := true
		for n, w := range tr.rest {
			if a.tok(i+n).word != w || a.posAt(i+n) == posTo {
				match = false
				break
			}
		}
		if match {
			return i + len(tr.rest), true
		}
		if a.tok(i).mark == '.' || a.tok(i).mark == ';' {
			return 0, false
		}
	}
	return 0, false
}

// fillVerb fills the slots of a verb: in the passive what is subject of the
// sentence is the object of the act.
func (a *analysis) fillVerb(o *opening) {
	c := a.chunks[o.chunk]
	s := a.subject(o.chunk)
	obj := -1
	last := o.chunk
	for last+1 < len(a.chunks) && a.chunks[last+1].i < o.j {
		last++
	}
	if o.trig.gap {
		obj = a.object(o.chunk)
	} else if len(o.trig.rest) > 0 && a.kind(last+1) == chunkNP {
		obj = last + 1 // walked out of the talks
	} else if len(o.trig.rest) == 0 {
		obj = a.object(o.chunk)
	} else if a.kind(last) == chunkNP && a.chunks[last].j > o.j {
		obj = last
	}
	if c.passive {
		a.putList(o, slotObj, s)
		if a.t.l.after && s < 0 {
			a.putList(o, slotObj, obj)
		}
	} else {
		a.putSubject(o, s)
		if obj != s {
			a.putList(o, slotObj, obj)
		}
	}
	if a.t.l.after && a.t.l.cased && s > o.chunk && obj < 0 {
		a.putList(o, slotObj, s) // соблюдает режим: the one noun behind may be either
	}
	from := last
	if obj > last {
		from = a.skipOf(obj)
		if !c.passive {
			a.phrases(obj, func(p phrase) bool { o.put(p.slot, p.np); return true })
		}
	} else if s > o.chunk {
		from = a.skipOf(s)
	}
	a.phrases(from, func(p phrase) bool {
		if p.slot == slotBetween || p.slot == slotBy || p.slot == slotAgainst || p.slot == slotWith {
			a.putList(o, p.slot, p.np)
		}
		o.put(p.slot, p.np)
		return true
	})
	if from != o.chunk && s < o.chunk {
		a.phrases(o.chunk, func(p phrase) bool { o.put(p.slot, p.np); return true })
	}
	if c.passive {
		for _, np := range o.at(slotBy) {
			o.put(slotSubj, np)
		}
	}
	for m := o.chunk - 1; m >= 0 && a.kind(m) != chunkVG && !a.boundary(m); m-- { // phrases before: In Tolma, ...
		if a.kind(m) == chunkPrep && a.kind(m+1) == chunkNP && (m == 0 || a.kind(m-1) == chunkComma || a.kind(m-1) == chunkTime) {
			o.put(a.chunks[m].slot, m+1)
		}
	}
}

func (a *analysis) putList(o *opening, s slot, np int) {
	if np >= 0 {
		a.list(np, func(k int) bool { o.put(s, k); return true })
	}
}

// putSubject puts a subject and those joined to it, whose list ends before the
// verb.
func (a *analysis) putSubject(o *opening, s int) {
	if s < 0 {
		return
	}
	a.list(s, func(k int) bool {
		if s < o.chunk && k > o.chunk {
			return false
		}
		o.put(slotSubj, k)
		return true
	})
}

// nounOpenings opens the frames of trigger nouns in the noun group at k.
func (a *analysis) nounOpenings(k int) {
	if !a.has.has(catTrigger) {
		return
	}
	c := a.chunks[k]
	for _, m := range a.ments {
		if m.i >= c.j {
			break
		}
		if m.cat != catTrigger || m.j <= c.i || m.j > c.j && m.i < c.i || m.i >= c.j || a.posAt(m.j-1) == posVerb || a.t.l.triggers[m.ref].fixed {
			continue
		}
		if m.j < c.j && a.headed(m, c) || a.insideSet(m) {
			continue
		}
		o, best := &a.tries[0], &a.tries[1]
		score := -1
		for _, ref := range a.sameWords(m) {
			tr := &a.t.l.triggers[ref]
			f := &a.t.l.frames[tr.frame]
			s := 2*len(f.needs) + 1
			if s <= score {
				continue
			}
			o.open(f, tr, k, m.i, m.j)
			a.fillNoun(o)
			if a.needsMet(o) && !a.discarded(o.i, o.j) {
				o, best, score = best, o, s
			}
		}
		if score >= 0 {
			a.claimOf(best)
		}
	}
}

// phraseOpening opens the frame of a fixed phrase: its subject is that of the
// verb it stands in or behind, its object what follows it.
func (a *analysis) phraseOpening(m mention) {
	k := a.chunkAt(m.i)
	if k < 0 || a.discarded(m.i, m.j) {
		return
	}
	tr := &a.t.l.triggers[m.ref]
	o := &a.tries[0]
	o.open(&a.t.l.frames[tr.frame], tr, k, m.i, m.j)
	v := k
	if a.kind(k) != chunkVG {
		v = a.verbLeft(k)
	}
	if v >= 0 {
		o.govern = v
		a.putSubject(o, a.subject(v))
	} else if a.kind(k-1) == chunkNP {
		o.put(slotSubj, k-1)
	}
	last := a.chunkAt(m.j - 1)
	if a.kind(last+1) == chunkNP {
		o.put(slotObj, last+1)
	}
	if a.kind(last) == chunkNP && a.chunks[last].j > m.j {
		o.put(slotObj, last)
	}
	o.pre, o.post = [2]int{a.chunks[k].i, max(a.chunks[k].i, m.i)}, [2]int{m.j, m.j}
	a.phrases(last, func(p phrase) bool { o.put(p.slot, p.np); return true })
	if a.needsMet(o) {
		a.claimOf(o)
	}
}

// headed reports whether the trigger noun only qualifies another noun that
// names no act: attack helicopters, ceasefire monitors.
func (a *analysis) headed(m mention, c chunk) bool {
	for i := m.j; i < c.j; i++ {
		if a.posAt(i) != posNoun {
			return false
		}
		if a.t.l.code != "en" {
			return false
		}
		if _, ok := a.mentionAt(i, catTrigger); ok {
			return false
		}
		if a.tok(i).flags.has(capital) && a.t.mixed {
			return false
		}
	}
	return true
}

// insideSet reports whether a trigger is part of a longer phrase of a set: the
// fire in "cessation of fire".
func (a *analysis) insideSet(m mention) bool {
	if !a.ofCat(m.i, catSet) {
		return false
	}
	for _, x := range a.ments {
		if x.i > m.i {
			return false
		}
		if x.cat == catSet && x.j >= m.j && x.j-x.i > m.j-m.i {
			return true
		}
	}
	return false
}

// sameWords returns all triggers that have the words of m. The list is good until
// the next call.
func (a *analysis) sameWords(m mention) []int32 {
	node := int32(0)
	for i := m.i; i < m.j; i++ {
		node = a.t.l.trie.after(node, a.tok(i).word)
	}
	a.same = a.same[:0]
	for _, e := range a.t.l.trie.at(node) {
		if e.cat == catTrigger && a.t.fits(e, m.i, m.j) {
			a.same = append(a.same, e.ref)
		}
	}
	return a.same
}

func (a *analysis) discarded(i, j int) bool {
	if !a.has.has(catDiscard) {
		return false
	}
	for _, m := range a.ments {
		if m.i >= j {
			break
		}
		if m.cat == catDiscard && m.i <= i && i < m.j {
			return true
		}
	}
	return false
}

// fillNoun fills the slots of a noun: what stands in front of it and behind
// it, and the subject of a light verb that carries it.
func (a *analysis) fillNoun(o *opening) {
	c := a.chunks[o.chunk]
	o.pre, o.post = [2]int{min(c.i, o.i), o.i}, [2]int{o.j, max(o.j, c.j)}
	last := o.chunk
	for last+1 < len(a.chunks) && a.chunks[last+1].i < o.j {
		last++
	}
	a.phrases(last, func(p phrase) bool {
		o.put(p.slot, p.np)
		if p.slot == slotOf || p.slot == slotBetween || p.slot == slotBy || p.slot == slotAgainst || p.slot == slotOn {
			a.list(p.np, func(k int) bool { o.put(p.slot, k); return true })
		}
		return true
	})
	for k := o.chunk - 1; k >= 0; k-- { // the verb whose object it is
		switch a.kind(k) {
		case chunkVG:
			o.govern = k
			if s := a.subject(k); s >= 0 {
				o.put(slotClause, s)
			}
			if a.t.l.light(a.chunks[k].word) && !a.chunks[k].passive {
				a.putSubject(o, a.subject(k))
			}
			return
		case chunkNP, chunkCC, chunkComma, chunkPrep, chunkOther, chunkTime, chunkQuote:
			if a.kind(k) == chunkNP && a.kind(k-1) != chunkPrep && a.kind(k+1) != chunkCC && a.kind(k+1) != chunkComma && a.kind(k+1) != chunkPrep {
				break
			}
			continue
		}
		break
	}
	for k := o.chunk + 1; k < len(a.chunks) && o.govern < 0; k++ { // the verb whose subject it is
		switch a.kind(k) {
		case chunkVG:
			o.govern = k
			if a.chunks[k].passive && a.t.l.light(a.chunks[k].word) {
				a.phrases(k, func(p phrase) bool {
					if p.slot == slotBy {
						o.put(slotBy, p.np)
					}
					return true
				})
			}
		case chunkStop, chunkThat, chunkSub:
			return
		}
	}
}

func (l *language) light(lemma int32) bool { return lemma != 0 && l.lights[lemma] }

// needsMet checks a frame's conditions.
func (a *analysis) needsMet(o *opening) bool {
	if o.trig.part && !a.chunks[o.chunk].passive {
		return false
	}
	for _, np := range o.at(slotSubj) {
		if a.discarded(a.chunks[np].i, a.chunks[np].j) {
			return false // a heart attack killed him
		}
	}
	for k := range o.frame.needs {
		if n := &o.frame.needs[k]; a.filled(o, n) == n.not {
			return false
		}
	}
	return true
}

// filled reports whether any slot of the condition holds one of its sets.
func (a *analysis) filled(o *opening, n *need) bool {
	for b := range o.fill {
		s := slot(1) << b
		if n.slots&o.used&s == 0 {
			continue
		}
		for _, np := range o.fill[b] {
			if n.place && a.placeIn(a.chunks[np].i, a.chunks[np].j) {
				return true
			}
			if n.any || len(n.cats) > 0 && n.cats[0] == catActor && a.whoAt(np).id != unknownID {
				return true
			}
			if len(n.cats) > 0 && n.cats[0] == catAgent && (a.posAt(a.chunks[np].head) == posPron || isPerson(a.whoAt(np))) {
				return true
			}
			if a.holds(a.chunks[np].i, a.chunks[a.skipOf(np)].j, n) || len(n.sets) > 0 && a.posAt(a.chunks[np].head) == posPron && a.meansSet(np, n) {
				return true
			}
		}
	}
	if n.slots&(slotPoss|slotPre) != 0 && !o.verb && a.holds(o.pre[0], o.pre[1], n) {
		return true
	}
	if n.slots&slotSelf != 0 && a.holds(o.i, o.j, n) {
		return true
	}
	if n.slots&slotOf != 0 && !o.verb && a.holds(o.post[0], o.post[1], n) {
		return true
	}
	return o.verb && o.trig.gap && n.slots&slotObj != 0 && a.holds(a.chunks[o.chunk].j, o.j, n)
}

// placeIn reports whether tokens i to j name a place: by a word for places, or
// a name that the gazetteer has.
func (a *analysis) placeIn(i, j int) bool {
	for ; i < j; i++ {
		if a.tags(i).has(tagCue) || a.tok(i).mark == 0 && a.t.glance(i, i+1).known {
			return true
		}
	}
	return false
}

// meansSet reports whether the pronoun at chunk np can mean one of the sets:
// the nearest word of any set before it is one of them.
func (a *analysis) meansSet(np int, n *need) bool {
	if w := a.t.l.words[a.tok(a.chunks[np].head).word]; w != "it" && w != "they" && w != "them" {
		return false
	}
	first := a.s.first
	if a.at > 0 {
		first = a.t.sents[a.at-1].first
	}
	for k := len(a.t.ments) - 1; k >= 0; k-- {
		m := a.t.ments[k]
		if m.i < first {
			return false
		}
		if m.j <= a.chunks[np].i && m.cat == catSet && slices.Contains(n.sets, m.ref) {
			return true
		}
	}
	return false
}

// holds reports whether tokens i to j hold one of a condition's sets.
func (a *analysis) holds(i, j int, n *need) bool {
	if a.catsIn(i, j) == 0 {
		return false
	}
	for _, m := range a.ments {
		if m.i >= j {
			return false
		}
		if m.i < i {
			continue
		}
		switch m.cat {
		case catSet:
			if slices.Contains(n.sets, m.ref) {
				return true
			}
		case catWeapon:
			for _, node := range n.nodes {
				if taxonomy.Is(a.t.l.weapons[m.ref], node) {
					return true
				}
			}
		}
		if slices.Contains(n.cats, m.cat) {
			return true
		}
	}
	return false
}

// roles reads who fills the first of the slots that is filled.
func (a *analysis) roles(o *opening, slots []slot) []who {
	for _, s := range slots {
		var out []who
		nps := o.at(s)
		for _, np := range nps {
			w := a.whoAt(np)
			if w.id == unknownID && s&(slotSubj|slotBy) != 0 && a.ofCat(a.chunks[np].head, catWeapon) {
				if by := a.owner(np); by.id != "" {
					w = by // the army's artillery
				}
			}
			if a.canAct(w, np) {
				if out == nil {
					out = a.t.people.take(min(len(nps), maxNamed))
				}
				out = append(out, w)
			}
			if len(out) == maxNamed {
				break
			}
		}
		if len(out) == 0 && s == slotPoss && !o.verb && o.pre[1] > o.pre[0] {
			out = a.possessors(o)
		}
		if len(out) == 0 && s == slotOf && !o.verb && o.post[1] > o.post[0] {
			if w := a.whoIn(o.post[0], o.post[1], o.post[1]-1); w.id != "" && w.id != unknownID {
				out = a.t.people.one(w)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// possessors reads who stands in front of a trigger noun.
func (a *analysis) possessors(o *opening) []who {
	head := o.pre[1] - 1
	if a.posAt(head) == posPoss && head > o.pre[0] {
		head--
	}
	w := a.whoIn(o.pre[0], head+1, head)
	if w.id == unknownID || w.id == "" {
		for i := o.pre[0]; i < o.pre[1]; i++ {
			if _, ok := a.mentionAt(i, catAgent); ok {
				return a.t.people.one(w)
			}
		}
		return nil
	}
	return a.t.people.one(w)
}

// canAct reports whether a noun group names somebody, not a thing or a time.
func (a *analysis) canAct(w who, np int) bool {
	if w.id != unknownID {
		return true
	}
	c := a.chunks[np]
	if a.posAt(c.head) == posPron {
		return true
	}
	_, agent := a.lastOf(c.i, c.j, catAgent)
	_, object := a.lastOf(c.i, c.j, catObject)
	return agent || object || a.tags(c.head).has(tagPerson) || a.tok(c.head).word == 0 && a.tok(c.head).mark == 0 && (a.t.mixed && a.tok(c.head).flags.has(capital) || !a.t.mixed && a.t.l.cased && !a.tok(c.head).flags.has(number))
}

// claimOf makes a claim of an opened frame.
func (a *analysis) claimOf(o *opening) {
	f := a.t.next()
	f.frame, f.sent, f.i, f.j, f.governs = o.frame, a.at, o.i, o.j, -1
	f.first, f.last = a.clauseOf(o.chunk)
	if o.j > f.last {
		f.last = o.j
	}
	f.claim.Event = o.frame.event
	f.ing = o.verb && a.chunks[o.chunk].ing
	f.part = o.verb && a.chunks[o.chunk].part
	f.harm = o.verb && a.tollAt(o.i)
	f.np = o.chunk
	if o.verb {
		subj, obj, by := o.at(slotSubj), o.at(slotObj), o.at(slotBy)
		f.np, f.args = -1, append(append(append(a.t.groups.take(len(subj)+len(obj)+len(by)), subj...), obj...), by...)
	}
	f.claim.Rules = append(a.t.rules.take(maxRules), o.frame.rule)
	f.actorIDs, f.targetIDs = a.roles(o, o.frame.actor), a.roles(o, o.frame.target)
	a.owners(f, o)
	if len(f.actorIDs) == 0 && !o.verb {
		f.actorIDs = a.whoClaims(o.chunk)
	}
	if o.frame.reciprocal && len(f.targetIDs) == 0 && len(f.actorIDs) > 1 {
		f.targetIDs = f.actorIDs[1:]
		f.actorIDs = f.actorIDs[:1]
	}
	a.judge(f, o)
	if o.frame.only != "" && (string(f.claim.Stance) != o.frame.only || o.frame.only == string(truce.Urged) && !a.wished(o.chunk)) {
		a.t.out = a.t.out[:len(a.t.out)-1]
		return
	}
	a.objectOf(f, o)
	a.weaponsOf(f, o)
	a.opened(f, o.chunk)
	f.family = a.t.e.dict.events[f.claim.Event].family
}

const maxRules = 8 // of most claims

// next makes room for one more claim.
func (t *text) next() *found {
	if n := len(t.out); n < cap(t.out) {
		t.out = t.out[:n+1]
		t.out[n] = found{}
	} else {
		t.out = append(t.out, found{})
	}
	return &t.out[len(t.out)-1]
}

// owners names, of an act that hit a thing, whose thing it is.
func (a *analysis) owners(f *found, o *opening) {
	if slices.ContainsFunc(f.targetIDs, func(w who) bool { return w.id != unknownID }) {
		return
	}
	for _, s := range o.frame.target {
		for _, np := range o.at(s) {
			if w := a.owner(np); w.id != "" && w.id != unknownID && !slices.ContainsFunc(f.actorIDs, func(x who) bool { return x.id == w.id }) {
				f.targetIDs = a.t.people.one(w)
				return
			}
		}
	}
}

// whoClaims reads who claims responsibility for the act named at chunk k.
func (a *analysis) whoClaims(k int) []who {
	if a.kind(k-1) == chunkTime {
		k-- // Monday's bombing
	}
	if a.kind(k-1) != chunkPrep || a.chunks[k-1].slot != slotFor || a.kind(k-2) != chunkNP || a.kind(k-3) != chunkVG || a.lower(a.chunks[k-2].head) != "responsibility" {
		return nil
	}
	if s := a.subject(k - 3); s >= 0 && !a.chunks[k-3].neg {
		return a.t.people.one(a.whoAt(s))
	}
	return nil
}

// tollAt reports whether the word at token i says what befell people. Mentions
// stand in order.
func (a *analysis) tollAt(i int) bool {
	k, _ := slices.BinarySearchFunc(a.ments, i, func(m mention, i int) int { return m.i - i })
	for ; k < len(a.ments) && a.ments[k].i == i; k++ {
		if a.ments[k].cat == catToll {
			return true
		}
	}
	return false
}

// wished reports whether the noun group at k is itself what is urged: called
// for a truce, demanded a truce, a call for a truce.
func (a *analysis) wished(k int) bool {
	if a.kind(k-1) == chunkPrep {
		k--
		if a.kind(k-1) == chunkNP {
			c := a.chunks[k-1]
			m, ok := a.lastOf(c.i, a.chunks[k].j, catGoverns)
			return ok && a.t.l.governors[m.ref].effect == truce.Urged
		}
	}
	if a.kind(k-1) != chunkVG {
		return false
	}
	w := a.chunks[k-1].word
	return a.t.l.reports[w].class == "urge" || a.t.l.governs[w].effect == truce.Urged
}

// opened notes the word that opens the trigger's clause, for ordering and
// blame between claims.
func (a *analysis) opened(f *found, chunk int) {
	for k := chunk; k >= 0; k-- {
		switch a.kind(k) {
		case chunkWh:
			f.relative = true
			return
		case chunkSub:
			f.subordinat = a.t.l.words[a.chunks[k].word]
			return
		case chunkStop, chunkThat:
			return
		case chunkPrep:
			if w := a.t.l.words[a.chunks[k].word]; w == "after" || w == "following" || w == "over" || w == "against" || w == "at" {
				f.subordinat = w
				return
			}
		}
	}
}

// weaponsOf lists the weapons in the trigger, its clause's subject and its
// with- and by-phrases.
func (a *analysis) weaponsOf(f *found, o *opening) {
	add := func(i, j int) {
		a.within(i, j, catWeapon, func(m mention) bool {
			node := a.t.l.weapons[m.ref]
			for _, w := range f.claim.Weapons {
				if w.ID == node {
					return true
				}
			}
			s, e := a.t.span(m.i, m.j)
			if f.claim.Weapons == nil {
				f.claim.Weapons = a.t.names.take(1)
			}
			f.claim.Weapons = append(f.claim.Weapons, truce.Ref{ID: node, Text: a.t.src[s:e], Span: a.t.spans.span(s, e), Via: a.t.e.rule("weapon.", node)})
			return true
		})
	}
	c := a.chunks[o.chunk]
	add(c.i, max(c.j, o.j))
	for _, s := range []slot{slotSubj, slotBy, slotWith, slotObj, slotFrom, slotOf} {
		for _, np := range o.at(s) {
			add(a.chunks[np].i, a.chunks[np].j)
		}
	}
	if len(f.claim.Weapons) == 0 {
		add(f.first, f.last)
	}
}

// objectOf finds what was hit.
func (a *analysis) objectOf(f *found, o *opening) {
	take := func(i, j int) {
		if f.claim.Object != "" {
			return
		}
		a.within(i, j, catObject, func(m mention) bool {
			f.claim.Object = a.t.l.objects[m.ref]
			return false
		})
	}
	for _, s := range []slot{slotObj, slotOn, slotAgainst, slotOf, slotIn} {
		for _, np := range o.at(s) {
			take(a.chunks[np].i, a.chunks[np].j)
		}
	}
	take(o.i, f.last)
}
