package link

import "slices"

// The limits of one repair.
const (
	maxRepairs    = 4   // changes after one claim
	maxPairScores = 200 // a repair looks at
	maxNeighbours = 4   // incidents it looks at
)

// change is one thing that a repair may do: move a claim with its copies to
// another incident, split it off, or make two incidents one.
type change struct {
	gain  int32
	claim int32 // none to merge
	from  int32
	to    int32 // none to split off
}

// view is an incident as a repair sees it: its representatives and, for each,
// what holds it there.
type view struct {
	in   int32
	reps reps
	hold [maxReps]int32 // sum of the weights to the other representatives, less the bar
}

// repair improves the partition about an incident that just changed, best gain
// first, as long as a change is worth a change of the picture (correlation
// clustering by local search; Gruenheid, Dong and Srivastava 2014).
func (p *Partition) repair(in int32, near []int32) {
	budget := maxPairScores
	for range maxRepairs {
		best := change{gain: p.Model.Gain}
		a := p.view(in, &budget)
		if a.reps.n > 1 {
			for k, i := range a.reps.list() {
				if g := -a.hold[k]; g > best.gain {
					best = change{g, i, in, none}
				}
			}
		}
		for _, b := range near {
			if b = p.root(b); b == in || p.incidents.at(b).held&15 == 0 || budget <= 0 {
				continue
			}
			if c := p.between(&a, b, &budget); c.gain > best.gain {
				best = c
			}
		}
		if best.gain <= p.Model.Gain {
			return
		}
		in = p.apply(best)
	}
}

// view scores an incident's representatives against one another.
func (p *Partition) view(in int32, budget *int) view {
	v := view{in: in, reps: p.reps(p.incidents.at(in))}
	for k, i := range v.reps.list() {
		for m, j := range v.reps.list()[:k] {
			w, _ := p.pairWeight(i, j)
			v.hold[k] += w
			v.hold[m] += w
			*budget--
		}
	}
	return v
}

// between returns the best change between a and another incident.
func (p *Partition) between(a *view, in int32, budget *int) change {
	b := p.view(in, budget)
	var toB, toA [maxReps]int32
	var barredA, barredB [maxReps]bool
	sum, barred := int32(0), false
	for k, i := range a.reps.list() {
		for m, j := range b.reps.list() {
			w, x := p.pairWeight(i, j)
			toB[k], toA[m], sum = toB[k]+w, toA[m]+w, sum+w
			barred, barredA[k], barredB[m] = barred || x, barredA[k] || x, barredB[m] || x
			*budget--
		}
	}
	best := change{}
	if n := int32(a.reps.n) * int32(b.reps.n); !barred && n > 0 && sum > p.Model.Gain && floorDiv(sum, n) > p.Model.Merge-p.Model.Auto {
		best = change{sum, none, max(a.in, in), min(a.in, in)}
		if p.incidents.at(a.in).anchor < p.incidents.at(in).anchor {
			best.from, best.to = in, a.in
		} else {
			best.from, best.to = a.in, in
		}
	}
	for k, i := range a.reps.list() {
		if g := toB[k] - a.hold[k]; !barredA[k] && a.reps.n > 1 && g > best.gain && toB[k] > 0 {
			best = change{g, i, a.in, in}
		}
	}
	for m, j := range b.reps.list() {
		if g := toA[m] - b.hold[m]; !barredB[m] && b.reps.n > 1 && g > best.gain && toA[m] > 0 {
			best = change{g, j, in, a.in}
		}
	}
	return best
}

// pairWeight returns the weight of two claims above the bar of a provisional
// join, and whether they are an exchange.
func (p *Partition) pairWeight(i, j int32) (int32, bool) {
	if i < j {
		i, j = j, i
	}
	x, y := p.at(i), p.at(j)
	w, _ := p.weigh(x, y)
	p.stats.Compared++
	return w + int32(x.prior) - p.Model.Review, p.exchange(x, y)
}

// apply makes a change and returns the incident to look at next.
func (p *Partition) apply(c change) int32 {
	p.stats.Repaired++
	if c.claim == none {
		p.merge(c.to, c.from)
		return c.to
	}
	lineage := p.at(c.claim).lineage
	var stay, go_ []int32
	p.members(c.from, func(i int32, x claim) bool {
		if x.lineage == lineage && x.flags&isGone == 0 {
			go_ = append(go_, i)
		} else {
			stay = append(stay, i)
		}
		return true
	})
	if len(stay) == 0 { // all of one account: nothing to part
		return c.from
	}
	to := c.to
	if to == none {
		to = p.incidents.add(incident{anchor: go_[0], last: none})
		p.stats.Incidents++
	} else {
		p.members(to, func(i int32, _ claim) bool { go_ = append(go_, i); return true })
		slices.Sort(go_)
	}
	p.reform(c.from, stay)
	p.reform(to, go_)
	for _, i := range go_ {
		if x := p.at(i); x.lineage == lineage {
			p.moved = append(p.moved, i)
			p.restate(i, x)
		}
	}
	return to
}

// reform makes an incident of other claims, and notes its first as moved, or
// all of them where the first is another: they then bear its name.
func (p *Partition) reform(in int32, ids []int32) {
	if before := p.incidents.at(in).anchor; before != ids[0] {
		p.moved = append(p.moved, ids...)
	} else {
		p.moved = append(p.moved, before)
	}
	p.rebuild(in, ids)
}

// restate writes down how claim i fits where it was put.
func (p *Partition) restate(i int32, x claim) {
	in := p.incidents.at(p.seats.at(i).in)
	if in.anchor == i {
		p.restated[i] = nil
		p.stand(i, 0, 0, Opened)
		return
	}
	r, sum := p.reps(in), int32(0)
	others := slices.DeleteFunc(r.list(), func(j int32) bool { return j == i })
	for _, j := range others {
		w, _ := p.pairWeight(i, j)
		sum += w + p.Model.Review
	}
	n := int32(len(others))
	p.restated[i] = slices.Clone(others)
	state := Provisional
	if n == 0 || floorDiv(sum, n) >= p.Model.Auto && !p.otherDay(x, others) {
		state = Joined
	}
	p.stand(i, sum, n, state)
}

const maxSweeps = 8

// RepairAll repairs every incident until nothing is worth a change, at most
// eight sweeps, and returns how many changes it made. It is for measuring how
// far the stream drifts from the best that is near: the fold never calls it.
func (l *Linker) RepairAll() int {
	p := l.p
	before := p.stats.Repaired
	for range maxSweeps {
		start := p.stats.Repaired
		for id := int32(0); id < p.claims.n; id++ {
			x := p.at(id)
			if p.seats.at(id).in == none || x.flags&isGone != 0 {
				continue
			}
			p.near = p.near[:0]
			a := &p.arrival
			*a = arrival{id: id, nominees: a.nominees[:0]}
			p.nominate(a, x)
			p.sift(a, x)
			p.neighbours(p.score(a, x))
			p.repair(p.seats.at(id).in, slices.Clone(p.near))
		}
		if p.stats.Repaired == start {
			break
		}
	}
	l.dirty = true
	clear(l.stands)
	return int(p.stats.Repaired - before)
}
