// Package gazetteer turns names into places and points into districts.
//
// A Gazetteer is made once from places and boundaries and may be shared. It
// answers names in any spelling and script that its rules equate, with a score
// and at most a few candidates, and it abstains rather than guess: a wrong
// district is worse than none. Districts come from polygons, never from a
// table of names.
//
// It computes on integers only, so that every machine gives the same answer,
// and it must never read a clock, a disk or a network: loaders take io.Reader
// or fs.FS.
package gazetteer

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/marchday/marchday/truce"
)

// Class says what sort of place a place is.
type Class string

// The classes of places.
const (
	Country       Class = "country"
	Adm1          Class = "adm1"
	Adm2          Class = "adm2"
	Adm3          Class = "adm3"
	City          Class = "city"
	Town          Class = "town"
	Village       Class = "village"
	Neighbourhood Class = "neighbourhood"
	Facility      Class = "facility"
	Crossing      Class = "crossing"
	Camp          Class = "camp"
	Hill          Class = "hill"
	Road          Class = "road"
	Region        Class = "region"
	Line          Class = "line"
)

// classes lists the classes with what is said of each where it matters: how
// far from its point something "in" it may lie, in metres, and how prominent
// it is among namesakes, in points of rank.
var classes = map[Class]struct {
	radiusMetres int32
	rank         int32
}{
	Country: {500_000, 90}, Adm1: {60_000, 62}, Adm2: {25_000, 42}, Adm3: {12_000, 22},
	City: {8_000, 30}, Town: {4_000, 15}, Village: {2_000, 5}, Neighbourhood: {1_500, 0},
	Facility: {1_000, 0}, Crossing: {1_000, 0}, Camp: {1_500, 0}, Hill: {2_000, 0}, Road: {20_000, 0},
	Region: {50_000, 20}, Line: {30_000, 0},
}

// Valid reports whether c is one of the classes.
func (c Class) Valid() bool { _, ok := classes[c]; return ok }

// Precision is the class as geocoded answers print it.
func (c Class) Precision() string {
	switch c {
	case Crossing, Camp:
		return string(Facility)
	case Hill, Road:
		return string(Line)
	}
	return string(c)
}

// Name is one name of a place. A name without a language is used to find the
// place and never shown.
type Name struct {
	Lang string // BCP 47, or empty
	Text string
}

// Place is one place.
type Place struct {
	ID         truce.PlaceID // "gn:170063", "SY02", "own:..."; stable across imports
	Class      Class
	Country    string        // ISO 3166 alpha-2
	Parent     truce.PlaceID // as the source says; used only where no polygon answers
	Point      truce.Point
	Population int32 // 0 is not known
	Names      []Name
}

// Name returns the place's first name in lang, else its first shown name.
func (p Place) Name(lang string) string {
	shown := ""
	for _, n := range p.Names {
		if n.Lang == lang {
			return n.Text
		}
		if n.Lang != "" && shown == "" {
			shown = n.Text
		}
	}
	if shown == "" && len(p.Names) > 0 {
		shown = p.Names[0].Text
	}
	return shown
}

// Boundary is one administrative unit and its outline.
type Boundary struct {
	Place                // its code, class, names and label point
	Rings  []truce.Point // all rings one after the other; see Starts
	Starts []int32       // where each ring begins in Rings
}

// Gazetteer answers names and points. It never changes after New.
type Gazetteer struct {
	places  []Place
	bounds  []Boundary
	boxes   []box
	grid    map[int32][]int32 // degree cell -> boundaries whose box touches it
	byID    map[truce.PlaceID]int32
	names   []entry // every name of every place
	spelt   string  // the spellings that entries point into
	folded  index
	plain   index
	bones   index
	some    []uint64                        // filter of the skeletons' keys
	keys    []uint64                        // filter of the folded and plain keys
	heads   []uint64                        // filter of the first words of folded names
	pairs   []uint64                        // filter of the first two words of those of three and more
	in      []*within                       // by place: what it lies within
	stature []int32                         // by place: what its class and size speak for it
	radius  []int32                         // by place: metres from its point that it may reach
	nations []int32                         // by name: the number of its place's country
	numbers map[string]int32                // of countries
	pool    *sync.Pool                      // of *search; holds nothing of a query that is answered
	forced  map[string]Override             // by folded form
	shown   [][]truce.Text                  // by place: its name in every language
	byISO   map[string]int32                // country code -> place
	twin    map[truce.PlaceID]truce.PlaceID // first-level unit with a p-code -> the same unit of a coarser set of outlines
	digest  truce.Digest
	home    string
	maxSize int // bytes of the longest folded name
}

