package link

import (
	"sync"

	"github.com/marchday/marchday/truce"
)

// refs keeps the names of claims: 12 bytes a claim, and 32 for each statement.
type refs struct {
	statements slab[truce.Digest]
	families   dict
	names      []string
	of         slab[ref]
	buckets    []int32 // open addressing over claim numbers
	grow       *sync.RWMutex
	prints     []uint8 // of each bucket a byte of its name's hash, 0 where it is empty
}

// ref is a ClaimRef with its parts numbered.
type ref struct {
	statement int32
	at        uint32
	family    uint16
	n         uint8
}

func newRefs(grow *sync.RWMutex) refs {
	return refs{families: newDict(), names: []string{""}, grow: grow}
}

func refHash(r *truce.ClaimRef, family uint32) uint64 {
	var h uint64
	for i := range 8 {
		h = h<<8 | uint64(r.Statement[i])
	}
	return mix(h ^ mix(uint64(r.At)<<24^uint64(family)<<8^uint64(r.N)))
}

// full returns the name of claim id.
func (t *refs) full(id int32) truce.ClaimRef {
	r := t.of.at(id)
	return truce.ClaimRef{Statement: *t.statements.at(r.statement), At: r.at, Family: t.names[r.family], N: r.n}
}

const maxFamilies = 65_000

// add names claim id, the newest.
func (t *refs) add(name truce.ClaimRef, id int32) {
	f := t.families.id(name.Family, len(t.names) < maxFamilies)
	if f == unknown {
		f = 0
	} else if int(f) == len(t.names) {
		t.grow.Lock()
		t.names = append(t.names, name.Family)
		t.grow.Unlock()
	}
	s := t.statements.n - 1
	if s < 0 || *t.statements.at(s) != name.Statement {
		s = t.statements.add(name.Statement)
	}
	t.of.add(ref{s, name.At, uint16(f), name.N})
	if (int(id)+1)*8 >= len(t.buckets)*5 { // fuller, an unknown name would be looked for too long
		t.widen(id)
	}
	t.put(id, refHash(&name, uint32(uint16(f))))
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
		t.put(id, refHash(&name, uint32(t.of.at(id).family)))
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
		r := t.of.at(id)
		if r.at == name.At && r.n == name.N && uint32(r.family) == f && *t.statements.at(r.statement) == name.Statement {
			return id, true
		}
	}
	return none, false
}
