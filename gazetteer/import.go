package gazetteer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/marchday/marchday/truce"
)

// Reject is a line that an importer left out, and why.
type Reject struct {
	Line int
	Why  string
}

// geoNamesColumns is how many columns a line of a GeoNames dump has.
const geoNamesColumns = 19

// spots are the feature codes of GeoNames class S that events are told of.
var spots = map[string]Class{
	"CMP": Camp, "CMPRF": Camp, "HSP": Facility, "HSPC": Facility, "AIRP": Facility, "AIRF": Facility, "AIRB": Facility, "AIRH": Facility, "DAM": Facility, "CSTM": Crossing, "PSTB": Crossing, "BDG": Crossing,
	"SCH": Facility, "UNIV": Facility, "PRN": Facility, "MSQE": Facility, "CH": Facility, "MSTY": Facility, "BUSTN": Facility, "RSTN": Facility, "PS": Facility, "FY": Facility, "PP": Facility, "MIL": Facility, "INSM": Facility, "MKT": Facility,
}

// ReadGeoNames reads a dump of GeoNames: 19 columns parted by tabs, without a
// header and without quoting. It takes populated places, units, and of spots,
// hills and waters those that events are told of; only, if given, keeps one
// country (ISO 3166 alpha-2). Whatever it leaves out for a fault is returned.
func ReadGeoNames(r io.Reader, only string) ([]Place, []Reject, error) {
	var out []Place
	var bad []Reject
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; s.Scan(); n++ {
		f := strings.Split(s.Text(), "\t")
		if len(f) < geoNamesColumns {
			bad = append(bad, Reject{n, fmt.Sprintf("%d columns, wanted %d parted by tabs", len(f), geoNamesColumns)})
			continue
		}
		if only != "" && f[8] != only {
			continue
		}
		p, take, err := geoName(f)
		if err != nil {
			bad = append(bad, Reject{n, err.Error()})
		} else if take {
			out = append(out, p)
		}
		if len(out) > maxPlaces {
			return nil, bad, fmt.Errorf("line %d: over the limit of %d places: give one country", n, maxPlaces)
		}
	}
	return out, bad, s.Err()
}

// geoName reads one line; take is false for features no event is told of.
func geoName(f []string) (p Place, take bool, err error) {
	p = Place{ID: truce.PlaceID("gn:" + f[0]), Country: f[8]}
	pop, _ := strconv.ParseInt(f[14], 10, 64)
	p.Population = int32(min(pop, 1<<30))
	switch class, code := f[6], f[7]; {
	case class == "P" && code != "PPLQ" && code != "PPLH":
		p.Class = classOf(code, p.Population)
	case class == "A" && code == "ADM1":
		p.Class = Adm1
	case class == "A" && code == "ADM2":
		p.Class = Adm2
	case class == "A" && code == "ADM3":
		p.Class = Adm3
	case class == "S":
		c, ok := spots[code]
		if !ok {
			return p, false, nil
		}
		p.Class = c
	case class == "T" && (code == "HLL" || code == "MT" || code == "HLLS" || code == "PASS"):
		p.Class = Hill
	default:
		return p, false, nil
	}
	if p.Point, err = parsePoint(f[5], f[4]); err != nil {
		return p, false, err
	}
	if _, err := strconv.ParseUint(f[0], 10, 63); err != nil {
		return p, false, fmt.Errorf("column 1: %q is no GeoNames number", f[0])
	}
	if p.Names = namesOf(f[1], f[2], strings.Split(f[3], ",")); len(p.Names) == 0 {
		return p, false, fmt.Errorf("columns 2 to 4: place %s has no name", f[0])
	}
	return p, true, nil
}

// namesOf orders a place's names: the plain one in English first, those of one
// script by their language, machine romanisations to be found and not shown.
func namesOf(name, ascii string, alternates []string) []Name {
	if ascii == "" {
		ascii = name
	}
	var out []Name
	seen := map[string]bool{}
	add := func(lang, s string) {
		if s = strings.Join(strings.Fields(s), " "); s != "" && !seen[s] {
			seen[s] = true
			out = append(out, Name{lang, s})
		}
	}
	if lang := scriptLang(name); lang != "" {
		add(lang, name)
	} else {
		add("en", ascii)
		add("", name)
	}
	for _, a := range alternates {
		add(scriptLang(a), a)
	}
	return out
}

