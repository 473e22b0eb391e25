package extract

import (
	"strings"

	"github.com/marchday/marchday/truce"
)

// who is somebody a noun group names.
type who struct {
	id     string
	i, j   int // tokens that name it
	kind   string
	via    string
	plural bool
}

const unknownID = "unknown"

// ref is what a claim says of somebody.
func (t *text) ref(w who) truce.Ref {
	if w.id == "" {
		return truce.Ref{ID: unknownID}
	}
	r := truce.Ref{ID: w.id, Via: w.via}
	if w.j > w.i {
		s, e := t.span(w.i, w.j)
		r.Text, r.Span = t.src[s:e], t.spans.span(s, e)
	}
	return r
}

// refs is what a claim says of several.
func (t *text) refs(ws []who) []truce.Ref {
	if len(ws) == 0 {
		return nil
	}
	out := t.names.take(len(ws))
	for _, w := range ws {
		out = append(out, t.ref(w))
	}
	return out
}

// whoAt says whom the noun group at chunk k names, with what belongs to it
// ("the head of the council", "the envoy, Ana Brisk").
func (a *analysis) whoAt(k int) who {
	c := &a.chunks[k]
	if a.posAt(c.head) == posPron {
		return a.pronoun(*c)
	}
	if m := &a.whos[k]; m.known && m.at == a.t.changes {
		return m.who
	}
	before := a.t.changes
	w := a.whoNamed(k)
	if a.t.changes == before && !a.owned { // its officials: whoever stands before
		a.whos[k] = knownWho{w, before, true}
	}
	return w
}

// knownWho is whom a noun group names, as long as nobody else is met.
type knownWho struct {
	who   who
	at    int // the text's changes
	known bool
}

// whoNamed is whoAt of a group that is no pronoun.
func (a *analysis) whoNamed(k int) who {
	c := a.chunks[k]
	if w, ok := a.apposed(k); ok {
		return w
	}
	end := c.j
	if a.kind(k+1) == chunkPrep && a.kind(k+2) == chunkNP && a.roleOrAgent(c) {
		if s := a.chunks[k+1].slot; s == slotOf || s == slotFor || s == slotIn && a.roleCovers(c, a.chunks[k+2]) {
			end = a.chunks[k+2].j
		}
	}
	w := a.whoIn(c.i, end, c.head)
	if w.kind == "adjective" { // Russian and US officials
		for n := k + 2; n < len(a.chunks) && n <= k+4; n += 2 {
			if a.kind(n-1) == chunkCC && a.kind(n) == chunkNP {
				other := a.whoIn(a.chunks[n].i, a.chunks[n].j, a.chunks[n].head)
				if kind, country, ok := strings.Cut(other.id, ":"); ok && len(country) == 2 && len(w.id) > 2 {
					w.id = kind + ":" + w.id[len(w.id)-2:]
				}
			}
		}
		w.kind = ""
	}
	return w
}

// roleOrAgent reports whether a noun group is an office or people who belong
// to somebody.
func (a *analysis) roleOrAgent(c chunk) bool {
	_, role := a.mentionAt(c.head, catRole)
	_, agent := a.mentionAt(c.head, catAgent)
	return role || agent || a.t.l.info[a.tok(c.head).word].tags.has(tagPerson|tagTitle)
}

// roleCovers reports whether an office's own words reach into the next group:
// "UN envoy for Syria".
func (a *analysis) roleCovers(c, next chunk) bool {
	m, ok := a.mentionAt(c.head, catRole)
	return ok && m.j > next.i
}

