package gazetteer

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/marchday/marchday/truce"
)

// Match says how a candidate's name was equated with the words asked for.
type Match string

// The ways a name matches, from exact to loose. MatchParent: the words name a
// place that is not held; the candidate is what it was said to lie in.
const (
	MatchExact    Match = "exact"
	MatchFolded   Match = "folded"
	MatchPlain    Match = "plain"
	MatchSkeleton Match = "skeleton"
	MatchEdit     Match = "edit"
	MatchOverride Match = "override"
	MatchParent   Match = "parent"
)

// Query asks for a place by its name.
type Query struct {
	Text     string        // as written; may name its parent too: "A: B", "B, A", "B (A)", "B in A"
	Lang     string        // BCP 47, where known: Russian case endings are tried for "ru" and "uk"
	Country  string        // ISO 3166 alpha-2 in focus: preferred, not required
	Within   truce.PlaceID // answers lie in it, if given
	Near     []truce.Point // places already resolved beside it
	Class    Class         // preferred, if given
	Max      int           // at most so many candidates; 0 means 3
	MinScore int32         // per mille; 0 means 600
	Strict   bool          // exact, folded and plain spelling alone
	Memo     *Memo         // what was sought before, if given
}

// Candidate is one answer.
type Candidate struct {
	Place     Place
	Name      string           // the name that matched
	Adm       [3]truce.PlaceID // codes of the units that hold it, levels 1 to 3; empty where none
	Score     int32            // per mille
	Match     Match
	Ambiguous bool // the next candidate lies in another district and is nearly as good: let a person choose
	Precision string
	rank      int32
	named     int32 // index of the place
}

const (
	minParent     = 900
	formLess      = 60 // taken off a spelling that was only tried, h for kh
	unitMore      = 25 // added to a province whose name no place in it has
	classLess     = 80 // taken off a loose match of another class than the words say
	insideMore    = 60
	anywhereLess  = 120 // taken off a loose match where no country is in focus: among the world's names many are alike
	foreignLess   = 300 // taken off a loose match outside the country in focus
	maxText       = 200 // bytes of a name asked for
	maxCandidates = 200 // names weighed per query
	closeRank     = 50  // a lead below this leaves two districts open
)

// Find returns the places that a name may mean, best first, and none where
// none is good enough.
func (g *Gazetteer) Find(q Query) []Candidate { return g.AppendFind(nil, q) }

// AppendFind appends to out what Find returns.
func (g *Gazetteer) AppendFind(out []Candidate, q Query) []Candidate {
	if q.Max <= 0 {
		q.Max = 3
	}
	if q.MinScore == 0 {
		q.MinScore = 600
	}
	text := strings.TrimSpace(q.Text)
	if text == "" || len(text) > maxText {
		return out
	}
	s := g.pool.Get().(*search)
	defer g.pool.Put(s)
	s.g, s.ranked = g, s.ranked[:0]
	a := s.ask(text, q)
	switch {
	case a.forced >= 0:
		place := a.forced
		if meansUnit(q.Class) {
			place = a.unit
		}
		return append(out, g.candidate(ranked{hit: hit{place: place, score: maxSimilarity, match: MatchOverride}, name: text, rank: maxSimilarity}))
	case a.path:
		child, parent, _ := splitPath(text)
		return g.finish(out, s.path(child, parent, text, q), q)
	}
	return g.finish(out, s.near(a, q), q)
}

// override returns the place that a person has fixed a form to, and the unit
// that it means beside a word for one; -1 for none.
func (g *Gazetteer) override(text string, within truce.PlaceID) (place, unit int32) {
	if len(g.forced) == 0 {
		return -1, -1
	}
	o, ok := g.forced[Fold(text)]
	if !ok && strings.Contains(text, " ") { // Homs Governorate
		a := analyse(text)
		if o = g.forced[strings.Join(a.core, " ")]; meansUnit(a.class) && a.generic == 0 && a.qual == 0 && o.Unit != "" {
			o.Place, ok = o.Unit, true
		}
	}
	i, held := g.byID[o.Place]
	if !ok || !held || within != "" && !g.liesIn(i, within) {
		return -1, -1
	}
	if u, held := g.byID[o.Unit]; held && (within == "" || g.liesIn(u, within)) {
		return i, u
	}
	return i, i
}