// entry is one name of a place, taken apart once.
type entry struct {
	place   int32
	name    int32
	core    uint32 // plain spelling: where it begins in spelt
	roman   uint32 // common spelling, to compare by
	end     uint32 // of both
	folded  uint32 // hash of the folded spelling
	generic uint32
	qual    uint16
	thing   bool
}

// New returns a gazetteer over places, boundaries and overrides (a form as
// written -> the place that it means, whatever the spelling rules say). Units
// of bounds are places too and need not be repeated. Where two places have the
// same id the later one wins.
func New(places []Place, bounds []Boundary, overrides map[string]Override) *Gazetteer {
	g := &Gazetteer{bounds: slices.Clone(bounds), byID: map[truce.PlaceID]int32{}, forced: map[string]Override{}, byISO: map[string]int32{}, pool: &sync.Pool{New: func() any { return new(search) }}}
	for _, p := range places {
		g.add(p)
	}
	slices.SortStableFunc(g.bounds, func(a, b Boundary) int {
		return cmp.Or(cmp.Compare(depth(b.Class), depth(a.Class)), cmp.Compare(coded(b.Place), coded(a.Place)), cmp.Compare(a.ID, b.ID))
	})
	for _, b := range g.bounds {
		g.add(b.Place)
	}
	for i, p := range g.places {
		if p.Class == Country {
			if _, has := g.byISO[p.Country]; !has {
				g.byISO[p.Country] = int32(i)
			}
		}
	}
	g.force(overrides)
	g.lay()
	g.pair()
	g.index()
	g.locateAll()
	g.weighAll()
	g.shown = make([][]truce.Text, len(g.places))
	for i, p := range g.places {
		g.shown[i] = slices.Clip(shown(p))
	}
	g.home = g.mostVillages()
	g.digest = g.sum()
	return g
}

// Home is the country whose villages are held: more than half of all places
// under 1,000 people, and at least 20. It is empty where no country's are.
func (g *Gazetteer) Home() string { return g.home }

func (g *Gazetteer) mostVillages() string {
	const least, under = 20, 1000
	counts, all := map[string]int{}, 0
	for _, p := range g.places {
		if depth(p.Class) == 0 && p.Population < under {
			counts[p.Country]++
			all++
		}
	}
	for country, n := range counts {
		if n >= least && 2*n > all {
			return country // there is but one
		}
	}
	return ""
}

// Override is what a form means, whatever the rules say: codes parted by |, of
// which the first that is held counts.
type Override struct {
	Place truce.PlaceID
	Unit  truce.PlaceID // where a word for a unit stands beside the form: Homs, but Homs province; empty: the same
}

// force fixes forms to places. A form also becomes a name of its place, so that
// other spellings of it are found.
func (g *Gazetteer) force(overrides map[string]Override) {
	for _, form := range slices.Sorted(maps.Keys(overrides)) {
		o := Override{g.name(overrides[form].Place, form), g.name(overrides[form].Unit, form)}
		if o.Place != "" {
			g.forced[Fold(form)] = o
		}
	}
}

// name gives the first of some codes that is held a further name, and returns it.
func (g *Gazetteer) name(codes truce.PlaceID, form string) truce.PlaceID {
	for one := range strings.SplitSeq(string(codes), "|") {
		i, held := g.byID[truce.PlaceID(one)]
		if !held {
			continue
		}
		if !slices.ContainsFunc(g.places[i].Names, func(n Name) bool { return n.Text == form }) {
			g.places[i].Names = append(slices.Clip(g.places[i].Names), Name{"", form})
		}
		return truce.PlaceID(one)
	}
	return ""
}

func (g *Gazetteer) add(p Place) {
	if i, has := g.byID[p.ID]; has {
		p.Names = append(slices.Clone(p.Names), g.places[i].Names...)
		g.places[i] = p
		return
	}
	g.byID[p.ID] = int32(len(g.places))
	g.places = append(g.places, p)
}

