package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// linkReport is one line of the linker's input: a report as it came in, with
// what is known of it in fields, in its text, or in both. Fields win over what
// is read from the text.
type linkReport struct {
	ReportID      string   `json:"report_id"`
	ID            string   `json:"id,omitempty"` // report_id, as extract calls it
	Source        string   `json:"source,omitempty"`
	Platform      string   `json:"platform,omitempty"`
	Lang          string   `json:"lang,omitempty"`
	Published     string   `json:"published,omitempty"`
	Text          string   `json:"text,omitempty"`
	TimeFrom      string   `json:"time_from,omitempty"`
	TimeTo        string   `json:"time_to,omitempty"`
	TimePrecision string   `json:"time_precision,omitempty"` // minute, hour, day, week, month, weekday
	Lon           *float64 `json:"lon,omitempty"`
	Lat           *float64 `json:"lat,omitempty"`
	PrecisionM    int32    `json:"precision_m,omitempty"`
	Place         string   `json:"place,omitempty"`
	District      string   `json:"district,omitempty"`
	Type          string   `json:"type,omitempty"`
	Weapon        string   `json:"weapon,omitempty"`
	Target        string   `json:"target,omitempty"`
	By            []string `json:"by,omitempty"`
	Against       []string `json:"against,omitempty"`
	Side          string   `json:"side,omitempty"` // firing or impact
	Form          string   `json:"form,omitempty"` // event, aggregate, denial, attribution, casualty, background
	KilledLow     *int32   `json:"killed_low,omitempty"`
	KilledHigh    *int32   `json:"killed_high,omitempty"`
	WoundedLow    *int32   `json:"wounded_low,omitempty"`
	WoundedHigh   *int32   `json:"wounded_high,omitempty"`
	Victims       []string `json:"victims,omitempty"`
	URL           string   `json:"url,omitempty"`
	Cites         []string `json:"cites,omitempty"` // report_ids or speakers
}

// claimsOf reads the claims of a report's text, main event first. It is nil in
// a build without a reader of text; then the text's rare words alone are
// compared.
type claimsOf func(rep *linkReport) ([]link.Item, error)

const (
	maxLinkLine  = 1 << 20
	maxItemsEach = 64
)

// readReports calls f with each line of a JSONL stream; an error names file and
// line. With lenient, unknown fields are counted in skipped, not refused.
func readReports(name string, in io.Reader, lenient bool, f func(line int, rep *linkReport) error) (skipped int, err error) {
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 64<<10), maxLinkLine)
	for line := 1; sc.Scan(); line++ {
		b := bytes.TrimSpace(sc.Bytes())
		if line == 1 {
			b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
		}
		if len(b) == 0 {
			continue
		}
		var rep linkReport
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		err := d.Decode(&rep)
		if err != nil && lenient && strings.Contains(err.Error(), "unknown field") {
			skipped++
			rep = linkReport{}
			err = json.Unmarshal(b, &rep)
		}
		if err != nil {
			return skipped, fmt.Errorf("%s:%d: %w: mend the line, or give --lenient for fields that are not known", name, line, err)
		}
		if rep.ReportID == "" {
			rep.ReportID = rep.ID
		}
		if rep.ReportID == "" {
			return skipped, fmt.Errorf("%s:%d:report_id: is not there, nor id: give each report one of its own", name, line)
		}
		if err := f(line, &rep); err != nil {
			return skipped, fmt.Errorf("%s:%d:%w", name, line, err)
		}
	}
	if err := sc.Err(); err != nil {
		return skipped, fmt.Errorf("%s: %w: a line is at most %d bytes", name, err, maxLinkLine)
	}
	return skipped, nil
}

