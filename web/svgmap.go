package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	mapWidth     = 1000
	mapMaxHeight = 700
	mapCell      = 24 // marks of one cell are one cluster
	mapApart     = 30 // clusters nearer than this become one
	maxBaseBytes = 4 << 20
	maxMapMarks  = 50_000
	degree       = 10_000_000 // one degree, in the unit of every coordinate here
)

// A Point is a place in units of 1e-7 degree, WGS84, longitude first.
type Point struct{ Lon, Lat int64 }

// A Box is west, south, east, north in units of 1e-7 degree.
type Box struct{ West, South, East, North int64 }

// A Base is what a map is drawn on: countries and the units inside them. It is
// read once and never changes.
type Base struct {
	box      Box
	features []feature
	file     *asset
}

// ServeHTTP gives the base as it was read, for the interactive map; it stands
// at /map/base.geojson.
func (b *Base) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.file.serve(w, r) }

type feature struct {
	kind  string // "country", "unit", "place"
	code  string // ISO 3166-2 or 3166-1
	own   bool   // a unit of the country that the dossier is about
	names map[string]string
	label Point
	rings [][]Point
	box   Box
}

// A MapMark is one incident that has a point.
type MapMark struct {
	At Point
	// Title is read out and shown on hover; Href leads to the incident.
	Title, Href string
	// Kind is "" for an allegation, or a verdict: it gives the shape.
	Kind string
}

// A MapArea is a unit with incidents of which only the area is known: it is
// hatched, and no point is drawn for them. Either Code names a unit of the
// base, or Rings gives the outline.
type MapArea struct {
	Code       string
	Rings      [][]Point
	Name, Href string
	Count      int
	Title      string // what it is, where it holds no incidents
}

// A MapLine is a line, with what it takes in to either side.
type MapLine struct {
	Points      []Point
	Metres      int32
	Title, Href string
}

// A MapLabel is a place name.
type MapLabel struct {
	At   Point
	Text string
}

// A Map is what DrawMap draws.
type Map struct {
	// ID tells two maps of one page apart.
	ID string
	// Box is the part to show; the zero Box shows all of the base.
	Box Box
	// List is the address of the list that a cluster leads to, ready for one
	// more parameter: "/incidents?" or "/incidents?day=2016-05-05&".
	List string
	// Source is the address of the same incidents as GeoJSON, for the
	// interactive map; empty keeps the drawing.
	Source string
	// Unplaced counts the incidents that are in the table and not on the map.
	Unplaced int
	Marks    []MapMark
	Areas    []MapArea
	Lines    []MapLine
	Labels   []MapLabel
	// Label and Caption say what it shows, where that is not incidents; Several
	// is the name in the catalogue of what is said of several marks in one.
	Label, Caption, Several string
}