// weighAll notes of every place what ranking asks for again and again.
func (g *Gazetteer) weighAll() {
	g.stature, g.radius, g.nations, g.numbers = make([]int32, len(g.places)), make([]int32, len(g.places)), make([]int32, len(g.names)), map[string]int32{}
	lands := make([]int32, len(g.places))
	for i := range g.places {
		p := &g.places[i]
		n, known := g.numbers[p.Country]
		if !known {
			n = int32(len(g.numbers))
			g.numbers[p.Country] = n
		}
		g.stature[i], g.radius[i], lands[i] = stature(p), classes[p.Class].radiusMetres, n
	}
	for i, e := range g.names {
		g.nations[i] = lands[e.place]
	}
}

// land is the number of a country, -1 of one that no place lies in.
func (g *Gazetteer) land(country string) int32 {
	if n, known := g.numbers[country]; known {
		return n
	}
	return -1
}

// stature is what a place's class and size speak for it, in points of rank.
func stature(p *Place) int32 {
	r := classes[p.Class].rank
	for n := p.Population; n >= 10; n /= 10 {
		r += 9
	}
	return r
}

// depth is how deep a unit lies in its country.
func depth(c Class) int {
	switch c {
	case Country:
		return 1
	case Adm1:
		return 2
	case Adm2:
		return 3
	case Adm3:
		return 4
	case Neighbourhood:
		return 5
	}
	return 0
}

// coded is 1 for a unit whose code is a p-code (SY02), 0 for one with a code
// of ISO 3166 (SY-HL): where both are held the p-codes answer.
func coded(p Place) int {
	id := string(p.ID)
	if d := depth(p.Class); d >= 2 && d <= 4 && len(id) > 2 && id[:2] == p.Country && '0' <= id[2] && id[2] <= '9' {
		return 1
	}
	return 0
}

// pair finds, for every first-level unit with a p-code, the unit of a coarser
// set that its middle lies in: what lies in the one lies in the other too.
func (g *Gazetteer) pair() {
	g.twin = map[truce.PlaceID]truce.PlaceID{}
	for _, u := range g.bounds {
		if u.Class != Adm1 || coded(u.Place) == 0 {
			continue
		}
		for i, o := range g.bounds {
			if o.Class == Adm1 && coded(o.Place) == 0 && g.boxes[i].holds(u.Point, 0) && o.holds(u.Point) {
				g.twin[u.ID] = o.ID
				break
			}
		}
	}
}

// index lays the three name keys out, sorted. Of a country that has units with
// p-codes no other first-level unit answers to a name.
func (g *Gazetteer) index() {
	g.heads, g.pairs, g.some, g.keys = make([]uint64, someBits/64), make([]uint64, someBits/64), make([]uint64, someBits/64), make([]uint64, someBits/64)
	pcodes := map[string]bool{}
	for _, p := range g.places {
		if p.Class == Adm1 && coded(p) == 1 {
			pcodes[p.Country] = true
		}
	}
	names := 0
	for i := range g.places {
		names += len(g.places[i].Names)
	}
	g.names = make([]entry, 0, names)
	x := indexing{folded: make([]uint64, 0, names), plain: make([]uint64, 0, names+names/8), bones: make([]uint64, 0, names), spelt: make([]byte, 0, 24*names)}
	for i := range g.places {
		if p := &g.places[i]; p.Class == Adm1 && pcodes[p.Country] && coded(*p) == 0 {
			continue
		}
		for j, n := range g.places[i].Names {
			x.add(g, int32(i), int32(j), n.Text)
		}
	}
	g.spelt = string(x.spelt)
	g.folded, g.plain, g.bones = indexOf(x.folded), indexOf(x.plain), indexOf(x.bones)
}

// indexing is what the keys are gathered in.
type indexing struct {
	a                    analysis
	folded, plain, bones []uint64
	spelt, key           []byte
}

