package extract

import (
	"slices"

	"github.com/marchday/marchday/truce"
)

// source is who says something, and how.
type source struct {
	who    who
	verb   string
	mode   string
	class  string // of the reporting verb
	stance truce.Stance
	to     who // who is urged or accused
}

// cover is a range of tokens that somebody says, or that a word puts under a
// stance.
type cover struct {
	first, last int
	src         *source
	effect      truce.Stance
	negate      bool
	verb        int // chunk of the verb, -1 for none
}

// quoteRange is what stands between quotation marks.
type quoteRange struct{ first, last int }

// findCovers finds who speaks over which tokens and what is only wished,
// planned or supposed.
func (a *analysis) findCovers() {
	a.findQuotes()
	for k := range a.chunks {
		switch a.kind(k) {
		case chunkVG:
			if r := a.t.l.reports[a.chunks[k].word]; r.known && a.chunks[k].word != 0 {
				a.coverReport(k, r)
			} else if a.putsToll(k) {
				a.coverReport(k, report{class: "neutral", stance: truce.Stated})
			}
			if g := a.t.l.governs[a.chunks[k].word]; g.known && a.chunks[k].word != 0 {
				a.coverGoverned(k, g)
			}
		case chunkSub:
			a.coverCondition(k)
		case chunkWh:
			if a.condition(a.chunks[k].i) {
				a.cover(cover{first: a.chunks[k].j, last: a.s.last, effect: truce.Conditional, verb: -1})
			}
		}
	}
	a.coverNouns()
	a.coverAccording()
	a.coverColon()
	a.coverAdverbs()
	a.coverOpenQuotes()
}

// putsToll reads "put the number of dead at seven" at the verb of chunk k.
func (a *analysis) putsToll(k int) bool {
	if a.t.l.words[a.chunks[k].word] != "put" {
		return false
	}
	o := a.object(k)
	return o >= 0 && slices.ContainsFunc(a.ments, func(m mention) bool {
		return m.cat == catToll && m.i >= a.chunks[o].i && m.j <= a.chunks[a.skipOf(o)].j
	})
}

// says keeps a source as long as its sentence.
func (a *analysis) says(s source) *source { return &a.saying.one(s)[0] }

func (a *analysis) cover(c cover) {
	if c.last > c.first {
		a.covers = append(a.covers, c)
	}
}

// findQuotes pairs the quotation marks of the sentence. A quote open from the
// sentence before reaches to its closing mark.
func (a *analysis) findQuotes() {
	open := -1
	if a.t.openQuote {
		open = a.s.first
	} else if a.heat&heatQuote == 0 {
		return
	}
	for i := a.s.first; i < a.s.last; i++ {
		m := a.tok(i).mark
		if m != '<' && m != '>' && m != '"' || a.tok(i).word != 0 {
			continue
		}
		switch {
		case open >= 0 && (m != '<' || i == open):
			if i == open && (m == '<' || m == '"') { // repeated at a paragraph
				continue
			}
			a.quotes = append(a.quotes, quoteRange{open, i})
			open = -1
		case open < 0 && m != '>':
			open = i + 1
		}
	}
	a.t.openQuote = false
	if open >= 0 {
		a.quotes = append(a.quotes, quoteRange{open, a.s.last})
		a.t.openQuote = a.at+1 < len(a.t.sents) && (a.closesLater() || a.t.toks[a.t.sents[a.at+1].first].mark == '<')
	}
}

// closesLater reports whether a closing mark comes within the next sentences.
func (a *analysis) closesLater() bool {
	const window = 200
	for i := a.s.last; i < len(a.t.toks) && i < a.s.last+window; i++ {
		switch a.t.toks[i].mark {
		case '>':
			return true
		case '"':
			return i+1 >= len(a.t.toks) || a.t.toks[i].flags.has(glued)
		case '<':
			return false
		}
	}
	return false
}

// quoted reports whether token i stands between quotation marks.
func (a *analysis) quoted(i int) bool {
	for _, q := range a.quotes {
		if q.first <= i && i < q.last {
			return true
		}
	}
	return false
}

