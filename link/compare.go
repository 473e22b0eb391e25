package link

import (
	"github.com/marchday/marchday/truce"
)

// pair is the comparison of two claims: a level per field.
type pair [nFields]uint8

// compare fills v with the levels of x against y. It is symmetric but for the
// growth of a toll: x is the newer of the two.
func (p *Partition) compare(x, y *packed, v *pair) {
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
	v[fKilled] = tollLevel(x.killed, y.killed, grows)
	v[fWounded] = tollLevel(x.wounded, y.wounded, grows)
	v[fVictims] = missing
	if x.names != 0 && y.names != 0 {
		v[fVictims] = uint8(max(2-p.words.victims.shared(x.names, y.names), 0))
	}
	v[fConcepts] = p.conceptLevel(x, y)
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
	dx = dx * int64(p.cosines[p.row(0, x.lat)]) >> 16
	return dx*dx + dy*dy
}

// placeLevel compares place and place name as one: they depend on each other.
// Names that differ by a lost letter count as one name.
func (p *Partition) placeLevel(x, y *packed) uint8 {
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
	d2 := p.distance2(x, y)
	sx, sy := int64(x.sigma)*10, int64(y.sigma)*10
	v := sx*sx + sy*sy + 250_000
	vague := max(sx, sy) > 1_200
	switch {
	case same && vague:
		return 5 + b2u(d2*4 >= v*9)
	case same:
		return b2u(d2*4 >= v) + b2u(d2 >= v) + b2u(d2*4 >= v*9) + b2u(d2 >= v*9)
	}
	return 7 + b2u(d2*100 >= v*49) + b2u(d2*4 >= v*9) + b2u(d2 >= v*9) + b2u(d2 >= v*36)
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
	return level <= 2 || level == 5 || level == 7 || level == 8 || level == samePlace
}

// timeLevel compares two intervals by their distance over their spread, or two
// weekdays where one of the claims knows no more.
func timeLevel(x, y *packed) uint8 {
	if x.flags&y.flags&isDated != 0 {
		lx, ly := int64(x.t1-x.t0), int64(y.t1-y.t0)
		d := int64(x.t0) + int64(x.t1) - int64(y.t0) - int64(y.t1) // twice the distance of the middles
		v := lx*lx + ly*ly + 12*900                                // 12 times the variance
		d2 := 3 * d * d                                            // 12 times the square of the distance
		switch {
		case d2*100 < v*49:
			return 0
		case d2*4 < v*9:
			return 1
		case d2 < v*9:
			return 2
		case d2 < v*36:
			return 3
		}
		if lx+ly < 12*60 { // a date that is off by one?
			off := max(d, -d) - 2*minutesADay
			switch {
			case off*off*3 < v*9:
				return 5
			case max(off, -off) < 2*4*60:
				return 6
			}
		}
		return 4
	}
	a, b := weekday(x), weekday(y)
	switch {
	case a == 0 || b == 0:
		return missing
	case a == b:
		return 7
	}
	return 8
}

const minutesADay = 24 * 60

// weekday returns the day of the week, 1 Monday to 7 Sunday, that a claim
// states or that the middle of its interval falls on; 0 where the interval is
// over two days long or nothing is known.
func weekday(c *packed) uint8 {
	if c.flags&isDated == 0 {
		return c.day & 7
	}
	if c.t1-c.t0 > 2*minutesADay {
		return 0
	}
	d := floorDiv(c.t0+(c.t1-c.t0)/2, minutesADay)
	return uint8(((d+3)%7+7)%7) + 1 // 1970-01-01 was a Thursday
}

