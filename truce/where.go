package truce

import "math/bits"

// Point is a place on the earth, WGS84, longitude first, in units of 1e-7
// degree (about a centimetre), so that every machine computes alike.
type Point struct {
	Lon int32 `json:"lon"`
	Lat int32 `json:"lat"`
}

// The edges of the world in units of 1e-7 degree.
const (
	maxLon = 1_800_000_000
	maxLat = 900_000_000
)

// Valid reports whether the point is on the earth. A point at 0, 0 is refused
// too: it is what an empty field becomes.
func (p Point) Valid() bool {
	return p != Point{} && -maxLon <= p.Lon && p.Lon <= maxLon && -maxLat <= p.Lat && p.Lat <= maxLat
}

// Where is a place as somebody claimed it.
type Where struct {
	Place        PlaceID   `json:"place,omitempty"` // the most specific place known
	Name         string    `json:"name,omitempty"`  // as worded
	Names        []Text    `json:"names,omitempty"` // of the place, by language
	Class        string    `json:"class,omitempty"` // of the place: country, adm1, adm2, adm3, city, town, village, neighbourhood, facility, ...
	Within       []PlaceID `json:"within,omitempty"`
	Point        *Point    `json:"point,omitempty"`         // none where only an area is known
	RadiusMetres int32     `json:"radius_metres,omitempty"` // how far from Point it may have been
	Relation     string    `json:"relation,omitempty"`      // in, near, between, outskirts
	Role         string    `json:"role,omitempty"`          // seat, area-monitored, origin, destination, if the text says so
	Score        int32     `json:"score,omitempty"`         // per mille, of a machine's candidate
	Span         *Span     `json:"span,omitempty"`
	Sector       *Sector   `json:"sector,omitempty"` // what an observer's bearing and range leave open
}

// Sector is an annular sector seen or heard from a position: from Bearing-Half
// to Bearing+Half (tenths of a degree, clockwise from north), between two
// ranges in metres. It is an area, never a point.
type Sector struct {
	From           Point `json:"from"`
	BearingTenths  int32 `json:"bearing_tenths"`
	HalfTenths     int32 `json:"half_tenths"`
	RangeMinMetres int32 `json:"range_min_metres"`
	RangeMaxMetres int32 `json:"range_max_metres"`
}

// IsIn reports whether the place is p or lies within it by hierarchy.
func (w Where) IsIn(p PlaceID) bool {
	if p == "" {
		return false
	}
	if w.Place == p {
		return true
	}
	for _, q := range w.Within {
		if q == p {
			return true
		}
	}
	return false
}

// District returns the first place of the hierarchy, the place itself first,
// for which is says yes; "" if none.
func (w Where) District(is func(PlaceID) bool) PlaceID {
	if w.Place != "" && is(w.Place) {
		return w.Place
	}
	for _, p := range w.Within {
		if is(p) {
			return p
		}
	}
	return ""
}

// Validate refuses a point off the earth and impossible sectors.
func (w Where) Validate() error {
	if w.Point != nil && !w.Point.Valid() {
		return invalid("point", "lon %d lat %d is not on the earth: units are 1e-7 degree, longitude first", w.Point.Lon, w.Point.Lat)
	}
	if w.RadiusMetres < 0 {
		return invalid("radius_metres", "%d is below zero", w.RadiusMetres)
	}
	if s := w.Sector; s != nil {
		switch {
		case !s.From.Valid():
			return invalid("sector.from", "the observer's position is not on the earth")
		case s.BearingTenths < 0 || s.BearingTenths >= 3600 || s.HalfTenths < 0 || s.HalfTenths > 1800:
			return invalid("sector.bearing_tenths", "a bearing is 0 to 3599 tenths of a degree, its half width at most 1800")
		case s.RangeMinMetres < 0 || s.RangeMaxMetres <= s.RangeMinMetres || s.RangeMaxMetres > 100_000:
			return invalid("sector.range_max_metres", "a range goes from a smaller to a larger distance, at most 100 km")
		}
	}
	return nil
}

// Area is a set of places, by hierarchy, and polygons, less what is excepted.
type Area struct {
	Name     string    `json:"name,omitempty"`
	Places   []Where   `json:"places,omitempty"`   // each place with what it lies within
	Polygons [][]Point `json:"polygons,omitempty"` // each a ring, first point not repeated
	Line     []Point   `json:"line,omitempty"`     // a contact or withdrawal line, or a corridor's axis
	Metres   int32     `json:"metres,omitempty"`   // to either side of Line
	Except   []Where   `json:"except,omitempty"`   // places left out
}

// IsZero reports whether the area is not stated.
func (a Area) IsZero() bool {
	return len(a.Places) == 0 && len(a.Polygons) == 0 && len(a.Line) == 0
}

// Tri is yes, no or not known.
type Tri int8

// The three answers. Unsure is the zero value.
const (
	Unsure Tri = 0
	Yes    Tri = 1
	No     Tri = -1
)

// earth's mean radius times pi/180 in metres per 1e-7 degree of latitude:
// 0.0111195 m, as a fraction.
const (
	metresNum = 111195
	metresDen = 10_000_000
)

// MetresBetween returns the distance of two points in metres, on the plane
// that touches the earth midway between them (error under 0.2 % below 200 km).
// Only integers are used, so every machine agrees.
func MetresBetween(p, q Point) int64 {
	dy := int64(p.Lat) - int64(q.Lat)
	dx := int64(p.Lon) - int64(q.Lon)
	const half = 2 * maxLon
	if dx > maxLon {
		dx -= half
	} else if dx < -maxLon {
		dx += half
	}
	mid := (int64(p.Lat) + int64(q.Lat)) / 2
	dx = dx * CosE6(mid) / 1_000_000
	return isqrt(dx, dy) * metresNum / metresDen
}

// isqrt returns the whole square root of x*x + y*y.
func isqrt(x, y int64) int64 {
	h1, l1 := bits.Mul64(abs64(x), abs64(x))
	h2, l2 := bits.Mul64(abs64(y), abs64(y))
	lo, c := bits.Add64(l1, l2, 0)
	hi, _ := bits.Add64(h1, h2, c)
	var r uint64
	for b := 33; b >= 0; b-- {
		t := r | 1<<b
		th, tl := bits.Mul64(t, t)
		if th < hi || th == hi && tl <= lo {
			r = t
		}
	}
	return int64(r)
}

func abs64(x int64) uint64 {
	if x < 0 {
		return uint64(-x)
	}
	return uint64(x)
}

// CosE6 returns the cosine, times a million, of an angle in units of 1e-7
// degree between -90 and 90 degrees, by a Taylor series in integers (worst
// error 3e-6).
func CosE6(e7 int64) int64 {
	// x in units of 1e-9 radian: e7 * pi/180 * 100
	x := e7 * 174_532_925 / 100_000_000
	const one = 1_000_000_000
	x2 := x * x / one
	term, sum := int64(one), int64(one)
	for k := int64(1); k <= 8; k++ {
		term = -term * x2 / one / ((2*k - 1) * 2 * k)
		sum += term
	}
	return sum / 1000
}
