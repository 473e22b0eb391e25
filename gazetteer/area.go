package gazetteer

import (
	"slices"

	"github.com/marchday/marchday/truce"
)

// box is the bounds of an outline.
type box struct{ west, south, east, north int32 }

const (
	degree = 10_000_000
	// snapMetres is how far outside every outline a point may lie and still be
	// counted to the nearest: published boundaries are simplified.
	snapMetres = 500
	snapE7     = 60_000 // a little over snapMetres of latitude
)

// lay sorts the outlines into a grid of one degree.
func (g *Gazetteer) lay() {
	g.boxes = make([]box, len(g.bounds))
	g.grid = map[int32][]int32{}
	for i, b := range g.bounds {
		x := box{1<<31 - 1, 1<<31 - 1, -1 << 31, -1 << 31}
		for _, p := range b.Rings {
			x = box{min(x.west, p.Lon), min(x.south, p.Lat), max(x.east, p.Lon), max(x.north, p.Lat)}
		}
		g.boxes[i] = x
		if len(b.Rings) == 0 {
			continue
		}
		for lon := cell(x.west - snapE7); lon <= cell(x.east+snapE7); lon++ {
			for lat := cell(x.south - snapE7); lat <= cell(x.north+snapE7); lat++ {
				g.grid[lon*1000+lat] = append(g.grid[lon*1000+lat], int32(i))
			}
		}
	}
}

func cell(e7 int32) int32 {
	if e7 < 0 {
		return (e7+1)/degree - 1
	}
	return e7 / degree
}

// DistrictAt returns the units whose outline holds the point, innermost first.
// A point within 500 m outside every outline of its level is counted to the
// nearest; a point on a border goes to the lower code.
func (g *Gazetteer) DistrictAt(p truce.Point) []truce.PlaceID {
	var in []truce.PlaceID
	done := 0
	for _, i := range g.grid[cell(p.Lon)*1000+cell(p.Lat)] { // innermost level first, lower code first
		d := depth(g.bounds[i].Class)
		if d != done && g.boxes[i].holds(p, 0) && g.bounds[i].holds(p) {
			in, done = append(in, g.bounds[i].ID), d
			if t, has := g.twin[g.bounds[i].ID]; has {
				in = append(in, t)
			}
		}
	}
	if len(in) > 0 {
		return g.parents(in)
	}
	best, at := int64(snapMetres)+1, int32(-1)
	for _, i := range g.grid[cell(p.Lon)*1000+cell(p.Lat)] {
		if !g.boxes[i].holds(p, snapE7) || at >= 0 && depth(g.bounds[i].Class) < depth(g.bounds[at].Class) {
			continue
		}
		if m := g.bounds[i].metres(p, snapE7); m < best {
			best, at = m, i
		}
	}
	if at < 0 {
		return nil
	}
	return g.parents([]truce.PlaceID{g.bounds[at].ID})
}

// parents adds the units above the last of ids that no outline gave.
func (g *Gazetteer) parents(ids []truce.PlaceID) []truce.PlaceID {
	const maxDepth = 8
	for len(ids) < maxDepth {
		i, ok := g.byID[ids[len(ids)-1]]
		if !ok {
			return ids
		}
		up := g.places[i].Parent
		if t, has := g.twin[g.places[i].ID]; has {
			up = t
		}
		if up == "" && g.places[i].Class != Country {
			up = g.country(g.places[i].Country)
		}
		if up == "" || slices.Contains(ids, up) {
			return ids
		}
		ids = append(ids, up)
	}
	return ids
}

// country returns the id of a country's place, or its code where none is held.
func (g *Gazetteer) country(iso string) truce.PlaceID {
	if i, ok := g.byISO[iso]; ok {
		return g.places[i].ID
	}
	return truce.PlaceID(iso)
}

func (x box) holds(p truce.Point, margin int32) bool {
	return x.west-margin <= p.Lon && p.Lon <= x.east+margin && x.south-margin <= p.Lat && p.Lat <= x.north+margin
}

