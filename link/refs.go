package link

import (
	"strings"

	"github.com/marchday/marchday/truce"
)

// refs keeps the names of claims: 7 bytes a claim, and 32 for each statement.
type refs struct {
	statements slab[truce.Digest]
	begins     ranks // claims that are the first of their statement, or of it again
	offsets    slab[uint32]
	kinds      slab[kind]
	families   dict
	names      slab[string]
	buckets    []int32 // open addressing over claim numbers
	prints     []uint8 // of each bucket a byte of its name's hash, 0 where it is empty
}

// kind is what a claim is beside its place in the statement: the number of its
// family, in two bytes, and how many of it stood there before.
type kind [3]uint8

func kindOf(family uint32, n uint8) kind { return kind{uint8(family), uint8(family >> 8), n} }

func (k kind) family() uint32 { return uint32(k[0]) | uint32(k[1])<<8 }

func newRefs() refs {
	t := refs{families: newDict()}
	t.names.add("")
	return t
}

func refHash(r *truce.ClaimRef, family uint32) uint64 {
	var h uint64
	for i := range 8 {
		h = h<<8 | uint64(r.Statement[i])
	}
	return mix(h ^ mix(uint64(r.At)<<24^uint64(family)<<8^uint64(r.N)))
}

// reserve prepares for n claims in all.
func (t *refs) reserve(n int32) {
	t.statements.reserve(n)
	t.begins.blocks.reserve(n>>6 + 1)
	t.offsets.reserve(n)
	t.kinds.reserve(n)
	t.names.reserve(min(t.names.n+n, maxFamilies))
}

// full returns the name of claim id.
func (t *refs) full(id int32) truce.ClaimRef {
	k := *t.kinds.at(id)
	return truce.ClaimRef{Statement: *t.statement(id), At: *t.offsets.at(id), Family: *t.names.at(int32(k.family())), N: k[2]}
}

func (t *refs) statement(id int32) *truce.Digest { return t.statements.at(t.begins.of(id) - 1) }

const maxFamilies = 65_000

// add names claim id, the newest.
func (t *refs) add(name truce.ClaimRef, id int32) {
	f := t.families.id(name.Family, t.names.n < maxFamilies)
	if f == unknown {
		f = 0
	} else if int32(f) == t.names.n {
		t.names.add(strings.Clone(name.Family))
	}
	s := t.statements.n - 1
	first := s < 0 || *t.statements.at(s) != name.Statement
	if first {
		t.statements.add(name.Statement)
	}
	t.begins.add(first)
	t.offsets.add(name.At)
	t.kinds.add(kindOf(f, name.N))
	if (int(id)+1)*8 >= len(t.buckets)*5 { // fuller, an unknown name would be looked for too long
		t.widen(id)
	}
	t.put(id, refHash(&name, f))
}

func (t *refs) put(id int32, h uint64) {
	mask := uint64(len(t.buckets) - 1)
	i := h & mask
	for t.prints[i] != 0 {
		i = (i + 1) & mask
	}
	t.buckets[i], t.prints[i] = id, printOf(h)
}

// printOf returns a byte of a hash that its bucket does not follow from, never 0.
func printOf(h uint64) uint8 { return uint8(h>>56) | 1 }

func (t *refs) widen(n int32) {
	size := max(64, 2*len(t.buckets))
	t.buckets, t.prints = make([]int32, size), make([]uint8, size)
	for id := range n {
		name := t.full(id)
		t.put(id, refHash(&name, t.kinds.at(id).family()))
	}
}

// get returns the number of a claim by its name.
func (t *refs) get(name truce.ClaimRef) (int32, bool) {
	f := t.families.id(name.Family, false)
	if f == unknown || len(t.buckets) == 0 {
		return none, false
	}
	mask, h := uint64(len(t.buckets)-1), refHash(&name, f)
	for i, want := h&mask, printOf(h); t.prints[i] != 0; i = (i + 1) & mask {
		if t.prints[i] != want {
			continue
		}
		id := t.buckets[i]
		if *t.offsets.at(id) == name.At && *t.kinds.at(id) == kindOf(f, name.N) && *t.statement(id) == name.Statement {
			return id, true
		}
	}
	return none, false
}
