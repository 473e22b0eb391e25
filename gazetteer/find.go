package gazetteer

import (
	"cmp"
	"slices"
	"strings"
	"sync"

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
func (g *Gazetteer) Find(q Query) []Candidate {
	if q.Max <= 0 {
		q.Max = 3
	}
	if q.MinScore == 0 {
		q.MinScore = 600
	}
	text := strings.TrimSpace(q.Text)
	if text == "" || len(text) > maxText {
		return nil
	}
	if out := g.override(text, q); out != nil {
		return out
	}
	child, parent, _ := splitPath(text)
	if parent == "" || q.Strict {
		return g.finish(g.weigh(text, q), q)
	}
	return g.finish(g.path(child, parent, text, q), q)
}

// override answers a form that a person has fixed to a place.
func (g *Gazetteer) override(text string, q Query) []Candidate {
	id, ok := g.forced[Fold(text)]
	if !ok {
		return nil
	}
	i, held := g.byID[id]
	if !held || q.Within != "" && !g.liesIn(i, q.Within) {
		return nil
	}
	return []Candidate{g.candidate(i, text, maxSimilarity, maxSimilarity, MatchOverride)}
}

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
func (g *Gazetteer) path(child, parent, whole string, q Query) []Candidate {
	outer := q
	outer.Class, outer.Max, outer.MinScore = "", 1, 800
	find := func(s string) []Candidate {
		if out := g.override(s, outer); out != nil {
			return out
		}
		inner, up, _ := splitPath(s)
		if up != "" {
			return g.finish(g.path(inner, up, s, outer), outer)
		}
		return g.finish(g.weigh(s, outer), outer)
	}
	a, b := find(parent), find(child)
	if _, _, sure := splitPath(whole); !sure && len(b) > 0 && depth(b[0].Place.Class) > 0 && depth(b[0].Place.Class) < 5 && (len(a) == 0 || depth(a[0].Place.Class) == 0 || depth(b[0].Place.Class) < depth(a[0].Place.Class)) {
		child, a = parent, b // "SubDistrict - Town" the other way round
	}
	if len(a) == 0 {
		return g.weigh(child, q)
	}
	if a[0].Score < minParent && a[0].Match != MatchOverride {
		return g.weigh(child, q) // a parent that is only guessed must not place its child
	}
	inside := q
	inside.Within = a[0].Place.ID
	if a[0].Adm[0] != "" && depth(a[0].Place.Class) == 0 {
		inside.Within = ""
		inside.Near = append(slices.Clone(q.Near), a[0].Place.Point)
		inside.Within = a[0].Adm[0]
	}
	inside.MinScore = min(q.MinScore, 700)
	got := g.weigh(child, inside)
	for i := range got { // inside a parent that was named few names are alike by chance
		if got[i].Score < minParent {
			got[i].Score = min(got[i].Score+insideMore, minParent)
			got[i].rank += insideMore
		}
	}
	if len(got) > 0 && got[0].Score >= q.MinScore {
		return got
	}
	up := a[0]
	up.Match, up.Score, up.rank = MatchParent, a[0].Score, a[0].Score
	return []Candidate{up}
}

// hit is the best name of a place for what was asked, whatever speaks for the
// place beside its name.
type hit struct {
	place, name int32
	score       int32
	match       Match
}

// Memo remembers the names that were sought, for callers who seek the same ones
// again and again. It changes no answer and may be shared.
type Memo struct {
	mu   sync.RWMutex
	hits map[memoKey][]hit
}

type memoKey struct {
	text, lang, country string
	class               Class
	minScore            int32
	strict              bool
}

// maxMemo bounds a Memo; a full one begins anew.
const maxMemo = 16384

// gather finds the names that any key finds, or remembers them.
func (g *Gazetteer) gather(text string, q Query) []hit {
	if q.Memo == nil || q.Within != "" {
		return g.seek(text, q)
	}
	key := memoKey{text, q.Lang, q.Country, q.Class, q.MinScore, q.Strict}
	q.Memo.mu.RLock()
	hits, known := q.Memo.hits[key]
	q.Memo.mu.RUnlock()
	if known {
		return hits
	}
	hits = g.seek(text, q)
	key.text = strings.Clone(text) // keeps no whole document alive
	q.Memo.mu.Lock()
	if q.Memo.hits == nil || len(q.Memo.hits) >= maxMemo {
		q.Memo.hits = map[memoKey][]hit{}
	}
	q.Memo.hits[key] = hits
	q.Memo.mu.Unlock()
	return hits
}

// seek gathers the names that any key finds, the best of every place.
func (g *Gazetteer) seek(text string, q Query) []hit {
	s := search{g: g, q: q, text: text}
	for f, form := range forms(text, q.Lang) {
		s.tried = f > 0 && q.Lang == ""
		s.form(form)
	}
	return s.hits
}

// search is one name being sought.
type search struct {
	g            *Gazetteer
	q            Query
	text         string
	tried        bool // the spelling is one that was only tried
	a            analysis
	core, roman  string
	seen         map[uint32]bool
	hits         []hit
	weighed, top int32
}

// form seeks one spelling by all keys.
func (s *search) form(form string) {
	s.a = analyse(form)
	if s.q.Class == "" {
		s.q.Class = s.a.class
	}
	s.roman, s.core = s.a.roman(), strings.Join(s.a.core, " ")
	clear(s.seen)
	under(s.g.folded, s.a.folded, func(n uint32) { s.consider(n, MatchFolded) })
	for _, k := range s.a.plains() {
		under(s.g.plain, k, func(n uint32) { s.consider(n, MatchPlain) })
	}
	if s.q.Strict {
		return
	}
	bones := s.a.bones()
	under(s.g.bones, bones, func(n uint32) { s.consider(n, MatchSkeleton) })
	if s.top < minParent { // one letter off only where nothing nearer is held
		near(bones, func(key uint32) {
			if s.g.held(key) {
				below(s.g.bones, key, func(n uint32) { s.consider(n, MatchEdit) })
			}
		})
	}
}

// consider scores one name and keeps it if it is its place's best.
func (s *search) consider(n uint32, how Match) {
	g := s.g
	if s.weighed >= maxCandidates || s.seen[n] {
		return
	}
	if s.seen == nil {
		s.seen = map[uint32]bool{}
	}
	s.seen[n] = true
	e := &g.names[n]
	place := &g.places[e.place]
	if s.q.Within != "" && !g.liesIn(e.place, s.q.Within) {
		return
	}
	s.weighed++
	score, match := g.compare(s.text, s.a, s.core, s.roman, e, how)
	if s.tried {
		score -= formLess
	}
	hood := s.a.class == Neighbourhood
	if loose := match == MatchSkeleton || match == MatchEdit; loose && s.a.class != "" && hood != (place.Class == Neighbourhood) && !(hood && depth(place.Class) > 0) {
		score -= classLess
	}
	if s.q.Country != "" && place.Country != s.q.Country && match != MatchExact && match != MatchFolded {
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
	if score > old.score || score == old.score && place.Names[e.name].Text < place.Names[old.name].Text {
		old.name, old.score, old.match = e.name, score, match
	}
}

// weigh ranks the places whose names are near what was asked.
func (g *Gazetteer) weigh(text string, q Query) []Candidate {
	hits := g.gather(text, q)
	if len(hits) == 0 {
		return nil
	}
	if q.Class == "" {
		q.Class = analyse(text).class
	}
	out := make([]Candidate, 0, len(hits))
	for _, h := range hits {
		p := &g.places[h.place]
		out = append(out, Candidate{Place: *p, Name: p.Names[h.name].Text, Score: h.score, Match: h.match, named: h.place, rank: h.score + g.context(h.place, q)})
	}
	for i := range out { // a province before a town of its name elsewhere, not before its own
		if u := &out[i]; u.Place.Class == Adm1 && !slices.ContainsFunc(out, func(c Candidate) bool {
			return c.named != u.named && slices.Contains(g.in[c.named], u.Place.ID)
		}) {
			u.rank += unitMore
		}
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.Place.Population, a.Place.Population), cmp.Compare(a.Place.ID, b.Place.ID))
	})
	return out
}