// apposed reads "the envoy, Ana Brisk" and "Ana Brisk, the envoy": the name is
// who is meant, and the office is remembered as his.
func (a *analysis) apposed(k int) (who, bool) {
	c := a.chunks[k]
	last := a.skipOf(k)
	if a.kind(k+1) == chunkPrep && a.kind(k+2) == chunkNP && a.roleOrAgent(c) && last == k {
		last = k + 2
	}
	if w, ok := a.knownAs(last); ok {
		return w, true
	}
	if a.kind(last+1) != chunkComma || a.kind(last+2) != chunkNP {
		return who{}, false
	}
	n := a.chunks[last+2]
	if after := a.kind(last + 3); after == chunkCC || after == chunkPrep && a.roleOrAgent(c) {
		if after == chunkCC {
			return who{}, false
		}
	}
	role, isRole := a.mentionAt(c.head, catRole)
	if !isRole && !a.roleOrAgent(c) {
		return who{}, false
	}
	name := a.personName(n.i, n.j, isRole)
	if name.id == "" {
		return who{}, false
	}
	if isRole {
		a.t.hold(a.t.l.roles[role.ref].slug, name.id)
	}
	return name, true
}

// knownAs reads "the group, known as the Hill Front,".
func (a *analysis) knownAs(k int) (who, bool) {
	n := k + 1
	if a.kind(n) == chunkComma {
		n++
	}
	if a.kind(n) != chunkVG || !a.chunks[n].passive || a.t.l.words[a.chunks[n].word] != "know" && a.t.l.words[a.chunks[n].word] != "call" {
		return who{}, false
	}
	if a.kind(n+1) == chunkPrep || a.kind(n+1) == chunkSub {
		n++
	}
	if a.kind(n+1) != chunkNP {
		return who{}, false
	}
	c := a.chunks[n+1]
	if w := a.whoIn(c.i, c.j, c.head); w.id != unknownID {
		return w, true
	}
	return who{}, false
}

// whoIn says whom tokens i to j name; head is the last noun of the group
// proper. The rules are tried in order.
func (a *analysis) whoIn(i, j, head int) who {
	if w := a.personName(i, j, false); w.id != "" {
		return w
	}
	cats := a.catsIn(i, j)
	var named, country, demonym who
	if cats&(1<<catActor|1<<catDemonym) != 0 {
		if w, ok := a.sides(i, j); ok {
			return w
		}
		named, country, demonym = a.names(i, j)
	}
	if role, ok := a.lastOf(i, j, catRole); ok {
		if w := a.office(role, named, country, j); w.id != "" {
			return w
		}
	}
	if ag, ok := a.lastOf(i, j, catAgent); ok && (ag.j > head || a.t.l.code == "ar") {
		return a.people(ag, named, country, i)
	}
	if named.id != "" && named.j > named.i {
		return named
	}
	if cats.has(catSet) {
		if w := a.newBody(i, j); w.id != "" {
			return w
		}
	}
	if demonym.id != "" && (demonym.j <= head || demonym.plural) && demonym.i == a.skipDet(i) && demonym.j < j {
		return who{id: unknownID, i: i, j: j, via: "who.unknown"}
	}
	if demonym.id != "" {
		demonym.kind = "adjective"
		return demonym
	}
	if country.id != "" && country.j > head {
		return country
	}
	return who{id: unknownID, i: i, j: j, via: "who.unknown"}
}

func (a *analysis) skipDet(i int) int {
	for a.posAt(i) == posDet {
		i++
	}
	return i
}

// lastOf returns the last mention of a category in tokens i to j.
func (a *analysis) lastOf(i, j int, cat category) (mention, bool) {
	var last mention
	found := false
	if !a.has.has(cat) || !a.catsIn(i, j).has(cat) {
		return last, false
	}
	for _, m := range a.ments {
		if m.i >= j {
			break
		}
		if m.cat == cat && m.i >= i && m.i < j && a.posAt(m.i) != posVerb {
			last, found = m, true
		}
	}
	return last, found
}