// meansUnit reports whether a class word beside a name says that the unit is
// meant: a governorate, or the countryside that it is.
func meansUnit(c Class) bool { return c == Adm1 || c == Region }

// splitPath parts "A: B", "B, A", "B - A", "B (A)", "B "A"" and "B in A" in two; parent
// is empty where the text is one name. Only a colon says surely which of the
// two is the parent; else it is found by what they mean.
func splitPath(s string) (child, parent string, sure bool) {
	if a, b, ok := strings.Cut(s, ":"); ok {
		return strings.TrimSpace(b), strings.TrimSpace(a), true
	}
	for _, open := range []string{"(", "\"", "“", "«"} {
		if a, b, ok := strings.Cut(s, open); ok && strings.TrimSpace(a) != "" {
			return strings.TrimSpace(a), strings.Trim(b, " )\"”»"), false
		}
	}
	for _, sep := range []string{",", "،", " - ", " – ", " in ", " في ", "/"} {
		if i := strings.LastIndex(s, sep); i > 0 && i+len(sep) < len(s) {
			return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+len(sep):]), false
		}
	}
	return s, "", false
}

// path resolves the parent first and the child inside it; an unknown child
// answers with the parent.
func (s *search) path(child, parent, whole string, q Query) []ranked {
	g := s.g
	outer := q
	outer.Class, outer.Max, outer.MinScore = "", 1, 800
	find := func(text string) []ranked {
		a := s.ask(text, outer)
		if a.forced >= 0 {
			return []ranked{{hit: hit{place: a.unit, score: maxSimilarity, match: MatchOverride}, name: text, rank: maxSimilarity}} // as a parent the wider is safe
		}
		inner, up, _ := splitPath(text)
		var got []ranked
		if up != "" {
			got = s.path(inner, up, text, outer)
		} else {
			got = s.near(a, outer)
		}
		return slices.DeleteFunc(got, func(r ranked) bool { return r.score < outer.MinScore })
	}
	class := func(rs []ranked) Class { return g.places[rs[0].place].Class }
	a, b := find(parent), find(child)
	if _, _, sure := splitPath(whole); !sure && len(b) > 0 && depth(class(b)) > 0 && depth(class(b)) < 5 && (len(a) == 0 || depth(class(a)) == 0 || depth(class(b)) < depth(class(a))) {
		child, a = parent, b // "SubDistrict - Town" the other way round
	}
	if len(a) == 0 {
		return s.weigh(child, q)
	}
	if a[0].score < minParent && a[0].match != MatchOverride {
		return s.weigh(child, q) // a parent that is only guessed must not place its child
	}
	inside, up := q, &g.places[a[0].place]
	inside.Within = up.ID
	if adm := g.adm(a[0].place); adm[0] != "" && depth(up.Class) == 0 {
		inside.Near = append(slices.Clone(q.Near), up.Point)
		inside.Within = adm[0]
	}
	inside.MinScore = min(q.MinScore, 700)
	got := s.weigh(child, inside)
	for i := range got { // inside a parent that was named few names are alike by chance
		if got[i].score < minParent {
			got[i].score = min(got[i].score+insideMore, minParent)
			got[i].rank += insideMore
		}
	}
	if len(got) > 0 && got[0].score >= q.MinScore {
		return got
	}
	around := a[0]
	around.match, around.rank = MatchParent, a[0].score
	return []ranked{around}
}

