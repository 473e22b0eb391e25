package link

import "math/bits"

// What decides whether a candidate nominates its incident is a bound on a sum:
// the fields that tell most and cost least come first, from tables, and a pair
// that no other field could lift to the floor is left at once.

// tables holds the weights that a query reads instead of comparing.
type tables struct {
	time [timeSteps]int16                  // by the minutes between two instants
	toll [notSmall + 1][notSmall + 1]int16 // by two figures of the killed: of one not small the most that it may weigh
	said [noWords]int32                    // by the level of what words tell: the most that it or a worse one weighs, at least 0
}

// timeSteps is over two days in minutes: farther apart weighs no less.
const timeSteps = 3_600

func (p *Partition) makeTables() {
	t, w := &p.tables, &p.weights
	x, y := claim{spot: &spot{}, packed: &packed{flags: isDated}}, claim{spot: &spot{}, packed: &packed{flags: isDated}}
	for dt := range t.time {
		y.minute = int32(dt)
		t.time[dt] = int16(w[fTime][timeLevel(x, y)])
	}
	for a := range uint16(notSmall - 1) {
		for b := range uint16(notSmall - 1) {
			t.toll[a+1][b+1] = int16(w[fKilled][tollLevel([2]uint16{a, a}, [2]uint16{b, b}, false)])
		}
	}
	for f := 1; f <= notSmall; f++ {
		t.toll[f][notSmall], t.toll[notSmall][f] = int16(p.most[fKilled]), int16(p.most[fKilled])
	}
	most := max(w[fConcepts][noWords], 0)
	for l := noWords - 1; l >= 0; l-- {
		most = max(most, w[fConcepts][l])
		t.said[l] = most
	}
}

// query is a claim made ready to be held against many.
type query struct {
	x              claim
	floor          int32
	late           int32 // the most that the fields which are compared last can add, words that are shared left out
	early          int32 // late, and the most of act, accused, side hit and toll
	most           int32 // early, and the most of place
	act            *[maxNodes + 2]kinship
	rareAct        int32
	byNone, bySame int32     // other accused, the same
	said           [32]int32 // by a bit of the sign: the most that the words of that bit can add
}

// ready makes a query of x for pairs that weigh floor or more.
func (p *Partition) ready(x claim, floor int32) {
	q, w := &p.query, &p.weights
	q.x, q.floor, q.late, q.act, q.rareAct = x, floor, p.late(x), &p.words.acts.akin[x.act], x.rarity(rAct)
	q.byNone, q.bySame = w[fBy][2], w[fBy][0]+x.rarity(rBy)
	q.early, q.most = p.mosts(x)
	var told [32]int32
	tells := x.telling()
	for k, h := range x.concepts() {
		if h != 0 {
			told[h>>11] += int32(tells[k])
			q.said[h>>11] = p.tables.said[wordsLevel(told[h>>11])]
		}
	}
}

// mosts returns the most that all fields but time, place and words can add for x,
// and that with place.
func (p *Partition) mosts(x claim) (early, most int32) {
	early = p.late(x) + p.mostOf(x.act != 0, fAct, x.rarity(rAct)) + p.mostOf(x.by != 0, fBy, x.rarity(rBy)) +
		p.mostOf(x.against != 0, fAgainst, x.rarity(rAgainst)) + p.mostOf(x.figure != 0, fKilled, x.rarity(rKilled))
	return early, early + p.mostOf(true, fPlace, x.rarity(rPlace))
}

// saying returns the most that the words can add which the query's claim and one
// of a sign may share.
func (q *query) saying(p *Partition, sign uint32) int32 {
	switch sign &= q.x.sign; {
	case sign == 0:
		return 0
	case sign&(sign-1) == 0:
		return q.said[bits.TrailingZeros32(sign)]
	}
	return p.wordsMost
}

// mostOf returns the most that a field can add, 0 where x does not state it.
func (p *Partition) mostOf(has bool, f int, rare int32) int32 {
	if !has {
		return 0
	}
	return p.most[f] + max(rare, 0)
}

// late returns the most that the fields which are compared last can add for x,
// words that are shared left out.
func (p *Partition) late(x claim) int32 {
	m := p.mostOf(x.day>>3 != 0, fHour, 0) + p.mostOf(true, fCame, 0)
	if x.flags&hasMore != 0 {
		m += p.mostOf(x.weapon != 0, fWeapon, x.rarity(rWeapon)) + p.mostOf(x.object != 0, fObject, x.rarity(rObject)) +
			p.mostOf(x.wounded[0] != unstated, fWounded, x.rarity(rWounded)) + p.mostOf(x.names != 0, fVictims, 0)
	}
	return m
}

// nominate looks for the candidates of x, those that a look does not rule out.
func (p *Partition) nominate(a *arrival, x claim) {
	p.candidates(x, &p.find)
	a.found, a.capped = int32(len(p.find.found)), p.find.capped
	a.prior = p.prior(x, p.find.own)
	p.pass(a, x)
}

