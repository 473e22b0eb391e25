package bulletin

import (
	"context"
	"slices"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// table counts the incidents of the period unit by unit.
func (g *gatherer) table(ctx context.Context, d *Daily) error {
	known, err := g.in.View.Days(ctx, 1, g.in.To)
	if err != nil {
		return err
	}
	undated, err := g.in.View.Days(ctx, 0, 1)
	if err != nil {
		return err
	}
	before, err := g.in.View.Days(ctx, g.dayBefore(), g.in.From)
	if err != nil {
		return err
	}
	watches := g.during(g.in.From, g.in.To)
	for _, u := range undated {
		d.Table.Undated += u.N
	}
	d.Table.Watch = WatchNone
	if len(g.watches) > 0 {
		d.Table.Watch = WatchRecorded
	}
	units := unitsOf(d.Incidents, known, watches)
	earlier := map[truce.PlaceID]int{}
	for _, b := range before {
		earlier[b.Adm1] += b.N
	}
	d.Table.Rows = []Row{}
	for _, u := range units {
		name := g.named(string(u))
		if i := slices.IndexFunc(d.Incidents, func(i Incident) bool { return i.Unit.ID == string(u) && i.Unit.Name != nil }); i >= 0 && name.Name == nil {
			name = d.Incidents[i].Unit
		}
		if name.Name == nil && u != "" {
			if name, err = g.nameUnit(ctx, u); err != nil {
				return err
			}
		}
		w := g.watched(u, watches)
		d.Table.Rows = append(d.Table.Rows, g.row(name, d.Incidents, earlier[u], w))
	}
	d.Table.All = g.sum(d.Table.Rows, watches)
	return nil
}

// nameUnit finds the names of a unit in the oldest incident that is known to
// be in it and in no place within it.
func (g *gatherer) nameUnit(ctx context.Context, u truce.PlaceID) (Named, error) {
	some, _, err := g.in.View.Incidents(ctx, picture.Filter{Adm1: u, Oldest: true, Limit: 20})
	for i := range some {
		if some[i].Where.Place == u {
			return g.place(some[i].Where), err
		}
	}
	return g.named(string(u)), err
}

// unitsOf gathers the units that anything is known of, by id; those of
// unknown place last.
func unitsOf(incidents []Incident, known []picture.DayCount, watches []kept) []truce.PlaceID {
	var units []truce.PlaceID
	add := func(u truce.PlaceID) {
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	for _, i := range incidents {
		add(truce.PlaceID(i.Unit.ID))
	}
	for _, k := range known {
		if k.Adm1 != "" {
			add(k.Adm1)
		}
	}
	for _, w := range watches {
		for _, p := range w.Area.Places {
			if u := picture.Adm1(p); u != "" {
				add(u)
			}
		}
	}
	slices.SortFunc(units, func(a, b truce.PlaceID) int {
		if (a == "") != (b == "") {
			return len(b) - len(a)
		}
		return strings.Compare(string(a), string(b))
	})
	return units
}

// dayBefore returns the cut-off before the period's beginning.
func (g *gatherer) dayBefore() truce.Instant {
	z := g.house.Procedure.Zone
	wall := z.Local(g.in.From).AddDate(0, 0, -1).Format("2006-01-02T15:04")
	if at, err := z.Instant(wall); err == nil {
		return at
	}
	return g.in.From - truce.Day
}

func (g *gatherer) row(unit Named, all []Incident, before int, w Watched) Row {
	var n tallies
	n.claimed = make([]int, len(g.chairs))
	for i := range all {
		if all[i].Unit.ID == unit.ID {
			n.add(&all[i])
		}
	}
	return g.fill(unit, n, before, w)
}

// tallies are plain sums, before it is asked whether none means zero.
type tallies struct {
	claimed                                                          []int
	others, incidents, confirmed, disputed, rejected, pending, outer int
}

func (n *tallies) add(i *Incident) {
	for k, c := range i.Claimed {
		n.claimed[k] += int(c.N)
	}
	n.others += i.Others
	n.incidents++
	switch i.Status {
	case picture.Confirmed:
		n.confirmed++
	case picture.Disputed:
		n.disputed++
	case picture.Rejected:
		n.rejected++
	case picture.Outside:
		n.outer++
	default:
		n.pending++
	}
}

// fill writes sums as counts. None is zero only where enough was watched, or,
// of the incidents' columns, where there are incidents to divide.
func (g *gatherer) fill(unit Named, n tallies, before int, w Watched) Row {
	count := func(k int, zero bool) Count {
		if k == 0 && !zero {
			return Missing
		}
		return Count(k)
	}
	some := w.Floor || n.incidents > 0
	r := Row{
		Unit: unit, Basis: RowNothing, Others: count(n.others, w.Floor), Incidents: count(n.incidents, w.Floor),
		Confirmed: count(n.confirmed, some), Disputed: count(n.disputed, some), Rejected: count(n.rejected, some),
		Pending: count(n.pending, some), Outside: count(n.outer, some), Before: count(before, false), Watched: w,
	}
	for k, o := range g.chairs {
		r.Claimed = append(r.Claimed, Tally{o.ID, count(n.claimed[k], w.Floor)})
	}
	switch {
	case n.incidents > 0:
		r.Basis = RowReported
	case w.Floor:
		r.Basis = RowWatched
	}
	return r
}

// sum adds the rows up. What is missing adds nothing, and the sum of nothing
// but missing counts is missing.
func (g *gatherer) sum(rows []Row, watches []kept) Row {
	n := tallies{claimed: make([]int, len(g.chairs))}
	before := 0
	all := g.watchedBy(func(kept) (bool, bool) { return true, false }, watches)
	all.Floor = len(rows) > 0
	plus := func(to *int, c Count) { *to += max(0, int(c)) }
	for _, r := range rows {
		for k := range r.Claimed {
			plus(&n.claimed[k], r.Claimed[k].N)
		}
		plus(&n.others, r.Others)
		plus(&n.incidents, r.Incidents)
		plus(&n.confirmed, r.Confirmed)
		plus(&n.disputed, r.Disputed)
		plus(&n.rejected, r.Rejected)
		plus(&n.pending, r.Pending)
		plus(&n.outer, r.Outside)
		plus(&before, r.Before)
		all.Floor = all.Floor && r.Watched.Floor
	}
	return g.fill(Named{}, n, before, all)
}

// kept is a watch with the statement that says so.
type kept struct {
	*truce.Watch
	index    int64
	office   truce.OfficeID
	from, to truce.Instant
}

// readWatches reads every watch that stands.
func (g *gatherer) readWatches(ctx context.Context) error {
	all, err := g.said(ctx, 0, 0, "watch")
	if err != nil {
		return err
	}
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return err
		}
		w := body.(*truce.Watch)
		g.watches = append(g.watches, kept{w, s.Index, s.Office, w.When.From, w.When.To})
	}
	return nil
}

