package web

import (
	"cmp"
	"fmt"
	"html/template"
	"time"

	"github.com/marchday/marchday/truce"
)

type spreadPage struct {
	page
	Time, N  Field
	AtWords  string
	Timeline Drawn
	Maps     []Drawn // one an office
	Open     []openProposal
}

// openProposal is one that the visitor's office has not answered, with the
// forms that answer it.
type openProposal struct{ Name, Adopt, Reject string }

// spread shows how the regime took in areas: what was claimed or proposed, who
// answered what, when it enters into force under whose clock, and what is
// covered at a time under each reading.
func (s *site) spread(v *visit) error {
	at, n, err := v.asKnown()
	if err != nil {
		return err
	}
	v.view = s.o.Centre.Picture().View(v.view.Viewer(), n+1, at)
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return err
	}
	wall := v.local(at)
	p := &spreadPage{page: v.page(Link{v.t.T("nav.regime"), "/regime"}, Link{v.t.T("spread.title"), ""}), AtWords: v.moment(wall, true)}
	p.Time = Field{Name: "at", Label: v.t.T("regime.at"), Type: "datetime-local", Value: wall.Format("2006-01-02T15:04"), Required: true}
	p.N = Field{Name: "n", Label: v.t.T("regime.n"), Type: "number", Value: v.q.Get("n"), Hint: v.t.T("regime.n_hint", "n", v.asOf())}
	v.spreadTable(p, reg, at, n)
	lanes := v.coverageAt(p, reg, at, n)
	if p.Timeline.SVG, err = drawLanes(v.t, v.t.T("spread.timeline"), lanes, at); err != nil {
		return err
	}
	p.Timeline.Caption, p.Timeline.Size = v.t.T("spread.timeline"), "chart"
	return v.show("spread", p)
}

// spreadTable has a row per claimed span, and what each co-chair answered.
func (v *visit) spreadTable(p *spreadPage, reg *truce.Regime, at truce.Instant, n int64) {
	t := p.add(&Table{ID: "spread", Quiet: true, Caption: v.t.T("spread.title"), Empty: v.t.T("regime.none"), Columns: v.columns("name", "area", "claimed_by", "start", "end", "state")})
	for _, o := range v.house.CoChairs() {
		t.Columns = append(t.Columns, Column{Key: "answer_" + string(o.ID), Label: v.t.T("spread.answer", "office", v.officeName(o.ID))})
	}
	t.Columns = append(t.Columns, v.columns("statement")...)
	for _, s := range reg.Spans(at, n) {
		x := v.span(s, at)
		cells := []Cell{{Text: x.Name, Sub: string(x.ID), Value: string(x.ID)}, {Text: x.Area}, {Text: x.ClaimedBy, Value: s.Body.ClaimedBy}, v.clockCell(s.Clock.Start, "no_start"), v.clockCell(s.Clock.EndTo, "no_end"), {Text: x.State, Value: string(s.State)}}
		for _, o := range v.house.CoChairs() {
			cells = append(cells, v.spreadAnswer(reg, s, o.ID, n))
		}
		if v.me.Role == truce.CoChair && s.State == truce.SpanProposed && s.Office != v.me.ID && reg.AnswerTo(s, v.me.ID, n).How == "" {
			id := string(x.ID)
			p.Open = append(p.Open, openProposal{x.Name, address("/regime/say", "reading-about", "span", "reading-adopts", id),
				address("/regime/say", "span-id", id+"-"+string(v.me.ID), "span-sort", s.Body.Sort, "span-act", "rejected", "span-of", id, "span-claimed_by", cmp.Or(string(v.me.Party), string(v.me.ID)))})
		}
		t.Rows = append(t.Rows, Row{ID: "span-" + string(x.ID), Cells: append(cells, indexCell(s.Since))})
	}
}

func (v *visit) clockCell(i truce.Instant, missing string) Cell {
	if i == 0 {
		return Cell{Missing: missing}
	}
	return v.instant(i)
}

func (v *visit) spreadAnswer(reg *truce.Regime, s truce.SpanStanding, office truce.OfficeID, n int64) Cell {
	a := reg.AnswerTo(s, office, n)
	switch {
	case a.How == "" && s.Office == office:
		return Cell{Text: v.t.T("span_act." + s.Body.Act), Value: s.Body.Act}
	case a.How == "":
		return Cell{Missing: "no_answer"}
	case a.How == "adopted":
		return Cell{Text: v.t.T("spread.adopted"), Sub: v.instant(a.At).Text, Href: v.statement(a.By).Href, Value: a.How}
	}
	return Cell{Text: v.t.T("span_act." + a.How), Sub: v.instant(a.At).Text, Href: v.statement(a.By).Href, Value: a.How}
}

// coverageAt has a row per office and span of its reading, with what it takes
// in; the same spans are the lanes of the timeline.
func (v *visit) coverageAt(p *spreadPage, reg *truce.Regime, at truce.Instant, n int64) []lane {
	t := p.add(&Table{ID: "covered", Quiet: true, Caption: v.t.T("spread.covered"), Empty: v.t.T("regime.none"), Columns: v.columns("office", "name", "area", "start", "end", "in_force", "statement")})
	var lanes []lane
	for _, o := range v.house.CoChairs() {
		read := reg.SpansUnder(o.ID, at, n)
		p.Maps = append(p.Maps, v.coverageMap(o.ID, read))
		for _, u := range read {
			name := v.spanName(u.Span)
			t.Rows = append(t.Rows, Row{Cells: []Cell{
				{Text: v.officeName(o.ID), Value: string(o.ID)}, {Text: name, Sub: string(u.Span), Value: string(u.Span)}, {Text: v.area(u.Area)},
				v.clockCell(u.Clock.Start, "no_start"), v.clockCell(u.Clock.EndTo, "no_end"), {Text: v.t.T("holds." + tri(u.Holds)), Value: tri(u.Holds)}, linked(v.statement(u.By)),
			}})
			lanes = append(lanes, lane{v.officeName(o.ID) + ": " + name, v.local(u.Clock.Start), v.local(u.Clock.EndTo), u.Holds == truce.Yes})
		}
	}
	return lanes
}

