package extract

import (
	"slices"
	"strings"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// placeMention is a name of a place in the text and what it may be.
type placeMention struct {
	i, j     int
	cands    []gazetteer.Candidate
	relation string // in, near, outskirts, between
	role     string
	prep     int32           // the preposition before it
	cue      bool            // something beside it says that it is a place
	actor    bool            // a country or capital, which may act
	guess    bool            // taken from an earlier sentence
	name     string          // of a place that is not held, as worded; it has no candidates
	class    gazetteer.Class // of a place that is not held, as the word before its name says
	within   []truce.PlaceID // of a place that is not held, the unit that the sentence names
}

// best is the place that a mention most likely means; of one that is not held,
// no more than its class.
func (p placeMention) best() gazetteer.Place {
	if len(p.cands) == 0 {
		return gazetteer.Place{Class: p.class}
	}
	return p.cands[0].Place
}

// how names the rule that found the place.
func (p placeMention) how() string {
	if len(p.cands) == 0 {
		return "unheld"
	}
	return string(p.cands[0].Match)
}

// same reports whether two mentions mean one place.
func (p placeMention) same(q placeMention) bool {
	return p.best().ID == q.best().ID && gazetteer.Fold(p.name) == gazetteer.Fold(q.name)
}

// liesIn reports whether p means a place inside that of q.
func (t *text) liesIn(p, q placeMention) bool {
	if len(q.cands) == 0 {
		return false
	}
	if len(p.cands) == 0 {
		return slices.Contains(p.within, q.best().ID)
	}
	return t.e.places.LiesIn(p.best().ID, q.best().ID)
}

const maxPlaceWords = 5

// findPlaces finds the places named in the sentence.
func (a *analysis) findPlaces(out []placeMention) []placeMention {
	a.nearAt = -1
	names := a.t.mixed && a.t.l.cased // have capitals
	for i := a.s.first; i < a.s.last; {
		k, n := a.tok(i), len(out)
		if k.mark == 0 && !k.flags.has(number) && (!names || k.flags.has(capital)) {
			if out = a.placeAt(i, out); len(out) == n {
				out = a.unheld(i, out)
			}
		}
		i++
		if len(out) > n {
			i = out[n].j
		}
	}
	a.enclose(out)
	return out
}

// find asks the gazetteer. What it answers is kept until the document is read.
func (t *text) find(q gazetteer.Query) []gazetteer.Candidate {
	from := len(t.cands)
	t.cands = t.e.places.AppendFind(t.cands, q)
	return t.cands[from:len(t.cands):len(t.cands)]
}

// unheld appends the name of a place that the gazetteer does not hold: what
// stands behind a word for settlements ("the village of Ain Tolma", قرية
// طولما). It stays a name; no point is guessed.
func (a *analysis) unheld(i int, before []placeMention) []placeMention {
	class := a.settlement(i, before)
	if class == "" || !a.maybeName(i) {
		return before
	}
	j := i + a.longestName(i)
	if end := j; !a.t.l.cased { // كفر طولما, طولما الشرقية
		j = i + 1
		for j < end && gazetteer.Generic(a.tokenText(j-1)) && a.maybeName(j) {
			j++
		}
		if j < end && strings.HasPrefix(a.tokenText(j), "ال") && gazetteer.Qualifier(a.tokenText(j)) {
			j++
		}
	}
	s, e := a.t.span(i, j)
	p := placeMention{i: i, j: j, cue: true, name: a.t.src[s:e], class: class}
	if a.t.l.code == "ar" {
		p.name = a.stripClitics(i, p.name)
		if n := len(before); n > 0 && before[n-1].j == i {
			p.name = strings.TrimPrefix(p.name, "و") // the and of a list, before a word that nobody knows
		}
	}
	if len(gazetteer.Fold(p.name)) < minUnheld {
		return before
	}
	a.relate(&p)
	return append(before, p)
}

const minUnheld = 4 // bytes of a folded name

// placeless gives the claims of violence that found no place the one place that
// the text names nearest to them, as a guess that a person is to look at. Only
// short texts tell of one thing.
func (w *work) placeless() {
	const maxShort = 12 // sentences
	t := &w.t
	lacks := func(f found) bool {
		return f.family == "violence" && len(f.claim.Where) == 0 && f.claim.Stance.Asserted()
	}
	if len(t.sents) > maxShort || !slices.ContainsFunc(t.out, lacks) {
		return
	}
	w.waited()
	var only placeMention
	found := 0
	next := 0
	for n, s := range t.sents {
		for next < len(t.ments) && t.ments[next].i < s.first {
			next++
		}
		end := next
		for end < len(t.ments) && t.ments[end].i < s.last {
			end++
		}
		w.a.open(t, n)
		w.a.ments = t.ments[next:end]
		w.a.tag()
		for _, p := range w.a.findPlaces(w.places[:0]) {
			if p.best().Class == gazetteer.Country || p.actor || !p.cue {
				continue
			}
			switch {
			case found == 0 || t.liesIn(p, only):
				only, found = p, 1
			case !only.same(p) && !t.liesIn(only, p):
				found++
			}
		}
	}
	if found != 1 {
		return
	}
	only.guess = true
	for n := range t.out {
		if f := &t.out[n]; lacks(*f) {
			f.claim.Where = t.where(nil, only, 0, maxCandidates)
			f.claim.Rules = append(f.claim.Rules, "place.only")
		}
	}
}

// settlement is the class that the word before token i gives to the name that
// begins there, "" if none does. A list goes on with the class of its first.
func (a *analysis) settlement(i int, before []placeMention) gazetteer.Class {
	if n := len(before); n > 0 && len(before[n-1].cands) == 0 && !a.t.l.cased && before[n-1].j == i && strings.HasPrefix(a.tokenText(i), "و") {
		return before[n-1].class
	}
	k := i - 1
	if k > a.s.first && strings.IndexByte("\"<(", a.tok(k).mark) >= 0 {
		k-- // بلدة "طولما"
	}
	if a.t.l.code == "en" {
		if !a.t.mixed || k < a.s.first || a.t.l.of == 0 || a.tok(k).word != a.t.l.of {
			return ""
		}
		k--
	}
	if k < a.s.first || a.tok(k).mark != 0 || a.tok(k).flags.has(definite) {
		return ""
	}
	word := a.tokenText(k)
	if a.t.l.code == "ar" {
		word = a.stripClitics(k, word)
	}
	switch c := a.t.e.glance(word).class; c {
	case gazetteer.Village, gazetteer.Town, gazetteer.City, gazetteer.Neighbourhood, gazetteer.Camp, gazetteer.Adm3:
		return c
	}
	return ""
}

// maybeName reports whether a token can begin a name that nobody knows: in
// letters with capitals it has one; no dictionary knows it otherwise.
func (a *analysis) maybeName(i int) bool {
	k := a.tok(i)
	if k.mark != 0 || k.flags.has(number) || a.t.l.cased && !k.flags.has(capital) {
		return false
	}
	if gazetteer.Generic(a.tokenText(i)) && !a.tags(i).has(tagPrep) {
		return true
	}
	if a.tags(i) != 0 || a.ofCat(i, catSet) {
		return false
	}
	for _, m := range a.ments {
		if m.i > i {
			break
		}
		if i < m.j && m.cat != catDemonym {
			return false
		}
	}
	return true
}

// enclose gives places that are not held the unit that their sentence names
// beside them, the nearest behind them or else before.
func (a *analysis) enclose(ps []placeMention) {
	for n := range ps {
		if len(ps[n].cands) > 0 {
			continue
		}
		before := slices.Clone(ps[:n])
		slices.Reverse(before)
		for _, q := range append(slices.Clone(ps[n+1:]), before...) {
			if u := q.best(); len(q.cands) > 0 && (u.Class == gazetteer.Adm1 || u.Class == gazetteer.Adm2 || u.Class == gazetteer.Adm3) {
				ps[n].within = append([]truce.PlaceID{u.ID}, a.t.e.places.Around(u.ID)...)
				break
			} else if len(q.cands) > 0 && q.cands[0].Match == gazetteer.MatchOverride { // the seat of a unit of its name
				ps[n].within = a.t.e.places.Around(u.ID)
				break
			}
		}
	}
}

// placeAt appends the place that begins at token i, if one does: the token is a
// word, with a capital where names have one.
func (a *analysis) placeAt(i int, before []placeMention) []placeMention {
	k := a.tok(i)
	const small = tagDet | tagPrep | tagCC | tagPron | tagWh | tagThat | tagSub | tagTime | tagBe | tagModal | tagNeg
	if k.tags&small != 0 && !(k.tags.has(tagDet) && k.flags.has(capital)) {
		return before
	}
	blocked, actor := a.blocked(i)
	if blocked > i {
		return before
	}
	cue := a.placeCue(i, before)
	if !cue && (k.tags&small != 0 || (!a.t.mixed || !a.t.l.cased) && !actor && a.t.l.code != "ar") {
		return before
	}
	if !cue && a.t.l.code != "ru" && a.t.l.code != "uk" && !a.beginsName(i) {
		return before
	}
	for n := a.longestName(i); n > 0; n-- {
		if out := a.resolve(i, i+n, cue, actor, before); len(out) > len(before) {
			return out
		}
	}
	return before
}

// beginsName reports whether a name that is held may begin with token i.
func (a *analysis) beginsName(i int) bool {
	return a.glanceAt(i).begins
}

// glanceAt looks at the word of token i, without its clitics, as a name. The
// last answer is kept: names of several words begin with the same.
func (a *analysis) glanceAt(i int) *glance {
	if a.headAt == i {
		return a.head
	}
	k := a.tok(i)
	a.headAt = i
	if k.word != 0 && a.t.looks != nil && int(k.end-k.start) == len(a.t.l.words[k.word]) {
		slot := &a.t.looks[k.word]
		if a.head = slot.Load(); a.head == nil {
			a.head = a.t.e.glance(a.tokenText(i))
			slot.Store(a.head)
		}
		return a.head
	}
	word := a.tokenText(i)
	if a.t.l.code == "ar" {
		word = a.stripClitics(i, word)
	}
	a.head = a.t.e.glance(word)
	return a.head
}

// isName reports whether tokens i to j, written so, are a name that is held, and
// what a look at it tells, if that was needed. The first word tells it of most
// that are not.
func (a *analysis) isName(i, j int, name string) (*glance, bool) {
	if j == i+1 {
		g := a.glanceAt(i)
		return g, g.known
	}
	if !a.tok(i+1).flags.has(glued) && a.tok(i).flags&(cliticAnd|cliticIn|cliticFor|cliticAs) == 0 {
		if g := a.glanceAt(i); !g.begins && !g.blank {
			return nil, false
		}
		if j > i+2 && !a.tok(i+2).flags.has(glued) && !a.t.glance(i, i+2).goesOn {
			return nil, false
		}
	}
	g := a.t.e.glance(name)
	return g, g.known
}

// blocked returns the end of a mention of a person, body or office that holds
// token i, and whether the token is a country or capital.
func (a *analysis) blocked(i int) (end int, actor bool) {
	if a.tok(i).cats&(1<<catActor|1<<catRole|1<<catDemonym) == 0 {
		return 0, false
	}
	for _, m := range a.ments {
		if m.i > i {
			break
		}
		if i >= m.j {
			continue
		}
		switch m.cat {
		case catActor:
			switch kind := a.t.e.dict.actors[m.ref].kind; kind {
			case "country", "capital":
				actor = true
			default:
				end = max(end, m.j)
			}
		case catRole, catDemonym:
			if m.j-m.i > 1 || m.cat == catDemonym && !a.knownPlace(m.i, m.j) {
				end = max(end, m.j)
			}
		}
	}
	return end, actor
}

func (a *analysis) knownPlace(i, j int) bool {
	return a.t.glance(i, j).known && a.placeCue(i, nil)
}

// longestName counts the tokens from i on that can be one name.
func (a *analysis) longestName(i int) int {
	n := 1
	for n < maxPlaceWords && i+n < a.s.last {
		k := a.tok(i + n)
		if k.mark != 0 || k.word == a.t.l.possessive || k.flags&(cliticAnd|cliticIn|cliticFor) != 0 {
			break
		}
		if a.t.mixed && a.t.l.cased && !k.flags.has(capital) && !k.flags.has(hyphened) && !a.inName(i+n) {
			break
		}
		n++
	}
	return n
}

// inName allows small words inside a name: Tell al Hawa, Deir ez-Zor.
func (a *analysis) inName(i int) bool {
	s := a.tokenText(i)
	return len(s) <= 3 && i+1 < a.s.last && a.tok(i+1).flags.has(capital) && (s == "al" || s == "el" || s == "de" || s == "of" || s == "ez" || s == "as" || s == "ash" || s == "ar" || s == "az" || s == "ad" || s == "an" || s == "la" || s == "du" || s == "the")
}

// placeCue reports whether what stands before token i says that a place
// follows: a preposition, "the town of", a comma after a place.
func (a *analysis) placeCue(i int, before []placeMention) bool {
	f := a.tok(i).flags
	if f.has(cliticIn) {
		return true
	}
	p := i - 1
	if p < a.s.first {
		return false
	}
	for p > a.s.first && (a.tags(p).has(tagDet) || a.directional(p)) {
		p--
	}
	t := a.tags(p)
	if t.has(tagCue) || a.placePrep(p) {
		return true
	}
	if a.posAt(p) == posVerb && len(a.t.l.verbs[a.t.l.info[a.tok(p).word].lemma]) > 0 {
		return true // shelled Tolma
	}
	if t.has(tagPrep) && a.t.l.fills[a.tok(p).word] == slotOf && p > a.s.first && a.ofCat(p-1, catTrigger) {
		return true // the bombardment of Tolma
	}
	if t.has(tagPrep) && a.t.l.fills[a.tok(p).word] == slotOf && p > a.s.first && a.tags(p-1).has(tagCue) {
		return true
	}
	if a.t.l.code != "en" && a.ofCat(p, catTrigger) {
		return true // обстрел Толмы, قصف طولما
	}
	if n := len(before); n > 0 {
		last := before[n-1]
		if last.j == i-1 && (a.tok(p).mark == ',' || a.tok(p).mark == '(' || a.tags(p).has(tagCC)) && last.cue || last.j == i && f.has(cliticAnd) {
			return true
		}
	}
	if i+1 < a.s.last && a.t.l.code == "en" {
		n := a.longestName(i)
		if i+n < a.s.last && a.tags(i+n).has(tagCue) && !a.tags(i+n).has(tagPrep) {
			return true // Tolma province
		}
	}
	return false
}

// directional reports whether a word only points inside a place: northern,
// central, eastern.
func (a *analysis) directional(i int) bool { return a.tok(i).heat&heatPoints != 0 }

func (a *analysis) placePrep(i int) bool {
	switch a.t.l.fills[a.tok(i).word] {
	case slotIn, slotOver:
		return true
	case slotFrom, slotTo, slotOn:
		return a.tags(i).has(tagPrep)
	}
	return false
}

// minSure is the score from which a name that no cue supports is a place.
const (
	minSure       = 900
	minLoose      = 800
	bigPopulation = 50_000
)

// resolve appends what tokens i to j name, if that is a place.
func (a *analysis) resolve(i, j int, cue, actor bool, before []placeMention) []placeMention {
	s, e := a.t.span(i, j)
	name := a.t.src[s:e]
	if a.t.l.code == "ar" {
		name = a.stripClitics(i, name)
	}
	if len(name) < 3 || j == i+1 && a.commonWord(i, cue) {
		return before
	}
	g, known := a.isName(i, j, name)
	if !known && a.t.l.code != "ru" && a.t.l.code != "uk" && (!cue || (a.t.l.code == "ar" || !a.t.mixed) && j > i+2) {
		return before
	}
	if g == nil {
		g = a.t.e.glance(name)
	}
	var class gazetteer.Class
	if a.unitBeside(i, j) {
		class = gazetteer.Adm1
	}
	var cands []gazetteer.Candidate
	if known || a.t.l.code == "ru" || a.t.l.code == "uk" || a.t.e.spells(g, name) {
		cands = a.seek(g, name, class, true, before)
	}
	if len(cands) == 0 && cue && a.unknownName(i, j) && !(i > a.s.first && a.tags(i-1).has(tagDet) && a.nominal(j)) {
		cands = a.seek(g, name, class, false, before)
	}
	if len(cands) == 0 {
		return before
	}
	best := &cands[0].Place
	facility := a.facility(i, j)
	if !actor && (a.foreign(best) || facility && best.Country != a.t.home() && a.t.home() != "") {
		return before // the hospital's name, not the town that it is named after
	}
	big := best.Population >= bigPopulation || best.Class == gazetteer.Country || best.Class == gazetteer.Adm1 || cands[0].Match == gazetteer.MatchOverride
	if !cue && !big && !actor || !cue && a.partOfName(i, j) {
		return before
	}
	p := placeMention{i: i, j: j, cands: cands, cue: cue, actor: actor}
	a.relate(&p)
	if facility && p.relation == "in" {
		p.relation = "near"
	}
	return append(before, p)
}

// seek asks the gazetteer for a name, unless it is known to have no answer.
func (a *analysis) seek(g *glance, name string, class gazetteer.Class, strict bool, before []placeMention) []gazetteer.Candidate {
	q := gazetteer.Query{Text: name, Class: class, Lang: a.t.l.code, Country: a.t.home(), Strict: strict, MinScore: minLoose, Memo: a.t.e.memo}
	none, where := &g.loose, ground(q)
	if strict {
		none, q.MinScore = &g.strict, minSure
	}
	if class != "" {
		where = 0 // a name beside a word for units may be found where the name alone is not
	}
	if where != 0 && none.Load() == where {
		return nil
	}
	if a.nearAt != len(before) {
		a.near, a.nearAt = a.t.nearby(a.near[:0], before), len(before)
	}
	q.Near = a.near
	cands := a.t.find(q)
	if len(cands) == 0 && where != 0 {
		none.Store(where)
	}
	return cands
}

// facility reports whether tokens i to j name a hospital, school or house of
// prayer: "Tolma hospital", مشفى طولما. Many are named after a town far away.
func (a *analysis) facility(i, j int) bool {
	at := i - 1
	if a.t.l.code == "en" {
		at = j
	}
	if at < a.s.first || at >= a.s.last {
		return false
	}
	m, ok := a.mentionAt(at, catObject)
	if !ok {
		return false
	}
	switch a.t.l.objects[m.ref] {
	case "hospital", "clinic", "school", "place_of_worship":
		return true
	}
	return false
}

const maxUnitList = 12 // tokens of a list of names before or behind the word for units

// unitBeside reports whether the words beside the name from i to j say that a
// unit is meant: the province of A, A's northern countryside, the provinces of
// A and B, ريف A, провинция A; or a count, as in a table of units (A - 3, B - 1).
func (a *analysis) unitBeside(i, j int) bool {
	unit := func(k int) bool {
		word := a.tokenText(k)
		if a.t.l.code == "ar" {
			word = a.stripClitics(k, word)
		}
		c := gazetteer.ClassOf(word)
		for _, clitic := range []string{"و", "ب", "ل"} { // بريف
			if rest, has := strings.CutPrefix(word, clitic); has && c == "" {
				word, c = rest, gazetteer.ClassOf(rest)
			}
		}
		return c == gazetteer.Adm1 || c == gazetteer.Region
	}
	listed := func(k int) bool { // between names: a comma, and, another name
		return a.tok(k).mark == ',' || a.tags(k).has(tagCC) || a.tok(k).mark == 0 && (a.tok(k).flags.has(capital) || !a.t.l.cased && a.tok(k).flags.has(cliticAnd))
	}
	k := j
	for k < a.s.last && k < j+3 && (a.directional(k) && !unit(k) || strings.HasPrefix(a.tokenText(k), "'") || strings.HasPrefix(a.tokenText(k), "’")) {
		k++
	}
	if k < a.s.last && unit(k) && (!a.t.l.cased || a.t.l.code == "en") { // behind its name in English alone
		return true
	}
	if k+1 < a.s.last && (a.tok(k).mark == '-' || a.tok(k).mark == '(') && a.tok(k+1).flags.has(number) {
		return true
	}
	if a.t.l.code == "en" {
		for k = j; k < a.s.last && k < j+maxUnitList && listed(k); k++ {
		}
		if k > j && k < a.s.last && unit(k) && strings.HasSuffix(a.tokenText(k), "s") {
			return true
		}
	}
	for k = i - 1; k >= a.s.first && a.directional(k) && !unit(k); k-- {
	}
	for n := 0; n < maxUnitList && k > a.s.first && listed(k) && !unit(k); n++ {
		k--
	}
	of := k
	for k > a.s.first && (a.t.l.words[a.tok(k).word] == "of" || a.tags(k).has(tagDet)) {
		k--
	}
	return k >= a.s.first && unit(k) && (of == i-1 || k < of || a.t.l.code != "en")
}

// foreign reports whether, in letters without capitals, a place is most likely a
// word of the language: it lies in a country that the text does not name, which
// is not the one whose villages are held.
func (a *analysis) foreign(p *gazetteer.Place) bool {
	home := a.t.e.places.Home()
	return !a.t.l.cased && home != "" && p.Country != home && p.Class != gazetteer.Country && !slices.ContainsFunc(a.t.counts, func(c tally) bool { return c.country == p.Country }) && p.Population < worldKnown
}

const worldKnown = 1_000_000 // people of a town that any text may name

// nearby appends the points of places already resolved to an empty list.
func (t *text) nearby(out []truce.Point, more []placeMention) []truce.Point {
	for _, list := range [2][]placeMention{more, t.placed} {
		for n := range list {
			if len(list[n].cands) == 0 {
				continue
			}
			if c := &list[n].cands[0].Place; c.Class != gazetteer.Country && c.Point.Valid() {
				out = append(out, c.Point)
			}
		}
	}
	if len(out) > 8 {
		out = out[:8]
	}
	return out
}

// stripClitics cuts what the tokeniser found before an Arabic name.
func (a *analysis) stripClitics(i int, name string) string {
	f := a.tok(i).flags
	if f&(cliticAnd|cliticIn|cliticFor|cliticAs) == 0 {
		return name
	}
	runes := []rune(name)
	for _, c := range []struct {
		flag tokenFlag
		r    string
	}{{cliticAnd, "وف"}, {cliticIn, "ب"}, {cliticFor, "ل"}, {cliticAs, "ك"}} {
		if f.has(c.flag) && len(runes) > 2 {
			for _, r := range c.r {
				if runes[0] == r {
					runes = runes[1:]
					break
				}
			}
		}
	}
	if f.has(cliticFor) && f.has(definite) && len(runes) > 1 && runes[0] == 'ل' {
		runes = append([]rune{'ا'}, runes...)
	}
	return string(runes)
}

// commonWord reports whether a single token is a word of the dictionaries that
// happens to look like a name.
func (a *analysis) commonWord(i int, cue bool) bool {
	t := a.tags(i)
	if _, ok := a.mentionAt(i, catTrigger); ok {
		return true
	}
	if t&(tagVerb|tagNoun|tagAdj|tagTitle|tagAdv) == 0 {
		return false
	}
	return !cue || i == a.s.first || !a.t.l.cased || !a.t.mixed
}

// unknownName reports whether tokens can be a name that is not held: no word
// of them is a dictionary's.
func (a *analysis) unknownName(i, j int) bool {
	for ; i < j; i++ {
		if a.tags(i) != 0 || a.ofCat(i, catAgent) || a.ofCat(i, catSet) || a.ofCat(i, catDemonym) {
			return false
		}
		if !a.t.l.cased && a.tok(i).word != 0 {
			return false
		}
	}
	return true
}

// partOfName reports whether the capitalised word before or after belongs to
// the same name: Ana Brisk, Aleppo Council.
func (a *analysis) partOfName(i, j int) bool {
	if !a.t.mixed || !a.t.l.cased {
		return false
	}
	if i > a.s.first+1 && a.nameWord(i-1) && a.tok(i-1).flags.has(capital) {
		return true
	}
	if j < a.s.last && a.tok(j).flags.has(capital) && a.tok(j).mark == 0 && !a.tok(j).flags.has(newline) {
		_, org := a.orgWord(j)
		return org || a.nameWord(j)
	}
	return false
}

// relate reads how the event stands to the place.
func (a *analysis) relate(p *placeMention) {
	k := p.i - 1
	for k >= a.s.first && (a.tags(k).has(tagDet) || a.directional(k)) {
		k--
	}
	if k < a.s.first {
		return
	}
	word := func(i int) string {
		if i < a.s.first {
			return ""
		}
		return a.t.l.words[a.tok(i).word]
	}
	p.prep = a.tok(k).word
	if word(k) == "of" {
		switch word(k - 1) {
		case "outskirts", "suburbs", "edge":
			p.relation = "outskirts"
		case "north", "south", "east", "west", "countryside":
			p.relation = "near"
		}
		if p.relation != "" {
			return
		}
	}
	switch word(k) {
	case "near", "outside", "around", "قرب", "محيط", "около", "близ", "вблизи":
		p.relation = "near"
	case "between", "بين", "между":
		p.relation = "between"
	case "from", "من", "из":
		p.relation, p.role = "in", "origin"
	case "to", "toward", "towards", "into", "إلى", "الى", "в":
		p.relation = "in"
		if word(k) != "в" {
			p.role = "destination"
		}
	default:
		p.relation = "in"
	}
}

// maxCandidates is how many candidates of a place a claim keeps.
const maxCandidates = 3

// where adds the candidates of a mention, best first, to a claim's places: those
// from one number to another.
func (t *text) where(out []truce.Where, p placeMention, from, to int) []truce.Where {
	s, e := t.span(p.i, p.j)
	if len(p.cands) == 0 {
		if from > 0 {
			return out
		}
		w := truce.Where{Name: p.name, Class: string(p.class), Within: p.within, Relation: p.relation, Role: p.role, Score: minLoose, Span: t.spans.span(s, e)}
		if p.guess {
			w.Score, w.Span = minLoose-100, nil
		}
		return append(out, w)
	}
	for n := from; n < min(to, len(p.cands)); n++ {
		c := &p.cands[n]
		w := t.e.places.FillFound(c, truce.Where{Place: c.Place.ID, Name: t.src[s:e], Relation: p.relation, Role: p.role, Score: c.Score, Span: t.spans.span(s, e)})
		if p.guess {
			w.Score, w.Span = min(w.Score, minLoose-100), nil
		}
		if c.Ambiguous && w.Score >= minLoose {
			w.Score = minLoose - 1
		}
		if p.relation == "near" || p.relation == "outskirts" {
			w.RadiusMetres += 5000
		}
		out = append(out, w)
	}
	return out
}