// hit is the best name of a place for what was asked, whatever speaks for the
// place beside its name.
type hit struct {
	place, at int32 // the place, and which of its names
	score     int32
	match     Match
}

// ranked is a hit with what speaks for its place.
type ranked struct {
	hit
	name string
	rank int32
}

// answer is what a name means, whatever stands near it.
type answer struct {
	text          string
	lang, country string
	class         Class
	minScore      int32
	strict        bool

	forced int32 // the place that a person fixed it to, -1 for none
	unit   int32 // likewise, beside a word for a unit
	path   bool  // it names a parent too
	ranked []ranked
}

// Memo remembers the names that were sought, for callers who seek the same ones
// again and again. It changes no answer and may be shared. Each name has two
// places in it, which it shares with others: those asked last stay.
type Memo struct {
	slots [1 << 15]atomic.Pointer[answer]
}

// ask tells what a text means as far as nothing near matters, or remembers it.
// Where it is a path the answer says no more.
func (s *search) ask(text string, q Query) *answer {
	if q.Memo == nil || q.Within != "" {
		s.one = answer{minScore: q.MinScore}
		s.answer(&s.one, text, q)
		return &s.one
	}
	h := hashOn(hashOn(hashOn(hash(text), q.Country), q.Lang), string(q.Class)) ^ uint32(q.MinScore)<<8
	if q.Strict {
		h = ^h
	}
	h = (h ^ h>>15) % uint32(len(q.Memo.slots))
	slot, second := &q.Memo.slots[h], &q.Memo.slots[h^1]
	if a := slot.Load(); a.is(text, q) {
		return a
	}
	if a := second.Load(); a.is(text, q) {
		return a
	}
	a := &answer{text: strings.Clone(text), lang: q.Lang, country: q.Country, class: q.Class, minScore: q.MinScore, strict: q.Strict} // a clone keeps no whole document alive
	s.answer(a, a.text, q)
	a.ranked = slices.Clone(a.ranked)
	second.Store(slot.Swap(a))
	return a
}

// is reports whether an answer is that of a question.
func (a *answer) is(text string, q Query) bool {
	return a != nil && a.text == text && a.strict == q.Strict && a.minScore == q.MinScore && a.country == q.Country && a.lang == q.Lang && a.class == q.Class
}

func (s *search) answer(a *answer, text string, q Query) {
	if a.forced, a.unit = s.g.override(text, q.Within); a.forced >= 0 {
		return
	}
	if !q.Strict {
		_, parent, _ := splitPath(text)
		if a.path = parent != ""; a.path {
			return
		}
	}
	a.ranked = s.seek(text, q)
}

// weigh ranks the places whose names are near what was asked.
func (s *search) weigh(text string, q Query) []ranked {
	return s.order(s.seek(text, q), q)
}

// near ranks an answer's places by what is near too. The answer stays as it is.
func (s *search) near(a *answer, q Query) []ranked {
	from := len(s.ranked)
	s.ranked = append(s.ranked, a.ranked...)
	return s.order(s.ranked[from:len(s.ranked):len(s.ranked)], q)
}

func (s *search) order(rs []ranked, q Query) []ranked {
	g := s.g
	for i := range rs {
		rs[i].rank += g.nearness(rs[i].place, q.Near)
	}
	slices.SortFunc(rs, func(a, b ranked) int {
		p, o := &g.places[a.place], &g.places[b.place]
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(o.Population, p.Population), cmp.Compare(p.ID, o.ID))
	})
	return rs
}

// search is what one query needs while it is answered. It is pooled.
type search struct {
	g            *Gazetteer
	q            Query
	text         string
	tried        bool // the spelling is one that was only tried
	a            analysis
	forms        []string
	core, roman  string
	bones        []byte
	spelt        []byte
	keys         []uint32
	seen         []uint32 // by name: the round in which it was seen
	round        uint32
	hits         []hit
	ranked       []ranked // of all names of the query, one after the other
	weighed, top int32
	land         int32 // number of the query's country
	one          answer
}

