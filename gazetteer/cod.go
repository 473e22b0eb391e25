package gazetteer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

// unitOf reads one feature as a unit. swap reports that a column for English
// held Arabic and the other way round.
func unitOf(f feature) (b Boundary, swap bool, err error) {
	text := func(keys ...string) string {
		for _, k := range keys {
			if s, ok := f.Properties[k].(string); ok && s != "" {
				return strings.TrimSpace(s)
			}
		}
		return ""
	}
	if id := text("id"); id != "" {
		b.ID, b.Class, b.Country, b.Parent = truce.PlaceID(id), Class(text("class")), text("country"), truce.PlaceID(text("parent"))
		b.Names = parseNames(text("names"))
	} else if iso := text("iso"); iso != "" {
		b.mapUnit(iso, text("kind"), f.Properties["names"])
	} else {
		swap = codUnit(&b, text)
	}
	if b.ID == "" || !b.Class.Valid() || len(b.Names) == 0 {
		return b, swap, fmt.Errorf("no code, class or name among its properties: expected id, class, names or ADMn_PCODE, ADMn_EN")
	}
	b.Rings, b.Starts, err = ringsOf(f.Geometry.Type, f.Geometry.Coordinates)
	if err != nil {
		return b, swap, fmt.Errorf("%s: %w", b.ID, err)
	}
	lon, lat := f.Properties["label_lon"], f.Properties["label_lat"]
	if x, ok := lon.(float64); ok {
		if y, ok := lat.(float64); ok {
			b.Point = truce.Point{Lon: degrees(x), Lat: degrees(y)}
		}
	}
	if !b.Point.Valid() {
		b.Point = middle(b.Rings)
	}
	return b, swap, nil
}

// mapUnit fills a unit from a dossier's own map: its ISO 3166 code, whether it
// is a country, and its names by language.
func (b *Boundary) mapUnit(iso, kind string, names any) {
	b.ID, b.Class, b.Country = truce.PlaceID(iso), Adm1, iso[:min(2, len(iso))]
	b.Parent = truce.PlaceID(b.Country)
	if kind == "country" {
		b.Class, b.Parent = Country, ""
	}
	byLang, _ := names.(map[string]any)
	for _, lang := range slices.Sorted(maps.Keys(byLang)) {
		if s, ok := byLang[lang].(string); ok && s != "" {
			b.Names = append(b.Names, Name{Lang: lang, Text: s})
		}
	}
}

// degrees turns decimal degrees into 1e-7 degree, to the nearest.
func degrees(x float64) int32 {
	if x < 0 {
		return -int32(float64(-x*1e7) + 0.5)
	}
	return int32(float64(x*1e7) + 0.5)
}

// codUnit fills a unit from the columns of a common operational dataset. The
// level is that of the deepest code: SY02 > SY0200 > SY020000.
func codUnit(b *Boundary, text func(...string) string) (swap bool) {
	code := text("PCODE")
	parent := text("ADM2_PCODE", "ADM1_PCODE", "ADM0_PCODE")
	for n := 3; n >= 0 && code == ""; n-- {
		code = text(fmt.Sprintf("ADM%d_PCODE", n), fmt.Sprintf("admin%dPcode", n))
		if n > 0 {
			parent = text(fmt.Sprintf("ADM%d_PCODE", n-1), fmt.Sprintf("admin%dPcode", n-1))
		}
	}
	level := 0
	for n, key := range []string{"ADM0_PCODE", "ADM1_PCODE", "ADM2_PCODE"} {
		if s := text(key); s != "" && s != code {
			level = n + 1
			parent = s
		}
	}
	if len(code) < 2 {
		return false
	}
	if level == 0 && len(code) > 2 {
		level = min(3, (len(code)-1)/2)
	}
	if level == 0 {
		parent = ""
	}
	b.ID, b.Country, b.Parent = truce.PlaceID(code), code[:2], truce.PlaceID(parent)
	b.Class = []Class{Country, Adm1, Adm2, Adm3}[level]
	suffix := func(lang string) []string {
		return []string{"NAME_" + lang, fmt.Sprintf("ADM%d_%s", level, lang), fmt.Sprintf("admin%dName_%s", level, strings.ToLower(lang))}
	}
	en, ar := text(suffix("EN")...), text(suffix("AR")...)
	if arabic(en) && en != "" && ar != "" && !arabic(ar) {
		en, ar, swap = ar, en, true
	}
	if en0, ar0 := text("ADM0_EN"), text("ADM0_AR"); arabic(en0) && ar0 != "" && !arabic(ar0) {
		swap = true
	}
	seen := map[string]bool{}
	for _, n := range []Name{{"en", en}, {"ar", ar}, {"fr", text(suffix("FR")...)}, {"", text("NAM_EN_REF")}, {"", text("NAM_AR_REF")}} {
		if n.Text != "" && !seen[n.Text] {
			seen[n.Text] = true
			b.Names = append(b.Names, n)
		}
	}
	return swap
}

