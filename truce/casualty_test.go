package truce

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// figure reads "7", "7+", "7-9", "-7" (up to), "~20" (about), "24-99h" (hedged).
func figure(lineage, s string, said Instant) Counted {
	c := Casualty{Kind: Killed}
	num := func(s string) int32 { n, _ := strconv.Atoi(s); return int32(n) }
	switch {
	case s[0] == '-':
		c.Low, c.High, c.Qual = Open, num(s[1:]), "up-to"
	case s[0] == '~':
		n := num(s[1:])
		c.Low, c.High, c.Qual = (n*9+9)/10, n*11/10, "about"
	case s[len(s)-1] == '+':
		c.Low, c.High, c.Qual = num(s[:len(s)-1]), Open, "at-least"
	default:
		if i := slices.Index([]byte(s), '-'); i > 0 {
			h, qual := s[i+1:], "range"
			if h[len(h)-1] == 'h' {
				h, qual = h[:len(h)-1], "hedge"
			}
			c.Low, c.High, c.Qual = num(s[:i]), num(h), qual
		} else {
			c.Low, c.High, c.Qual = num(s), num(s), "exact"
		}
	}
	return Counted{Casualty: c, Lineage: lineage, Said: said, Index: int64(said)}
}

func TestTheCasualtyRule(t *testing.T) {
	type fig struct{ lineage, s string }
	for _, c := range []struct {
		name            string
		figures         []fig
		low, best, high int32
		orMore, none    bool
		sources         int
	}{
		{"one lineage's growth counts once, and three others beside it", []fig{{"clinic", "14"}, {"b", "27"}, {"clinic", "50+"}, {"c", "24-99h"}, {"d", "20"}, {"clinic", "55"}}, 20, 24, 99, false, false, 4},
		{"an open upper end says or more", []fig{{"a", "14"}, {"b", "30+"}}, 14, 14, 30, true, false, 2},
		{"an open lower end adds nothing to low", []fig{{"a", "-40"}, {"b", "12"}}, 12, 12, 40, false, false, 2},
		{"bounds alone give no best", []fig{{"a", "-40"}}, 0, 0, 40, false, true, 1},
		{"about takes its middle", []fig{{"a", "~30"}}, 27, 30, 33, false, false, 1},
		{"an early and a late toll of one lineage", []fig{{"state", "3"}, {"state", "8"}, {"state", "15"}}, 15, 15, 15, false, false, 1},
		{"a later retraction supersedes too", []fig{{"a", "40"}, {"a", "12"}}, 12, 12, 12, false, false, 1},
		{"none killed, said by somebody who was there", []fig{{"a", "0"}, {"b", "4"}}, 0, 0, 4, false, false, 2},
		{"a rising count beside a first flash", []fig{{"monitor", "148"}, {"press", "150"}, {"state", "78"}, {"monitor", "184"}, {"state", "100+"}}, 100, 150, 184, true, false, 3},
		{"a flash of one lineage is superseded", []fig{{"agency", "14"}, {"other", "13"}, {"monitor", "9"}, {"guard", "9"}, {"agency", "12"}}, 9, 9, 13, false, false, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all []Counted
			for i, f := range c.figures {
				all = append(all, figure(f.lineage, f.s, Instant(i+1)))
			}
			r, ok := Merge(all).Headline(Killed)
			if !ok {
				t.Fatal("no range")
			}
			if r.Low != c.low || r.High != c.high || r.OrMore != c.orMore || r.HasBest == c.none || r.HasBest && r.Best != c.best || r.Sources() != c.sources {
				t.Errorf("%d-%d-%d or more %v, best %v, %d sources; want %d-%d-%d %v, %d", r.Low, r.Best, r.High, r.OrMore, r.HasBest, r.Sources(), c.low, c.best, c.high, c.orMore, c.sources)
			}
		})
	}
}

func TestHistoryStaysVisible(t *testing.T) {
	r, _ := Merge([]Counted{figure("a", "14", 1), figure("a", "55", 3), figure("a", "50+", 2)}).Headline(Killed)
	l := r.Lineages[0]
	if l.Newest.Low != 55 || len(l.Older) != 2 || l.Older[0].Low != 14 || l.Older[1].Low != 50 {
		t.Errorf("%+v", l)
	}
}

// Archives may come in backwards: what was said last holds, not what came last.
func TestTheNewestIsTheLastSaidNotTheLastReceived(t *testing.T) {
	late, early := figure("a", "55", 9), figure("a", "14", 3)
	late.Index, early.Index = 1, 2
	if r, _ := Merge([]Counted{early, late}).Headline(Killed); r.Low != 55 {
		t.Errorf("%d", r.Low)
	}
	same := figure("a", "20", 9)
	same.Index = 7
	if r, _ := Merge([]Counted{same, late}).Headline(Killed); r.Low != 20 {
		t.Errorf("of two said at once the later in the record holds, not %d", r.Low)
	}
}

