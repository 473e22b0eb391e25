// Package bulletin renders one day of the centre from the picture: a pure
// model, Daily, and from it HTML, CSV, GeoJSON and canonical JSON. The same
// input gives the same bytes on any machine: it has no clock, walks no map,
// sorts no words, and puts things in the order of the record.
//
// It never reads the record, and it cannot change what it reports: the origin,
// size and root that it prints are handed in. No signature is in the bytes;
// the page that shows an edition draws cosignatures around it.
//
//	editions, err := bulletin.Editions(ctx, bulletin.Input{View: view, Day: "2016-05-05", ...})
package bulletin

import (
	"context"
	"fmt"
	"slices"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// The sorts of bulletin.
const (
	Preliminary = "daily"    // at the cut-off, before the offices reviewed the day
	Reviewed    = "reviewed" // when they have
	Flash       = "flash"    // before the day is over
)

// Input is what a bulletin is rendered from. The view's viewer is the
// audience; counts are taken after its filter.
type Input struct {
	View   *picture.View
	Day    string        // the counting day: 2016-05-05
	From   truce.Instant // the cut-off before
	To     truce.Instant // the cut-off; the period is [From, To)
	Origin string
	Size   int64 // the picture is of this many entries of the record
	Root   truce.Digest
	Langs  []string // of the HTML editions: en, ar; empty is all that there are words for
	Sort   string   // Preliminary if empty
	Base   Ground   // the map's ground and the units' names; the zero Ground is none
}

// Edition is a bulletin in one format. Formats in which nothing but codes and
// names stands are in no language and have an empty Lang.
type Edition struct {
	Format string // json, html, csv, incidents.csv, geojson
	Lang   string
	Bytes  []byte
}

// Digest returns the SHA-256 that the bulletin statement lists.
func (e Edition) Digest() truce.Digest { return truce.DigestOf(e.Bytes) }

// Name returns the file name of an edition of a day.
func (e Edition) Name(day string) string {
	if e.Lang != "" {
		return "bulletin-" + day + "." + e.Lang + "." + e.Format
	}
	return "bulletin-" + day + "." + e.Format
}

// MediaType returns the type that an edition's format is served as.
func MediaType(format string) string {
	switch format {
	case "html":
		return "text/html; charset=utf-8"
	case "csv", "incidents.csv":
		return "text/csv; charset=utf-8"
	case "geojson":
		return "application/geo+json"
	}
	return "application/json"
}

// Langs returns the languages that there are words for, in the order of the
// editions.
func Langs() []string { return []string{"en", "ar"} }

// Editions renders all editions of a day: JSON, HTML in each language, the two
// CSV tables and GeoJSON. The JSON is first; the HTML prints its digest.
func Editions(ctx context.Context, in Input) ([]Edition, error) {
	d, err := Compute(ctx, in)
	if err != nil {
		return nil, err
	}
	doc, err := d.JSON()
	if err != nil {
		return nil, err
	}
	all := []Edition{{Format: "json", Bytes: doc}}
	langs := in.Langs
	if len(langs) == 0 {
		langs = Langs()
	}
	for _, lang := range langs {
		page, err := d.html(lang, truce.DigestOf(doc), in.Base)
		if err != nil {
			return nil, fmt.Errorf("bulletin %s in %s: %w", in.Day, lang, err)
		}
		all = append(all, Edition{Format: "html", Lang: lang, Bytes: page})
	}
	return append(all, Edition{Format: "csv", Bytes: d.tableCSV()}, Edition{Format: "incidents.csv", Bytes: d.incidentsCSV()},
		Edition{Format: "geojson", Bytes: d.geoJSON()}), nil
}

// Period returns the cut-offs between which a counting day lies, in the
// regime's zone.
func Period(p truce.Procedure, day string) (from, to truce.Instant, err error) {
	begin, _, err := p.Zone.DayBounds(day)
	if err != nil {
		return 0, 0, err
	}
	if from, err = p.Zone.Instant(p.Zone.DayOf(begin-truce.Day/2) + "T" + p.CutOff); err != nil {
		return 0, 0, err
	}
	to, err = p.Zone.Instant(day + "T" + p.CutOff)
	return from, to, err
}

// check refuses an input that no bulletin can be made of.
func (in *Input) check() error {
	if in.Sort == "" {
		in.Sort = Preliminary
	}
	switch {
	case in.View == nil || in.Origin == "" || in.Size <= 0:
		return invalid("", "a bulletin needs a view, and the origin and size of the record that it is of")
	case in.From == 0 || in.To <= in.From:
		return invalid("to", "the period %s to %s is empty", in.From, in.To)
	case !slices.Contains([]string{Preliminary, Reviewed, Flash}, in.Sort):
		return invalid("sort", "%q: write daily, reviewed or flash", in.Sort)
	}
	for _, l := range in.Langs {
		if !slices.Contains(Langs(), l) {
			return invalid("lang", "there are no words in %q: write en or ar", l)
		}
	}
	return nil
}

func invalid(field, format string, args ...any) error {
	return &truce.Error{Kind: truce.Invalid, Field: field, Why: fmt.Sprintf(format, args...)}
}