// item returns the item of a report's fields.
func (rep *linkReport) item() (link.Item, error) {
	it := link.Item{
		Place: "", Name: rep.Place, Area: truce.PlaceID(rep.District), Act: rep.Type, Weapon: rep.Weapon, Object: rep.Target,
		By: actorIDs(rep.By), Against: actorIDs(rep.Against), Side: truce.Side(rep.Side), Victims: rep.Victims,
		Lang: rep.Lang, Lineage: rep.Source, URL: rep.URL, Text: rep.Text, RadiusMetres: rep.PrecisionM,
	}
	if looksCoded(rep.Place) {
		it.Place, it.Name = truce.PlaceID(rep.Place), ""
	}
	var err error
	if it.Mode, it.Denies, err = formOf(rep.Form); err != nil {
		return it, err
	}
	if rep.Side != "" && it.Side != truce.Firing && it.Side != truce.Impact {
		return it, fmt.Errorf("side: %q: write firing or impact", rep.Side)
	}
	if (rep.Lon == nil) != (rep.Lat == nil) {
		return it, errors.New("lon: give both lon and lat, or neither")
	}
	if rep.Lon != nil {
		if *rep.Lon < -180 || *rep.Lon > 180 || *rep.Lat < -90 || *rep.Lat > 90 {
			return it, fmt.Errorf("lat: lon %g lat %g is not on the earth: degrees, longitude first", *rep.Lon, *rep.Lat)
		}
		it.Point = truce.Point{Lon: degrees(*rep.Lon), Lat: degrees(*rep.Lat)}
	}
	if it.Killed, err = rangeOf("killed_low", rep.KilledLow, rep.KilledHigh); err != nil {
		return it, err
	}
	if it.Wounded, err = rangeOf("wounded_low", rep.WoundedLow, rep.WoundedHigh); err != nil {
		return it, err
	}
	return it, rep.when(&it)
}

// looksCoded reports whether a place is a gazetteer's id or a p-code rather than
// a name: it has a digit.
func looksCoded(s string) bool { return strings.ContainsAny(s, "0123456789") }

func degrees(d float64) int32 {
	if d < 0 {
		return int32(d*1e7 - 0.5)
	}
	return int32(d*1e7 + 0.5)
}

func actorIDs(names []string) []truce.ActorID {
	var out []truce.ActorID
	for _, n := range names {
		out = append(out, truce.ActorID(n))
	}
	return out
}

func formOf(form string) (link.Mode, bool, error) {
	switch truce.Form(form) {
	case "", "event":
		return link.Opens, false, nil
	case truce.Attribution, truce.Toll, truce.StatusClaim:
		return link.Supports, false, nil
	case truce.Denial:
		return link.Supports, true, nil
	case truce.Aggregate, truce.Background:
		return link.Aside, false, nil
	}
	return 0, false, fmt.Errorf("form: %q: write event, attribution, casualty, denial, status, aggregate or background", form)
}

func rangeOf(field string, low, high *int32) (link.Range, error) {
	switch {
	case low == nil && high == nil:
		return link.Range{}, nil
	case low == nil:
		return link.Range{Low: 0, High: *high, Stated: true}, nil
	case high == nil:
		return link.Range{Low: *low, High: -1, Stated: true}, nil
	case *low < 0 || *high < *low:
		return link.Range{}, fmt.Errorf("%s: %d to %d is no range of people", field, *low, *high)
	}
	return link.Range{Low: *low, High: *high, Stated: true}, nil
}