// ReadTable reads a list of places from CSV whose first line names the columns:
// an id (id, geonameid, pcode), names (name, name_en, name_ar, asciiname,
// alternate_names parted by |), lon and lat, and where known class,
// feature_code, country, population, adm1_pcode and the like. An HXL row of
// tags is skipped. prefix goes before ids that are neither codes nor of GeoNames.
func ReadTable(r io.Reader, prefix string) ([]Place, []Reject, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("line 1: the first line names the columns: %w", err)
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.TrimPrefix(strings.TrimSpace(h), "\ufeff"))] = i
	}
	var out []Place
	var bad []Reject
	for n := 2; ; n++ {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, bad, nil
		}
		if err != nil {
			bad = append(bad, Reject{n, err.Error()})
			continue
		}
		if n == 2 && len(row) > 0 && strings.HasPrefix(row[0], "#") {
			continue
		}
		col := func(names ...string) string {
			for _, name := range names {
				if i, ok := at[name]; ok && i < len(row) && strings.TrimSpace(row[i]) != "" {
					return strings.Join(strings.Fields(row[i]), " ")
				}
			}
			return ""
		}
		p, err := tablePlace(col, prefix, n)
		if err != nil {
			bad = append(bad, Reject{n, err.Error()})
			continue
		}
		if len(out) >= maxPlaces {
			return nil, bad, fmt.Errorf("line %d: over the limit of %d places: split the file", n, maxPlaces)
		}
		out = append(out, p)
	}
}

func tablePlace(col func(...string) string, prefix string, line int) (Place, error) {
	id := col("id", "pcode", "geonameid", "place_id")
	if id == "" {
		id = strconv.Itoa(line)
	}
	if col("geonameid") != "" && !strings.Contains(id, ":") {
		id = "gn:" + id
	} else if !strings.Contains(id, ":") && col("pcode") != "" {
		id = "pc:" + id
	} else if !strings.Contains(id, ":") && prefix != "" {
		id = prefix + ":" + id
	}
	p := Place{ID: truce.PlaceID(id), Country: strings.ToUpper(col("country", "adm0_pcode", "iso2")), Class: Class(col("class"))}
	p.Parent = truce.PlaceID(col("adm4_pcode", "adm3_pcode", "adm2_pcode", "adm1_pcode", "admin1_pcode"))
	if n, err := strconv.ParseInt(col("population", "pop"), 10, 32); err == nil && n > 0 {
		p.Population = int32(n)
	}
	if p.Class == "" {
		if code := col("feature_code"); code != "" {
			p.Class = classOf(code, p.Population)
		} else if col("area_en", "area_pcode") != "" {
			p.Class = Neighbourhood
		} else {
			p.Class = Village
		}
	}
	if !p.Class.Valid() {
		return p, fmt.Errorf("class %q is not known: write city, town, village, neighbourhood, facility, crossing, camp, hill, road", p.Class)
	}
	var err error
	if p.Point, err = parsePoint(col("lon", "longitude", "x"), col("lat", "latitude", "y")); err != nil {
		return p, err
	}
	p.Names = namesOf(col("name", "name_en"), col("asciiname"), strings.Split(col("alternate_names", "alternatenames", "names", "name_alt"), "|"))
	for _, lang := range []string{"ar", "ru", "fr", "tr", "ku", "uk"} {
		if s := col("name_" + lang); s != "" && (lang != "ar" || pureArabic(s)) {
			p.Names = append(p.Names, Name{lang, s})
		}
	}
	for _, key := range []string{"nam_en_ref", "nam_ar_ref"} {
		if s := col(key); s != "" && s != col("name_en") && s != col("name_ar") {
			p.Names = append(p.Names, Name{"", s})
		}
	}
	if len(p.Names) == 0 {
		return p, errors.New("no name: a column is called name, name_en or name_ar")
	}
	return p, nil
}

// pureArabic reports whether all letters of a name are Arabic: hybrids of two
// scripts are found and never shown.
func pureArabic(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Arabic, r) {
			return false
		}
	}
	return true
}

// WriteBoundaries writes what ReadBoundaries reads.
func WriteBoundaries(w io.Writer, units []Boundary) error {
	b := bufio.NewWriter(w)
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, u := range units {
		if i > 0 {
			b.WriteString(",")
		}
		names := make([]string, 0, len(u.Names))
		for _, n := range u.Names {
			names = append(names, n.Lang+":"+n.Text)
		}
		fmt.Fprintf(b, "\n"+`{"type":"Feature","properties":{"id":%q,"class":%q,"country":%q,"parent":%q,"names":%s,"label_lon":%s,"label_lat":%s},"geometry":{"type":"MultiPolygon","coordinates":[`,
			u.ID, u.Class, u.Country, u.Parent, quoted(strings.Join(names, "|")), full(u.Point.Lon), full(u.Point.Lat))
		for r := range u.Starts {
			if r > 0 {
				b.WriteString(",")
			}
			b.WriteString("[[")
			ring := u.ring(r)
			for k := range len(ring) + 1 {
				if k > 0 {
					b.WriteString(",")
				}
				p := ring[k%len(ring)]
				b.WriteString("[" + full(p.Lon) + "," + full(p.Lat) + "]")
			}
			b.WriteString("]]")
		}
		b.WriteString("]}}")
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

// quoted writes a JSON string.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
