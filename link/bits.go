package link

import "math/bits"

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
	s.reserve(1)
	*s.at(i) = v
	s.n++
	return i
}

// reserve makes room for n more, so that until they are there no add moves
// what others read.
func (s *slab[T]) reserve(n int) {
	for len(s.chunks)*slabSize < int(s.n)+n {
		s.chunks = append(s.chunks, new([slabSize]T))
	}
}

func (s *slab[T]) at(i int32) *T { return &s.chunks[i>>slabBits][i&(slabSize-1)] }
