package link

import (
	"slices"

	"github.com/marchday/marchday/truce"
)

// State says how a claim came to stand where it stands.
type State uint8

// The states of a claim.
const (
	Joined      State = iota // by weight, or because it says what it is about
	Provisional              // by a weight that a person should look at
	Opened                   // gave an incident its name
	Alone                    // stands beside the incidents
	Pinned                   // by a decision of people
	Proposed                 // beside an incident that is frozen
)

// String returns the state's word.
func (s State) String() string {
	return [...]string{"joined", "provisional", "opened", "aside", "pinned", "proposed"}[s]
}

// Partition is the machine's own opinion: incidents as they follow from the
// claims, blind to every decision. One goroutine owns it.
type Partition struct {
	Model     Model
	weights   weights
	most      [nFields]int32 // the greatest weight of each field, at least 0
	wordsMost int32
	words     words
	index
	claims    slab[packed]
	refs      refs
	incidents slab[incident]
	live      int32              // claims that are not gone and not aside by mode
	links     map[int32][]int32  // claim -> claims that it answers or that answer it
	copies    map[int32]int32    // claim -> the claim it copies
	restated  map[int32][]Reason // claim that a repair moved -> the parts of its weight where it went
	texts     texts
	moved     []int32 // claims whose incident the current call changed
	tables    tables
	query     query
	find      search
	scored    []score
	near      []int32 // incidents that the newest claim fits best
	stamp     uint32
	stats     Stats
}

// Stats counts what the engine did.
type Stats struct {
	Claims, Incidents, Candidates, Compared, Capped, Merged, Repaired, Copies int64
}

// incident is a set of claims, chained from its anchor.
type incident struct {
	anchor, last int32
	n            int32 // claims that are not gone
	reps         [maxReps]int32
	nreps        int8
	mark         uint32
	into         int32 // the incident it was merged into, none
}

const maxReps = 8

// newPartition returns an empty partition under a model.
func newPartition(m Model) *Partition {
	w, err := m.compile()
	if err != nil {
		panic("link: a model is checked by LoadModel: " + err.Error())
	}
	p := &Partition{
		Model: m, weights: w, words: newWords(), index: newIndex(), refs: newRefs(),
		links: map[int32][]int32{}, copies: map[int32]int32{}, restated: map[int32][]Reason{}, texts: newTexts(),
	}
	for f := range w {
		p.most[f] = slices.Max(w[f][:])
	}
	p.wordsMost = p.most[fConcepts]
	p.makeTables()
	return p
}

// score is how well a claim fits an incident.
type score struct {
	in     int32
	sum    int32 // over the claims compared, with the prior of each
	beyond int32 // the part that is neither prior, place nor time
	n      int32
	barred bool  // an exchange with a member
	rival  int32 // that member, where it is of the same place and day
}

func (s score) mean() int32 { return floorDiv(s.sum, s.n) }

// better reports whether a fits better than b: by mean, ties to the older.
func (p *Partition) better(a, b score) bool {
	l, r := int64(a.sum)*int64(b.n), int64(b.sum)*int64(a.n)
	if l != r {
		return l > r
	}
	return p.incidents.at(a.in).anchor < p.incidents.at(b.in).anchor
}

// placed is what the machine did with one claim.
type placed struct {
	id       int32
	in       int32
	state    State
	best     score // where it went
	next     score // the best of the others; n 0 if none
	shares   [nFields]Share
	prior    int32 // summed over the claims compared
	about    bool
	original int32 // the claim that it copies, none
}

// add places one claim in record order.
func (p *Partition) add(it *Item) placed {
	p.moved, p.near = p.moved[:0], p.near[:0]
	c := p.words.pack(it, true)
	p.believe(it, &c)
	p.arrive(it, &c)
	p.words.judge(&c)
	out := placed{original: none, in: none, state: Alone}
	var surely bool
	out.original, surely = p.lineage(it, &c)
	id := p.claims.add(c)
	x := p.claims.at(id)
	out.id = id
	p.refs.add(it.Ref, id)
	if x.lineage == 0 {
		x.lineage = own | uint32(id)
	}
	if out.original != none {
		p.copies[id] = out.original
		p.stats.Copies++
	}
	p.stats.Claims++
	if it.Mode == Aside {
		x.state = Alone
		return out
	}
	if in := p.home(out.original); surely && in != none {
		out.in, out.about, out.state = in, true, Joined
		x.prior = p.claims.at(out.original).prior
		p.settle(x, &out)
		p.live++
		return out // a copy is no witness: nothing is looked for by it
	}
	p.seek(id, x, it, &out)
	p.settle(x, &out)
	p.insert(id, x)
	p.note(x, 1)
	p.live++
	if in := p.root(x.in); in != none && len(p.near) > 0 {
		p.repair(in, p.near)
		out.in = x.in
	}
	return out
}