// sift keeps those of the candidates whose weight alone could pass the review.
func (p *Partition) sift(a *arrival, x claim) {
	p.ready(x, p.Model.Review-a.prior)
	q, n := &p.query, 0
	for _, i := range a.nominees {
		y, time, w := p.spots.at(i), uint8(0), int32(0)
		said := q.saying(p, y.sign)
		if x.minute != notInstant && y.minute != notInstant {
			w = int32(p.tables.time[steps(x.minute, y.minute)])
		} else {
			time = timeLevel(x, p.at(i))
			w = p.weights[fTime][time]
		}
		if w+q.most+said >= q.floor && p.nominates(i, time, w, said) {
			a.nominees[n] = i
			n++
		}
	}
	a.nominees = a.nominees[:n]
}

// pass notes those found that time, act, toll and words do not rule out. It has
// no branch to guess wrong: of a hundred a few are left.
func (p *Partition) pass(a *arrival, x claim) {
	s, n := &p.find, 0
	acts, tolls, weigh := &p.words.acts.akin[x.act], &p.tables.toll[min(x.figure, notSmall)], &p.weights[fAct]
	sameAct, sameToll, mostToll := x.rarity(rAct), max(x.rarity(rKilled), 0), p.mostOf(x.figure != 0, fKilled, x.rarity(rKilled))
	early, most := p.mosts(x)
	least := p.Model.Review - a.prior - (most - early) - (early - mostToll - p.mostOf(x.act != 0, fAct, sameAct))
	for _, i := range s.found {
		y := p.spots.at(i)
		w := int32(p.tables.time[steps(x.minute, y.minute)]) + weigh[acts[y.act]&15]
		toll := int32(tolls[min(y.figure, notSmall)])
		if y.figure == x.figure {
			toll += sameToll
		}
		if y.kin == x.kin {
			toll = mostToll
		}
		if y.act == x.act {
			w += sameAct
		}
		w += toll
		said := w + p.wordsMost
		if x.sign&y.sign != 0 {
			w = said
		}
		if x.minute == notInstant || y.minute == notInstant {
			w = least
		}
		if i == a.id {
			w = least - 1
		}
		s.passed[n&(maxCandidates-1)] = i
		next := n + 1
		if w >= least {
			n = next
		}
	}
	a.nominees = append(a.nominees, s.passed[:n]...)
}

// steps returns the place of two instants in the table of weights by time.
func steps(a, b int32) uint32 { return min(uint32(max(a-b, b-a)), timeSteps-1) }

// nominates reports whether the pair of the query's claim and claim id weighs the
// floor or more, where w is what the time weighs and the words add no more than
// said.
func (p *Partition) nominates(id int32, time uint8, w, said int32) bool {
	q, y := &p.query, p.at(id)
	x, floor := q.x, q.floor-said
	place := p.placeLevel(x, y)
	w += p.weights[fPlace][place]
	if place == samePlace {
		w += x.rarity(rPlace)
	}
	if w+q.early < floor {
		return false
	}
	w += p.tellingly(q, y)
	if w+q.late < floor {
		return false
	}
	return w+p.lately(x, y, time) >= q.floor
}

// tellingly weighs act, accused, side hit and toll.
func (p *Partition) tellingly(q *query, y claim) int32 {
	x := q.x
	w := p.weights[fAct][q.act[y.act].level()]
	if x.act != 0 && x.act == y.act {
		w += q.rareAct
	}
	switch {
	case x.by == 0 || y.by == 0:
	case x.by == y.by:
		w += q.bySame
	case x.by&y.by&single != 0:
		w += q.byNone
	default:
		l := setLevel(&p.words.bys, x.by, y.by)
		w += p.weights[fBy][l] // one that is not equal has no rarity
	}
	if x.against != 0 {
		l := setLevel(&p.words.sides, x.against, y.against)
		w += p.weights[fAgainst][l]
		if x.against == y.against {
			w += x.rarity(rAgainst)
		}
	}
	switch {
	case x.figure == 0 || y.figure == 0:
	case x.figure < notSmall && y.figure < notSmall && x.lineage != y.lineage:
		w += int32(p.tables.toll[x.figure][y.figure])
		if x.figure == y.figure {
			w += x.rarity(rKilled)
		}
	default:
		l := tollLevel(x.dead(), y.dead(), x.lineage == y.lineage)
		w += p.weights[fKilled][l]
		if l == 0 && x.dead() == y.dead() {
			w += x.rarity(rKilled)
		}
	}
	return w
}

// lately weighs the rest: what is compared at more cost, or seldom stated.
func (p *Partition) lately(x, y claim, time uint8) int32 {
	w := &p.weights
	b := w[fConcepts][conceptLevel(x, y)] + w[fHour][hourLevel(x, y)] + w[fCame][cameLevel(x, y, time)]
	if x.flags&y.flags&hasMore == 0 {
		return b
	}
	if x.names != 0 {
		b += w[fVictims][p.namesLevel(x.names, y.names)]
	}
	if x.weapon != 0 {
		l := nodeLevel(&p.words.arms, x.weapon, y.weapon)
		b += w[fWeapon][l] + rarity(x, y, fWeapon, l)
	}
	if x.object != 0 {
		l := nodeLevel(&p.words.objects, x.object, y.object)
		b += w[fObject][l] + rarity(x, y, fObject, l)
	}
	if x.wounded[0] != unstated {
		l := tollLevel(x.wounded, y.wounded, x.lineage == y.lineage)
		b += w[fWounded][l] + rarity(x, y, fWounded, l)
	}
	return b
}
