package extract

import (
	"slices"
	"strconv"
	"strings"
)

// candidate is a noun group that may fill a role, with what is told of it.
type candidate struct {
	i, j  int // tokens
	chunk int
	sent  int
	cues  []string
}

// textCues is what the weights look at in a text.
type textCues struct {
	words []string   // words, pairs of words and acts, each once
	sents [][]string // the same by sentence
	cands []candidate
}

const (
	maxVariants = 5  // wordings of one noun group: with all its adjectives, with fewer
	maxFiller   = 10 // tokens
)

// cues reads a text for what the weights look at; false where nothing can be
// read.
func (w *work) cues(e *Engine, d Doc) (*textCues, bool) {
	if !w.begin(e, d) {
		return nil, false
	}
	w.read()
	t, a := &w.t, &w.a
	acts := make([][]string, len(t.sents))
	for _, f := range t.out {
		if !slices.Contains(acts[f.sent], f.claim.Event) {
			acts[f.sent] = append(acts[f.sent], f.claim.Event)
		}
	}
	out := &textCues{sents: make([][]string, len(t.sents)), words: []string{anyText}}
	seen := map[string]bool{}
	next := 0
	for n, s := range t.sents {
		for next < len(t.ments) && t.ments[next].i < s.first {
			next++
		}
		end := next
		for end < len(t.ments) && t.ments[end].i < s.last {
			end++
		}
		a.open(t, n)
		a.ments = t.ments[next:end]
		a.parse()
		out.sents[n] = a.wordCues(acts[n])
		for _, c := range out.sents[n] {
			if !seen[c] {
				seen[c] = true
				out.words = append(out.words, c)
			}
		}
		for _, c := range a.candidates() {
			a.tell(&c, acts[n])
			out.cands = append(out.cands, c)
		}
	}
	return out, true
}

// wordCues lists the words, pairs of words and acts of the sentence.
func (a *analysis) wordCues(acts []string) []string {
	var out []string
	for i := a.s.first; i < a.s.last; i++ {
		if a.tok(i).mark == 0 {
			out = append(out, a.lower(i), a.lower(i)+" "+a.lower(i+1))
		}
	}
	for _, x := range acts {
		out = append(out, "act="+x)
	}
	return out
}

// candidates lists what may fill a role in the sentence: noun groups with all
// their modifiers and with fewer, with what belongs to them ("members of the
// Front"), and names that the dictionaries know.
func (a *analysis) candidates() []candidate {
	var out []candidate
	add := func(i, j, k int) {
		for i < j && a.posAt(i) == posDet {
			i++
		}
		if i >= j || j-i > maxFiller || slices.ContainsFunc(out, func(c candidate) bool { return c.i == i && c.j == j }) {
			return
		}
		out = append(out, candidate{i: i, j: j, chunk: k, sent: a.at})
	}
	for k, c := range a.chunks {
		if c.kind != chunkNP || a.posAt(c.head) == posPron {
			continue
		}
		first := a.skipDet(c.i)
		for i := first; i < c.j && i < first+maxVariants; i++ {
			add(i, c.j, k)
		}
		if a.skipOf(k) > k {
			for i := first; i < c.j && i < first+2; i++ {
				add(i, a.chunks[k+2].j, k)
			}
		}
		for _, m := range a.ments {
			if (m.cat == catActor || m.cat == catWeapon || m.cat == catObject || m.cat == catAgent) && m.i >= c.i && m.i < c.j {
				add(m.i, m.j, k)
			}
		}
	}
	return out
}

// tell gives a candidate its cues: its words and what they are, the words around
// it, the verb or noun that it depends on and how, the nearest words for acts,
// and the acts that its sentence claims.
func (a *analysis) tell(c *candidate, acts []string) {
	add := func(kind string, parts ...string) {
		c.cues = append(c.cues, kind+"="+strings.TrimSpace(strings.Join(parts, " ")))
	}
	var words []string
	known := 0
	for i := c.i; i < c.j; i++ {
		words = append(words, a.lower(i))
		known += min(int(a.tok(i).word), 1)
	}
	head, class := a.lower(a.headOf(c)), a.class(c.i, c.j)
	kind := class
	if kind == "" {
		kind = "known" + strconv.Itoa(min(known, 1))
	}
	size := strconv.Itoa(min(len(words), 5))
	c.cues = append(c.cues, anyText)
	add("head", head)
	add("first", words[0])
	if len(words) <= 5 {
		add("words", words...)
	}
	add("shape", size, strconv.Itoa(min(known, 3)))
	add("class", kind)
	add("class", kind, size)
	if c.i > a.s.first && (a.tags(c.i-1).has(tagTitle) || a.ofCat(c.i-1, catRole)) {
		add("after", "title")
	}
	if a.tags(c.i).has(tagTitle) {
		add("first", "title")
	}
	full := a.chunks[c.chunk]
	add("cut", strconv.Itoa(min(c.i-a.skipDet(full.i), 3)), strconv.Itoa(min(max(c.j-full.j, -1), 1)))
	add("before", a.lower(c.i-1))
	add("before", a.lower(c.i-2), a.lower(c.i-1))
	add("before", a.lower(c.i-1), "<"+kind)
	add("next", a.lower(c.j))
	add("next", a.lower(c.j), a.lower(c.j+1))
	add("next", a.lower(c.j), "<"+kind)
	if on := a.dependsOn(c.chunk); on != "" {
		add("on", on)
		add("on", on, "<"+kind)
		add("on", on, "<"+head)
	}
	if len(acts) == 0 {
		acts = []string{"none"}
	}
	for _, act := range acts {
		add("act", act)
		add("act", act, "<"+kind)
		add("act", act, "<"+head)
	}
	left, right := a.actsAround(c)
	add("left", left, "<"+kind)
	add("right", right, "<"+kind)
	add("sentence", strconv.Itoa(min(a.at, 6)))
}