// seek gathers the names that any key finds, the best of every place, with the
// rank that they have whatever is near.
func (s *search) seek(text string, q Query) []ranked {
	s.q, s.text, s.hits, s.weighed, s.top, s.land = q, text, s.hits[:0], 0, 0, s.g.land(q.Country)
	if len(s.seen) < len(s.g.names) {
		s.seen, s.round = make([]uint32, len(s.g.names)), 0
	}
	s.forms = forms(s.forms[:0], text, q.Lang)
	for f, form := range s.forms {
		s.tried = f > 0 && q.Lang == ""
		s.form(form)
		if f == 0 && q.Class == "" {
			q.Class = s.a.class
		}
	}
	from := len(s.ranked)
	for _, h := range s.hits {
		s.ranked = append(s.ranked, ranked{hit: h, name: s.g.places[h.place].Names[h.at].Text, rank: h.score + s.g.context(h.place, q)})
	}
	out := s.ranked[from:len(s.ranked):len(s.ranked)]
	for i := range out { // a province before a town of its name elsewhere, not before its own
		if u := &s.g.places[out[i].place]; u.Class == Adm1 && !slices.ContainsFunc(out, func(r ranked) bool {
			return r.place != out[i].place && slices.Contains(s.g.in[r.place].ids, u.ID)
		}) {
			out[i].rank += unitMore
		}
	}
	return out
}

// form seeks one spelling by all keys.
func (s *search) form(form string) {
	g := s.g
	s.a.take(form)
	plain, cut := s.a.plain()
	s.spelt, s.bones = s.a.spell(s.spelt[:0], s.bones[:0])
	s.core, s.roman = plain, string(s.spelt)
	if s.round++; s.round == 0 { // after four thousand million rounds
		clear(s.seen)
		s.round = 1
	}
	s.all(&g.folded, g.keys, hash(s.a.folded), MatchFolded)
	s.all(&g.plain, g.keys, hash(plain), MatchPlain)
	if cut != "" {
		s.all(&g.plain, g.keys, hash(cut), MatchPlain)
	}
	if s.q.Strict {
		return
	}
	s.all(&g.bones, g.some, hash(s.bones), MatchSkeleton)
	if s.top < minParent { // one letter off only where nothing nearer is held
		s.keys = near(s.keys[:0], s.bones, g.some)
		for _, key := range s.keys {
			s.all(&g.bones, g.some, key, MatchEdit)
		}
	}
}

// all considers the names under a key, if the filter holds it.
func (s *search) all(names *index, filter []uint64, key uint32, how Match) {
	if !held(filter, key) {
		return
	}
	for _, p := range names.under(key) {
		s.consider(uint32(p), how)
	}
}

// consider scores one name and keeps it if it is its place's best.
func (s *search) consider(n uint32, how Match) {
	g := s.g
	if s.weighed >= maxCandidates || s.seen[n] == s.round {
		return
	}
	s.seen[n] = s.round
	foreign := s.q.Country != "" && g.nations[n] != s.land
	least := s.q.MinScore
	if s.tried {
		least += formLess
	}
	if foreign && how != MatchFolded {
		least += foreignLess
		if least > maxSimilarity && s.q.Within == "" { // no likeness is enough
			s.weighed++
			return
		}
	}
	e := &g.names[n]
	if s.q.Within != "" && !g.liesIn(e.place, s.q.Within) {
		return
	}
	s.weighed++
	score, match := s.compare(e, how, least)
	if score < least {
		return
	}
	if s.tried {
		score -= formLess
	}
	place := &g.places[e.place]
	hood := s.a.class == Neighbourhood
	if loose := match == MatchSkeleton || match == MatchEdit; loose && s.a.class != "" && hood != (place.Class == Neighbourhood) && !(hood && depth(place.Class) > 0) {
		score -= classLess
	}
	if foreign && match != MatchExact && match != MatchFolded {
		score -= foreignLess
	}
	if s.q.Country == "" && s.q.Within == "" && (match == MatchSkeleton || match == MatchEdit) {
		score -= anywhereLess
	}
	if score < s.q.MinScore {
		return
	}
	s.top = max(s.top, score)
	i := slices.IndexFunc(s.hits, func(h hit) bool { return h.place == e.place })
	if i < 0 {
		s.hits = append(s.hits, hit{e.place, e.name, score, match})
		return
	}
	old := &s.hits[i]
	if score > old.score || score == old.score && place.Names[e.name].Text < place.Names[old.at].Text {
		old.at, old.score, old.match = e.name, score, match
	}
}

