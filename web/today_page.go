package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// chartDays is how many days the timeline of the first page reaches back.
const chartDays = 45

// maxLatest is how many claims and cases the first page lists.
const maxLatest = 8

type todayPage struct {
	page
	Day      chosenDay
	Days     []Field
	Claimed  []figure // claims, by whose side they were told
	Found    []figure // incidents, by where their cases stand
	Watched  string   // "" where nothing was recorded
	Map      Drawn
	Chart    Drawn
	Spans    []spanPart
	Alarms   []alarmPart
	Todo     []todo // of the office that the visitor acts as
	TodoN    int
	Office   string
	Cases    []casePart
	Latest   []Moment
	Head     headPart
	Heads    headsPart
	Size     int64
	ListHref string
}

// figure is one headline number of the day, and of the week that ends with it,
// each with the address that recomputes it.
type figure struct {
	Label, Value, Href string
	Missing            string // of the day
	Week, WeekHref     string
}

// today shows one counting day.
func (s *site) today(v *visit) error {
	p, err := queryToday(v)
	if err != nil {
		return err
	}
	return v.show("today", p)
}

func queryToday(v *visit) (*todayPage, error) {
	day, err := v.day()
	if err != nil {
		return nil, err
	}
	p := &todayPage{page: v.page(), Day: day, ListHref: address("/incidents", "day", day.Day)}
	var all []picture.Incident
	err = eachIncident(v.ctx(), v.view, picture.Filter{From: day.Week, To: day.To}, func(i picture.Incident) error { all = append(all, i); return nil })
	if err != nil {
		return nil, err
	}
	t := p.add(v.incidentTable("incidents", all[:min(len(all), rowsPerPage)]))
	t.Caption, t.Empty, t.CSV = v.t.T("today.incidents"), v.t.T("today.none"), day.week("/incidents")+"&f=csv"
	watches, err := v.watches(day)
	if err != nil {
		return nil, err
	}
	p.Watched = v.watched(watches)
	v.figures(p, all, len(watches) > 0)
	if v.s.base != nil {
		m := v.mapOf(all[:min(len(all), maxOnMap)])
		m.ID, m.List, m.Source = "today", day.week("/incidents")+"&", day.week("/api/incidents.geojson")
		if p.Map, err = v.s.base.Draw(v.t, m); err != nil {
			return nil, err
		}
	}
	return p, v.besides(p, day)
}

// besides fills what stands beside the day's incidents.
func (v *visit) besides(p *todayPage, day chosenDay) (err error) {
	if p.Chart, err = v.dayChart(day); err != nil {
		return err
	}
	if p.Spans, p.Alarms, err = v.spansInForce(day); err != nil {
		return err
	}
	if p.Todo, err = v.todo(); err != nil {
		return err
	}
	p.Office, p.TodoN = v.officeName(v.me.ID), len(p.Todo)
	p.Todo = p.Todo[:min(len(p.Todo), maxTodo)]
	if p.Cases, err = v.openCases(maxLatest); err != nil {
		return err
	}
	if p.Latest, err = v.latest(); err != nil {
		return err
	}
	log := v.s.o.Centre.Record()
	signed, _, err := log.Checkpoint(v.ctx())
	if err != nil {
		return err
	}
	p.Head, p.Size = v.head(signed), log.Size()
	p.Heads, err = v.heads()
	return err
}

// watches are the recorded watches that meet a day.
func (v *visit) watches(day chosenDay) ([]*truce.Watch, error) {
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: []truce.Kind{"watch"}, Standing: true, Limit: maxWords})
	if err != nil {
		return nil, err
	}
	var out []*truce.Watch
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		if w, ok := body.(*truce.Watch); ok && w.When.Meets(day.From, day.To) {
			out = append(out, w)
		}
	}
	return out, nil
}

func (v *visit) watched(all []*truce.Watch) string {
	if len(all) == 0 {
		return ""
	}
	areas := []string{}
	for _, w := range all {
		if a := v.area(w.Area); !slices.Contains(areas, a) {
			areas = append(areas, a)
		}
	}
	return v.t.T("today.watched_in", "n", len(all), "areas", v.t.List(areas))
}

// figures are the headline numbers of a day and of its week: claims by whose
// side they were told, incidents by where their cases stand. Nobody reported
// and nobody watched is no data, never zero.
func (v *visit) figures(p *todayPage, all []picture.Incident, watched bool) {
	day := slices.DeleteFunc(slices.Clone(all), func(i picture.Incident) bool { return i.Day != p.Day.Day })
	write := func(label, status string, of func([]picture.Incident) int, links bool) figure {
		f := figure{Label: label, Week: v.t.Number(int64(of(all)))}
		if links {
			f.Href, f.WeekHref = address("/incidents", "day", p.Day.Day, "status", status), address(p.Day.week("/incidents"))
			if status != "" {
				f.WeekHref += "&status=" + status
			}
		}
		if len(day) == 0 && !watched {
			f.Missing, f.Href = "no_data", ""
		} else {
			f.Value = v.t.Number(int64(of(day)))
		}
		return f
	}
	claims := func(office truce.OfficeID) func([]picture.Incident) int {
		return func(of []picture.Incident) (n int) {
			for _, i := range of {
				n += i.ClaimedBy[office]
			}
			return n
		}
	}
	p.Claimed = append(p.Claimed, write(v.t.T("today.count"), "", func(of []picture.Incident) int { return len(of) }, true))
	for _, o := range v.house.CoChairs() {
		p.Claimed = append(p.Claimed, write(v.t.T("today.claimed_by", "office", v.officeName(o.ID)), "", claims(o.ID), false))
	}
	p.Claimed = append(p.Claimed, write(v.t.T("today.claimed_by_others"), "", claims(""), false))
	for _, s := range statuses() {
		p.Found = append(p.Found, write(v.t.T("status."+s), s, func(of []picture.Incident) (n int) {
			for _, i := range of {
				n += pick(i.Status == s, 1, 0)
			}
			return n
		}, true))
	}
}

