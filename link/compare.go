package link

import (
	"github.com/marchday/marchday/truce"
)

// pair is the comparison of two claims: a level per field.
type pair [nFields]uint8

// compare fills v with the levels of x against y. It is symmetric but for the
// growth of a toll: x is the newer of the two.
func (p *Partition) compare(x, y claim, v *pair) {
	v[fPlace] = p.placeLevel(x, y)
	v[fTime] = timeLevel(x, y)
	v[fHour] = hourLevel(x, y)
	v[fCame] = cameLevel(x, y, v[fTime])
	v[fAct] = p.actLevel(x.act, y.act)
	v[fWeapon] = nodeLevel(&p.words.arms, x.weapon, y.weapon)
	v[fObject] = nodeLevel(&p.words.objects, x.object, y.object)
	v[fBy] = setLevel(&p.words.bys, x.by, y.by)
	v[fAgainst] = setLevel(&p.words.sides, x.against, y.against)
	grows := x.lineage == y.lineage
	v[fKilled] = tollLevel(x.dead(), y.dead(), grows)
	v[fWounded] = tollLevel(x.wounded, y.wounded, grows)
	v[fVictims] = p.namesLevel(x.names, y.names)
	v[fConcepts] = conceptLevel(x, y)
}

// distance2 returns the square of the distance of two points in square metres,
// on the plane that touches the earth at x.
func (p *Partition) distance2(x, y *packed) int64 {
	dy := int64(x.lat) - int64(y.lat)
	dx := int64(x.lon) - int64(y.lon)
	if dx > 1_800_000_000 {
		dx -= 3_600_000_000
	} else if dx < -1_800_000_000 {
		dx += 3_600_000_000
	}
	const metres20 = 11660 // metres per unit, in 1/2^20
	dy, dx = dy*metres20>>20, dx*metres20>>20
	dx = dx * int64(p.cosines[(int64(x.lat)+900_000_000)>>latBits]) >> 16
	return dx*dx + dy*dy
}

// placeLevel compares place and place name as one: they depend on each other.
// Names that differ by a lost letter count as one name.
func (p *Partition) placeLevel(x, y claim) uint8 {
	same := x.place != 0 && y.place != 0 && x.place == y.place
	if x.flags&y.flags&isPointed == 0 {
		switch {
		case same:
			return samePlace
		case x.area == 0 || y.area == 0:
			return missing
		case x.area == y.area:
			return samePlace + 1
		}
		return samePlace + 2
	}
	d2 := p.distance2(x.packed, y.packed)
	sx, sy := int64(x.sigma)*10, int64(y.sigma)*10
	v := sx*sx + sy*sy + 250_000
	vague := max(sx, sy) > 1_200
	switch {
	case same && vague:
		return 6 + b2u(d2*4 >= v*9)
	case same:
		return b2u(d2*4 >= v) + b2u(d2 >= v) + b2u(d2*4 >= v*9) + b2u(d2 >= v*4) + b2u(d2 >= v*9)
	}
	return 8 + b2u(d2*4 >= v*9) + b2u(d2 >= v*9) + b2u(d2 >= v*36)
}

const samePlace = 12 // the level of one place without points

