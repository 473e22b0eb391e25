package truce

import "slices"

// SpanState is where a claimed span stands at a time T, under the clock of
// its own claimant. It is computed when asked and never stored.
type SpanState string

// The states of a span.
const (
	SpanProposed   SpanState = "proposed"   // nobody has put it in force
	SpanAnnounced  SpanState = "announced"  // its start is still to come
	SpanInForce    SpanState = "in-force"   // under its claimant's clock
	SpanStartOpen  SpanState = "start-open" // its claimant stated no start
	SpanEndUnclear SpanState = "end-unclear"
	SpanLapsed     SpanState = "lapsed" // ended, not renewed
	SpanSuspended  SpanState = "suspended"
	SpanTerminated SpanState = "terminated"
	SpanRejected   SpanState = "rejected" // taken back by its claimant; still shown
)

// SpanStanding is a claimed span as it stands: its clock with every extension,
// suspension and end by the same claimant worked in, and what others said of
// it beside.
type SpanStanding struct {
	Row[TruceSpan]
	State     SpanState
	Clock     SpanClock
	Extended  []SpanID         // by the same claimant, in order of the record
	OthersSay []Row[TruceSpan] // acts of other claimants upon it: answers to a proposal, rejections, ends
}

// SpanClock is a start and an end. Zero is not stated. An end that is itself
// an interval lies between EndFrom and EndTo; else the two are equal.
type SpanClock struct {
	Start        Instant `json:"start,omitzero"`
	EndFrom      Instant `json:"end_from,omitzero"`
	EndTo        Instant `json:"end_to,omitzero"`
	Quiet        []When  `json:"quiet,omitempty"` // suspensions
	Ended        bool    `json:"ended,omitempty"` // terminated at EndTo rather than run out
	Never        bool    `json:"never,omitempty"` // proposed or rejected: never in force
	Parent       SpanID  `json:"parent,omitempty"`
	parentStarts Instant // nothing of the span can come before it
}

// Spans returns every span that stands at n, in order of the record, with its
// state at t under its claimant's own clock.
func (g *Regime) Spans(t Instant, n int64) []SpanStanding {
	var all []SpanStanding
	for i := range g.spans.rows {
		r := &g.spans.rows[i]
		if !r.Stands(n) {
			continue
		}
		s := SpanStanding{Row: *r, Clock: g.clockOf(r, n)}
		for e := range g.acts.of(string(r.Body.ID), n) {
			switch {
			case e.Body.ClaimedBy != r.Body.ClaimedBy:
				s.OthersSay = append(s.OthersSay, *e)
			case e.Body.Act == "extended":
				s.Extended = append(s.Extended, e.Body.ID)
			}
		}
		s.State = s.Clock.stateAt(t, r.Body.Act)
		all = append(all, s)
	}
	return all
}

// Span returns one span as Spans does.
func (g *Regime) Span(id SpanID, t Instant, n int64) (SpanStanding, bool) {
	for _, s := range g.Spans(t, n) {
		if s.Body.ID == id {
			return s, true
		}
	}
	return SpanStanding{}, false
}

// clockOf works a span's own acts in: those that extend, suspend or end it,
// or an extension of it, by the same claimant.
func (g *Regime) clockOf(r *Row[TruceSpan], n int64) SpanClock {
	c := ownClock(r.Body)
	if p := g.spans.last(string(r.Body.Parent), n); p != nil {
		c.parentStarts = p.Body.When.From
	}
	g.workIn(&c, r.Body, n, maxExtensions)
	return c
}

// maxExtensions bounds a chain of extensions.
const maxExtensions = 64

func (g *Regime) workIn(c *SpanClock, of *TruceSpan, n int64, depth int) {
	for e := range g.acts.of(string(of.ID), n) {
		b := e.Body
		if b.ClaimedBy != of.ClaimedBy || depth == 0 {
			continue
		}
		switch b.Act {
		case "extended":
			if _, to := endOf(b); to != 0 {
				c.EndFrom, c.EndTo = endOf(b)
			}
			g.workIn(c, b, n, depth-1)
		case "suspended":
			c.Quiet = append(c.Quiet, b.When)
		case "terminated":
			if b.When.From != 0 && (c.EndTo == 0 || b.When.From < c.EndTo) {
				c.EndFrom, c.EndTo, c.Ended = b.When.From, b.When.From, true
			}
		case "rejected":
			c.Never = true
		}
	}
}

func ownClock(s *TruceSpan) SpanClock {
	c := SpanClock{Start: s.When.From, Parent: s.Parent}
	c.EndFrom, c.EndTo = endOf(s)
	switch s.Act {
	case "proposed", "rejected":
		c.Never = true
	case "suspended":
		c.Quiet = []When{s.When}
	case "terminated":
		c.Start, c.EndFrom, c.EndTo, c.Ended = 0, s.When.From, s.When.From, true
	}
	return c
}