// finish cuts the list, completes the answers and says where two districts
// remain open.
func (g *Gazetteer) finish(cs []Candidate, q Query) []Candidate {
	cs = slices.DeleteFunc(cs, func(c Candidate) bool { return c.Score < q.MinScore })
	keep := min(len(cs), q.Max+1)
	cs = cs[:keep]
	for i := range cs {
		full := g.candidate(cs[i].named, cs[i].Name, cs[i].Score, cs[i].rank, cs[i].Match)
		cs[i] = full
	}
	if len(cs) > 1 && cs[0].rank-cs[1].rank < closeRank && cs[0].district() != cs[1].district() {
		cs[0].Ambiguous = true
	}
	return cs[:min(len(cs), q.Max)]
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

func (g *Gazetteer) candidate(i int32, name string, score, rank int32, how Match) Candidate {
	p := g.places[i]
	c := Candidate{Place: p, Name: name, Score: score, Match: how, Precision: p.Class.Precision(), rank: rank, named: i}
	ids := g.in[i]
	if d := depth(p.Class); d > 1 && d < 5 {
		ids = append([]truce.PlaceID{p.ID}, ids...)
	}
	for _, id := range ids {
		if k, ok := g.byID[id]; ok {
			if d := depth(g.places[k].Class); d >= 2 && d <= 4 && c.Adm[d-2] == "" {
				c.Adm[d-2] = id
			}
		}
	}
	return c
}

// liesIn reports whether a place is a unit or lies within it.
func (g *Gazetteer) liesIn(i int32, in truce.PlaceID) bool {
	p := g.places[i]
	if p.ID == in {
		return true
	}
	return slices.Contains(g.in[i], in)
}

// context is what speaks for a place beside its name: its size, the country
// in focus, its class, its nearness to places already known. Nothing in it
// depends on who holds the place.
func (g *Gazetteer) context(i int32, q Query) int32 {
	p := g.places[i]
	r := classes[p.Class].rank
	for n := p.Population; n >= 10; n /= 10 {
		r += 9
	}
	if q.Country != "" && p.Country == q.Country {
		r += 120
	}
	if q.Class != "" && (q.Class == p.Class || q.Class == Region && p.Class == Adm1) {
		r += 25
	}
	if q.Class == Neighbourhood && p.Class != Neighbourhood && depth(p.Class) == 0 {
		r -= 60
	}
	nearest := int64(1) << 40
	for _, at := range q.Near {
		if p.Point.Valid() {
			nearest = min(nearest, truce.MetresBetween(at, p.Point))
		}
	}
	switch {
	case nearest < 20_000:
		r += 60
	case nearest < 100_000:
		r += 40
	case nearest < 400_000:
		r += 15
	}
	return r
}

// compare scores a name against what was asked, per mille.
func (g *Gazetteer) compare(text string, a analysis, core, roman string, e *entry, how Match) (int32, Match) {
	name := g.places[e.place].Names[e.name].Text
	if name == text {
		return maxSimilarity, MatchExact
	}
	if e.folded == hash(a.folded) && Fold(name) == a.folded {
		return 995, MatchFolded
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
	if core == e.core {
		return 985 - less, MatchPlain
	}
	s := similarity(roman, e.roman)
	less += shortLess(len(roman))
	if how == MatchPlain || how == MatchFolded {
		if s == maxSimilarity {
			return 970 - less, MatchPlain
		}
		how = MatchSkeleton
	}
	return min(s, 960) - less, how
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

// near calls yield with the keys of the skeletons one letter away: one out, one
// confused, one in. Only skeletons of four letters and more have neighbours.
func near(bones string, yield func(key uint32)) {
	const alphabet = "bdfgGJklmnrsStwXyz"
	if len(bones) < 4 || len(bones) > 24 {
		return
	}
	before := uint32(fnvOffset) // the key of what stands before i
	for i := 0; i <= len(bones); i++ {
		if i < len(bones) {
			yield(hashOn(before, bones[i+1:]))
		}
		for k := range len(alphabet) {
			one := (before ^ uint32(alphabet[k])) * fnvPrime
			if i < len(bones) && confusedAt(bones[i], alphabet[k]) {
				yield(hashOn(one, bones[i+1:]))
			}
			yield(hashOn(one, bones[i:]))
		}
		if i < len(bones) {
			before = (before ^ uint32(bones[i])) * fnvPrime
		}
	}
}

// forms returns the spellings under which a name is sought: as written, in
// Russian and Ukrainian its likely nominatives, and with the kh that Russian
// English writes for every h.
func forms(text, lang string) []string {
	out := []string{text}
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
	if folded == "" || len(folded) > g.maxSize {
		return false
	}
	h := uint64(hash(folded)) << 32
	i, _ := slices.BinarySearch(g.folded, h)
	for ; i < len(g.folded) && g.folded[i]>>32 == h>>32; i++ {
		e := g.names[uint32(g.folded[i])]
		if Fold(g.places[e.place].Names[e.name].Text) == folded {
			return true
		}
	}
	return false
}

// Begins reports whether some place's name may begin with this folded word; it
// is quicker than Knows, and may say yes where it is no.
func (g *Gazetteer) Begins(word string) bool {
	k := hash(word) % someBits
	return g.heads[k/64]&(1<<(k%64)) != 0
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
	x := Explained{Text: q.Text, Keys: append(append([]string{a.folded}, a.plains()...), a.bones())}
	for _, c := range cands {
		x.Candidates = append(x.Candidates, ExplainedMatch{ID: c.Place.ID, Name: c.Name, Match: c.Match, Score: c.Score, Rank: c.rank, Open: c.Ambiguous})
	}
	return x
}
