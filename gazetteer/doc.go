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
	"strings"

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
	names   []entry  // every name of every place
	folded  []uint64 // hash<<32 | index into names, sorted
	plain   []uint64
	bones   []uint64
	some    []uint64                        // filter of the skeletons' keys
	heads   []uint64                        // filter of the first words of folded names
	in      [][]truce.PlaceID               // by place: what it lies within, innermost first
	forced  map[string]truce.PlaceID        // overrides: folded form -> place
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
	core    string // plain spelling
	roman   string // common spelling, to compare by
	folded  uint32 // hash of the folded spelling
	generic uint32
	qual    uint16
	thing   bool
}

// New returns a gazetteer over places, boundaries and overrides (a form as
// written -> the place that it means, whatever the spelling rules say). Units
// of bounds are places too and need not be repeated. Where two places have the
// same id the later one wins.
func New(places []Place, bounds []Boundary, overrides map[string]truce.PlaceID) *Gazetteer {
	g := &Gazetteer{bounds: slices.Clone(bounds), byID: map[truce.PlaceID]int32{}, forced: map[string]truce.PlaceID{}, byISO: map[string]int32{}}
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
	g.in = make([][]truce.PlaceID, len(g.places))
	for i := range g.places {
		g.in[i] = g.locate(int32(i))
	}
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

// force fixes forms to places: to the first code of a list that is held. A form
// also becomes a name of its place, so that other spellings of it are found.
func (g *Gazetteer) force(overrides map[string]truce.PlaceID) {
	for _, form := range slices.Sorted(maps.Keys(overrides)) {
		for one := range strings.SplitSeq(string(overrides[form]), "|") {
			i, held := g.byID[truce.PlaceID(one)]
			if !held {
				continue
			}
			g.forced[Fold(form)] = truce.PlaceID(one)
			if !slices.ContainsFunc(g.places[i].Names, func(n Name) bool { return n.Text == form }) {
				g.places[i].Names = append(slices.Clip(g.places[i].Names), Name{"", form})
			}
			break
		}
	}
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
	g.heads = make([]uint64, someBits/64)
	pcodes := map[string]bool{}
	for _, p := range g.places {
		if p.Class == Adm1 && coded(p) == 1 {
			pcodes[p.Country] = true
		}
	}
	for i := range g.places {
		if p := &g.places[i]; p.Class == Adm1 && pcodes[p.Country] && coded(*p) == 0 {
			continue
		}
		for j, n := range g.places[i].Names {
			at := uint64(len(g.names))
			a := analyse(n.Text)
			plains := a.plains()
			g.names = append(g.names, entry{int32(i), int32(j), plains[0], a.roman(), hash(a.folded), a.generic, uint16(a.qual), a.thing})
			g.maxSize = max(g.maxSize, len(a.folded))
			head, _, _ := strings.Cut(a.folded, " ")
			k := hash(head) % someBits
			g.heads[k/64] |= 1 << (k % 64)
			g.folded = append(g.folded, uint64(hash(a.folded))<<32|at)
			for _, k := range plains {
				g.plain = append(g.plain, uint64(hash(k))<<32|at)
			}
			g.bones = append(g.bones, uint64(hash(a.bones()))<<32|at)
		}
	}
	slices.Sort(g.folded)
	slices.Sort(g.plain)
	slices.Sort(g.bones)
	g.some = make([]uint64, someBits/64)
	for _, b := range g.bones {
		k := uint32(b>>32) % someBits
		g.some[k/64] |= 1 << (k % 64)
	}
}

// someBits is the size of a filter: most keys that no name has are passed over
// without a search.
const someBits = 1 << 20

// held reports whether a name may have this skeleton's key.
func (g *Gazetteer) held(key uint32) bool {
	k := key % someBits
	return g.some[k/64]&(1<<(k%64)) != 0
}

// under calls yield with every name stored under key in index.
func under(index []uint64, key string, yield func(name uint32)) {
	below(index, hash(key), yield)
}

func below(index []uint64, key uint32, yield func(name uint32)) {
	h := uint64(key) << 32
	i, _ := slices.BinarySearch(index, h)
	for ; i < len(index) && index[i]>>32 == h>>32; i++ {
		yield(uint32(index[i]))
	}
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
	var b strings.Builder
	ids := make([]int32, len(g.places))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(g.places[a].ID, g.places[b].ID) })
	for _, i := range ids {
		writePlace(&b, g.places[i])
	}
	for _, u := range g.bounds {
		b.WriteString(string(u.ID))
		for _, p := range u.Rings {
			writeInt(&b, int64(p.Lon))
			writeInt(&b, int64(p.Lat))
		}
		for _, s := range u.Starts {
			writeInt(&b, int64(s))
		}
		b.WriteByte('\n')
	}
	forms := make([]string, 0, len(g.forced))
	for f := range g.forced {
		forms = append(forms, f)
	}
	slices.Sort(forms)
	for _, f := range forms {
		b.WriteString(f + "\t" + string(g.forced[f]) + "\n")
	}
	return truce.DigestOf([]byte(b.String()))
}