// endOf returns the bounds of a span's end, equal where it is one instant.
func endOf(s *TruceSpan) (from, to Instant) {
	if !s.EndFrom.IsZero() {
		return s.EndFrom.From, s.EndFrom.To
	}
	return s.When.To, s.When.To
}

func (c *SpanClock) stateAt(t Instant, act string) SpanState {
	for _, q := range c.Quiet {
		if q.Meets(t, t+1) && !c.over(t) {
			return SpanSuspended
		}
	}
	switch {
	case act == "proposed":
		return SpanProposed
	case c.Never:
		return SpanRejected
	case c.over(t) && c.Ended:
		return SpanTerminated
	case c.over(t):
		return SpanLapsed
	case c.Start == 0:
		return SpanStartOpen
	case t < c.Start:
		return SpanAnnounced
	case c.EndFrom != 0 && t >= c.EndFrom:
		return SpanEndUnclear
	}
	return SpanInForce
}

func (c *SpanClock) over(t Instant) bool { return c.EndTo != 0 && t >= c.EndTo }

// holds asks whether a time that lies somewhere in [from, to) is inside the
// clock, and names what keeps it from being sure.
func (c *SpanClock) holds(from, to Instant) (Tri, What) {
	if c.Never {
		return No, AboutTime
	}
	if c.EndTo != 0 && from >= c.EndTo || c.Start != 0 && to != 0 && to <= c.Start || c.parentStarts != 0 && to != 0 && to <= c.parentStarts {
		return No, AboutTime
	}
	for _, q := range c.Quiet {
		if from != 0 && to != 0 && q.From <= from && (q.To == 0 || to <= q.To) {
			return No, AboutTime
		}
		if q.Meets(from, to) {
			return Unsure, AboutTime
		}
	}
	switch {
	case c.Start == 0:
		return Unsure, AboutStart
	case from < c.Start:
		return Unsure, AboutTime
	case c.EndTo == 0 || to != 0 && to <= c.EndFrom:
		return Yes, ""
	case c.EndFrom == c.EndTo:
		return Unsure, AboutTime
	}
	return Unsure, AboutEnd
}

// spanRead is one span in one office's reading: its clock and area there, and
// the office's own statement that says so.
type spanRead struct {
	clock     SpanClock
	area      Area
	areaBy    StatementID
	areaSince int64 // index of the reading that stated the area; -1 where it is the span's own
	validity  When
	by        StatementID
	since     int64
}

// coverRead is an office's word on what a span takes in. One of exceptions
// alone takes places out of what stood.
type coverRead struct {
	area     Area
	validity When
	by       StatementID
	since    int64
}

// spanGroup is all that an office says of one span, the newest reading first,
// the newest coverage last.
type spanGroup struct {
	id     SpanID
	sort   string
	reads  []spanRead
	covers []coverRead
}

// at returns the newest reading that holds at a time within [from, to), nil if
// none does.
func (s *spanGroup) at(from, to Instant) *spanRead {
	for i := range s.reads {
		if s.reads[i].validity.Meets(from, to) {
			return &s.reads[i]
		}
	}
	return nil
}

// takesIn asks whether a place is covered in the reading r at [from, to), and
// returns the statement that it rests on.
func (s *spanGroup) takesIn(r *spanRead, w Where, from, to Instant) (Tri, StatementID) {
	in, by := r.area.Holds(w), r.areaBy
	for i := range s.covers {
		c := &s.covers[i]
		if c.since < r.areaSince || !c.validity.Meets(from, to) {
			continue
		}
		if !c.area.IsZero() {
			in, by = c.area.Holds(w), c.by
			continue
		}
		switch out := (Area{Places: c.area.Except}).Holds(w); {
		case out == Yes:
			in, by = No, c.by
		case out == Unsure && in == Yes:
			in, by = Unsure, c.by
		}
	}
	return in, by
}

// readSpans returns an office's spans at n in order of the record: what it
// read, adopted, or itself claimed. What it did not state stays not stated.
func (g *Regime) readSpans(office OfficeID, n int64) []*spanGroup {
	var groups []*spanGroup
	add := func(id SpanID, sort string, r spanRead) {
		i := slices.IndexFunc(groups, func(s *spanGroup) bool { return s.id == id })
		if i < 0 {
			groups = append(groups, &spanGroup{id: id, sort: sort})
			i = len(groups) - 1
		}
		groups[i].reads = append(groups[i].reads, r)
	}
	for i := range g.spans.rows {
		r := &g.spans.rows[i]
		own := r.Stands(n) && r.Office == office && g.speaksFor(office, r.Body.ClaimedBy)
		if !own || r.Body.Act != "announced" && (r.Body.Act != "extended" || g.extendsOwn(r, n)) {
			continue
		}
		add(r.Body.ID, r.Body.Sort, spanRead{clock: g.clockOf(r, n), area: r.Body.Area, areaBy: r.ID, areaSince: -1, by: r.ID, since: r.Since})
	}
	readings := g.Readings(office, n)
	for i := range readings {
		if r := &readings[i]; r.Body.About == "span" {
			id, sort, read := g.readSpan(r, n)
			add(id, sort, read)
		}
	}
	for _, s := range groups {
		slices.SortStableFunc(s.reads, func(a, b spanRead) int { return int(b.since - a.since) })
		s.covers = g.readCovers(s.id, office, readings, n)
	}
	return groups
}