// statuses are the columns of the counts, in their order.
func statuses() []string {
	return []string{picture.Confirmed, picture.Disputed, picture.Rejected, picture.Pending, picture.Outside}
}

// dayChart draws incidents per day, and those among them that all co-chairs
// confirmed. A day without a report and without a watch is a gap.
func (v *visit) dayChart(day chosenDay) (Drawn, error) {
	series, from, err := v.series(day, chartDays)
	if err != nil {
		return Drawn{}, err
	}
	svg, err := DrawDays(v.t, Days{ID: "days", Label: v.t.T("today.chart"), From: from, Lines: series})
	return Drawn{SVG: svg, Caption: v.t.T("today.chart"), Island: "timeline", Source: address("/api/series", "day", day.Day), Size: "chart"}, err
}

// series counts incidents per counting day over the n days that end with day.
func (v *visit) series(day chosenDay, n int) ([]Line, time.Time, error) {
	zone := v.house.Procedure.Zone
	first, _, err := zone.DayBounds(day.At.AddDate(0, 0, 1-n).Format(time.DateOnly))
	if err != nil {
		return nil, time.Time{}, err
	}
	counts, err := v.view.Days(v.ctx(), first, day.To)
	if err != nil {
		return nil, time.Time{}, err
	}
	at := map[string]int{}
	begin := zone.Local(first)
	for k := range n {
		at[begin.AddDate(0, 0, k).Format(time.DateOnly)] = k
	}
	lines := []Line{{Name: v.t.T("today.line_all"), Values: gaps(n)}, {Name: v.t.T("today.line_confirmed"), Values: gaps(n)}}
	for _, c := range counts {
		k, ok := at[c.Day]
		if !ok {
			continue
		}
		for l := range lines {
			lines[l].Values[k] = max(lines[l].Values[k], 0)
		}
		lines[0].Values[k] += int64(c.N)
		if c.Status == picture.Confirmed {
			lines[1].Values[k] += int64(c.N)
		}
	}
	return lines, begin, nil
}

func gaps(n int) []int64 {
	v := make([]int64, n)
	for i := range v {
		v[i] = -1
	}
	return v
}

// apiSeries gives the timeline island the numbers of the drawing.
func (s *site) apiSeries(v *visit) (any, error) {
	day, err := v.day()
	if err != nil {
		return nil, err
	}
	lines, from, err := v.series(day, chartDays)
	if err != nil {
		return nil, err
	}
	type line struct {
		Name   string   `json:"name"`
		Values []*int64 `json:"values"`
	}
	out := struct {
		From    string `json:"from"`
		Lines   []line `json:"lines"`
		Watched []int  `json:"watched"`
	}{From: from.Format(time.DateOnly)}
	for _, l := range lines {
		one := line{Name: l.Name}
		for _, n := range l.Values {
			one.Values = append(one.Values, pick(n < 0, nil, &n))
		}
		out.Lines = append(out.Lines, one)
	}
	return out, nil
}

// latest are the newest statements of intake that the reader may read.
func (v *visit) latest() ([]Moment, error) {
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Group: truce.GroupIntake, Standing: true, Limit: maxLatest})
	var out []Moment
	for _, s := range all {
		out = append(out, v.intakeMoment(s))
	}
	return out, err
}

func (v *visit) intakeMoment(s picture.Statement) Moment {
	l := Link{v.kindName(s.Kind), statementLink(s.Index).Href}
	m := Moment{At: v.local(s.Received()), What: l, Text: "S " + strconv.FormatInt(s.Index, 10) + " · " + v.officeName(s.Office), By: "human"}
	body, err := s.Body()
	if err != nil {
		return m
	}
	if r, ok := body.(*truce.Report); ok {
		m.What = Link{v.reportTitle(r), "/intake/" + strconv.FormatInt(s.Index, 10)}
		if r.Publisher != "" {
			m.Text = "S " + strconv.FormatInt(s.Index, 10) + " · " + v.name(r.Publisher)
		}
	}
	return m
}

// reportTitle is a report in one line.
func (v *visit) reportTitle(r *truce.Report) string {
	switch {
	case r.Title != "":
		return r.Title
	case len(r.Claims) > 0:
		return v.claimLine(r.Claims[0])
	case r.Text != "":
		return clipText(r.Text)
	}
	return v.t.T("channel." + r.Channel)
}

// claimLine is a claim in one line: what, where, when.
func (v *visit) claimLine(c truce.Claim) string {
	return v.comma(v.what(c), v.place(c.Place()), v.stamp(c.When).Text)
}

// clipText shortens a text to its first words.
func clipText(s string) string {
	const maxRunes = 90
	n := 0
	for i := range s {
		if n++; n > maxRunes {
			return s[:i] + "…"
		}
	}
	return s
}
