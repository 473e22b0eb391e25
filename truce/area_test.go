package truce

import (
	"math"
	"math/rand/v2"
	"testing"
)

func deg(lon, lat float64) Point { return Point{Lon: int32(lon * 1e7), Lat: int32(lat * 1e7)} }

func at7(lon, lat float64, radius int32) Where {
	p := deg(lon, lat)
	return Where{Place: "x", Point: &p, RadiusMetres: radius}
}

var box = []Point{deg(37, 36), deg(38, 36), deg(38, 37), deg(37, 37)}

// Distances are checked against the haversine formula on a sphere of 6371 km.
func TestDistancesAgreeWithTheHaversine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		a := deg(36+r.Float64()*2, 34+r.Float64()*3)
		b := deg(36+r.Float64()*2, 34+r.Float64()*3)
		got, want := float64(MetresBetween(a, b)), haversine(a, b)
		if math.Abs(got-want) > 2+want*0.003 {
			t.Fatalf("%v to %v: %.0f m, haversine %.0f m", a, b, got, want)
		}
	}
	if d := MetresBetween(deg(179.99, 0.1), deg(-179.99, 0.1)); d < 2200 || d > 2250 {
		t.Errorf("across the date line: %d m", d)
	}
}

func haversine(a, b Point) float64 {
	rad := func(e7 int32) float64 { return float64(e7) * 1e-7 * math.Pi / 180 }
	dy, dx := rad(b.Lat-a.Lat), rad(b.Lon-a.Lon)
	h := math.Sin(dy/2)*math.Sin(dy/2) + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*math.Sin(dx/2)*math.Sin(dx/2)
	return 2 * 6371008.8 * math.Asin(math.Sqrt(h))
}

func TestCosinesOfWholeDegrees(t *testing.T) {
	for d := -360; d <= 360; d++ {
		got, want := cosAny(int64(d)*10_000_000), math.Cos(float64(d)*math.Pi/180)*1e6
		if math.Abs(float64(got)-want) > 4 {
			t.Errorf("cos %d: %d, want %.0f", d, got, want)
		}
	}
}

func TestTowardsGoesThereAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 300 {
		p, bearing, metres := deg(37, 36), r.Int32N(3600), r.Int32N(50_000)
		q := p.Towards(bearing, metres)
		if d := MetresBetween(p, q); d < int64(metres)*995/1000-3 || d > int64(metres)*1005/1000+3 {
			t.Fatalf("%d m at %d: %d m", metres, bearing, d)
		}
	}
	if q := deg(37, 36).Towards(900, 10_000); q.Lon <= 370_000_000 || MetresBetween(Point{q.Lon, 360_000_000}, q) > 5 {
		t.Errorf("east is %v", q)
	}
}

func TestAPointToASegment(t *testing.T) {
	a, b := deg(37, 36), deg(37.1, 36)
	for _, c := range []struct {
		name     string
		p        Point
		low, top int64
	}{
		{"beside the middle", deg(37.05, 36.01), 1100, 1125},
		{"before the start", deg(36.99, 36), 890, 910},
		{"past the end", deg(37.11, 36), 890, 910},
		{"on it", deg(37.05, 36), 0, 1},
	} {
		if d := MetresToSegment(c.p, a, b); d < c.low || d > c.top {
			t.Errorf("%s: %d m", c.name, d)
		}
		if d := MetresToSegment(c.p, b, a); d < c.low || d > c.top {
			t.Errorf("%s, from the other end: %d m", c.name, d)
		}
	}
	if d := MetresToSegment(deg(37, 36.01), a, a); d < 1100 || d > 1125 {
		t.Errorf("to a segment of one point: %d m", d)
	}
}

func TestRingsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		name string
		ring []Point
		good bool
	}{
		{"a box", box, true},
		{"two corners", box[:2], false},
		{"a bow tie", []Point{deg(37, 36), deg(38, 37), deg(38, 36), deg(37, 37)}, false},
		{"off the earth", []Point{deg(37, 36), deg(38, 36), {Lon: 0, Lat: 0}}, false},
		{"an edge that touches another's middle", []Point{deg(37, 36), deg(39, 36), deg(39, 37), deg(38, 36), deg(37, 37)}, false},
		{"edges on one line that do not touch", []Point{deg(37, 36), deg(38, 36), deg(38, 37), deg(39, 37), deg(39, 35), deg(37, 35)}, true},
		{"a bay", []Point{deg(37, 36), deg(39, 36), deg(39, 38), deg(38, 36.5), deg(37, 38)}, true},
	} {
		if err := validRing(c.ring); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := (Area{Polygons: make([][]Point, maxRings+1)}).Validate(); err == nil {
		t.Error("too many rings")
	}
}

// In a ring is checked against the winding of a float ray cast on random
// star-shaped rings, away from the edges.
func TestInRingAgreesWithARayCast(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 100 {
		n := 3 + r.IntN(12)
		var ring []Point
		for i := range n {
			a := 2 * math.Pi * float64(i) / float64(n)
			d := 0.2 + r.Float64()
			ring = append(ring, deg(37+d*math.Cos(a), 36+d*math.Sin(a)))
		}
		for range 50 {
			p := deg(36+2*r.Float64(), 35+2*r.Float64())
			if metresToRing(p, ring) < 5 {
				continue
			}
			if got, want := InRing(p, ring), rayCast(p, ring); got != want {
				t.Fatalf("%v in %v: %v", p, ring, got)
			}
		}
	}
	if !InRing(box[0], box) || !InRing(deg(37.5, 36), box) {
		t.Error("a corner and an edge are in")
	}
}

