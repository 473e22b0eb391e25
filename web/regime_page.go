package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// spanPart is a claimed span as a page shows it.
type spanPart struct {
	From, To  Cell
	ID        truce.SpanID
	Name      string
	ClaimedBy string
	Area      string
	Start     string // "" where its claimant stated none
	Ends      Deadline
	EndWords  string
	State     string
	Statement Link
	Others    []spanAct // what others said of it
}

// spanAct is what somebody else said of a span.
type spanAct struct {
	By, Act   string
	Statement Link
}

// spansInForce are the calms and spans that somebody claims to be in force on
// a day, each under its claimant's own clock, at the day's end or now.
func (v *visit) spansInForce(day chosenDay) (all []spanPart, alarms []alarmPart, err error) {
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, nil, err
	}
	at := min(day.To-1, v.view.Now())
	spans := reg.Spans(at, v.asOf())
	for _, s := range spans {
		switch s.State {
		case truce.SpanInForce, truce.SpanStartOpen, truce.SpanEndUnclear, truce.SpanSuspended, truce.SpanAnnounced:
			all = append(all, v.span(s, at))
		case truce.SpanProposed, truce.SpanLapsed, truce.SpanTerminated, truce.SpanRejected:
		}
	}
	for _, a := range truce.Alarms(spans, at, v.house.Procedure.AlertHours) {
		alarms = append(alarms, v.alarm(a, at))
	}
	return all, alarms, nil
}

// alarmPart says that a span ends soon, or has just lapsed unrenewed.
type alarmPart struct {
	Span, Text string
	Ends       Deadline
}

// lapsed words an end without renewal: as the procedure does in English, the
// language it is written in, and as the catalogue does in any other.
func (v *visit) lapsed() string {
	if words := v.house.Procedure.LapsedWording; words != "" && v.t.Code == "en" {
		return words
	}
	return v.t.T("span_state.lapsed")
}

func (v *visit) alarm(a truce.Alarm, at truce.Instant) alarmPart {
	text := v.t.T("alarm.ends", "hours", a.Before)
	if a.Before == 0 {
		text = v.lapsed()
	}
	return alarmPart{v.spanName(a.Span), text, Deadline{v.local(a.End), v.local(at)}}
}

// apiAlarms answers which spans end soon, or have just lapsed, at ?at= as known
// at ?n=: the hours before the end are the procedure's.
func (s *site) apiAlarms(v *visit) (any, error) {
	at, n, err := v.asKnown()
	if err != nil {
		return nil, err
	}
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, err
	}
	return struct {
		At     truce.Instant `json:"at"`
		Hours  []int32       `json:"hours"`
		Alarms []truce.Alarm `json:"alarms"`
	}{at, nonNil(v.house.Procedure.AlertHours), nonNil(truce.Alarms(reg.Spans(at, n), at, v.house.Procedure.AlertHours))}, nil
}

// asOf is the index of the last entry that the view knows.
func (v *visit) asOf() int64 { return int64(v.frame.Index) }

func (v *visit) span(s truce.SpanStanding, at truce.Instant) spanPart {
	p := spanPart{
		ID: s.Body.ID, Name: v.spanName(s.Body.ID), ClaimedBy: v.name(s.Body.ClaimedBy), Area: v.area(s.Body.Area),
		State: v.t.T("span_state." + string(s.State)), Statement: statementLink(s.Since), Ends: Deadline{v.local(s.Clock.EndTo), v.local(at)},
	}
	p.From, p.To = v.instant(s.Clock.Start), v.instant(s.Clock.EndTo)
	if s.State == truce.SpanLapsed {
		p.State = v.lapsed()
	}
	if s.Clock.Start != 0 {
		p.Start = v.moment(v.local(s.Clock.Start), true)
	}
	switch {
	case s.Clock.EndTo == 0:
	case s.Clock.EndFrom != s.Clock.EndTo:
		p.EndWords = v.t.T("when.range", "from", v.moment(v.local(s.Clock.EndFrom), true), "to", v.moment(v.local(s.Clock.EndTo), true))
	default:
		p.EndWords = v.moment(v.local(s.Clock.EndTo), true)
	}
	for _, o := range s.OthersSay {
		p.Others = append(p.Others, spanAct{v.name(o.Body.ClaimedBy), v.t.T("span_act." + o.Body.Act), statementLink(o.Since)})
	}
	return p
}