// finish cuts the list, completes the answers and says where two districts
// remain open.
func (g *Gazetteer) finish(out []Candidate, rs []ranked, q Query) []Candidate {
	from := len(out)
	for _, r := range rs {
		if r.score >= q.MinScore && len(out)-from <= q.Max {
			out = append(out, g.candidate(r))
		}
	}
	if cs := out[from:]; len(cs) > 1 && cs[0].rank-cs[1].rank < closeRank && cs[0].district() != cs[1].district() {
		cs[0].Ambiguous = true
	}
	return out[:min(len(out), from+q.Max)]
}

func (c Candidate) district() truce.PlaceID {
	if c.Adm[0] != "" {
		return c.Adm[0]
	}
	if c.Place.Parent != "" {
		return c.Place.Parent
	}
	return truce.PlaceID(c.Place.Country)
}

func (g *Gazetteer) candidate(r ranked) Candidate {
	p := &g.places[r.place]
	return Candidate{Place: *p, Name: r.name, Adm: g.adm(r.place), Score: r.score, Match: r.match, Precision: p.Class.Precision(), rank: r.rank, named: r.place}
}

// adm returns the units of levels 1 to 3 that a place is or lies within.
func (g *Gazetteer) adm(i int32) [3]truce.PlaceID {
	adm := g.in[i].adm
	if d := depth(g.places[i].Class); d > 1 && d < 5 {
		adm[d-2] = g.places[i].ID
	}
	return adm
}

// liesIn reports whether a place is a unit or lies within it.
func (g *Gazetteer) liesIn(i int32, in truce.PlaceID) bool {
	if g.places[i].ID == in {
		return true
	}
	return slices.Contains(g.in[i].ids, in)
}

// context is what speaks for a place beside its name: its size, the country
// in focus, its class. Nothing in it depends on who holds the place.
func (g *Gazetteer) context(i int32, q Query) int32 {
	p, r := &g.places[i], g.stature[i]
	if q.Country != "" && p.Country == q.Country {
		r += 120
	}
	if q.Class != "" && (q.Class == p.Class || q.Class == Region && p.Class == Adm1) {
		r += 25
	}
	if q.Class == Neighbourhood && p.Class != Neighbourhood && depth(p.Class) == 0 {
		r -= 60
	}
	return r
}

// nearness is what speaks for a place by the places already known.
func (g *Gazetteer) nearness(i int32, near []truce.Point) int32 {
	const far = 400_000 // metres, which are less than farE7 of latitude
	const farE7 = 40_000_000
	p, nearest := g.places[i].Point, int64(far)
	if !p.Valid() {
		return 0
	}
	for _, at := range near {
		if d := int64(at.Lat) - int64(p.Lat); -farE7 < d && d < farE7 {
			nearest = min(nearest, truce.MetresBetween(at, p))
		}
	}
	switch {
	case nearest < 20_000:
		return 60
	case nearest < 100_000:
		return 40
	case nearest < far:
		return 15
	}
	return 0
}