// lower is the word at token i in small letters, # for a figure.
func (a *analysis) lower(i int) string {
	switch {
	case i < a.s.first:
		return "^"
	case i >= a.s.last:
		return "$"
	case a.tok(i).flags.has(number):
		return "#"
	}
	return strings.ToLower(a.tokenText(i))
}

// stem is a verb's dictionary form, with what makes its subject its object.
func (a *analysis) stem(v chunk) string {
	out := a.lower(v.head)
	if w := a.tok(v.head).word; w != 0 && a.t.l.info[w].lemma != 0 {
		out = a.t.l.words[a.t.l.info[w].lemma]
	}
	if v.passive {
		out += " passive"
	}
	return out
}

// headOf returns the token that names what a candidate is: the last word before
// its first preposition.
func (a *analysis) headOf(c *candidate) int {
	for i := c.i + 1; i < c.j; i++ {
		if a.tags(i).has(tagPrep) {
			return i - 1
		}
	}
	return c.j - 1
}

// class is what the dictionaries call the words that end at token j.
func (a *analysis) class(i, j int) string {
	longest, out := 0, ""
	for _, m := range a.ments {
		if m.i >= j {
			break
		}
		if m.j != j || m.i < i || m.j-m.i < longest {
			continue
		}
		s := ""
		switch m.cat {
		case catActor:
			s = a.t.e.dict.actors[m.ref].kind
		case catAgent:
			s = a.t.l.agents[m.ref].role
		case catWeapon:
			s = "weapon"
		case catObject:
			s = a.t.l.objects[m.ref]
		case catRole:
			s = "office"
		}
		if s != "" {
			longest, out = m.j-m.i, s
		}
	}
	if out == "" && a.tags(j-1).has(tagPerson) {
		return "people"
	}
	return out
}

// dependsOn says on which word the noun group at chunk k depends and how: "kill
// subject", "kill passive by", "murder of".
func (a *analysis) dependsOn(k int) string {
	prep := ""
	if a.kind(k-1) == chunkPrep {
		prep = a.lower(a.chunks[k-1].i)
		k--
	}
	for p := k - 1; p >= 0 && a.kind(p) != chunkStop; p-- {
		switch c := a.chunks[p]; {
		case c.kind == chunkVG && prep == "":
			return a.stem(c) + " object"
		case c.kind == chunkVG:
			return a.stem(c) + " " + prep
		case c.kind == chunkNP && prep != "":
			return a.lower(c.head) + " " + prep
		case prep == "" && c.kind != chunkOther && c.kind != chunkTime && c.kind != chunkCC && c.kind != chunkComma && c.kind != chunkNP:
			p = 0
		}
	}
	if prep != "" {
		return prep
	}
	for p := k + 1; p < len(a.chunks) && a.kind(p) != chunkStop; p++ {
		if a.kind(p) == chunkVG {
			return a.stem(a.chunks[p]) + " subject"
		}
	}
	return ""
}

// actsAround names the nearest verbs or nouns for acts before and after a
// candidate, with how far they are in steps of three words.
func (a *analysis) actsAround(c *candidate) (left, right string) {
	far := func(n int) string { return " " + strconv.Itoa(min(n/3, 4)) }
	for _, m := range a.ments {
		if m.cat == catTrigger && m.j <= c.i {
			left = a.lower(m.j-1) + far(c.i-m.j)
		}
		if m.cat == catTrigger && m.i >= c.j && right == "" {
			right = a.lower(m.j-1) + far(m.i-c.j)
		}
	}
	for _, v := range a.chunks {
		if v.kind != chunkVG || len(a.t.l.verbs[v.word]) == 0 {
			continue
		}
		if v.j <= c.i {
			left = a.stem(v) + far(c.i-v.j)
		} else if v.i >= c.j {
			return left, a.stem(v) + far(v.i-c.j)
		}
	}
	return left, right
}