// arrive notes the day on which a claim came in: that on which it was said or,
// where that is not stated, the latest day that any claim told of so far.
func (p *Partition) arrive(it *Item, c *packed) {
	switch d, dated := dayOf(c); {
	case it.Said != 0:
		c.came = uint16(min(max(int64(it.Said)/(24*60*60), 1), 65535))
	case dated:
		c.came = uint16(min(max(d, 1), 65535))
	case p.dated > 0:
		c.came = uint16(min(max(p.last, 1), 65535))
	}
}

// home returns the incident of a claim, none where it stands aside or is none.
func (p *Partition) home(id int32) int32 {
	if id == none {
		return none
	}
	return p.claims.at(id).in
}

// believe takes off what cannot be true: a time well after the claim was made,
// and what follows from it.
func (p *Partition) believe(it *Item, c *packed) {
	const slack = 2 * minutesADay // a date line away, and a day told by its end
	if c.flags&isDated != 0 && it.Said != 0 && int64(c.t0) > int64(it.Said)/60+slack {
		c.flags &^= isDated
		c.t0, c.t1 = 0, 0
	}
}

// seek fills out with where x belongs by weight or by what it says it is about.
func (p *Partition) seek(id int32, x *packed, it *Item, out *placed) {
	for _, ref := range it.About {
		y, ok := p.refs.get(ref)
		if !ok {
			continue
		}
		if it.Response {
			p.links[id] = append(p.links[id], y)
			p.links[y] = append(p.links[y], id)
			continue
		}
		if in := p.claims.at(y).in; in != none {
			out.in, out.about, out.state = in, true, Joined
			x.prior = p.claims.at(y).prior
			return
		}
	}
	scored := p.score(id, x)
	p.neighbours(scored)
	var best, next, against score
	for _, s := range scored {
		switch {
		case s.barred && s.rival != none && (against.n == 0 || p.better(s, against)):
			against = s
		case s.barred:
		case best.n == 0 || p.better(s, best):
			best, next = s, best
		case next.n == 0 || p.better(s, next):
			next = s
		}
	}
	if against.n > 0 {
		p.links[id] = append(p.links[id], against.rival)
		p.links[against.rival] = append(p.links[against.rival], id)
	}
	switch {
	case best.n > 0 && best.mean() >= p.Model.Auto && best.beyond > 0:
		out.state, out.in = Joined, best.in
		if g := p.incidents.at(best.in); p.otherDay(x, g.reps[:g.nreps]) {
			out.state = Provisional
		}
	case best.n > 0 && best.mean() >= p.Model.Review && best.beyond > 0:
		out.state, out.in = Provisional, best.in
	default:
		out.next = best
		return
	}
	out.best, out.next = best, next
	out.prior = p.explain(x, best.in, &out.shares)
	if next.n > 0 && best.mean() >= p.Model.Auto && next.mean() >= p.Model.Auto && next.beyond > 0 {
		p.mergeIfOne(best.in, next.in)
		out.in = p.root(out.in)
	}
}

// otherDay reports whether a claim states another day than every one of
// others: how much else they share, whether they are one is for a person.
func (p *Partition) otherDay(x *packed, others []int32) bool {
	const most = 18 * 60 // minutes between what may still be one night
	for _, i := range others {
		y := p.claims.at(i)
		gap := (int64(x.t0) + int64(x.t1) - int64(y.t0) - int64(y.t1)) / 2
		if x.flags&y.flags&isDated == 0 || x.t0 < y.t1 && y.t0 < x.t1 || max(gap, -gap) < most {
			return false
		}
	}
	return len(others) > 0
}