// coverReport finds what the reporting verb at chunk k reports.
func (a *analysis) coverReport(k int, r report) {
	c := a.chunks[k]
	verb := a.tokenText(c.head)
	s := a.subject(k)
	src := a.says(source{verb: verb, mode: "indirect", class: r.class, stance: r.stance})
	if c.passive && !c.part || s < 0 && c.passive {
		src.mode = "passive"
		src.who = who{id: unknownID}
		a.phrases(k, func(p phrase) bool {
			if p.slot == slotBy {
				src.who, src.mode = a.whoAt(p.np), "indirect"
			}
			return src.mode == "passive"
		})
		if r.class == "accuse" {
			a.cover(cover{first: c.j, last: a.governedEnd(k), src: src, verb: k})
		}
		if r.class == "accuse" || r.class == "urge" {
			return
		}
	} else if s >= 0 {
		src.who = a.speakerAt(s)
	} else if c.ing || c.part || c.inf {
		return
	} else {
		src.who = who{id: unknownID}
	}
	if o := a.object(k); o >= 0 && (r.class == "urge" || r.class == "accuse") {
		if w := a.whoAt(o); a.canAct(w, o) {
			src.to = w
		}
	}
	if a.kind(k+1) == chunkVG && a.chunks[k+1].inf && r.class == "neutral" {
		return // agreed to extend
	}
	first, last, pre := a.content(k, s)
	if called, ok := a.distanced(k, s); ok {
		src.mode, src.stance, src.class = "distanced", truce.Alleged, "call"
		last = called
	}
	if r.class == "speech" || r.class == "condemn" || r.class == "praise" || r.class == "concern" {
		src.mode = "presupposed"
	}
	if src.who.id != unknownID {
		a.t.speaker = *src
	}
	negate := c.neg && r.class != "deny"
	if pre[1] > pre[0] {
		a.cover(cover{first: pre[0], last: pre[1], src: src, verb: k})
	}
	if last > first {
		cov := cover{first: first, last: last, src: src, verb: k, negate: negate}
		if c.neg && r.class == "deny" {
			same := a.says(*src)
			same.class, same.stance = "neutral", truce.Stated
			cov.src, cov.negate = same, false
		}
		a.cover(cov)
	}
}

// speakerAt says who speaks; a country or capital that speaks is its
// government.
func (a *analysis) speakerAt(s int) who {
	if c := a.chunks[s]; a.posAt(c.head) == posPron && a.t.speaker.who.id != "" && a.t.speaker.who.id != unknownID {
		word := a.t.l.words[a.tok(c.head).word]
		if isPerson(a.t.speaker.who) == (word == "he" || word == "she" || word == "он" || word == "она") {
			w := a.t.speaker.who
			w.i, w.j, w.via = c.i, c.j, "who.speaker"
			return w
		}
	}
	w := a.whoAt(s)
	if w.id == unknownID && a.t.l.statements[a.tok(a.chunks[s].head).word] && a.kind(s+1) == chunkPrep && a.kind(s+2) == chunkNP {
		switch a.chunks[s+1].slot {
		case slotOf, slotBy, slotFrom: // a statement of the council
			if by := a.whoAt(s + 2); by.id != unknownID && by.kind != "adjective" {
				return asGovernment(by)
			}
		}
	}
	if w.id == unknownID && a.t.l.statements[a.tok(a.chunks[s].head).word] && a.t.speaker.who.id != "" {
		w = a.t.speaker.who
		w.i, w.j = a.chunks[s].i, a.chunks[s].j
		return w
	}
	if w.id == unknownID {
		if p := a.newPerson(a.chunks[s]); p.id != "" {
			return p
		}
	}
	return asGovernment(w)
}

func asGovernment(w who) who {
	if rest, ok := cutPrefix(w.id, "country:"); ok {
		w.id = "gov:" + rest
	}
	return w
}

func cutPrefix(s, p string) (string, bool) {
	if len(s) > len(p) && s[:len(p)] == p {
		return s[len(p):], true
	}
	return s, false
}