func b2u(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// isNear reports whether a level of place is one of nearness.
func isNear(level uint8) bool {
	return level <= 3 || level == 6 || level == 8 || level == samePlace
}

// timeLevel compares two intervals by their distance over their spread, or two
// weekdays where one of the claims knows no more.
func timeLevel(x, y claim) uint8 {
	if x.flags&y.flags&isDated != 0 {
		x0, x1, y0, y1 := int64(x.from()), int64(x.to()), int64(y.from()), int64(y.to())
		lx, ly := x1-x0, y1-y0
		d := x0 + x1 - y0 - y1      // twice the distance of the middles
		v := lx*lx + ly*ly + 12*900 // 12 times the variance
		d2 := 3 * d * d             // 12 times the square of the distance
		switch {
		case d2*100 < v*49:
			return 0
		case d2*4 < v*9:
			return 1
		case d2 < v*9:
			return 2
		case d2 < v*36:
			return 3
		case d2 < v*144:
			return 4
		}
		if lx+ly < 12*60 { // a date that is off by one?
			off := max(d, -d) - 2*minutesADay
			switch {
			case off*off*3 < v*9:
				return 6
			case max(off, -off) < 2*4*60:
				return 7
			}
		}
		return 5
	}
	a, b := weekday(x), weekday(y)
	switch {
	case a == 0 || b == 0:
		return missing
	case a == b:
		return 8
	}
	return 9
}

const minutesADay = 24 * 60

// weekday returns the day of the week, 1 Monday to 7 Sunday, that a claim
// states or that the middle of its interval falls on; 0 where the interval is
// over two days long or nothing is known.
func weekday(c claim) uint8 {
	if c.flags&isDated == 0 {
		return c.day & 7
	}
	length := c.to() - c.from()
	if length > 2*minutesADay {
		return 0
	}
	d := floorDiv(c.from()+length/2, minutesADay)
	return uint8(((d+3)%7+7)%7) + 1 // 1970-01-01 was a Thursday
}

// hourLevel compares the classes of the hour, where the times themselves are
// known no better than to the day.
func hourLevel(x, y claim) uint8 {
	a, b := x.day>>3, y.day>>3
	if a == 0 || b == 0 || x.flags&y.flags&isDated != 0 && x.to()-x.from() < 6*60 && y.to()-y.from() < 6*60 {
		return missing
	}
	const classes = Evening
	switch d := (a + classes - b) % classes; d {
	case 0:
		return 0
	case 1, classes - 1:
		return 1
	}
	return 2
}

// cameLevel compares when two claims came in, where their times cannot be
// compared to the day: reports of one thing come in together.
func cameLevel(x, y claim, time uint8) uint8 {
	if time <= 7 || x.came == 0 || y.came == 0 {
		return missing
	}
	d := int32(x.came) - int32(y.came)
	switch d = max(d, -d); {
	case d == 0:
		return 0
	case d <= 1:
		return 1
	case d <= 3:
		return 2
	case d <= 10:
		return 3
	}
	return 4
}

func (p *Partition) actLevel(a, b uint8) uint8 {
	return p.words.acts.akin[a][b].level()
}

func nodeLevel(t *nodes, a, b uint8) uint8 {
	switch {
	case a == 0 || b == 0:
		return missing
	case a == b:
		return 0
	case t.akin[a][b]&isAncestor != 0:
		return 1
	}
	return 2
}

func setLevel(s *sets, a, b uint32) uint8 {
	switch {
	case a == 0 || b == 0:
		return missing
	case a == b:
		return 0
	case a&b&single != 0:
		return 2
	}
	var one, other [1]uint32
	x, y := s.list(a, &one), s.list(b, &other)
	switch n := shared(x, y); {
	case n == 0:
		return 2
	case n == min(len(x), len(y)):
		return 0
	}
	return 1
}

func (p *Partition) namesLevel(a, b uint32) uint8 {
	if a == 0 || b == 0 {
		return missing
	}
	var one, other [1]uint32
	v := &p.words.victims
	return uint8(max(2-shared(v.list(a, &one), v.list(b, &other)), 0))
}

// tollLevel compares two ranges of people. A later, larger figure of the same
// account is a toll that grew.
func tollLevel(x, y [2]uint16, grows bool) uint8 {
	if x[0] == unstated || y[0] == unstated {
		return missing
	}
	lo, hi := max(uint32(x[0]), uint32(y[0])), min(uint32(x[1]), uint32(y[1]))
	exact := x[1] != openEnd && y[1] != openEnd
	switch {
	case exact && (uint32(x[1])-uint32(x[0]))*10 <= uint32(x[1]) && (uint32(y[1])-uint32(y[0]))*10 <= uint32(y[1]) && near(x, y, 11, 10):
		return 0
	case lo <= hi || grows && x[0] >= y[0]:
		return 1
	case near(x, y, 3, 2):
		return 2
	case near(x, y, 5, 2):
		return 3
	}
	return 4
}

// near reports whether the larger of two ranges' nearest ends is at most
// num/den times the smaller.
func near(x, y [2]uint16, num, den uint32) bool {
	lo, hi := uint32(min(x[1], y[1])), uint32(max(x[0], y[0]))
	return lo >= hi || hi*den <= lo*num
}

// conceptLevel compares the rare words of two texts by how much it tells that
// they share what they share. Texts in two languages that share none say
// nothing.
func conceptLevel(x, y claim) uint8 {
	if x.sign == 0 || y.sign == 0 {
		return missing
	}
	told := int32(0)
	if x.sign&y.sign != 0 {
		for i, h := range x.packed.words {
			if y.says(h) {
				told += int32(x.packed.tell[i])
			}
		}
		for i, h := range x.more.words {
			if h != 0 && y.says(h) {
				told += int32(x.more.tell[i])
			}
		}
	}
	if told == 0 {
		if x.lang != y.lang {
			return missing
		}
		return noWords
	}
	return wordsLevel(told)
}

// wordsLevel returns the level of texts that share words which tell so many
// units.
func wordsLevel(told int32) uint8 {
	for l, least := range [...]int32{16_000, 13_000, 10_000, 8_000, 7_000, 6_000, 5_000, 4_000, 3_000, 2_000} {
		if told*unitBits >= least {
			return uint8(l)
		}
	}
	return noWords - 1
}

const noWords = 11 // the level of texts that share nothing

// tell returns what it tells, in units, that two claims share a word that a
// share f of the claims has: log2(1 + 0.3/f), as if an account used three in ten
// of the words of another of the same thing.
func (w *words) tell(h word) uint8 {
	c, all := uint64(max(w.concepts[h], 1)), max(w.heard, 1)
	if c*commonWord > all {
		return 0
	}
	c *= 10
	return uint8(min((log2Milli(c+3*all)-log2Milli(c))/unitBits, 255))
}

const commonWord = 8 // a word that over one claim in eight has tells nothing

// judge stores what agreeing with x's values tells more, by what the claims
// before it state.
func (p *Partition) judge(x claim) {
	for f := range x.packed.rare {
		x.packed.rare[f] = p.stated[f].rarity(valueOf(x, f))
	}
	for f := range x.more.rare {
		if x.flags&hasMore != 0 {
			x.more.rare[f] = p.stated[rMore+f].rarity(valueOf(x, rMore+f))
		}
	}
}

// note counts the values of a claim for the weights of rarity.
func (p *Partition) note(x claim, by int32) {
	for f := range p.stated {
		p.stated[f].note(valueOf(x, f), by)
	}
}

// valueOf returns the number of a claim's value whose rarity counts, unknown or
// 0 where it has none.
func valueOf(x claim, f int) uint32 {
	switch f {
	case rPlace:
		return x.place
	case rAct:
		return node(x.act)
	case rWeapon:
		return node(x.weapon)
	case rObject:
		return node(x.object)
	case rBy:
		return x.by
	case rAgainst:
		return x.against
	case rKilled:
		return figure(x.dead()[0])
	}
	return figure(x.wounded[0])
}

func node(n uint8) uint32 {
	if n > maxNodes {
		return unknown
	}
	return uint32(n)
}

func figure(low uint16) uint32 {
	if low > maxFigure {
		return unknown
	}
	return uint32(low) + 1
}

// rarity returns the weight of the rarity of the value that x and y agree on at
// a level of a field: it counts where they state the same, and for places only
// without points, since how rare a place is in its surroundings is in the prior.
func rarity(x, y claim, f int, level uint8) int32 {
	switch {
	case f == fPlace && level == samePlace:
		return x.rarity(rPlace)
	case level != 0:
	case f == fAct:
		return x.rarity(rAct)
	case f == fWeapon:
		return x.rarity(rWeapon)
	case f == fObject:
		return x.rarity(rObject)
	case f == fBy && x.by == y.by:
		return x.rarity(rBy)
	case f == fAgainst && x.against == y.against:
		return x.rarity(rAgainst)
	case f == fKilled && x.dead() == y.dead():
		return x.rarity(rKilled)
	case f == fWounded && x.wounded == y.wounded:
		return x.rarity(rWounded)
	}
	return 0
}

// Share is what one field gave to a membership, in thousandths of a bit,
// summed over the claims that were compared.
type Share struct {
	Level    uint8 // the best level met; 15 is missing everywhere
	Millibit int32 // by level
	Rarity   int32 // for the rarity of the value agreed on
}

// weigh returns the weight of x against y, the prior left out, and the part of
// it that is neither place nor time.
func (p *Partition) weigh(x, y claim) (total, beyond int32) {
	w := &p.weights
	time, place := timeLevel(x, y), p.placeLevel(x, y)
	near := w[fTime][time] + w[fPlace][place]
	if place == samePlace {
		near += x.rarity(rPlace)
	}
	act, by, against := p.actLevel(x.act, y.act), setLevel(&p.words.bys, x.by, y.by), setLevel(&p.words.sides, x.against, y.against)
	killed := tollLevel(x.dead(), y.dead(), x.lineage == y.lineage)
	b := w[fAct][act] + rarity(x, y, fAct, act) + w[fBy][by] + rarity(x, y, fBy, by) +
		w[fAgainst][against] + rarity(x, y, fAgainst, against) + w[fKilled][killed] + rarity(x, y, fKilled, killed) + p.lately(x, y, time)
	return near + b, b
}

// share adds the comparison of x with y to shares, field by field.
func (p *Partition) share(x, y claim, shares *[nFields]Share) {
	var v pair
	p.compare(x, y, &v)
	for f, level := range v {
		if level == missing {
			continue
		}
		s := &shares[f]
		s.Level, s.Millibit, s.Rarity = min(s.Level, level), s.Millibit+p.weights[f][level], s.Rarity+rarity(x, y, f, level)
	}
}

// exchange reports whether two claims are act and answer: one about where fire
// came from and one about where it fell, or accuser and accused swapped.
func (p *Partition) exchange(x, y claim) bool {
	const sides = isFiring | isImpact
	a, b := x.flags&sides, y.flags&sides
	if a != 0 && b != 0 && a != b {
		return true
	}
	if x.by == 0 || y.by == 0 || x.against == 0 || y.against == 0 {
		return false
	}
	return p.meet(x.by, y.against) && p.meet(y.by, x.against)
}

// meet reports whether a set of accused shares an actor with a set of those
// accused against.
func (p *Partition) meet(by, against uint32) bool {
	if by&against&single != 0 {
		return by == against
	}
	var one, other [1]uint32
	return shared(p.words.bys.list(by, &one), p.words.sides.list(against, &other)) > 0
}

// cosine returns the cosine of a latitude in 1e-7 degree, in 1/65536.
func cosine(lat int64) uint32 { return uint32(max(truce.CosE6(lat), 0) * 65536 / 1_000_000) }

// sameDay reports whether two claims may be about one day.
func sameDay(x, y claim) bool {
	if x.flags&y.flags&isDated != 0 {
		return x.from()-minutesADay < y.to() && y.from()-minutesADay < x.to()
	}
	a, b := weekday(x), weekday(y)
	return a == 0 || b == 0 || a == b
}