// compare scores a name against what was asked, per mille; a score that is
// surely below least may be any such.
func (s *search) compare(e *entry, how Match, least int32) (int32, Match) {
	g, a := s.g, &s.a
	if how == MatchFolded { // only names under the folded key can be the text itself
		name := g.places[e.place].Names[e.name].Text
		if name == s.text {
			return maxSimilarity, MatchExact
		}
		if foldsTo(name, a.folded) {
			return 995, MatchFolded
		}
	}
	if a.generic != 0 && e.generic != 0 && a.generic != e.generic || a.qual != 0 && e.qual != 0 && uint16(a.qual) != e.qual {
		return 0, how
	}
	var less int32
	if a.thing != e.thing {
		less += 200 // the Aleppo road is not Aleppo
	}
	if a.generic != e.generic {
		less += 120
	}
	if uint16(a.qual) != e.qual {
		less += 80
	}
	if s.core == g.spelt[e.core:e.roman] {
		return 985 - less, MatchPlain
	}
	less += shortLess(len(s.roman))
	alike := similarity(s.roman, g.spelt[e.roman:e.end], least+less)
	if how == MatchPlain || how == MatchFolded {
		if alike == maxSimilarity {
			return 970 - less, MatchPlain
		}
		how = MatchSkeleton
	}
	return min(alike, 960) - less, how
}

// foldsTo reports whether a name's folded spelling is this.
func foldsTo(name, folded string) bool {
	var buf [2 * maxCompared]byte
	return string(appendFold(buf[:0], name)) == folded
}

// shortLess is taken off loose matches of short names: the fewer letters, the
// more names are alike by chance.
func shortLess(n int) int32 {
	switch {
	case n <= 4:
		return 90
	case n == 5:
		return 50
	case n == 6:
		return 20
	}
	return 0
}

// near appends the keys of the skeletons one letter away: one out, one confused,
// one in, as far as the filter holds them. Only skeletons of four letters and more
// have neighbours.
func near(out []uint32, bones []byte, filter []uint64) []uint32 {
	const alphabet = "bdfgGJklmnrsStwXyz"
	if len(bones) < 4 || len(bones) > 24 {
		return out
	}
	add := func(key uint32) {
		if held(filter, key) {
			out = append(out, key)
		}
	}
	before := uint32(fnvOffset) // the key of what stands before i
	for i := 0; i <= len(bones); i++ {
		if i < len(bones) {
			add(hashOn(before, bones[i+1:]))
		}
		for k := range len(alphabet) {
			one := (before ^ uint32(alphabet[k])) * fnvPrime
			if i < len(bones) && confusedAt(bones[i], alphabet[k]) {
				add(hashOn(one, bones[i+1:]))
			}
			add(hashOn(one, bones[i:]))
		}
		if i < len(bones) {
			before = (before ^ uint32(bones[i])) * fnvPrime
		}
	}
	return out
}

// forms appends the spellings under which a name is sought: as written, in
// Russian and Ukrainian its likely nominatives, and with the kh that Russian
// English writes for every h.
func forms(out []string, text, lang string) []string {
	out = append(out, text)
	if lang == "ru" || lang == "uk" {
		out = append(out, nominatives(text)...)
	}
	for i := range len(text) - 1 { // byte by byte: lowered text may be of another length
		if text[i]|0x20 == 'k' && text[i+1]|0x20 == 'h' {
			return append(out, text[:i]+text[i+1:])
		}
	}
	return out
}

// cases are the endings of Russian and Ukrainian names in other cases, and the
// endings they have when named.
var cases = []struct {
	from string
	to   []string
}{
	{"ами", []string{"ы", "и"}}, {"ями", []string{"и"}}, {"ого", []string{"ый", "ое"}}, {"ому", []string{"ый", "ое"}}, {"ской", []string{"ская"}}, {"ском", []string{"ский", "ское"}},
	{"ах", []string{"ы", "и", "а"}}, {"ии", []string{"ия"}}, {"ию", []string{"ия"}}, {"ией", []string{"ия"}}, {"ой", []string{"а", "ая"}}, {"ей", []string{"я"}}, {"ом", []string{"", "о"}}, {"ем", []string{"ь", "й", "е"}},
	{"ами", []string{"ы"}}, {"ов", []string{"ы"}}, {"е", []string{"", "а", "о", "ь"}}, {"у", []string{"", "а", "о"}}, {"ы", []string{"а", ""}}, {"и", []string{"а", "ь", "я", "и"}}, {"а", []string{"", "о"}}, {"я", []string{"ь", "е", "й"}}, {"ю", []string{"ь", "я", "е"}},
}

