package gazetteer

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// shared returns a file that is measured on and is no part of the project; it
// skips aloud where there is none.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	dir := os.Getenv("MARCHDAY_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("SKIPPED, nothing measured: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// levant loads the units, neighbourhoods and GeoNames cut that the published
// figures of other methods were taken with.
func levant(t testing.TB, lists ...string) *Gazetteer {
	t.Helper()
	var bounds []Boundary
	for _, n := range []string{"1", "2", "3"} {
		b, notes, err := ReadBoundaries(shared(t, "data/geo-syria/admin"+n+".geojson"))
		if err != nil {
			t.Fatal(err)
		}
		for _, note := range notes {
			t.Log(note)
		}
		bounds = append(bounds, b...)
	}
	var places []Place
	for _, f := range append([]string{"data/geo-syria/city_neighbourhoods.csv", "data/geonames-levant/cities.csv"}, lists...) {
		p, bad, err := ReadTable(shared(t, f), "pc")
		if err != nil || len(bad) > 0 {
			t.Fatal(err, bad)
		}
		for i := range p {
			if p[i].Country == "" {
				p[i].Country = "SY" // lists of one country leave it out
			}
		}
		places = append(places, p...)
	}
	forms, err := os.Open("../dossiers/syria-2016/overrides.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer forms.Close()
	overrides := map[string]Override{}
	if err := readOverrides(forms, overrides); err != nil {
		t.Fatal(err)
	}
	return New(places, bounds, overrides)
}

// TestSyriaPlaceStrings measures names as documenters spelled them: how many
// are answered with the right governorate, and how often an answer is right;
// with the boundaries and the GeoNames cut alone, and with a list of 661 more
// names such as a user would import.
func TestSyriaPlaceStrings(t *testing.T) {
	rows, err := csv.NewReader(shared(t, "data/syria-place-strings/places.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"data/airwars-syria-incidents/places_from_incidents.csv"}} {
		g := levant(t, more...)
		for _, least := range []int32{800, 600} {
			all := measureStrings(t, g, rows[1:], least)
			t.Logf("%d more lists, score at least %d", len(more), least)
			for _, k := range []string{"all", "bare"} {
				c := all[k]
				t.Logf("  %-4s n=%d found %.3f right %.3f precision %.3f right by records %.3f", k, c.n, per(c.found, c.n), per(c.right, c.n), per(c.right, c.found), per(c.recordsRight, c.records))
			}
			if all["all"].right*100 < 55*all["all"].n {
				t.Errorf("fewer than 55 %% of the strings are right: it was 57 %% and more")
			}
		}
	}
}

type count struct{ n, found, right, records, recordsRight int }

func measureStrings(t *testing.T, g *Gazetteer, rows [][]string, least int32) map[string]*count {
	sums := map[string]*count{"all": {}, "bare": {}}
	for _, r := range rows {
		if share, err := strconv.ParseFloat(r[5], 64); err != nil || share < 0.8 {
			continue
		}
		records, err := strconv.Atoi(r[4])
		if err != nil {
			t.Fatal(err)
		}
		got := g.Find(Query{Text: r[1], Country: "SY", MinScore: least})
		ok := len(got) > 0 && !got[0].Ambiguous
		right := ok && got[0].Adm[0] == truce.PlaceID(r[3])
		kinds := []string{"all"}
		if !strings.Contains(r[1], ":") {
			kinds = append(kinds, "bare")
		}
		for _, k := range kinds {
			c := sums[k]
			c.n++
			c.records += records
			if ok {
				c.found++
			}
			if right {
				c.right++
				c.recordsRight += records
			}
		}
	}
	return sums
}

func per(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