type regimePage struct {
	page
	Time, N  Field
	AtWords  string
	Spans    []spanPart
	Terms    []termPart
	Chairs   []string
	Readings []readingColumn
	Name     string
}

// termPart is a term with its words, and whether it is in force.
type termPart struct {
	ID                 truce.TermID
	Words              termText
	Summary            truce.Text
	Instrument         string
	Modality           string
	Facts              []Fact
	Under              []underPart
	Exceptions         []Link
	Statement          Link
	Countersigned, Not []string
}

// underPart says whether a term is in force under one office's reading.
type underPart struct {
	Office, Holds string
	Span          string
	Statement     Link
}

// readingColumn are the readings of one office.
type readingColumn struct {
	Office   string
	Readings []readingPart
}

type readingPart struct {
	About, Text  string
	Lang         string
	Facts        []Fact
	Illustration bool
	Statement    Link
}

// regime shows the truce as data, as of a time and as known at an index.
func (s *site) regime(v *visit) error {
	p, err := queryRegime(v)
	if err != nil {
		return err
	}
	return v.show("regime", p)
}

// asKnown reads ?at= and ?n=: the time that is asked about, and the last entry
// that counts.
func (v *visit) asKnown() (at truce.Instant, n int64, err error) {
	at, n = v.view.Now(), v.asOf()
	if asked := v.q.Get("at"); asked != "" && at.UnmarshalText([]byte(asked)) != nil { // no offset: a wall time
		if at, err = v.house.Procedure.Zone.Instant(asked); err != nil {
			return 0, 0, err
		}
	}
	if v.q.Get("n") != "" {
		if n, err = number(v.q.Get("n")); err != nil {
			return 0, 0, err
		}
	}
	return at, min(n, v.asOf()), nil
}

func queryRegime(v *visit) (*regimePage, error) {
	at, n, err := v.asKnown()
	if err != nil {
		return nil, err
	}
	v.view = v.s.o.Centre.Picture().View(v.view.Viewer(), n+1, at)
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, err
	}
	wall := v.local(at)
	p := &regimePage{page: v.page(), Name: truce.NameIn(v.house.About, v.t.Code, ""), AtWords: v.moment(wall, true)}
	p.Time = Field{Name: "at", Label: v.t.T("regime.at"), Type: "datetime-local", Value: wall.Format("2006-01-02T15:04"), Required: true}
	p.N = Field{Name: "n", Label: v.t.T("regime.n"), Type: "number", Value: v.q.Get("n"), Hint: v.t.T("regime.n_hint", "n", v.asOf())}
	in := reg.InForce(at, n)
	for _, s := range in.Spans {
		p.Spans = append(p.Spans, v.span(s, at))
	}
	for _, t := range in.Terms {
		p.Terms = append(p.Terms, v.term(reg, t, n))
	}
	for _, o := range v.house.CoChairs() {
		p.Readings = append(p.Readings, v.readings(reg, o.ID, n))
	}
	v.regimeTables(p, reg, at, n)
	p.find(v.q.Get("q"))
	return p, nil
}

func (v *visit) term(reg *truce.Regime, s truce.TermStanding, n int64) termPart {
	b, t := s.Body, v.t
	p := termPart{
		ID: b.ID, Words: v.termText(b), Summary: textIn(b.Summary, t.Code), Modality: t.T("modality." + string(b.Modality)), Statement: statementLink(s.Since),
		Instrument: string(b.Instrument),
	}
	if b.Paragraph != "" {
		p.Instrument += " " + b.Paragraph
	}
	if b.Verbatim == "" {
		p.Words.Text = ""
	}
	add := func(key, value string) {
		if value != "" {
			p.Facts = append(p.Facts, Fact{t.T(key), value})
		}
	}
	add("term.acts", v.wordsOf(b.Acts))
	add("term.weapons", v.wordsOf(b.Weapons))
	add("term.binds", v.nameList(b.DutyBearers))
	add("term.protects", v.nameList(b.Beneficiaries))
	add("term.area", v.area(b.Area))
	add("term.when", v.when(b.When))
	add("term.conditions", strings.Join(b.Conditions, ", "))
	for _, e := range b.Exceptions {
		label := string(e.Term)
		if len(e.Premises) > 0 {
			label += " (" + strings.Join(e.Premises, ", ") + ")"
		}
		p.Exceptions = append(p.Exceptions, Link{label, "#term-" + string(e.Term)})
	}
	for _, u := range s.Under {
		part := underPart{Office: v.officeName(u.Office), Holds: t.T("holds." + tri(u.Holds)), Statement: v.statement(u.By)}
		if u.Span != "" {
			part.Span = v.spanName(u.Span)
		}
		p.Under = append(p.Under, part)
	}
	signed := reg.Countersigned(s.ID, n)
	for _, o := range v.house.CoChairs() {
		if slices.Contains(signed, o.ID) || s.Office == o.ID {
			p.Countersigned = append(p.Countersigned, v.officeName(o.ID))
		} else {
			p.Not = append(p.Not, v.officeName(o.ID))
		}
	}
	return p
}

