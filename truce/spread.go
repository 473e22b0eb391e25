package truce

import (
	"math/rand/v2"
	"slices"
)

// Join says that two incidents, by their numbers, may be one, by a weight in
// thousandths of a bit.
type Join struct {
	A, B int
	At   int64
}

const draws = 200 // partitions that TotalSpread looks at

// TotalSpread returns the ends between which the best total lies in nine of ten
// partitions drawn by the weights of what is doubtful: a provisional join holds,
// and two shares are one incident, with the chance that their weight stands for.
// What is one counts once, by its greatest figure. Shares of another key than the
// first's are left out, as in Total; the same seed gives the same ends.
func TotalSpread(shares []Share, joins []Join, seed uint64) (low, high int32) {
	chances := make([]uint64, len(joins))
	for k, j := range joins {
		chances[k] = chance(j.At)
	}
	last := 0 // number of any incident
	for _, s := range shares {
		last = max(last, s.Incident)
	}
	for _, j := range joins {
		last = max(last, j.A, j.B)
	}
	totals := make([]int32, draws)
	for d := range totals {
		r := rand.NewPCG(seed, uint64(d))
		of := make([]int, last+1) // the first of what is one incident
		for i := range of {
			of[i] = i
		}
		for k, j := range joins {
			if a, b := root(of, j.A), root(of, j.B); r.Uint64() < chances[k] {
				of[max(a, b)] = min(a, b)
			}
		}
		one := make([]int32, last+1)
		for _, s := range shares {
			held, loose := s.draw(r)
			if s.TollKey != shares[0].TollKey {
				continue
			}
			i := root(of, s.Incident)
			one[i] = max(one[i], held)
			totals[d] = plus(totals[d], loose)
		}
		for _, n := range one {
			totals[d] = plus(totals[d], n)
		}
	}
	slices.Sort(totals)
	return totals[draws/20], totals[draws-1-draws/20]
}

func root(of []int, i int) int {
	for of[i] != i {
		i = of[i]
	}
	return i
}

// draw lets each provisional join of an incident hold or not. It returns the
// figure of what is held together and the sum of what came loose.
func (s Share) draw(r *rand.PCG) (held, loose int32) {
	all, firm := true, int32(0)
	for k, f := range s.Finest {
		switch {
		case k >= len(s.Held) || s.Held[k] == Firm:
			firm = max(firm, f.bestOrLow())
		case r.Uint64() >= chance(s.Held[k]):
			loose = plus(loose, f.bestOrLow())
		default:
			all = false
		}
	}
	if all && len(s.Held) > 0 {
		return firm, loose // nothing doubtful is held
	}
	return s.bestOrLow(), loose
}

func (r Range) bestOrLow() int32 {
	if r.HasBest {
		return r.Best
	}
	return r.Low
}

// chance returns the probability that a weight in thousandths of a bit stands
// for, 1/(1+2^-w), in 2^-64. Only products and one quotient are rounded, so every
// machine finds the same.
func chance(millibits int64) uint64 {
	const step = 1.000693387462580632538 // 2^(1/1000)
	w := min(max(millibits, -30_000), 30_000)
	odds := 1.0
	for range max(w, -w) % 1000 {
		odds = float64(odds * step)
	}
	for range max(w, -w) / 1000 {
		odds = float64(odds * 2)
	}
	p := 1 / (1 + odds) // of the less likely
	if w > 0 {
		p = 1 - p
	}
	return uint64(p*(1<<53)) << 11
}
