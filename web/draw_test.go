package web

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the difference before committing it")

func degrees(lon, lat float64) Point {
	return Point{int64(lon * degree), int64(lat * degree)}
}

// specimenBase is an invented country of two provinces beside a neighbour.
const specimenBase = `{"type":"FeatureCollection","bbox":[10,40,16,44],"features":[
{"type":"Feature","properties":{"kind":"country","iso":"XN","label":[15.2,42],"names":{"en":"Westmark","ar":"وستمارك"}},"geometry":{"type":"Polygon","coordinates":[[[14.5,39],[17,39],[17,45],[14.2,45],[14.8,42.5],[14.5,39]]]}},
{"type":"Feature","properties":{"kind":"country","iso":"XD","own":true,"label":[12,42],"names":{"en":"Dorania","ar":"دورانيا"}},"geometry":{"type":"Polygon","coordinates":[[[10.6,40.4],[14.5,39],[14.8,42.5],[14.2,45],[11,43.6],[10.2,42.1],[10.6,40.4]]]}},
{"type":"Feature","properties":{"kind":"unit","own":true,"iso":"XD-KA","label":[12.2,43],"names":{"en":"Karsa","ar":"كارسا"}},"geometry":{"type":"Polygon","coordinates":[[[10.2,42.1],[12.4,42.2],[14.8,42.5],[14.2,45],[11,43.6],[10.2,42.1]]]}},
{"type":"Feature","properties":{"kind":"unit","own":true,"iso":"XD-VE","label":[12.6,41.2],"names":{"en":"Velm","ar":"فيلم"}},"geometry":{"type":"MultiPolygon","coordinates":[[[[10.6,40.4],[14.5,39],[14.8,42.5],[12.4,42.2],[10.2,42.1],[10.6,40.4]]]]}},
{"type":"Feature","properties":{"kind":"place","iso":"GN-1","label":[15.3,41.2],"names":{"en":"Port West"}},"geometry":{"type":"Point","coordinates":[15.3,41.2]}}]}`