// hourLevel compares the classes of the hour, where the times themselves are
// known no better than to the day.
func hourLevel(x, y *packed) uint8 {
	a, b := x.day>>3, y.day>>3
	if a == 0 || b == 0 || x.flags&y.flags&isDated != 0 && x.t1-x.t0 < 6*60 && y.t1-y.t0 < 6*60 {
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
func cameLevel(x, y *packed, time uint8) uint8 {
	if time <= 6 || x.came == 0 || y.came == 0 {
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
	if a == 0 || b == 0 {
		return missing
	}
	switch d := p.words.acts.apart(a, b); {
	case d < 0 || d > 2:
		return 3
	default:
		return uint8(d)
	}
}

func nodeLevel(t *nodes, a, b uint8) uint8 {
	switch {
	case a == 0 || b == 0:
		return missing
	case a == b:
		return 0
	case t.compatible(a, b):
		return 1
	}
	return 2
}

func setLevel(s *sets, a, b uint32) uint8 {
	if a == 0 || b == 0 {
		return missing
	}
	if a == b {
		return 0
	}
	switch n := s.shared(a, b); {
	case n == 0:
		return 2
	case n == min(len(s.list(a)), len(s.list(b))):
		return 0
	}
	return 1
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
	}
	return 3
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
func (p *Partition) conceptLevel(x, y *packed) uint8 {
	if x.concepts[0] == 0 || y.concepts[0] == 0 {
		return missing
	}
	shared := int32(0)
	for i, j := 0, 0; i < 8 && j < 8 && x.concepts[i] != 0 && y.concepts[j] != 0; {
		a, b := x.concepts[i], y.concepts[j]
		switch {
		case a < b:
			i++
		case a > b:
			j++
		default:
			shared += p.conceptWeight(a)
			i, j = i+1, j+1
		}
	}
	switch {
	case shared == 0 && x.lang_ != y.lang_:
		return missing
	case shared >= 16_000:
		return 0
	case shared >= 12_000:
		return 1
	case shared >= 8_000:
		return 2
	case shared >= 5_000:
		return 3
	case shared >= 2_500:
		return 4
	case shared > 0:
		return 5
	}
	return 6
}

// conceptWeight returns what it tells, in millibits, that two claims share a
// word that a share f of the claims has: log2(1 + 0.3/f), as if an account used
// three in ten of the words of another of the same thing.
func (p *Partition) conceptWeight(h uint16) int32 {
	if p.flat {
		return 6000
	}
	c, all := uint64(max(p.words.concepts[h], 1)), uint64(max(p.live, 1))
	if c*commonWord > all {
		return 0
	}
	c *= 10
	return log2Milli(c+3*all) - log2Milli(c)
}

const commonWord = 8 // a word that over one claim in eight has tells nothing

// rarities holds the term-frequency weights of x's own values, which are those
// that an exact agreement is on.
type rarities [nFields]int32

func (p *Partition) rarities(x *packed) rarities {
	var r rarities
	if p.flat {
		return r
	}
	r[fPlace] = p.words.places.rarity(x.place)
	r[fAct] = p.words.acts.rarity(uint32(x.act))
	r[fObject] = p.words.objects.rarity(uint32(x.object))
	r[fKilled] = p.words.killed.rarity(uint32(x.killed[0]) + 1)
	r[fWounded] = p.words.wounded.rarity(uint32(x.wounded[0]) + 1)
	r[fWeapon] = p.words.arms.rarity(uint32(x.weapon))
	r[fBy] = p.words.bys.rarity(x.by)
	r[fAgainst] = p.words.sides.rarity(x.against)
	return r
}

// exact reports, per field, whether the best level means the same value, which
// alone earns the weight of its rarity.
func exact(x, y *packed, f int) bool {
	switch f {
	case fPlace:
		return x.place == y.place
	case fKilled:
		return x.killed == y.killed
	case fWounded:
		return x.wounded == y.wounded
	case fBy:
		return x.by == y.by
	case fAgainst:
		return x.against == y.against
	}
	return true
}

// Share is what one field gave to a membership, in thousandths of a bit,
// summed over the claims that were compared.
type Share struct {
	Level    uint8 // the best level met; 15 is missing everywhere
	Millibit int32 // by level
	Rarity   int32 // for the rarity of the value agreed on
}

// weigh adds the comparison of x with y to shares and returns the pair's
// weight without the prior. Beyond is the part that is neither place nor time.
func (p *Partition) weigh(x, y *packed, r *rarities, shares *[nFields]Share) (total, beyond int32) {
	var v pair
	p.compare(x, y, &v)
	for f, level := range v {
		if level == missing {
			continue
		}
		w, rare := p.weights[f][level], int32(0)
		if r[f] != 0 && level == rareLevel(f) && exact(x, y, f) {
			rare = r[f]
		}
		total += w + rare
		if f > fTime {
			beyond += w + rare
		}
		if shares != nil {
			s := &shares[f]
			s.Level, s.Millibit, s.Rarity = min(s.Level, level), s.Millibit+w, s.Rarity+rare
		}
	}
	return total, beyond
}

// exchange reports whether two claims are act and answer: one about where fire
// came from and one about where it fell, or accuser and accused swapped.
func (p *Partition) exchange(x, y *packed) bool {
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
	a, b := p.words.bys.list(by), p.words.sides.list(against)
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			return true
		}
	}
	return false
}

// cosine returns the cosine of a latitude in 1e-7 degree, in 1/65536.
func cosine(lat int64) uint32 { return uint32(max(truce.CosE6(lat), 0) * 65536 / 1_000_000) }

// sameDay reports whether two claims may be about one day.
func sameDay(x, y *packed) bool {
	if x.flags&y.flags&isDated != 0 {
		return x.t0-minutesADay < y.t1 && y.t0-minutesADay < x.t1
	}
	a, b := weekday(x), weekday(y)
	return a == 0 || b == 0 || a == b
}

// rareLevel returns the level of a field at which the rarity of the value
// counts: the best one, and of places that without points, since how rare a
// place is in its own surroundings is in the prior already.
func rareLevel(f int) uint8 {
	if f == fPlace {
		return samePlace
	}
	return 0
}
