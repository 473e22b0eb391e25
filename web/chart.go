package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"time"
)

const (
	chartWidth    = 640
	chartStart    = 54 // where the plot begins, after the numbers of the axis
	chartEnd      = 630
	maxChartDays  = 400
	maxChartLines = 8
	maxRanges     = 60
)

// Days is a daily series to draw, one line per office that counts.
type Days struct {
	// ID tells two charts of one page apart.
	ID string
	// Label says what is counted, for those who do not see the chart.
	Label string
	// From is the first day, in the zone of the count.
	From time.Time
	// Lines are drawn in the order of the record; each has a value per day.
	Lines []Line
	// Watched is how much of each day was watched, in thousandths, or nil when
	// no watch was ever recorded; -1 is a day without a record.
	Watched []int
	// Bars draws columns instead of lines; for one line only.
	Bars bool
}

// A Line is one office's counts; -1 is a day that nobody recorded, which is
// not a zero.
type Line struct {
	Name   string
	Values []int64
}

// A Range is what is said of the number of casualties at one time or by one
// lineage of sources.
type Range struct {
	Name string
	// Low to High; Open says that High is only the least ("at least"), and
	// then the bar has no end.
	Low, High int64
	Open      bool
	// Best is the estimate by the published rule, -1 when there is none.
	Best int64
	// Old marks what a newer figure of the same lineage replaced.
	Old bool
}

// MarshalJSON gives the numbers of the chart for the interactive one: null is a
// day that was not recorded.
func (c Days) MarshalJSON() ([]byte, error) {
	type line struct {
		Name   string   `json:"name"`
		Values []*int64 `json:"values"`
	}
	out := struct {
		From    string   `json:"from"`
		Lines   []line   `json:"lines"`
		Watched []*int64 `json:"watched"`
	}{From: c.From.Format(time.DateOnly), Lines: []line{}}
	for _, l := range c.Lines {
		one := line{Name: l.Name, Values: []*int64{}}
		for _, v := range l.Values {
			one.Values = append(one.Values, recorded(v))
		}
		out.Lines = append(out.Lines, one)
	}
	for _, v := range c.Watched {
		out.Watched = append(out.Watched, recorded(int64(v)))
	}
	return json.Marshal(out)
}

func recorded(v int64) *int64 {
	if v < 0 {
		return nil
	}
	return &v
}

// DrawDays draws a daily series. Days that no line recorded are hatched: a gap
// is not a zero. Time runs from left to right in every language.
func DrawDays(t *Tongue, c Days) (template.HTML, error) {
	n, top := 0, int64(0)
	for _, line := range c.Lines {
		n = max(n, len(line.Values))
		for _, v := range line.Values {
			top = max(top, v)
		}
	}
	switch {
	case n > maxChartDays:
		return "", fmt.Errorf("chart of %d days: at most %d: narrow the period", n, maxChartDays)
	case len(c.Lines) > maxChartLines:
		return "", fmt.Errorf("chart of %d lines: at most %d", len(c.Lines), maxChartLines)
	case c.Bars && len(c.Lines) != 1:
		return "", errors.New("a chart of columns has one line")
	case n == 0:
		return template.HTML(`<p class="missing">` + template.HTMLEscapeString(t.T("chart.empty")) + `</p>`), nil //nolint:gosec // escaped
	}
	d := dayDrawing{drawing: drawing{t: t, id: c.ID + "gap"}, c: c, n: n}
	d.step, d.top = axis(top)
	d.plot = [2]int{pick(c.Bars, 14, 14+26*((len(c.Lines)+1)/2)), 0}
	d.plot[1] = d.plot[0] + 190
	height := d.plot[1] + 34
	if c.Watched != nil {
		height += 34
	}
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" direction="ltr">`, chartWidth, height, c.Label)
	d.f(`<title>%s</title><defs><pattern id="%s" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="c-gapline" d="M0 0V7" stroke="#7d828a" stroke-width="1.5"/></pattern></defs>`, c.Label, d.id)
	d.legend()
	d.grid()
	d.gaps()
	for i := range c.Lines {
		if c.Bars {
			d.bars(c.Lines[i])
		} else {
			d.line(i)
		}
	}
	if c.Watched != nil {
		d.watched()
	}
	d.raw(`</svg>`)
	return template.HTML(d.b.String()), nil //nolint:gosec // every text is escaped by f
}

type dayDrawing struct {
	drawing
	c         Days
	n         int
	step, top int64
	plot      [2]int // top and bottom of the plot
}

// axis picks a step of 1, 2 or 5 times a power of ten so that at most five
// steps reach the top.
func axis(top int64) (step, reach int64) {
	top = max(top, 1)
	for scale := int64(1); ; scale *= 10 {
		for _, m := range []int64{1, 2, 5} {
			if step = m * scale; step*5 >= top {
				return step, (top + step - 1) / step * step
			}
		}
	}
}

