package truce

import (
	"iter"
	"maps"
	"slices"
)

// Row is one statement as it stands in the regime: what was said, by which
// statement and office, and between which indexes of the record it holds.
type Row[B any] struct {
	Body   *B
	ID     StatementID
	Office OfficeID // that signed it
	Since  int64    // index of its entry
	Until  int64    // index of the entry that replaced or withdrew it; 0 while it stands
	At     Instant  // receipt time of its entry
}

// Stands reports whether the row holds as of index n, the last entry that
// counts.
func (r *Row[B]) Stands(n int64) bool {
	return r.Since <= n && (r.Until == 0 || n < r.Until)
}

// table holds the rows of one kind in the order of the record, and finds them
// by a key: an id, an actor, a place.
type table[B any] struct {
	rows []Row[B]
	by   map[string][]int32
}

func (t *table[B]) put(r Row[B], keys ...string) {
	if t.by == nil {
		t.by = map[string][]int32{}
	}
	for _, k := range keys {
		t.by[k] = append(t.by[k], int32(len(t.rows)))
	}
	t.rows = append(t.rows, r)
}

// replace ends the standing row of key, if old says so, before r is put.
func (t *table[B]) replace(r Row[B], key string, old func(*Row[B]) bool) {
	for _, i := range t.by[key] {
		if o := &t.rows[i]; o.Until == 0 && old(o) {
			o.Until = r.Since
		}
	}
	t.put(r, key)
}

func (t *table[B]) end(id StatementID, index int64) {
	for i := range t.rows {
		if r := &t.rows[i]; r.ID == id && r.Until == 0 {
			r.Until = index
		}
	}
}

// of yields the rows of a key that stand at n, oldest first.
func (t *table[B]) of(key string, n int64) iter.Seq[*Row[B]] {
	return func(yield func(*Row[B]) bool) {
		for _, i := range t.by[key] {
			if r := &t.rows[i]; r.Stands(n) && !yield(r) {
				return
			}
		}
	}
}

// last returns the newest row of a key that stands at n, nil if none.
func (t *table[B]) last(key string, n int64) *Row[B] {
	list := t.by[key]
	for k := len(list) - 1; k >= 0; k-- {
		if r := &t.rows[list[k]]; r.Stands(n) {
			return r
		}
	}
	return nil
}

// standing returns copies of all rows that stand at n, in order of the record.
func (t *table[B]) standing(n int64) []Row[B] {
	var all []Row[B]
	for i := range t.rows {
		if t.rows[i].Stands(n) {
			all = append(all, t.rows[i])
		}
	}
	return all
}

func (t *table[B]) clone() table[B] {
	c := table[B]{slices.Clone(t.rows), make(map[string][]int32, len(t.by))}
	for k, list := range t.by {
		c.by[k] = slices.Clip(list)
	}
	return c
}

// Regime is the whole of a truce as the record has told it: instruments,
// terms, spans, readings, who accepted, who is excluded, who held what. Every
// row keeps the indexes between which it stands, so that each question is
// asked as of a time T and of an index N, the last entry that counts. One
// goroutine at a time may use it; Clone gives another its own.
type Regime struct {
	seats        []Office // in order of founding
	instruments  table[Instrument]
	terms        table[Term]
	spans        table[TruceSpan]
	acts         table[TruceSpan] // spans by what they extend, suspend or end
	coverages    table[Coverage]
	readings     table[Reading] // by office
	actors       table[Actor]
	memberships  table[Membership] // by coalition
	acceptances  table[Acceptance]
	withdrawals  table[Withdrawal]
	designations table[Designation]
	controls     table[Control] // by place; "" are lines and polygons
	countersigns map[StatementID][]countersign
}

type countersign struct {
	office OfficeID
	index  int64
}

// NewRegime returns a regime of which nothing was said yet.
func NewRegime() *Regime { return &Regime{countersigns: map[StatementID][]countersign{}} }