// when sets the item's interval from the report's fields.
func (rep *linkReport) when(it *link.Item) error {
	if rep.Published != "" {
		at, _, err := parseTime(rep.Published)
		if err != nil {
			return fmt.Errorf("published: %w", err)
		}
		it.Said = truce.At(at)
	}
	if rep.TimeFrom == "" {
		return nil
	}
	from, date, err := parseTime(rep.TimeFrom)
	if err != nil {
		return fmt.Errorf("time_from: %w", err)
	}
	to := from
	switch rep.TimePrecision {
	case "minute":
	case "":
		if date {
			to = from.AddDate(0, 0, 1)
		}
	case "hour":
		to = from.Add(time.Hour)
	case "day":
		to = from.AddDate(0, 0, 1)
	case "week":
		to = from.AddDate(0, 0, 7)
	case "month":
		to = from.AddDate(0, 1, 0)
	case "weekday":
		it.Weekday = (int(from.Weekday())+6)%7 + 1
		return nil
	default:
		return fmt.Errorf("time_precision: %q: write minute, hour, day, week, month or weekday", rep.TimePrecision)
	}
	if rep.TimeTo != "" {
		if to, date, err = parseTime(rep.TimeTo); err != nil {
			return fmt.Errorf("time_to: %w", err)
		}
		if date {
			to = to.AddDate(0, 0, 1)
		}
	}
	if to.Before(from) {
		return errors.New("time_to: ends before it begins: swap or mend them")
	}
	it.From, it.To = truce.At(from), truce.At(to)
	return nil
}

// parseTime reads RFC 3339 or a date and reports whether it was a date.
func parseTime(s string) (time.Time, bool, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, false, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	return time.Time{}, false, fmt.Errorf("%q is not a time: write 2016-05-04 or 2016-05-04T00:01:00+03:00", s)
}

// plainWords returns the words of a text that may tell it from others.
func plainWords(text string) []string {
	var out []string
	for _, w := range strings.Fields(link.Fold(text)) {
		if len(w) >= 4 || strings.ContainsAny(w, "0123456789") {
			out = append(out, w)
		}
	}
	return out
}

// linkRun is one run of the command: reports in, a line per report and incident
// out.
type linkRun struct {
	linker  *link.Linker
	read    claimsOf
	ids     map[string]int // report_id -> index in reports
	reports []linkedReport
	keep    bool                   // keep the placements, for the reasons
	again   bool                   // keep the claims, to be linked again
	places  map[string]truce.Point // the first point of each place, against swapped ones
	odd     []string               // what was not believed, by report; the first of many
	odds    int
}

const maxOdd = 20 // that are told; all are counted

// doubt takes off what a report's fields cannot mean, and keeps why: a point
// whose longitude and latitude changed places. A time after the report is kept
// off by the linker; here it is told.
func (run *linkRun) doubt(rep *linkReport, it *link.Item) {
	tell := func(why string) {
		if run.odds++; len(run.odd) < maxOdd {
			run.odd = append(run.odd, rep.ReportID+": "+why)
		}
	}
	if it.Said != 0 && it.From > it.Said+2*truce.Day {
		tell("its time lies after the day it was published: taken as unknown")
	}
	if rep.Place == "" || it.Point == (truce.Point{}) {
		return
	}
	const far, near = 100_000, 30_000 // metres
	first, known := run.places[rep.Place]
	turned := truce.Point{Lon: it.Point.Lat, Lat: it.Point.Lon}
	switch {
	case !known:
		if run.places == nil {
			run.places = map[string]truce.Point{}
		}
		run.places[rep.Place] = it.Point
	case turned.Valid() && truce.MetresBetween(first, it.Point) > far && truce.MetresBetween(first, turned) < near:
		tell("longitude and latitude seem to have changed places: the point is taken as unknown")
		it.Point, it.RadiusMetres = truce.Point{}, 0
	}
}

// linkedReport is a report with the names of its claims.
type linkedReport struct {
	id     string
	claims int
	placed []link.Placement
	items  []link.Item // kept where they may be linked again
}

// refOf names claim k of report i.
func refOf(i, k int) truce.ClaimRef {
	return truce.ClaimRef{At: uint32(i), Family: "report", N: uint8(k)}
}

func (run *linkRun) add(rep *linkReport) error {
	if _, twice := run.ids[rep.ReportID]; twice {
		return fmt.Errorf("report_id: %q came before: give each report one of its own", rep.ReportID)
	}
	items, err := run.items(rep)
	if err != nil {
		return err
	}
	for k := range items {
		for _, c := range rep.Cites {
			if j, ok := run.ids[c]; ok {
				items[k].Cites = append(items[k].Cites, refOf(j, 0))
			} else {
				items[k].Lineage = c
			}
		}
	}
	return run.place(rep.ReportID, items)
}

