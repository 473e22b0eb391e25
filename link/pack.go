package link

import (
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

// spot is what a search reads of every claim that it meets. Numbers of places,
// words and sets are those of the dictionaries; 0 is not stated.
type spot struct {
	minute int32 // since 1970, of an instant; else notInstant
	place  uint32
	sign   uint32 // a bit for each concept: no bit in common, no concept in common
	act    uint8
	figure uint8 // of the killed, one more than it, where it is exact and small; else 0 or notSmall
	kin    uint8 // a byte of the lineage: another byte, another lineage
	lang   uint8
}

const notInstant = -1 << 31

// packed is what is compared next.
type packed struct {
	lon, lat int32 // 1e-7 degree, if pointed
	area, by uint32
	lineage  uint32 // number of the root's lineage; own|n where none is stated
	sigma    uint16 // standard error of the point in 10 m
	came     uint16 // day since 1970 on which it came in, as far as that is known
	prior    int16  // against a claim of its window, at its placement
	flags    uint8
	day      uint8           // weekday in the low 3 bits, class of the hour above
	words    [fewWords]word  // the first of its concepts
	tell     [fewWords]uint8 // what sharing each tells, at its placement, in units of 64 millibits
	rare     [rMore]int8     // what agreeing on its values tells more, likewise
}

// more is what fewer claims state.
type more struct {
	t0, t1          int32 // minutes since 1970, if dated and no instant
	against, names  uint32
	sketch          int32     // of the report's text, none
	killed, wounded [2]uint16 // low, high; low unstated, high open
	words           [maxWord - fewWords]word
	tell            [maxWord - fewWords]uint8
	rare            [nRare - rMore]int8
	weapon, object  uint8
}

// word is the hash of a concept, 0 for none.
type word uint16

const (
	maxWord  = 8
	fewWords = 4
)

// noMore is the rest of a claim that states none of it. Nobody writes it.
var noMore = more{sketch: none, killed: packRange(Range{}), wounded: packRange(Range{})}

// seat is where a claim stands: what placing others may change.
type seat struct {
	in  int32 // the incident, none where it stands aside
	fit fit
}

// fit is how a claim came to stand: the sum of its weights at its placement, or
// at its last move, the claims compared, its state, and whether it has given an
// incident its name.
type fit int32

func (f fit) sum() int32   { return int32(f >> 8) }
func (f fit) n() int32     { return int32(f >> 4 & 15) }
func (f fit) state() State { return State(f >> 1 & 7) }
func (f fit) opener() bool { return f&isOpener != 0 }

const isOpener fit = 1

// with returns f of another sum, number and state: a sum over eight claims
// is below 2^22.
func (f fit) with(sum, n int32, s State) fit { return fit(sum)<<8 | fit(n)<<4 | fit(s)<<1 | f&isOpener }

// claim is a claim as the engine keeps it.
type claim struct {
	*spot
	*packed
	*more
}

// at returns the claim of a number.
func (p *Partition) at(id int32) claim {
	c := claim{p.spots.at(id), p.claims.at(id), &noMore}
	if c.flags&hasMore != 0 {
		c.more = p.mores.at(p.stating.of(id) - 1)
	}
	return c
}

// from and to return the ends of a claim's interval in minutes since 1970, if it
// is dated.
func (c claim) from() int32 {
	if c.minute != notInstant {
		return c.minute
	}
	return c.t0
}

func (c claim) to() int32 {
	if c.minute != notInstant {
		return c.minute
	}
	return c.t1
}

// dead returns the killed as low and high.
func (c claim) dead() [2]uint16 {
	switch {
	case c.figure == notSmall:
		return c.killed
	case c.figure == 0:
		return noMore.killed
	}
	return [2]uint16{uint16(c.figure - 1), uint16(c.figure - 1)}
}

// concepts returns a claim's words, sorted, 0 at the end.
func (c claim) concepts() (all [maxWord]word) {
	copy(all[:], c.packed.words[:])
	copy(all[fewWords:], c.more.words[:])
	return all
}

// telling returns what sharing each of a claim's words tells, in units.
func (c claim) telling() (all [maxWord]uint8) {
	copy(all[:], c.packed.tell[:])
	copy(all[fewWords:], c.more.tell[:])
	return all
}

// says reports whether a word is among a claim's.
func (c claim) says(h word) bool {
	return c.sign&h.bit() != 0 && (among(h, &c.packed.words) || among(h, &c.more.words))
}

// among reports whether a word is one of four, without a branch for each.
func among(h word, of *[fewWords]word) bool {
	const ones, tops = 0x0001_0001_0001_0001, 0x8000_8000_8000_8000
	w := uint64(of[0]) | uint64(of[1])<<16 | uint64(of[2])<<32 | uint64(of[3])<<48
	w ^= uint64(h) * ones
	return (w-ones)&^w&tops != 0
}

// rarity returns what agreeing on one of the claim's values tells more, in
// millibits.
func (c claim) rarity(f int) int32 {
	if f < rMore {
		return int32(c.packed.rare[f]) * unitBits
	}
	return int32(c.more.rare[f-rMore]) * unitBits
}

// The values whose rarity counts.
const (
	rPlace = iota
	rAct
	rBy
	rKilled
	rMore    // from here on of those that fewer claims state
	rWeapon  = rMore
	rObject  = rMore + 1
	rAgainst = rMore + 2
	rWounded = rMore + 3
	nRare    = rMore + 4
)

const unitBits = 64 // millibits in a unit of telling and rare

// The flags of a packed claim.
const (
	isDated   = 1 << iota
	isPointed // has a point
	isSupport // opens nothing
	isDenial  // speaks against
	isFiring  // about where fire came from
	isImpact  // about where it fell
	isGone    // removed; kept for the name of its incident
	hasMore   // states some of what fewer claims state
)

const (
	unstated = 65534
	openEnd  = 65535
	own      = 1 << 31 // lineage of a claim that states none
	none     = -1
)

// freq is how often the values of a field are stated: enough to weigh a rare one.
type freq struct {
	square uint64      // sum of the squares of the counts
	total  uint64      // sum of the counts
	counts [2][]uint32 // claims that state a number; of sets of one apart
}

// count returns the count of a number, nil where no claim can have stated it.
func (f *freq) count(n uint32) *uint32 {
	c := &f.counts[n>>30&1] // the bit single
	if n == 0 || n == unknown || int(n&^single) >= len(*c) {
		return nil
	}
	return &(*c)[n&^single]
}

// admit makes room for a number that a claim states.
func (f *freq) admit(n uint32) {
	c := &f.counts[n>>30&1]
	for n != unknown && int(n&^single) >= len(*c) {
		*c = append(*c, 0)
	}
}

// note counts one more claim, or one less, that states a number.
func (f *freq) note(number uint32, by int32) {
	c := f.count(number)
	if c == nil {
		return
	}
	n := uint64(*c)
	if by > 0 {
		*c++
		f.square += 2*n + 1
		f.total++
	} else if n > 0 {
		*c--
		f.square -= 2*n - 1
		f.total--
	}
}

// rarity returns the weight, in units, of agreeing on a number: log2 of the
// chance that two values agree over the share of this one.
func (f *freq) rarity(number uint32) int8 {
	if f.square == 0 {
		return 0
	}
	c := f.count(number)
	if c == nil {
		return 0
	}
	w := log2Milli(f.square) - log2Milli(f.total*uint64(max(*c, 1)))
	return int8(min(max(floorDiv(w, unitBits), -maxRarity), maxRarity))
}

const (
	maxRarity = 125  // units: 8 bits
	maxFigure = 1000 // a higher figure is as rare as one that was never stated
)

// dict numbers strings from 1 in the order in which they were first seen.
type dict struct{ ids map[string]uint32 }

func newDict() dict { return dict{ids: map[string]uint32{}} }

// id returns the number of s, 0 for "". Where it is new it gets one if add,
// else a number that none has.
func (d *dict) id(s string, add bool) uint32 {
	if s == "" {
		return 0
	}
	n, ok := d.ids[s]
	if !ok {
		if !add {
			return unknown
		}
		n = uint32(len(d.ids) + 1)
		d.ids[strings.Clone(s)] = n
	}
	return n
}

// sets numbers sorted lists of numbers, so that equal sets have equal numbers. A
// set of one is its member's number with the bit single.
type sets struct {
	dict
	lists slab[[]uint32] // of set n its members, at n-1
}

func newSets() sets { return sets{dict: newDict()} }

const (
	maxSet  = 16
	single  = 1 << 30
	unknown = own - 1 // the number of a word or set that no claim has
)

// id returns the number of the set of ids, which it sorts and cuts at 16.
func (s *sets) id(ids []uint32, add bool) uint32 {
	switch len(ids) {
	case 0:
		return 0
	case 1:
		if ids[0] == unknown {
			return unknown
		}
		return ids[0] | single
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 1 {
		return s.id(ids, add)
	}
	var key [4 * maxSet]byte
	b := key[:0]
	for _, n := range ids[:min(len(ids), maxSet)] {
		b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	n, ok := s.ids[string(b)]
	if !ok {
		if !add {
			return unknown
		}
		n = s.dict.id(string(b), true)
		s.lists.add(slices.Clone(ids[:min(len(ids), maxSet)]))
	}
	return n
}

// list returns the members of a set; buf is where that of a set of one goes.
func (s *sets) list(n uint32, buf *[1]uint32) []uint32 {
	switch {
	case n == unknown:
		return nil
	case n&single != 0:
		buf[0] = n &^ single
		return buf[:]
	case n == 0:
		return nil
	}
	return *s.lists.at(int32(n) - 1)
}

// shared returns how many members two sorted lists have in common.
func shared(x, y []uint32) int {
	n := 0
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			x = x[1:]
		case x[0] > y[0]:
			y = y[1:]
		default:
			x, y, n = x[1:], y[1:], n+1
		}
	}
	return n
}

// words is every dictionary of a partition.
type words struct {
	places, areas, actors, names, lineages, langs dict
	acts, arms, objects                           nodes
	bys, sides, victims                           sets
	spelled                                       map[string]uint32 // a name less a letter -> place
	named                                         map[string]uint32 // a name as spelled -> place
	alike                                         []uint32          // place -> the first place spelled like it
	heard                                         uint64            // claims that have concepts
	concepts                                      []uint32          // claims that have each of the 65536 hashes
	lineageNames                                  []string
}

func newWords() words {
	tree := truce.NewTree(truce.Taxonomy())
	return words{
		places: newDict(), areas: newDict(), actors: newDict(), names: newDict(), lineages: newDict(), langs: newDict(),
		acts: newNodes(tree), arms: newNodes(tree), objects: newNodes(tree), bys: newSets(), sides: newSets(), victims: newSets(),
		spelled: map[string]uint32{}, named: map[string]uint32{}, alike: []uint32{0}, concepts: make([]uint32, 1<<16), lineageNames: []string{""},
	}
}

// nodes numbers the words of one of the taxonomy's trees, up to 250 of them,
// with how akin each two are. What is known of two that were numbered never
// changes nor moves.
type nodes struct {
	dict
	tree  truce.Tree
	names []string
	akin  *[maxNodes + 2][maxNodes + 2]kinship
}

// kinship is what two words of a tree are to each other: in its low bits the steps
// up to their lowest common ancestor, the larger of the two, as a level of the
// comparison of acts.
type kinship uint8

const (
	otherNode  kinship = 3  // three steps and more, or no common ancestor
	isAncestor kinship = 16 // one is an ancestor of the other
)

func (k kinship) level() uint8 { return uint8(k & 15) }

const maxNodes = 250

func newNodes(tree truce.Tree) nodes {
	t := nodes{dict: newDict(), tree: tree, akin: new([maxNodes + 2][maxNodes + 2]kinship)}
	for i := range t.akin {
		t.akin[i][maxNodes+1], t.akin[maxNodes+1][i] = otherNode, otherNode
		t.akin[i][0], t.akin[0][i] = missing, missing
	}
	t.akin[maxNodes+1][maxNodes+1] = 0
	return t
}

func (t *nodes) id(s string, add bool) uint8 {
	if s == "" {
		return 0
	}
	if n, ok := t.ids[s]; ok {
		return uint8(n)
	}
	if !add || len(t.names) == maxNodes {
		return maxNodes + 1
	}
	n := t.dict.id(s, true)
	t.names = append(t.names, s)
	for i, old := range t.names {
		k := otherNode
		if d := t.tree.Steps(old, s); d >= 0 && d < int(otherNode) {
			k = kinship(d)
		}
		if t.tree.Is(old, s) || t.tree.Is(s, old) {
			k |= isAncestor
		}
		t.akin[n][i+1], t.akin[i+1][n] = k, k
	}
	t.akin[n][n] = 0
	return uint8(n)
}

// place returns the number of a place by its id or, where none is stated, by
// its folded name. A name that differs from an older one by a lost letter has
// that one's number.
func (w *words) place(it *Item, add bool) uint32 {
	if it.Place != "" {
		n := w.places.id(string(it.Place), add)
		if add && int(n) == len(w.alike) {
			w.alike = append(w.alike, n)
		}
		return w.likeness(n)
	}
	if it.Name == "" {
		return 0
	}
	if n, ok := w.named[it.Name]; ok {
		return n
	}
	n := w.placeNamed(it.Name, add)
	if add && n != 0 && len(w.named) < maxNamed {
		w.named[strings.Clone(it.Name)] = n
	}
	return n
}

const maxNamed = 1 << 16 // spellings that are not folded again

func (w *words) placeNamed(spelling string, add bool) uint32 {
	name := Fold(spelling)
	if name == "" {
		return 0
	}
	n := w.places.id("~"+name, add)
	if int(n) < len(w.alike) {
		return w.alike[n]
	}
	like, cuts := w.spelling(name)
	if !add {
		if like == 0 {
			return n
		}
		return like
	}
	if like == 0 {
		like = n
	}
	w.alike = append(w.alike, like)
	for _, c := range cuts {
		if _, ok := w.spelled[c]; !ok {
			w.spelled[c] = like
		}
	}
	return like
}

const (
	minSpelled = 6
	maxSpelled = 48
)

// spelling returns the first place whose name is a letter longer or shorter
// than name, 0 if there is none, and the spellings under which name is found.
func (w *words) spelling(name string) (like uint32, cuts []string) {
	if len(name) < minSpelled || len(name) > maxSpelled {
		return 0, nil
	}
	cuts = []string{"=" + name}
	for i := range name {
		j := i + 1
		for j < len(name) && name[j]&0xC0 == 0x80 {
			j++
		}
		cut := name[:i] + name[j:]
		cuts = append(cuts, cut)
		if n, ok := w.spelled["="+cut]; ok && like == 0 {
			like = n
		}
	}
	if n, ok := w.spelled[name]; ok && like == 0 {
		like = n
	}
	return like, cuts
}

func (w *words) likeness(n uint32) uint32 {
	if int(n) < len(w.alike) {
		return w.alike[n]
	}
	return n
}

// pack writes an item as numbers into c. With add, new words get numbers.
func (w *words) pack(it *Item, add bool, c claim) {
	*c.more = more{
		sketch: none, killed: packRange(it.Killed), wounded: packRange(it.Wounded),
		against: w.actorSet(&w.sides, it.Against, add), names: w.nameSet(it.Victims, add),
		weapon: w.arms.id(it.Weapon, add), object: w.objects.id(it.Object, add),
	}
	*c.spot = spot{
		minute: notInstant, place: w.place(it, add), act: w.acts.id(it.Act, add), figure: figureOf(c.killed),
		lang: uint8(min(w.langs.id(it.Lang, add), 255)),
	}
	*c.packed = packed{
		area: w.areas.id(string(it.Area), add), lineage: w.lineages.id(it.Lineage, add),
		by: w.actorSet(&w.bys, it.By, add), day: uint8(it.Weekday&7) | it.Hour<<3,
	}
	c.kin = uint8(c.lineage)
	if it.From != 0 {
		c.flags |= isDated
		c.t0 = clampMinutes(it.From)
		if c.t1 = max(c.t0, clampMinutes(it.To)); c.t0 == c.t1 {
			c.minute, c.t0, c.t1 = c.t0, 0, 0
		}
	}
	if it.Point != (truce.Point{}) && it.Point.Valid() {
		c.lon, c.lat = it.Point.Lon, it.Point.Lat
		c.sigma = uint16(min(max(it.RadiusMetres, 0)/20, 65535))
		c.flags |= isPointed
	}
	if it.Mode == Supports {
		c.flags |= isSupport
	}
	if it.Denies {
		c.flags |= isDenial
	}
	switch it.Side {
	case truce.Firing:
		c.flags |= isFiring
	case truce.Impact:
		c.flags |= isImpact
	}
	if add && int(c.lineage) == len(w.lineageNames) {
		w.lineageNames = append(w.lineageNames, it.Lineage)
	}
	w.packConcepts(c, it.Concepts, add)
	if c.figure != notSmall {
		c.killed = noMore.killed
	}
	if *c.more != noMore || it.Text != "" {
		c.flags |= hasMore
	}
}

// clampMinutes returns an instant in minutes, within what an int32 holds with
// room to subtract.
func clampMinutes(i truce.Instant) int32 {
	const far = 1 << 29
	return int32(min(max(int64(i)/60, -far), far))
}

func packRange(r Range) [2]uint16 {
	if !r.Stated {
		return [2]uint16{unstated, unstated}
	}
	low := uint16(min(max(r.Low, 0), unstated-1))
	if r.High < r.Low {
		return [2]uint16{low, openEnd}
	}
	return [2]uint16{low, uint16(min(r.High, unstated-1))}
}

const notSmall = 64 // the figure of a range that is stated and is not one number below 63

// figureOf returns the number by which most tolls are compared.
func figureOf(r [2]uint16) uint8 {
	switch {
	case r[0] == unstated:
		return 0
	case r[0] == r[1] && r[0] < notSmall-1:
		return uint8(r[0]) + 1
	}
	return notSmall
}

func (w *words) actorSet(s *sets, ids []truce.ActorID, add bool) uint32 {
	if len(ids) == 0 {
		return 0
	}
	var buf [maxSet]uint32
	list := buf[:0]
	for _, a := range ids[:min(len(ids), maxSet)] {
		if n := w.actors.id(string(a), add); n != 0 {
			list = append(list, n)
		}
	}
	return s.id(list, add)
}

func (w *words) nameSet(names []string, add bool) uint32 {
	if len(names) == 0 {
		return 0
	}
	var buf [maxSet]uint32
	list := buf[:0]
	for _, a := range names[:min(len(names), maxSet)] {
		if n := w.names.id(Fold(a), add); n != 0 {
			list = append(list, n)
		}
	}
	return w.victims.id(list, add)
}

// packConcepts keeps the eight concepts that fewest claims have so far, sorted
// by hash, with what sharing each tells, and counts them all. Of a long list the
// first 64 are looked at.
func (w *words) packConcepts(c claim, list []string, add bool) {
	if len(list) == 0 {
		return
	}
	list = list[:min(len(list), maxConcepts)]
	var hashes [maxConcepts]word
	var kept [maxWord]word
	var counts [maxWord]uint32
	n := 0
	for k, s := range list {
		h := conceptHash(s)
		hashes[k] = h
		if slices.Contains(kept[:n], h) {
			continue
		}
		seen := w.concepts[h]
		i := n
		for i > 0 && (counts[i-1] > seen || counts[i-1] == seen && kept[i-1] > h) {
			i--
		}
		if i == len(kept) {
			continue
		}
		n = min(n+1, len(kept))
		copy(kept[i+1:n], kept[i:n-1])
		copy(counts[i+1:n], counts[i:n-1])
		kept[i], counts[i] = h, seen
	}
	slices.Sort(kept[:n])
	copy(c.packed.words[:], kept[:])
	copy(c.more.words[:], kept[fewWords:])
	for i, h := range kept[:n] {
		if i < fewWords {
			c.packed.tell[i] = w.tell(h)
		} else {
			c.more.tell[i-fewWords] = w.tell(h)
		}
		c.sign |= h.bit()
	}
	if add {
		w.heard++
		for _, h := range hashes[:len(list)] {
			w.concepts[h]++
		}
	}
}

const maxConcepts = 64

// conceptHash returns the number of a word, never 0.
func conceptHash(s string) word { return word(hash64(s)>>48) | 1 }

// bit returns the bit of a word in a claim's sign.
func (h word) bit() uint32 { return 1 << (h >> 11) }
