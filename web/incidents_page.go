package web

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// rowsPerPage is how many incidents one page of the list shows.
const rowsPerPage = 50

// maxOnMap is how many incidents are drawn on one map, and how far a list is
// counted: more are said to be more.
const maxOnMap = 2000

type incidentsPage struct {
	page
	Fields []Field
	Map    Drawn
	Pager  Pager
	Total  int
	More   bool // than Total
	Tolls  []totalled
}

// incidents shows the list, as the address filters it.
func (s *site) incidents(v *visit) error {
	if v.q.Get("f") == "csv" {
		return v.streamIncidents()
	}
	p, err := queryIncidents(v)
	if err != nil {
		return err
	}
	return v.show("incidents", p)
}

// streamIncidents writes all incidents of the filter as CSV, a page of the
// picture at a time.
func (v *visit) streamIncidents() error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	f.Limit = picture.MaxPage
	v.csvHead("incidents-incidents.csv")
	w := csv.NewWriter(v.w)
	if err := w.Write(v.incidentTable("incidents", nil).csvHeads()); err != nil {
		return err
	}
	chairs := v.house.CoChairs()
	err = eachIncident(v.ctx(), v.view, f, func(i picture.Incident) error { return w.Write(Row{Cells: v.incidentRow(i, chairs)}.csv()) })
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	if err != nil { // too late for an error page: the reader must not take a part for the whole
		v.s.o.Log.ErrorContext(v.ctx(), "an export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func queryIncidents(v *visit) (*incidentsPage, error) {
	f, err := v.filter()
	if err != nil {
		return nil, err
	}
	p := &incidentsPage{page: v.page(), Fields: v.filterFields()}
	f.Limit = rowsPerPage
	all, next, err := v.view.Incidents(v.ctx(), f)
	if err != nil {
		return nil, err
	}
	t := p.add(v.incidentTable("incidents", all))
	t.Empty = v.t.T("incidents.none")
	if next != "" {
		p.Pager.Next = p.With("after", next)
	}
	if f.After != "" {
		p.Pager.Prev = p.With("after", "")
	}
	f.After = ""
	whole, err := allIncidents(v.ctx(), v.view, f, maxOnMap)
	if err != nil {
		return nil, err
	}
	p.Total, p.More, p.Tolls = len(whole), len(whole) >= maxOnMap, v.totals(whole)
	p.Map, err = v.incidentMap("incidents", whole)
	return p, err
}

// filter reads which incidents the address asks for.
func (v *visit) filter() (picture.Filter, error) {
	q := v.q
	f := picture.Filter{
		Adm1: truce.PlaceID(q.Get("adm1")), Event: q.Get("event"), Status: q.Get("status"), Disagree: q.Get("differ") != "",
		OnDocket: q.Get("docket") != "", After: q.Get("after"), Words: q.Get("q"), Day: q.Get("day"),
	}
	var err error
	if f.From, _, err = v.edge(q.Get("from")); err != nil {
		return f, err
	}
	if _, f.To, err = v.edge(q.Get("to")); err != nil {
		return f, err
	}
	if box := q.Get("bbox"); box != "" {
		f.Box, err = parseBox(box)
	}
	return f, err
}

// edge reads a day, as its beginning and its end, or a moment, as both: a
// bulletin's period runs from cut-off to cut-off. Empty is not stated.
func (v *visit) edge(s string) (from, to truce.Instant, err error) {
	var at truce.Instant
	if s == "" || at.UnmarshalText([]byte(s)) == nil {
		return at, at, nil
	}
	return v.house.Procedure.Zone.DayBounds(s)
}

// parseBox reads west,south,east,north in decimal degrees.
func parseBox(s string) (*[2]truce.Point, error) {
	refused := &truce.Error{Kind: truce.Invalid, Field: "bbox", Why: "write west,south,east,north in decimal degrees"}
	var u [4]int32
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return nil, refused
	}
	for i, part := range parts {
		x, err := strconv.ParseFloat(part, 64)
		if err != nil || x < -180 || x > 180 {
			return nil, refused
		}
		u[i] = int32(x * degree)
	}
	return &[2]truce.Point{{Lon: u[0], Lat: u[1]}, {Lon: u[2], Lat: u[3]}}, nil
}