// Take folds one admitted statement in; kinds that are not about the regime
// change nothing. Statements come in the order of the record.
func (g *Regime) Take(index int64, at Instant, id StatementID, office OfficeID, s Statement) {
	switch b := s.Body.(type) {
	case *Founding:
		g.seats = slices.Clone(b.Offices)
	case *Instrument:
		g.instruments.replace(row(index, at, id, office, b), string(b.ID), sameOffice[Instrument](office))
	case *Term:
		g.terms.replace(row(index, at, id, office, b), string(b.ID), sameOffice[Term](office))
	case *Actor:
		g.actors.replace(row(index, at, id, office, b), string(b.ID), sameOffice[Actor](office))
	case *TruceSpan:
		g.spans.replace(row(index, at, id, office, b), string(b.ID), sameOffice[TruceSpan](office))
		if b.Extends != "" {
			g.acts.replace(row(index, at, id, office, b), string(b.Extends), func(o *Row[TruceSpan]) bool {
				return o.Office == office && o.Body.ID == b.ID
			})
		}
	case *Reading:
		g.readings.replace(row(index, at, id, office, b), string(office), func(o *Row[Reading]) bool {
			return o.Body.ID == b.ID || o.Body.ID == b.Supersedes
		})
	case *Coverage:
		g.coverages.put(row(index, at, id, office, b), string(b.Span))
	case *Membership:
		g.memberships.put(row(index, at, id, office, b), string(b.Coalition))
	case *Acceptance:
		g.acceptances.put(row(index, at, id, office, b), string(b.Actor))
	case *Withdrawal:
		g.withdrawals.put(row(index, at, id, office, b), string(b.Actor))
	case *Designation:
		g.designations.put(row(index, at, id, office, b), string(b.Actor))
	case *Control:
		g.controls.put(row(index, at, id, office, b), placesOf(b.Area)...)
	case *Concurrence:
		g.countersigns[b.With] = append(g.countersigns[b.With], countersign{office, index})
	case *StatementWithdrawal:
		g.withdraw(b.Statement, index)
	}
}

func row[B any](index int64, at Instant, id StatementID, office OfficeID, b *B) Row[B] {
	return Row[B]{Body: b, ID: id, Office: office, Since: index, At: at}
}

// sameOffice says that only a row of the same office is replaced by a new one.
func sameOffice[B any](office OfficeID) func(*Row[B]) bool {
	return func(o *Row[B]) bool { return o.Office == office }
}

// placesOf returns the keys under which an area is found: its places, and ""
// where it has a shape.
func placesOf(a Area) []string {
	var keys []string
	for _, w := range a.Places {
		keys = append(keys, string(w.Place))
	}
	if len(a.Polygons) > 0 || len(a.Line) > 0 {
		keys = append(keys, "")
	}
	return keys
}

// withdraw ends the rows of a statement that was taken back. What it had
// replaced does not come back: its office says it again.
func (g *Regime) withdraw(id StatementID, index int64) {
	g.instruments.end(id, index)
	g.terms.end(id, index)
	g.spans.end(id, index)
	g.acts.end(id, index)
	g.coverages.end(id, index)
	g.readings.end(id, index)
	g.actors.end(id, index)
	g.memberships.end(id, index)
	g.acceptances.end(id, index)
	g.withdrawals.end(id, index)
	g.designations.end(id, index)
	g.controls.end(id, index)
}

// seat takes an office whose two-key act came into force.
func (g *Regime) seat(o Office) {
	for i := range g.seats {
		if g.seats[i].ID == o.ID {
			g.seats[i] = o
			return
		}
	}
	g.seats = append(g.seats, o)
}

