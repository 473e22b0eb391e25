package truce

import (
	"math/bits"
	"slices"
)

// crossSign returns the sign of (b-a) x (c-a): 1 where c lies left of the way
// from a to b, -1 right, 0 on it. Products have 128 bits.
func crossSign(a, b, c Point) int {
	return compareProducts(
		int64(b.Lon)-int64(a.Lon), int64(c.Lat)-int64(a.Lat),
		int64(b.Lat)-int64(a.Lat), int64(c.Lon)-int64(a.Lon))
}

// compareProducts compares p*q with r*s.
func compareProducts(p, q, r, s int64) int {
	s1, s2 := sign(p)*sign(q), sign(r)*sign(s)
	if s1 != s2 {
		return sign(int64(s1 - s2))
	}
	h1, l1 := bits.Mul64(abs64(p), abs64(q))
	h2, l2 := bits.Mul64(abs64(r), abs64(s))
	switch {
	case h1 > h2 || h1 == h2 && l1 > l2:
		return s1
	case h1 == h2 && l1 == l2:
		return 0
	}
	return -s1
}

func sign(x int64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// validRing refuses a ring with under three corners, a corner off the earth,
// or two edges that cross.
func validRing(ring []Point) error {
	n := len(ring)
	if n < 3 || n > maxCorner {
		return invalid("", "a polygon has 3 to %d corners, not %d", maxCorner, n)
	}
	for i, p := range ring {
		if !p.Valid() {
			return invalid("", "corner %d is not on the earth: longitude first, units of 1e-7 degree", i)
		}
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			if j == i+1 || (j+1)%n == i {
				continue
			}
			if segmentsMeet(ring[i], ring[(i+1)%n], ring[j], ring[(j+1)%n]) {
				return invalid("", "edges %d and %d cross: a polygon may not cross itself", i, j)
			}
		}
	}
	return nil
}

func segmentsMeet(a, b, c, d Point) bool {
	d1, d2 := crossSign(a, b, c), crossSign(a, b, d)
	d3, d4 := crossSign(c, d, a), crossSign(c, d, b)
	if d1 != d2 && d3 != d4 && d1*d2 <= 0 && d3*d4 <= 0 {
		return true
	}
	return d1 == 0 && within1(a, b, c) || d2 == 0 && within1(a, b, d) || d3 == 0 && within1(c, d, a) || d4 == 0 && within1(c, d, b)
}

// within1 reports whether c, on the line of a and b, lies between them.
func within1(a, b, c Point) bool {
	return min(a.Lon, b.Lon) <= c.Lon && c.Lon <= max(a.Lon, b.Lon) && min(a.Lat, b.Lat) <= c.Lat && c.Lat <= max(a.Lat, b.Lat)
}

// InRing reports whether p lies in the ring or on its edge.
func InRing(p Point, ring []Point) bool {
	in := false
	for i, n := 0, len(ring); i < n; i++ {
		a, b := ring[i], ring[(i+1)%n]
		if crossSign(a, b, p) == 0 && within1(a, b, p) {
			return true
		}
		if (a.Lat > p.Lat) == (b.Lat > p.Lat) {
			continue
		}
		if a.Lat > b.Lat {
			a, b = b, a
		}
		if crossSign(a, b, p) > 0 {
			in = !in
		}
	}
	return in
}

// MetresToSegment returns the distance from p to the segment of a and b.
func MetresToSegment(p, a, b Point) int64 {
	c := CosE6((int64(a.Lat) + int64(b.Lat)) / 2)
	scale := func(q Point) (x, y int64) {
		return (int64(q.Lon) - int64(a.Lon)) * c / 1_000_000 / 16, (int64(q.Lat) - int64(a.Lat)) / 16
	}
	bx, by := scale(b)
	px, py := scale(p)
	length2 := bx*bx + by*by
	dot := px*bx + py*by
	switch {
	case length2 == 0 || dot <= 0:
		return MetresBetween(p, a)
	case dot >= length2:
		return MetresBetween(p, b)
	}
	// the foot of the perpendicular, as a point
	hi, lo := bits.Mul64(uint64(dot), abs64(int64(b.Lon)-int64(a.Lon)))
	fx, _ := bits.Div64(hi, lo, uint64(length2))
	hi, lo = bits.Mul64(uint64(dot), abs64(int64(b.Lat)-int64(a.Lat)))
	fy, _ := bits.Div64(hi, lo, uint64(length2))
	foot := Point{
		int32(int64(a.Lon) + int64(sign(int64(b.Lon)-int64(a.Lon)))*int64(fx)),
		int32(int64(a.Lat) + int64(sign(int64(b.Lat)-int64(a.Lat)))*int64(fy)),
	}
	return MetresBetween(p, foot)
}