// content returns the tokens that a report covers after its verb, and those
// before it where the speaker stands behind what he says.
func (a *analysis) content(k, s int) (first, last int, pre [2]int) {
	c := a.chunks[k]
	lead := k // chunk that opens the reporting frame
	if s >= 0 && s < k {
		lead = s
	}
	tail := k
	if s > k {
		tail = a.skipOf(s)
		if _, ok := a.apposed(s); ok {
			tail += 2
		}
	}
	first, last = a.chunks[tail].j, a.reportEnd(tail)
	if a.kind(tail+1) == chunkNP && !(a.kind(tail+2) == chunkVG && a.chunks[tail+2].finite()) { // underlined the need for X amid Y
		for m := tail + 2; m < len(a.chunks) && a.chunks[m].i < last; m++ {
			if w := a.t.l.words[a.tok(a.chunks[m].i).word]; a.kind(m) == chunkSub && !a.condition(a.chunks[m].i) || a.kind(m) == chunkPrep && (w == "amid" || w == "amidst" || w == "following") {
				last = a.chunks[m].i
			}
		}
	}
	if before := a.chunks[lead].i; a.endsContent(lead-1) && (!c.ing || a.quotedAs(k) >= 0) && before > a.s.first {
		begin := a.prevReportEnd()
		if a.hasWords(begin, before) {
			pre = [2]int{begin, before}
			if !a.hasVerb(first, last) && !a.quotedWithin(first, last) {
				last = first
			}
		}
	}
	return first, last, pre
}

// endsContent reports whether chunk m can close what was said: a comma or a
// quotation mark.
func (a *analysis) endsContent(m int) bool {
	if a.kind(m) == chunkQuote {
		return true
	}
	return a.kind(m) == chunkComma && a.verbLeft(m) >= 0 && !a.insideOther(m)
}

// insideOther reports whether the comma at m closes a clause of time or
// condition that opened the sentence, not a thing said.
func (a *analysis) insideOther(m int) bool {
	for k := m - 1; k >= 0; k-- {
		switch a.kind(k) {
		case chunkSub, chunkWh:
			p := a.verbLeft(k)
			return a.kind(k) == chunkWh || p < 0 || !a.chunks[p].finite() // else: 30 were wounded when a rocket fell, police said
		case chunkComma, chunkThat, chunkStop:
			return false
		}
	}
	return a.kind(0) == chunkVG && !a.chunks[0].finite() || a.kind(0) == chunkPrep && a.kind(1) == chunkVG
}

func (a *analysis) hasWords(i, j int) bool {
	n := 0
	for ; i < j; i++ {
		if a.tok(i).mark == 0 {
			n++
		}
	}
	return n >= 2
}

func (a *analysis) hasVerb(i, j int) bool {
	for ; i < j; i++ {
		if p := a.posAt(i); p == posVerb || p == posBe {
			return true
		}
	}
	return false
}

func (a *analysis) quotedWithin(i, j int) bool {
	for _, q := range a.quotes {
		if q.first < j && i < q.last {
			return true
		}
	}
	return false
}

// prevReportEnd is where what is said before chunk k begins: the sentence, or
// behind a report of its own that ended.
func (a *analysis) prevReportEnd() int {
	return a.s.first
}

// reportEnd is where what is said after chunk k ends: the sentence, or before
// the next speaker of the same rank.
func (a *analysis) reportEnd(k int) int {
	for m := k + 1; m < len(a.chunks); m++ {
		if a.kind(m) != chunkVG || !a.isReport(m) || a.chunks[m].inf {
			continue
		}
		c := a.chunks[m]
		if a.kind(m-1) == chunkCC && c.finite() {
			return a.chunks[m-1].i // ... and warned that
		}
		if c.ing && (a.kind(m-1) == chunkComma || a.kind(m-1) == chunkCC) {
			return a.chunks[m-1].i // ..., adding that
		}
		s := a.subject(m)
		if s > k && s < m && (a.kind(s-1) == chunkComma || a.kind(s-1) == chunkCC) && a.kind(s-2) != chunkPrep && c.finite() && a.t.l.reports[c.word].class != "call" {
			if a.kind(s-1) == chunkCC || a.kind(m+1) == chunkThat {
				return a.chunks[s-1].i
			}
		}
	}
	return a.s.last
}

// distanced reads "what S called C": the words after the verb are S's own.
func (a *analysis) distanced(k, s int) (int, bool) {
	r := a.t.l.reports[a.chunks[k].word]
	what := s > 0 && s < k && a.kind(s-1) == chunkWh && a.t.l.words[a.tok(a.chunks[s-1].i).word] == "what"
	if !what || r.class != "call" && r.class != "urge" && r.class != "neutral" {
		return 0, false
	}
	o := a.object(k)
	if o < 0 {
		return a.reportEnd(k), true
	}
	return a.chunks[a.skipOf(o)].j, true
}