// SpanUnder is a span as one office reads it: its clock and area there, and
// what the office takes out of it.
type SpanUnder struct {
	Office OfficeID
	Span   SpanID
	Sort   string
	Clock  SpanClock
	Area   Area
	Holds  Tri // whether it is in force at the time that was asked about
	By     StatementID
}

// SpansUnder returns the spans of an office's reading at n, in order of the
// record, as they stand at t. What it did not state stays not stated.
func (g *Regime) SpansUnder(office OfficeID, t Instant, n int64) []SpanUnder {
	var all []SpanUnder
	for _, s := range g.readSpans(office, n) {
		r := s.at(t, t+1)
		if r == nil {
			continue
		}
		u := SpanUnder{Office: office, Span: s.id, Sort: s.sort, Clock: r.clock, Area: r.area, By: r.by}
		u.Holds, _ = r.clock.holds(t, t+1)
		u.Area.Except = slices.Clone(u.Area.Except)
		for i := range s.covers {
			c := &s.covers[i]
			switch {
			case c.since < r.areaSince || !c.validity.Meets(t, t+1):
			case !c.area.IsZero():
				u.Area, u.By = c.area, c.by
			default:
				u.Area.Except = append(u.Area.Except, c.area.Except...)
			}
		}
		all = append(all, u)
	}
	return all
}

// ProposalAnswer is what an office answered to a span that another proposed.
type ProposalAnswer struct {
	How string // adopted, or the act that the office said upon it; "" is no answer
	By  StatementID
	At  Instant
}

// AnswerTo returns an office's newest answer to a proposed span: a reading that
// adopts or reads it, or an act of its own upon it.
func (g *Regime) AnswerTo(s SpanStanding, office OfficeID, n int64) ProposalAnswer {
	var a ProposalAnswer
	for _, r := range s.OthersSay {
		if r.Office == office {
			a = ProposalAnswer{r.Body.Act, r.ID, r.At}
		}
	}
	for _, r := range g.Readings(office, n) {
		if r.Body.About == "span" && (r.Body.Adopts == s.Body.ID || r.Body.Span == s.Body.ID) && r.At >= a.At {
			a = ProposalAnswer{"adopted", r.ID, r.At}
		}
	}
	return a
}

// extendsOwn reports whether an extension is already worked into the clock of
// a span of the same office and claimant.
func (g *Regime) extendsOwn(r *Row[TruceSpan], n int64) bool {
	o := g.spans.last(string(r.Body.Extends), n)
	return o != nil && o.Office == r.Office && o.Body.ClaimedBy == r.Body.ClaimedBy
}

// readSpan works a reading about a span out: the span's own area unless the
// reading states one, and of its times only those that it states or adopts. A
// span that was withdrawn is in force for nobody.
func (g *Regime) readSpan(row *Row[Reading], n int64) (id SpanID, sort string, s spanRead) {
	b := row.Body
	s = spanRead{areaSince: -1, validity: b.Validity, by: row.ID, since: row.Since}
	if id = b.Span; id == "" {
		id = b.Adopts
	}
	of := g.spans.last(string(id), n)
	if of != nil {
		sort, s.area, s.areaBy, s.clock.Parent = of.Body.Sort, of.Body.Area, of.ID, of.Body.Parent
		if p := g.spans.last(string(of.Body.Parent), n); p != nil {
			s.clock.parentStarts = p.Body.When.From
		}
	}
	s.clock.Never = of == nil
	if b.Adopts != "" {
		of = g.spans.last(string(b.Adopts), n)
		if of == nil {
			s.clock.Never = true
			return id, sort, s
		}
		s.clock, s.area, s.areaBy = g.clockOf(of, n), of.Body.Area, of.ID
		if of.Body.Act == "proposed" {
			s.clock.Never = false // to adopt a proposal is to put it in force in this reading
		}
	}
	if !b.When.IsZero() {
		s.clock.Start, s.clock.EndFrom, s.clock.EndTo = b.When.From, b.When.To, b.When.To
	}
	if !b.Area.IsZero() {
		s.area, s.areaBy, s.areaSince = b.Area, row.ID, row.Since
	}
	return id, sort, s
}