// NewBase reads a GeoJSON FeatureCollection with a bbox, as tools/geodata makes
// it: polygons of kind "country" and "unit", points of kind "place", each with
// the properties iso, own, label ([lon, lat]) and names ({"en": ...}).
func NewBase(geojson []byte) (*Base, error) {
	if len(geojson) > maxBaseBytes {
		return nil, fmt.Errorf("base map: over %d bytes: clip it to the dossier's box", maxBaseBytes)
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
	if err := json.Unmarshal(geojson, &in); err != nil {
		return nil, fmt.Errorf("base map: %w", err)
	}
	b := &Base{file: newAsset("base.geojson", geojson)}
	box, err := units(in.BBox, 4)
	if err != nil {
		return nil, fmt.Errorf("base map: bbox: %w", err)
	}
	b.box = Box{box[0], box[1], box[2], box[3]}
	if b.box.East <= b.box.West || b.box.North <= b.box.South {
		return nil, errors.New("base map: bbox is empty: want west, south, east, north")
	}
	for i, f := range in.Features {
		one := feature{kind: f.Properties.Kind, code: f.Properties.ISO, own: f.Properties.Own, names: f.Properties.Names}
		label, err := units(f.Properties.Label, 2)
		if err == nil {
			one.label = Point{label[0], label[1]}
			one.rings, err = rings(f.Geometry.Type, f.Geometry.Coordinates)
		}
		if err != nil {
			return nil, fmt.Errorf("base map: feature %d (%s): %w", i, one.code, err)
		}
		one.box = boxOf(one.rings)
		b.features = append(b.features, one)
	}
	return b, nil
}

func rings(kind string, raw json.RawMessage) ([][]Point, error) {
	var polygons [][][][]json.Number
	switch kind {
	case "Point": // a place: its label says where
		return nil, nil
	case "Polygon":
		polygons = make([][][][]json.Number, 1)
		if err := json.Unmarshal(raw, &polygons[0]); err != nil {
			return nil, err
		}
	case "MultiPolygon":
		if err := json.Unmarshal(raw, &polygons); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("geometry %q: want Polygon, MultiPolygon or Point", kind)
	}
	var out [][]Point
	for _, polygon := range polygons {
		for _, ring := range polygon {
			points := make([]Point, len(ring))
			for i, pair := range ring {
				u, err := units(pair, 2)
				if err != nil {
					return nil, err
				}
				points[i] = Point{u[0], u[1]}
			}
			out = append(out, points)
		}
	}
	return out, nil
}

// units reads decimal degrees without passing through a float, which would
// round differently elsewhere.
func units(in []json.Number, want int) ([]int64, error) {
	if len(in) != want {
		return nil, fmt.Errorf("want %d numbers, have %d", want, len(in))
	}
	out := make([]int64, want)
	for i, n := range in {
		whole, part, _ := strings.Cut(string(n), ".")
		if len(part) > 7 {
			part = part[:7]
		}
		v, err := strconv.ParseInt(whole+part+strings.Repeat("0", 7-len(part)), 10, 64)
		if err != nil || v < -180*degree || v > 180*degree {
			return nil, fmt.Errorf("%s is no longitude or latitude in decimal degrees", n)
		}
		out[i] = v
	}
	return out, nil
}

func boxOf(rings [][]Point) Box {
	b := Box{180 * degree, 90 * degree, -180 * degree, -90 * degree}
	for _, ring := range rings {
		for _, p := range ring {
			b = Box{min(b.West, p.Lon), min(b.South, p.Lat), max(b.East, p.Lon), max(b.North, p.Lat)}
		}
	}
	return b
}

// UnitBox is the box of one unit of the base, a tenth wider on every side, for
// a map of that unit alone; ok is false when the base has no such unit.
func (b *Base) UnitBox(code string) (box Box, ok bool) {
	for _, f := range b.features {
		if f.code == code {
			dx, dy := (f.box.East-f.box.West)/10, (f.box.North-f.box.South)/10
			return Box{f.box.West - dx, f.box.South - dy, f.box.East + dx, f.box.North + dy}, true
		}
	}
	return Box{}, false
}

// projection is equirectangular, shrunk by the cosine of the middle latitude,
// onto whole units: the same bytes on every machine.
type projection struct {
	box           Box
	width, height int64
}

func projectionOf(box Box) projection {
	p := projection{box: box, width: mapWidth}
	// Bhaskara's cosine of d degrees, off by less than 0.002:
	// (32400 - 4d²) / (32400 + d²); d in hundredths keeps it whole.
	d := min(max((box.North+box.South)/2/(degree/100), -8000), 8000)
	above, below := int64(324_000_000)-4*d*d, int64(324_000_000)+d*d
	p.height = (box.North - box.South) / 1000 * p.width * below / above / max((box.East-box.West)/1000, 1)
	if p.height > mapMaxHeight {
		p.width, p.height = p.width*mapMaxHeight/p.height, mapMaxHeight
	}
	return p
}

func (p projection) at(q Point) (x, y int) {
	return int((q.Lon - p.box.West) * p.width / (p.box.East - p.box.West)), int((p.box.North - q.Lat) * p.height / (p.box.North - p.box.South))
}

func (p projection) place(x, y int) Point {
	return Point{p.box.West + int64(x)*(p.box.East-p.box.West)/p.width, p.box.North - int64(y)*(p.box.North-p.box.South)/p.height}
}

// Draw draws a map: land, units, hatched areas, clustered marks with their
// counts, names where there is room. What can be followed is a link; the caption
// says how many incidents have a point in the box and how many have none, and
// carries the note on boundaries and the credit, wherever the map goes.
func (b *Base) Draw(t *Tongue, m Map) (Drawn, error) {
	if len(m.Marks) > maxMapMarks {
		return Drawn{}, fmt.Errorf("map of %d marks: at most %d: narrow the list", len(m.Marks), maxMapMarks)
	}
	if m.Box == (Box{}) {
		m.Box = b.box
	}
	p := projectionOf(m.Box)
	if p.height < 1 || p.width < 1 {
		return Drawn{}, errors.New("map of an empty box")
	}
	d := drawing{t: t, p: p, id: m.ID + "hatch"}
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="group" aria-label="%s" direction="ltr">`, p.width, p.height, cmp.Or(m.Label, t.T("map.label")))
	d.f(`<defs><pattern id="%s" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="m-hatch" d="M0 0V8" stroke="#1a1e23" stroke-width="1.5"/></pattern></defs>`, d.id)
	d.f(`<g role="img" aria-label="%s"><rect class="m-sea" width="%d" height="%d" fill="#dfe7ec"/>`, t.T("frame.boundaries"), p.width, p.height)
	d.land(b)
	d.raw(`</g>`)
	clusters := d.clusters(m.Marks)
	shown := 0
	for _, c := range clusters { // names keep clear of marks
		shown += c.n
		d.taken = append(d.taken, [4]int{c.x - 14, c.y - 14, c.x + 14, c.y + 14})
	}
	d.areas(b, m.Areas)
	for _, l := range m.Lines {
		d.line(l)
	}
	d.names(b, m.Labels)
	for _, c := range clusters {
		d.cluster(c, m)
	}
	d.raw(`</svg>`)
	out := Drawn{
		SVG:     template.HTML(d.b.String()), //nolint:gosec // every text is escaped by f
		Caption: cmp.Or(m.Caption, t.T("map.caption", "shown", shown, "unplaced", m.Unplaced+len(m.Marks)-shown)) + " " + t.T("frame.boundaries") + " " + t.T("frame.credit"),
		Source:  m.Source,
	}
	if m.Source != "" {
		out.Island = "map"
	}
	return out, nil
}

// drawing is an SVG being written.
type drawing struct {
	b     strings.Builder
	t     *Tongue
	p     projection
	id    string
	taken [][4]int // boxes of what is drawn already
}

func (d *drawing) raw(s string) { d.b.WriteString(s) }

// f writes a format; every string among the arguments is escaped.
func (d *drawing) f(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = template.HTMLEscapeString(s)
		}
	}
	fmt.Fprintf(&d.b, format, args...)
}

func (d *drawing) land(b *Base) {
	for _, layer := range []struct {
		kind         string
		class, paint string
		own          bool // of the dossier's country alone
	}{
		{"country", "m-land", `fill="#f4f1e9" stroke="#b9b2a2" stroke-width="1"`, false},
		{"unit", "m-unit", `fill="#fffdf8" stroke="#b9b2a2" stroke-width="1"`, true},
		{"country", "m-border", `fill="none" stroke="#7d828a" stroke-width="2"`, true},
	} {
		for _, f := range b.features {
			if f.kind != layer.kind || layer.own && !f.own {
				continue
			}
			if path := d.path(f.rings); path != "" {
				d.raw(`<path class="` + layer.class + `" ` + layer.paint + ` fill-rule="evenodd" d="` + path + `"/>`)
			}
		}
	}
}

// path clips rings to the box and writes them on whole units; points that fall
// on one another are written once.
func (d *drawing) path(rings [][]Point) string {
	var b strings.Builder
	for _, ring := range rings {
		ring = clip(ring, d.p.box)
		var xs, ys []int
		for _, q := range ring {
			x, y := d.p.at(q)
			if n := len(xs); n > 0 && xs[n-1] == x && ys[n-1] == y {
				continue
			}
			if n := len(xs); n > 1 && (xs[n-1]-xs[n-2])*(y-ys[n-2]) == (x-xs[n-2])*(ys[n-1]-ys[n-2]) {
				xs[n-1], ys[n-1] = x, y // on the line: the middle point adds nothing
				continue
			}
			xs, ys = append(xs, x), append(ys, y)
		}
		if len(xs) < 3 {
			continue
		}
		fmt.Fprintf(&b, "M%d %d", xs[0], ys[0])
		for i := 1; i < len(xs); i++ {
			fmt.Fprintf(&b, "l%d %d", xs[i]-xs[i-1], ys[i]-ys[i-1])
		}
		b.WriteByte('z')
	}
	return b.String()
}

// clip cuts a ring at the four sides of a box (Sutherland and Hodgman 1974),
// a little outside it so that the cut itself is not drawn.
func clip(ring []Point, box Box) []Point {
	dx, dy := (box.East-box.West)/100, (box.North-box.South)/100
	sides := []struct {
		lon  bool
		at   int64
		sign int64
	}{{true, box.West - dx, 1}, {true, box.East + dx, -1}, {false, box.South - dy, 1}, {false, box.North + dy, -1}}
	for _, side := range sides {
		over := func(p Point) int64 { // >= 0 inside
			if side.lon {
				return (p.Lon - side.at) * side.sign
			}
			return (p.Lat - side.at) * side.sign
		}
		var kept []Point
		for i, p := range ring {
			prev := ring[(i+len(ring)-1)%len(ring)]
			a, b := over(prev), over(p)
			if (a < 0) != (b < 0) {
				kept = append(kept, Point{cut(prev.Lon, p.Lon, a, b), cut(prev.Lat, p.Lat, a, b)})
			}
			if b >= 0 {
				kept = append(kept, p)
			}
		}
		ring = kept
	}
	return ring
}

// cut is the coordinate between u and v where the distance a turns into b. It
// works in thousandths of the way, so nothing overflows.
func cut(u, v, a, b int64) int64 {
	if a == b {
		return u
	}
	for max(a, -a, b, -b) > 1<<30 {
		a, b = a/2, b/2
	}
	if a == b {
		return u
	}
	return u + (v-u)*a/(a-b)
}

type cluster struct {
	x, y, n int
	first   int // index of its first mark
	kind    string
	cells   [4]int // what it covers, for the link
}

// clusters gathers marks by cell, then joins cells that would overlap. The
// counts add up to the marks inside the box.
func (d *drawing) clusters(marks []MapMark) []cluster {
	cells := map[[2]int]int{}
	var all []cluster
	for i, m := range marks {
		x, y := d.p.at(m.At)
		if x < 0 || y < 0 || x >= int(d.p.width) || y >= int(d.p.height) {
			continue
		}
		key := [2]int{x / mapCell, y / mapCell}
		at, known := cells[key]
		if !known {
			at = len(all)
			cells[key] = at
			all = append(all, cluster{first: i, kind: m.Kind, cells: [4]int{x, y, x, y}})
		}
		all[at] = join(all[at], cluster{x: x, y: y, n: 1, first: i, kind: m.Kind, cells: [4]int{x, y, x, y}})
	}
	slices.SortStableFunc(all, func(a, b cluster) int { return cmp.Or(b.n-a.n, a.first-b.first) })
	var kept []cluster
next:
	for _, c := range all {
		for i, k := range kept {
			if dx, dy := k.x-c.x, k.y-c.y; dx*dx+dy*dy < mapApart*mapApart {
				kept[i] = join(k, c)
				continue next
			}
		}
		kept = append(kept, c)
	}
	slices.SortFunc(kept, func(a, b cluster) int { return a.first - b.first })
	return kept
}

// join adds b to a; the mark stands at the mean of all.
func join(a, b cluster) cluster {
	n := a.n + b.n
	out := cluster{x: (a.x*a.n + b.x*b.n) / n, y: (a.y*a.n + b.y*b.n) / n, n: n, first: min(a.first, b.first), kind: a.kind}
	if b.kind != a.kind {
		out.kind = ""
	}
	out.cells = [4]int{min(a.cells[0], b.cells[0]), min(a.cells[1], b.cells[1]), max(a.cells[2], b.cells[2]), max(a.cells[3], b.cells[3])}
	return out
}

func (d *drawing) cluster(c cluster, m Map) {
	one := m.Marks[c.first]
	href, title := one.Href, one.Title
	if c.n > 1 {
		title = d.t.Number(int64(c.n)) + ": " + d.t.T(cmp.Or(m.Several, "map.cluster"), "n", c.n, "title", one.Title)
		href = ""
		if m.List != "" {
			sw, ne := d.p.place(c.cells[0]-1, c.cells[3]+1), d.p.place(c.cells[2]+1, c.cells[1]-1)
			href = m.List + "bbox=" + decimal(sw.Lon) + "," + decimal(sw.Lat) + "," + decimal(ne.Lon) + "," + decimal(ne.Lat)
		}
	}
	d.open(href, title)
	r := 11
	for _, step := range []int{1, 9, 99} {
		if c.n > step {
			r += 3
		}
	}
	d.f(`<circle class="m-hit" cx="%d" cy="%d" r="%d" fill="none" pointer-events="all"/>`, c.x, c.y, r+6)
	d.shape(c, r)
	if c.n > 1 {
		d.f(`<text class="m-count %s" x="%d" y="%d" text-anchor="middle" font-size="15" fill="%s">%s</text>`, c.kind, c.x, c.y+5, ink(c.kind), d.t.Number(int64(c.n)))
	}
	d.close(href)
}

// shape draws a mark: its outline says the verdict, colour only repeats it.
func (d *drawing) shape(c cluster, r int) {
	switch c.kind {
	case "prohibited":
		d.f(`<rect class="m-mark prohibited" x="%d" y="%d" width="%d" height="%d" fill="#64285d" stroke="#fff" stroke-width="2"/>`, c.x-r+1, c.y-r+1, 2*r-2, 2*r-2)
	case "outside":
		d.f(`<rect class="m-mark outside" x="%d" y="%d" width="%d" height="%d" fill="#fff" stroke="#555b62" stroke-width="2" stroke-dasharray="3 2"/>`, c.x-r+1, c.y-r+1, 2*r-2, 2*r-2)
	case "insufficient":
		r += 3
		d.f(`<path class="m-mark insufficient" d="M%d %dl%d %dl%d %dl%d %dz" fill="#775000" stroke="#fff" stroke-width="2"/>`, c.x, c.y-r, r, r, -r, r, -r, -r)
	case "exempt":
		d.f(`<circle class="m-mark exempt" cx="%d" cy="%d" r="%d" fill="#fff" stroke="#14606c" stroke-width="3"/>`, c.x, c.y, r)
	default:
		d.f(`<circle class="m-mark" cx="%d" cy="%d" r="%d" fill="#20303f" stroke="#fff" stroke-width="2"/>`, c.x, c.y, r)
	}
}

func ink(kind string) string {
	switch kind {
	case "exempt":
		return "#14606c"
	case "outside":
		return "#555b62"
	}
	return "#ffffff"
}

func (d *drawing) areas(b *Base, areas []MapArea) {
	for _, a := range areas {
		at, rings := Point{}, a.Rings
		for _, f := range b.features {
			if a.Code != "" && f.code == a.Code {
				at, rings = f.label, f.rings
			}
		}
		path := d.path(rings)
		if path == "" {
			if a.Code == "" && len(rings) > 0 {
				d.speck(a, boxOf(rings))
			}
			continue
		}
		if at == (Point{}) {
			box := boxOf(rings)
			at = Point{(box.West + box.East) / 2, (box.South + box.North) / 2}
		}
		title := cmp.Or(a.Title, d.t.Number(int64(a.Count))+": "+d.t.T("map.area", "name", a.Name, "n", a.Count))
		d.open(a.Href, title)
		d.f(`<path class="m-area" fill="url(#%s)" fill-opacity=".3" stroke="#1a1e23" stroke-width="1.5" fill-rule="evenodd" d="%s"/>`, d.id, path)
		if x, y, free := d.room(at); a.Count > 0 && free {
			d.f(`<rect class="m-mark outside" x="%d" y="%d" width="30" height="22" rx="11" fill="#fff" stroke="#555b62" stroke-width="1.5" stroke-dasharray="3 2"/>`, x-15, y-11)
			d.f(`<text class="m-count outside" x="%d" y="%d" text-anchor="middle" font-size="15" fill="#555b62">%s</text>`, x, y+5, d.t.Number(int64(a.Count)))
		}
		d.close(a.Href)
	}
}

// line draws a line over the band that it takes in, both as wide as they are;
// what lies outside the box is cut off by the drawing's edge.
func (d *drawing) line(l MapLine) {
	var path strings.Builder
	lastX, lastY := 0, 0
	for i, q := range l.Points {
		x, y := d.p.at(q)
		if i == 0 {
			fmt.Fprintf(&path, "M%d %d", x, y)
		} else if x != lastX || y != lastY {
			fmt.Fprintf(&path, "L%d %d", x, y)
		}
		lastX, lastY = x, y
	}
	if len(l.Points) < 2 {
		return
	}
	const metresOfDegree = 111_195
	band := 2 * int64(l.Metres) * d.p.height * degree / metresOfDegree / (d.p.box.North - d.p.box.South)
	d.open(l.Href, l.Title)
	if band > 3 {
		d.f(`<path class="m-band" fill="none" stroke="#1a1e23" stroke-opacity=".2" stroke-width="%d" d="%s"/>`, band, path.String())
	}
	d.f(`<path class="m-line" fill="none" stroke="#1a1e23" stroke-width="3" stroke-dasharray="9 4" d="%s"/>`, path.String())
	d.close(l.Href)
}

// open begins what has a title and may be a link; close ends it.
func (d *drawing) open(href, title string) {
	if href != "" {
		d.f(`<a href="%s" aria-label="%s">`, href, title)
	} else {
		d.f(`<g role="img" aria-label="%s">`, title)
	}
	d.f(`<title>%s</title>`, title)
}

func (d *drawing) close(href string) { d.raw(pick(href != "", `</a>`, `</g>`)) }

// speck draws an area that is too small to have an outline.
func (d *drawing) speck(a MapArea, box Box) {
	x, y := d.p.at(Point{(box.West + box.East) / 2, (box.South + box.North) / 2})
	if x < 0 || y < 0 || x > int(d.p.width) || y > int(d.p.height) {
		return
	}
	d.open(a.Href, a.Title)
	d.f(`<circle class="m-area" cx="%d" cy="%d" r="6" fill="none" stroke="#1a1e23" stroke-width="2"/>`, x, y)
	d.close(a.Href)
}

// room finds a free place at a point or a little below or above it, and takes it.
func (d *drawing) room(at Point) (x, y int, free bool) {
	x, y = d.p.at(at)
	for _, dy := range []int{0, 30, -30, 60, -60} {
		if d.take([4]int{x - 16, y + dy - 12, x + 16, y + dy + 12}) {
			return x, y + dy, true
		}
	}
	return 0, 0, false
}

// names writes names where nothing stands yet: those given, then of units, of
// places, of countries. A wide map names the units of its own country and the
// places of others; a narrow one names every place.
func (d *drawing) names(b *Base, labels []MapLabel) {
	for _, l := range labels {
		d.name(l.At, l.Text, "m-label", 16, -14)
	}
	narrow := 2*(d.p.box.East-d.p.box.West) < b.box.East-b.box.West
	for _, kind := range []string{"unit", "place", "country"} {
		for _, f := range b.features {
			name := f.names[d.t.Code]
			if name == "" {
				name = f.names["en"]
			}
			switch {
			case f.kind != kind:
			case kind == "unit" && f.own:
				d.name(f.label, name, "m-label m-unit-name", 17, 0)
			case kind == "place" && (narrow || !f.own):
				if d.name(f.label, name, "m-label", 15, -9) {
					x, y := d.p.at(f.label)
					d.f(`<circle class="m-place" cx="%d" cy="%d" r="3" fill="#4d545c"/>`, x, y)
				}
			case kind == "country" && !f.own:
				d.name(f.label, name, "m-label m-country", 18, 0)
			}
		}
	}
}

// name writes a text near a point, if it can be without covering anything.
func (d *drawing) name(at Point, text, class string, size, dy int) bool {
	x, y := d.p.at(at)
	half := utf8.RuneCountInString(text) * size * 3 / 10
	for _, shift := range []int{dy, dy + 24, dy - 24} {
		box := [4]int{x - half, y + shift - size, x + half, y + shift + 5}
		if text == "" || box[0] < 0 || box[1] < 0 || box[2] > int(d.p.width) || box[3] > int(d.p.height) || !d.take(box) {
			continue
		}
		direction := "ltr"
		if d.t.Dir == "rtl" {
			direction = "rtl"
		}
		d.f(`<text class="%s" x="%d" y="%d" text-anchor="middle" font-size="%d" direction="%s" fill="#4d545c">%s</text>`, class, x, y+shift, size, direction, text)
		return true
	}
	return false
}

// take reserves a box unless it meets one that is taken.
func (d *drawing) take(box [4]int) bool {
	for _, t := range d.taken {
		if box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3] {
			return false
		}
	}
	d.taken = append(d.taken, box)
	return true
}

// decimal writes a coordinate in degrees with five digits, about a metre.
func decimal(v int64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	return sign + strconv.FormatInt(v/degree, 10) + "." + fmt.Sprintf("%05d", v%degree/100)
}