// place links a report's claims under its name.
func (run *linkRun) place(id string, items []link.Item) error {
	i := len(run.reports)
	run.ids[id] = i
	out := linkedReport{id: id, claims: len(items)}
	if run.again {
		out.items = items
	}
	for k := range items {
		items[k].Ref, items[k].Index = refOf(i, k), int64(i+1)
		pl, err := run.linker.Add(items[k])
		if err != nil {
			return err
		}
		if run.keep {
			out.placed = append(out.placed, pl)
		}
	}
	run.reports = append(run.reports, out)
	return nil
}

// placeAll links the claims of reports that another run has read.
func (run *linkRun) placeAll(reports []linkedReport) error {
	var items []link.Item
	var of []int // the report of each
	for i, rep := range reports {
		run.ids[rep.id] = i
		items = append(items, rep.items...)
		of = append(of, slices.Repeat([]int{i}, len(rep.items))...)
		rep.placed = nil
		run.reports = append(run.reports, rep)
	}
	var first error
	run.linker.AddAll(items, func(k int, pl link.Placement, err error) {
		rep := &run.reports[of[k]]
		if err != nil && first == nil {
			first = fmt.Errorf("%s: %w", rep.id, err)
		}
		if run.keep {
			rep.placed = append(rep.placed, pl)
		}
	})
	return first
}

// items returns the claims of a report: those of its text, with what its fields
// state laid over the main one, or those of its fields alone.
func (run *linkRun) items(rep *linkReport) ([]link.Item, error) {
	fields, err := rep.item()
	if err != nil {
		return nil, err
	}
	run.doubt(rep, &fields)
	var items []link.Item
	if run.read != nil && rep.Text != "" {
		if items, err = run.read(rep); err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
	}
	if len(items) == 0 {
		fields.Concepts = plainWords(rep.Text)
		if run.read != nil && rep.Text != "" && rep.Type == "" && rep.Form == "" {
			fields.Mode = link.Aside // its text was read, and tells of nothing
		}
		return []link.Item{fields}, nil
	}
	overlayFields(&items[0], &fields)
	return items[:min(len(items), maxItemsEach)], nil
}

// overlayFields lets what a report's fields state win over what was read.
func overlayFields(it, f *link.Item) {
	if f.From != 0 || f.Weekday != 0 {
		it.From, it.To, it.Weekday = f.From, f.To, f.Weekday
	}
	if f.Point != (truce.Point{}) {
		it.Point, it.RadiusMetres = f.Point, f.RadiusMetres
	}
	if f.Place != "" || f.Name != "" {
		it.Place, it.Name = f.Place, f.Name
	}
	for _, s := range []struct{ to, from *string }{{&it.Act, &f.Act}, {&it.Weapon, &f.Weapon}, {&it.Object, &f.Object}, {&it.Lang, &f.Lang}, {&it.URL, &f.URL}, {&it.Lineage, &f.Lineage}} {
		if *s.from != "" {
			*s.to = *s.from
		}
	}
	if f.Area != "" {
		it.Area = f.Area
	}
	if f.By != nil {
		it.By = f.By
	}
	if f.Against != nil {
		it.Against = f.Against
	}
	if f.Side != "" {
		it.Side = f.Side
	}
	if f.Killed.Stated {
		it.Killed = f.Killed
	}
	if f.Wounded.Stated {
		it.Wounded = f.Wounded
	}
	if f.Victims != nil {
		it.Victims = f.Victims
	}
	it.Text = f.Text
}

// linkLine is one line of output: a report in an incident.
type linkLine struct {
	ReportID   string        `json:"report_id"`
	IncidentID string        `json:"incident_id,omitempty"`
	Weight     int32         `json:"weight"`
	N          int32         `json:"n"`
	Sum        int32         `json:"sum"`
	State      string        `json:"state"`
	Lineage    string        `json:"lineage,omitempty"`
	CopyOf     *string       `json:"copy_of"`
	Reasons    []link.Reason `json:"reasons,omitempty"`
	Next       *linkNext     `json:"next,omitempty"`
}