// Clone returns a copy that can be asked what-if and thrown away.
func (g *Regime) Clone() *Regime {
	c := &Regime{
		seats: slices.Clone(g.seats), instruments: g.instruments.clone(), terms: g.terms.clone(), spans: g.spans.clone(),
		acts: g.acts.clone(), coverages: g.coverages.clone(), readings: g.readings.clone(), actors: g.actors.clone(),
		memberships: g.memberships.clone(), acceptances: g.acceptances.clone(), withdrawals: g.withdrawals.clone(),
		designations: g.designations.clone(), controls: g.controls.clone(), countersigns: maps.Clone(g.countersigns),
	}
	for id, list := range c.countersigns {
		c.countersigns[id] = slices.Clip(list)
	}
	return c
}

// speaksFor reports whether a claimant's name is the office itself or the
// guarantor it stands for, so that what it claims and signs is its own reading.
func (g *Regime) speaksFor(office OfficeID, claimant string) bool {
	if claimant == string(office) {
		return true
	}
	for _, o := range g.seats {
		if o.ID == office {
			return o.Party != "" && claimant == string(o.Party)
		}
	}
	return false
}

// Seats returns the offices in order of their founding.
func (g *Regime) Seats() []Office { return slices.Clone(g.seats) }

// coChairs returns the offices whose readings stand side by side, in order of
// founding.
func (g *Regime) coChairs() []OfficeID {
	var all []OfficeID
	for _, o := range g.seats {
		if o.Role == CoChair {
			all = append(all, o.ID)
		}
	}
	return all
}

// Instruments returns the instruments that stand at n, in order of the record.
func (g *Regime) Instruments(n int64) []Row[Instrument] { return g.instruments.standing(n) }

// Terms returns the terms that stand at n, in order of the record.
func (g *Regime) Terms(n int64) []Row[Term] { return g.terms.standing(n) }

// Term returns a term by its id as it stands at n.
func (g *Regime) Term(id TermID, n int64) (Row[Term], bool) {
	return found(g.terms.last(string(id), n))
}

// Actors returns the actors that stand at n, in order of the record.
func (g *Regime) Actors(n int64) []Row[Actor] { return g.actors.standing(n) }

// Actor returns an actor by its id as it stands at n.
func (g *Regime) Actor(id ActorID, n int64) (Row[Actor], bool) {
	return found(g.actors.last(string(id), n))
}

func found[B any](r *Row[B]) (Row[B], bool) {
	if r == nil {
		return Row[B]{}, false
	}
	return *r, true
}

// Readings returns an office's readings that stand at n, oldest first.
func (g *Regime) Readings(office OfficeID, n int64) []Row[Reading] {
	var all []Row[Reading]
	for r := range g.readings.of(string(office), n) {
		all = append(all, *r)
	}
	return all
}

// Acceptances returns the acceptances that stand at n, in order of the record.
func (g *Regime) Acceptances(n int64) []Row[Acceptance] { return g.acceptances.standing(n) }

// Withdrawals returns the withdrawals that stand at n, in order of the record.
func (g *Regime) Withdrawals(n int64) []Row[Withdrawal] { return g.withdrawals.standing(n) }

// Designations returns the designations that stand at n, in order of the record.
func (g *Regime) Designations(n int64) []Row[Designation] { return g.designations.standing(n) }

// Memberships returns the memberships that stand at n, in order of the record.
func (g *Regime) Memberships(n int64) []Row[Membership] { return g.memberships.standing(n) }

// Coverages returns the coverages that stand at n, in order of the record.
func (g *Regime) Coverages(n int64) []Row[Coverage] { return g.coverages.standing(n) }

// Countersigned returns the offices that concurred with a statement by index
// n, in order of the record.
func (g *Regime) Countersigned(id StatementID, n int64) []OfficeID {
	var all []OfficeID
	for _, c := range g.countersigns[id] {
		if c.index <= n {
			all = append(all, c.office)
		}
	}
	return all
}

