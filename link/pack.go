package link

import (
	"slices"
	"strings"
	"sync"

	"github.com/marchday/marchday/truce"
)

// packed is what every comparison reads first: a cache line. Numbers of places,
// words and sets are those of the dictionaries; 0 is not stated.
type packed struct {
	t0, t1       int32 // minutes since 1970, if dated
	lon, lat     int32 // 1e-7 degree, if pointed
	place, area  uint32
	by, against  uint32
	lineage      uint32    // number of the root's lineage; own|n where none is stated
	killed       [2]uint16 // low, high; low unstated, high open
	sign         uint64    // a bit for each concept: no bit in common, no concept in common
	sigma, flags uint16    // sigma: standard error of the point in 10 m
	came         uint16    // day since 1970 on which it came in, as far as that is known
	prior        int16     // against a claim of its window, at its placement
	act, weapon  uint8
	object, lang uint8
	day          uint8 // weekday in the low 3 bits, class of the hour above
	figure       uint8 // of the killed, one more than it, where it is exact and small; else 0 or notSmall
}

// rest is what is compared last, and the chains that a claim is found by.
type rest struct {
	concepts [8]uint16     // sorted, 0 at the end
	telling  [8]uint8      // what sharing each tells, at its placement, in units of 64 millibits
	rare     [nRare]int8   // what agreeing on its values tells more, likewise
	next     [nSlots]int32 // chains of the blocking index
	wounded  [2]uint16
	names    uint32
	sketch   int32 // of the report's text, none
}

// seat is where a claim stands: what placing others may change.
type seat struct {
	in     int32 // the incident, none where it stands aside
	member int32 // next claim of the incident
	sum    int32 // of its weights at its placement, or at its last move
	n      uint8 // claims compared at its placement
	state  State
	opener bool // has given an incident its name
}

// claim is a claim as the engine keeps it.
type claim struct {
	*packed
	*rest
	*seat
}

// at returns the claim of a number.
func (p *Partition) at(id int32) claim {
	return claim{p.claims.at(id), p.rests.at(id), p.seats.at(id)}
}

// The values whose rarity counts.
const (
	rPlace = iota
	rAct
	rWeapon
	rObject
	rBy
	rAgainst
	rKilled
	rWounded
	nRare
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
	lists [][]uint32
	grow  *sync.RWMutex
}

func newSets(grow *sync.RWMutex) sets { return sets{newDict(), [][]uint32{nil}, grow} }

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
		s.grow.Lock()
		s.lists = append(s.lists, slices.Clone(ids[:min(len(ids), maxSet)]))
		s.grow.Unlock()
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
	case int(n) < len(s.lists):
		return s.lists[n]
	}
	return nil
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
	grow                                          *sync.RWMutex // held while what comparing reads moves: see AddAll
}

func newWords() words {
	tree, grow := truce.NewTree(truce.Taxonomy()), &sync.RWMutex{}
	return words{grow: grow,
		places: newDict(), areas: newDict(), actors: newDict(), names: newDict(), lineages: newDict(), langs: newDict(),
		acts: nodes{dict: newDict(), tree: tree, grow: grow}, arms: nodes{dict: newDict(), tree: tree, grow: grow}, objects: nodes{dict: newDict(), tree: tree, grow: grow},
		bys: newSets(grow), sides: newSets(grow), victims: newSets(grow),
		spelled: map[string]uint32{}, named: map[string]uint32{}, alike: []uint32{0}, concepts: make([]uint32, 1<<16), lineageNames: []string{""},
	}
}

// nodes numbers the words of one of the taxonomy's trees, up to 250 of them,
// with the steps between each two.
type nodes struct {
	dict
	tree  truce.Tree
	names []string
	steps [][]int8 // of each pair, -1 where they share no ancestor
	grow  *sync.RWMutex
}

const maxNodes = 250

func (t *nodes) id(s string, add bool) uint8 {
	if s == "" {
		return 0
	}
	if _, ok := t.ids[s]; !ok && (!add || len(t.names) == maxNodes) {
		return maxNodes + 1
	}
	n := t.dict.id(s, true)
	if int(n) > len(t.names) {
		t.grow.Lock()
		defer t.grow.Unlock()
		row := make([]int8, len(t.names)+1)
		for i, old := range t.names {
			row[i] = int8(t.tree.Steps(old, s))
			t.steps[i] = append(t.steps[i], row[i])
		}
		t.names, t.steps = append(t.names, s), append(t.steps, row)
	}
	return uint8(n)
}

// apart returns the steps up to the lowest common ancestor of two numbers, the
// larger of the two; -1 where they have none.
func (t *nodes) apart(a, b uint8) int8 {
	if a == b {
		return 0
	}
	if int(a) > len(t.names) || int(b) > len(t.names) {
		return -1
	}
	return t.steps[a-1][b-1]
}

// compatible reports whether one number is an ancestor of the other.
func (t *nodes) compatible(a, b uint8) bool {
	if int(a) > len(t.names) || int(b) > len(t.names) {
		return false
	}
	x, y := t.names[a-1], t.names[b-1]
	return t.tree.Is(x, y) || t.tree.Is(y, x)
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

// pack writes an item as numbers. With add, new words get numbers.
func (w *words) pack(it *Item, add bool, c claim) {
	*c.seat = seat{in: none, member: none}
	*c.rest = rest{sketch: none, next: [nSlots]int32{none, none, none, none, none}, wounded: packRange(it.Wounded)}
	*c.packed = packed{
		place: w.place(it, add), area: w.areas.id(string(it.Area), add),
		act: w.acts.id(it.Act, add), weapon: w.arms.id(it.Weapon, add), object: w.objects.id(it.Object, add),
		lineage: w.lineages.id(it.Lineage, add), lang: uint8(min(w.langs.id(it.Lang, add), 255)),
		by: w.actorSet(&w.bys, it.By, add), against: w.actorSet(&w.sides, it.Against, add),
		killed: packRange(it.Killed),
		day:    uint8(it.Weekday&7) | it.Hour<<3,
	}
	c.figure = figureOf(c.killed)
	if it.From != 0 {
		from, to := clampMinutes(it.From), clampMinutes(it.To)
		c.t0, c.t1 = from, max(from, to)
		c.flags |= isDated
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
	c.names = w.nameSet(it.Victims, add)
	w.packConcepts(c, it.Concepts, add)
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
	var hashes [maxConcepts]uint16
	var kept [8]uint16
	var counts [8]uint32
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
	c.concepts = kept
	for i, h := range kept[:n] {
		c.telling[i] = w.tell(h)
		c.sign |= 1 << (h >> 10)
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
func conceptHash(s string) uint16 { return uint16(hash64(s)>>48) | 1 }
