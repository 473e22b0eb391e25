package gazetteer

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"unicode"

	"github.com/marchday/marchday/truce"
)

// Version names the rules of matching and of districts. It changes whenever the
// same places may give other answers.
const Version = "gazetteer/3"

//go:embed data
var data embed.FS

// World returns the places that every centre begins with: countries, capitals
// and cities of 50,000 people and more. GeoNames, CC BY 4.0.
func World() fs.FS {
	sub, err := fs.Sub(data, "data")
	if err != nil {
		panic("the embedded folder is there: " + err.Error())
	}
	return sub
}

// extractOf reads a row of the project's extracts of GeoNames: columns
// geonameid (0 for a country), name, asciiname, alternates, lon, lat, feature,
// country, admin1, admin2, population. An admin1 with the country's code in front
// is the id of the unit above; others are GeoNames' own.
func extractOf(col func(string) string) (Place, error) {
	p := Place{ID: truce.PlaceID("gn:" + col("geonameid")), Country: col("country"), Parent: truce.PlaceID(col("country"))}
	if n, err := strconv.ParseInt(col("population"), 10, 32); err == nil && n > 0 {
		p.Population = int32(n)
	}
	p.Class = classOf(col("feature"), p.Population)
	if col("geonameid") == "0" {
		p.ID, p.Class, p.Parent = truce.PlaceID(p.Country), Country, ""
	}
	if p.ID == "gn:" || p.Country == "" {
		return p, fmt.Errorf("place %q has no id or country", col("name"))
	}
	if strings.HasPrefix(col("admin1"), p.Country+"-") {
		p.Parent = truce.PlaceID(col("admin1"))
	}
	point, err := parsePoint(col("lon"), col("lat"))
	if err != nil {
		return p, fmt.Errorf("place %s: %w", p.ID, err)
	}
	p.Point = point
	name := col("name")
	ascii := cmp.Or(col("asciiname"), name) // left out where it is the same
	p.Names = append(p.Names, Name{"en", ascii})
	if name != ascii {
		p.Names = append(p.Names, Name{"", name})
	}
	for alt := range strings.SplitSeq(col("alternates"), ",") {
		if alt != "" && alt != name && alt != ascii {
			p.Names = append(p.Names, Name{scriptLang(alt), alt})
		}
	}
	return p, nil
}

// classOf tells a place's class from its GeoNames feature code and population.
func classOf(feature string, population int32) Class {
	switch {
	case feature == "PPLX":
		return Neighbourhood
	case feature == "PPLC" || feature == "PPLA" || population >= 100_000:
		return City
	case feature == "PPLA2" || feature == "PPLA3" || population >= 10_000:
		return Town
	}
	return Village
}

// scriptLang tells ar or ru where all letters of a name are of that script, and
// "" otherwise: a name of mixed scripts is found and never shown.
func scriptLang(name string) string {
	arabic, cyrillic, other := 0, 0, 0
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
		case unicode.Is(unicode.Arabic, r):
			arabic++
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		default:
			other++
		}
	}
	switch {
	case arabic > 0 && cyrillic+other == 0:
		return "ar"
	case cyrillic > 0 && arabic+other == 0:
		return "ru"
	}
	return ""
}