// neighbours keeps the incidents that a claim fits best, for the repair.
func (p *Partition) neighbours(scored []score) {
	for range maxNeighbours {
		var best score
		for _, s := range scored {
			if !slices.Contains(p.near, s.in) && s.mean() >= p.Model.Review-nearBits && (best.n == 0 || p.better(s, best)) {
				best = s
			}
		}
		if best.n == 0 {
			return
		}
		p.near = append(p.near, best.in)
	}
}

const nearBits = 3000

// prior returns the prior weight of x against one claim of its window.
func (p *Partition) prior(x *packed, own int) int32 {
	crowd := int64(log2Milli(uint64(1000+p.expected(x, own, p.live))) - bitsOf1000)
	w := log2Milli(uint64(p.Model.Mates)) - bitsOf1000 - int32(crowd*int64(p.Model.Crowd)/1000)
	return max(w, -maxWeight)
}

const bitsOf1000 = 9966 // log2Milli(1000)

// crowd returns log2, in millibits, of one more than the claims on other
// incidents that x's window was expected to hold, from x's prior.
func (m *Model) crowd(prior int16) int32 {
	return (log2Milli(uint64(m.Mates)) - bitsOf1000 - int32(prior)) * 1000 / m.Crowd
}

// score returns the fit of x to every incident that a candidate nominates. A
// candidate nominates where the pair alone could pass the review.
func (p *Partition) score(id int32, x *packed) []score {
	p.candidates(x, &p.find)
	p.stats.Candidates += int64(len(p.find.found))
	if p.find.capped {
		p.stats.Capped++
	}
	prior := p.prior(x, p.find.own)
	if x.in == none { // else it is looked at again
		x.prior = int16(prior)
	}
	p.ready(x, p.Model.Review-prior)
	p.scored = p.scored[:0]
	p.stamp++
	for _, i := range p.find.found {
		y := p.claims.at(i)
		if y.flags&isGone != 0 || y.in == none || i == id {
			continue
		}
		in := p.incidents.at(y.in)
		if in.mark == p.stamp { // nominated already
			continue
		}
		if p.nominates(y) {
			in.mark = p.stamp
			p.scored = append(p.scored, p.fit(x, y.in, prior))
		}
	}
	return p.scored
}

// fit scores x against the representatives of an incident.
func (p *Partition) fit(x *packed, in, prior int32) score {
	g := p.incidents.at(in)
	s := score{in: in, rival: none}
	for _, i := range g.reps[:g.nreps] {
		y := p.claims.at(i)
		if p.exchange(x, y) {
			s.barred = true
			if s.rival == none && sameDay(x, y) && isNear(p.placeLevel(x, y)) {
				s.rival = i
			}
		}
		w, beyond := p.weigh(x, y)
		s.sum += w + prior
		s.beyond += beyond
		s.n++
	}
	p.stats.Compared += int64(s.n)
	return s
}

// explain fills shares with the parts of x's fit to an incident and returns
// the summed prior. Parts and prior add up to the score's sum exactly.
func (p *Partition) explain(x *packed, in int32, shares *[nFields]Share) int32 {
	for f := range shares {
		shares[f].Level = missing
	}
	g := p.incidents.at(in)
	for _, i := range g.reps[:g.nreps] {
		p.share(x, p.claims.at(i), shares)
	}
	return int32(x.prior) * int32(g.nreps)
}

// settle writes down where x went, opening an incident where it may.
func (p *Partition) settle(x *packed, out *placed) {
	switch {
	case out.in != none:
		p.join(out.id, x, out.in)
	case x.flags&isSupport == 0:
		out.state = Opened
		x.flags |= isOpener
		out.in = p.incidents.add(incident{anchor: out.id, last: none, into: none})
		p.stats.Incidents++
		p.join(out.id, x, out.in)
	}
	x.state = out.state
	if out.best.n > 0 {
		x.sum, x.n = out.best.sum, uint8(out.best.n)
	}
}

// join appends claim id to an incident, in the order of the record.
func (p *Partition) join(id int32, x *packed, in int32) {
	g := p.incidents.at(in)
	x.in, x.member = in, none
	switch {
	case g.last == none:
		g.anchor = id
		g.last = id
	case id > g.last:
		p.claims.at(g.last).member = id
		g.last = id
	case id < g.anchor:
		x.member, g.anchor = g.anchor, id
	default:
		at := p.claims.at(g.anchor)
		for at.member < id {
			at = p.claims.at(at.member)
		}
		x.member, at.member = at.member, id
	}
	g.n++
	p.represent(g, id, x)
}

