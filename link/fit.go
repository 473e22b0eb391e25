package link

import (
	"fmt"
	"slices"

	"github.com/marchday/marchday/truce"
)

// Label is a person's word on two claims, for learning: they are of one
// incident, or not.
type Label struct {
	A, B truce.ClaimRef
	Same bool
}

// Learnt is what Fit found and how.
type Learnt struct {
	Model      Model
	Pairs      int64   // that met in a block
	Decoys     int64   // pairs that cannot match, from which u was counted
	Patterns   int     // different comparisons
	Matches    float64 // expected number of matching pairs
	Unsure     float64 // share of pairs whose probability is between 0.1 and 0.9, of those at all likely
	Iterations int
	Refused    string // why the model is not to be used; empty if it is
}

// The limits and safeguards of the learning, after METHODS 2.6.
const (
	maxFitPairs   = 4_000_000
	maxPatterns   = 1 << 20
	maxIterations = 100
	maxUnsure     = 0.10
	maxDisagree   = 0.01
	minFitPairs   = 1_000
	enoughLabels  = 50
	learntReview  = -1300 // millibits: best over the odd seeds of the synthetic truces
)

// pattern is the levels of a comparison, four bits each, and above them how
// crowded the newer claim's window is, in half bits.
type pattern uint64

func patternOf(v *pair, crowd int32) pattern {
	var g pattern
	for f, l := range v {
		g |= pattern(l) << (4 * f)
	}
	return g | pattern(min(max(crowd/500, 0), crowds-1))<<(4*nFields)
}

func (g pattern) level(f int) int { return int(g >> (4 * f) & 15) }

const crowds = 64

func (g pattern) crowd() int { return int(g>>(4*nFields)) & 63 }

// tally is a pattern with its number of pairs; label is 1 or 0 where a person
// said so, -1 where nobody did.
type tally struct {
	g     pattern
	n     float64
	label int8
	p     float64
}

// rates holds a probability per field and level, each run of levels summing to
// one.
type rates [nFields][16]float64