func tri(x truce.Tri) string {
	switch x {
	case truce.Yes:
		return "yes"
	case truce.No:
		return "no"
	case truce.Unsure:
	}
	return "unsure"
}

func (v *visit) readings(reg *truce.Regime, office truce.OfficeID, n int64) readingColumn {
	c := readingColumn{Office: v.officeName(office)}
	for _, r := range reg.Readings(office, n) {
		c.Readings = append(c.Readings, v.reading(r))
	}
	return c
}

// reading is one reading in words: what it is about, and what it states. What
// it does not state stays not stated.
func (v *visit) reading(r truce.Row[truce.Reading]) readingPart {
	b, t := r.Body, v.t
	x := textIn(b.Text, t.Code)
	p := readingPart{Text: x.Text, Lang: x.Lang, Illustration: b.Illustration, Statement: statementLink(r.Since)}
	add := func(key, value string) { p.Facts = append(p.Facts, Fact{t.T(key), value}) }
	switch b.About {
	case "span", "coverage":
		p.About = t.T("reading."+b.About, "of", v.spanName(cmp.Or(b.Span, b.Adopts)))
		if b.Adopts != "" {
			add("reading.adopts", v.spanName(b.Adopts))
		} else if b.About == "span" {
			add("col.start", v.wallOf(b.When.From))
			add("col.end", v.wallOf(b.When.To))
		}
		if !b.Area.IsZero() || len(b.Area.Except) > 0 {
			add("col.area", v.area(b.Area))
		}
	case "actor":
		p.About = t.T("reading.actor", "of", v.name(string(b.Actor)))
		add("col.status", v.label("actor_status.", b.Status))
	case "term":
		p.About = t.T("reading.term", "of", string(b.Term))
		if len(b.Acts) > 0 {
			add("term.acts", v.wordsOf(b.Acts))
		}
		if len(b.Requires) > 0 {
			add("term.conditions", strings.Join(b.Requires, ", "))
		}
	}
	if !b.Validity.IsZero() {
		add("reading.validity", v.when(b.Validity))
	}
	return p
}

func (v *visit) wallOf(i truce.Instant) string {
	if i == 0 {
		return ""
	}
	return v.moment(v.local(i), true)
}

func (v *visit) regimeTables(p *regimePage, reg *truce.Regime, at truce.Instant, n int64) {
	v.instrumentTable(p, reg, n)
	v.spanTable(p, reg, at, n)
	v.termTable(p)
	v.actorTable(p, reg, at, n)
	v.acceptanceTable(p, reg, n)
	v.membershipTable(p, reg, n)
	v.coverageTable(p, reg, n)
}

// columns makes columns of catalogue keys "col.NAME", each named NAME in the
// CSV.
func (v *visit) columns(names ...string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{Key: n, Label: v.t.T("col." + n)}
	}
	return out
}

func indexCell(since int64) Cell { return linked(statementLink(since)) }

