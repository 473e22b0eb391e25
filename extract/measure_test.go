package extract

import (
	"encoding/xml"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// shared returns the bytes of a file that is measured on and is no part of the
// project; it skips aloud where there is none.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("MARCHDAY_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("SKIPPED, nothing measured: %v", err)
	}
	return b
}

// nearestCountry is the country of the city nearest to a point, "" if none is
// within 300 km.
func nearestCountry(cities []gazetteer.Place, p truce.Point) string {
	best, country := int64(300_000), ""
	for _, c := range cities {
		if c.Class == gazetteer.Country || c.Population < 100_000 || c.Point.Lat-p.Lat > 30_000_000 || p.Lat-c.Point.Lat > 30_000_000 {
			continue
		}
		if m := truce.MetresBetween(c.Point, p); m < best {
			best, country = m, c.Country
		}
	}
	return country
}

// TestGeoVirus measures toponyms in 238 news texts: found by exact span, and
// on given spans resolved to the right country and within 161 km.
func TestGeoVirus(t *testing.T) {
	var set struct {
		Articles []struct {
			Text      string `xml:"text"`
			Locations []struct {
				Name  string  `xml:"name"`
				Start int     `xml:"start"`
				End   int     `xml:"end"`
				Lat   float64 `xml:"lat"`
				Lon   float64 `xml:"lon"`
			} `xml:"locations>location"`
		} `xml:"article"`
	}
	if err := xml.Unmarshal(shared(t, "data/geoparsing/GeoVirus.xml"), &set); err != nil {
		t.Fatal(err)
	}
	e := worldEngine(t)
	f, err := gazetteer.World().Open("world.tsv")
	if err != nil {
		t.Fatal(err)
	}
	cities, err := gazetteer.ReadPlaces(f)
	if err != nil {
		t.Fatal(err)
	}
	var placed, sameCountry int
	var tp, fp, fn, n, answered, within, points, nearby int
	var metres []int64
	w := &work{}
	show := os.Getenv("SHOW")
	for _, art := range set.Articles {
		gold := map[[2]int]bool{}
		runes := []rune(art.Text)
		for _, l := range art.Locations {
			if l.Start < 1 || l.End > len(runes)+1 {
				continue
			}
			s := len(string(runes[:l.Start-1])) // the set counts runes from 1
			gold[[2]int{s, s + len(l.Name)}] = true
		}
		w.begin(e, Doc{Text: art.Text, Lang: "en"})
		var near []truce.Point
		for k := range w.t.sents {
			w.a.open(&w.t, k)
			w.a.take(w.t.ments)
			w.a.parse()
			for _, p := range w.a.findPlaces(nil) {
				s, end := w.t.span(p.i, p.j)
				span := [2]int{int(s), int(end)}
				if gold[span] {
					tp++
					delete(gold, span)
				} else {
					fp++
					if show == "fp" {
						t.Logf("FP %q", art.Text[s:end])
					}
				}
				if c := p.best(); len(p.cands) > 0 && c.Class != gazetteer.Country {
					near = append(near, c.Point)
				}
			}
		}
		fn += len(gold)
		if show == "fn" {
			for s := range gold {
				t.Logf("FN %q", art.Text[s[0]:s[1]])
			}
		}
		for _, l := range art.Locations {
			n++
			got := e.places.Find(gazetteer.Query{Text: l.Name, Max: 1, MinScore: 800, Country: w.t.focus(), Near: near[:min(len(near), 8)]})
			if len(got) == 0 {
				if show == "none" {
					t.Logf("NONE %q", l.Name)
				}
				continue
			}
			answered++
			if at := nearestCountry(cities, truce.Point{Lon: int32(math.Round(l.Lon * 1e7)), Lat: int32(math.Round(l.Lat * 1e7))}); at != "" {
				placed++
				if at == got[0].Place.Country {
					sameCountry++
				}
			}
			m := truce.MetresBetween(got[0].Place.Point, truce.Point{Lon: int32(math.Round(l.Lon * 1e7)), Lat: int32(math.Round(l.Lat * 1e7))})
			metres = append(metres, m)
			small := got[0].Place.Class != gazetteer.Country && got[0].Place.Class != gazetteer.Region
			if small {
				points++
			}
			if m <= 161_000 {
				within++
				if small {
					nearby++
				}
			} else if show == "far" {
				t.Logf("FAR %q is %s %s, %d km off", l.Name, got[0].Place.ID, got[0].Place.Name("en"), m/1000)
			}
		}
	}
	slices.Sort(metres)
	p, r := float64(tp)/float64(tp+fp), float64(tp)/float64(tp+fn)
	t.Logf("detection by exact span: precision %.3f recall %.3f F1 %.3f (%d found, %d missed, %d too many)", p, r, 2*p*r/(p+r), tp, fn, fp)
	t.Logf("resolution on %d given spans: answered %.3f, within 161 km %.3f of all and %.3f of the answered, median %d km", n, float64(answered)/float64(n), float64(within)/float64(n), float64(within)/float64(answered), metres[len(metres)/2]/1000)
	t.Logf("of %d answered with a place smaller than a country %.3f lie within 161 km: where a country or a continent has its middle is a matter of taste", points, float64(nearby)/float64(points))
	t.Logf("country right %.3f of %d spans that have a city of 100,000 within 300 km, whose country is taken for theirs", float64(sameCountry)/float64(placed), placed)
	if strings.TrimSpace(show) == "" && within*100 < 60*n {
		t.Error("under 60 % within 161 km: it was more")
	}
}