type linkNext struct {
	IncidentID string `json:"incident_id"`
	Weight     int32  `json:"weight"`
}

// lines calls f with a line for each report and incident, in the order of the
// input, main event first.
func (run *linkRun) lines(onePer bool, f func(linkLine) error) error {
	name := func(r truce.ClaimRef) string { return run.reports[r.At].id }
	for i, rep := range run.reports {
		told := map[truce.IncidentID]bool{}
		for k := range rep.claims {
			row, ok := run.linker.Row(refOf(i, k))
			if !ok || told[row.Incident] || onePer && k > 0 {
				continue
			}
			told[row.Incident] = true
			line := linkLine{ReportID: rep.id, Weight: row.Weight, N: row.N, Sum: row.Sum, State: row.State.String(), Lineage: row.Lineage}
			if !row.Incident.IsZero() {
				line.IncidentID = incidentName(name(row.Incident), row.Incident)
			}
			if !row.CopyOf.IsZero() {
				of := name(row.CopyOf)
				line.CopyOf = &of
			}
			if root, err := truce.ParseClaimRef(row.Lineage); err == nil && root.Family != "" {
				line.Lineage = name(root)
			}
			if run.keep {
				pl := rep.placed[k]
				line.Reasons = pl.Reasons()
				if row.Reasons != nil {
					line.Reasons = row.Reasons
				}
				if pl.NextN > 0 {
					line.Next = &linkNext{incidentName(name(pl.Next), pl.Next), floorMean(pl.NextSum, pl.NextN)}
				}
			}
			if err := f(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// incidentName writes i-REPORT, and i-REPORT.K where the incident is named by a
// further event of that report.
func incidentName(report string, r truce.ClaimRef) string {
	if r.N == 0 {
		return "i-" + report
	}
	return "i-" + report + "." + strconv.Itoa(int(r.N))
}

func floorMean(sum, n int32) int32 {
	q := sum / n
	if sum%n < 0 {
		q--
	}
	return q
}

// linkOptions are the flags of the command.
type linkOptions struct {
	in, truth, model, saveModel, labels, fields string
	csv, explain, stats, lenient, onePer, train bool
	full, asJSON                                bool
	events                                      []string
	shadow                                      string
	auto, review                                int32
}

// linkCommand is the command "link".
func linkCommand(now func() time.Time) *cobra.Command {
	var o linkOptions
	var text textOptions
	read := readTexts(&text)
	c := &cobra.Command{
		Use:   "link [--in reports.jsonl]",
		Short: "put reports of one occurrence together, with the weights that say why",
		Long: "Reads one report a line (JSON: raw text, fields, or both) and writes one line for each report\n" +
			"and incident it tells of, with the weight in thousandths of a bit and its parts.",
		Example: "  marchday link --in reports.jsonl --truth truth.csv\n  marchday link --in - --csv < reports.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.shadow != "" {
				m, err := modelOf(o)
				if err != nil {
					return err
				}
				return shadowRun(c.Context(), o, m, now, c.OutOrStdout())
			}
			return runLink(o, read, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	text.flags(c, true)
	f := c.Flags()
	f.Lookup("dossier").DefValue, text.dossier = "none", "none"
	f.StringVar(&o.in, "in", "-", "reports, one JSON object a line; - is stdin")
	f.StringVar(&o.truth, "truth", "", "report_id,incident_id: print how far the result agrees with it")
	f.StringVar(&o.model, "model", "", "model file; empty is the shipped one")
	f.StringVar(&o.saveModel, "save-model", "", "write the model in use, or the trained one, to this file")
	f.StringVar(&o.labels, "labels", "", "JSON lines {\"a\":..,\"b\":..,\"same\":true|false}: bind like decisions")
	f.StringVar(&o.fields, "fields", "", "link the records of any CSV table: column:kind,... with kind name, number, code, date, id or truth")
	f.StringArrayVar(&o.events, "events", nil, "link the rows of event datasets instead: acled:FILE, ucdp:FILE or MAPPING.json:FILE; may be repeated")
	f.StringVar(&o.shadow, "shadow", "", "folder of a centre: link its record with --model beside the one in force, and report what would change")
	f.BoolVar(&o.train, "train", false, "learn the weights from the reports themselves, print what changes, then link with them")
	f.BoolVar(&o.full, "full", false, "repair everything to convergence and print the drift from the stream")
	f.BoolVar(&o.csv, "csv", false, "write report_id,incident_id,weight")
	f.BoolVar(&o.explain, "explain", false, "write each weight as a waterfall for people")
	f.BoolVar(&o.stats, "stats", false, "print what the engine counted to stderr")
	f.BoolVar(&o.asJSON, "json", false, "write JSON lines (the default)")
	f.BoolVar(&o.lenient, "lenient", false, "skip fields that are not known, and count them")
	f.BoolVar(&o.onePer, "one-per-report", false, "main event of each report only")
	f.Int32Var(&o.auto, "t-auto", noThreshold, "join at this mean weight; default is the model's")
	f.Int32Var(&o.review, "t-review", noThreshold, "join provisionally at this mean weight; default is the model's")
	return c
}

const noThreshold = -1 << 20

func runLink(o linkOptions, read claimsOf, in io.Reader, out, errs io.Writer) error {
	if o.in != "-" {
		f, err := os.Open(o.in)
		if err != nil {
			return fmt.Errorf("open reports: %w", err)
		}
		defer f.Close()
		in = f
	}
	if o.fields != "" {
		return linkFields(o, o.in, in, out, errs)
	}
	m, err := modelOf(o)
	if err != nil {
		return err
	}
	run := &linkRun{linker: link.New(m), read: read, ids: map[string]int{}, keep: !o.csv && o.truth == "" || o.explain, again: o.train}
	skipped := 0
	if len(o.events) > 0 {
		err = run.addEvents(o.events)
	} else {
		skipped, err = readReports(o.in, in, o.lenient, func(_ int, rep *linkReport) error { return run.add(rep) })
	}
	if err != nil {
		return err
	}
	if run, err = run.teach(o, errs); err != nil {
		return err
	}
	if skipped > 0 {
		fmt.Fprintf(errs, "%d lines had fields that are not known; they were left out\n", skipped)
	}
	for _, why := range run.odd {
		fmt.Fprintln(errs, why)
	}
	if run.odds > len(run.odd) {
		fmt.Fprintf(errs, "and %d more that are not believed\n", run.odds-len(run.odd))
	}
	if o.full {
		n := run.linker.RepairAll()
		fmt.Fprintf(errs, "%d changes until nothing was worth one\n", n)
	}
	if o.stats {
		fmt.Fprintf(errs, "%+v\n", run.linker.Stats())
	}
	if o.truth != "" {
		return run.judge(o, out)
	}
	return run.write(o, out)
}

// teach binds the labels and, if asked to, learns a model from the reports and
// links them anew with it, with a word on what that changes.
func (run *linkRun) teach(o linkOptions, errs io.Writer) (*linkRun, error) {
	labels, err := run.readLabels(o, errs)
	if err != nil || !o.train {
		return run, err
	}
	next, err := run.train(labels, errs)
	if err != nil || next == run {
		return run, err
	}
	if _, err := next.readLabels(o, io.Discard); err != nil {
		return nil, err
	}
	writeModelDiff(errs, run.linker.Model(), next.linker.Model())
	if err := writeMoves(errs, run, next); err != nil {
		return nil, err
	}
	if o.saveModel != "" {
		if err := os.WriteFile(o.saveModel, next.linker.Model().Encode(), 0o644); err != nil {
			return nil, fmt.Errorf("save model: %w", err)
		}
	}
	return next, nil
}

func (run *linkRun) readLabels(o linkOptions, errs io.Writer) ([]link.Label, error) {
	if o.labels == "" {
		return nil, nil
	}
	f, err := os.Open(o.labels)
	if err != nil {
		return nil, fmt.Errorf("open labels: %w", err)
	}
	labels, err := run.decide(o.labels, f, errs)
	return labels, errors.Join(err, f.Close())
}

// train learns a model from the reports and links them anew with it, twice; a
// refusal is told and leaves the result as it is.
func (run *linkRun) train(labels []link.Label, errs io.Writer) (*linkRun, error) {
	const rounds = 2
	for range rounds {
		got := link.Fit(run.linker, labels)
		fmt.Fprintf(errs, "learnt from %d pairs, %d decoys, %d patterns, %d rounds: %.0f matches, %.2f %% unsure\n",
			got.Pairs, got.Decoys, got.Patterns, got.Iterations, got.Matches, 100*got.Unsure)
		if got.Refused != "" {
			fmt.Fprintf(errs, "the model is refused: %s; the one in force stays\n", got.Refused)
			return run, nil
		}
		next := &linkRun{linker: link.New(got.Model), ids: map[string]int{}, keep: run.keep, again: true}
		if err := next.placeAll(run.reports); err != nil {
			return nil, err
		}
		if pairs := float64(next.linker.Together()); pairs > 2*got.Matches || got.Matches > 2*pairs {
			fmt.Fprintf(errs, "the model is refused: it expects %.0f matches, and its incidents hold %.0f pairs; the one in force stays\n", got.Matches, pairs)
			return run, nil
		}
		run = next
	}
	return run, nil
}

func modelOf(o linkOptions) (link.Model, error) {
	m := link.DefaultModel()
	if o.model != "" {
		f, err := os.Open(o.model)
		if err != nil {
			return m, fmt.Errorf("open model: %w", err)
		}
		defer f.Close()
		if m, err = link.LoadModel(f); err != nil {
			return m, fmt.Errorf("%s: %w", o.model, err)
		}
	}
	if o.auto != noThreshold {
		m.Auto = o.auto
	}
	if o.review != noThreshold {
		m.Review = o.review
	}
	m.Review, m.Merge = min(m.Review, m.Auto), max(m.Merge, m.Auto)
	return m, nil
}

func (run *linkRun) write(o linkOptions, out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<20)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	table := csv.NewWriter(w)
	if o.csv {
		if err := table.Write([]string{"report_id", "incident_id", "weight"}); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	err := run.lines(o.onePer, func(l linkLine) error {
		switch {
		case o.csv:
			return table.Write([]string{l.ReportID, l.IncidentID, strconv.Itoa(int(l.Weight))})
		case o.explain:
			return explainLine(w, l)
		}
		return enc.Encode(l)
	})
	table.Flush()
	return errors.Join(err, table.Error(), w.Flush())
}

// explainLine draws a weight as a waterfall: a bar per part, then the mean.
func explainLine(w io.Writer, l linkLine) error {
	fmt.Fprintf(w, "%s  %s  %s\n", l.ReportID, l.IncidentID, l.State)
	total := int32(0)
	for _, r := range l.Reasons {
		total += r.Millibit + r.Rarity
		fmt.Fprintf(w, "  %-9s %-24s %+8.3f  %+8.3f\n", r.Field, r.Level, bitsOf(r.Millibit+r.Rarity), bitsOf(total))
	}
	if l.N > 0 {
		fmt.Fprintf(w, "  mean over %d claims %28.3f bits\n", l.N, bitsOf(l.Weight))
	}
	if l.Next != nil {
		fmt.Fprintf(w, "  next: %s at %.3f bits\n", l.Next.IncidentID, bitsOf(l.Next.Weight))
	}
	_, err := fmt.Fprintln(w)
	return err
}

func bitsOf(millibits int32) float64 { return float64(millibits) / 1000 }
