package extract

import (
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

// tollMention is a word such as killed with its figure.
type tollMention struct {
	at   int // token of the word
	kind truce.CasualtyKind
	num  int // index into nums, -1: one person, or none
	c    truce.Casualty
}

// tollsOf binds the figures of the sentence to what befell people, and these
// to the claims of the sentence.
func (a *analysis) tollsOf(from int) {
	ts := a.tollWords()
	if len(ts) == 0 {
		return
	}
	a.taken = blank(a.taken, len(a.nums))
	taken := a.taken
	for pass := range 2 { // first the words that carry their figure themselves
		for n := range ts {
			own := slices.ContainsFunc(a.nums, func(m numMention) bool { return m.i <= ts[n].at && ts[n].at < m.j })
			if own == (pass == 0) {
				a.figure(&ts[n], taken)
			}
		}
	}
	a.joint(ts)
	ts = a.parts(ts, taken)
	for n := range ts {
		if ts[n].num >= 0 || ts[n].c.Low != truce.Open {
			a.giveToll(from, ts[n])
		}
	}
}

// parts adds the figures that are told of a part of another: "16 civilians,
// including three children and a woman". Each is a part of the figure or word
// nearest before it.
func (a *analysis) parts(ts []tollMention, taken []bool) []tollMention {
	wholes := len(ts)
	for _, x := range a.ments {
		if x.cat != catSet || x.i < a.s.first || x.i >= a.s.last || a.t.l.sets[x.ref] != "including" {
			continue
		}
		whole := -1
		for n, t := range ts[:wholes] {
			end := 0
			if t.num >= 0 {
				end = a.nums[t.num].j
			}
			if t.num < 0 || t.at < x.i {
				end = max(end, t.at+1)
			}
			if t.c.Low != truce.Open && !t.c.Part && end <= x.i && !a.crossed(end, x.i) {
				whole = n
			}
		}
		k := a.chunkAt(x.j)
		if whole < 0 || k < 0 || a.kind(k) != chunkNP {
			continue
		}
		a.list(k, func(np int) bool {
			c := a.chunks[np]
			c.i = max(c.i, x.j)
			part, ok := a.part(ts[whole], c, taken)
			if ok {
				ts = append(ts, part)
			}
			return ok
		})
	}
	return ts
}

// part reads a noun group as a part of a toll: a number of people of a class
// that tolls are kept by, or one such person.
func (a *analysis) part(whole tollMention, c chunk, taken []bool) (tollMention, bool) {
	t := tollMention{at: whole.at, kind: whole.kind, num: -1, c: truce.Casualty{Kind: whole.kind, Part: true}}
	for n, m := range a.nums {
		if m.i < c.i || m.j > c.j {
			continue
		}
		if taken[n] || m.measure || a.age(m) || !a.personal(m, whole.at) {
			return t, false
		}
		taken[n], t.num = true, n
		s, e := a.tollSpan(m)
		t.c.Low, t.c.High, t.c.Qual, t.c.Who = m.lo, m.hi, m.qual, a.whoClass(m)
		t.c.Text, t.c.Span = a.t.src[s:e], a.t.spans.span(s, e)
		return t, t.c.Who != "people"
	}
	if !a.onePerson(c) && !a.oneOnly(c) {
		return t, false
	}
	s, e := a.t.span(c.i, c.j)
	t.c.Low, t.c.High, t.c.Qual, t.c.Who = 1, 1, "exact", a.t.l.peopleClass(a, c.head)
	t.c.Text, t.c.Span = a.t.src[s:e], a.t.spans.span(s, e)
	return t, t.c.Who != "people"
}

// tollWords lists the words that say what befell people.
func (a *analysis) tollWords() []tollMention {
	if !a.has.has(catToll) {
		return nil
	}
	out := a.tolls[:0]
	for _, m := range a.ments {
		if m.i >= a.s.last {
			break
		}
		if m.cat == catToll && m.i >= a.s.first {
			k := a.t.l.tolls[m.ref]
			out = append(out, tollMention{at: m.i, kind: k.kind, num: -1, c: truce.Casualty{Kind: k.kind, Low: truce.Open, High: truce.Open}})
		}
	}
	a.tolls = out
	return out
}

// figure finds the number that belongs to a toll word: on the side where it
// stands, in the same clause, nearest.
func (a *analysis) figure(t *tollMention, taken []bool) {
	side := a.side(t.at)
	if a.oneBeside(t, side) {
		return
	}
	best, dist := a.nearestFigure(t, side, taken, false)
	if best < 0 || dist >= 30 {
		if n, d := a.nearestFigure(t, side, taken, true); d < dist {
			best, dist = n, d
		}
	}
	const maxDistance = 14
	if best < 0 || dist > maxDistance && dist < 30 || dist > 30+2 {
		a.single(t, side)
		return
	}
	taken[best] = true
	t.num = best
	m := a.nums[best]
	s, e := a.tollSpan(m)
	t.c.Low, t.c.High, t.c.Qual = m.lo, m.hi, m.qual
	t.c.Who = a.whoClass(m)
	t.c.Text, t.c.Span = a.t.src[s:e], a.t.spans.span(s, e)
	t.c.Part = a.partial(m)
	a.addJoined(t, m, taken)
}

// nearestFigure returns the number nearest to a toll word that may be its own, and
// how far it is. Before the word a part is looked at only if parts are asked for:
// of "30 people, among them 8 children, were killed" the 30.
func (a *analysis) nearestFigure(t *tollMention, side string, taken []bool, parts bool) (best, dist int) {
	best, dist = -1, 1<<30
	for n, m := range a.nums {
		if taken[n] || a.otherToll(t, m) || m.measure || a.age(m) || !a.personal(m, t.at) || m.j <= t.at && !parts && a.partial(m) {
			continue
		}
		d := 0
		if m.i > t.at {
			d = m.i - t.at
			if side == "left" {
				if a.posAt(t.at+1) == posCC || a.posAt(m.i-1) == posCC {
					continue
				}
				d += 30
			}
			if a.crossed(t.at+1, m.i) && !a.total(t.at) {
				continue
			}
		} else {
			d = t.at - m.j + 1
			if side == "right" {
				d += 30
			}
			if a.crossed(m.j, t.at) {
				continue
			}
		}
		if d < dist {
			best, dist = n, d
		}
	}
	return best, dist
}

// total reports whether a toll word is the subject of what the figure was: the
// death toll rose to 17.
func (a *analysis) total(at int) bool {
	m, ok := a.mentionAt(at, catToll)
	return ok && a.t.l.code == "en" && a.lower(m.j-1) == "toll"
}

// otherToll reports whether another kind of toll stands between a toll word
// and a number: "a woman killed and 3 wounded".
func (a *analysis) otherToll(t *tollMention, m numMention) bool {
	lo, hi := min(t.at+1, m.j), max(t.at, m.i)
	for _, x := range a.ments {
		if x.i >= hi {
			break
		}
		if x.cat == catToll && x.i >= lo && x.i != t.at && a.t.l.tolls[x.ref].kind != t.kind && !a.onlyAnd(min(t.at, x.i)+1, max(t.at, x.i)) {
			return true
		}
	}
	return false
}

// oneBeside takes a single person that stands directly beside a toll word in a
// language without articles, before any number further off.
func (a *analysis) oneBeside(t *tollMention, side string) bool {
	if a.t.l.code == "en" {
		return false
	}
	k := a.chunkAt(t.at)
	if k < 0 {
		return false
	}
	at := t.at + 1
	if side == "left" {
		at = t.at - 1
	}
	if at < a.s.first || at >= a.s.last || a.tok(at).mark != 0 || a.posAt(at) != posNoun || a.isNum(at) {
		return false
	}
	if !a.inSet(at, "one") {
		return false
	}
	s, e := a.t.span(at, at+1)
	t.c.Low, t.c.High, t.c.Qual = 1, 1, "exact"
	t.c.Who = a.t.l.peopleClass(a, at)
	t.c.Text, t.c.Span = a.t.src[s:e], a.t.spans.span(s, e)
	a.addJoined(t, numMention{i: at, j: at + 1, lo: 1, hi: 1, qual: "exact"}, nil)
	return true
}

func (a *analysis) isNum(i int) bool {
	for _, m := range a.nums {
		if m.i <= i && i < m.j {
			return true
		}
	}
	return false
}

// inSet reports whether token i begins a phrase of the named set.
func (a *analysis) inSet(i int, name string) bool {
	if !a.ofCat(i, catSet) {
		return false
	}
	for _, m := range a.ments {
		if m.i > i {
			return false
		}
		if m.cat == catSet && m.i == i && a.t.l.sets[m.ref] == name {
			return true
		}
	}
	return false
}

// addJoined adds up what "and" joins to a figure: four children and a woman.
func (a *analysis) addJoined(t *tollMention, m numMention, taken []bool) {
	if m.qual != "exact" || t.c.Part {
		return
	}
	k := a.chunkAt(m.i)
	if k < 0 || a.kind(k) != chunkNP {
		return
	}
	if a.kind(k-1) == chunkCC && a.kind(k-2) == chunkNP && a.onePerson(a.chunks[k-2]) && !a.ofCat(a.chunks[k-2].head, catToll) {
		t.c.Low, t.c.High = t.c.Low+1, t.c.High+1 // a father and his two sons
	}
	first := true
	a.list(k, func(np int) bool {
		if first {
			first = false
			return true
		}
		c := a.chunks[np]
		if a.partsBetween(m.j, c.i) {
			return false
		}
		for i := c.i; i <= c.j && i < a.s.last; i++ {
			if a.ofCat(i, catToll) && i != t.at {
				return false // and 10 wounded: another figure
			}
		}
		add := int32(0)
		for n, x := range a.nums {
			if x.i >= c.i && x.j <= c.j && x.qual == "exact" && !x.measure && a.personal(x, t.at) && n < len(taken) && !taken[n] {
				add, taken[n] = x.lo, true
			}
		}
		if add == 0 && (a.oneOnly(c) || a.onePerson(c)) {
			add = 1
		}
		if add == 0 {
			return false
		}
		t.c.Low, t.c.High = t.c.Low+add, t.c.High+add
		t.c.Who = "people"
		return true
	})
}

// partsBetween reports whether a word such as including stands between tokens.
func (a *analysis) partsBetween(i, j int) bool {
	return slices.ContainsFunc(a.ments, func(x mention) bool {
		return x.cat == catSet && x.i >= i && x.i < j && a.t.l.sets[x.ref] == "including"
	})
}

// side says where the figure of a toll word stands: its object behind an
// active verb, its subject before a passive one.
func (a *analysis) side(at int) string {
	m, _ := a.mentionAt(at, catToll)
	k := a.t.l.tolls[m.ref]
	if !k.verb {
		if a.t.l.code == "en" && a.lower(at) == "dead" && a.lower(at-1) == "shot" {
			return "right" // shot dead a farmer
		}
		return k.side
	}
	c := a.chunkAt(at)
	if c < 0 || a.kind(c) != chunkVG {
		if a.posAt(at) == posNoun || a.posAt(at) == posVerb {
			return "left"
		}
		return k.side
	}
	g := a.chunks[c]
	if k.side == "left" {
		return "left" // die, perish
	}
	if a.t.l.after {
		return "both"
	}
	if g.passive || g.part {
		return "left"
	}
	if a.posAt(at-1) == posNum && g.i == at {
		return "left"
	}
	return "right"
}

// crossed reports whether a clause ends between tokens i and j.
func (a *analysis) crossed(i, j int) bool {
	for ; i < j; i++ {
		switch a.posAt(i) {
		case posStop, posThat, posWh:
			return true
		case posVerb:
			if a.ofCat(i+2, catToll) && a.lower(i+1) == "their" {
				continue // lost their lives
			}
			if a.tags(i)&(tagPast|tagThird) != 0 && (a.t.l.code == "en" || a.ofCat(i, catToll)) {
				return true
			}
		}
	}
	return false
}

// personal reports whether a number counts people: a noun for people follows
// or nothing that could be counted else.
func (a *analysis) personal(m numMention, at int) bool {
	if a.t.l.code == "en" && (a.lower(m.i-1) == "no" || a.lower(m.i-2) == "none" || a.lower(m.i-2) == "of" && a.lower(m.i-3) == "none") {
		return false // no one, none of the 12
	}
	k := m.j
	for k < a.s.last && k < m.j+5 {
		t := a.tags(k)
		if t.has(tagPerson) || a.ofCat(k, catAgent) || a.ofCat(k, catToll) || a.ofCat(k, catDemonym) {
			return true
		}
		if a.tok(k).mark != 0 || t&(tagPrep|tagCC|tagBe|tagHave|tagWh|tagThat|tagDet) != 0 && t&tagNoun == 0 {
			return true // a bare number
		}
		if a.posAt(k) == posVerb {
			return true
		}
		if a.tags(k)&(tagAdj) == 0 && a.ofCat(k, catObject) || a.ofCat(k, catWeapon) || a.ofCat(k, catTrigger) || a.ofCat(k, catSet) {
			return false
		}
		if k+1 >= a.s.last {
			return t&tagNoun == 0 || t.has(tagPerson)
		}
		if a.posAt(k) == posNoun && a.posAt(k+1) != posNoun && t == 0 && a.t.l.code == "en" {
			return a.posAt(k+1) == posVerb || a.posAt(k+1) == posBe || a.ofCat(k+1, catToll) || k < at || m.i == at+1
		}
		k++
	}
	return true
}

// age reports whether a number alone between two commas or in brackets says
// how old the one named before it is: "Ana Brisk, 42, was killed".
func (a *analysis) age(m numMention) bool {
	const oldest = 120
	if m.lo != m.hi || m.lo < 1 || m.lo > oldest || m.i <= a.s.first+1 || m.j >= a.s.last {
		return false
	}
	before, after := a.tok(m.i-1).mark, a.tok(m.j).mark
	if before != ',' || after != ',' && after != '.' {
		if before != '(' || after != ')' {
			return false
		}
	}
	w := m.i - 2
	return (a.tok(w).word == 0 || a.ofCat(w, catActor)) && a.tok(w).mark == 0 && !a.tok(w).flags.has(number) && (!a.t.mixed || !a.t.l.cased || a.tok(w).flags.has(capital))
}

// tollSpan is the number with its noun.
func (a *analysis) tollSpan(m numMention) (uint32, uint32) {
	j := m.j
	for k := m.j; k < a.s.last && k < m.j+4; k++ {
		if a.tags(k).has(tagPerson) || a.ofCat(k, catAgent) {
			j = k + 1
			break
		}
		if a.posAt(k) != posNoun {
			break
		}
	}
	return a.t.span(m.i, j)
}

// whoClass names the people a number counts.
func (a *analysis) whoClass(m numMention) string {
	for k := m.j; k < a.s.last && k < m.j+5; k++ {
		if a.tok(k).mark != 0 || a.posAt(k) == posPrep || a.posAt(k) == posCC {
			break
		}
		if a.tags(k).has(tagPerson) || a.ofCat(k, catAgent) {
			return a.t.l.peopleClass(a, k)
		}
	}
	return "people"
}

// peopleClass maps a noun for people to the class that tolls are kept by.
func (l *language) peopleClass(a *analysis, k int) string {
	if m, ok := a.mentionAt(k, catAgent); ok {
		switch l.agents[m.ref].role {
		case "mil", "group", "police":
			return "fighters"
		}
	}
	for _, m := range a.ments {
		if m.cat == catSet && m.i <= k && k < m.j {
			if class, ok := strings.CutPrefix(l.sets[m.ref], "who-"); ok {
				return class
			}
		}
	}
	return "people"
}

// partial reports whether the number is a part of another: including two
// children.
func (a *analysis) partial(m numMention) bool {
	for k := m.i - 1; k >= a.s.first && k >= m.i-3; k-- {
		for _, x := range a.ments {
			if x.cat == catSet && x.i <= k && k < x.j && a.t.l.sets[x.ref] == "including" {
				return true
			}
		}
		if a.posAt(k) == posVerb || a.posAt(k) == posStop {
			return false
		}
	}
	return false
}

// single reads a toll of one: a child was killed, killing a man.
func (a *analysis) single(t *tollMention, side string) {
	look := func(i int) bool {
		if i < a.s.first || i >= a.s.last {
			return false
		}
		k := a.chunkAt(i)
		if k < 0 || a.kind(k) != chunkNP {
			return false
		}
		c := a.chunks[k]
		if !a.oneOnly(c) && !a.onePerson(c) {
			return false
		}
		s, e := a.t.span(c.i, c.j)
		t.c.Low, t.c.High, t.c.Qual = 1, 1, "exact"
		t.c.Who = a.t.l.peopleClass(a, c.head)
		t.c.Text, t.c.Span = a.t.src[s:e], a.t.spans.span(s, e)
		a.addJoined(t, numMention{i: c.i, j: c.j, lo: 1, hi: 1, qual: "exact"}, nil)
		return true
	}
	c := a.chunkAt(t.at)
	if c < 0 {
		return
	}
	if side != "left" && look(a.chunks[c].j) {
		return
	}
	if side != "right" && a.kind(c) == chunkVG {
		if s := a.subject(c); s >= 0 {
			look(a.chunks[s].head)
		}
	}
}

// onePerson reports whether an English noun group is one person: a child, its
// driver.
func (a *analysis) onePerson(c chunk) bool {
	if a.t.l.code != "en" || !a.tags(c.head).has(tagPerson) && !a.ofCat(c.head, catAgent) {
		return false
	}
	switch a.t.l.words[a.tok(c.i).word] {
	case "a", "an":
		return true
	case "its", "his", "her", "their":
		switch w := a.lower(c.head); w {
		case "children", "men", "women", "people", "wives", "fishermen", "babies", "families", "police":
			return false
		default:
			return !strings.HasSuffix(w, "s")
		}
	}
	return false
}

// oneOnly reports whether a noun group is one person by its form, in languages
// without an article.
func (a *analysis) oneOnly(c chunk) bool {
	if a.t.l.code == "en" {
		return false
	}
	for i := c.i; i < c.j; i++ {
		if a.posAt(i) == posNum {
			return false
		}
		for _, m := range a.ments {
			if m.cat == catSet && m.i == i && a.t.l.sets[m.ref] == "one" {
				return true
			}
		}
	}
	return false
}

// joint makes one entry of "dead and wounded" with one figure.
func (a *analysis) joint(ts []tollMention) {
	for n := 1; n < len(ts); n++ {
		x, y := &ts[n-1], &ts[n]
		if y.at-x.at > 3 || x.kind == y.kind || x.kind != truce.Killed && y.kind != truce.Killed {
			continue
		}
		if (x.num >= 0) != (y.num >= 0) && a.onlyAnd(x.at+1, y.at) {
			if y.num >= 0 {
				x, y = y, x
			}
			if x.at < y.at && a.nums[x.num].i < x.at || x.at > y.at && a.nums[x.num].i > x.at {
				x.c.Kind = truce.KilledOrWounded
			}
		}
	}
}

func (a *analysis) onlyAnd(i, j int) bool {
	for ; i < j; i++ {
		if a.posAt(i) != posCC {
			return false
		}
	}
	return true
}

// giveToll puts a figure into the claim that it belongs to: the act of its
// clause, else the nearest act before it in the sentence.
func (a *analysis) giveToll(from int, t tollMention) {
	best, dist := -1, 1<<30
	for n := from; n < len(a.t.out); n++ {
		f := &a.t.out[n]
		if f.family != "violence" {
			continue
		}
		d := distance(f.i, f.j, t.at, t.at+1)
		if t.at < f.first || t.at >= f.last {
			d += 8
		}
		if f.i > t.at && !a.linked(t.at, f.i) {
			d += 4
		}
		if isDeaths(f.claim.Event) {
			d += 40 // the toll belongs to its act
		}
		if d < dist {
			best, dist = n, d
		}
	}
	if best >= 0 {
		c := &a.t.out[best].claim
		if c.Casualties == nil {
			c.Casualties = a.t.tolls.take(1)
		}
		c.Casualties = append(c.Casualties, t.c)
		c.Rules = append(c.Rules, a.t.e.rule("toll.", string(t.c.Kind), ".", t.c.Qual))
	}
}

func isDeaths(event string) bool { return event == "killing" || event == "casualties_unspecified" }

// linked reads "killed in the attack": the toll stands before its act.
func (a *analysis) linked(i, j int) bool {
	for ; i < j; i++ {
		if a.posAt(i) == posPrep || a.posAt(i) == posSub {
			return true
		}
	}
	return false
}