func TestScopesSubsetsAndStatusNeverMerge(t *testing.T) {
	building, day := figure("a", "3", 1), figure("a", "16", 1)
	building.Scope, day.Scope = "building", "city-day"
	children := figure("b", "2", 2)
	children.Who, children.Part = "children", true
	civil, fighters := figure("c", "19", 3), figure("c", "8", 3)
	civil.Status, civil.Who, fighters.Status, fighters.Who = "civilian", "civilians", "combatant", "fighters"
	wounded := figure("a", "80", 1)
	wounded.Kind = Wounded
	part := figure("d", "4", 4)
	part.Part = true
	tally := Merge([]Counted{building, day, children, civil, fighters, wounded, part})
	if len(tally.Ranges) != 7 {
		t.Fatalf("%d ranges", len(tally.Ranges))
	}
	if r, ok := tally.Of(Killed, "city-day", "people"); !ok || r.High != 16 {
		t.Errorf("city-day %+v", r)
	}
	if _, ok := tally.Headline(Killed); ok {
		t.Error("a toll of a strike out of other scopes and subsets")
	}
	if last := tally.Ranges[6]; last.Kind != Wounded {
		t.Errorf("wounded stand after killed, not %s", last.Kind)
	}
	if _, ok := tally.Of(Missing, "strike", "people"); ok {
		t.Error("a figure that nobody stated")
	}
}

func TestWhoHasAStakeBoundsAndDoesNotPoint(t *testing.T) {
	own := figure("army", "13", 1)
	own.Own = true
	shooter := figure("shooter", "2", 2)
	shooter.Party = true
	r, _ := Merge([]Counted{own, shooter, figure("monitor", "30", 3), figure("press", "40", 4)}).Headline(Killed)
	if r.Low != 2 || r.Best != 30 || r.High != 40 {
		t.Errorf("%d-%d-%d", r.Low, r.Best, r.High)
	}
	r, _ = Merge([]Counted{own}).Headline(Killed)
	if r.HasBest || r.Low != 13 || r.High != 13 {
		t.Errorf("%+v", r)
	}
}

func TestADenialIsNotZeroKilled(t *testing.T) {
	toll := []Casualty{{Kind: Killed}}
	for _, c := range []Claim{
		{Event: "air_strike", Form: Denial, Casualties: toll},
		{Event: "air_strike", Stance: Denied, Casualties: toll},
		{Event: "air_strike", Negated: true, Casualties: toll},
		{Event: "air_strike", Form: Aggregate, Casualties: toll},
		{Event: "air_strike", Form: Background, Casualties: toll},
		{Event: "air_strike", Stance: Planned, Casualties: toll},
	} {
		if got := CountedOf(&c, c.LineageOf("wire"), "wire", 1, 1, nil); got != nil {
			t.Errorf("%+v counts %+v", c, got)
		}
	}
	c := Claim{Event: "air_strike", Sources: []Source{{Ref: Ref{ID: "monitor"}}, {Ref: Ref{ID: "army"}}}, Lineage: "clinic", Casualties: []Casualty{{Kind: Killed, Low: 3, High: 3}}}
	got := CountedOf(&c, c.LineageOf("wire"), "wire", 9, 4, []ActorID{"army"})
	if len(got) != 1 || !got[0].Party || got[0].Lineage != "clinic" || got[0].Said != 9 || got[0].Index != 4 {
		t.Errorf("%+v", got)
	}
	if got := CountedOf(&c, c.LineageOf("wire"), "wire", 9, 4, []ActorID{"rebels"}); got[0].Party {
		t.Error("who is not alleged has no stake")
	}
}

func TestTotalsAreBoundedByThePartitions(t *testing.T) {
	share := func(low, best, high int32, coarse int) Share {
		return Share{Range: Range{TollKey: TollKey{Kind: Killed, Scope: "strike", Who: "people"}, Losses: Losses{Low: low, Best: best, High: high, HasBest: true}}, Coarse: coarse}
	}
	a, b, c := share(5, 6, 8, 1), share(3, 4, 9, 1), share(2, 2, 2, 2)
	b.Finest = []Range{{Losses: Losses{High: 6}}, {Losses: Losses{High: 7, OrMore: true}}}
	other := share(100, 100, 100, 3)
	other.Scope = "city-day"
	unsure := share(1, 0, 4, 4)
	unsure.HasBest = false
	sum, left := Total([]Share{a, b, c, other, unsure})
	if sum.Low != 5+2+1 || sum.Best != 6+4+2+1 || sum.High != 8+13+2+4 || !sum.OrMore || left != 1 {
		t.Errorf("%+v, %d left out", sum, left)
	}
	if sum, left := Total(nil); sum.High != 0 || left != 0 {
		t.Errorf("%+v", sum)
	}
}

func TestMergeDoesNotMindTheOrderItIsGiven(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []Counted
		for i := range 2 + rng.IntN(10) {
			f := figure(string(rune('a'+rng.IntN(4))), strconv.Itoa(rng.IntN(50)), Instant(1+rng.IntN(5)))
			f.Index = int64(i)
			if rng.IntN(3) == 0 {
				f.High = Open
			}
			all = append(all, f)
		}
		want, _ := Merge(all).Headline(Killed)
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got, _ := Merge(all).Headline(Killed)
		if got.Losses != want.Losses {
			t.Fatalf("%+v and %+v of %+v", got.Losses, want.Losses, all)
		}
		if got.HasBest && (got.Low > got.Best || got.Best > got.High) || got.Low > got.High {
			t.Fatalf("out of order: %+v", got.Losses)
		}
	}
}

func TestNamedDeadAreCountedOnceEach(t *testing.T) {
	claims := []Claim{
		{Stance: Stated, Victims: []string{"Ana Brisk", "ana  brisk", "Tom Reed", " "}}, {Stance: Reported, Victims: []string{"TOM REED", "Ida Holm"}},
		{Stance: Denied, Victims: []string{"Nobody"}}, {Form: Denial, Stance: Stated, Victims: []string{"No One"}},
	}
	if n := NamedDead(claims); n != 3 {
		t.Errorf("%d names, want 3", n)
	}
}
