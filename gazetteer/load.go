package gazetteer

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

const (
	maxLine   = 1 << 20
	maxPlaces = 2_000_000
	maxFile   = 256 << 20
)

// Load reads every file of the folders that it knows by its ending and returns
// the gazetteer of all: *.tsv with a header that names columns id, class,
// country, parent, lon, lat, population, names (see ReadPlaces), *.geojson
// with units (see ReadBoundaries), and overrides.tsv (form, place, reason, unit).
// Files are read folder by folder, in order of their names, so the result does
// not depend on the machine. A nil folder is skipped, and so are folders
// called dict.
func Load(folders ...fs.FS) (*Gazetteer, error) {
	var places []Place
	var bounds []Boundary
	overrides := map[string]Override{}
	for _, dir := range folders {
		if dir == nil {
			continue
		}
		files, err := list(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			f, err := dir.Open(name)
			if err != nil {
				return nil, fmt.Errorf("open %s: %w", name, err)
			}
			err = read(f, name, &places, &bounds, overrides)
			if err := errors.Join(err, f.Close()); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return New(places, bounds, overrides), nil
}

func list(dir fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "dict" {
			return fs.SkipDir // the dictionaries of extract
		}
		if err == nil && !d.IsDir() && (strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".geojson")) {
			files = append(files, name)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}

func read(r io.Reader, name string, places *[]Place, bounds *[]Boundary, overrides map[string]Override) error {
	switch {
	case strings.HasSuffix(name, "overrides.tsv"):
		return readOverrides(r, overrides)
	case strings.HasSuffix(name, ".geojson"):
		b, _, err := ReadBoundaries(r)
		*bounds = append(*bounds, b...)
		return err
	}
	p, err := ReadPlaces(r)
	*places = append(*places, p...)
	return err
}

// lines calls yield with the number and the columns of every line that is not
// empty and no comment.
func lines(r io.Reader, yield func(n int, cols []string) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimRight(s.Text(), "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := yield(n, strings.Split(line, "\t")); err != nil {
			return err
		}
	}
	return s.Err()
}

func readOverrides(r io.Reader, into map[string]Override) error {
	return lines(r, func(n int, cols []string) error {
		if cols[0] == "form" {
			return nil
		}
		if n == 1 && cols[0] == "form" {
			return nil
		}
		if len(cols) < 2 {
			return fmt.Errorf("line %d: an override is a form, a tab and a place id", n)
		}
		for _, form := range strings.Split(cols[0], "|") {
			o := Override{Place: truce.PlaceID(cols[1])}
			if len(cols) > 3 {
				o.Unit = truce.PlaceID(cols[3])
			}
			into[form] = o
		}
		return nil
	})
}

// ReadPlaces reads the house's own form of places: tab-separated, the first
// line naming the columns (id, class, country, parent, lon, lat, population,
// names; others are ignored), names as en:Aleppo|ar:...|:Halab, where a name
// without a language serves to find and is never shown.
func ReadPlaces(r io.Reader) ([]Place, error) {
	var out []Place
	var at map[string]int
	err := lines(r, func(n int, cols []string) error {
		if at == nil {
			at = map[string]int{}
			for i, c := range cols {
				at[c] = i
			}
			_, own := at["id"]
			if _, geo := at["geonameid"]; !own && !geo {
				return fmt.Errorf("line %d: the first line names the columns: id, class, country, parent, lon, lat, population, names", n)
			}
			return nil
		}
		col := func(name string) string {
			if i, ok := at[name]; ok && i < len(cols) {
				return cols[i]
			}
			return ""
		}
		row := placeOf
		if _, geo := at["geonameid"]; geo {
			row = extractOf
		}
		p, err := row(col)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if len(out) >= maxPlaces {
			return fmt.Errorf("line %d: over the limit of %d places: split the file", n, maxPlaces)
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

func placeOf(col func(string) string) (Place, error) {
	p := Place{ID: truce.PlaceID(col("id")), Class: Class(col("class")), Country: col("country"), Parent: truce.PlaceID(col("parent"))}
	if p.ID == "" || !p.Class.Valid() {
		return p, fmt.Errorf("place %q has class %q: give an id, and a class such as city, town, village, adm1", p.ID, p.Class)
	}
	if col("lon") != "" || col("lat") != "" {
		point, err := parsePoint(col("lon"), col("lat"))
		if err != nil {
			return p, fmt.Errorf("place %s: %w", p.ID, err)
		}
		p.Point = point
	}
	if s := col("population"); s != "" {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 {
			return p, fmt.Errorf("place %s: population %q is not a whole number", p.ID, s)
		}
		p.Population = int32(n)
	}
	p.Names = parseNames(col("names"))
	if len(p.Names) == 0 {
		return p, fmt.Errorf("place %s has no name: write en:Name|ar:NAME", p.ID)
	}
	return p, nil
}

func parseNames(s string) []Name {
	var out []Name
	for len(s) > 0 {
		part, rest, _ := strings.Cut(s, "|")
		s = rest
		lang, text, ok := strings.Cut(part, ":")
		if !ok {
			lang, text = "", part
		}
		if text != "" {
			out = append(out, Name{Lang: lang, Text: text})
		}
	}
	return out
}

// parsePoint reads decimal degrees exactly, rounding beyond 1e-7 to even down.
func parsePoint(lon, lat string) (truce.Point, error) {
	x, err := e7(lon)
	if err != nil {
		return truce.Point{}, err
	}
	y, err := e7(lat)
	if err != nil {
		return truce.Point{}, err
	}
	p := truce.Point{Lon: x, Lat: y}
	if !p.Valid() {
		return p, fmt.Errorf("%s, %s is not on the earth: degrees, longitude first", lon, lat)
	}
	return p, nil
}

// e7 reads decimal degrees as 1e-7 degree without floating point.
func e7(s string) (int32, error) {
	s = strings.TrimSpace(s)
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	if len(frac) > 7 {
		frac = frac[:7]
	}
	frac += strings.Repeat("0", 7-len(frac))
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil || len(whole) > 3 || digits == "" || n > 1_800_000_000 {
		return 0, fmt.Errorf("%q is no coordinate: write decimal degrees such as 36.2164", s)
	}
	if neg {
		n = -n
	}
	return int32(n), nil
}

// Degrees writes a coordinate in decimal degrees with five digits.
func Degrees(e7 int32) string {
	sign := ""
	n := int64(e7)
	if n < 0 {
		sign, n = "-", -n
	}
	n = (n + 50) / 100
	return fmt.Sprintf("%s%d.%05d", sign, n/100_000, n%100_000)
}

// WritePlaces writes what ReadPlaces reads.
func WritePlaces(w io.Writer, places []Place) error {
	b := []byte("id\tclass\tcountry\tparent\tlon\tlat\tpopulation\tnames\n")
	for i := range places {
		b = appendPlace(b, &places[i])
	}
	_, err := w.Write(b)
	return err
}

func appendPlace(b []byte, p *Place) []byte {
	for _, s := range [...]string{string(p.ID), string(p.Class), p.Country, string(p.Parent)} {
		b = append(append(b, s...), '\t')
	}
	if p.Point.Valid() {
		b = append(append(b, full(p.Point.Lon)...), '\t')
		b = append(b, full(p.Point.Lat)...)
	} else {
		b = append(b, '\t')
	}
	b = append(b, '\t')
	if p.Population > 0 {
		b = strconv.AppendInt(b, int64(p.Population), 10)
	}
	b = append(b, '\t')
	for i, n := range p.Names {
		if i > 0 {
			b = append(b, '|')
		}
		b = append(append(b, n.Lang...), ':')
		b = append(b, oneWord.Replace(n.Text)...)
	}
	return append(b, '\n')
}

// oneWord takes out of a name what parts names and lines.
var oneWord = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ", "|", "/")

// full writes a coordinate with all seven digits, zeros at the end cut.
func full(e7 int32) string {
	var buf [12]byte // -214.7483648
	at, n := len(buf), int64(e7)
	if n < 0 {
		n = -n
	}
	for k := 0; k < 7 || n > 0 || k == 7; k++ {
		if digit := byte(n % 10); k >= 7 || digit != 0 || at < len(buf) { // zeros at the end are left out
			at--
			buf[at] = '0' + digit
		}
		if n /= 10; k == 6 && at < len(buf) {
			at--
			buf[at] = '.'
		}
	}
	if e7 < 0 {
		at--
		buf[at] = '-'
	}
	return string(buf[at:])
}

// collection is as much of GeoJSON as boundaries need.
type collection struct {
	Type     string    `json:"type"`
	Features []feature `json:"features"`
}

type feature struct {
	Properties map[string]any `json:"properties"`
	Geometry   struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

// ReadBoundaries reads administrative units from GeoJSON. It knows the house's
// own properties (id, class, country, parent, names) and finds the columns of
// OCHA's common operational datasets by pattern. The notes say what it mended
// and what it left out.
func ReadBoundaries(r io.Reader) (units []Boundary, notes []string, err error) {
	var c collection
	if err := json.NewDecoder(io.LimitReader(r, maxFile)).Decode(&c); err != nil {
		return nil, nil, fmt.Errorf("not GeoJSON: %w", err)
	}
	if c.Type != "FeatureCollection" {
		return nil, nil, fmt.Errorf("type %q: boundaries are a FeatureCollection", c.Type)
	}
	swapped := 0
	for i, f := range c.Features {
		b, swap, err := unitOf(f)
		if err != nil {
			notes = append(notes, fmt.Sprintf("feature %d left out: %v", i+1, err))
			continue
		}
		if swap {
			swapped++
		}
		units = append(units, b)
	}
	if swapped > 0 {
		notes = append(notes, fmt.Sprintf("%d units had English and Arabic swapped between columns: put right", swapped))
	}
	return units, append(notes, unnested(units)...), nil
}

// ReadBoundaryTable reads administrative units without outlines from CSV, by
// the same columns. Their points come from columns lon and lat, if any.
func ReadBoundaryTable(r io.Reader) (units []Boundary, notes []string, err error) {
	c := csv.NewReader(io.LimitReader(r, maxFile))
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("line 1: the first line names the columns: %w", err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	swapped := 0
	for n := 2; ; n++ {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, notes, fmt.Errorf("line %d: %w", n, err)
		}
		f := feature{Properties: map[string]any{}}
		for i, cell := range row[:min(len(row), len(head))] {
			f.Properties[strings.TrimSpace(head[i])] = cell
		}
		if n == 2 && strings.HasPrefix(row[0], "#") {
			continue // the tags of HXL
		}
		b, swap, err := unitOf(f)
		if err != nil {
			notes = append(notes, fmt.Sprintf("line %d left out: %v", n, err))
			continue
		}
		if p, err := parsePoint(fmt.Sprint(f.Properties["lon"]), fmt.Sprint(f.Properties["lat"])); err == nil {
			b.Point = p
		}
		if swap {
			swapped++
		}
		units = append(units, b)
	}
	if swapped > 0 {
		notes = append(notes, fmt.Sprintf("%d units had English and Arabic swapped between columns: put right", swapped))
	}
	return units, append(notes, unnested(units)...), nil
}

// unnested says of which units the code does not begin with that of the unit
// above, as p-codes do: SY02 > SY0200 > SY020000.
func unnested(units []Boundary) []string {
	var out []string
	for _, u := range units {
		if u.Parent != "" && u.Class != Adm1 && !strings.HasPrefix(string(u.ID), string(u.Parent)) {
			out = append(out, fmt.Sprintf("%s does not begin with the code of the unit above it, %s", u.ID, u.Parent))
		}
	}
	return out
}