func nominatives(text string) []string {
	var out []string
	for _, c := range cases {
		if stem, ok := strings.CutSuffix(text, c.from); ok && len(stem) >= 4 {
			for _, end := range c.to {
				out = append(out, stem+end)
			}
		}
	}
	return out
}

// Knows reports whether some place has a name that folds to exactly this; it
// is quick, for scanning texts. The argument must come from Fold.
func (g *Gazetteer) Knows(folded string) bool {
	if folded == "" || len(folded) > g.maxSize || !held(g.keys, hash(folded)) {
		return false
	}
	for _, p := range g.folded.under(hash(folded)) {
		if e := &g.names[uint32(p)]; foldsTo(g.places[e.place].Names[e.name].Text, folded) {
			return true
		}
	}
	return false
}

// Spells reports whether a strict query in a language without cases can find
// anything by this text. It is quick, and may say yes where it is no.
func (g *Gazetteer) Spells(text string) bool {
	if len(g.forced) > 0 {
		if _, fixed := g.forced[Fold(text)]; fixed {
			return true
		}
	}
	s := g.pool.Get().(*search)
	defer g.pool.Put(s)
	a := &s.a
	s.forms = forms(s.forms[:0], strings.TrimSpace(text), "")
	for _, form := range s.forms {
		a.take(form)
		plain, cut := a.plain()
		if held(g.keys, hash(a.folded)) || held(g.keys, hash(plain)) || cut != "" && held(g.keys, hash(cut)) {
			return true
		}
	}
	return false
}

// Begins reports whether some place's name may begin with this folded word; it
// is quicker than Knows, and may say yes where it is no.
func (g *Gazetteer) Begins(word string) bool {
	return held(g.heads, hash(word))
}

// GoesOn reports whether some place's name of three words and more may begin with
// these two folded words; it is quicker than Knows, and may say yes where it is
// no.
func (g *Gazetteer) GoesOn(words string) bool {
	return held(g.pairs, hash(words))
}

// Explained is why a name was answered as it was.
type Explained struct {
	Text       string           `json:"text"`
	Keys       []string         `json:"keys"` // folded, plain and skeleton spelling
	Candidates []ExplainedMatch `json:"candidates"`
}

// ExplainedMatch is one candidate with what its name cost.
type ExplainedMatch struct {
	ID    truce.PlaceID `json:"id"`
	Name  string        `json:"name"` // the name that matched
	Match Match         `json:"match"`
	Score int32         `json:"score"` // per mille
	Rank  int32         `json:"rank"`  // score and context
	Open  bool          `json:"ambiguous,omitempty"`
}

// Explain says by which keys a query was sought and what each candidate cost.
func (g *Gazetteer) Explain(q Query, cands []Candidate) Explained {
	a := analyse(q.Text)
	plain, cut := a.plain()
	_, bones := a.spell(nil, nil)
	x := Explained{Text: q.Text, Keys: []string{a.folded, plain}}
	if cut != "" {
		x.Keys = append(x.Keys, cut)
	}
	x.Keys = append(x.Keys, string(bones))
	for _, c := range cands {
		x.Candidates = append(x.Candidates, ExplainedMatch{ID: c.Place.ID, Name: c.Name, Match: c.Match, Score: c.Score, Rank: c.rank, Open: c.Ambiguous})
	}
	return x
}
