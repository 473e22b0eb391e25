package extract

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

// mention is a phrase of the dictionaries in the text.
type mention struct {
	i, j int // tokens, half-open
	cat  category
	ref  int32
}

// pos is what a token does in its sentence.
type pos uint8

const (
	posOther pos = iota
	posDet
	posPrep
	posCC
	posComma
	posBe
	posHave
	posDo
	posModal
	posNeg
	posTo
	posThat
	posWh
	posSub
	posPron
	posAdv
	posNum
	posNoun
	posVerb
	posPoss
	posQuote
	posStop
	posTime
	posOpen
	posClose
)

// chunkKind is what a run of tokens is.
type chunkKind uint8

const (
	chunkOther chunkKind = iota
	chunkNP
	chunkVG
	chunkPrep
	chunkCC
	chunkComma
	chunkSub
	chunkThat
	chunkWh
	chunkStop
	chunkQuote
	chunkTime
)

// chunk is a run of tokens that belong together.
type chunk struct {
	kind    chunkKind
	i, j    int
	head    int   // the noun or the main verb
	word    int32 // of a verb group its lemma, of a preposition or subordinator its word
	slot    slot  // of a preposition
	passive bool
	neg     bool
	inf     bool // to extend
	ing     bool // extending, without be
	part    bool // a participle without be or have
	perfect bool
	past    bool
	future  bool
	would   bool
	must    bool
	might   bool
	can     bool
	copula  bool // be alone
}

// finite reports whether a verb group stands for itself in its clause.
func (c chunk) finite() bool { return c.kind == chunkVG && !c.inf && !c.ing && !c.part }

// analysis is one sentence taken apart. It is reused from sentence to sentence.
type analysis struct {
	t           *text
	s           sentence
	at          int // index of the sentence
	pos         []pos
	chunks      []chunk
	ments       []mention
	has         catMask // of all of them
	heat        heat    // of all words of the sentence
	tagged      tagSet
	flagged     tokenFlag
	cats        catMask
	times       []timeMention
	nums        []numMention
	covers      []cover
	quotes      []quoteRange
	subj        []int          // by chunk: subject, -2 not yet sought
	held        []int32        // by token of the sentence: the chunk that holds it
	tries       [3]opening     // of one trigger
	mine, inner []placeMention // of one claim
	sourced     []cover        // of one token
	told        []source
	owned       bool       // its or their stands in the sentence
	whos        []knownWho // by chunk: whom it names
	headAt      int        // token that was looked at last as a name, -1 for none
	head        *glance
	near        []truce.Point // of the places found so far and in the sentence before
	nearAt      int           // how many were found then
	saying      room[source]  // of the sentence
	tolls       []tollMention
	taken, used []bool
	same        []int32 // triggers of the same words
}

func (a *analysis) tok(i int) *token { return &a.t.toks[i] }

func (a *analysis) tags(i int) tagSet {
	if i < 0 || i >= len(a.t.toks) {
		return 0
	}
	return a.t.toks[i].tags
}

func (a *analysis) posAt(i int) pos {
	if i < a.s.first || i >= a.s.last {
		return posStop
	}
	return a.pos[i-a.s.first]
}

