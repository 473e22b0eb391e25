package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// maxDataFile bounds a file of places, units or words: a dump of one country
// has 20 MB.
const maxDataFile = 512 << 20

// kept is a file as an importer hands it on: what is written, under which
// name, and what was said of it.
type kept struct {
	name    string
	bytes   []byte
	rows    int
	what    string // places, units, lines
	notes   []string
	rejects []gazetteer.Reject
}

// importData keeps a file of places, units or words in the folder's gazetteer/
// or dict/, after the engine that reads it has accepted it. The same file
// again replaces itself.
func (o importOptions) importData(out io.Writer, kind, file string) error {
	if o.data == "" {
		return usagef("--data: name the folder that keeps it")
	}
	b, err := readWhole(file)
	if err != nil {
		return err
	}
	folder := "gazetteer"
	var k kept
	switch kind {
	case "gazetteer":
		k, err = o.keepPlaces(b, file)
	case "boundaries":
		k, err = o.keepUnits(b, filepath.Base(file))
	case "dictionary":
		folder = "dict"
		k, err = o.keepWords(b, file)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, n := range k.notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	fmt.Fprintf(out, "%d %s, %d refused\n", k.rows, k.what, len(k.rejects))
	if err := o.tellRejects(out, file, b, k.rejects); err != nil {
		return err
	}
	if o.dryRun {
		return nil
	}
	dir := filepath.Join(o.data, folder)
	name := filepath.Join(dir, filepath.FromSlash(k.name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(name, k.bytes, 0o600); err != nil {
		return err
	}
	if err := o.noteImport(filepath.Join(o.data, "imports.csv"), folder+"/"+k.name, file, b, k.rows); err != nil {
		return err
	}
	fmt.Fprintf(out, "kept in %s; a method statement with both keys names it before a picture reads it\n", name)
	return nil
}

func readWhole(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDataFile+1))
	if err == nil && len(b) > maxDataFile {
		err = fmt.Errorf("%s: over the limit of %d MB: split it", file, maxDataFile>>20)
	}
	return b, err
}

// keepPlaces reads places in one of four layouts, told apart by the first
// line, and writes them in our own.
func (o importOptions) keepPlaces(b []byte, file string) (kept, error) {
	base := filepath.Base(file)
	k := kept{name: base + ".tsv", what: "places"}
	var places []gazetteer.Place
	var err error
	switch layoutOf(b) {
	case "geonames":
		places, k.rejects, err = gazetteer.ReadGeoNames(bytes.NewReader(b), o.country)
		if err == nil {
			err = o.tellUnits(&k, file, b, places)
		}
	case "alternates":
		k.name, k.what = "zz-names/"+k.name, "places with more names" // read after the places
		places, k.rejects, err = o.moreNames(b, k.name)
	case "own":
		places, err = gazetteer.ReadPlaces(bytes.NewReader(b))
	default:
		places, k.rejects, err = gazetteer.ReadTable(bytes.NewReader(b), "own:"+strings.TrimSuffix(base, filepath.Ext(base)))
	}
	if err != nil {
		return k, err
	}
	if o.country != "" {
		places = slices.DeleteFunc(places, func(p gazetteer.Place) bool { return p.Country != "" && p.Country != o.country })
		for i := range places {
			places[i].Country = o.country
		}
	}
	if len(places) == 0 {
		return k, errors.New("no place in it: expected a header with name, lon and lat (CSV or TSV), the 19 columns of a GeoNames dump, or GeoNames' alternate names of places imported before")
	}
	var w bytes.Buffer
	k.rows = len(places)
	if err := gazetteer.WritePlaces(&w, places); err != nil {
		return k, err
	}
	k.bytes = w.Bytes()
	_, err = gazetteer.ReadPlaces(bytes.NewReader(k.bytes)) // what is kept must load
	return k, err
}

// moreNames lays alternate names over the places that the folder holds, those of
// the file as it was imported before left out.
func (o importOptions) moreNames(b []byte, as string) ([]gazetteer.Place, []gazetteer.Reject, error) {
	dir := filepath.Join(o.data, "gazetteer")
	var places []gazetteer.Place
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(name) != ".tsv" || e.Name() == "overrides.tsv" || name == filepath.Join(dir, filepath.FromSlash(as)) {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		more, err := gazetteer.ReadPlaces(f)
		places = append(places, more...)
		return errors.Join(err, f.Close())
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	held := map[truce.PlaceID]bool{}
	for _, p := range places {
		held[p.ID] = true
	}
	names, bad, err := gazetteer.ReadAlternateNames(bytes.NewReader(b), func(id truce.PlaceID) bool { return held[id] })
	laid := gazetteer.LayNames(places, names)
	if err == nil && len(laid) == 0 {
		err = fmt.Errorf("no name in it is new to the %d places in %s: import their dump first", len(places), dir)
	}
	return laid, bad, err
}

// tellUnits compares, where the folder holds outlines, the first-level code of
// each populated place of a dump with the outline that holds it. The outline is
// followed; what disagrees is kept beside the file.
func (o importOptions) tellUnits(k *kept, file string, b []byte, places []gazetteer.Place) error {
	dir := filepath.Join(o.data, "gazetteer")
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	g, err := gazetteer.Load(os.DirFS(dir))
	if err != nil {
		return err
	}
	codes, err := gazetteer.AdminCodes(bytes.NewReader(b))
	if err != nil {
		return err
	}
	out, compared := g.Disagree(places, codes)
	if compared == 0 {
		return nil
	}
	k.notes = append(k.notes, fmt.Sprintf("%d of %d populated places lie in another unit than most of their first-level code; the outline is followed", len(out), compared))
	if len(out) == 0 || o.dryRun {
		return nil
	}
	k.notes = append(k.notes, "they are listed in "+file+".units.csv")
	return writeCSV(file+".units.csv", []string{"id", "name", "code", "outline", "most_of_code"}, func(row func(...string) error) error {
		for _, d := range out {
			if err := row(string(d.Place), d.Name, d.Code, string(d.Held), string(d.Most)); err != nil {
				return err
			}
		}
		return nil
	})
}

// layoutOf tells a dump of GeoNames, its alternate names, our own table and CSV
// apart.
func layoutOf(b []byte) string {
	const dumpTabs, nameTabs = 18, 7
	for line := range bytes.Lines(b) {
		if len(bytes.TrimSpace(line)) == 0 || line[0] == '#' && !bytes.Contains(line, []byte(",")) {
			continue
		}
		first, _, tabbed := bytes.Cut(line, []byte("\t"))
		_, err := strconv.ParseUint(string(first), 10, 63)
		switch {
		case tabbed && err == nil && bytes.Count(line, []byte("\t")) >= dumpTabs:
			return "geonames"
		case tabbed && err == nil && bytes.Count(line, []byte("\t")) >= nameTabs:
			return "alternates"
		case tabbed:
			return "own"
		}
		return "csv"
	}
	return ""
}

// keepUnits reads administrative units and writes them in our own properties.
func (o importOptions) keepUnits(b []byte, base string) (kept, error) {
	k := kept{name: base, what: "units"}
	if !strings.HasSuffix(base, ".geojson") {
		k.name += ".geojson"
	}
	read := gazetteer.ReadBoundaries
	if !bytes.HasPrefix(bytes.TrimLeft(b, "\ufeff \t\r\n"), []byte("{")) {
		read = gazetteer.ReadBoundaryTable
	}
	units, notes, err := read(bytes.NewReader(b))
	if err != nil {
		return k, err
	}
	if len(units) == 0 {
		return k, errors.Join(errors.New("no unit in it: expected a code (ADMn_PCODE) and a name (ADMn_EN) for each"), noteErrors(notes))
	}
	var w bytes.Buffer
	k.rows, k.notes = len(units), notes
	if err := gazetteer.WriteBoundaries(&w, units); err != nil {
		return k, err
	}
	k.bytes = w.Bytes()
	_, _, err = gazetteer.ReadBoundaries(bytes.NewReader(k.bytes)) // what is kept must load
	return k, err
}

func noteErrors(notes []string) error {
	var errs []error
	for _, n := range notes[:min(len(notes), maxShownNotes)] {
		errs = append(errs, errors.New(n))
	}
	return errors.Join(errs...)
}

const maxShownNotes = 10

// tellRejects prints the first of the lines left out and keeps all of them
// beside the file: the line as it was and why.
func (o importOptions) tellRejects(out io.Writer, file string, b []byte, rejects []gazetteer.Reject) error {
	for _, r := range rejects[:min(len(rejects), maxShownNotes)] {
		fmt.Fprintf(out, "%s:%d: %s\n", file, r.Line, r.Why)
	}
	if len(rejects) == 0 || o.dryRun {
		return nil
	}
	lines := map[int]string{}
	for _, r := range rejects {
		lines[r.Line] = ""
	}
	n := 0
	for line := range bytes.Lines(b) {
		n++
		if _, wanted := lines[n]; wanted {
			lines[n] = strings.TrimRight(string(line), "\r\n")
		}
	}
	return writeCSV(file+".rejects.csv", []string{"line", "reason", "row"}, func(row func(...string) error) error {
		for _, r := range rejects {
			if err := row(strconv.Itoa(r.Line), r.Why, lines[r.Line]); err != nil {
				return err
			}
		}
		return nil
	})
}

// noteImport keeps a line for every file imported: what it became, what it was
// read from, its digest, its source and its licence.
func (o importOptions) noteImport(list, as, file string, b []byte, rows int) error {
	head := []string{"kept", "file", "sha256", "rows", "source", "licence"}
	var all [][]string
	if f, err := os.Open(list); err == nil {
		r := csv.NewReader(f)
		all, err = r.ReadAll()
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", list, err)
		}
	}
	all = slices.DeleteFunc(all, func(r []string) bool { return r[0] == as || r[0] == head[0] })
	all = append(all, []string{as, filepath.Base(file), truce.DigestOf(b).String(), strconv.Itoa(rows), cmp.Or(o.source, "not stated"), cmp.Or(o.licence, "not stated")})
	slices.SortFunc(all, slices.Compare)
	return writeCSV(list, head, func(row func(...string) error) error {
		for _, r := range all {
			if err := row(r...); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeCSV writes a table whole.
func writeCSV(name string, head []string, rows func(row func(...string) error) error) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := errors.Join(w.Write(head), rows(func(cells ...string) error { return w.Write(cells) }))
	w.Flush()
	if err := errors.Join(err, w.Error()); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o600)
}

// keepWords takes a dictionary of our own as it is, under the name that its
// kind has, or carries one of PETRARCH over; the engine must load it either way.
func (o importOptions) keepWords(b []byte, file string) (kept, error) {
	k := kept{name: ownDictionary(file), bytes: b, rows: bytes.Count(b, []byte("\n")), what: "lines"}
	if k.name == "" {
		c, err := extract.Petrarch(bytes.NewReader(b), filepath.Base(file)+", sha256 "+truce.DigestOf(b).String())
		if err != nil {
			return k, err
		}
		k = kept{name: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) + "/" + c.Name, bytes: c.Bytes, rows: c.Rows, what: "entries"}
		k.notes = append(slices.Clone(c.Missed[:min(len(c.Missed), maxShownNotes)]), fmt.Sprintf("%d lines were not understood", len(c.Missed)))
		if !o.dryRun && len(c.Missed) > 0 {
			if err := os.WriteFile(file+".missed.txt", []byte(strings.Join(c.Missed, "\n")+"\n"), 0o600); err != nil {
				return k, err
			}
		}
	}
	_, err := extract.New(extract.Options{Dictionaries: []fs.FS{fstest.MapFS{k.name: {Data: k.bytes}}}})
	return k, err
}

// ownDictionary is the place of one of our own files in a folder of
// dictionaries: its name, and the language's folder that it lies in; "" for a
// file of another make.
func ownDictionary(file string) string {
	base := filepath.Base(file)
	switch base {
	case "actors.tsv", "countries.tsv", "events.tsv":
		return base
	case "frames.txt", "words.txt", "sets.txt", "discard.txt", "agents.tsv", "roles.tsv", "report.tsv", "govern.tsv", "time.tsv", "numbers.tsv", "weapons.tsv", "objects.tsv", "tolls.tsv":
		lang := filepath.Base(filepath.Dir(file))
		if len(lang) != 2 {
			lang = "en"
		}
		return lang + "/" + base
	}
	return ""
}