// metresToRing returns the distance of p from the ring's edge.
func metresToRing(p Point, ring []Point) int64 {
	best := int64(1) << 60
	for i, n := 0, len(ring); i < n; i++ {
		best = min(best, MetresToSegment(p, ring[i], ring[(i+1)%n]))
	}
	return best
}

// Holds reports whether a place lies in the area: Yes, No, or Unsure where the
// place's precision straddles the edge, or is coarser than the area.
func (a Area) Holds(w Where) Tri {
	out := a.holdsAny(w)
	if out == No {
		return No
	}
	for _, x := range a.Except {
		switch inPlace(x, w) {
		case Yes:
			return No
		case Unsure:
			out = Unsure
		case No:
		}
	}
	return out
}

func (a Area) holdsAny(w Where) Tri {
	out := No
	note := func(t Tri) bool {
		if t == Yes || t == Unsure && out == No {
			out = t
		}
		return out == Yes
	}
	for _, p := range a.Places {
		if note(inPlace(p, w)) {
			return Yes
		}
	}
	if len(a.Polygons) == 0 && len(a.Line) == 0 {
		return out
	}
	points, radius := w.reach()
	if len(points) == 0 {
		note(Unsure)
		return out
	}
	for _, ring := range a.Polygons {
		if note(reachInRing(points, radius, ring)) {
			return Yes
		}
	}
	for i := 1; i < len(a.Line); i++ {
		near, far := int64(1)<<60, int64(0)
		for _, p := range points {
			d := MetresToSegment(p, a.Line[i-1], a.Line[i])
			near, far = min(near, d-radius), max(far, d+radius)
		}
		t := Unsure
		if far <= int64(a.Metres) {
			t = Yes
		} else if near > int64(a.Metres) {
			t = No
		}
		if note(t) {
			return Yes
		}
	}
	return out
}

// inPlace reports whether w lies in the place p by hierarchy.
func inPlace(p, w Where) Tri {
	switch {
	case w.IsIn(p.Place):
		if w.Relation == "near" || w.Relation == "outskirts" {
			if w.Place == p.Place {
				return Unsure
			}
		}
		return Yes
	case w.Place == "" && len(w.Within) == 0:
		return Unsure // nothing is known of where it was
	case slices.Contains(p.Within, w.Place):
		return Unsure // known only to be somewhere around
	}
	return No
}

// reach returns the points between which a place was, and how far off them it
// may have been in metres.
func (w Where) reach() ([]Point, int64) {
	if s := w.Sector; s != nil {
		return s.corners(), 0
	}
	if w.Point == nil {
		return nil, 0
	}
	return []Point{*w.Point}, int64(w.RadiusMetres)
}

func reachInRing(points []Point, radius int64, ring []Point) Tri {
	in := 0
	for _, p := range points {
		if InRing(p, ring) {
			in++
		}
		if radius > 0 && metresToRing(p, ring) < radius {
			return Unsure
		}
	}
	switch in {
	case 0:
		for _, c := range ring { // a ring inside a large sector
			if len(points) > 2 && InRing(c, points) {
				return Unsure
			}
		}
		return No
	case len(points):
		return Yes
	}
	return Unsure
}

// corners returns the outline of the sector as a ring: the outer arc, then the
// inner one back, in steps of at most 11.25 degrees.
func (s Sector) corners() []Point {
	steps := max(int32(2), s.HalfTenths*2/112)
	var out, in []Point
	for i := range steps + 1 {
		b := s.BearingTenths - s.HalfTenths + 2*s.HalfTenths*i/steps
		out = append(out, s.From.Towards(b, s.RangeMaxMetres))
		in = append(in, s.From.Towards(b, s.RangeMinMetres))
	}
	slices.Reverse(in)
	return append(out, in...)
}

// Towards returns the point at a bearing in tenths of a degree, clockwise from
// north, and a distance in metres.
func (p Point) Towards(bearingTenths, metres int32) Point {
	b := ((int64(bearingTenths)%3600 + 3600) % 3600) * 1_000_000 // units of 1e-7 degree
	north, east := cosAny(b), cosAny(b-900_000_000)
	dy := int64(metres) * north / 1_000_000 * metresDen / metresNum
	dx := int64(metres) * east / 1_000_000 * metresDen / metresNum
	if c := CosE6(int64(p.Lat)); c > 0 {
		dx = dx * 1_000_000 / c
	}
	return Point{p.Lon + int32(dx), p.Lat + int32(dy)}
}

// cosAny is CosE6 for any angle in units of 1e-7 degree.
func cosAny(e7 int64) int64 {
	const turn = 3_600_000_000
	e7 = (e7%turn + turn) % turn
	if e7 > turn/2 {
		e7 = turn - e7
	}
	if e7 > turn/4 {
		return -CosE6(turn/2 - e7)
	}
	return CosE6(e7)
}