// match finds the dictionary phrases of tokens i to j: for every category the
// longest at each place, none inside a longer one of its kind.
func (t *text) match(first, last int, out []mention) []mention {
	var upTo [categories]int
	var best [categories]mention
	tr := &t.l.trie
	for i := first; i < last; i++ {
		if t.toks[i].heat&heatPhrase == 0 {
			continue
		}
		node := tr.first[t.toks[i].word]
		got, setNode := catMask(0), int32(0)
		for j := i + 1; node != 0; j++ {
			for _, e := range tr.at(node) {
				if had := got.has(e.cat); j > upTo[e.cat] && t.fits(e, i, j) && (!had || best[e.cat].j < j || !t.prefers(best[e.cat], e)) {
					best[e.cat] = mention{i: i, j: j, cat: e.cat, ref: e.ref}
					got |= 1 << e.cat
					if e.cat == catSet {
						setNode = node
					}
				}
			}
			if j >= last {
				break
			}
			node = tr.after(node, t.toks[j].word)
		}
		for rest := got; rest != 0; rest &= rest - 1 {
			m := best[bits.TrailingZeros16(uint16(rest))]
			upTo[m.cat] = m.j
			out = append(out, m)
			for k := m.i; k < m.j; k++ {
				t.toks[k].cats |= 1 << m.cat
			}
		}
		if setNode != 0 { // a word may be in several sets
			for _, e := range tr.at(setNode) {
				if m := best[catSet]; e.cat == catSet && e.ref != m.ref && t.fits(e, m.i, m.j) {
					m.ref = e.ref
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// prefers reports whether the mention found first stays although e has the
// same words. Of actors the later entry wins, and of offices the one that
// knows the holder: dictionaries laid over others say more. Else the earlier
// entry wins.
func (t *text) prefers(m mention, e entry) bool {
	switch {
	case m.j == 0:
		return false
	case e.cat == catActor:
		return m.ref > e.ref
	case e.cat == catRole:
		held, new := t.l.roles[m.ref].holder != "", t.l.roles[e.ref].holder != ""
		return held && !new || held == new && m.ref > e.ref
	}
	return m.ref <= e.ref
}

// fits reports whether the capitals and the date allow the entry.
func (t *text) fits(e entry, i, j int) bool {
	if e.caps > 0 && t.l.cased {
		f := t.toks[i].flags
		switch {
		case t.mixed && e.caps == 2 && !f.has(allCaps) && t.toks[i].end-t.toks[i].start > 1:
			return false
		case t.mixed && !f.has(capital):
			return false
		case !t.mixed && e.caps == 2 && j == i+1 && t.l.info[t.toks[i].word].tags&(tagPron|tagBe|tagDet|tagPrep|tagWh) != 0:
			return false
		}
	}
	if e.cat == catActor {
		a := &t.e.dict.actors[e.ref]
		return t.date == noDay || (a.from == noDay || a.from <= t.date) && (a.to == noDay || t.date <= a.to)
	}
	if e.cat == catRole {
		r := &t.l.roles[e.ref]
		return t.date == noDay || (r.from == noDay || r.from <= t.date) && (r.to == noDay || t.date <= r.to)
	}
	return true
}

// open takes a sentence apart as far as its words and phrases.
func (a *analysis) open(t *text, n int) {
	a.t, a.s, a.at, a.headAt, a.ments, a.has = t, t.sents[n], n, -1, nil, 0
	a.pos, a.chunks, a.times, a.nums, a.covers, a.quotes, a.subj, a.held = a.pos[:0], a.chunks[:0], a.times[:0], a.nums[:0], a.covers[:0], a.quotes[:0], a.subj[:0], a.held[:0]
	a.saying.reset()
	a.survey()
}

// survey gathers what the tokens of the sentence are, so that what none of them
// can bring about is not sought.
func (a *analysis) survey() {
	h, tags, flags, cats := heat(0), tagSet(0), tokenFlag(0), catMask(0)
	toks := a.t.toks[a.s.first:a.s.last]
	for i := range toks {
		k := &toks[i]
		h |= k.heat
		tags |= k.tags
		flags |= k.flags
		cats |= k.cats
		if k.mark == '<' || k.mark == '>' || k.mark == '"' {
			h |= heatQuote
		}
	}
	if flags&(cliticIn|cliticFor|cliticAs) != 0 {
		for _, w := range a.t.l.clitic {
			h |= a.t.l.info[w].heat
		}
	}
	a.heat, a.tagged, a.flagged, a.cats = h, tags, flags, cats
}

// take takes the sentence's mentions.
func (a *analysis) take(ments []mention) {
	a.ments, a.has = ments, 0
	for _, m := range ments {
		a.has |= 1 << m.cat
	}
}

// parse tags the sentence and groups it.
func (a *analysis) parse() {
	a.tag()
	a.group()
}

// tag tells what every token does.
func (a *analysis) tag() {
	if a.flagged.has(number) || a.tagged.has(tagNumber) || a.cats.has(catQual) {
		a.findNumbers()
	}
	if a.flagged.has(number) || a.tagged&(tagNumber|tagTime) != 0 {
		a.findTimes()
	}
	switch a.t.l.code {
	case "en":
		a.tagEnglish()
	default:
		a.tagPlain()
	}
}

// mentionAt returns the mention of a category that covers token i.
func (a *analysis) mentionAt(i int, cat category) (mention, bool) {
	if !a.ofCat(i, cat) {
		return mention{}, false
	}
	for _, m := range a.ments {
		if m.i > i {
			break
		}
		if m.cat == cat && i < m.j {
			return m, true
		}
	}
	return mention{}, false
}

// ofCat reports whether a mention of a category covers token i.
func (a *analysis) ofCat(i int, cat category) bool {
	return a.s.first <= i && i < a.s.last && a.t.toks[i].cats.has(cat)
}

// catsIn are the categories of the mentions that cover tokens i to j.
func (a *analysis) catsIn(i, j int) (cats catMask) {
	for ; i < j; i++ {
		cats |= a.t.toks[i].cats
	}
	return cats
}

// within calls yield for the mentions of a category inside tokens i to j.
func (a *analysis) within(i, j int, cat category, yield func(mention) bool) {
	if !a.has.has(cat) || !a.catsIn(i, j).has(cat) {
		return
	}
	for _, m := range a.ments {
		if m.i >= j {
			return
		}
		if m.cat == cat && m.i >= i && m.j <= j && !yield(m) {
			return
		}
	}
}

// span returns the bytes of tokens i to j.
func (t *text) span(i, j int) (start, end uint32) {
	return t.toks[i].start, t.toks[j-1].end
}

// group makes chunks of the tagged tokens.
func (a *analysis) group() {
	a.held = slices.Grow(a.held[:0], a.s.last-a.s.first)
	for i := a.s.first; i < a.s.last; {
		end := a.groupAt(i)
		for ; i < end; i++ {
			a.held = append(a.held, int32(len(a.chunks)-1))
		}
	}
	a.whos = slices.Grow(a.whos[:0], len(a.chunks))[:len(a.chunks)]
	for k := range a.whos {
		a.whos[k].known = false
	}
	a.owned = a.heat&heatOwner != 0
	a.subj = slices.Grow(a.subj[:0], len(a.chunks))[:len(a.chunks)]
	for k := range a.subj {
		a.subj[k] = -2
	}
}

func (a *analysis) groupAt(i int) int {
	f := a.tok(i).flags
	if f.has(cliticAnd) {
		a.chunks = append(a.chunks, chunk{kind: chunkCC, i: i, j: i, head: i})
	}
	if f&(cliticIn|cliticFor|cliticAs) != 0 && a.posAt(i) != posVerb {
		n := 0
		if f.has(cliticFor) {
			n = 1
		} else if f.has(cliticAs) {
			n = 2
		}
		w := a.t.l.clitic[n]
		a.chunks = append(a.chunks, chunk{kind: chunkPrep, i: i, j: i, head: i, word: w, slot: a.t.l.fills[w]})
	}
	one := func(k chunkKind) int {
		a.chunks = append(a.chunks, chunk{kind: k, i: i, j: i + 1, head: i, word: a.tok(i).word})
		return i + 1
	}
	switch a.posAt(i) {
	case posDet, posNum, posNoun, posPron, posPoss:
		return a.groupNP(i)
	case posVerb, posBe, posHave, posDo, posModal, posTo, posNeg:
		return a.groupVG(i)
	case posAdv:
		if a.startsVG(i) {
			return a.groupVG(i)
		}
		return one(chunkOther)
	case posPrep:
		n := one(chunkPrep)
		c := &a.chunks[len(a.chunks)-1]
		c.slot = a.t.l.fills[c.word]
		return n
	case posCC:
		return one(chunkCC)
	case posComma:
		return one(chunkComma)
	case posThat:
		return one(chunkThat)
	case posWh:
		return one(chunkWh)
	case posSub:
		return one(chunkSub)
	case posStop:
		return one(chunkStop)
	case posQuote:
		return one(chunkQuote)
	case posTime:
		j := i
		for j < a.s.last && a.posAt(j) == posTime {
			j++
		}
		a.chunks = append(a.chunks, chunk{kind: chunkTime, i: i, j: j, head: i})
		return j
	}
	return one(chunkOther)
}

// groupNP takes a noun group: it ends with its last noun, and at a possessive
// goes on.
func (a *analysis) groupNP(i int) int {
	j, head := i, i
	for j < a.s.last {
		p := a.posAt(j)
		if p != posDet && p != posNum && p != posNoun && p != posPron && p != posPoss {
			break
		}
		f := a.tok(j).flags
		if j > i && f&(cliticAnd|cliticIn|cliticFor|cliticAs) != 0 {
			break
		}
		if j > i && p == posDet && a.posAt(j-1) != posDet && a.posAt(j-1) != posNum && !(a.posAt(j-1) == posPron && j-1 == i) {
			break // a new determiner opens a new group
		}
		if j > i && p == posPron || j > i && a.t.l.code == "ar" && a.newArgument(j) {
			break
		}
		if a.posAt(j-1) == posPron && j > i && p != posPoss {
			break
		}
		if p != posPoss {
			head = j
		}
		j++
	}
	if j == i {
		j = i + 1
	}
	a.chunks = append(a.chunks, chunk{kind: chunkNP, i: i, j: j, head: head, word: a.tok(head).word})
	return j
}

// newArgument reports whether in Arabic, where subject and object stand side by
// side, a new noun group begins at token j: a name or people end before it, and
// a name, people or a thing of ours begins.
func (a *analysis) newArgument(j int) bool {
	ended, begins := false, false
	for _, m := range a.ments {
		if m.i > j {
			break
		}
		switch m.cat {
		case catActor, catRole:
			ended = ended || m.j == j
			begins = begins || m.i == j
		case catAgent:
			ended = ended || m.j == j && (a.tok(j-1).flags.has(definite) || a.ofCat(j-1, catDemonym))
			begins = begins || m.i == j
		case catDemonym:
			ended = ended || m.j == j && a.tok(j-1).flags.has(definite)
		case catSet, catObject, catTrigger:
			begins = begins || m.i == j
		}
	}
	return ended && (begins || a.tags(j).has(tagCue))
}

// startsVG reports whether an adverb at i stands before a verb.
func (a *analysis) startsVG(i int) bool {
	for i < a.s.last && a.posAt(i) == posAdv {
		i++
	}
	switch a.posAt(i) {
	case posVerb, posBe, posHave, posDo, posModal, posNeg:
		return true
	}
	return false
}

// groupVG takes a verb group: auxiliaries, negation, adverbs, the verb.
func (a *analysis) groupVG(i int) int {
	c := chunk{kind: chunkVG, i: i, head: -1}
	j, be, have, do := i, false, false, false
	for j < a.s.last {
		w := a.tok(j).word
		switch a.posAt(j) {
		case posAdv:
			if !a.startsVG(j) {
				goto done
			}
		case posNeg:
			c.neg = !c.neg
		case posTo:
			if j > i && (be || have) && c.head < 0 {
				c.inf, c.future = false, be || c.future // is to host
				c.must = c.must || have                 // has to stop
				break
			}
			if j > i {
				goto done
			}
			c.inf = true
		case posModal:
			if j > i && !onlyAdv(a, i, j) {
				goto done
			}
			a.modal(&c, w)
		case posBe:
			if do || j > i && a.posAt(j-1) == posVerb {
				goto done
			}
			be = true
			t := a.t.l.info[w].tags
			c.past = c.past || t.has(tagPast)
			c.head = j
			if a.contractedNeg(j) {
				c.neg = !c.neg
			}
		case posHave:
			have = true
			c.head = j
			if a.contractedNeg(j) {
				c.neg = !c.neg
			}
		case posDo:
			do = true
			c.past = c.past || a.t.l.info[w].tags.has(tagPast)
			if a.contractedNeg(j) {
				c.neg = !c.neg
			}
			c.head = j
		case posVerb:
			a.mainVerb(&c, j, be, have, do)
			return a.closeVG(c, j+1)
		default:
			goto done
		}
		j++
	}
done:
	if j == i {
		j++
	}
	if c.head < 0 {
		if c.inf || !(c.future || c.must || c.would || c.can) {
			kind := chunkOther
			if c.inf {
				kind = chunkPrep
			}
			a.chunks = append(a.chunks, chunk{kind: kind, i: i, j: j, head: i, word: a.tok(i).word, slot: a.t.l.fills[a.tok(i).word], neg: c.neg})
			return j
		}
		c.head = i
	}
	c.copula = be
	c.word = a.t.l.info[a.tok(c.head).word].lemma
	c.perfect = have
	return a.closeVG(c, j)
}

func onlyAdv(a *analysis, i, j int) bool {
	for ; i < j; i++ {
		if p := a.posAt(i); p != posAdv && p != posNeg {
			return false
		}
	}
	return true
}

func (a *analysis) closeVG(c chunk, j int) int {
	c.j = j
	a.chunks = append(a.chunks, c)
	return j
}

// contractedNeg reports whether an auxiliary ends in n't.
func (a *analysis) contractedNeg(i int) bool { return a.tags(i).has(tagNeg) }

// modal notes what a modal says.
func (a *analysis) modal(c *chunk, w int32) {
	if a.t.l.info[w].tags.has(tagNeg) {
		c.neg = !c.neg
	}
	switch a.t.l.words[w] {
	case "will", "shall", "won't", "'ll", "wont":
		c.future = true
	case "must", "should", "ought", "shouldn't", "mustn't":
		c.must = true
	case "would", "wouldn't", "'d":
		c.would = true
	case "may", "might", "could", "couldn't":
		c.might = true
	case "can", "cannot", "can't":
		c.can = true
	}
}

// mainVerb closes a group with its verb.
func (a *analysis) mainVerb(c *chunk, j int, be, have, do bool) {
	t := a.tags(j)
	c.head = j
	c.word = a.t.l.info[a.tok(j).word].lemma
	c.perfect = have
	if a.t.l.code != "en" {
		c.passive = t.has(tagPassive)
		c.future = c.future || t.has(tagFuture)
		c.past = t.has(tagPast) && !c.future
		c.ing = t.has(tagIng) && !t.has(tagPast)
		if w := a.tokenText(j); a.t.l.code == "ru" && !c.passive && (strings.HasSuffix(w, "ть") || strings.HasSuffix(w, "ться") || strings.HasSuffix(w, "ти")) {
			c.inf, c.past = true, false
		}
		return
	}
	switch {
	case be && t.has(tagPart):
		c.passive = true
	case be && t.has(tagIng):
	case have || do || c.inf || c.future || c.must || c.would || c.might || c.can:
	case t.has(tagPast) || t.has(tagPart):
		c.past = true
		if !t.has(tagPast) || a.participle(j) {
			c.part, c.passive = true, true
		}
	case t.has(tagIng):
		c.ing = true
	}
}
