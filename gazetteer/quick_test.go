package gazetteer

import (
	"fmt"
	"sync"
	"testing"

	"github.com/marchday/marchday/truce"
)

// worldNames are some names of the embedded places, and spellings of them that
// lack a letter.
func worldNames(t *testing.T) (*Gazetteer, []string) {
	t.Helper()
	g, err := Load(World())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := 0; i < len(g.places); i += 160 {
		for _, n := range g.places[i].Names {
			names = append(names, n.Text)
			if r := []rune(n.Text); len(r) > 4 {
				names = append(names, string(r[:2])+string(r[3:]))
			}
		}
	}
	return g, names
}

func TestAComparisonThatStopsEarlyAgreesWhereItCounts(t *testing.T) {
	_, names := worldNames(t)
	var roman []string
	for _, n := range names {
		a := analyse(n)
		r, _ := a.spell(nil, nil)
		roman = append(roman, string(r))
	}
	stopped := 0
	for i := range roman {
		for k := i; k < min(i+30, len(roman)); k++ {
			whole := similarity(roman[i], roman[k], -1_000_000)
			for _, least := range []int32{600, 799, 800, 803, 900, 1000, 1001} {
				got := similarity(roman[i], roman[k], least)
				if got != whole && (got >= least || whole >= least) {
					t.Fatalf("%q and %q are alike by %d, and by %d where %d counts", roman[i], roman[k], whole, got, least)
				}
				if got != whole {
					stopped++
				}
			}
		}
	}
	if stopped == 0 {
		t.Error("no comparison stopped early")
	}
}

func TestAMemoChangesNoAnswer(t *testing.T) {
	g, names := worldNames(t)
	queries := func(name string) []Query {
		return []Query{
			{Text: name}, {Text: name, Strict: true, MinScore: 900}, {Text: name, Country: "SY", MinScore: 800, Max: 1},
			{Text: name, Lang: "ru", Near: []truce.Point{{Lon: 370_000_000, Lat: 360_000_000}}},
		}
	}
	want := map[string]string{}
	for _, n := range names {
		for i, q := range queries(n) {
			want[fmt.Sprint(n, i)] = fmt.Sprint(g.Find(q))
		}
	}
	memo := &Memo{}
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for k := range names {
				n := names[(k*(w+1))%len(names)]
				for i, q := range queries(n) {
					q.Memo = memo
					for range 2 { // sought, then remembered
						if got := fmt.Sprint(g.Find(q)); got != want[fmt.Sprint(n, i)] {
							t.Errorf("%q, query %d: remembered %s, sought %s", n, i, got, want[fmt.Sprint(n, i)])
							return
						}
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestWhatNamesNothingIsToldOnlyOfWhatNamesNothing(t *testing.T) {
	g, names := worldNames(t)
	passed := 0
	for _, n := range names {
		if g.Spells(n) {
			continue
		}
		passed++
		if found := g.Find(Query{Text: n, Strict: true}); len(found) > 0 {
			t.Errorf("%q names nothing, and is answered with %s", n, found[0].Name)
		}
		if g.Knows(Fold(n)) {
			t.Errorf("%q names nothing, and is known", n)
		}
	}
	if passed == 0 {
		t.Error("every name may name something")
	}
}