// ring returns the i-th ring.
func (b Boundary) ring(i int) []truce.Point {
	end := len(b.Rings)
	if i+1 < len(b.Starts) {
		end = int(b.Starts[i+1])
	}
	return b.Rings[b.Starts[i]:end]
}

// holds reports whether the point is inside by the even-odd rule or on a line.
func (b Boundary) holds(p truce.Point) bool {
	in := false
	for r := range b.Starts {
		ring := b.ring(r)
		for i := range ring {
			a, c := ring[i], ring[(i+1)%len(ring)]
			side := cross(a, c, p)
			if side == 0 && min(a.Lon, c.Lon) <= p.Lon && p.Lon <= max(a.Lon, c.Lon) && min(a.Lat, c.Lat) <= p.Lat && p.Lat <= max(a.Lat, c.Lat) {
				return true
			}
			if (a.Lat > p.Lat) != (c.Lat > p.Lat) && (side > 0) == (c.Lat > a.Lat) {
				in = !in
			}
		}
	}
	return in
}

// cross is over zero if p lies left of the line from a to c.
func cross(a, c, p truce.Point) int64 {
	return (int64(c.Lon)-int64(a.Lon))*(int64(p.Lat)-int64(a.Lat)) - (int64(c.Lat)-int64(a.Lat))*(int64(p.Lon)-int64(a.Lon))
}

// metres returns the distance from p to the outline, roughly (the nearest
// of the points that part each edge near p in sixteenths, long ones in steps
// of half a kilometre). Edges farther than margin are passed over.
func (b Boundary) metres(p truce.Point, margin int32) int64 {
	best := int64(1) << 40
	for r := range b.Starts {
		ring := b.ring(r)
		for i := range ring {
			a, c := ring[i], ring[(i+1)%len(ring)]
			if min(a.Lon, c.Lon)-margin > p.Lon || max(a.Lon, c.Lon)+margin < p.Lon || min(a.Lat, c.Lat)-margin > p.Lat || max(a.Lat, c.Lat)+margin < p.Lat {
				continue
			}
			lon, lat := int64(c.Lon)-int64(a.Lon), int64(c.Lat)-int64(a.Lat)
			steps := min(max(16, max(lon, -lon)/50_000, max(lat, -lat)/50_000), 400)
			for k := int64(0); k <= steps; k++ {
				q := truce.Point{Lon: a.Lon + int32(lon*k/steps), Lat: a.Lat + int32(lat*k/steps)}
				best = min(best, truce.MetresBetween(p, q))
			}
		}
	}
	return best
}

// Fill completes a place: names by language, class, point, radius and what it
// lies within, from the polygons that hold its point, else from what its
// source says. What the Where already states is kept. It never looks a name
// up: that is Find's work.
func (g *Gazetteer) Fill(w truce.Where) truce.Where {
	i, known := g.byID[w.Place]
	if known {
		return g.fill(i, w)
	}
	if len(w.Within) == 0 && w.Point != nil {
		w.Within = g.DistrictAt(*w.Point)
	}
	return w
}

// Around lists the units that a place lies in, innermost first. They are shared.
func (g *Gazetteer) Around(id truce.PlaceID) []truce.PlaceID {
	i, known := g.byID[id]
	if !known {
		return nil
	}
	return g.in[i].ids
}

// FillFound completes a place as Fill does, of a candidate that Find gave.
func (g *Gazetteer) FillFound(c *Candidate, w truce.Where) truce.Where {
	return g.fill(c.named, w)
}

// fill completes a place that is held. Lists and points are shared.
func (g *Gazetteer) fill(i int32, w truce.Where) truce.Where {
	p := &g.places[i]
	if w.Name == "" {
		w.Name = p.Name("en")
	}
	if len(w.Names) == 0 {
		w.Names = g.shown[i]
	}
	if w.Class == "" {
		w.Class = string(p.Class)
	}
	if w.Point == nil && p.Point.Valid() {
		w.Point = &p.Point
		if w.RadiusMetres == 0 {
			w.RadiusMetres = g.radius[i]
		}
	}
	if len(w.Within) == 0 {
		w.Within = g.in[i].ids
	}
	return w
}