// coverGoverned puts what depends on the verb at chunk k under its effect, to
// the end of the clause.
func (a *analysis) coverGoverned(k int, g governor) {
	c := a.chunks[k]
	effect := g.effect
	negate := g.negate
	if c.neg && effect == truce.Planned {
		negate = true
	}
	if c.neg && g.negate {
		negate = false
	}
	a.cover(cover{first: c.j, last: a.governedEnd(k), effect: effect, negate: negate, verb: k})
}

// governedEnd is where a governed clause ends.
func (a *analysis) governedEnd(k int) int {
	for m := k + 1; m < len(a.chunks); m++ {
		switch a.kind(m) {
		case chunkStop, chunkSub, chunkWh:
			return a.chunks[m].i
		case chunkQuote:
			if a.quoted(a.chunks[k].i) && a.tok(a.chunks[m].i).mark != '<' {
				return a.chunks[m].i
			}
		case chunkComma, chunkCC:
			if a.kind(m) == chunkComma && a.kind(m+1) == chunkVG && a.chunks[m+1].ing || a.startsClause(m+1) && a.finiteAfter(m+1) && a.kind(m+1) != chunkVG {
				return a.chunks[m].i
			}
		}
	}
	return a.s.last
}

func (a *analysis) finiteAfter(m int) bool {
	for n := m; n < len(a.chunks) && n < m+6; n++ {
		if a.kind(n) == chunkVG {
			return a.chunks[n].finite()
		}
	}
	return false
}

// condition reports whether the word at token i supposes: if, unless, how,
// whether.
func (a *analysis) condition(i int) bool {
	switch a.t.l.words[a.tok(i).word] {
	case "if", "unless", "whether", "how", "provided", "لو", "إن", "اذا", "إذا", "если", "ли", "как":
		return a.t.l.words[a.tok(i).word] != "как"
	}
	return false
}

// coverCondition covers an if-clause, and the main clause that hangs on it.
func (a *analysis) coverCondition(k int) {
	if !a.condition(a.chunks[k].i) {
		return
	}
	first, last := a.chunks[k].j, a.s.last
	for m := k + 1; m < len(a.chunks); m++ {
		if a.kind(m) == chunkStop {
			last = a.chunks[m].i
			break
		}
	}
	if k > 0 { // the main clause before: back to its beginning
		for m := k - 1; m >= 0; m-- {
			if a.boundary(m) || a.kind(m) == chunkQuote {
				break
			}
			first = a.chunks[m].i
			if a.kind(m) == chunkVG && a.isReport(m) {
				first = a.chunks[m].j
				break
			}
		}
	}
	a.cover(cover{first: first, last: last, effect: truce.Conditional, verb: -1})
}

// coverNouns covers what depends on nouns and adjectives such as need, plan,
// threat, likely.
func (a *analysis) coverNouns() {
	if !a.has.has(catGoverns) {
		return
	}
	for _, m := range a.ments {
		if m.i >= a.s.last {
			break
		}
		if m.cat != catGoverns || m.i < a.s.first || m.j == m.i+1 && a.posAt(m.i) == posVerb {
			continue
		}
		k := a.chunkAt(m.j - 1)
		if k < 0 {
			continue
		}
		g := a.t.l.governors[m.ref]
		if g.adj {
			if p := a.verbLeft(k + 1); p >= 0 && (a.chunks[p].copula || a.t.l.words[a.chunks[p].word] == "become") {
				first := p
				for first > 0 && !a.boundary(first-1) && a.kind(first-1) != chunkQuote {
					first--
				}
				a.cover(cover{first: a.chunks[first].i, last: a.chunks[p].i, effect: g.effect, negate: a.chunks[p].neg, verb: -1})
			}
			continue
		}
		last := a.governedEnd(k)
		neg := g.negate
		if p := a.verbLeft(k); p >= 0 && a.chunks[p].copula && a.chunks[p].neg {
			neg = !neg
		}
		a.cover(cover{first: m.j, last: last, effect: g.effect, negate: neg, verb: -1})
	}
}