// names finds the named body, the country and the adjective of a country among
// tokens i to j.
func (a *analysis) names(i, j int) (named, country, demonym who) {
	if a.has&(1<<catActor|1<<catDemonym) == 0 || a.catsIn(i, j)&(1<<catActor|1<<catDemonym) == 0 {
		return named, country, demonym
	}
	for _, m := range a.ments {
		if m.i >= j {
			break
		}
		if m.i < i || m.j > j {
			continue
		}
		switch m.cat {
		case catActor:
			x := &a.t.e.dict.actors[m.ref]
			w := who{id: x.id, i: m.i, j: m.j, kind: x.kind, via: "who.actor"}
			switch x.kind {
			case "country", "capital":
				if country.id == "" {
					country = w
				}
			case "person":
			default:
				if named.id == "" || m.j > named.j {
					named = w
				}
			}
		case catDemonym:
			x := &a.t.e.dict.actors[m.ref]
			demonym = who{id: x.id, i: m.i, j: m.j, via: "who.demonym"}
			if country.id == "" {
				country = demonym
			}
		}
	}
	return named, country, demonym
}

// personName finds a person named in tokens i to j: known, known from before
// by surname, or unknown after a title or office.
func (a *analysis) personName(i, j int, titled bool) who {
	actors := a.catsIn(i, j).has(catActor)
	for _, m := range a.ments {
		if m.i >= j || !actors {
			break
		}
		if m.cat == catActor && m.i >= i && m.j <= j && a.t.e.dict.actors[m.ref].kind == "person" {
			id := a.t.e.dict.actors[m.ref].id
			a.rememberOffice(i, j, id)
			return who{id: id, i: m.i, j: m.j, kind: "person", via: "who.person"}
		}
	}
	if !a.t.mixed || !a.t.l.cased {
		return a.titledName(i, j)
	}
	first, last := a.capitals(i, j)
	if last <= first {
		return who{}
	}
	if last-first == 1 {
		if id := a.t.surname(a.tokenText(first)); id != "" {
			return who{id: id, i: first, j: last, kind: "person", via: "who.surname"}
		}
	}
	before := first > i && (a.tags(first-1).has(tagTitle|tagPerson) || a.ofCat(first-1, catRole) || a.ofCat(first-1, catAgent))
	if a.tags(first).has(tagTitle) && last-first > 1 {
		first, before = first+1, true
	}
	if !before && !titled || last-first > 4 {
		return who{}
	}
	if _, ok := a.orgWord(last - 1); ok {
		return who{}
	}
	id := a.t.e.join("person:", a.t.e.slug(a.t.wording(first, last)))
	a.t.meet(a.tokenText(last-1), id)
	a.rememberOffice(i, first, id)
	return who{id: id, i: first, j: last, kind: "person", via: "who.titled"}
}

// newPerson reads an unknown name of two capitalised words and more, such as
// speaks: Staffan de Mistura.
func (a *analysis) newPerson(c chunk) who {
	if !a.t.mixed || !a.t.l.cased {
		return who{}
	}
	n := 0
	for i := c.i; i < c.j; i++ {
		switch {
		case a.nameWord(i) && a.tok(i).word == 0:
			n++
		case n > 0 && a.particle0(i):
		default:
			return who{}
		}
	}
	if n < 2 || n > 5 {
		return who{}
	}
	id := a.t.e.join("person:", a.t.e.slug(a.t.wording(c.i, c.j)))
	a.t.meet(a.tokenText(c.j-1), id)
	return who{id: id, i: c.i, j: c.j, kind: "person", via: "who.named"}
}

// particle0 reports whether a token is a small word inside names.
func (a *analysis) particle0(i int) bool {
	switch a.tokenText(i) {
	case "de", "al", "el", "bin", "ibn", "van", "von", "da", "di", "del", "der", "abu", "ul":
		return true
	}
	return a.tok(i).flags.has(hyphened)
}

// rememberOffice notes that an office named in tokens i to j is held by id.
func (a *analysis) rememberOffice(i, j int, id string) {
	if m, ok := a.lastOf(i, j, catRole); ok {
		a.t.hold(a.t.l.roles[m.ref].slug, id)
	}
}

