package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// importOptions are what is known of a file beside its bytes.
type importOptions struct {
	data, office        string
	publisher, dateline string
	url, lang, layout   string
	edition, mapping    string
	claimedBy, marking  string
	country             string
	source, licence     string
	dryRun, asJSON      bool
}

func importCommand(now func() time.Time) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import KIND FILE",
		Short: "Take a file in: article, jsonl, csv, bulletin, control, gazetteer, boundaries, dictionary",
		Long: `Read a file and submit what it says as reports of an office's desk. A row that
cannot be read is refused with file, line and field, and kept in FILE.rejects.csv;
the others are taken in. The same file again has no second effect. With
--dry-run nothing is submitted: it prints what would be.

article      plain text or HTML, with --publisher and --dateline
jsonl        reports in our own JSON, one a line
csv          a table, with --mapping FILE or --layout acled|ucdp
bulletin     a guarantor's daily bulletin, with --publisher
control      GeoJSON polygons of who holds what, with --claimed-by and --dateline
gazetteer    places: our own TSV, a GeoNames dump, CSV with names and points, or
             GeoNames' alternate names of places imported before
boundaries   administrative units as GeoJSON or CSV (OCHA common operational datasets)
dictionary   a dictionary of the extractor: our own, or actors, agents or verbs of PETRARCH

The last three are kept in a folder, which need not hold a centre yet, and are
known to marchday extract and geocode --data DIR at once.

Whoever wrote the file can put false reports in, which stand under their
publisher's name as claims; they cannot decide anything, nor reach what the
import's user may not say.`,
		Example: "  marchday import article story.txt --publisher \"Example Wire\" --dateline 2016-05-03 --data geneva\n  marchday import csv incidents.csv --layout acled --data geneva --dry-run",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("import takes a kind and a file: marchday import article FILE --data DIR")
			}
			return runImport(cmd, args[0], args[1], o, now)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the centre")
	f.StringVar(&o.office, "office", "", "office whose desk files it (default: the centre's own)")
	f.StringVar(&o.publisher, "publisher", "", "who publishes it: the speaker where no other is named")
	f.StringVar(&o.dateline, "dateline", "", "its day, 2016-05-03")
	f.StringVar(&o.url, "url", "", "its address")
	f.StringVar(&o.lang, "lang", "", "its language (default: read from it)")
	f.StringVar(&o.layout, "layout", "", "of a csv: acled or ucdp")
	f.StringVar(&o.edition, "edition", "", "of a ucdp file: its version, such as 16.1")
	f.StringVar(&o.mapping, "mapping", "", "of a csv: file that says how columns become claims")
	f.StringVar(&o.claimedBy, "claimed-by", "", "of control: who claims it")
	f.StringVar(&o.marking, "marking", "", "who may read it: clear, green or amber (default amber)")
	f.StringVar(&o.country, "country", "", "of a gazetteer: keep this country alone (SY); of a list without such a column, its country")
	f.StringVar(&o.source, "source", "", "of a gazetteer, boundaries or dictionary: where it is from")
	f.StringVar(&o.licence, "licence", "", "of a gazetteer, boundaries or dictionary: on what terms")
	f.BoolVar(&o.dryRun, "dry-run", false, "submit nothing")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	return cmd
}

func runImport(cmd *cobra.Command, kind, file string, o importOptions, now func() time.Time) (err error) {
	switch kind {
	case "gazetteer", "boundaries", "dictionary":
		return o.importData(cmd.OutOrStdout(), kind, file)
	}
	h, err := openHome(o.data)
	if err != nil {
		return err
	}
	switch kind {
	case "article", "jsonl", "csv", "bulletin", "control":
	default:
		return usagef("%q is no kind of file: article, jsonl, csv, bulletin, control, gazetteer, boundaries or dictionary", kind)
	}
	files, err := h.files()
	if err != nil {
		return err
	}
	f, _, err := founding(files)
	if err != nil {
		return err
	}
	in, closeIn, err := openIn(cmd, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeIn()) }()
	c, err := h.open(cmd.Context(), h.clock(now), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.CatchUp(cmd.Context()); err != nil {
		return err
	}
	i := importer{c: c, o: o, file: file, out: cmd.OutOrStdout(), office: truce.OfficeID(o.office), zone: f.Procedure.Zone}
	if i.office == "" {
		i.office = deskOf(f)
	}
	bodies, err := i.bodies(kind, in)
	if err != nil {
		return err
	}
	return i.run(cmd.Context(), bodies)
}

// deskOf returns the office that files what the centre reads itself.
func deskOf(f *truce.Founding) truce.OfficeID {
	for _, role := range []truce.Role{truce.Monitor, truce.Centre} {
		for _, o := range f.Offices {
			if o.Role == role && o.Party == "" {
				return o.ID
			}
		}
	}
	return ""
}

