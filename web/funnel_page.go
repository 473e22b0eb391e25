package web

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// funnelDays is how far back the funnel counts where the address does not say.
const funnelDays = 30

type funnelPage struct {
	page
	Fields []Field
}

// funnelCounts is what the pages and the API count of a period.
type funnelCounts struct {
	AsOf     int64          `json:"as_of"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Reports  int            `json:"reports"` // intake, a series of its own
	Docket   truce.Funnel   `json:"docket"`
	Parallel []parallelUnit `json:"parallel"`

	places map[truce.PlaceID]string // names of what is no unit of the map
}

// parallelUnit says of a unit: each registered n, all confirm k.
type parallelUnit struct {
	Unit       truce.PlaceID          `json:"unit"`
	Incidents  int                    `json:"incidents"`
	Registered map[truce.OfficeID]int `json:"registered"` // incidents that a side tells of; "others"
	Confirmed  int                    `json:"confirmed_by_all"`
	Disputed   int                    `json:"disputed"`
}

// funnel counts the docket of a period: how far cases came, what was found, by
// term, unit and party, and the parallel counts.
func (s *site) funnel(v *visit) error {
	c, err := v.countFunnel()
	if err != nil {
		return err
	}
	p := &funnelPage{page: v.page(Link{v.t.T("nav.docket"), "/docket"}, Link{v.t.T("funnel.title"), ""})}
	p.Fields = []Field{{Name: "from", Label: v.t.T("filter.from"), Type: "date", Value: c.From}, {Name: "to", Label: v.t.T("filter.to"), Type: "date", Value: c.To}}
	v.stageTable(p, c)
	v.outcomeTable(p, c)
	v.cutTable(p, "terms", v.t.T("funnel.by_terms"), c.Docket.ByTerm, func(id string) Cell { return Cell{Text: id, Href: "/regime#term-" + id} })
	v.cutTable(p, "units", v.t.T("funnel.by_units"), c.Docket.ByUnit, func(id string) Cell { return v.unitCell(c, truce.PlaceID(id)) })
	v.partyTable(p, c)
	v.parallelTable(p, c)
	v.hoursTable(p, c)
	return v.show("funnel", p)
}

// apiFunnel answers the same counts.
func (s *site) apiFunnel(v *visit) (any, error) { return v.countFunnel() }

// funnelPeriod reads ?from= and ?to=, counting days, both included.
func (v *visit) funnelPeriod() (first, last string, from, to truce.Instant, err error) {
	zone := v.house.Procedure.Zone
	last = cmp.Or(v.q.Get("to"), zone.DayOf(v.view.Now()))
	end, to, err := zone.DayBounds(last)
	if err != nil {
		return "", "", 0, 0, err
	}
	first = cmp.Or(v.q.Get("from"), zone.Local(end).AddDate(0, 0, 1-funnelDays).Format(time.DateOnly))
	from, _, err = zone.DayBounds(first)
	if err == nil && from >= to {
		err = &truce.Error{Kind: truce.Invalid, Field: "from", Why: first + " is after " + last + ": the first day comes first"}
	}
	return first, last, from, to, err
}

func (v *visit) countFunnel() (*funnelCounts, error) {
	c := &funnelCounts{AsOf: v.asOf() + 1, places: map[truce.PlaceID]string{}}
	first, last, from, to, err := v.funnelPeriod()
	if err != nil {
		return nil, err
	}
	c.From, c.To = first, last
	reports, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: []truce.Kind{"report", "observation"}, From: from, To: to, Standing: true, Limit: maxWords})
	if err != nil {
		return nil, err
	}
	c.Reports = len(reports)
	cases, err := v.funnelCases(c, from, to)
	if err != nil {
		return nil, err
	}
	var chairs []truce.OfficeID
	for _, o := range v.house.CoChairs() {
		chairs = append(chairs, o.ID)
	}
	c.Docket = truce.FunnelOf(cases, chairs, v.view.Now())
	c.Parallel, err = v.parallel(c, from, to)
	return c, err
}

// funnelCases are the cases opened in [from, to), with what they are cut by.
func (v *visit) funnelCases(counts *funnelCounts, from, to truce.Instant) ([]truce.FunnelCase, error) {
	all, err := v.view.Cases(v.ctx())
	if err != nil {
		return nil, err
	}
	var out []truce.FunnelCase
	for _, c := range all {
		if c.File.Opened < from || c.File.Opened >= to {
			continue
		}
		x := truce.FunnelCase{File: c.File, Texts: map[truce.OfficeID]*truce.Assessment{}}
		if i, err := v.view.Incident(v.ctx(), c.File.Incident); err == nil {
			x.Unit = picture.Adm1(i.Where)
			counts.places[x.Unit] = v.place(i.Where)
			for _, a := range i.Alleged {
				if len(a.By) > 0 {
					x.Alleged = append(x.Alleged, a.Actor)
				}
			}
		}
		for _, t := range c.File.Texts {
			if t.Round != c.File.Round {
				continue
			}
			body, err := v.bodyOf(t.Statement)
			if err != nil {
				return nil, err
			}
			if a, ok := body.(*truce.Assessment); ok {
				x.Texts[t.Office] = a
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// parallel counts incidents that began in [from, to) by unit.
func (v *visit) parallel(counts *funnelCounts, from, to truce.Instant) ([]parallelUnit, error) {
	of := map[truce.PlaceID]*parallelUnit{}
	err := eachIncident(v.ctx(), v.view, picture.Filter{From: from, To: to}, func(i picture.Incident) error {
		unit := picture.Adm1(i.Where)
		u := of[unit]
		if u == nil {
			counts.places[unit] = v.place(i.Where)
			u = &parallelUnit{Unit: unit, Registered: map[truce.OfficeID]int{}}
			of[unit] = u
		}
		u.Incidents++
		for o, n := range i.ClaimedBy {
			u.Registered[cmp.Or(o, "others")] += pick(n > 0, 1, 0)
		}
		u.Confirmed += pick(i.Status == picture.Confirmed, 1, 0)
		u.Disputed += pick(i.Status == picture.Disputed, 1, 0)
		return nil
	})
	out := make([]parallelUnit, 0, len(of))
	for _, u := range of {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b parallelUnit) int { return cmp.Compare(a.Unit, b.Unit) })
	return out, err
}

// unitCell names a unit, or the place that stands where the map has none.
func (v *visit) unitCell(c *funnelCounts, id truce.PlaceID) Cell {
	if id == "" {
		return Cell{Missing: "not_stated"}
	}
	name := v.unitName(id)
	if name == string(id) {
		name = cmp.Or(c.places[id], name)
	}
	return Cell{Text: name, Value: string(id)}
}

// n is a count in a table.
func (v *visit) n(n int) Cell { return Cell{Text: v.t.Number(int64(n)), Value: strconv.Itoa(n)} }

// stageTable is the funnel itself.
func (v *visit) stageTable(p *funnelPage, c *funnelCounts) {
	t := p.add(&Table{ID: "funnel", Quiet: true, Caption: v.t.T("funnel.stages"), Columns: []Column{{Key: "stage", Label: v.t.T("funnel.stage")}, {Key: "n", Label: v.t.T("funnel.n"), Number: true}}})
	d := &c.Docket
	for _, r := range []struct {
		key string
		n   int
	}{
		{"reports", c.Reports}, {"registered", d.Registered}, {"untriaged", d.Untriaged}, {"accepted", d.Accepted}, {"duplicate", d.Duplicate}, {"insufficient", d.Insufficient},
		{"decided", d.Decided}, {"referred", d.Referred}, {"pending", d.Pending}, {"overdue", d.Overdue}, {"not_ruled", d.NotRuled}, {"asked", d.Asked}, {"replied", d.Replied}, {"late", d.Late},
	} {
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.t.T("funnel_stage." + r.key), Value: r.key}, v.n(r.n)}})
	}
}

func (v *visit) outcomeTable(p *funnelPage, c *funnelCounts) {
	t := p.add(&Table{ID: "outcomes", Quiet: true, Caption: v.t.T("funnel.outcomes"), Empty: v.t.T("funnel.none"), Columns: []Column{
		{Key: "finding", Label: v.t.T("col.finding")}, {Key: "outcome", Label: v.t.T("ask.outcome")}, {Key: "n", Label: v.t.T("funnel.n"), Number: true}}})
	for _, o := range c.Docket.Outcomes {
		outcome := Cell{Missing: "not_stated"}
		if o.Outcome != "" {
			outcome = Cell{Text: v.jointOutcome(o.Outcome), Value: string(o.Outcome)}
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.label("finding.", string(o.Kind)), Value: string(o.Kind)}, outcome, v.n(o.N)}})
	}
}

// foundColumns are the columns of counts by each office and by all.
func (v *visit) foundColumns(t *Table) {
	for _, o := range v.house.CoChairs() {
		t.Columns = append(t.Columns, Column{Key: "found_" + string(o.ID), Label: v.t.T("funnel.found_by", "office", v.officeName(o.ID)), Number: true})
	}
	t.Columns = append(t.Columns, Column{Key: "found_by_all", Label: v.t.T("funnel.found_by_all"), Number: true})
}

func (v *visit) foundCells(each map[truce.OfficeID]int, all int) []Cell {
	var cells []Cell
	for _, o := range v.house.CoChairs() {
		cells = append(cells, v.n(each[o.ID]))
	}
	return append(cells, v.n(all))
}

// cutTable counts cases of one term, or one unit, a row.
func (v *visit) cutTable(p *funnelPage, id, title string, cuts []truce.CutN, name func(string) Cell) {
	t := p.add(&Table{ID: id, Quiet: true, Caption: title, Empty: v.t.T("funnel.none"), Columns: []Column{
		{Key: "of", Label: title}, {Key: "cases", Label: v.t.T("docket.cases"), Number: true}}})
	v.foundColumns(t)
	for _, k := range cuts {
		t.Rows = append(t.Rows, Row{Cells: append([]Cell{name(k.Of), v.n(k.Opened)}, v.foundCells(k.Each, k.All)...)})
	}
}

func (v *visit) partyTable(p *funnelPage, c *funnelCounts) {
	t := p.add(&Table{ID: "parties", Quiet: true, Caption: v.t.T("funnel.by_parties"), Empty: v.t.T("funnel.none"), Columns: []Column{
		{Key: "actor", Label: v.t.T("ask.party")}, {Key: "alleged", Label: v.t.T("funnel.alleged"), Number: true}}})
	v.foundColumns(t)
	for _, k := range c.Docket.ByParty {
		t.Rows = append(t.Rows, Row{Cells: append([]Cell{{Text: v.name(string(k.Actor)), Value: string(k.Actor)}, v.n(k.Alleged)}, v.foundCells(k.Each, k.All)...)})
	}
}

// parallelTable has the parallel counts of incidents: each side's, those of
// others, and what all confirm. They are never added up.
func (v *visit) parallelTable(p *funnelPage, c *funnelCounts) {
	t := p.add(&Table{ID: "parallel", Quiet: true, Caption: v.t.T("funnel.parallel"), Empty: v.t.T("funnel.none"), Columns: []Column{
		{Key: "unit", Label: v.t.T("funnel.by_units")}, {Key: "incidents", Label: v.t.T("changes.incidents"), Number: true}}})
	for _, o := range v.house.CoChairs() {
		t.Columns = append(t.Columns, Column{Key: "registered_" + string(o.ID), Label: v.t.T("funnel.registered_by", "office", v.officeName(o.ID)), Number: true})
	}
	t.Columns = append(t.Columns, Column{Key: "registered_others", Label: v.t.T("funnel.registered_others"), Number: true}, Column{Key: "confirmed_by_all", Label: v.t.T("status.confirmed"), Number: true}, Column{Key: "disputed", Label: v.t.T("status.disputed"), Number: true})
	for _, u := range c.Parallel {
		cells := []Cell{v.unitCell(c, u.Unit), v.n(u.Incidents)}
		for _, o := range v.house.CoChairs() {
			cells = append(cells, v.n(u.Registered[o.ID]))
		}
		t.Rows = append(t.Rows, Row{Cells: append(cells, v.n(u.Registered["others"]), v.n(u.Confirmed), v.n(u.Disputed))})
	}
}

func (v *visit) hoursTable(p *funnelPage, c *funnelCounts) {
	t := p.add(&Table{ID: "hours", Quiet: true, Caption: v.t.T("funnel.hours"), Empty: v.t.T("funnel.none"), Columns: []Column{
		{Key: "state", Label: v.t.T("col.state")}, {Key: "cases", Label: v.t.T("docket.cases"), Number: true}, {Key: "median_hours", Label: v.t.T("funnel.median"), Number: true}}})
	for _, h := range c.Docket.Hours {
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.stateName(h.State), Value: string(h.State)}, v.n(h.N), {Text: v.t.Number(h.Hours), Value: strconv.FormatInt(h.Hours, 10)}}})
	}
}