// arabic reports whether all letters of s are Arabic (and there is one).
func arabic(s string) bool {
	some := false
	for _, r := range s {
		switch {
		case 0x0600 <= r && r <= 0x06FF || 0x0750 <= r && r <= 0x077F:
			some = true
		case r > ' ' && r < 0x0300 && r != '-' && r != '(' && r != ')' && r != '.' && r != '\'' && r != '/':
			return false
		}
	}
	return some
}

const maxRingPoints = 2_000_000

// ringsOf reads the rings of a Polygon or MultiPolygon.
func ringsOf(kind string, raw json.RawMessage) (points []truce.Point, starts []int32, err error) {
	var polys [][][][]float64
	switch kind {
	case "Polygon":
		var one [][][]float64
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, nil, fmt.Errorf("polygon: %w", err)
		}
		polys = [][][][]float64{one}
	case "MultiPolygon":
		if err := json.Unmarshal(raw, &polys); err != nil {
			return nil, nil, fmt.Errorf("multipolygon: %w", err)
		}
	case "":
		return nil, nil, nil
	default:
		return nil, nil, fmt.Errorf("geometry %q: outlines are Polygon or MultiPolygon", kind)
	}
	for _, poly := range polys {
		for _, ring := range poly {
			if len(ring) > 1 && len(ring[0]) >= 2 && len(ring[len(ring)-1]) >= 2 && ring[0][0] == ring[len(ring)-1][0] && ring[0][1] == ring[len(ring)-1][1] {
				ring = ring[:len(ring)-1]
			}
			if len(ring) < 3 {
				continue
			}
			starts = append(starts, int32(len(points)))
			for _, c := range ring {
				if len(c) < 2 || c[0] < -180 || c[0] > 180 || c[1] < -90 || c[1] > 90 {
					return nil, nil, fmt.Errorf("a corner of %v is not on the earth: longitude first", c)
				}
				points = append(points, truce.Point{Lon: degrees(c[0]), Lat: degrees(c[1])})
			}
			if len(points) > maxRingPoints {
				return nil, nil, fmt.Errorf("over the limit of %d corners: simplify the outline", maxRingPoints)
			}
		}
	}
	return points, starts, nil
}

// middle is the middle of the bounds of an outline.
func middle(ring []truce.Point) truce.Point {
	if len(ring) == 0 {
		return truce.Point{}
	}
	lo, hi := ring[0], ring[0]
	for _, p := range ring {
		lo = truce.Point{Lon: min(lo.Lon, p.Lon), Lat: min(lo.Lat, p.Lat)}
		hi = truce.Point{Lon: max(hi.Lon, p.Lon), Lat: max(hi.Lat, p.Lat)}
	}
	return truce.Point{Lon: int32((int64(lo.Lon) + int64(hi.Lon)) / 2), Lat: int32((int64(lo.Lat) + int64(hi.Lat)) / 2)}
}
