package truce

import (
	"slices"
	"strings"
)

// CasualtyRule names the merge rule of this release; it stands in method and
// beside every figure.
const CasualtyRule = "casualties-1"

// Counted is one figure as it counts towards an incident: whose it is, when it
// was said, and whether its speaker has a stake.
type Counted struct {
	Casualty
	Lineage string // the origin that it counts under; link sets it
	Said    Instant
	Index   int64 // of its statement in the record
	Claim   ClaimRef
	Party   bool // the speaker is the alleged shooter, or counts its own fighters
}

// TollKey says what is counted. Only equal keys merge; whom it counts is part
// of it, so that a subset never joins the whole.
type TollKey struct {
	Kind   CasualtyKind
	Scope  string // strike, building, city-day, cumulative
	Who    string // people, civilians, children, ...
	Status string // civilian, combatant, mixed; empty is not stated
}

// Range is a merged figure: low and high over the lineages, best between them,
// with what each lineage said.
type Range struct {
	TollKey
	Losses
	Lineages []LineageFigure // in order of their first figure in the record
}

// Losses is a merged figure alone.
type Losses struct {
	Low     int32 `json:"low"`
	Best    int32 `json:"best"` // between the two; 0 where HasBest is false
	High    int32 `json:"high"`
	OrMore  bool  `json:"or_more,omitempty"` // an upper end was left open
	HasBest bool  `json:"has_best,omitempty"`
}

// LineageFigure is what one lineage says: its newest figure, and the older ones
// that it superseded, in the order they were said.
type LineageFigure struct {
	Lineage string
	Newest  Counted
	Older   []Counted
	Bounds  bool // its newest figure counts towards low and high, not towards best
}

// Tally is the merged casualties of one incident, in order of kind, then of the
// record.
type Tally struct {
	Rule   string
	Ranges []Range
}