func (d *dayDrawing) x(day int) int { return chartStart + (chartEnd-chartStart)*(2*day+1)/(2*d.n) }

func (d *dayDrawing) edge(day int) int { return chartStart + (chartEnd-chartStart)*day/d.n }

func (d *dayDrawing) y(v int64) int {
	return d.plot[1] - int(int64(d.plot[1]-d.plot[0])*v/d.top)
}

func (d *dayDrawing) known(line, day int) bool {
	values := d.c.Lines[line].Values
	return day >= 0 && day < len(values) && values[day] >= 0
}

func (d *dayDrawing) legend() {
	if d.c.Bars {
		return
	}
	for i, line := range d.c.Lines {
		x, y := chartStart+i%2*288, 16+i/2*26
		d.f(`<path class="c-line c-%d" d="M%d %dh34" fill="none" stroke="#1c4f7c" stroke-width="2.5"%s/>`, i%4+1, x, y, dashes(i))
		d.point(i, x+17, y)
		d.f(`<text class="c-value" x="%d" y="%d" font-size="15">%s</text>`, x+44, y+5, line.Name)
	}
}

func (d *dayDrawing) grid() {
	for v := int64(0); v <= d.top; v += d.step {
		d.f(`<path class="%s" d="M%d %dH%d" stroke="#d8d4ca"/>`, pick(v == 0, "c-axis", "c-grid"), chartStart, d.y(v), chartEnd)
		d.f(`<text class="c-label" x="%d" y="%d" text-anchor="end" font-size="14">%s</text>`, chartStart-8, d.y(v)+5, d.t.Number(v))
	}
	every := max((d.n+7)/8, 1)
	for day := 0; day < d.n; day += every {
		at := d.c.From.AddDate(0, 0, day)
		d.f(`<path class="c-axis" d="M%d %dv5" stroke="#7d828a"/>`, d.x(day), d.plot[1])
		d.f(`<text class="c-label" x="%d" y="%d" text-anchor="middle" font-size="14">%s</text>`, d.x(day), d.plot[1]+22, at.Format("01-02"))
	}
}

// gaps hatches every stretch of days that no line recorded.
func (d *dayDrawing) gaps() {
	for day := 0; day < d.n; day++ {
		end := day
		for end < d.n && !d.any(end) {
			end++
		}
		if end == day {
			continue
		}
		from, to := d.c.From.AddDate(0, 0, day), d.c.From.AddDate(0, 0, end-1)
		d.f(`<rect class="c-gap" x="%d" y="%d" width="%d" height="%d" fill="url(#%s)" fill-opacity=".45"><title>%s</title></rect>`,
			d.edge(day), d.plot[0], d.edge(end)-d.edge(day), d.plot[1]-d.plot[0], d.id,
			d.t.T("chart.gap", "from", from.Format(time.DateOnly), "to", to.Format(time.DateOnly)))
		day = end
	}
}

func (d *dayDrawing) any(day int) bool {
	for i := range d.c.Lines {
		if d.known(i, day) {
			return true
		}
	}
	return false
}

// line joins neighbouring days only; each day has a point, so a day between
// two gaps is seen.
func (d *dayDrawing) line(i int) {
	var path drawing
	for day := range d.n {
		if !d.known(i, day) {
			continue
		}
		path.f(`%s%d %d`, template.HTML(pick(d.known(i, day-1), "L", "M")), d.x(day), d.y(d.c.Lines[i].Values[day])) //nolint:gosec // a letter
	}
	d.f(`<path class="c-line c-%d" d="%s" fill="none" stroke="#1c4f7c" stroke-width="2.5" stroke-linejoin="round"%s/>`, i%4+1, path.b.String(), dashes(i))
	for day := range d.n {
		if d.known(i, day) && (d.n <= 45 || !d.known(i, day-1) && !d.known(i, day+1)) {
			d.point(i, d.x(day), d.y(d.c.Lines[i].Values[day]))
		}
	}
}

// dashes and point give each line a pattern and a shape of its own: colour is
// never the only sign.
func dashes(i int) template.HTML {
	return []template.HTML{"", ` stroke-dasharray="9 4"`, ` stroke-dasharray="2 4"`, ` stroke-dasharray="12 4 2 4"`}[i%4]
}

func (d *dayDrawing) point(i, x, y int) {
	switch i % 4 {
	case 0:
		d.f(`<circle class="c-1" cx="%d" cy="%d" r="4" fill="#1c4f7c"/>`, x, y)
	case 1:
		d.f(`<rect class="c-2" x="%d" y="%d" width="8" height="8" fill="#8a5a00"/>`, x-4, y-4)
	case 2:
		d.f(`<path class="c-3" d="M%d %dl5 5l-5 5l-5 -5z" fill="#64285d"/>`, x, y-5)
	default:
		d.f(`<path class="c-4" d="M%d %dl5 9h-10z" fill="#3f5f2c"/>`, x, y-5)
	}
}

