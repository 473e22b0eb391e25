package gazetteer

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// AlternateName is a name of a place as GeoNames lists it apart from the places.
type AlternateName struct {
	Place     truce.PlaceID
	Name      Name // without a language: to find the place by, never shown
	Preferred bool // the official one
	Short     bool
}

// alternateColumns is how many columns a line of alternate names has at least;
// two more say from when to when a name holds.
const alternateColumns = 8

// shownLanguages are the languages whose alternate names are taken.
var shownLanguages = []string{"ar", "en", "ru", "tr"}

// ReadAlternateNames reads GeoNames' alternateNamesV2: columns parted by tabs,
// without a header (id, geonameid, language, name, preferred, short, colloquial,
// historic, from, to). It takes the names of the places that held says yes to,
// in Arabic, English, Russian and Turkish, and those of no language. A name that
// is historic or colloquial, has an end, or mixes scripts serves to find the
// place and is never shown. Whatever it leaves out for a fault is returned.
func ReadAlternateNames(r io.Reader, held func(truce.PlaceID) bool) ([]AlternateName, []Reject, error) {
	var out []AlternateName
	var bad []Reject
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; s.Scan(); n++ {
		f := strings.Split(strings.TrimRight(s.Text(), "\r"), "\t")
		if len(f) < alternateColumns {
			bad = append(bad, Reject{n, fmt.Sprintf("%d columns, wanted %d or more parted by tabs", len(f), alternateColumns)})
			continue
		}
		if _, err := strconv.ParseUint(f[1], 10, 63); err != nil {
			bad = append(bad, Reject{n, fmt.Sprintf("column 2: %q is no GeoNames number", f[1])})
			continue
		}
		a := AlternateName{Place: truce.PlaceID("gn:" + f[1]), Name: Name{Text: strings.Join(strings.Fields(f[3]), " ")}, Preferred: f[4] == "1", Short: f[5] == "1"}
		lang, _, _ := strings.Cut(f[2], "-")
		if !held(a.Place) || a.Name.Text == "" || lang != "" && !slices.Contains(shownLanguages, lang) {
			continue
		}
		old := f[6] == "1" || f[7] == "1" || len(f) > alternateColumns+1 && f[alternateColumns+1] != ""
		if script := scriptLang(a.Name.Text); !old && (script == lang || script == "" && (lang == "en" || lang == "tr")) {
			a.Name.Lang = lang
		}
		if len(out) >= maxPlaces {
			return nil, bad, fmt.Errorf("line %d: over the limit of %d names: give one country", n, maxPlaces)
		}
		out = append(out, a)
	}
	return out, bad, s.Err()
}

// LayNames returns those of the places that gain by the names, with these names
// alone: loaded after the places they come first in their language, the official
// one before the others and a short one before a long one. A name that its place
// has already is left out, unless it is the official one and not shown yet.
func LayNames(places []Place, names []AlternateName) []Place {
	of := map[truce.PlaceID][]AlternateName{}
	for _, n := range names {
		of[n.Place] = append(of[n.Place], n)
	}
	rank := func(n AlternateName) int {
		r := 0
		if !n.Preferred {
			r += 2
		}
		if !n.Short {
			r++
		}
		return r
	}
	var out []Place
	for _, p := range places {
		list := of[p.ID]
		slices.SortStableFunc(list, func(a, b AlternateName) int { return cmp.Compare(rank(a), rank(b)) })
		had := p.Names
		p.Names = nil
		for _, n := range list {
			official := n.Preferred && n.Name.Lang != "" && (Place{Names: had}).Name(n.Name.Lang) != n.Name.Text
			if slices.Contains(p.Names, n.Name) || !official && slices.ContainsFunc(had, func(h Name) bool { return h.Text == n.Name.Text }) {
				continue
			}
			p.Names = append(p.Names, n.Name)
		}
		if len(p.Names) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// AdminCodes reads of a GeoNames dump the first-level code of every populated
// place, with its country in front: "SY.09". The codes are GeoNames' own.
func AdminCodes(r io.Reader) (map[truce.PlaceID]string, error) {
	out := map[truce.PlaceID]string{}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	for s.Scan() {
		f := strings.Split(s.Text(), "\t")
		if len(f) >= geoNamesColumns && f[6] == "P" && f[10] != "" && f[10] != "00" {
			out[truce.PlaceID("gn:"+f[0])] = f[8] + "." + f[10]
		}
	}
	return out, s.Err()
}

// Disagreement is a place that its source counts to another unit than the one
// whose outline holds it.
type Disagreement struct {
	Place truce.PlaceID
	Name  string
	Code  string        // the source's
	Held  truce.PlaceID // the first-level unit whose outline holds the place
	Most  truce.PlaceID // the unit that holds most places of the code
}

// Disagree lists the places that lie in another first-level unit than most of
// their code, in the order given, and says how many could be compared. No table
// of codes is needed: what a code means is what most of its places lie in.
func (g *Gazetteer) Disagree(places []Place, codes map[truce.PlaceID]string) (out []Disagreement, compared int) {
	held := make([]truce.PlaceID, len(places))
	count := map[string]map[truce.PlaceID]int{}
	for i, p := range places {
		code := codes[p.ID]
		if code == "" || !p.Point.Valid() {
			continue
		}
		for _, id := range g.DistrictAt(p.Point) {
			if k, known := g.byID[id]; known && g.places[k].Class == Adm1 {
				held[i] = id
				break
			}
		}
		if held[i] == "" {
			continue
		}
		compared++
		if count[code] == nil {
			count[code] = map[truce.PlaceID]int{}
		}
		count[code][held[i]]++
	}
	most := map[string]truce.PlaceID{}
	for code, units := range count {
		for unit, n := range units {
			if m := most[code]; m == "" || n > units[m] || n == units[m] && unit < m {
				most[code] = unit
			}
		}
	}
	for i, p := range places {
		if code := codes[p.ID]; held[i] != "" && held[i] != most[code] {
			out = append(out, Disagreement{p.ID, p.Name("en"), code, held[i], most[code]})
		}
	}
	return out, compared
}