// titledName finds a name after a title in scripts or texts without capitals;
// in a text all of capitals or all of small letters also after an office or a
// word for a person, and where a group is two unknown words and no more.
func (a *analysis) titledName(i, j int) who {
	for k := i; k < j; k++ {
		title := a.tags(k).has(tagTitle)
		if !title && (!a.t.l.cased || !a.tags(k).has(tagPerson) && !a.ofCat(k, catRole) && !a.ofCat(k, catAgent)) {
			continue
		}
		end := a.unknownRun(k+1, j)
		if end > k+2 || end > k+1 && title {
			return a.meetName(k+1, end, "who.titled")
		}
	}
	if first := a.skipDet(i); a.t.l.cased && first == i && j-i >= 2 && a.unknownRun(i, j) == j && !a.t.glance(i, j).known {
		return a.meetName(i, j, "who.named")
	}
	return who{}
}

// unknownRun returns the end of the unknown words from token i on, a name's
// small words among them.
func (a *analysis) unknownRun(i, j int) int {
	const maxName = 4
	end := i
	for end < j && end-i < maxName && a.tok(end).mark == 0 && !a.tok(end).flags.has(number) && (a.tok(end).word == 0 || end > i && a.particle0(end)) {
		end++
	}
	for end > i && a.tok(end-1).word != 0 {
		end--
	}
	return end
}

// meetName makes a person of the name in tokens i to j.
func (a *analysis) meetName(i, j int, via string) who {
	id := a.t.e.join("person:", a.t.e.slug(a.t.wording(i, j)))
	a.t.meet(a.tokenText(j-1), id)
	return who{id: id, i: i, j: j, kind: "person", via: via}
}

// capitals returns the last run of unknown capitalised words in tokens i to j.
func (a *analysis) capitals(i, j int) (first, last int) {
	last = j
	for last > i && !a.nameWord(last-1) {
		last--
	}
	first = last
	for first > i && a.nameWord(first-1) {
		first--
	}
	return first, last
}

// nameWord reports whether a token can be part of an unknown name.
func (a *analysis) nameWord(i int) bool {
	k := a.tok(i)
	if !k.flags.has(capital) {
		return false
	}
	if k.mark != 0 || k.flags.has(number) {
		return k.tags.has(tagTitle)
	}
	if a.s.first <= i && i < a.s.last && k.cats&(1<<catActor|1<<catDemonym|1<<catRole|1<<catAgent|1<<catTrigger) != 0 {
		return false
	}
	t := a.tags(i)
	return t&(tagDet|tagPrep|tagPron|tagCC|tagSub|tagTime) == 0
}

func (a *analysis) tokenText(i int) string { k := a.tok(i); return a.t.src[k.start:k.end] }

// sides reads both sides, all parties.
func (a *analysis) sides(i, j int) (who, bool) {
	if !a.has.has(catActor) || !a.catsIn(i, j).has(catActor) {
		return who{}, false
	}
	for _, m := range a.ments {
		if m.i >= j {
			break
		}
		if m.cat == catActor && m.i >= i && m.j <= j {
			if id := a.t.e.dict.actors[m.ref].id; id == "both-sides" || id == "all-sides" {
				return who{id: id, i: m.i, j: m.j, kind: "sides", via: "who.sides", plural: true}, true
			}
		}
	}
	return who{}, false
}