// LiesIn reports whether a place is a unit or lies within it.
func (g *Gazetteer) LiesIn(id, unit truce.PlaceID) bool {
	i, known := g.byID[id]
	return known && g.liesIn(i, unit)
}

// within is what places lie within, shared by all of one unit.
type within struct {
	ids []truce.PlaceID  // innermost first
	adm [3]truce.PlaceID // the units of levels 1 to 3 among them
}

// locateAll finds what every place lies within.
func (g *Gazetteer) locateAll() {
	g.in = make([]*within, len(g.places))
	same := map[string]*within{}
	var key []byte
	for i := range g.places {
		ids := g.locate(int32(i))
		key = key[:0]
		for _, id := range ids {
			key = append(append(key, id...), 0)
		}
		w := same[string(key)]
		if w == nil {
			w = &within{ids: slices.Clip(ids)}
			for _, id := range ids {
				if k, ok := g.byID[id]; ok {
					if d := depth(g.places[k].Class); d >= 2 && d <= 4 && w.adm[d-2] == "" {
						w.adm[d-2] = id
					}
				}
			}
			same[string(key)] = w
		}
		g.in[i] = w
	}
}

// locate finds what a place lies within: by the outlines that hold its point,
// else by what its source says.
func (g *Gazetteer) locate(i int32) []truce.PlaceID {
	p := g.places[i]
	if p.Class == Country {
		return nil
	}
	above := func() []truce.PlaceID { return g.parents([]truce.PlaceID{p.ID})[1:] }
	if d := depth(p.Class); d > 0 && p.Class != Neighbourhood || !p.Point.Valid() {
		return above()
	}
	in := g.DistrictAt(p.Point)
	if at := g.homeOf(p, in); at != "" {
		in = g.parents([]truce.PlaceID{at})
	}
	if len(in) == 0 {
		return above()
	}
	if up, held := g.byID[p.Parent]; held && !slices.Contains(in, p.Parent) && depth(g.places[up].Class) == 0 {
		in = append([]truce.PlaceID{p.Parent}, in...) // a neighbourhood's city
	}
	return in
}

// homeMetres is how far over a coarse border a place may lie that its source
// counts to the other country.
const homeMetres = 3000

// homeOf mends what a coarse outline says of a place at a border: if it gives
// no unit, or a first-level unit of another country, and a unit of the place's
// own country is near, it is that one; else "".
func (g *Gazetteer) homeOf(p Place, in []truce.PlaceID) truce.PlaceID {
	if p.Country == "" {
		return ""
	}
	if len(in) > 0 {
		i, held := g.byID[in[0]]
		if !held || g.places[i].Country == p.Country || depth(g.places[i].Class) > 2 || coded(g.places[i]) == 1 {
			return ""
		}
	}
	const margin = 400_000 // over homeMetres of longitude
	best, deep, at := int64(homeMetres)+1, 0, truce.PlaceID("")
	for i := range g.bounds { // innermost level first, lower code first
		b := &g.bounds[i]
		if b.Country != p.Country || depth(b.Class) < 2 || depth(b.Class) < deep || !g.boxes[i].holds(p.Point, margin) {
			continue
		}
		if m := b.metres(p.Point, margin); m < best {
			best, deep, at = m, depth(b.Class), b.ID
		}
	}
	return at
}

// shown returns the first name of a place in every language.
func shown(p Place) []truce.Text {
	var out []truce.Text
	for _, n := range p.Names {
		if n.Lang != "" && !slices.ContainsFunc(out, func(t truce.Text) bool { return t.Lang == n.Lang }) {
			out = append(out, truce.Text{Lang: n.Lang, Text: n.Text})
		}
	}
	return slices.Clip(out)
}