func openIn(cmd *cobra.Command, file string) (io.Reader, func() error, error) {
	if file == "-" {
		return cmd.InOrStdin(), func() error { return nil }, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, usagef("%w", err)
	}
	return f, f.Close, nil
}

// importer takes one file in.
type importer struct {
	c      *centre.Centre
	o      importOptions
	file   string
	out    io.Writer
	office truce.OfficeID
	zone   truce.Zone

	taken, again, claims int
	rejects              []*intake.Reject
	first                int64
}

// maxArticle bounds a file that is read whole.
const maxArticle = 32 << 20

// bodies reads a file as the bodies of statements.
func (i *importer) bodies(kind string, in io.Reader) (iter.Seq2[truce.Body, error], error) {
	switch kind {
	case "jsonl":
		return asBodies(intake.JSONL(in, i.file)), nil
	case "csv":
		return i.table(in)
	case "control":
		from, err := i.date()
		if err != nil {
			return nil, err
		}
		return func(yield func(truce.Body, error) bool) {
			for c, err := range intake.ControlGeoJSON(in, i.file, intake.Held{ActorProperty: "actor", NameProperty: "name", ClaimedBy: i.o.claimedBy, From: from, Zone: i.zone, URL: i.o.url}) {
				if !yield(&c, err) {
					return
				}
			}
		}, nil
	}
	b, err := io.ReadAll(io.LimitReader(in, maxArticle+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxArticle {
		return nil, fmt.Errorf("%s: over the limit of %d MB for one %s: nothing was taken in", i.file, maxArticle>>20, kind)
	}
	if kind == "bulletin" {
		return i.bulletin(b)
	}
	return i.article(b)
}

func asBodies(reports iter.Seq2[truce.Report, error]) iter.Seq2[truce.Body, error] {
	return func(yield func(truce.Body, error) bool) {
		for r, err := range reports {
			if !yield(&r, err) {
				return
			}
		}
	}
}

// date reads --dateline as the beginning of a day in the regime's zone.
func (i *importer) date() (truce.Instant, error) {
	if i.o.dateline == "" {
		return 0, nil
	}
	from, _, err := i.zone.DayBounds(i.o.dateline)
	if err != nil {
		return 0, usagef("--dateline: %w", err)
	}
	return from, nil
}

func (i *importer) table(in io.Reader) (iter.Seq2[truce.Body, error], error) {
	switch i.o.layout {
	case "acled":
		return asBodies(intake.ACLED(in, i.file, i.zone)), nil
	case "ucdp":
		return asBodies(intake.UCDP(in, i.file, i.o.edition, i.zone)), nil
	case "":
	default:
		return nil, usagef("--layout: %q is not known: acled or ucdp, or leave it out and give --mapping", i.o.layout)
	}
	b, err := io.ReadAll(io.LimitReader(in, intake.MaxFile+1))
	if err != nil {
		return nil, err
	}
	m := intake.Mapping{Publisher: i.o.publisher, Zone: i.zone}
	if i.o.mapping != "" {
		text, err := os.ReadFile(i.o.mapping)
		if err != nil {
			return nil, usagef("--mapping: %w", err)
		}
		if m, err = intake.ReadMapping(text, i.o.mapping); err != nil {
			return nil, err
		}
		if _, err := i.c.Record().PutBlob(context.Background(), record.Kept, text); err != nil {
			return nil, err
		}
		return asBodies(intake.CSV(bytes.NewReader(b), i.file, m)), nil
	}
	p, err := intake.PreviewCSV(bytes.NewReader(b), i.file, m)
	if err != nil {
		return nil, err
	}
	if err := i.propose(p); err != nil {
		return nil, err
	}
	return nil, usagef("--mapping: read the proposal above, mend it, save it, and give it: nothing was taken in")
}

// propose prints the mapping that a table suggests, and what must be asked.
func (i *importer) propose(p intake.Preview) error {
	for _, q := range p.Questions {
		fmt.Fprintf(i.out, "? %s\n", q)
	}
	for _, r := range p.Rows {
		if r.Err != nil {
			fmt.Fprintf(i.out, "line %d: %v\n", r.Line, r.Err)
		}
	}
	enc := json.NewEncoder(i.out)
	enc.SetIndent("", "  ")
	return enc.Encode(p.Mapping)
}

func (i *importer) bulletin(b []byte) (iter.Seq2[truce.Body, error], error) {
	if i.o.publisher == "" {
		return nil, usagef("--publisher: name the centre whose bulletin it is")
	}
	r, warnings, err := intake.Bulletin(b, intake.Issue{File: i.file, Publisher: i.o.publisher, Day: i.o.dateline, Zone: i.zone, URL: i.o.url})
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		fmt.Fprintf(i.out, "note: %s\n", w)
	}
	return func(yield func(truce.Body, error) bool) { yield(&r, nil) }, nil
}

func (i *importer) article(b []byte) (iter.Seq2[truce.Body, error], error) {
	date, err := i.date()
	if err != nil {
		return nil, err
	}
	reports, err := intake.Article(b, intake.Paper{File: i.file, Publisher: i.o.publisher, Date: date, URL: i.o.url, Lang: i.o.lang})
	if err != nil {
		return nil, err
	}
	if !i.o.dryRun {
		if _, err := i.c.Record().PutBlob(context.Background(), record.Exhibit, b); err != nil {
			return nil, err
		}
	}
	return func(yield func(truce.Body, error) bool) {
		for k := range reports {
			if !yield(&reports[k], nil) {
				return
			}
		}
	}, nil
}

// run submits every body, keeps what was refused, and says what came of it.
func (i *importer) run(ctx context.Context, bodies iter.Seq2[truce.Body, error]) error {
	i.first = -1
	for body, err := range bodies {
		var reject *intake.Reject
		if errors.As(err, &reject) {
			i.rejects = append(i.rejects, reject)
			continue
		}
		if err != nil {
			return err
		}
		if err := i.take(ctx, body); err != nil {
			return err
		}
	}
	if err := i.c.CatchUp(ctx); err != nil {
		return err
	}
	return i.tell(ctx)
}

func (i *importer) take(ctx context.Context, body truce.Body) error {
	if r, ok := body.(*truce.Report); ok && i.o.marking != "" {
		r.Marking = truce.Marking(i.o.marking)
	}
	if i.o.dryRun {
		i.taken++
		if r, ok := body.(*truce.Report); ok {
			p, err := i.c.Preview(ctx, *r)
			if err != nil {
				return err
			}
			i.claims += len(p.Claims)
		}
		return body.Validate()
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	key := truce.DigestOf([]byte("import/" + string(i.office) + "/" + string(body.Kind()) + "/" + string(b)))
	r, err := i.c.SayOnce(ctx, key, i.office, "import", i.c.Now(), body)
	if err != nil {
		return fmt.Errorf("%s: %w", i.file, err)
	}
	if i.first < 0 {
		i.first = r.Index
	}
	if r.Duplicate {
		i.again++
	} else {
		i.taken++
	}
	return nil
}

// imported is what came of a file.
type imported struct {
	Taken   int    `json:"taken"`
	Again   int    `json:"again"` // was there before
	Claims  int    `json:"claims"`
	Refused int    `json:"refused"`
	First   int64  `json:"first,omitempty"` // index of the first statement
	Rejects string `json:"rejects,omitempty"`
}

func (i *importer) tell(ctx context.Context) error {
	done := imported{Taken: i.taken, Again: i.again, Claims: i.claims, Refused: len(i.rejects), First: max(i.first, 0)}
	view := i.c.View(truce.Viewer{Role: truce.Centre})
	for n := i.first; i.first >= 0 && n < i.first+int64(i.taken+i.again) && n < i.c.Record().Size(); n++ {
		claims, err := view.ClaimsOf(ctx, n)
		if err != nil {
			return err
		}
		done.Claims += len(claims)
	}
	if len(i.rejects) > 0 && !i.o.dryRun && i.file != "-" {
		done.Rejects = i.file + ".rejects.csv"
		if err := writeRejects(done.Rejects, i.rejects); err != nil {
			return err
		}
	}
	if i.o.asJSON {
		if err := json.NewEncoder(i.out).Encode(done); err != nil {
			return err
		}
	} else {
		verb := "taken in"
		if i.o.dryRun {
			verb = "would be taken in"
		}
		fmt.Fprintf(i.out, "%d %s, %d were there before, %d claims, %d refused\n", done.Taken, verb, done.Again, done.Claims, done.Refused)
	}
	const maxShown = 10
	for _, r := range i.rejects[:min(len(i.rejects), maxShown)] {
		fmt.Fprintf(i.out, "%v\n", r)
	}
	if len(i.rejects) > 0 {
		return fmt.Errorf("%d rows were refused: mend them and import the file again", len(i.rejects))
	}
	return nil
}

func writeRejects(name string, rejects []*intake.Reject) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	if err := w.Write([]string{"line", "field", "reason", "row"}); err != nil {
		return err
	}
	for _, r := range rejects {
		if err := w.Write([]string{strconv.Itoa(r.Line), r.Field, r.Err.Why, r.Row}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
