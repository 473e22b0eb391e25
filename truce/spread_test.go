package truce

import (
	"math"
	"testing"
)

func dead(incident int, n int32) Share {
	r := Range{TollKey: TollKey{Kind: Killed, Scope: "strike", Who: "people"}, Losses: Losses{Low: n, High: n, Best: n, HasBest: true}}
	return Share{Range: r, Incident: incident, Coarse: incident, Finest: []Range{r}}
}

func TestTheSpreadOfATotal(t *testing.T) {
	held := func(s Share, at int64, n int32) Share {
		s.Finest, s.Held = append(s.Finest, dead(0, n).Range), []int64{Firm, at}
		return s
	}
	other := dead(1, 50)
	other.Scope = "city-day"
	for _, c := range []struct {
		name      string
		shares    []Share
		joins     []Join
		low, high int32
	}{
		{"nothing doubtful", []Share{dead(0, 4), dead(1, 7)}, nil, 11, 11},
		{"another scope is left out", []Share{dead(0, 4), other}, nil, 4, 4},
		{"surely one: the greater figure", []Share{dead(0, 4), dead(1, 7)}, []Join{{0, 1, 20_000}}, 7, 7},
		{"surely two", []Share{dead(0, 4), dead(1, 7)}, []Join{{0, 1, -20_000}}, 11, 11},
		{"an open question", []Share{dead(0, 4), dead(1, 7)}, []Join{{0, 1, 0}}, 7, 11},
		{"one through an incident without a figure", []Share{dead(0, 4), dead(2, 7)}, []Join{{0, 1, 20_000}, {1, 2, 20_000}}, 7, 7},
		{"a provisional join that surely holds", []Share{held(dead(0, 4), 20_000, 3)}, nil, 4, 4},
		{"one that surely does not", []Share{held(dead(0, 4), -20_000, 3)}, nil, 7, 7},
		{"one that may", []Share{held(dead(0, 4), 0, 3)}, nil, 4, 7},
		{"no figure at all", nil, nil, 0, 0},
	} {
		low, high := TotalSpread(c.shares, c.joins, 1)
		if low != c.low || high != c.high {
			t.Errorf("%s: %d to %d, not %d to %d", c.name, low, high, c.low, c.high)
		}
		if a, b := TotalSpread(c.shares, c.joins, 1); a != low || b != high {
			t.Errorf("%s: the same seed gives %d to %d, then %d to %d", c.name, low, high, a, b)
		}
	}
}

func TestTheChanceThatAWeightStandsFor(t *testing.T) {
	for w := int64(-31_000); w <= 31_000; w += 37 {
		want := 1 / (1 + math.Exp2(-float64(min(max(w, -30_000), 30_000))/1000))
		if got := float64(chance(w)) / math.Exp2(64); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%d millibits: %g, not %g", w, got, want)
		}
	}
}