// office says who holds an office: as the table has it on the document's date,
// as the text said before, else the office itself.
func (a *analysis) office(m mention, named, country who, j int) who {
	r := &a.t.l.roles[m.ref]
	w := who{i: m.i, j: m.j, kind: "person", via: "who.office"}
	if r.holder != "" {
		w.id = r.holder
		a.t.hold(r.slug, r.holder)
		return w
	}
	if r.of != "*" && r.of != "" {
		w.id = "official:" + strings.ReplaceAll(r.of, ":", "-") + "-" + r.slug
		if id := a.t.holder(r.slug); id != "" {
			w.id = id
		}
		return w
	}
	owner := country
	if owner.id == "" && named.id != "" {
		owner = named
	}
	if owner.id != "" && owner.j <= m.j+6 {
		w.i, w.j = min(w.i, owner.i), max(w.j, owner.j)
		key := owner.id[strings.IndexByte(owner.id, ':')+1:]
		w.id = a.t.e.join("official:", key, "-", r.slug)
		return w
	}
	if id := a.t.holder(r.slug); id != "" {
		w.id = id
		return w
	}
	if c := a.t.focus(); c != "" {
		w.id = "official:" + c + "-" + r.slug
		return w
	}
	w.id = "official:" + r.slug
	return w
}

// people says whom an agent noun names: of a country, of a named body, of the
// country in focus, else unknown with its words.
func (a *analysis) people(m mention, named, country who, i int) who {
	ag := a.t.l.agents[m.ref]
	w := who{i: i, j: m.j, via: "who.agent", kind: ag.role, plural: ag.plural}
	switch ag.role {
	case "gov", "mil", "police":
		if country.id != "" && (country.j <= m.i+1 || country.i >= m.j) {
			w.id = a.t.e.join(ag.role, ":", country.id[len(country.id)-2:])
			w.i, w.j = min(w.i, country.i), max(w.j, country.j)
			return w
		}
		if named.id != "" {
			return named
		}
		if c := a.t.focus(); c != "" {
			w.id = a.t.e.join(ag.role, ":", c)
			return w
		}
	case "official":
		if i < m.i && named.id == "" && country.id == "" && a.own(i) {
			if b := a.earlier(i, isBody); b.id != "" && b.id != unknownID {
				return who{id: b.id, i: i, j: m.j, kind: b.kind, via: "who.its"}
			}
			if b := a.t.lastBody; b.id != "" && b.id != unknownID {
				return who{id: b.id, i: i, j: m.j, kind: b.kind, via: "who.its"}
			}
		}
		if named.id != "" && named.kind != "capital" {
			return named
		}
		if country.id != "" {
			w.id = "official:" + country.id[len(country.id)-2:] + "-" + a.t.e.slug(a.t.wording(m.i, m.j))
			return w
		}
	case "group", "people", "media":
		if named.id != "" && named.kind != "capital" && named.kind != "country" && (named.j <= m.i || a.belongs(m.j, named.i)) {
			return named
		}
		if ag.role == "group" && named.id == "" {
			if w := a.newBody(i, m.i); w.id != "" {
				return w
			}
		}
	}
	w.id = unknownID
	return w
}

// belongs reports whether only "of the" stands between tokens i and j: members of
// the Front.
func (a *analysis) belongs(i, j int) bool {
	if i >= j || a.t.l.fills[a.tok(i).word] != slotOf {
		return false
	}
	return a.skipDet(i+1) == j
}

// owner says whose thing the noun group at chunk k is: the camp of the Front, an
// army post. It is for things that are hit.
func (a *analysis) owner(k int) who {
	if a.kind(k+1) == chunkPrep && a.chunks[k+1].slot == slotOf && a.kind(k+2) == chunkNP {
		if w := a.whoAt(k + 2); isActor(w) {
			return w
		}
	}
	c := a.chunks[k]
	if m, ok := a.lastOf(c.i, c.j, catAgent); ok && m.j <= c.head && a.t.l.agents[m.ref].role != "people" {
		named, country, _ := a.names(c.i, c.j)
		return a.people(m, named, country, c.i)
	}
	return who{}
}

// isActor reports whether somebody is a force, a body or a government.
func isActor(w who) bool {
	kind, _, _ := strings.Cut(w.id, ":")
	return kind == "mil" || kind == "group" || kind == "org" || kind == "gov" || kind == "police" || kind == "coalition"
}

