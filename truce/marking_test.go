package truce

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMarkingsCarryTheLabelsOfTheTrafficLightProtocol(t *testing.T) {
	for m, want := range map[Marking]Label{"": TLPAmber, Clear: TLPClear, Green: TLPGreen, Amber: TLPAmber, Amber.For("hill"): TLPAmber} {
		if got := m.TLP(); got != want {
			t.Errorf("%q is labelled %s, want %s", m, got, want)
		}
	}
}

// TestNoPublishedCellIsUnderTheSmallest takes many tables of counts: no number
// under k is left, none is changed, and what is left out of a day is either
// nothing or the whole of it.
func TestNoPublishedCellIsUnderTheSmallest(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for run := range 20_000 {
		k := 1 + rng.IntN(6)
		least := max(k, Smallest)
		var cells []Cell
		of, sum := map[string]map[PlaceID]int{}, map[string]int{}
		for d := range 1 + rng.IntN(3) {
			day := fmt.Sprint("2016-03-0", d+1)
			of[day] = map[PlaceID]int{}
			for u := range rng.IntN(6) {
				unit := PlaceID([]string{"", "A", "B", "C", "D", "E"}[u])
				n := rng.IntN(9)
				cells = append(cells, Cell{day, unit, n})
				of[day][unit], sum[day] = n, sum[day]+n
			}
		}
		rng.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
		got := Published(cells, k)
		given := map[string]int{}
		for _, c := range got {
			given[c.Day] += c.N
			if c.N < least {
				t.Fatalf("run %d: %+v of %v is under %d", run, c, cells, least)
			}
			if c.Adm1 != "" && of[c.Day][c.Adm1] != c.N {
				t.Fatalf("run %d: %+v was %d", run, c, of[c.Day][c.Adm1])
			}
		}
		for day, n := range sum {
			if given[day] != n && given[day] != 0 {
				t.Fatalf("run %d: %s adds up to %d of %d: the difference tells a cell", run, day, given[day], n)
			}
			if given[day] == 0 && n >= least {
				t.Fatalf("run %d: %s is left out, and has %d", run, day, n)
			}
		}
		if !slices.IsSortedFunc(got, func(a, b Cell) int {
			return slices.Compare([]string{a.Day, string(a.Adm1)}, []string{b.Day, string(b.Adm1)})
		}) {
			t.Fatalf("run %d: %v is in no order", run, got)
		}
	}
	if got := Published([]Cell{{"2016-03-01", "A", 2}, {"2016-03-01", "B", 5}, {"2016-03-01", "C", 9}}, 3); !slices.Equal(got, []Cell{{"2016-03-01", "", 7}, {"2016-03-01", "C", 9}}) {
		t.Errorf("a lone small cell goes into the next: got %v", got)
	}
	if p := (&Procedure{PersonsK: 1}); p.SmallestCell() != Smallest {
		t.Error("a procedure asks for less than the smallest, and gets it")
	}
}