// judge refuses what contradicts what stands: an id of another office's, a
// reference to nothing, two different times by one claimant for one span, a
// coalition that would contain itself.
func (g *Regime) judge(office OfficeID, body Body) error {
	const end = int64(1) << 62
	switch b := body.(type) {
	case *Instrument:
		return owned(g.instruments.last(string(b.ID), end), office)
	case *Term:
		if g.instruments.last(string(b.Instrument), end) == nil {
			return unknown("instrument", "instrument %q was not registered: say it first", clip(string(b.Instrument)))
		}
		return owned(g.terms.last(string(b.ID), end), office)
	case *Actor:
		return owned(g.actors.last(string(b.ID), end), office)
	case *TruceSpan:
		return g.judgeSpan(office, b, end)
	case *Coverage:
		return g.knownSpan("span", b.Span, end)
	case *Reading:
		if b.Term != "" && g.terms.last(string(b.Term), end) == nil {
			return unknown("term", "term %q is not registered", clip(string(b.Term)))
		}
		if err := g.knownSpan("span", b.Span, end); err != nil {
			return err
		}
		return g.knownSpan("adopts", b.Adopts, end)
	case *Membership:
		if !b.Left && g.contains(b.Actor, b.Coalition, end, maxNesting) {
			return conflict("coalition", "%s is already within %s: a coalition cannot contain itself", b.Coalition, b.Actor)
		}
	}
	return nil
}

func owned[B any](r *Row[B], office OfficeID) error {
	if r == nil || r.Office == office {
		return nil
	}
	return conflict("id", "this id stands as said by %s: concur with that statement, or say your reading of it", r.Office)
}

func (g *Regime) knownSpan(field string, id SpanID, n int64) error {
	if id != "" && g.spans.last(string(id), n) == nil {
		return unknown(field, "span %q is not in the record: say the span first", clip(string(id)))
	}
	return nil
}

func (g *Regime) judgeSpan(office OfficeID, b *TruceSpan, n int64) error {
	if err := owned(g.spans.last(string(b.ID), n), office); err != nil {
		return err
	}
	if err := g.knownSpan("parent", b.Parent, n); err != nil {
		return err
	}
	if err := g.knownSpan("extends", b.Extends, n); err != nil {
		return err
	}
	if b.Act != "announced" || b.When.From == 0 {
		return nil
	}
	for i := range g.spans.rows {
		r := &g.spans.rows[i]
		o := r.Body
		if r.Until != 0 || o.ID == b.ID || o.Act != "announced" || o.ClaimedBy != b.ClaimedBy || o.Sort != b.Sort || o.When.From == 0 {
			continue
		}
		if sameArea(o.Area, b.Area) && o.When.Meets(b.When.From, b.When.To) && (o.When.From != b.When.From || o.When.To != b.When.To) {
			return conflict("when", "%s claims span %s over the same area, from %s: one claimant has one time; extend, suspend or withdraw that one", clip(b.ClaimedBy), o.ID, o.When.From)
		}
	}
	return nil
}

// sameArea reports whether two areas name the same places and shapes.
func sameArea(a, b Area) bool {
	if len(a.Places) != len(b.Places) || a.Metres != b.Metres || !slices.Equal(a.Line, b.Line) || !slices.EqualFunc(a.Polygons, b.Polygons, slices.Equal) {
		return false
	}
	for _, w := range a.Places {
		if !slices.ContainsFunc(b.Places, func(v Where) bool { return v.Place == w.Place }) {
			return false
		}
	}
	return true
}

// maxNesting is how deep coalitions and parents may stand in one another.
const maxNesting = 8

// contains reports whether coalition has member among its members, at any
// time and depth.
func (g *Regime) contains(coalition, member ActorID, n int64, depth int) bool {
	if depth == 0 {
		return true
	}
	for r := range g.memberships.of(string(coalition), n) {
		if !r.Body.Left && (r.Body.Actor == member || g.contains(r.Body.Actor, member, n, depth-1)) {
			return true
		}
	}
	return false
}