// during returns the watches that meet [from, to), cut to it.
func (g *gatherer) during(from, to truce.Instant) []kept {
	var met []kept
	for _, k := range g.watches {
		k.from, k.to = max(k.from, from), min(k.to, to)
		if k.from < k.to {
			met = append(met, k)
		}
	}
	return met
}

// watched says how much of a unit was watched: by watches over it, over a part
// of it, or over more than it.
func (g *gatherer) watched(unit truce.PlaceID, watches []kept) Watched {
	if unit == "" {
		return g.watchedBy(func(kept) (bool, bool) { return false, false }, watches)
	}
	return g.watchedBy(func(k kept) (touches, whole bool) {
		for _, p := range k.Area.Places {
			over := p.Place == unit || slices.Contains(g.above[unit], p.Place)
			whole = whole || over && len(k.Area.Except) == 0
			touches = touches || over || picture.Adm1(p) == unit
		}
		return touches, whole
	}, watches)
}

// watchedBy adds the watches up that touch an area. Only minutes in which all
// of the area was watched count towards the floor.
func (g *gatherer) watchedBy(over func(kept) (touches, whole bool), watches []kept) Watched {
	if len(g.watches) == 0 {
		return Watched{State: WatchNone}
	}
	w := Watched{State: WatchNot, Of: int(g.in.To-g.in.From) / 60}
	var any, all [][2]truce.Instant
	for _, k := range watches {
		touches, whole := over(k)
		if touches {
			any = append(any, [2]truce.Instant{k.from, k.to})
			w.Posts += int(max(1, k.Posts))
		}
		if whole {
			all = append(all, [2]truce.Instant{k.from, k.to})
		}
	}
	if w.Minutes = minutes(any); w.Minutes > 0 {
		w.State = WatchKept
	}
	m := minutes(all)
	w.Floor = m > 0 && m*1000 >= int(g.house.Procedure.CoverageFloor)*w.Of
	return w
}

