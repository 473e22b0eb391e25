package link

import (
	"math/bits"
	"sync/atomic"
)

// log2Milli returns 1000*log2(x), rounded; x >= 1. Integers only, so every
// machine agrees; worst error 0.00052 bit.
func log2Milli(x uint64) int32 {
	n := bits.Len64(x) - 1
	m := x << (63 - n) << 1 // the fraction of the mantissa
	i, rest := m>>54, int64(m>>34&(1<<20-1))
	f := int64(logs[i])
	f += (int64(logs[i+1]) - f) * rest >> 20
	return int32(int64(n)*1000 + (f*1000+1<<19)>>20)
}

// logs holds log2(1 + i/1024) in units of 2^-20.
var logs = logTable()

func logTable() [1025]uint32 {
	var t [1025]uint32
	for i := range 1024 {
		m, f := uint64(1<<63)+uint64(i)<<53, uint32(0)
		for range 20 {
			hi, _ := bits.Mul64(m, m)
			f <<= 1
			if hi>>63 == 1 {
				f, m = f|1, hi
			} else {
				m = hi << 1
			}
		}
		t[i] = f
	}
	t[1024] = 1 << 20
	return t
}

// floorDiv returns a/b rounded down; b > 0.
func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// hash64 is FNV-1a with a last mix, the same on every machine.
func hash64(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads the bits of x (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// slab is a growing array that never moves its elements, so that adding one
// costs the same whether there are ten or ten million.
type slab[T any] struct {
	chunks []*[slabSize]T
	n      int32
}

const (
	slabBits = 12
	slabSize = 1 << slabBits
)

func (s *slab[T]) add(v T) int32 {
	i := s.n
	*s.room(i) = v
	s.n++
	return i
}

// room returns element i, which it makes where nobody did.
func (s *slab[T]) room(i int32) *T {
	k := int(i >> slabBits)
	if k >= len(s.chunks) {
		s.reserve(i + 1)
	}
	if s.chunks[k] == nil {
		s.chunks[k] = new([slabSize]T)
	}
	return &s.chunks[k][i&(slabSize-1)]
}

// reserve prepares for n elements, so that until they are there making one moves
// nothing that others read.
func (s *slab[T]) reserve(n int32) {
	if more := int(n+slabSize-1)>>slabBits - len(s.chunks); more > 0 {
		s.chunks = append(s.chunks, make([]*[slabSize]T, more)...)
	}
}

func (s *slab[T]) at(i int32) *T { return &s.chunks[i>>slabBits][i&(slabSize-1)] }

// chain links claims to other claims nearby, in two bytes each: how far on the
// next is, 0 at the end.
type chain struct {
	steps slab[int16]
	far   map[int32]int32 // the next of a claim whose step is afar
}

const afar = -1 << 15

// set makes claim next, or none, the next of claim i.
func (c *chain) set(i, next int32) {
	step := next - i
	switch {
	case next == none:
		step = 0
	case step <= afar || step > -afar-1:
		if c.far == nil {
			c.far = map[int32]int32{}
		}
		c.far[i] = next
		step = afar
	}
	*c.steps.room(i) = int16(step)
}

// next returns the claim after i, which was set, or none.
func (c *chain) next(i int32) int32 {
	switch step := *c.steps.at(i); step {
	case 0:
		return none
	case afar:
		return c.far[i]
	default:
		return i + int32(step)
	}
}

// ranks marks some of a row of claims and numbers the marked ones. One goroutine
// may add while others ask about earlier claims.
type ranks struct {
	blocks slab[rankBlock]
	n      int32
	marked int32
}

type rankBlock struct {
	bits   atomic.Uint64
	before int32 // marked ones before this block
}

func (r *ranks) add(mark bool) {
	b := r.blocks.room(r.n >> 6)
	if r.n&63 == 0 {
		b.before = r.marked
	}
	if mark {
		b.bits.Store(b.bits.Load() | 1<<(r.n&63))
		r.marked++
	}
	r.n++
}

// of returns how many claims up to and with i are marked.
func (r *ranks) of(i int32) int32 {
	b := r.blocks.at(i >> 6)
	return b.before + int32(bits.OnesCount64(b.bits.Load()<<(63-i&63)))
}