// own reports whether the token is its or their.
func (a *analysis) own(i int) bool {
	w := a.tok(i).word
	return w != 0 && (w == a.t.l.owners[0] || w == a.t.l.owners[1])
}

// orgWord returns the kind of body that a noun names: council, front.
func (a *analysis) orgWord(i int) (string, bool) {
	if i < a.s.first || i >= a.s.last {
		return "", false
	}
	if !a.ofCat(i, catSet) {
		return "", false
	}
	for _, m := range a.ments {
		if m.i > i {
			break
		}
		if m.cat == catSet && i < m.j {
			switch a.t.l.sets[m.ref] {
			case "orgname":
				return "org", true
			case "groupname":
				return "group", true
			case "medianame":
				return "media", true
			}
		}
	}
	return "", false
}

// newBody reads a capitalised name that ends in a word for bodies: the Red
// Valley Council.
func (a *analysis) newBody(i, j int) who {
	if !a.t.mixed || !a.t.l.cased {
		return who{}
	}
	for k := j - 1; k >= i; k-- {
		if !a.tok(k).flags.has(capital) {
			continue
		}
		kind, ok := a.orgWord(k)
		if !ok {
			continue
		}
		first := k
		for first > i && a.tok(first-1).flags.has(capital) && a.tok(first-1).mark == 0 && a.tags(first-1)&(tagDet|tagPrep) == 0 {
			first--
		}
		if first == k {
			return who{}
		}
		w := who{id: a.t.e.join(kind, ":", a.t.e.slug(a.t.wording(first, k+1))), i: i, j: k + 1, kind: kind, via: "who.body"}
		return w
	}
	return who{}
}

// pronoun says whom a pronoun means: the subject that stands before it in the
// sentence, else the last person for he and she, the last body or people for
// it and they.
func (a *analysis) pronoun(c chunk) who {
	var w who
	switch a.t.l.words[a.tok(c.head).word] {
	case "he", "she", "him", "his", "her", "himself", "herself", "هو", "هي", "он", "она":
		if w = a.earlier(c.i, isPerson); w.id == "" {
			w = a.t.lastPerson
		}
	case "they", "them", "their", "هم", "они", "themselves":
		if w = a.earlier(c.i, isMany); w.id == "" {
			w = a.t.lastGroup
		}
	case "it", "its", "оно", "itself":
		if w = a.earlier(c.i, isBody); w.id == "" {
			w = a.t.lastBody
		}
	case "both":
		return who{id: "both-sides", kind: "sides", i: c.i, j: c.j, via: "who.pronoun"}
	}
	if w.id == "" {
		return who{id: unknownID, i: c.i, j: c.j, via: "who.pronoun"}
	}
	if w.id != unknownID {
		w.i, w.j = c.i, c.j
	}
	w.via = "who.pronoun"
	return w
}

// earlier returns the nearest subject before token i that fits.
func (a *analysis) earlier(i int, fits func(who) bool) who {
	for k := len(a.chunks) - 1; k >= 0; k-- {
		if a.chunks[k].kind != chunkVG || a.chunks[k].i >= i || a.subj[k] == -1 {
			continue
		}
		s := a.subject(k)
		if s < 0 || a.chunks[s].j > i || a.posAt(a.chunks[s].head) == posPron {
			continue
		}
		if w := a.whoAt(s); fits(w) {
			return w
		}
	}
	return who{}
}

func isPerson(w who) bool {
	return w.kind == "person" || strings.HasPrefix(w.id, "person:") || strings.HasPrefix(w.id, "official:") || w.kind == "official" && !w.plural
}

func isMany(w who) bool { return w.plural || w.kind == "group" || w.kind == "mil" || w.kind == "sides" }

func isBody(w who) bool { return !isPerson(w) && !w.plural && w.id != "" }

const maxNamed = 12