// coverAccording reads "according to S" in every language that has words for
// it; it covers the sentence around.
func (a *analysis) coverAccording() {
	if a.heat&heatSpeaker == 0 {
		return
	}
	for k := range a.chunks {
		c := a.chunks[k]
		if c.kind != chunkPrep || a.t.l.fills[c.word] != slotSpeaker {
			continue
		}
		np := k + 1
		if a.kind(np) == chunkPrep {
			np++
		}
		if a.kind(np) != chunkNP {
			continue
		}
		src := a.says(source{who: a.speakerAt(np), verb: a.t.wording(c.i, max(c.i+1, a.chunks[np].i)), mode: "indirect", class: "neutral", stance: truce.Stated})
		end := a.chunks[a.skipOf(np)].j
		if a.hasVerb(a.s.first, c.i) {
			a.cover(cover{first: a.s.first, last: c.i, src: src, verb: -1})
		}
		a.cover(cover{first: end, last: a.s.last, src: src, verb: -1})
	}
}

// coverColon reads "S: ..." at the beginning of a sentence or heading.
func (a *analysis) coverColon() {
	for k := range min(len(a.chunks), 5) {
		if a.kind(k) != chunkStop || a.tok(a.chunks[k].i).mark != ':' || k == 0 || a.kind(0) != chunkNP {
			continue
		}
		w := asGovernment(a.whoAt(0))
		if w.id == unknownID || w.kind == "adjective" {
			return
		}
		a.cover(cover{first: a.chunks[k].j, last: a.s.last, src: a.says(source{who: w, verb: ":", mode: "indirect", class: "neutral", stance: truce.Stated}), verb: -1})
		return
	}
}

// coverAdverbs reads reportedly, allegedly: their clause is alleged by one who
// is not named.
func (a *analysis) coverAdverbs() {
	if a.heat&heatAdverb == 0 {
		return
	}
	for i := a.s.first; i < a.s.last; i++ {
		if !a.t.l.adverbs[a.tok(i).word].known {
			continue
		}
		r := &a.t.l.adverbs[a.tok(i).word]
		first, last := a.s.first, a.s.last
		if k := a.chunkAt(i); k >= 0 {
			first, last = a.clauseOf(k)
		}
		a.cover(cover{first: first, last: last, src: a.says(source{who: who{id: unknownID, i: i, j: i + 1}, verb: a.tokenText(i), mode: "adverb", class: r.class, stance: truce.Alleged}), verb: -1})
	}
}

// coverOpenQuotes gives quotes that no report in their sentence covers to who
// spoke last.
func (a *analysis) coverOpenQuotes() {
	for _, q := range a.quotes {
		long := q.last-q.first > 5
		if !long || a.t.speaker.who.id == "" || a.t.speaker.who.id == unknownID {
			continue
		}
		covered := false
		for _, c := range a.covers {
			covered = covered || c.src != nil && c.first <= q.first+1 && c.last+1 >= q.last
		}
		if covered {
			continue
		}
		same := a.says(a.t.speaker)
		same.who.i, same.who.j = 0, 0
		same.mode = "direct"
		if same.class != "neutral" {
			same.class, same.stance = "neutral", truce.Stated
		}
		a.cover(cover{first: q.first, last: q.last, src: same, verb: -1})
	}
}

// sources returns who says what stands at token i, outermost first. The list
// is good until the next call.
func (a *analysis) sources(i int) []source {
	in := a.sourced[:0]
	for _, c := range a.covers {
		if c.src != nil && c.first <= i && i < c.last && !(c.verb >= 0 && a.chunks[c.verb].i <= i && i < a.chunks[c.verb].j) {
			in = append(in, c)
		}
	}
	for x := 1; x < len(in); x++ { // by size, largest first; few
		for y := x; y > 0 && in[y].last-in[y].first > in[y-1].last-in[y-1].first; y-- {
			in[y], in[y-1] = in[y-1], in[y]
		}
	}
	a.sourced = in
	out := a.told[:0]
	for _, c := range in {
		s := *c.src
		if len(out) > 0 && out[len(out)-1].who.id == s.who.id {
			if s.who.id == unknownID || out[len(out)-1].class == "neutral" || s.class == "deny" {
				out[len(out)-1] = s
			}
			continue
		}
		if len(out) > 0 && s.mode == "indirect" {
			s.mode = "nested"
		}
		if a.quoted(i) && s.mode == "indirect" {
			s.mode = "direct"
		} else if s.mode == "indirect" && a.quotedWithin(c.first, c.last) {
			s.mode = "mixed"
		}
		out = append(out, s)
	}
	a.told = out
	return out
}
