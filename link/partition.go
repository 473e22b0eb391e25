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
	spots     slab[spot]
	claims    slab[packed]
	seats     slab[seat]
	stating   ranks // claims that state more
	mores     slab[more]
	refs      refs
	incidents slab[incident]
	crowds    slab[[maxReps - fewReps]int32] // representatives of incidents of many accounts, but for the first
	mates     chain                          // claim -> the next of its incident
	live      int32                          // claims that are not gone and not aside by mode
	links     map[int32][]int32              // claim -> claims that it answers or that answer it
	copies    map[int32]int32                // claim -> the claim it copies
	restated  map[int32][]int32              // claim that a repair moved -> those that it was held against where it went
	texts     texts
	moved     []int32 // claims whose incident the current call changed
	tables    tables
	query     query
	find      search
	arrival   arrival // of a claim that is added alone
	more      more    // of the claim that is read
	stated    [nRare]freq
	scored    []score
	near      []int32 // incidents that the newest claim fits best
	met       idSet   // incidents that it was held against
	stats     Stats
}

// Stats counts what the engine did.
type Stats struct {
	Claims, Incidents, Candidates, Compared, Capped, Merged, Repaired, Copies int64
}

// incident is a set of claims, chained from its anchor.
type incident struct {
	anchor, last int32 // its first and its last claim; where it was merged, last is the incident it went into
	first        [fewReps]int32
	held         int32 // the number of its representatives and, above four bits, one more than where the others are; none where it was merged
}

// reps are the claims that stand for an incident, one of each account.
type reps struct {
	ids [maxReps]int32
	n   int8
}

const (
	maxReps = 8
	fewReps = 3
)

func (r *reps) list() []int32 { return r.ids[:r.n] }

// add takes claim id among the representatives where it adds an account: the
// anchor first, the newest last. It reports whether it did.
func (r *reps) add(p *Partition, id int32) bool {
	lineage := p.claims.at(id).lineage
	for _, i := range r.list() {
		if p.claims.at(i).lineage == lineage {
			return false
		}
	}
	r.n = min(r.n+1, maxReps)
	r.ids[r.n-1] = id
	return true
}

// reps returns the representatives of an incident.
func (p *Partition) reps(g *incident) reps {
	r := reps{}
	if g.held == none {
		return r
	}
	r.n = int8(g.held & 15)
	copy(r.ids[:], g.first[:])
	if r.n > fewReps {
		copy(r.ids[fewReps:], p.crowds.at(g.held>>4 - 1)[:])
	}
	return r
}

// represent takes claim id among an incident's representatives where it adds an
// account.
func (p *Partition) represent(g *incident, id int32) {
	r := p.reps(g)
	if !r.add(p, id) {
		return
	}
	g.held = g.held&^15 | int32(r.n)
	copy(g.first[:], r.ids[:])
	if r.n <= fewReps {
		return
	}
	if g.held>>4 == 0 {
		g.held |= (p.crowds.add([maxReps - fewReps]int32{}) + 1) << 4
	}
	copy(p.crowds.at(g.held>>4 - 1)[:], r.ids[fewReps:])
}