func (v *visit) instrumentTable(p *regimePage, reg *truce.Regime, n int64) {
	t := p.add(&Table{ID: "instruments", Quiet: true, Caption: v.t.T("regime.instruments"), Empty: v.t.T("regime.none"), Columns: v.columns("name", "when", "parties", "source", "statement")})
	for _, r := range reg.Instruments(n) {
		src := Cell{Missing: "not_stated"}
		if r.Body.URL != "" {
			src = Cell{Text: v.t.T("claim.source"), Href: r.Body.URL, Value: r.Body.URL}
		}
		t.Rows = append(t.Rows, Row{ID: "instrument-" + string(r.Body.ID), Cells: []Cell{
			{Text: truce.NameIn(r.Body.Name, v.t.Code, string(r.Body.ID)), Sub: string(r.Body.ID)}, v.stamp(r.Body.When), text(v.nameList(r.Body.Parties)), src, indexCell(r.Since),
		}})
	}
}

func (v *visit) spanTable(p *regimePage, reg *truce.Regime, at truce.Instant, n int64) {
	t := p.add(&Table{ID: "spans", Quiet: true, Caption: v.t.T("regime.spans"), Empty: v.t.T("regime.none"), Columns: v.columns("name", "claimed_by", "area", "start", "end", "state", "others", "statement")})
	for _, s := range reg.Spans(at, n) {
		x := v.span(s, at)
		start, end := v.instant(s.Clock.Start), v.instant(s.Clock.EndTo)
		if x.Start == "" {
			start = Cell{Missing: "no_start"}
		}
		if x.EndWords == "" {
			end = Cell{Missing: "no_end"}
		} else if s.Clock.EndFrom != s.Clock.EndTo {
			end = Cell{Text: v.instant(s.Clock.EndFrom).Text + " – " + end.Text, Value: s.Clock.EndFrom.String() + "/" + s.Clock.EndTo.String()}
		}
		var others []string
		for _, o := range x.Others {
			others = append(others, o.By+": "+o.Act)
		}
		t.Rows = append(t.Rows, Row{ID: "span-" + string(x.ID), Cells: []Cell{
			{Text: x.Name}, {Text: x.ClaimedBy, Value: s.Body.ClaimedBy}, {Text: x.Area}, start, end, {Text: x.State, Value: string(s.State)},
			{Text: strings.Join(others, "; ")}, indexCell(s.Since),
		}})
	}
}

func (v *visit) termTable(p *regimePage) {
	t := p.add(&Table{ID: "terms-in-force", Caption: v.t.T("regime.in_force", "at", p.AtWords), Empty: v.t.T("regime.none"), Columns: v.columns("term", "modality", "words")})
	for _, o := range v.house.CoChairs() {
		t.Columns = append(t.Columns, Column{Key: "in_force_" + string(o.ID), Label: v.t.T("regime.under", "office", v.officeName(o.ID))})
	}
	for _, x := range p.Terms {
		cells := []Cell{{Text: string(x.ID), Href: "#term-" + string(x.ID)}, {Text: x.Modality}, {Text: x.Summary.Text, Lang: x.Summary.Lang}}
		for _, u := range x.Under {
			cells = append(cells, Cell{Text: u.Holds, Sub: u.Span})
		}
		t.Rows = append(t.Rows, Row{Cells: cells})
	}
}

func (v *visit) actorTable(p *regimePage, reg *truce.Regime, at truce.Instant, n int64) {
	t := p.add(&Table{ID: "actors", Quiet: true, Caption: v.t.T("regime.actors"), Empty: v.t.T("regime.none"), Columns: v.columns("name", "labels", "sort", "parent")})
	chairs := v.house.CoChairs()
	for _, o := range chairs {
		t.Columns = append(t.Columns, Column{Key: "status_" + string(o.ID), Label: v.t.T("regime.under", "office", v.officeName(o.ID))})
	}
	t.Columns = append(t.Columns, Column{Key: "statement", Label: v.t.T("col.statement")})
	for _, r := range reg.Actors(n) {
		b := r.Body
		cells := []Cell{{Text: truce.NameIn(b.Name, v.t.Code, string(b.ID)), Sub: string(b.ID)}, {Text: strings.Join(b.Labels, ", ")},
			{Text: v.label("actor_sort.", b.Sort), Value: b.Sort}, {Text: pick(b.Parent == "", "", v.name(string(b.Parent)))}}
		for _, o := range chairs {
			s := reg.Status(b.ID, at, n, o.ID)
			cells = append(cells, Cell{Text: v.label("actor_status.", s.Status), Value: s.Status})
		}
		t.Rows = append(t.Rows, Row{ID: "actor-" + string(b.ID), Cells: append(cells, indexCell(r.Since))})
	}
}