func rayCast(p Point, ring []Point) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && float64(p.Lon) < float64(b.Lon-a.Lon)*float64(p.Lat-a.Lat)/float64(b.Lat-a.Lat)+float64(a.Lon) {
			in = !in
		}
	}
	return in
}

func TestAnAreaHoldsAPlaceOrIsUnsure(t *testing.T) {
	city := Area{Places: []Where{{Place: "city", Within: []PlaceID{"province", "land"}}}}
	poly := Area{Polygons: [][]Point{box}}
	line := Area{Line: []Point{deg(37, 36), deg(38, 36)}, Metres: 3000}
	south := Sector{From: deg(37.5, 36.9), BearingTenths: 1800, HalfTenths: 112, RangeMinMetres: 1000, RangeMaxMetres: 4000}
	north, all := south, south
	north.BearingTenths = 0
	all.HalfTenths, all.RangeMaxMetres, all.From = 1800, 100_000, deg(37.5, 35)
	far := Sector{From: deg(30, 30), BearingTenths: 0, HalfTenths: 100, RangeMinMetres: 10, RangeMaxMetres: 100}
	small := Area{Polygons: [][]Point{{deg(37.5, 35.3), deg(37.51, 35.3), deg(37.51, 35.31)}}}
	for _, c := range []struct {
		name string
		area Area
		at   Where
		want Tri
	}{
		{"a quarter of it", city, place("quarter", "city", "province", "land"), Yes},
		{"itself", city, place("city", "province", "land"), Yes},
		{"near it", city, Where{Place: "city", Relation: "near"}, Unsure},
		{"near a quarter of it", city, Where{Place: "quarter", Within: []PlaceID{"city"}, Relation: "near"}, Yes},
		{"the province around it", city, place("province", "land"), Unsure},
		{"another town", city, place("town", "province", "land"), No},
		{"nowhere known", city, Where{}, Unsure},
		{"a point inside", poly, at7(37.5, 36.5, 1000), Yes},
		{"a point outside", poly, at7(39, 36.5, 1000), No},
		{"a point whose precision straddles the edge", poly, at7(37.5, 36.999, 1000), Unsure},
		{"the same known better", poly, at7(37.5, 36.999, 50), Yes},
		{"outside, within reach of the edge", poly, at7(37.5, 37.001, 1000), Unsure},
		{"no point", poly, place("x"), Unsure},
		{"within 3 km of the line", line, at7(37.5, 36.01, 100), Yes},
		{"beyond it", line, at7(37.5, 36.1, 100), No},
		{"at its edge", line, at7(37.5, 36.027, 500), Unsure},
		{"a sector inside", poly, Where{Place: "x", Sector: &south}, Yes},
		{"a sector across the edge", poly, Where{Place: "x", Sector: &Sector{From: deg(37.5, 36.98), BearingTenths: 0, HalfTenths: 112, RangeMinMetres: 1000, RangeMaxMetres: 4000}}, Unsure},
		{"a sector outside", poly, Where{Place: "x", Sector: &far}, No},
		{"a ring within a large sector", small, Where{Place: "x", Sector: &all}, Unsure},
		{"left out by name", Area{Places: []Where{place("city")}, Except: []Where{place("quarter")}}, place("quarter", "city"), No},
		{"perhaps in what is left out", Area{Places: []Where{place("city")}, Except: []Where{place("quarter", "city")}}, place("city", "land"), Unsure},
		{"in a place or a polygon", Area{Places: []Where{place("city")}, Polygons: [][]Point{box}}, place("quarter", "city"), Yes},
		{"nothing", Area{}, place("city"), No},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.area.Holds(c.at); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestPlacesAndDistricts(t *testing.T) {
	w := place("quarter", "city", "province")
	is := func(p PlaceID) func(PlaceID) bool { return func(q PlaceID) bool { return q == p } }
	if w.District(is("quarter")) != "quarter" || w.District(is("province")) != "province" || w.District(is("x")) != "" {
		t.Error("districts")
	}
	if !w.IsIn("city") || w.IsIn("") || w.IsIn("x") {
		t.Error("hierarchy")
	}
	if (Point{}).Valid() || !deg(37, 36).Valid() {
		t.Error("0, 0 is what an empty field becomes")
	}
}

func FuzzAnAreaNeverPanics(f *testing.F) {
	f.Add(int32(1), int32(2), int32(3), int32(4), int32(100), int32(50))
	f.Fuzz(func(t *testing.T, a, b, c, d, radius, metres int32) {
		p, q := Point{a, b}, Point{c, d}
		if !p.Valid() || !q.Valid() || radius < 0 || metres <= 0 || metres > 1_000_000 {
			return
		}
		area := Area{Line: []Point{p, q}, Metres: metres}
		at := Where{Place: "x", Point: &p, RadiusMetres: radius % 1000}
		if got := area.Holds(at); got == No {
			t.Errorf("the end of a line lies along it: %v %v", p, q)
		}
	})
}
