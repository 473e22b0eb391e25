package bulletin

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// The limits of one bulletin.
const (
	maxIncidents  = 50_000
	maxStatements = 20_000 // of one group of kinds
	chartDays     = 30
)

// gatherer holds what every section looks up. It is made for one bulletin.
type gatherer struct {
	in       Input
	house    picture.House
	chairs   []truce.Office
	regime   *truce.Regime
	last     int64 // index of the last entry that counts
	names    map[string][]truce.Text
	invented map[truce.StatementID]bool // readings made up for illustration
	watches  []kept
	above    map[truce.PlaceID][]truce.PlaceID // what a first-order unit lies in
}

// Compute reads a day from the picture. It refuses an input without a period
// or origin, and a day of more incidents than one bulletin can hold.
func Compute(ctx context.Context, in Input) (*Daily, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	g, err := newGatherer(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("bulletin %s: %w", in.Day, err)
	}
	d := &Daily{}
	for _, step := range []struct {
		what string
		do   func(context.Context, *Daily) error
	}{
		{"head", g.head}, {"incidents", g.incidents}, {"intake", g.intake}, {"coverage", g.coverage}, {"table", g.table},
		{"docket", g.docket}, {"spans", g.spans}, {"territory", g.territory}, {"convoys", g.convoys}, {"talks", g.talks},
		{"errata", g.errata}, {"series", g.series},
	} {
		if err := step.do(ctx, d); err != nil {
			return nil, fmt.Errorf("bulletin %s: %s: %w", in.Day, step.what, err)
		}
	}
	d.Method = g.method()
	d.Highlights = highlights(d)
	return d, nil
}

func newGatherer(ctx context.Context, in Input) (*gatherer, error) {
	g := &gatherer{in: in, last: in.Size - 1, names: map[string][]truce.Text{}, invented: map[truce.StatementID]bool{}, above: map[truce.PlaceID][]truce.PlaceID{}}
	var err error
	if g.house, err = in.View.House(ctx); err != nil {
		return nil, err
	}
	if g.regime, err = in.View.Regime(ctx); err != nil {
		return nil, err
	}
	g.chairs = g.house.CoChairs()
	for _, o := range g.house.Offices {
		g.names[string(o.ID)] = o.Name
	}
	for _, a := range g.regime.Actors(g.last) {
		g.names[string(a.Body.ID)] = a.Body.Name
	}
	for _, o := range g.chairs {
		for _, r := range g.regime.Readings(o.ID, g.last) {
			if r.Body.Illustration {
				g.invented[r.ID] = true
			}
		}
	}
	if err := g.readWatches(ctx); err != nil {
		return nil, err
	}
	for _, u := range in.Base.units {
		if u.id != "" && g.names[u.id] == nil {
			g.names[u.id] = u.name
		}
	}
	return g, nil
}

// named gives an actor, office, outlet or unit with its names.
func (g *gatherer) named(id string) Named {
	if id == "" {
		return Named{}
	}
	return Named{id, g.names[id]}
}

func (g *gatherer) allNamed(ids []string) []Named {
	var all []Named
	for _, id := range ids {
		all = append(all, g.named(id))
	}
	return all
}

// place gives a place with its names: the gazetteer's, else as worded.
func (g *gatherer) place(w truce.Where) Named {
	id := string(w.Place)
	switch {
	case len(w.Names) > 0:
		return Named{id, w.Names}
	case g.names[id] != nil:
		return Named{id, g.names[id]}
	case w.Name != "":
		return Named{id, []truce.Text{{Lang: "und", Text: w.Name}}}
	}
	return Named{ID: id}
}

// learn keeps what a place's unit lies in.
func (g *gatherer) learn(w truce.Where) {
	unit := picture.Adm1(w)
	if at := slices.Index(w.Within, unit); at >= 0 {
		g.above[unit] = w.Within[at+1:]
	} else if unit == w.Place && unit != "" {
		g.above[unit] = w.Within
	}
}

func (g *gatherer) places(list []truce.Where) []Named {
	var all []Named
	for _, w := range list {
		all = append(all, g.place(w))
	}
	return all
}

// area names an area by its places, else by its own name.
func (g *gatherer) area(a truce.Area) []Named {
	if len(a.Places) == 0 && a.Name != "" {
		return []Named{{Name: []truce.Text{{Lang: "und", Text: a.Name}}}}
	}
	return g.places(a.Places)
}

// said returns the statements of some kinds that stand, in the order of the
// record, those received in [from, to) if given.
func (g *gatherer) said(ctx context.Context, from, to truce.Instant, kinds ...truce.Kind) ([]picture.Statement, error) {
	all, err := g.in.View.Statements(ctx, picture.StatementFilter{Kinds: kinds, From: from, To: to, Standing: true, Oldest: true, Limit: maxStatements + 1})
	if err == nil && len(all) > maxStatements {
		return nil, invalid("", "more than %d statements of kinds %v: this bulletin cannot list them", maxStatements, kinds)
	}
	return all, err
}

