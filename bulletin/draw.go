package bulletin

import (
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// Ground is what the map is drawn on: countries and their first-order units. Read
// it once for many days; the zero Ground is none.
type Ground struct {
	box   box
	units []outline
}

type outline struct {
	id    string
	name  []truce.Text
	unit  bool // one of the country that the regime is about
	label truce.Point
	rings [][]truce.Point
}

// box is west, south, east, north in units of 1e-7 degree; the zero box is none.
type box struct{ west, south, east, north int64 }

const maxGroundBytes = 4 << 20

// ReadGround reads the base map that web draws on: a GeoJSON collection of
// polygons with kind, iso, own, label and names. No bytes are no ground.
func ReadGround(b []byte) (Ground, error) {
	var g Ground
	if len(b) == 0 {
		return g, nil
	}
	if len(b) > maxGroundBytes {
		return g, invalid("base", "the base map has over %d bytes: clip it to the dossier's box", maxGroundBytes)
	}
	var in struct {
		BBox     []json.Number
		Features []struct {
			Properties struct {
				Kind, ISO string
				Own       bool
				Label     []json.Number
				Names     map[string]string
			}
			Geometry struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return g, invalid("base", "not a base map: %v", err)
	}
	for k, f := range in.Features {
		if f.Geometry.Type == "Point" { // a town, which this map does not draw
			continue
		}
		o := outline{id: f.Properties.ISO, unit: f.Properties.Kind == "unit" && f.Properties.Own}
		for _, lang := range []string{"en", "ar", "fr", "ru"} {
			if n := f.Properties.Names[lang]; n != "" {
				o.name = append(o.name, truce.Text{Lang: lang, Text: n})
			}
		}
		var err error
		if len(f.Properties.Label) == 2 {
			o.label, err = pointOf(f.Properties.Label)
		}
		if err == nil {
			o.rings, err = ringsOf(f.Geometry.Type, f.Geometry.Coordinates)
		}
		if err != nil {
			return g, invalid("base", "feature %d (%s): %v", k, o.id, err)
		}
		g.units = append(g.units, o)
	}
	g.box = g.boxOf(func(o *outline) bool { return o.unit })
	if g.box == (box{}) {
		g.box = g.boxOf(func(*outline) bool { return true })
	}
	return g, nil
}

func (g *Ground) boxOf(of func(*outline) bool) box {
	var points []truce.Point
	for i := range g.units {
		if of(&g.units[i]) {
			points = append(points, slices.Concat(g.units[i].rings...)...)
		}
	}
	return boxAround(points)
}

// boxAround returns the box of points, a little wider on every side.
func boxAround(points []truce.Point) box {
	if len(points) == 0 {
		return box{}
	}
	b := box{180 * degree, 90 * degree, -180 * degree, -90 * degree}
	for _, p := range points {
		b = box{min(b.west, int64(p.Lon)), min(b.south, int64(p.Lat)), max(b.east, int64(p.Lon)), max(b.north, int64(p.Lat))}
	}
	dx, dy := max((b.east-b.west)/25, degree/10), max((b.north-b.south)/25, degree/10)
	return box{b.west - dx, b.south - dy, b.east + dx, b.north + dy}
}

func ringsOf(kind string, raw json.RawMessage) ([][]truce.Point, error) {
	polygons := make([][][][]json.Number, 1)
	into := any(&polygons)
	if kind == "Polygon" {
		into = &polygons[0]
	} else if kind != "MultiPolygon" {
		return nil, fmt.Errorf("geometry %q: want Polygon or MultiPolygon", kind)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, err
	}
	var out [][]truce.Point
	for _, polygon := range polygons {
		for _, ring := range polygon {
			points := make([]truce.Point, len(ring))
			for i, pair := range ring {
				var err error
				if points[i], err = pointOf(pair); err != nil {
					return nil, err
				}
			}
			out = append(out, points)
		}
	}
	return out, nil
}

// pointOf reads decimal degrees without passing through a float.
func pointOf(in []json.Number) (truce.Point, error) {
	if len(in) != 2 {
		return truce.Point{}, fmt.Errorf("want 2 numbers, have %d", len(in))
	}
	var out [2]int32
	for i, n := range in {
		v, err := microDegrees(string(n))
		if err != nil {
			return truce.Point{}, err
		}
		out[i] = v
	}
	return truce.Point{Lon: out[0], Lat: out[1]}, nil
}

func microDegrees(s string) (int32, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, part, _ := strings.Cut(digits, ".")
	part = (part + "0000000")[:7]
	v := int64(0)
	for _, r := range whole + part {
		if r < '0' || r > '9' || v > 1<<40 {
			return 0, fmt.Errorf("%q is not in decimal degrees", s)
		}
		v = v*10 + int64(r-'0')
	}
	if v > 180*degree {
		return 0, fmt.Errorf("%q is not on the earth", s)
	}
	if negative {
		v = -v
	}
	return int32(v), nil
}

const (
	mapWidth     = 720
	mapMaxHeight = 560
	mapCell      = 18 // incidents within one cell are drawn as one
)

// canvas is an equirectangular picture in whole units.
type canvas struct {
	strings.Builder
	box           box
	width, height int64
}

func newCanvas(b box) *canvas {
	c := &canvas{box: b, width: mapWidth}
	cos := max(truce.CosE6((b.north+b.south)/2), 100_000)
	c.height = (b.north - b.south) / 100 * c.width / ((b.east - b.west) / 100) * 1_000_000 / cos
	if c.height > mapMaxHeight {
		c.width, c.height = c.width*mapMaxHeight/c.height, mapMaxHeight
	}
	return c
}

func (c *canvas) f(format string, args ...any) { fmt.Fprintf(c, format, args...) }

func (c *canvas) at(p truce.Point) (x, y int64) {
	return (int64(p.Lon) - c.box.west) * c.width / (c.box.east - c.box.west), (c.box.north - int64(p.Lat)) * c.height / (c.box.north - c.box.south)
}

// path draws rings in whole units, leaving out points that fall on the one
// before.
func (c *canvas) path(class string, rings [][]truce.Point) {
	var d strings.Builder
	for _, ring := range rings {
		var was [2]int64
		n := 0
		var part strings.Builder
		for _, p := range ring {
			x, y := c.at(p)
			x, y = min(max(x, -c.width), 2*c.width), min(max(y, -c.height), 2*c.height)
			if n > 0 && was == [2]int64{x, y} {
				continue
			}
			fmt.Fprintf(&part, "%c%d %d", "ML"[min(n, 1)], x, y)
			was, n = [2]int64{x, y}, n+1
		}
		if n > 2 {
			d.WriteString(part.String() + "Z")
		}
	}
	if d.Len() > 0 {
		c.f(`<path class="%s" d="%s"/>`, class, d.String())
	}
}

// drawMap draws the incidents that have a point, and counts the others in
// their units. It returns nothing where there is neither ground nor a point.
func (d *Daily) drawMap(w *words, g Ground) template.HTML {
	b := g.box
	if b == (box{}) {
		var points []truce.Point
		for i := range d.Incidents {
			if p := d.Incidents[i].Point; p != nil {
				points = append(points, *p)
			}
		}
		if b = boxAround(points); b == (box{}) {
			return ""
		}
	}
	c := newCanvas(b)
	c.f(`<svg class="map" viewBox="0 0 %d %d" role="group" aria-labelledby="map-title" direction="ltr"><title id="map-title">%s</title>`, c.width, c.height, html.EscapeString(w.t("map.title")))
	c.f(`<rect class="sea" width="%d" height="%d"/>`, c.width, c.height)
	for _, unit := range []bool{false, true} {
		for i := range g.units {
			if g.units[i].unit == unit {
				c.path(map[bool]string{false: "land", true: "unit"}[unit], g.units[i].rings)
			}
		}
	}
	for i := range g.units {
		d.nameUnit(c, w, &g.units[i])
	}
	d.marks(c, w)
	c.f(`</svg>`)
	return template.HTML(c.String()) //nolint:gosec // every text in it is escaped
}

func (d *Daily) nameUnit(c *canvas, w *words, o *outline) {
	if !o.unit || o.label == (truce.Point{}) {
		return
	}
	x, y := c.at(o.label)
	c.f(`<text class="place" x="%d" y="%d">%s</text>`, x, y, html.EscapeString(w.name(Named{o.id, o.name})))
	n := 0
	for i := range d.Incidents {
		if d.Incidents[i].Point == nil && d.Incidents[i].Unit.ID == o.id {
			n++
		}
	}
	if n > 0 {
		c.f(`<g class="area"><rect x="%d" y="%d" width="26" height="18" rx="2"/><text x="%d" y="%d">%d</text></g>`, x-13, y+5, x, y+18, n)
	}
}

// cluster is the incidents drawn at one place.
type cluster struct {
	x, y int64
	of   []*Incident
}

func (d *Daily) marks(c *canvas, w *words) {
	var all []cluster
	for k := range d.Incidents {
		i := &d.Incidents[k]
		if i.Point == nil {
			continue
		}
		x, y := c.at(*i.Point)
		if x < 0 || y < 0 || x > c.width || y > c.height {
			continue
		}
		at := slices.IndexFunc(all, func(o cluster) bool { return max(x-o.x, o.x-x) < mapCell && max(y-o.y, o.y-y) < mapCell })
		if at < 0 {
			all = append(all, cluster{x: x, y: y})
			at = len(all) - 1
		}
		all[at].of = append(all[at].of, i)
	}
	for _, m := range all {
		first := m.of[0]
		title := w.t("act."+first.Event) + ", " + w.name(first.Place)
		c.f(`<a href="#%s"><title>%s</title>`, anchor(first), html.EscapeString(title))
		if n := len(m.of); n > 1 {
			c.f(`<circle class="many" cx="%d" cy="%d" r="11"/><text class="count" x="%d" y="%d">%d</text>`, m.x, m.y, m.x, m.y+4, n)
		} else {
			c.f(`%s`, shape(first.Status, m.x, m.y))
		}
		c.f(`</a>`)
	}
}

// shape draws a status: its outline is the first sign, its colour the second.
func shape(status string, x, y int64) string {
	switch status {
	case picture.Confirmed:
		return fmt.Sprintf(`<circle class="m confirmed" cx="%d" cy="%d" r="6"/>`, x, y)
	case picture.Disputed:
		return fmt.Sprintf(`<path class="m disputed" d="M%d %dl7 7-7 7-7-7z"/>`, x, y-7)
	case picture.Rejected:
		return fmt.Sprintf(`<path class="m rejected" d="M%d %dl10 10m0-10l-10 10"/>`, x-5, y-5)
	case picture.Outside:
		return fmt.Sprintf(`<rect class="m outside" x="%d" y="%d" width="11" height="11"/>`, x-5, y-5)
	}
	return fmt.Sprintf(`<circle class="m pending" cx="%d" cy="%d" r="6"/>`, x, y)
}

const (
	chartWidth  = 720
	chartHeight = 150
	chartFoot   = 26
)

// drawSeries draws the last thirty counting days as stacked bars. A day of
// which nothing is known is hatched, never empty.
func (d *Daily) drawSeries(w *words) template.HTML {
	top := 1
	for _, s := range d.Series {
		top = max(top, s.sum())
	}
	var b strings.Builder
	f := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	f(`<svg class="chart" viewBox="0 0 %d %d" role="img" aria-labelledby="chart-title" direction="ltr"><title id="chart-title">%s</title>`,
		chartWidth, chartHeight+chartFoot, html.EscapeString(w.t("chart.title")))
	f(`<defs><pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>`)
	f(`<path class="axis" d="M30 %dH%d"/><text class="tick" x="24" y="14" text-anchor="end">%d</text><text class="tick" x="24" y="%d" text-anchor="end">0</text>`, chartHeight, chartWidth, top, chartHeight)
	step := (chartWidth - 34) / max(len(d.Series), 1)
	for i, s := range d.Series {
		x, y := 34+i*step, chartHeight
		if s.Basis == RowNothing {
			f(`<rect class="none" x="%d" y="%d" width="%d" height="8"/>`, x, y-8, step-4)
		}
		for _, part := range []struct {
			class string
			n     int
		}{{"confirmed", s.Confirmed}, {"disputed", s.Disputed}, {"rejected", s.Rejected}, {"pending", s.Pending}, {"outside", s.Outside}} {
			if part.n == 0 {
				continue
			}
			tall := max(2, part.n*(chartHeight-10)/top)
			y -= tall
			f(`<rect class="b %s" x="%d" y="%d" width="%d" height="%d"/>`, part.class, x, y, step-4, tall)
		}
		if (len(d.Series)-1-i)%7 == 0 {
			f(`<text class="tick" x="%d" y="%d" text-anchor="middle">%s</text>`, x+step/2-2, chartHeight+18, s.Day[5:])
		}
	}
	f(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped
}

func (s SeriesDay) sum() int { return s.Confirmed + s.Disputed + s.Rejected + s.Pending + s.Outside }