// Merge merges figures by the rule of this release. Per lineage the newest
// supersedes, by when it was said and then by index; only equal keys merge; low
// is the least, high the greatest over lineages; best is the lower median of
// the lineages' point values. Whom a figure counts for its own side gives
// bounds and no best.
func Merge(figures []Counted) Tally {
	sorted := slices.Clone(figures)
	slices.SortStableFunc(sorted, func(a, b Counted) int {
		if a.Index != b.Index {
			return compare(a.Index, b.Index)
		}
		return compare(int64(a.Claim.At), int64(b.Claim.At))
	})
	t := Tally{Rule: CasualtyRule}
	for _, f := range sorted {
		key := f.key()
		i := slices.IndexFunc(t.Ranges, func(r Range) bool { return r.TollKey == key })
		if i < 0 {
			t.Ranges = append(t.Ranges, Range{TollKey: key})
			i = len(t.Ranges) - 1
		}
		t.Ranges[i].take(f)
	}
	for i := range t.Ranges {
		t.Ranges[i].settle()
	}
	slices.SortStableFunc(t.Ranges, func(a, b Range) int { return compare(int64(a.Kind.order()), int64(b.Kind.order())) })
	return t
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (k CasualtyKind) order() int {
	return slices.Index([]CasualtyKind{Killed, Wounded, KilledOrWounded, Missing, Detained, Displaced}, k)
}

// key says what the figure counts; a strike and people are meant where nothing
// else is said.
func (c Casualty) key() TollKey {
	k := TollKey{c.Kind, c.Scope, c.Who, c.Status}
	if k.Scope == "" {
		k.Scope = "strike"
	}
	if k.Who == "" {
		k.Who = "people"
	}
	if c.Part && k.Who == "people" {
		k.Who = "part"
	}
	return k
}

func (r *Range) take(f Counted) {
	i := slices.IndexFunc(r.Lineages, func(l LineageFigure) bool { return l.Lineage == f.Lineage })
	if i < 0 {
		r.Lineages = append(r.Lineages, LineageFigure{Lineage: f.Lineage, Newest: f})
		return
	}
	l := &r.Lineages[i]
	all := append(l.Older, l.Newest, f)
	slices.SortStableFunc(all, func(a, b Counted) int { return compare(int64(a.Said), int64(b.Said)) })
	l.Older, l.Newest = all[:len(all)-1], all[len(all)-1]
}

// settle computes low, best and high over the newest figures.
func (r *Range) settle() {
	var points []int32
	low, high, known := int32(-1), int32(0), false
	for i := range r.Lineages {
		l := &r.Lineages[i]
		n := l.Newest.Casualty
		if n.Low != Open && (low < 0 || n.Low < low) {
			low = n.Low
		}
		if n.High == Open {
			r.OrMore = true
			high = max(high, n.Low)
		} else {
			high = max(high, n.High)
		}
		point, ok := n.point()
		l.Bounds = l.Newest.Party || n.Own || !ok
		if !l.Bounds {
			points, known = append(points, point), true
		}
	}
	r.Low, r.High = max(low, 0), max(high, 0)
	if known {
		slices.Sort(points)
		r.Best, r.HasBest = points[(len(points)-1)/2], true
		r.Best = min(max(r.Best, r.Low), r.High)
	}
}

// point returns the value a figure gives to best: n for exact, at least and
// about; the lower end of a range, of nearly and of hedged words; none where
// only bounds were stated.
func (c Casualty) point() (int32, bool) {
	switch {
	case c.Qual == "up-to" || c.Low == Open:
		return 0, false
	case c.Qual == "about" && c.High != Open:
		return c.Low + (c.High-c.Low)/2, true
	}
	return c.Low, true
}

// NamedDead counts the distinct names of the dead that claims give, beside any
// figure: written otherwise in case or spaces alone is one name.
func NamedDead(claims []Claim) int {
	names := map[string]bool{}
	for _, c := range claims {
		if c.Negated || c.Form == Denial || !c.Stance.Asserted() {
			continue
		}
		for _, name := range c.Victims {
			if name = strings.ToLower(strings.Join(strings.Fields(name), " ")); name != "" {
				names[name] = true
			}
		}
	}
	return len(names)
}

// Of returns the range of a kind, scope and whom it counts, of any status the
// first in order of the record; false if nobody stated one.
func (t Tally) Of(kind CasualtyKind, scope, who string) (Range, bool) {
	for _, r := range t.Ranges {
		if r.Kind == kind && r.Scope == scope && r.Who == who {
			return r, true
		}
	}
	return Range{}, false
}

// Headline returns the range that stands for an incident's toll of a kind: of
// people in a strike, whole figures only, the status that most lineages tell
// of, and of equals the one first told.
func (t Tally) Headline(kind CasualtyKind) (Range, bool) {
	best, found := Range{}, false
	for _, r := range t.Ranges {
		if r.Kind == kind && r.Scope == "strike" && r.Who == "people" && len(r.Lineages) > len(best.Lineages) {
			best, found = r, true
		}
	}
	return best, found
}

// Sources returns the number of independent lineages of the range.
func (r Range) Sources() int { return len(r.Lineages) }

// Share is one incident's range in a total, with the groups of the coarsest
// admissible partition (all provisional merges made) and of the finest.
type Share struct {
	Range
	Incident int // its number, by which a Join names it
	Coarse   int // incidents of one number would be one if all provisional merges were made
	Finest   []Range
	Held     []int64 // of each of Finest the weight, in thousandths of a bit, that holds it where it is, or Firm
}

// Firm is the weight of what no doubt parts from its incident.
const Firm = int64(1) << 62

// Total adds ranges of equal scope over incidents whose separateness is itself
// uncertain: low over the coarsest partition, taking the greatest low within a
// merged group; high over the finest; best over the present one. The result's
// own key is that of the first; ranges of another key are left out and counted.
func Total(shares []Share) (sum Range, leftOut int) {
	lows := map[int]int32{}
	for i, s := range shares {
		if i == 0 {
			sum.TollKey = s.TollKey
		}
		if s.TollKey != sum.TollKey {
			leftOut++
			continue
		}
		lows[s.Coarse] = max(lows[s.Coarse], s.Low)
		sum.HasBest = sum.HasBest || s.HasBest
		sum.Best = plus(sum.Best, s.bestOrLow())
		high := int32(0)
		sum.OrMore = sum.OrMore || s.OrMore
		for _, f := range s.Finest {
			high = plus(high, f.High)
			sum.OrMore = sum.OrMore || f.OrMore
		}
		sum.High = plus(sum.High, max(high, s.High))
	}
	for _, low := range lows {
		sum.Low = plus(sum.Low, low)
	}
	return sum, leftOut
}

// plus adds two figures and stops at the largest that a figure may have.
func plus(a, b int32) int32 { return int32(min(int64(a)+int64(b), maxTotal)) }

const maxTotal = 2_000_000_000

// CountedOf returns the figures of an incident's claims as they count: denials
// and what did not happen give none. Claims come with Ref set; lineage is whose
// figures they are, publisher names the narrator, said when its report was
// dated, and index where it stands.
func CountedOf(c *Claim, lineage, publisher string, said Instant, index int64, alleged []ActorID) []Counted {
	if c.Form == Denial || c.Form == Aggregate || c.Form == Background || c.Negated || !c.Stance.Asserted() {
		return nil
	}
	party := slices.Contains(alleged, ActorID(c.Speaker(publisher)))
	all := make([]Counted, 0, len(c.Casualties))
	for _, k := range c.Casualties {
		all = append(all, Counted{k, lineage, said, index, c.Ref, party || k.Own})
	}
	return all
}