// filterFields are the questions of the filter, with what the address answers.
func (v *visit) filterFields() []Field {
	t, q := v.t, v.q
	ask := func(name, kind string, choices ...Choice) Field {
		return Field{Name: name, Label: t.T("filter." + name), Value: q.Get(name), Type: kind, Choices: choices}
	}
	var events []Choice
	for _, n := range truce.Taxonomy() {
		if n.Kind == truce.Acts {
			events = append(events, Choice{n.Name, v.word(n.Name)})
		}
	}
	var units []Choice
	if v.s.base != nil {
		units = v.s.base.units(t.Code)
	}
	var states []Choice
	for _, s := range statuses() {
		states = append(states, Choice{s, t.T("status." + s)})
	}
	return []Field{
		ask("q", "search"), ask("from", "date"), ask("to", "date"), ask("adm1", "", units...), ask("event", "", events...),
		ask("status", "", states...), ask("differ", "checkbox"), ask("docket", "checkbox"),
	}
}

// incidentTable lists incidents, one column per co-chair's reading.
func (v *visit) incidentTable(id string, all []picture.Incident) *Table {
	t := v.t
	table := &Table{ID: id, Caption: t.T("incidents.caption", "n", len(all)), Columns: []Column{
		{Key: "incident", Label: t.T("col.incident")}, {Key: "when", Label: t.T("col.when")}, {Key: "place", Label: t.T("col.where")},
		{Key: "event", Label: t.T("col.what")}, {Key: "alleged", Label: t.T("col.alleged")}, {Key: "killed", Label: t.T("col.killed"), Number: true},
		{Key: "lineages", Label: t.T("col.lineages"), Number: true},
	}}
	chairs := v.house.CoChairs()
	for _, o := range chairs {
		table.Columns = append(table.Columns, Column{Key: "verdict_" + string(o.ID), Label: t.T("col.verdict", "office", v.officeName(o.ID))})
	}
	table.Columns = append(table.Columns, Column{Key: "status", Label: t.T("col.status")})
	for _, i := range all {
		table.Rows = append(table.Rows, Row{Cells: v.incidentRow(i, chairs)})
	}
	return table
}

func (v *visit) incidentRow(i picture.Incident, chairs []truce.Office) []Cell {
	place := text(v.place(i.Where))
	place.Sub = v.unit(i.Where)
	if place.Sub == place.Text {
		place.Sub = ""
	}
	what := Cell{Text: v.word(i.Event), Value: i.Event, Sub: v.word(i.Object)}
	row := []Cell{linked(incidentID(i)), v.stamp(i.When), place, what, v.alleged(i), v.killed(i), {Text: v.t.Number(int64(len(i.Lineages)))}}
	for _, o := range chairs {
		row = append(row, v.verdictOf(i.Acts, o.ID))
	}
	status := Cell{Text: v.t.T("status." + i.Status), Value: i.Status}
	if i.Case > 0 {
		status.Sub = v.t.T("incidents.case", "n", i.Case)
	}
	return append(row, status)
}

func (v *visit) alleged(i picture.Incident) Cell {
	names := make([]string, len(i.Alleged))
	for n, a := range i.Alleged {
		names[n] = v.name(string(a.Actor))
	}
	return text(v.t.List(names))
}

func (v *visit) killed(i picture.Incident) Cell {
	r, ok := i.Killed()
	if !ok {
		return Cell{Missing: "not_stated"}
	}
	return text(v.losses(r.Losses))
}

// incidentMap draws the incidents of a list.
func (v *visit) incidentMap(id string, all []picture.Incident) (Drawn, error) {
	if v.s.base == nil {
		return Drawn{}, nil
	}
	here := v.frame.URL.Query()
	here.Del("after")
	here.Del("bbox")
	m := v.mapOf(all)
	m.ID = id
	m.List = "/incidents?" + here.Encode()
	if len(here) > 0 {
		m.List += "&"
	}
	m.Source = address("/api/incidents.geojson") + "?" + here.Encode()
	return v.s.base.Draw(v.t, m)
}