func (g *gatherer) head(ctx context.Context, d *Daily) error {
	all, err := g.said(ctx, 0, 0, "bulletin")
	if err != nil {
		return err
	}
	var days []string
	number, edition := 0, 1
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return err
		}
		b := body.(*truce.Bulletin)
		if !slices.Contains(days, b.Day) {
			days = append(days, b.Day)
		}
		if b.Day == g.in.Day {
			number, edition = slices.Index(days, b.Day)+1, edition+1
		}
	}
	if number == 0 {
		number = len(days) + 1
	}
	d.Head = Head{
		Schema: "marchday bulletin 1", Centre: g.house.Name, Regime: g.house.Regime, About: g.house.About, Mode: g.house.Mode,
		Sort: g.in.Sort, Number: number, Edition: edition, Day: g.in.Day, From: g.in.From, To: g.in.To,
		Zone: zoneAround(g.house.Procedure.Zone, g.in.From, g.in.To), Audience: g.in.View.Level(), TLP: g.in.View.Level().TLP(),
		Origin: g.in.Origin, Size: g.in.Size, Root: g.in.Root,
		Permalink: "/bulletins/" + g.in.Day + "?edition=" + strconv.Itoa(edition),
	}
	for _, o := range g.chairs {
		d.Head.Chairs = append(d.Head.Chairs, Named{string(o.ID), o.Name})
	}
	for _, o := range g.house.Offices {
		d.Head.Offices = append(d.Head.Offices, Named{string(o.ID), o.Name})
	}
	return nil
}

// zoneAround cuts a zone to the rules that can matter to a day and the weeks
// around it.
func zoneAround(z truce.Zone, from, to truce.Instant) truce.Zone {
	const around = 45 * truce.Day
	cut := truce.Zone{Name: z.Name}
	for i, r := range z.Rules {
		if r.From < to+around && (i+1 == len(z.Rules) || z.Rules[i+1].From > from-around) {
			cut.Rules = append(cut.Rules, r)
		}
	}
	return cut
}

// intake counts what came in, kind by kind.
func (g *gatherer) intake(ctx context.Context, d *Daily) error {
	d.Intake = []Received{}
	for _, k := range []truce.Kind{"report", "observation", "restriction", "watch", "call"} {
		all, err := g.said(ctx, g.in.From, g.in.To, k)
		if err != nil {
			return err
		}
		d.Intake = append(d.Intake, Received{k, len(all)})
	}
	return nil
}

// errata gathers what the period's statements change in earlier bulletins.
func (g *gatherer) errata(ctx context.Context, d *Daily) error {
	d.Errata = Errata{[]Erratum{}, []Change{}}
	bulletins, err := g.said(ctx, g.in.From, g.in.To, "bulletin")
	if err != nil {
		return err
	}
	for _, s := range bulletins {
		body, err := s.Body()
		if err != nil {
			return err
		}
		b := body.(*truce.Bulletin)
		if b.Errata.IsZero() {
			continue
		}
		old, err := g.in.View.StatementByID(ctx, b.Errata)
		if err != nil {
			return err
		}
		was, err := old.Body()
		if err != nil {
			return err
		}
		e := Erratum{Index: s.Index, Day: b.Day, Corrects: old.Index, Why: b.Why}
		if w, ok := was.(*truce.Bulletin); ok {
			e.Day = w.Day
		}
		d.Errata.Bulletins = append(d.Errata.Bulletins, e)
	}
	return g.changes(ctx, d)
}

// changes lists the verdicts on incidents of earlier days that statements of
// the period about the regime changed.
func (g *gatherer) changes(ctx context.Context, d *Daily) error {
	all, err := g.in.View.Statements(ctx, picture.StatementFilter{
		Group: truce.GroupRegime, From: g.in.From, To: g.in.To, Standing: true, Oldest: true, Limit: maxStatements,
	})
	if err != nil {
		return err
	}
	for _, s := range all {
		changed, err := g.in.View.Reassessments(ctx, truce.IncidentID{}, s.Index)
		if err != nil {
			return err
		}
		for _, c := range changed {
			i, err := g.in.View.Incident(ctx, c.Incident)
			if truce.KindOf(err) == truce.Unknown {
				continue
			}
			if err != nil {
				return err
			}
			if i.When.From == 0 || i.When.From >= g.in.From || c.Before == c.After {
				continue
			}
			d.Errata.Verdicts = append(d.Errata.Verdicts, Change{c.Index, i.ID.Display(i.Index), i.Day, c.Office, c.Before, c.After})
		}
	}
	slices.SortStableFunc(d.Errata.Verdicts, func(a, b Change) int {
		return cmpFirst(int(a.Index-b.Index), g.rank(a.Office)-g.rank(b.Office))
	})
	return nil
}

// rank is an office's place in the order of founding.
func (g *gatherer) rank(o truce.OfficeID) int {
	return slices.IndexFunc(g.chairs, func(c truce.Office) bool { return c.ID == o })
}

func cmpFirst(list ...int) int {
	for _, n := range list {
		if n != 0 {
			return n
		}
	}
	return 0
}

func (g *gatherer) method() Method {
	p, m := g.house.Procedure, Method{Release: g.house.Method.Release, Engines: []Engine{}}
	m.Threshold, m.Floor, m.CutOff = p.Threshold, p.CoverageFloor, p.CutOff
	for _, e := range g.house.Method.Engines {
		m.Engines = append(m.Engines, Engine{e.Name, e.Version})
	}
	return m
}