// newPartition returns an empty partition under a model.
func newPartition(m Model) *Partition {
	w, err := m.compile()
	if err != nil {
		panic("link: a model is checked by LoadModel: " + err.Error())
	}
	p := &Partition{
		Model: m, weights: w, words: newWords(), index: newIndex(),
		links: map[int32][]int32{}, copies: map[int32]int32{}, restated: map[int32][]int32{}, texts: newTexts(),
	}
	p.refs = newRefs()
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

// arrival is a claim on its way. It is read, then looked for, then placed: each
// step needs what the one before it found, of this claim and of all before it,
// and nothing of the ones after it.
type arrival struct {
	it       *Item
	id       int32
	cites    int32   // the first claim that it cites and that is known, none
	about    []int32 // those known that it says it is about
	original int32   // the claim that it copies, none
	home     int32   // the original's incident, where it is a copy beyond doubt
	nominees []int32 // claims that it may be about by their weight alone
	found    int32   // candidates
	capped   bool
	prior    int32
	err      error
}

func (a *arrival) begin(it *Item) {
	*a = arrival{it: it, cites: none, original: none, home: none, about: a.about[:0], nominees: a.nominees[:0]}
}

// read is the first step: words, names and nothing else.
func (p *Partition) read(a *arrival) {
	a.id = p.claims.n
	x := claim{p.spots.room(a.id), p.claims.room(a.id), &p.more}
	*p.seats.room(a.id) = seat{in: none}
	p.words.pack(a.it, true, x)
	p.claims.n++
	p.stating.add(x.flags&hasMore != 0)
	if x.flags&hasMore != 0 {
		p.mores.add(p.more)
	}
	for _, name := range a.it.Cites {
		if y, ok := p.refs.get(name); ok {
			a.cites = y
			break
		}
	}
	p.refs.add(a.it.Ref, a.id)
	for _, name := range a.it.About {
		if y, ok := p.refs.get(name); ok {
			a.about = append(a.about, y)
		}
	}
}

// look is the second step: accounts, the index and what is in it. Where it must
// know how an earlier claim was placed it calls placed first.
func (p *Partition) look(a *arrival, placed func()) {
	x := p.at(a.id)
	p.believe(a.it, x)
	p.arrive(a.it, x)
	for f := range p.stated {
		p.stated[f].admit(valueOf(x, f))
	}
	p.judge(x)
	surely := p.lineage(a, x, placed)
	if x.lineage == 0 {
		x.lineage = own | uint32(a.id)
	}
	x.kin = uint8(x.lineage)
	p.stats.Claims++
	if a.original != none {
		p.copies[a.id] = a.original
		p.stats.Copies++
	}
	if a.it.Mode == Aside {
		return
	}
	if surely {
		placed()
		a.home = p.seats.at(a.original).in
	}
	if a.home != none {
		x.prior = p.at(a.original).prior
		p.live++
		return // a copy is no witness: nothing is looked for by it
	}
	p.nominate(a, x)
	x.prior = int16(a.prior)
	p.insert(a.id, x)
	p.note(x, 1)
	p.live++
}

// place is the last step: which incident.
func (p *Partition) place(a *arrival) placed {
	p.moved, p.near = p.moved[:0], p.near[:0]
	out := placed{id: a.id, original: a.original, in: none, state: Alone}
	x := p.at(a.id)
	switch {
	case a.it.Mode == Aside:
		p.stand(a.id, 0, 0, Alone)
		return out
	case a.home != none:
		out.in, out.about, out.state = a.home, true, Joined
		p.settle(x, &out)
		return out
	}
	p.seek(a, x, &out)
	p.settle(x, &out)
	if in := p.root(p.seats.at(a.id).in); in != none && len(p.near) > 0 {
		p.repair(in, p.near)
		out.in = p.seats.at(a.id).in
	}
	return out
}

// arrive notes the day on which a claim came in: that on which it was said or,
// where that is not stated, the latest day that any claim told of so far.
func (p *Partition) arrive(it *Item, c claim) {
	switch d, dated := dayOf(c); {
	case it.Said != 0:
		c.came = uint16(min(max(int64(it.Said)/(24*60*60), 1), 65535))
	case dated:
		c.came = uint16(min(max(d, 1), 65535))
	case p.dated > 0:
		c.came = uint16(min(max(p.last, 1), 65535))
	}
}

// believe takes off what cannot be true: a time well after the claim was made,
// and what follows from it.
func (p *Partition) believe(it *Item, c claim) {
	const slack = 2 * minutesADay // a date line away, and a day told by its end
	if c.flags&isDated != 0 && it.Said != 0 && int64(c.from()) > int64(it.Said)/60+slack {
		c.flags &^= isDated
		c.minute = notInstant
		if c.flags&hasMore != 0 {
			c.t0, c.t1 = 0, 0
		}
	}
}

// seek fills out with where x belongs by weight or by what it says it is about.
func (p *Partition) seek(a *arrival, x claim, out *placed) {
	id := a.id
	for _, y := range a.about {
		if a.it.Response {
			p.links[id] = append(p.links[id], y)
			p.links[y] = append(p.links[y], id)
			continue
		}
		if in := p.seats.at(y).in; in != none {
			out.in, out.about, out.state = in, true, Joined
			x.prior = p.at(y).prior
			return
		}
	}
	p.sift(a, x)
	scored := p.score(a, x)
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
		if r := p.reps(p.incidents.at(best.in)); p.otherDay(x, r.list()) {
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
func (p *Partition) otherDay(x claim, others []int32) bool {
	const most = 18 * 60 // minutes between what may still be one night
	for _, i := range others {
		y := p.at(i)
		gap := (int64(x.from()) + int64(x.to()) - int64(y.from()) - int64(y.to())) / 2
		if x.flags&y.flags&isDated == 0 || x.from() < y.to() && y.from() < x.to() || max(gap, -gap) < most {
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
func (p *Partition) prior(x claim, own int) int32 {
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

// score returns the fit of x to every incident that a nominee is in.
func (p *Partition) score(a *arrival, x claim) []score {
	p.stats.Candidates += int64(a.found)
	if a.capped {
		p.stats.Capped++
	}
	p.scored = p.scored[:0]
	p.met.empty()
	for _, i := range a.nominees {
		in := p.seats.at(i).in
		if in != none && p.claims.at(i).flags&isGone == 0 && p.met.add(in) {
			p.scored = append(p.scored, p.fit(x, in, a.prior))
		}
	}
	return p.scored
}

// fit scores x against the representatives of an incident.
func (p *Partition) fit(x claim, in, prior int32) score {
	r := p.reps(p.incidents.at(in))
	s := score{in: in, rival: none}
	for _, i := range r.list() {
		y := p.at(i)
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
func (p *Partition) explain(x claim, in int32, shares *[nFields]Share) int32 {
	for f := range shares {
		shares[f].Level = missing
	}
	r := p.reps(p.incidents.at(in))
	for _, i := range r.list() {
		p.share(x, p.at(i), shares)
	}
	return int32(x.prior) * int32(r.n)
}

// settle writes down where x went, opening an incident where it may.
func (p *Partition) settle(x claim, out *placed) {
	switch {
	case out.in != none:
		p.join(out.id, out.in)
	case x.flags&isSupport == 0:
		out.state = Opened
		p.seats.at(out.id).fit |= isOpener
		out.in = p.incidents.add(incident{anchor: out.id, last: none})
		p.stats.Incidents++
		p.join(out.id, out.in)
	}
	p.stand(out.id, out.best.sum, out.best.n, out.state)
}

// stand writes down how a claim came to stand.
func (p *Partition) stand(id, sum, n int32, s State) {
	seat := p.seats.at(id)
	seat.fit = seat.fit.with(sum, n, s)
}

// join appends claim id to an incident, in the order of the record.
func (p *Partition) join(id, in int32) {
	g := p.incidents.at(in)
	p.seats.at(id).in = in
	switch {
	case g.last == none:
		g.anchor = id
		g.last = id
		p.mates.set(id, none)
	case id > g.last:
		p.mates.set(g.last, id)
		p.mates.set(id, none)
		g.last = id
	case id < g.anchor:
		p.mates.set(id, g.anchor)
		g.anchor = id
	default:
		at := g.anchor
		for p.mates.next(at) < id {
			at = p.mates.next(at)
		}
		p.mates.set(id, p.mates.next(at))
		p.mates.set(at, id)
	}
	p.represent(g, id)
}

// members calls f with each claim of an incident in record order, gone ones
// included, until f returns false.
func (p *Partition) members(in int32, f func(int32, claim) bool) {
	for i := p.incidents.at(in).anchor; i != none; {
		next := p.mates.next(i)
		if !f(i, p.at(i)) {
			return
		}
		i = next
	}
}

// root returns the incident that an incident was merged into, or itself.
func (p *Partition) root(in int32) int32 {
	for in != none && p.incidents.at(in).held == none {
		in = p.incidents.at(in).last
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
	r := p.reps(p.incidents.at(b))
	for _, i := range r.list() {
		x := p.at(i)
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
	p.members(a, func(i int32, _ claim) bool { ids = append(ids, i); return true })
	p.members(b, func(i int32, _ claim) bool {
		ids = append(ids, i)
		p.seats.at(i).in = a
		p.moved = append(p.moved, i)
		return true
	})
	slices.Sort(ids)
	p.incidents.at(b).last, p.incidents.at(b).held = a, none
	p.rebuild(a, ids)
	p.stats.Merged++
	p.stats.Incidents--
}

// rebuild makes an incident of the claims of ids, which are in record order.
func (p *Partition) rebuild(in int32, ids []int32) {
	g := p.incidents.at(in)
	g.anchor, g.last, g.held = ids[0], none, g.held&^15
	p.seats.at(ids[0]).fit |= isOpener
	for _, i := range ids {
		p.seats.at(i).in = in
		p.mates.set(i, none)
		if g.last != none {
			p.mates.set(g.last, i)
		}
		g.last = i
		if p.claims.at(i).flags&isGone == 0 {
			p.represent(g, i)
		}
	}
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
	x := p.at(id)
	if x.flags&isGone != 0 {
		return none, false
	}
	x.flags |= isGone
	in := p.seats.at(id).in
	if in == none {
		return id, true
	}
	p.note(x, -1)
	p.live--
	var ids []int32
	p.members(in, func(i int32, _ claim) bool { ids = append(ids, i); return true })
	p.rebuild(in, ids)
	return id, true
}