// readCovers returns what an office says that a span takes in, oldest first.
func (g *Regime) readCovers(id SpanID, office OfficeID, readings []Row[Reading], n int64) []coverRead {
	var covers []coverRead
	for r := range g.coverages.of(string(id), n) {
		if r.Office == office && g.speaksFor(office, r.Body.ClaimedBy) {
			covers = append(covers, coverRead{r.Body.Area, r.Body.When, r.ID, r.Since})
		}
	}
	for i := range readings {
		b := readings[i].Body
		if b.About != "coverage" || b.Span != id && (b.Span != "" || b.Adopts != id) {
			continue
		}
		area := b.Area
		if of := g.spans.last(string(b.Adopts), n); of != nil && area.IsZero() && len(area.Except) == 0 {
			area = of.Body.Area
		}
		covers = append(covers, coverRead{area, b.Validity, readings[i].ID, readings[i].Since})
	}
	slices.SortStableFunc(covers, func(a, b coverRead) int { return int(a.since - b.since) })
	return covers
}

// TermStanding is a term with whether it is in force under each co-chair's
// reading.
type TermStanding struct {
	Row[Term]
	Under []TermUnder // in order of the offices' founding
}

// TermUnder says whether a term is in force in one reading: Unsure where the
// office stated no start, or no span at all.
type TermUnder struct {
	Office OfficeID
	Holds  Tri
	Span   SpanID // whose clock says so
	Clock  SpanClock
	By     StatementID
}

// TermsInForce returns every term that stands at n, in order of the record,
// with whether it is in force at t under each co-chair's reading.
func (g *Regime) TermsInForce(t Instant, n int64) []TermStanding {
	all := make([]TermStanding, 0, len(g.terms.rows))
	for _, r := range g.Terms(n) {
		all = append(all, TermStanding{Row: r})
	}
	for _, o := range g.coChairs() {
		spans := g.readSpans(o, n)
		for i := range all {
			all[i].Under = append(all[i].Under, underOf(o, all[i].Body, spans, t))
		}
	}
	return all
}

func underOf(office OfficeID, term *Term, spans []*spanGroup, t Instant) TermUnder {
	u := TermUnder{Office: office, Holds: No}
	if !term.When.IsZero() {
		if term.When.Meets(t, t+1) {
			u.Holds = Yes
		}
		return u
	}
	read := false
	for _, s := range spans {
		if s.sort != term.spanSort() {
			continue
		}
		read = true
		r := s.at(t, t+1)
		if r == nil {
			continue
		}
		holds, _ := r.clock.holds(t, t+1)
		if holds == Yes || holds == Unsure && u.Holds == No {
			u = TermUnder{office, holds, s.id, r.clock, r.by}
		}
	}
	if !read && term.spanSort() == cessation {
		u.Holds = Unsure
	}
	return u
}

// cessation is the sort of span that a term lives in where it names none.
const cessation = "cessation"

func (t *Term) spanSort() string {
	if t.Span == "" {
		return cessation
	}
	return t.Span
}

// Alarm says that a span ends soon, or has just lapsed unrenewed.
type Alarm struct {
	Span   SpanID  `json:"span"`
	Before int32   `json:"before_hours"` // the alarm of so many hours before the end; 0 once it has lapsed
	End    Instant `json:"end"`
}

// Alarms returns, for spans as Spans gives them at t, the nearest alarm that
// has rung of each, in order of the record. Hours are the procedure's, such as
// 12, 3 and 0; of an unclear end its earliest moment counts. A lapse rings for
// as long before it as the first alarm did, and then is history. An extension
// that its claimant's own clock has taken in does not ring beside it.
func Alarms(spans []SpanStanding, t Instant, hours []int32) []Alarm {
	if len(hours) == 0 {
		return nil
	}
	longest := Instant(slices.Max(hours)) * 3600
	var all []Alarm
	for _, s := range spans {
		end := s.Clock.EndFrom
		if slices.ContainsFunc(spans, func(of SpanStanding) bool {
			return of.Clock.EndTo == s.Clock.EndTo && slices.Contains(of.Extended, s.Body.ID)
		}) {
			continue
		}
		switch s.State {
		case SpanInForce, SpanEndUnclear, SpanStartOpen:
			near, rings := int32(0), false
			for _, h := range hours {
				if end != 0 && t >= end-Instant(h)*3600 && (!rings || h < near) {
					near, rings = h, true
				}
			}
			if rings {
				all = append(all, Alarm{s.Body.ID, near, end})
			}
		case SpanLapsed:
			if slices.Contains(hours, 0) && t < s.Clock.EndTo+longest {
				all = append(all, Alarm{s.Body.ID, 0, s.Clock.EndTo})
			}
		case SpanProposed, SpanAnnounced, SpanSuspended, SpanTerminated, SpanRejected:
		}
	}
	return all
}