// represent takes claim id among the incident's representatives where it adds
// an account: one of each lineage, the anchor first, the newest last.
func (p *Partition) represent(g *incident, id int32, x *packed) {
	for _, i := range g.reps[:g.nreps] {
		if p.claims.at(i).lineage == x.lineage {
			return
		}
	}
	if g.nreps < maxReps {
		g.reps[g.nreps] = id
		g.nreps++
		return
	}
	g.reps[maxReps-1] = id
}

// members calls f with each claim of an incident in record order, gone ones
// included, until f returns false.
func (p *Partition) members(in int32, f func(int32, *packed) bool) {
	for i := p.incidents.at(in).anchor; i != none; {
		c := p.claims.at(i)
		next := c.member
		if !f(i, c) {
			return
		}
		i = next
	}
}

// root returns the incident that an incident was merged into, or itself.
func (p *Partition) root(in int32) int32 {
	for in != none && p.incidents.at(in).into != none {
		in = p.incidents.at(in).into
	}
	return in
}

// mergeIfOne makes two incidents one where the mean weight across them passes
// the model's bar and no pair is an exchange.
func (p *Partition) mergeIfOne(a, b int32) {
	if p.incidents.at(a).anchor > p.incidents.at(b).anchor {
		a, b = b, a
	}
	var sum, n int64
	for _, i := range p.incidents.at(b).reps[:p.incidents.at(b).nreps] {
		x := p.claims.at(i)
		s := p.fit(x, a, int32(x.prior))
		if s.barred {
			return
		}
		sum, n = sum+int64(s.sum), n+int64(s.n)
	}
	if n == 0 || sum <= int64(p.Model.Merge)*n {
		return
	}
	p.merge(a, b)
}

// merge moves every claim of b into a, the older.
func (p *Partition) merge(a, b int32) {
	var ids []int32
	p.members(a, func(i int32, _ *packed) bool { ids = append(ids, i); return true })
	p.members(b, func(i int32, c *packed) bool {
		ids, c.in = append(ids, i), a
		p.moved = append(p.moved, i)
		return true
	})
	slices.Sort(ids)
	p.incidents.at(b).into = a
	p.rebuild(a, ids)
	p.stats.Merged++
	p.stats.Incidents--
}

// rebuild makes an incident of the claims of ids, which are in record order.
func (p *Partition) rebuild(in int32, ids []int32) {
	g := p.incidents.at(in)
	g.anchor, g.last, g.n, g.nreps = ids[0], none, 0, 0
	p.claims.at(ids[0]).flags |= isOpener
	for _, i := range ids {
		c := p.claims.at(i)
		c.member, c.in = none, in
		if g.last != none {
			p.claims.at(g.last).member = i
		}
		g.last = i
		if c.flags&isGone == 0 {
			g.n++
			p.represent(g, i, c)
		}
	}
}

// note counts the values of a claim for the weights of rarity.
func (p *Partition) note(x *packed, by int32) {
	w := &p.words
	w.places.note(x.place, by)
	w.arms.note(uint32(x.weapon), by)
	w.acts.note(uint32(x.act), by)
	w.objects.note(uint32(x.object), by)
	if x.killed[0] != unstated {
		w.killed.note(uint32(x.killed[0])+1, by)
	}
	if x.wounded[0] != unstated {
		w.wounded.note(uint32(x.wounded[0])+1, by)
	}
	w.bys.note(x.by, by)
	w.sides.note(x.against, by)
}

// remove takes a claim out for good: a person rejected or replaced it. Its
// record stays for the name of its incident. It returns false if it is unknown
// or gone.
func (p *Partition) remove(ref truce.ClaimRef) (int32, bool) {
	p.moved = p.moved[:0]
	id, ok := p.refs.get(ref)
	if !ok {
		return none, false
	}
	x := p.claims.at(id)
	if x.flags&isGone != 0 {
		return none, false
	}
	x.flags |= isGone
	if x.in == none {
		return id, true
	}
	p.note(x, -1)
	p.live--
	var ids []int32
	p.members(x.in, func(i int32, _ *packed) bool { ids = append(ids, i); return true })
	p.rebuild(x.in, ids)
	return id, true
}
