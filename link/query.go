package link

// What decides whether a candidate nominates its incident is a bound on a sum:
// the fields that tell most and cost least come first, from tables, and a pair
// that no other field could lift to the floor is left at once.

// tables holds the weights that a query reads instead of comparing.
type tables struct {
	time [timeSteps]int16           // by the minutes between two instants
	toll [notSmall * notSmall]int16 // by two small figures of the killed
	acts [maxNodes + 2]*[256]int16  // of each act, by the other's
	made int                        // acts that those rows know
}

// timeSteps is over two days in minutes: farther apart weighs no less.
const timeSteps = 3_600

func (p *Partition) makeTables() {
	t, w := &p.tables, &p.weights
	x, y := packed{flags: isDated}, packed{flags: isDated}
	for dt := range t.time {
		y.t0, y.t1 = int32(dt), int32(dt)
		t.time[dt] = int16(w[fTime][timeLevel(&x, &y)])
	}
	for a := range uint16(notSmall - 1) {
		for b := range uint16(notSmall - 1) {
			t.toll[int(a+1)*notSmall+int(b+1)] = int16(w[fKilled][tollLevel([2]uint16{a, a}, [2]uint16{b, b}, false)])
		}
	}
}

// actRow returns the weights of an act by the other claim's, rarity left out.
func (p *Partition) actRow(act uint8) *[256]int16 {
	t := &p.tables
	if t.made != len(p.words.acts.names) {
		t.acts, t.made = [maxNodes + 2]*[256]int16{}, len(p.words.acts.names)
	}
	if t.acts[act] == nil {
		var row [256]int16
		for other := range row {
			row[other] = int16(p.weights[fAct][p.actLevel(act, uint8(other))])
		}
		t.acts[act] = &row
	}
	return t.acts[act]
}

// query is a claim made ready to be held against many.
type query struct {
	x              claim
	floor          int32
	late           int32 // the most that the fields which are compared last can add, words that are shared left out
	early          int32 // late, and the most of act, accused, side hit and toll
	most           int32 // early, and the most of place
	instant        bool
	act            *[256]int16
	rareAct        int32
	byNone, bySame int32 // other accused, the same
}

// ready makes a query of x for pairs that weigh floor or more.
func (p *Partition) ready(x claim, floor int32) {
	q, w := &p.query, &p.weights
	*q = query{x: x, floor: floor, late: p.late(x), instant: x.flags&isDated != 0 && x.t0 == x.t1, act: p.actRow(x.act), rareAct: int32(x.rare[rAct]) * unitBits}
	q.byNone, q.bySame = w[fBy][2], w[fBy][0]+int32(x.rare[rBy])*unitBits
	q.early = q.late + p.mostOf(x.act != 0, fAct, x.rare[rAct]) + p.mostOf(x.by != 0, fBy, x.rare[rBy]) +
		p.mostOf(x.against != 0, fAgainst, x.rare[rAgainst]) + p.mostOf(x.figure != 0, fKilled, x.rare[rKilled])
	q.most = q.early + p.mostOf(true, fPlace, x.rare[rPlace])
}

// mostOf returns the most that a field can add, 0 where x does not state it.
func (p *Partition) mostOf(has bool, f int, rare int8) int32 {
	if !has {
		return 0
	}
	return p.most[f] + max(int32(rare)*unitBits, 0)
}

// late returns the most that the fields which are compared last can add for x,
// words that are shared left out.
func (p *Partition) late(x claim) int32 {
	return p.mostOf(x.day>>3 != 0, fHour, 0) + p.mostOf(true, fCame, 0) + p.mostOf(x.weapon != 0, fWeapon, x.rare[rWeapon]) +
		p.mostOf(x.object != 0, fObject, x.rare[rObject]) + p.mostOf(x.wounded[0] != unstated, fWounded, x.rare[rWounded]) +
		p.mostOf(x.names != 0, fVictims, 0)
}

// nominates reports whether the pair of the query's claim and claim id weighs
// the floor or more.
func (p *Partition) nominates(id int32) bool {
	q, y := &p.query, p.claims.at(id)
	x := q.x
	floor := q.floor
	if x.sign&y.sign != 0 {
		floor -= p.wordsMost
	}
	time, w := uint8(0), int32(0)
	if q.instant && y.flags&isDated != 0 && y.t0 == y.t1 {
		dt := x.t0 - y.t0
		w = int32(p.tables.time[min(uint32(max(dt, -dt)), timeSteps-1)])
	} else {
		time = timeLevel(x.packed, y)
		w = p.weights[fTime][time]
	}
	if w+q.most < floor {
		return false
	}
	place := p.placeLevel(x.packed, y)
	w += p.weights[fPlace][place]
	if place == samePlace {
		w += int32(x.rare[rPlace]) * unitBits
	}
	if w+q.early < floor {
		return false
	}
	w += p.tellingly(q, y)
	if w+q.late < floor {
		return false
	}
	return w+p.lately(x, p.at(id), time) >= q.floor
}

// tellingly weighs act, accused, side hit and toll.
func (p *Partition) tellingly(q *query, y *packed) int32 {
	x, w := q.x, int32(q.act[y.act])
	if y.act == x.act && x.act != 0 {
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
			w += int32(x.rare[rAgainst]) * unitBits
		}
	}
	switch {
	case x.figure == 0 || y.figure == 0:
	case x.figure < notSmall && y.figure < notSmall && x.lineage != y.lineage:
		w += int32(p.tables.toll[int(x.figure)*notSmall+int(y.figure)])
		if x.figure == y.figure {
			w += int32(x.rare[rKilled]) * unitBits
		}
	default:
		l := tollLevel(x.killed, y.killed, x.lineage == y.lineage)
		w += p.weights[fKilled][l]
		if l == 0 && x.killed == y.killed {
			w += int32(x.rare[rKilled]) * unitBits
		}
	}
	return w
}

// lately weighs the rest: what is compared at more cost, or seldom stated.
func (p *Partition) lately(x, y claim, time uint8) int32 {
	w := &p.weights
	b := w[fConcepts][conceptLevel(x, y)] + w[fHour][hourLevel(x.packed, y.packed)] + w[fCame][cameLevel(x.packed, y.packed, time)]
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