// add takes one name apart.
func (x *indexing) add(g *Gazetteer, place, name int32, text string) {
	at := uint64(len(g.names))
	a := &x.a
	a.take(text)
	plain, cut := a.plain()
	e := entry{place: place, name: name, core: uint32(len(x.spelt)), folded: hash(a.folded), generic: a.generic, qual: uint16(a.qual), thing: a.thing}
	x.spelt = append(x.spelt, plain...)
	e.roman = uint32(len(x.spelt))
	x.spelt, x.key = a.spell(x.spelt, x.key[:0])
	e.end = uint32(len(x.spelt))
	g.names = append(g.names, e)
	g.maxSize = max(g.maxSize, len(a.folded))
	head, rest, _ := strings.Cut(a.folded, " ")
	put(g.heads, hash(head))
	if second, _, more := strings.Cut(rest, " "); more {
		put(g.pairs, hash(a.folded[:len(head)+1+len(second)]))
	}
	put(g.keys, e.folded)
	x.folded = append(x.folded, uint64(e.folded)<<32|at)
	keys := [2]uint32{hash(plain), hash(cut)}
	for n, k := range keys {
		if n == 0 || cut != "" {
			put(g.keys, k)
			x.plain = append(x.plain, uint64(k)<<32|at)
		}
	}
	bones := hash(x.key)
	x.bones = append(x.bones, uint64(bones)<<32|at)
	put(g.some, bones)
}

// index finds the names stored under a key.
type index struct {
	pairs  []uint64 // key<<32 | index into names, sorted
	starts []uint32 // by the key's upper half: where its pairs begin; one more at the end
}

// indexOf sorts pairs by their key and name: into runs by the key's upper half
// first, which leaves little to sort in any of them.
func indexOf(pairs []uint64) index {
	x := index{pairs: make([]uint64, len(pairs)), starts: make([]uint32, 1<<16+1)}
	for _, p := range pairs {
		x.starts[p>>48+1]++
	}
	for k := range 1 << 16 {
		x.starts[k+1] += x.starts[k]
	}
	next := slices.Clone(x.starts)
	for _, p := range pairs {
		x.pairs[next[p>>48]] = p
		next[p>>48]++
	}
	for k := range 1 << 16 {
		if run := x.pairs[x.starts[k]:x.starts[k+1]]; len(run) > 1 {
			slices.Sort(run)
		}
	}
	return x
}

// under returns the pairs of a key.
func (x *index) under(key uint32) []uint64 {
	run := x.pairs[x.starts[key>>16]:x.starts[key>>16+1]]
	for len(run) > 0 && uint32(run[0]>>32) < key {
		run = run[1:]
	}
	n := 0
	for n < len(run) && uint32(run[n]>>32) == key {
		n++
	}
	return run[:n]
}

// someBits is the size of a filter: most keys that no name has are passed over
// without a search.
const someBits = 1 << 20

func put(filter []uint64, key uint32) {
	k := key % someBits
	filter[k/64] |= 1 << (k % 64)
}

// held reports whether a name may have this key.
func held(filter []uint64, key uint32) bool {
	k := key % someBits
	return filter[k/64]&(1<<(k%64)) != 0
}

// Place returns a place by id.
func (g *Gazetteer) Place(id truce.PlaceID) (Place, bool) {
	i, ok := g.byID[id]
	if !ok {
		return Place{}, false
	}
	return g.places[i], true
}

// Len returns how many places and how many names the gazetteer holds.
func (g *Gazetteer) Len() (places, names int) { return len(g.places), len(g.names) }

// Digest names the gazetteer's whole content: equal digests give equal answers.
func (g *Gazetteer) Digest() truce.Digest { return g.digest }

func (g *Gazetteer) sum() truce.Digest {
	b := make([]byte, 0, 64*len(g.names)+16*len(g.places))
	ids := make([]int32, len(g.places))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(g.places[a].ID, g.places[b].ID) })
	for _, i := range ids {
		b = appendPlace(b, &g.places[i])
	}
	for _, u := range g.bounds {
		b = append(b, u.ID...)
		for _, p := range u.Rings {
			b = strconv.AppendInt(strconv.AppendInt(b, int64(p.Lon), 10), int64(p.Lat), 10)
		}
		for _, s := range u.Starts {
			b = strconv.AppendInt(b, int64(s), 10)
		}
		b = append(b, '\n')
	}
	forms := make([]string, 0, len(g.forced))
	for f := range g.forced {
		forms = append(forms, f)
	}
	slices.Sort(forms)
	for _, f := range forms {
		b = append(b, f+"\t"+string(g.forced[f].Place)+"\t"+string(g.forced[f].Unit)+"\n"...)
	}
	return truce.DigestOf(b)
}