func (v *visit) acceptanceTable(p *regimePage, reg *truce.Regime, n int64) {
	t := p.add(&Table{ID: "acceptances", Quiet: true, Caption: v.t.T("regime.acceptances"), Empty: v.t.T("regime.none"), Columns: v.columns("who", "act", "under", "through", "when", "claimed_by", "note", "statement")})
	for _, r := range reg.Acceptances(n) {
		b := r.Body
		who := v.name(string(b.Actor))
		if b.Actor == "" {
			who = v.t.T("regime.groups", "n", b.Number)
		}
		note := b.Note
		if b.Doubtful {
			note = strings.TrimSpace(v.t.T("regime.doubtful") + " " + note)
		}
		through := Cell{Missing: "not_stated"}
		if b.Through != "" {
			through = Cell{Text: v.officeName(b.Through)}
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: who, Value: string(b.Actor)}, {Text: v.kindName("acceptance")}, {Text: string(b.Under)}, through, v.stamp(b.When), {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, {Text: note}, indexCell(r.Since)}})
	}
	for _, r := range reg.Withdrawals(n) {
		b := r.Body
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.name(string(b.Actor)), Value: string(b.Actor)}, {Text: v.kindName("withdrawal")}, {Text: string(b.Under)}, {}, v.stamp(b.When), {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, {Text: b.Note}, indexCell(r.Since)}})
	}
	for _, r := range reg.Designations(n) {
		b := r.Body
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.name(string(b.Actor)), Value: string(b.Actor)}, {Text: v.kindName("designation")}, {Text: string(b.Under)}, {}, v.stamp(b.When), {Text: v.name(b.By), Value: b.By}, {Text: b.Note}, indexCell(r.Since)}})
	}
}

func (v *visit) membershipTable(p *regimePage, reg *truce.Regime, n int64) {
	t := p.add(&Table{ID: "coalitions", Caption: v.t.T("regime.coalitions"), Empty: v.t.T("regime.none"), Columns: v.columns("coalition", "member", "when", "claimed_by", "note", "statement")})
	for _, r := range reg.Memberships(n) {
		b := r.Body
		member := v.name(string(b.Actor))
		if b.Leads {
			member = v.t.T("regime.leads", "who", member)
		}
		if b.Left {
			member = v.t.T("regime.left", "who", member)
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.name(string(b.Coalition)), Value: string(b.Coalition)}, {Text: member, Value: string(b.Actor)}, v.stamp(b.When), {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, {Text: b.Note}, indexCell(r.Since)}})
	}
}

func (v *visit) coverageTable(p *regimePage, reg *truce.Regime, n int64) {
	t := p.add(&Table{ID: "coverage", Quiet: true, Caption: v.t.T("regime.coverage"), Empty: v.t.T("regime.no_coverage"), Columns: v.columns("name", "area", "claimed_by", "when", "note", "statement")})
	for _, r := range reg.Coverages(n) {
		b := r.Body
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: v.spanName(b.Span), Sub: string(b.Span)}, {Text: v.area(b.Area)}, {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, v.stamp(b.When), {Text: b.Note}, indexCell(r.Since)}})
	}
}

// apiRegime answers which terms are in force at ?at=, as known at ?n=, and how
// every claimed span stands.
func (s *site) apiRegime(v *visit) (any, error) {
	at, n, err := v.asKnown()
	if err != nil {
		return nil, err
	}
	v.view = s.o.Centre.Picture().View(v.view.Viewer(), n+1, at)
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, err
	}
	return reg.InForce(at, n), nil
}

// bodies reads the standing statements of some kinds, oldest first, with their
// bodies.
func (v *visit) bodies(kinds ...truce.Kind) ([]said, error) {
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: kinds, Standing: true, Oldest: true, Limit: maxWords})
	if err != nil {
		return nil, err
	}
	out := make([]said, 0, len(all))
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		out = append(out, said{s, body})
	}
	return out, nil
}

// said is a statement with its body.
type said struct {
	picture.Statement
	body truce.Body
}