// A lane is a stretch of time with a name; the zero time is not stated.
type lane struct {
	Name     string
	From, To time.Time
	On       bool // at the time that is asked about
}

// maxLanes bounds a timeline.
const maxLanes = 60

// drawLanes draws one bar per lane on one scale of days. A side that was not
// stated fades out; a line stands at the time asked about.
func drawLanes(t *Tongue, label string, lanes []lane, at truce.Instant) (template.HTML, error) {
	if len(lanes) > maxLanes {
		return "", fmt.Errorf("a timeline of %d lanes: at most %d", len(lanes), maxLanes)
	}
	if len(lanes) == 0 {
		return "", nil
	}
	first, last := at, at
	for _, l := range lanes {
		for _, side := range []time.Time{l.From, l.To} {
			if !side.IsZero() {
				first, last = min(first, truce.At(side)), max(last, truce.At(side))
			}
		}
	}
	first, last = first-truce.Day, last+truce.Day
	const start, end, row = 12, 988, 42
	x := func(i truce.Instant) int { return start + int(int64(end-start)*int64(i-first)/int64(last-first)) }
	height := len(lanes)*row + 34
	d := drawing{t: t}
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 %d" role="img" aria-label="%s" direction="ltr"><title>%s</title>`, height, label, label)
	every := max(int64(last-first)/int64(truce.Day)/8, 1)
	for day := first - first%truce.Day + truce.Day; day < last; day += truce.Instant(every) * truce.Day {
		d.f(`<path class="c-grid" d="M%d 4V%d" stroke="#d8d4ca"/>`, x(day), height-26)
		d.f(`<text class="c-label" x="%d" y="%d" text-anchor="middle" font-size="13">%s</text>`, x(day), height-8, day.Time().Format("01-02"))
	}
	for i, l := range lanes {
		from, to := start, end
		if !l.From.IsZero() {
			from = x(truce.At(l.From))
		}
		if !l.To.IsZero() {
			to = x(truce.At(l.To))
		}
		y := i*row + 20
		words := t.T("spread.lane", "name", l.Name, "from", t.Date(l.From), "to", t.Date(l.To))
		d.f(`<text class="c-value" x="%d" y="%d" font-size="14">%s</text>`, start+4, y, words)
		d.f(`<rect class="%s" x="%d" y="%d" width="%d" height="10" fill="#1c4f7c"><title>%s</title></rect>`, pick(l.On, "c-range", "c-range old"), from, y+6, max(to-from, 3), words)
	}
	d.f(`<path class="c-best" d="M%d 4V%d" stroke="#1a1e23" stroke-width="2"><title>%s</title></path>`, x(at), height-26, at.String())
	d.raw(`</svg>`)
	return template.HTML(d.b.String()), nil //nolint:gosec // every text is escaped by f
}

// coverageMap draws what an office reads as covered now: units hatched, cities
// as points, polygons by their outline, lines with the band beside them. The
// zero Drawn is no map.
func (v *visit) coverageMap(office truce.OfficeID, read []truce.SpanUnder) Drawn {
	if v.s.base == nil {
		return Drawn{}
	}
	label := v.t.T("spread.map", "office", v.officeName(office))
	m := Map{ID: "covered-" + string(office), List: "/incidents?", Label: label, Caption: label}
	hatched := map[string]bool{}
	add := func(code, name string) {
		if code != "" && !hatched[code] {
			hatched[code] = true
			m.Areas = append(m.Areas, MapArea{Code: code, Name: name, Title: name})
		}
	}
	for _, u := range read {
		if u.Holds != truce.Yes {
			continue
		}
		name := v.spanName(u.Span)
		of := "/regime/spread#span-" + string(u.Span)
		for _, ring := range u.Area.Polygons {
			m.Areas = append(m.Areas, MapArea{Rings: [][]Point{points(ring)}, Name: name, Title: v.comma(v.area(u.Area), name), Href: of})
		}
		if len(u.Area.Line) > 0 {
			m.Lines = append(m.Lines, MapLine{Points: points(u.Area.Line), Metres: u.Area.Metres, Title: v.comma(v.area(u.Area), name), Href: of})
		}
		for _, w := range u.Area.Places {
			switch whole := v.s.base.unitsOf(string(w.Place)); {
			case len(whole) > 0:
				for _, code := range whole {
					add(code, v.comma(v.unitName(truce.PlaceID(code)), name))
				}
			case w.Point != nil:
				m.Marks = append(m.Marks, MapMark{At: Point{int64(w.Point.Lon), int64(w.Point.Lat)}, Title: v.comma(v.place(w), name), Href: of})
			}
		}
	}
	drawn, err := v.s.base.Draw(v.t, m)
	if err != nil {
		return Drawn{} // the table holds it
	}
	return drawn
}

// points are places as the map takes them.
func points(of []truce.Point) []Point {
	all := make([]Point, len(of))
	for i, p := range of {
		all[i] = Point{int64(p.Lon), int64(p.Lat)}
	}
	return all
}