// minutes returns the length of the union of intervals.
func minutes(times [][2]truce.Instant) int {
	slices.SortFunc(times, func(a, b [2]truce.Instant) int { return int(a[0] - b[0]) })
	var sum, reached truce.Instant
	for _, t := range times {
		if t[1] > reached {
			sum += t[1] - max(t[0], reached)
			reached = t[1]
		}
	}
	return int(sum / 60)
}

// coverage lists the watches of the period and what kept monitors from seeing.
func (g *gatherer) coverage(ctx context.Context, d *Daily) error {
	d.Coverage = Coverage{[]Restriction{}, []Watch{}}
	for _, k := range g.during(g.in.From, g.in.To) {
		d.Coverage.Watches = append(d.Coverage.Watches, Watch{
			k.index, k.office, k.Channel, g.area(k.Area), int(k.to-k.from) / 60, int(max(1, k.Posts)), k.Nothing,
		})
	}
	all, err := g.said(ctx, 0, 0, "restriction")
	if err != nil {
		return err
	}
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return err
		}
		r := body.(*truce.Restriction)
		if !happened(r.When, s.Received(), g.in.From, g.in.To) {
			continue
		}
		d.Coverage.Restrictions = append(d.Coverage.Restrictions, Restriction{
			s.Index, s.Office, r.Sort, g.place(r.Where), r.When.From, int(r.Minutes), g.named(string(r.By)), r.Reason,
		})
	}
	return nil
}

// happened reports whether something began in the period; what has no time
// counts on the day it was received.
func happened(w truce.When, received, from, to truce.Instant) bool {
	at := w.From
	if at == 0 {
		at = received
	}
	return from <= at && at < to
}

// series counts the last thirty counting days.
func (g *gatherer) series(ctx context.Context, d *Daily) error {
	z := g.house.Procedure.Zone
	_, end, err := z.DayBounds(g.in.Day)
	if err != nil {
		return err
	}
	d.Series = []SeriesDay{}
	for day := chartDays; day > 0; day-- {
		name := z.DayOf(end - truce.Instant(day)*truce.Day + truce.Day/2)
		s := SeriesDay{Day: name, Basis: RowNothing}
		if from, to, err := z.DayBounds(name); err == nil && len(g.during(from, to)) > 0 {
			s.Basis = RowWatched
		}
		d.Series = append(d.Series, s)
	}
	begin, _, err := z.DayBounds(d.Series[0].Day)
	if err != nil {
		return err
	}
	counts, err := g.in.View.Days(ctx, begin, min(end, g.in.To))
	if err != nil {
		return err
	}
	for _, c := range counts {
		i := slices.IndexFunc(d.Series, func(s SeriesDay) bool { return s.Day == c.Day })
		if i < 0 {
			continue
		}
		s := &d.Series[i]
		s.Basis = RowReported
		switch c.Status {
		case picture.Confirmed:
			s.Confirmed += c.N
		case picture.Disputed:
			s.Disputed += c.N
		case picture.Rejected:
			s.Rejected += c.N
		case picture.Outside:
			s.Outside += c.N
		default:
			s.Pending += c.N
		}
	}
	return nil
}