// mapOf puts each incident on the map: by its point, else in its unit, which
// is hatched; what has neither is counted as without a place.
func (v *visit) mapOf(all []picture.Incident) Map {
	var m Map
	areas := map[truce.PlaceID]int{}
	for _, i := range all {
		if p := i.Where.Point; p != nil {
			m.Marks = append(m.Marks, MapMark{
				At: Point{int64(p.Lon), int64(p.Lat)}, Title: v.title(i), Href: incidentID(i).Href, Kind: v.sign(i),
			})
		} else if u := picture.Adm1(i.Where); u != "" && v.s.base.NameOf(string(u), "en") != "" {
			areas[u]++
			m.Unplaced++
		} else {
			m.Unplaced++
		}
	}
	for u, n := range areas {
		m.Areas = append(m.Areas, MapArea{Code: string(u), Name: v.unitName(u), Href: address("/incidents", "adm1", string(u)), Count: n})
	}
	slices.SortFunc(m.Areas, func(a, b MapArea) int { return cmp.Compare(a.Code, b.Code) })
	return m
}

// sign is the verdict that all readings give, "" where they differ or nothing
// was read.
func (v *visit) sign(i picture.Incident) string {
	sign := ""
	for n, o := range v.house.CoChairs() {
		kind, _ := v.kindOf(answerOf(i.Acts, o.ID))
		if n > 0 && kind != sign || kind == string(truce.Mixed) {
			return ""
		}
		sign = kind
	}
	return sign
}

// title is an incident in one line: what, where, when.
func (v *visit) title(i picture.Incident) string {
	return v.comma(v.word(i.Event), v.word(i.Object), v.place(i.Where), v.stamp(i.When).Text)
}

// eachIncident hands on every incident of a filter, a page of the picture at a
// time, until one is refused.
func eachIncident(ctx context.Context, view *picture.View, f picture.Filter, use func(picture.Incident) error) error {
	f.Limit = picture.MaxPage
	for {
		some, next, err := view.Incidents(ctx, f)
		if err != nil {
			return err
		}
		for _, i := range some {
			if err := use(i); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		f.After = next
	}
}

// errEnough ends a walk over incidents.
var errEnough = errors.New("enough")

// allIncidents reads the incidents of a filter, the first limit of them.
func allIncidents(ctx context.Context, view *picture.View, f picture.Filter, limit int) ([]picture.Incident, error) {
	var all []picture.Incident
	err := eachIncident(ctx, view, f, func(i picture.Incident) error {
		if len(all) == limit {
			return errEnough
		}
		all = append(all, i)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, err
}

// apiGeoJSON gives the incidents of a filter to the map island.
func (s *site) apiGeoJSON(w http.ResponseWriter, r *http.Request) {
	v, err := s.visit(w, r, "")
	if err == nil {
		err = v.sendGeoJSON()
	}
	if err != nil {
		s.fail(w, r, err)
	}
}

func (v *visit) sendGeoJSON() error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	f.Point = true
	all, err := allIncidents(v.ctx(), v.view, f, maxOnMap)
	if err != nil {
		return err
	}
	type feature struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Geometry   any            `json:"geometry"`
		Properties map[string]any `json:"properties"`
	}
	out := struct {
		Type     string      `json:"type"`
		TLP      truce.Label `json:"tlp"`
		Mode     truce.Mode  `json:"mode,omitempty"`
		Features []feature   `json:"features"`
	}{"FeatureCollection", v.frame.TLP, v.notReal(), []feature{}}
	for _, i := range all {
		p := i.Where.Point
		l := incidentID(i)
		out.Features = append(out.Features, feature{
			"Feature", l.Label,
			map[string]any{"type": "Point", "coordinates": []any{exactDegrees(p.Lon), exactDegrees(p.Lat)}},
			map[string]any{
				"id": l.Label, "title": v.title(i), "href": l.Href, "kind": v.sign(i), "event": i.Event, "status": i.Status,
				"radius_metres": i.Where.RadiusMetres, "day": i.Day,
			},
		})
	}
	sendJSON(v.w, "application/geo+json", out)
	return nil
}