func (d *dayDrawing) bars(line Line) {
	for day := range d.n {
		if !d.known(0, day) {
			continue
		}
		from, to := d.edge(day), d.edge(day+1)
		gap := max((to-from)/6, 1)
		v := line.Values[day]
		d.f(`<rect class="c-1" x="%d" y="%d" width="%d" height="%d" fill="#1c4f7c"><title>%s: %s</title></rect>`,
			from+gap, d.y(v), max(to-from-2*gap, 1), max(d.plot[1]-d.y(v), pick(v == 0, 2, 1)), d.c.From.AddDate(0, 0, day).Format(time.DateOnly), d.t.Number(v))
	}
}

// watched draws the band of coverage below the days.
func (d *dayDrawing) watched() {
	top := d.plot[1] + 34
	d.f(`<text class="c-label" x="%d" y="%d" text-anchor="end" font-size="12">%s</text>`, chartStart-6, top+16, d.t.T("chart.watched"))
	d.f(`<rect class="c-grid" x="%d" y="%d" width="%d" height="24" fill="none" stroke="#d8d4ca"/>`, chartStart, top, chartEnd-chartStart)
	for day := range d.n {
		from, to := d.edge(day), d.edge(day+1)
		if day >= len(d.c.Watched) || d.c.Watched[day] < 0 {
			d.f(`<rect class="c-gap" x="%d" y="%d" width="%d" height="24" fill="url(#%s)" fill-opacity=".45"/>`, from, top, to-from, d.id)
			continue
		}
		high := 24 * min(d.c.Watched[day], 1000) / 1000
		d.f(`<rect class="c-watch" x="%d" y="%d" width="%d" height="%d" fill="#1a1e23"/>`, from+1, top+24-high, max(to-from-2, 1), high)
	}
}

// DrawRanges draws one bar per lineage, or per moment of a history, on one
// scale from zero; the figures stand beside the bars.
func DrawRanges(t *Tongue, id, label string, ranges []Range) (template.HTML, error) {
	if len(ranges) > maxRanges {
		return "", fmt.Errorf("chart of %d ranges: at most %d", len(ranges), maxRanges)
	}
	if len(ranges) == 0 {
		return template.HTML(`<p class="missing">` + template.HTMLEscapeString(t.T("missing.not_stated")) + `</p>`), nil //nolint:gosec // escaped
	}
	top := int64(0)
	for _, r := range ranges {
		top = max(top, r.High, r.Low, r.Best)
	}
	step, top := axis(top)
	const start, end, row = 12, 588, 46
	x := func(v int64) int { return start + int(int64(end-start)*v/top) }
	height := len(ranges)*row + 34
	d := drawing{t: t}
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 %d" role="img" aria-label="%s" direction="ltr"><title>%s</title>`, height, label, label)
	d.f(`<defs><linearGradient id="%sfade"><stop offset="0" class="c-fade" stop-color="#1c4f7c"/><stop offset="1" class="c-fade" stop-color="#1c4f7c" stop-opacity="0"/></linearGradient></defs>`, id)
	for v := int64(0); v <= top; v += step {
		d.f(`<path class="%s" d="M%d 4V%d" stroke="#d8d4ca"/>`, pick(v == 0, "c-axis", "c-grid"), x(v), height-26)
		d.f(`<text class="c-label" x="%d" y="%d" text-anchor="%s" font-size="13">%s</text>`, x(v), height-8, pick(v == 0, "start", pick(v == top, "end", "middle")), t.Number(v))
	}
	for i, r := range ranges {
		y := i*row + 20
		words := t.T(pick(r.Open, "chart.at_least", "chart.range"), "name", r.Name, "low", r.Low, "high", r.High)
		if !r.Open && r.Low == r.High {
			words = r.Name + ": " + t.Number(r.Low)
		}
		d.f(`<text class="c-value" x="%d" y="%d" font-size="14">%s</text>`, start+4, y, words)
		class := pick(r.Old, "c-range old", "c-range")
		d.f(`<rect class="%s" x="%d" y="%d" width="%d" height="12" fill="#1c4f7c"/>`, class, x(r.Low), y+7, max(x(r.High)-x(r.Low), 4))
		if r.Open {
			d.f(`<rect x="%d" y="%d" width="48" height="12" fill="url(#%sfade)"/>`, max(x(r.High), x(r.Low)+4), y+7, id)
		}
		if r.Best >= 0 {
			d.f(`<path class="c-best" d="M%d %dv20" stroke="#1a1e23" stroke-width="3"><title>%s</title></path>`, x(r.Best), y+3, t.T("chart.best"))
		}
	}
	d.raw(`</svg>`)
	return template.HTML(d.b.String()), nil //nolint:gosec // every text is escaped by f
}

func pick[V any](first bool, yes, no V) V {
	if first {
		return yes
	}
	return no
}