// Fit learns weights from the claims that a linker holds: u from pairs shifted
// in time, which cannot match, m by expectation and maximisation on the counts
// of comparisons (Fellegi and Sunter 1969; Enamorado, Fifield and Imai 2019). A
// refusal says why and leaves the linker's own model in force.
func Fit(l *Linker, labels []Label) Learnt {
	p := l.p
	out := Learnt{Model: p.Model}
	counts, pairs := p.countPairs()
	u, decoys := p.decoys(counts)
	out.Pairs, out.Decoys, out.Patterns = pairs, decoys, len(counts)
	if pairs < minFitPairs || decoys < minFitPairs {
		out.Refused = fmt.Sprintf("%d pairs and %d decoys are too few: %d of each are needed", pairs, decoys, minFitPairs)
		return out
	}
	tallies := l.tally(counts, labels)
	var fits []em
	for _, best := range [...]float64{0.9, 0.7, 0.5} {
		fits = append(fits, maximise(tallies, u, best, p.Model.Mates))
	}
	slices.SortStableFunc(fits, func(a, b em) int { return -cmpFloat(a.likely, b.likely) })
	e := fits[0]
	e.expect(tallies)
	out.Iterations = e.rounds
	out.Matches, out.Unsure = spread(tallies)
	out.Model = p.modelOf(&e, u, out.Matches)
	out.Refused = refusal(&out, fits, tallies, labels, l)
	return out
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// countPairs counts the comparisons of claims that meet in a block, the older
// with the newer, copies and exchanges left out.
func (p *Partition) countPairs() (map[pattern]float64, int64) {
	counts := map[pattern]float64{}
	var pairs int64
	stride := int32(1)
	for p.stats.Candidates/int64(stride) > 2*maxFitPairs {
		stride++
	}
	var v pair
	for id := int32(0); id < p.claims.n; id += stride {
		x := p.at(id)
		if _, copied := p.copies[id]; copied || x.flags&isGone != 0 || p.seats.at(id).in == none {
			continue
		}
		p.blocked(x, &p.find)
		found := slices.Clone(p.find.found)
		slices.Sort(found)
		for _, i := range slices.Compact(found) {
			y := p.at(i)
			if i >= id || p.seats.at(i).in == none || y.flags&isGone != 0 || y.lineage == x.lineage || p.exchange(x, y) {
				continue
			}
			p.compare(x, y, &v)
			g := patternOf(&v, p.Model.crowd(x.prior))
			if _, ok := counts[g]; ok || len(counts) < maxPatterns {
				counts[g]++
				pairs++
			}
		}
	}
	return counts, pairs
}

// decoys returns u, from pairs that share the area and the words of a time but
// lie 14 to 60 days apart, or as far as the period allows: no incident lasts that
// long.
func (p *Partition) decoys(counts map[pattern]float64) (rates, int64) {
	var u rates
	var pairs int64
	stride := int32(1)
	for p.stats.Candidates/int64(stride) > maxFitPairs {
		stride++
	}
	// a short period leaves no room for 60 days, and a very short one not for 14
	least := min(14, max((p.last-p.first)/2, 1))
	most := max(least, min(60, p.last-p.first))
	var v pair
	for id := int32(0); id < p.claims.n; id += stride {
		x := p.at(id)
		when, rest := *x.spot, *x.more
		x.spot, x.more = &when, &rest
		day, dated := dayOf(x)
		if !dated || x.flags&isGone != 0 {
			continue
		}
		shift := least + (id/stride)*7%(most-least+1)
		if back := day-shift >= p.first; back && (id/stride&1 == 1 || day+shift > p.last) {
			shift = -shift
		}
		x.t0, x.t1 = x.t0+shift*minutesADay, x.t1+shift*minutesADay
		if x.minute != notInstant {
			x.minute += shift * minutesADay
		}
		p.blocked(x, &p.find)
		for _, i := range p.find.found {
			y := p.at(i)
			if y.flags&isGone != 0 || y.flags&isDated == 0 || y.lineage == x.lineage {
				continue
			}
			p.compare(x, y, &v)
			for f, l := range v {
				if f != fCame {
					u[f][l]++
				}
			}
			pairs++
		}
	}
	u[fTime][8], u[fTime][9] = 1000, 6000 // of two days chosen blindly one pair in seven is of one weekday
	for g, n := range counts {            // what comes in together is told by all pairs: few of them match
		u[fCame][g.level(fCame)] += n
	}
	u.normalise()
	return u, pairs
}

// normalise makes each run of levels sum to one, with one pair added to each.
func (r *rates) normalise() {
	for f, field := range fields() {
		at := 0
		for _, run := range field.groups {
			sum := 0.0
			for l := at; l < at+run; l++ {
				r[f][l]++
				sum += r[f][l]
			}
			for l := at; l < at+run; l++ {
				r[f][l] /= sum
			}
			at += run
		}
	}
}

// tally sorts the counts, so that sums are made in one order everywhere, and
// adds the labelled pairs.
func (l *Linker) tally(counts map[pattern]float64, labels []Label) []tally {
	out := make([]tally, 0, len(counts)+len(labels))
	for g, n := range counts {
		out = append(out, tally{g: g, n: n, label: -1})
	}
	slices.SortFunc(out, func(a, b tally) int {
		if a.g < b.g {
			return -1
		}
		return 1
	})
	for _, lb := range labels {
		g, ok := l.patternOf(lb)
		if !ok {
			continue
		}
		t := tally{g: g, n: 1}
		if lb.Same {
			t.label = 1
		}
		out = append(out, t)
	}
	return out
}

func (l *Linker) patternOf(lb Label) (pattern, bool) {
	a, ok := l.p.refs.get(lb.A)
	b, also := l.p.refs.get(lb.B)
	if !ok || !also || a == b {
		return 0, false
	}
	if a < b {
		a, b = b, a
	}
	var v pair
	x := l.p.at(a)
	l.p.compare(x, l.p.at(b), &v)
	return patternOf(&v, l.p.Model.crowd(x.prior)), true
}

// em is one run of expectation and maximisation.
type em struct {
	m, ratio rates           // ratio is m/u
	odds     [crowds]float64 // prior odds of a match, by how crowded the window is
	likely   float64         // mean of the larger of p and 1-p: how sure it is
	matches  [crowds]float64
	rounds   int
}

// maximise runs EM from one start, u fixed.
func maximise(tallies []tally, u rates, best float64, mates int32) em {
	e := em{}
	for k := range e.odds {
		e.odds[k] = startOdds(k, mates)
	}
	for f, field := range fields() {
		at := 0
		for _, run := range field.groups {
			rest := (1 - best) / float64(max(run-1, 1))
			for l := at; l < at+run; l++ {
				e.m[f][l] = rest
			}
			e.m[f][at] = best
			at += run
		}
	}
	e.divide(&u)
	for e.rounds = 1; e.rounds <= maxIterations; e.rounds++ {
		e.expect(tallies)
		if e.improve(tallies, &u, mates) < 1e-4 {
			break
		}
	}
	return e
}

// expect sets each pattern's probability of a match.
func (e *em) expect(tallies []tally) {
	sure, all := 0.0, 0.0
	for i := range tallies {
		t := &tallies[i]
		odds := e.odds[t.g.crowd()]
		for f := range nFields {
			if l := t.g.level(f); l != missing {
				odds *= e.ratio[f][l]
			}
		}
		t.p = odds / (1 + odds)
		if t.label >= 0 {
			t.p = float64(t.label)
		}
		sure += float64(t.n * max(t.p, 1-t.p))
		all += t.n
	}
	e.likely = sure / max(all, 1)
}

// startOdds returns the odds that the model's number of mates gives in a window
// of 2^(k/2) claims.
func startOdds(k int, mates int32) float64 {
	x := float64(mates) / 1000
	for ; k >= 2; k -= 2 {
		x /= 2
	}
	if k == 1 {
		x /= 1.4142135623730951
	}
	return x
}

// improve re-estimates m and the prior odds, keeps the weights in order and returns
// the largest change of an m.
func (e *em) improve(tallies []tally, u *rates, mates int32) float64 {
	var m rates
	var matches, pairs [crowds]float64
	for i := range tallies {
		t := &tallies[i]
		w := float64(t.n * t.p)
		for f := range nFields {
			m[f][t.g.level(f)] += w
		}
		matches[t.g.crowd()] += w
		pairs[t.g.crowd()] += t.n
	}
	m.normalise()
	old := e.m
	e.m = m
	e.divide(u)
	for k := range e.odds {
		start := startOdds(k, mates)
		e.odds[k] = min(max((matches[k]+start)/max(pairs[k]-matches[k]+1, 1), start/10), start*10)
	}
	e.matches = matches
	change := 0.0
	for f := range m {
		for l := range missing {
			d := e.m[f][l] - old[f][l]
			change = max(change, d, -d)
		}
	}
	return change
}

// divide sets the ratios, pooled so that no worse level weighs more than a
// better one of its run (pool adjacent violators).
func (e *em) divide(u *rates) {
	for f, field := range fields() {
		at := 0
		for _, run := range field.runs {
			e.pool(u, f, at, at+run)
			at += run
		}
	}
}

func (e *em) pool(u *rates, f, from, to int) {
	type block struct {
		m, u float64
		n    int
	}
	var blocks []block
	for l := from; l < to; l++ {
		blocks = append(blocks, block{e.m[f][l], u[f][l], 1})
		for k := len(blocks) - 1; k > 0 && blocks[k].m*blocks[k-1].u > blocks[k-1].m*blocks[k].u; k-- {
			a, b := blocks[k-1], blocks[k]
			blocks = append(blocks[:k-1], block{a.m + b.m, a.u + b.u, a.n + b.n})
		}
	}
	l := from
	for _, b := range blocks {
		for range b.n {
			e.ratio[f][l] = b.m / b.u
			l++
		}
	}
}

// spread returns the expected number of matches and the share of the unsure
// among the pairs that are at all likely.
func spread(tallies []tally) (matches, unsure float64) {
	likely := 0.0
	for i := range tallies {
		t := &tallies[i]
		matches += float64(t.n * t.p)
		if t.p >= 0.1 {
			likely += t.n
		}
		if t.p > 0.1 && t.p < 0.9 {
			unsure += t.n
		}
	}
	all := 0.0
	for i := range tallies {
		all += tallies[i].n
	}
	return matches, unsure / max(all, 1)
}

// modelOf writes the ratios as millibits. The lift goes into the number of
// mates that the prior assumes.
func (p *Partition) modelOf(e *em, u rates, matches float64) Model {
	m := p.Model
	m.Name, m.Made = "learnt", fmt.Sprintf("by EM from %d claims, without labels", p.live)
	m.Mates, m.Crowd = e.line()
	m.Review = min(m.Review, learntReview)
	m.Weights = map[string]map[string]int32{}
	for f, field := range fields() {
		w := map[string]int32{}
		for l, name := range field.levels {
			w[name] = millibits(e.ratio[f][l])
		}
		m.Weights[field.name] = w
	}
	return m
}

// line returns the number of mates and the cost of a crowd, in thousandths,
// whose line through the logarithms of the prior odds fits best, each weighted
// by the matches that it rests on.
func (e *em) line() (mates, crowd int32) {
	var n, sx, sy, sxx, sxy float64
	for k, w := range e.matches {
		x, y := float64(2*k+1)/4, float64(millibits(e.odds[k]))/1000
		n, sx, sy = n+w, sx+float64(w*x), sy+float64(w*y)
		sxx, sxy = sxx+float64(float64(w*x)*x), sxy+float64(float64(w*x)*y)
	}
	slope := 0.0
	if d := float64(n*sxx) - float64(sx*sx); d > 0 {
		slope = (float64(sx*sy) - float64(n*sxy)) / d
	}
	slope = min(max(slope, float64(minCrowd)/1000), float64(maxCrowd)/1000)
	at0 := (sy + float64(slope*sx)) / max(n, 1) // bits
	mates = 1
	for log2Milli(uint64(mates))-bitsOf1000 < int32(at0*1000) && mates < 1_000_000 {
		mates++
	}
	return mates, int32(slope * 1000)
}

// millibits returns 1000*log2(x) within 20 bits, by integers.
func millibits(x float64) int32 {
	const one = 1 << 30
	v := log2Milli(uint64(min(max(x*one, 1), 1<<52))) - log2Milli(one)
	return min(max(v, -maxWeight), maxWeight)
}

// refusal says why a learnt model is not to be used, "" if it may be.
func refusal(out *Learnt, fits []em, tallies []tally, labels []Label, l *Linker) string {
	if out.Unsure > maxUnsure {
		return fmt.Sprintf("%.1f %% of the pairs are unsure, over %.0f %%", 100*out.Unsure, 100*maxUnsure)
	}
	yes := make([][]bool, len(fits))
	for k := range fits {
		fits[k].expect(tallies)
		for i := range tallies {
			yes[k] = append(yes[k], tallies[i].p >= 0.5)
		}
	}
	fits[0].expect(tallies)
	differ, all := 0.0, 0.0
	for i := range tallies {
		all += tallies[i].n
		for k := 1; k < len(fits); k++ {
			if yes[k][i] != yes[0][i] {
				differ += tallies[i].n
				break
			}
		}
	}
	if differ > maxDisagree*all {
		return fmt.Sprintf("models from three starts disagree on %.1f %% of the pairs, over %.0f %%", 100*differ/all, 100*maxDisagree)
	}
	if len(labels) >= enoughLabels {
		w, err := out.Model.compile()
		if err != nil {
			return err.Error()
		}
		if old, now := l.mistakes(labels, &l.p.Model, &l.p.weights), l.mistakes(labels, &out.Model, &w); now > old {
			return fmt.Sprintf("it judges %d of %d labels wrongly, the model in force %d", now, len(labels), old)
		}
	}
	return ""
}

// mistakes counts the labels that weights judge wrongly, pair by pair.
func (l *Linker) mistakes(labels []Label, m *Model, w *weights) int {
	n := 0
	for _, lb := range labels {
		g, ok := l.patternOf(lb)
		if !ok {
			continue
		}
		sum := log2Milli(uint64(m.Mates)) - bitsOf1000 - int32(g.crowd())*m.Crowd/2
		for f := range nFields {
			sum += w[f][g.level(f)]
		}
		if (sum >= 0) != lb.Same {
			n++
		}
	}
	return n
}