func specimenMap(t *testing.T, tongue *Tongue) Drawn {
	t.Helper()
	b, err := NewBase([]byte(specimenBase))
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := b.Draw(tongue, Map{
		List: "/incidents?day=2016-05-05&", Unplaced: 1,
		Marks: []MapMark{
			{degrees(12.01, 42.51), "Shelling <of> a market", "/i/1", "prohibited"},
			{degrees(12.02, 42.52), "Shelling & fire", "/i/2", "prohibited"},
			{degrees(13.5, 43.2), "Air strike", "/i/3", "exempt"},
			{degrees(11.2, 42.6), "Blast", "/i/4", "outside"},
			{degrees(13.6, 41.9), "Fire", "/i/5", "insufficient"},
			{degrees(12.9, 41.6), "Fire", "/i/6", ""},
			{degrees(12.91, 41.61), "Fire", "/i/7", "prohibited"},
			{degrees(30, 42), "outside the box", "/i/8", ""},
		},
		Areas:  []MapArea{{Code: "XD-VE", Name: "Velm", Href: "/incidents?unit=XD-VE", Count: 2}},
		Labels: []MapLabel{{degrees(12.0, 42.3), "Doran / دوران"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}

func specimenSeries() Days {
	return Days{
		Label: "Complaints per day", From: time.Date(2016, 4, 6, 0, 0, 0, 0, time.UTC),
		Lines: []Line{
			{"Claimed by Ostrana", []int64{3, 4, 9, 2, 0, -1, -1, -1, 5, 7, 12, 11, 3, 2, 2, 8, 19, 22, 17, 9, 5, -1, 6, 7, 3, 2, 0, 0, 4, 9}},
			{"Claimed by Westmark", []int64{6, 8, 7, 7, 3, -1, -1, -1, 9, 9, 8, -1, 6, 7, 4, 4, 10, 14, 19, 12, 8, -1, 9, 9, 6, 4, 3, 1, 6, 11}},
		},
		Watched: []int{0, 250, 500, 250, 250, -1, -1, -1, 1000, 750, 500, 500, 250, 0, 0, 0, 120, 500, 500, 500, 500, -1, 500, 500, 500, 250, 250, 250, 500, 500},
	}
}

func specimenDays(t *testing.T, tongue *Tongue) template.HTML {
	t.Helper()
	svg, err := DrawDays(tongue, specimenSeries())
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

func specimenRanges(t *testing.T, tongue *Tongue) template.HTML {
	t.Helper()
	svg, err := DrawRanges(tongue, "r", "Killed, by lineage of sources", []Range{
		{Name: "Ostrana, 4 May", Low: 12, High: 12, Open: true, Best: -1},
		{Name: "Network, 4 May", Low: 6, High: 6, Best: -1, Old: true},
		{Name: "Network, 5 May", Low: 14, High: 27, Best: 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

// TestDrawings compares every figure with the bytes that were looked at.
func TestDrawings(t *testing.T) {
	p := testPages(t)
	for _, lang := range []string{"en", "ar"} {
		for name, draw := range map[string]func(*testing.T, *Tongue) template.HTML{"map": func(t *testing.T, tongue *Tongue) template.HTML { return specimenMap(t, tongue).SVG }, "days": specimenDays, "ranges": specimenRanges} {
			got := []byte(draw(t, p.catalogue.In(lang)))
			d := xml.NewDecoder(bytes.NewReader(got))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s %s is no XML: %v", name, lang, err)
				}
			}
			file := filepath.Join("testdata", name+"."+lang+".svg")
			if *update {
				write(t, file, got)
			}
			want, err := os.ReadFile(file)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s differs (%v): look at it, then run go test ./web -run Drawings -update", file, err)
			}
		}
	}
}

func TestMapCountsAddUp(t *testing.T) {
	b, err := NewBase([]byte(specimenBase))
	if err != nil {
		t.Fatal(err)
	}
	var marks []MapMark
	seed := uint64(1)
	for range 3000 { // a fixed sequence: no chance in a test
		seed = seed*6364136223846793005 + 1442695040888963407
		marks = append(marks, MapMark{At: Point{(10+int64(seed>>33)%6)*degree + int64(seed>>20)%degree, (40+int64(seed>>40)%4)*degree + int64(seed>>10)%degree}, Title: "x", Href: "/x"})
	}
	d := drawing{p: projectionOf(b.box)}
	sum := 0
	clusters := d.clusters(marks)
	for _, c := range clusters {
		sum += c.n
	}
	if sum != len(marks) || len(clusters) < 20 || len(clusters) > 900 {
		t.Errorf("%d clusters of %d marks, want all %d", len(clusters), sum, len(marks))
	}
	drawn, err := b.Draw(testPages(t).catalogue.In("en"), Map{Marks: marks})
	if err != nil {
		t.Fatal(err)
	}
	if decimals := regexp.MustCompile(` (?:x|y|cx|cy|r|d|width|height)="[^"]*\d\.\d`).FindString(string(drawn.SVG)); decimals != "" {
		t.Errorf("a coordinate is no whole number: %s", decimals)
	}
}

func TestMapLeadsToTheIncidentsItCounts(t *testing.T) {
	drawn := specimenMap(t, testPages(t).catalogue.In("en"))
	if want := "7 incidents have a point on this map. 2 more have none; they are only in the table. Boundaries and names"; !strings.HasPrefix(drawn.Caption, want) || !strings.Contains(drawn.Caption, "GeoNames") {
		t.Errorf("caption %q, want %q", drawn.Caption, want)
	}
	svg := string(drawn.SVG)
	for _, want := range []string{"/incidents?day=2016-05-05&amp;bbox=", "Shelling &lt;of&gt; a market", "/incidents?unit=XD-VE", `href="/i/3"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("the map lacks %q", want)
		}
	}
	if strings.Contains(svg, "/i/8") {
		t.Error("the map links a mark that lies outside it")
	}
	box := regexp.MustCompile(`bbox=([\d.]+),([\d.]+),([\d.]+),([\d.]+)`).FindStringSubmatch(svg)
	if box == nil {
		t.Fatal("a cluster has no box")
	}
	west, _ := strconv.ParseFloat(box[1], 64)
	south, _ := strconv.ParseFloat(box[2], 64)
	east, _ := strconv.ParseFloat(box[3], 64)
	north, _ := strconv.ParseFloat(box[4], 64)
	if west > 12.01 || east < 12.02 || south > 42.51 || north < 42.52 || east-west > 0.5 {
		t.Errorf("the first cluster's box %v does not hold its marks closely", box[1:])
	}
}

func foundingBase(t *testing.T) *Base {
	t.Helper()
	body, err := os.ReadFile("../dossiers/syria-2016/map/base.geojson")
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBase(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFoundingBase reads the base that the founding dossier ships.
func TestFoundingBase(t *testing.T) {
	b := foundingBase(t)
	if n := len(b.file.body); n > 400_000 {
		t.Errorf("the base has %d bytes, more than a page should load", n)
	}
	units, languages := 0, []string{"en", "ar", "fr", "ru"}
	for _, f := range b.features {
		if !f.own {
			continue
		}
		if f.kind == "unit" {
			units++
		}
		for _, l := range languages {
			if f.names[l] == "" {
				t.Errorf("%s has no name in %s", f.code, l)
			}
		}
	}
	if units != 15 {
		t.Errorf("%d units, want 14 and the area of separation", units)
	}
	box, ok := b.UnitBox("SY-HL")
	if !ok {
		t.Fatal("the base has no SY-HL")
	}
	for _, lang := range []string{"en", "ar"} {
		for name, part := range map[string]Box{"all": {}, "aleppo": box} {
			drawn, err := b.Draw(testPages(t).catalogue.In(lang), Map{Box: part, Areas: []MapArea{{Code: "SY-LA", Name: "x", Count: 3}}, Marks: []MapMark{{degrees(37.15, 36.2), "x", "", ""}, {degrees(36.7, 36.0), "x", "", "prohibited"}, {degrees(36.3, 33.5), "x", "", ""}}})
			if err != nil || len(drawn.SVG) > 90_000 {
				t.Errorf("%s: %d bytes, %v", name, len(drawn.SVG), err)
			}
		}
	}
}

func TestBaseRefuses(t *testing.T) {
	for name, c := range map[string]string{
		"no json":       `{`,
		"no box":        `{"features":[]}`,
		"empty box":     `{"bbox":[1,1,1,1],"features":[]}`,
		"a line":        `{"bbox":[1,1,2,2],"features":[{"properties":{"label":[1,1]},"geometry":{"type":"LineString","coordinates":[]}}]}`,
		"out of range":  `{"bbox":[1,1,2,200],"features":[]}`,
		"three numbers": `{"bbox":[1,1,2,2],"features":[{"properties":{"label":[1,1]},"geometry":{"type":"Polygon","coordinates":[[[1,2,3]]]}}]}`,
	} {
		if _, err := NewBase([]byte(c)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCosineOfTheMiddleLatitude(t *testing.T) {
	for lat, want := range map[int64]int64{0: 700, 35: 700, 60: 700} { // the height is bounded, so the width tells
		p := projectionOf(Box{0, (lat - 5) * degree, 10 * degree, (lat + 5) * degree})
		if p.height != want {
			t.Errorf("height at %d°: %d", lat, p.height)
		}
		shape := map[int64]int64{0: 700, 35: 573, 60: 350}[lat] // 700 cos(lat), from a table of cosines
		if p.width < shape-2 || p.width > shape+2 {
			t.Errorf("width at %d°: %d, want %d", lat, p.width, shape)
		}
	}
}

func TestGapIsNoZero(t *testing.T) {
	tongue := testPages(t).catalogue.In("en")
	svg := string(specimenDays(t, tongue))
	if got := strings.Count(svg, `class="c-gap"`); got != 2+4 { // two stretches, four unwatched days
		t.Errorf("%d hatched stretches, want 6", got)
	}
	if !strings.Contains(svg, "2016-04-11 to 2016-04-13: not recorded") {
		t.Error("the gap does not say which days are missing")
	}
	first := regexp.MustCompile(`<path class="c-line c-1" d="(M[^"]*M[^"]*)"`).FindStringSubmatch(svg)
	if first == nil {
		t.Error("the line crosses the gap")
	}
	empty, err := DrawDays(tongue, Days{})
	if err != nil || !strings.Contains(string(empty), "No day") {
		t.Errorf("empty series: %s, %v", empty, err)
	}
	if _, err := DrawDays(tongue, Days{Lines: []Line{{"x", make([]int64, maxChartDays+1)}}}); err == nil {
		t.Error("a chart over the limit was drawn")
	}
}

func TestDaysAsJSON(t *testing.T) {
	got, err := json.Marshal(Days{From: time.Date(2016, 5, 4, 0, 0, 0, 0, time.UTC), Lines: []Line{{"A", []int64{0, -1}}}, Watched: []int{-1, 250}})
	if want := `{"from":"2016-05-04","lines":[{"name":"A","values":[0,null]}],"watched":[null,250]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestBaseIsServed(t *testing.T) {
	b, err := NewBase([]byte(specimenBase))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/map/base.geojson", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/geo+json" || w.Body.String() != specimenBase {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestAxis(t *testing.T) {
	for top, want := range map[int64][2]int64{0: {1, 1}, 1: {1, 1}, 5: {1, 5}, 6: {2, 6}, 22: {5, 25}, 100: {20, 100}, 101: {50, 150}, 1234: {500, 1500}} {
		if step, reach := axis(top); step != want[0] || reach != want[1] {
			t.Errorf("top %d: step %d to %d, want %v", top, step, reach, want)
		}
	}
}
