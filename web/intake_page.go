package web

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

type intakePage struct {
	page
	Fields []Field
	Pager  Pager
	May    bool // the visitor's office may file
	Quota  int64
}

// intake lists what came in.
func (s *site) intake(v *visit) error {
	p, err := queryIntake(v)
	if err != nil {
		return err
	}
	return v.show("intake", p)
}

func queryIntake(v *visit) (*intakePage, error) {
	p := &intakePage{page: v.page(), May: v.may("report")}
	t, q := v.t, v.q
	house, err := v.view.House(v.ctx())
	if err != nil {
		return nil, err
	}
	p.Fields = []Field{
		{Name: "channel", Label: t.T("col.channel"), Value: q.Get("channel"), Choices: v.pairs("channel.", channels()...)},
		{Name: "office", Label: t.T("col.office"), Value: q.Get("office"), Choices: v.offices()},
	}
	before, err := number(q.Get("before"))
	if err != nil {
		return nil, err
	}
	f := picture.StatementFilter{Kinds: []truce.Kind{"report", "observation"}, Office: truce.OfficeID(q.Get("office")), Before: before, Limit: pick(q.Get("f") == "csv", picture.MaxPage, rowsPerPage)}
	all, err := v.view.Statements(v.ctx(), f)
	if err != nil {
		return nil, err
	}
	table := p.add(&Table{ID: "reports", Caption: t.T("intake.table"), Empty: t.T("intake.none"), Columns: v.columns("statement", "received", "channel", "publisher", "title", "lang", "state")})
	table.Columns = append(table.Columns, Column{Key: "claims", Label: t.T("col.claims"), Number: true})
	for _, s := range all {
		row, channel, err := v.intakeRow(s)
		if err != nil {
			return nil, err
		}
		if c := q.Get("channel"); c == "" || c == channel {
			table.Rows = append(table.Rows, row)
		}
	}
	if len(all) == f.Limit {
		p.Pager.Next = p.With("before", strconv.FormatInt(all[len(all)-1].Index, 10))
	}
	if before > 0 {
		p.Pager.Prev = p.With("before", "")
	}
	if err := v.toldTable(p); err != nil {
		return nil, err
	}
	p.find(q.Get("q"))
	return p, v.quota(p, house.Procedure)
}

// quota adds the table of what each office has filed on this counting day beside
// the limit that all have.
func (v *visit) quota(p *intakePage, rules truce.Procedure) error {
	if p.Quota = rules.QuotaPerDay; p.Quota == 0 {
		return nil
	}
	from, to, err := rules.Zone.DayBounds(rules.Zone.DayOf(v.view.Now()))
	if err != nil {
		return err
	}
	filed, err := v.view.Filed(v.ctx(), from, to)
	if err != nil {
		return err
	}
	table := p.add(&Table{ID: "quota", Caption: v.t.T("intake.quota_table"), Columns: v.columns("office")})
	table.Columns = append(table.Columns, Column{Key: "filed", Label: v.t.T("intake.filed"), Number: true}, Column{Key: "limit", Label: v.t.T("intake.limit"), Number: true})
	for _, o := range v.house.Offices {
		table.Rows = append(table.Rows, Row{Cells: []Cell{{Text: v.officeName(o.ID), Value: string(o.ID)}, {Text: v.t.Number(filed[o.ID])}, {Text: v.t.Number(p.Quota)}}})
	}
	return nil
}

// toldDays is how many days that ended the table of what people told reaches back.
const toldDays = 30

// told counts what people told the centre, in cells that point at nobody.
func (v *visit) told() ([]truce.Cell, int, error) {
	k, zone := v.house.Procedure.SmallestCell(), v.house.Procedure.Zone
	today := zone.DayOf(v.view.Now())
	settled := zone.DayOf(v.words.last) == today // an entry of today is folded, so all before today are
	cells, err := v.s.memo.toldOn(today+" "+strconv.Itoa(k), settled, func() ([]truce.Cell, error) { return v.view.Told(v.ctx(), zone, k, toldDays) })
	return cells, k, err
}

func (v *visit) toldTable(p *intakePage) error {
	cells, k, err := v.told()
	if err != nil {
		return err
	}
	t := p.add(&Table{ID: "told", Caption: v.t.T("intake.told"), Note: v.t.T("intake.told_note", "k", k), Empty: v.t.T("intake.told_none", "k", k), Columns: v.columns("day", "adm1")})
	t.Columns = append(t.Columns, Column{Key: "n", Label: v.t.T("col.reports"), Number: true})
	for _, c := range slices.Backward(cells) {
		unit := Cell{Text: v.t.T("intake.told_rest")}
		if c.Adm1 != "" {
			unit = Cell{Text: v.unitName(c.Adm1), Value: string(c.Adm1)}
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: c.Day}, unit, {Text: v.t.Number(int64(c.N))}}})
	}
	return nil
}

// apiTold counts what people told the centre, on the telephone or without a
// name, by day of receipt and unit.
func (s *site) apiTold(v *visit) (any, error) {
	cells, k, err := v.told()
	return struct {
		Smallest int `json:"smallest"` // no number under it is given
		list
	}{k, v.list(nonNil(cells), "")}, err
}

func channels() []string {
	return []string{"article", "bulletin", "hotline", "field", "dataset", "form", "letter", "social", "broadcast"}
}

func (v *visit) intakeRow(s picture.Statement) (Row, string, error) {
	body, err := s.Body()
	if err != nil {
		return Row{}, "", err
	}
	claims, err := v.view.ClaimsOf(v.ctx(), s.Index)
	if err != nil {
		return Row{}, "", err
	}
	link := linked(statementLink(s.Index))
	link.Value = strconv.FormatInt(s.Index, 10)
	channel, publisher, title, lang := "field", v.officeName(s.Office), "", ""
	switch r := body.(type) {
	case *truce.Report:
		channel, title, lang = r.Channel, v.reportTitle(r), r.Lang
		if r.Publisher != "" {
			publisher = v.name(r.Publisher)
		}
	case *truce.Observation:
		title = v.comma(v.t.T("observed."+r.Means), v.place(r.Position))
	}
	return Row{Cells: []Cell{
		link, v.instant(s.Received()), {Text: v.t.T("channel." + channel), Value: channel}, {Text: publisher},
		{Text: title, Href: "/intake/" + strconv.FormatInt(s.Index, 10)}, {Text: lang}, v.statementState(s), {Text: v.t.Number(int64(len(claims)))},
	}}, channel, nil
}

type reportPage struct {
	page
	Title, Channel, Publisher, Lang string
	Statement, Source               Link
	Received                        Cell
	Dated                           Cell
	Counts                          []Fact
	Segments                        []Segment
	Claims                          []reviewed
	Entries                         []Moment // what people accepted, corrected or rejected
	Learned                         []string // lines of a dictionary that the corrections amount to
	May                             bool     // the visitor's office may review
	Fault                           string
	Sealed                          bool // the words are in the vault, not here
}

// report shows one report: its text with the claims that were read in it, each
// field with its words and its rule.
func (s *site) report(v *visit) error {
	p, err := queryReport(v)
	if err != nil {
		return err
	}
	return v.show("report", p)
}

func queryReport(v *visit) (*reportPage, error) {
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return nil, err
	}
	body, err := x.Body()
	if err != nil {
		return nil, err
	}
	l := statementLink(x.Index)
	p := &reportPage{page: v.page(Link{v.t.T("nav.intake"), "/intake"}, Link{l.Label, ""}), Statement: l, Received: v.instant(x.Received()), May: v.may("claim")}
	claims, err := v.view.ClaimsOf(v.ctx(), x.Index)
	if err != nil {
		return nil, err
	}
	switch r := body.(type) {
	case *truce.Report:
		v.fillReport(p, r, claims)
	case *truce.Observation:
		p.Title, p.Channel, p.Publisher = v.t.T("observed."+r.Means), v.t.T("channel.field"), v.officeName(x.Office)
		p.Claims = v.reviews("", claims)
	default:
		return nil, &truce.Error{Kind: truce.Unknown, Why: v.t.T("intake.no_report")}
	}
	p.add(v.claimTable(claims))
	words, lang := "", ""
	if r, ok := body.(*truce.Report); ok {
		words, lang = r.Text, r.Lang
	}
	p.Entries, p.Learned, err = v.entries(x.ID, words, lang)
	return p, err
}

func (v *visit) fillReport(p *reportPage, r *truce.Report, claims []picture.Claim) {
	p.Title, p.Channel, p.Lang, p.Dated = v.reportTitle(r), v.t.T("channel."+r.Channel), r.Lang, v.instant(r.Date)
	p.Publisher = v.t.T("missing.not_stated")
	if r.Publisher != "" {
		p.Publisher = v.name(r.Publisher)
	}
	if r.URL != "" {
		p.Source = Link{r.URL, r.URL}
	}
	for _, c := range r.Counts {
		p.Counts = append(p.Counts, Fact{strings.TrimSpace(c.What + " " + c.Place), v.t.Number(int64(c.N))})
	}
	p.Sealed = r.Text == "" && !r.Commitment.IsZero()
	p.Segments = Segments(r.Text, marksOf(claims))
	p.Claims = v.reviews(r.Text, claims)
}

// marksOf are the stretches of a text that its claims rest on.
func marksOf(claims []picture.Claim) []Mark {
	var all []Mark
	for i, c := range claims {
		add := func(s *truce.Span, layer string) {
			if s != nil && s.End > s.Start {
				all = append(all, Mark{From: int(s.Start), To: int(s.End), Layer: layer})
			}
		}
		if s := c.Claim.Clause; s != nil {
			all = append(all, Mark{int(s.Start), int(s.End), "claim-mark", i + 1, rowID(i)})
		}
		add(c.Claim.Trigger, "act")
		for _, r := range slices.Concat(c.Claim.Actors, c.Claim.Targets) {
			add(r.Span, "actor")
		}
		for _, w := range c.Claim.Where {
			add(w.Span, "place")
		}
		add(c.Claim.When.Span, "when")
		for _, k := range c.Claim.Casualties {
			add(k.Span, "count")
		}
		for _, s := range c.Claim.Sources {
			add(s.Span, "speaker")
		}
	}
	return all
}

func rowID(i int) string { return "claim-" + strconv.Itoa(i+1) }

// reviewed is a claim that may be accepted, fixed or rejected.
type reviewed struct {
	ID       string
	Number   int
	Ref      truce.ClaimRef
	Line     string
	Speaker  string
	Incident Link
	Similar  []similar
	Machine  bool
	Rows     []reviewField
	Fix      []Field
	Map      Drawn // of the places that its words may mean
}

// similar is an incident that a draft's claim may be about.
type similar struct {
	Incident Link
	Title    string
	At       string
	Bars     []weightBar
	Sum      string
}

// warn lists the incidents that a draft's claim may be about, as far as the
// reader may see them.
func (v *visit) warn(all []centre.Similar) []similar {
	var out []similar
	for _, s := range all {
		if i, err := v.view.Incident(v.ctx(), s.Incident); err == nil {
			out = append(out, similar{incidentID(i), v.title(i), bits(s.Weight), v.waterfall(s.Reasons), bits(s.Sum)})
		}
	}
	return out
}

// once keeps the first warning of each incident.
func once(all []similar) []similar {
	var out []similar
	for _, s := range all {
		if !slices.ContainsFunc(out, func(o similar) bool { return o.Incident == s.Incident }) {
			out = append(out, s)
		}
	}
	return out
}

// reviewField is one field of a claim: its value, the words it was read in,
// and the rule that filled it.
type reviewField struct {
	Name, Value, Words, Rule string
	ID                       string // of its row
	Field                    string // of truce.ClaimFields, on its first row: by which it is accepted alone
	Key                      string // of the question that corrects it; empty: none does
	Drop                     bool   // it can be rejected alone; else it goes with its claim
	Decided                  Link   // who decided it, if somebody did
	Against                  Link   // who of another office had said otherwise
	Read                     string // what the machine says, where a person said otherwise
	At                       string // anchor of its words in the text
	Doubt                    bool   // the machine guessed: look at it first
}

func (v *visit) reviews(words string, claims []picture.Claim) []reviewed {
	var all []reviewed
	drawn := 0
	for i, c := range claims {
		r := reviewed{ID: rowID(i), Number: i + 1, Ref: c.Ref, Line: v.claimLine(c.Claim), Speaker: v.speaker(c), Machine: c.Machine, Rows: v.reviewFields(words, i, c)}
		if !c.Incident.IsZero() {
			if in, err := v.view.Incident(v.ctx(), c.Incident); err == nil {
				r.Incident = incidentID(in)
			}
		}
		r.Fix = v.fixFields(i, c.Claim)
		if drawn < maxCandidateMaps {
			if r.Map = v.candidateMap(i, c.Claim); r.Map.SVG != "" {
				drawn++
			}
		}
		all = append(all, r)
	}
	return all
}

// reviewFields lists what a claim says, field by field, with who decided it.
func (v *visit) reviewFields(words string, n int, c picture.Claim) []reviewField {
	rows := v.fieldRows(words, c.Claim)
	for _, d := range c.Decided { // a field that a person left empty is a row too
		if !c.Claim.States(d.Field) {
			rows = append(rows, reviewField{Name: v.fieldName(d.Field), Field: d.Field})
		}
	}
	var read []reviewField
	if c.Read != nil {
		read = v.fieldRows("", *c.Read)
	}
	told := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		r.ID = rowID(n) + "-" + strconv.Itoa(i+1)
		if told[r.Field] {
			r.Field, r.Drop = "", false // the field is decided as a whole, in its first row
			continue
		}
		told[r.Field] = true
		at := slices.IndexFunc(c.Decided, func(d picture.Decided) bool { return d.Field == r.Field })
		if at < 0 {
			continue
		}
		d := c.Decided[at]
		r.Doubt, r.Decided = false, Link{v.t.T("review."+d.How) + " · " + v.officeName(d.Office), statementLink(d.Index).Href}
		if d.Against != "" {
			r.Against = Link{v.officeName(d.Against), statementLink(d.AgainstAt).Href}
		}
		if c.Read != nil && !c.Read.SameIn(r.Field, c.Claim) {
			r.Read = v.t.T("missing.not_stated")
			if j := slices.IndexFunc(read, func(x reviewField) bool { return x.Field == r.Field }); j >= 0 {
				r.Read = read[j].Value
			}
		}
	}
	return rows
}

// fieldName is what a page calls a field of a claim.
func (v *visit) fieldName(field string) string {
	switch field {
	case "event", "weapon":
		return v.t.T("col.what")
	case "stance":
		return v.t.T("claim.stance")
	case "speaker", "where", "when":
		return v.t.T("col." + field)
	case "actor":
		return v.t.T("col.alleged")
	case "target":
		return v.t.T("col.against")
	case "object", "form":
		return v.t.T("fix." + field)
	}
	return v.t.T("col.casualties") + ": " + v.t.T("casualty."+strings.ReplaceAll(field, "-", "_"))
}

// fieldRows lists what a claim says, field by field.
func (v *visit) fieldRows(words string, c truce.Claim) []reviewField {
	cut := func(s *truce.Span) string {
		if s == nil || int(s.End) > len(words) || s.Start >= s.End {
			return ""
		}
		return words[s.Start:s.End]
	}
	var rows []reviewField
	add := func(r reviewField, span *truce.Span) {
		r.Name, r.Words = v.t.T(r.Name), cut(span)
		if r.Words != "" {
			r.At = anchor(int(span.Start))
		}
		rows = append(rows, r)
	}
	add(reviewField{Name: "col.what", Value: v.what(c), Rule: strings.Join(c.Rules, ", "), Field: "event", Key: "event"}, c.Trigger)
	add(reviewField{Name: "claim.stance", Value: v.t.T("stance." + string(stanceOf(c))), Rule: c.Modality, Field: "stance", Key: "stance", Doubt: c.Modality != ""}, nil)
	for _, s := range c.Sources {
		add(reviewField{Name: "col.speaker", Value: v.ref(s.Ref), Rule: strings.TrimSpace(s.Mode + " " + s.Verb + " " + s.Via), Field: "speaker"}, s.Span)
	}
	for _, a := range c.Actors {
		add(reviewField{Name: "col.alleged", Value: v.ref(a), Rule: a.Via, Field: "actor", Key: "actor", Drop: true, Doubt: a.ID == "unknown" && a.Span != nil}, a.Span)
	}
	for _, a := range c.Targets {
		add(reviewField{Name: "col.against", Value: v.ref(a), Rule: a.Via, Field: "target", Key: "target", Drop: true, Doubt: a.ID == "unknown" && a.Span != nil}, a.Span)
	}
	for i, w := range c.Where {
		score := ""
		if w.Score > 0 {
			score = v.t.T("intake.score", "n", w.Score)
		}
		add(reviewField{Name: "col.where", Value: v.comma(v.place(w), v.unit(w)), Rule: score, Field: "where", Key: "where", Drop: true, Doubt: i == 0 && w.Score > 0 && w.Score < sureScore}, w.Span)
	}
	if !c.When.IsZero() {
		add(reviewField{Name: "col.when", Value: v.when(c.When), Rule: c.When.Kind, Field: "when", Key: "from", Drop: true, Doubt: c.When.Kind == "cross-sentence"}, c.When.Span)
	}
	for _, k := range c.Casualties {
		key := pick(k.Kind == truce.Killed || k.Kind == truce.Wounded, string(k.Kind)+"-low", "")
		add(reviewField{Name: "col.casualties", Value: v.casualties([]truce.Casualty{k}), Rule: k.Qual, Field: string(k.Kind), Key: key, Drop: true}, k.Span)
	}
	return rows
}

// sureScore is the score, per mille, from which a place needs no second look.
const sureScore = 950

// anchor names the place in the passage where words begin.
func anchor(at int) string { return "at-" + strconv.Itoa(at) }

// fixFields are the questions by which a person corrects a claim. An answer
// left at "not stated" rejects that field.
func (v *visit) fixFields(i int, c truce.Claim) []Field {
	ask := func(name, label, value string, choices ...Choice) Field {
		return Field{Name: fixName(i, name), Label: v.t.T(label), Value: value, Choices: choices}
	}
	event, stance := ask("event", "col.what", c.Event, v.nodes(truce.Acts)...), ask("stance", "claim.stance", string(stanceOf(c)), v.stances()...)
	event.Required, stance.Required = true, true
	places := []Choice{}
	for n, w := range c.Where {
		places = append(places, Choice{strconv.Itoa(n), v.comma(v.place(w), v.unit(w))})
	}
	where := ask("where", "col.where", "", places...)
	if len(places) > 0 {
		where.Value = "0"
	}
	from, to := ask("from", "fix.from", ""), ask("to", "fix.to", "")
	from.Type, to.Type = "datetime-local", "datetime-local"
	from.Value, to.Value = v.wall(c.When.From), v.wall(c.When.To)
	fields := []Field{
		event, ask("form", "fix.form", string(c.Form), v.pairs("form_of.", "attribution", "casualty", "denial", "status", "aggregate", "background")...), stance,
		ask("actor", "col.alleged", refID(c.Actors), v.actorsWith(c.Actors)...), ask("target", "col.against", refID(c.Targets), v.actorsWith(c.Targets)...),
		ask("object", "fix.object", c.Object, v.nodes(truce.Objects)...), where,
	}
	if len(places) == 0 {
		fields = fields[:len(fields)-1]
	}
	name := ask("place", "fix.place", "")
	name.Hint = v.t.T("fix.place_hint")
	fields = append(fields, name, from, to)
	for _, kind := range []truce.CasualtyKind{truce.Killed, truce.Wounded} {
		low, high := tollOf(c, kind)
		for n, value := range []string{low, high} {
			f := ask(string(kind)+pick(n == 0, "-low", "-high"), pick(n == 0, "fix_low.", "fix_high.")+string(kind), value)
			f.Type = "number"
			fields = append(fields, f)
		}
	}
	return append(fields, ask("why", "col.why", ""))
}

func fixName(i int, name string) string { return "c" + strconv.Itoa(i+1) + "-" + name }

func (v *visit) nodes(kind truce.NodeKind) []Choice {
	var out []Choice
	for _, n := range truce.Taxonomy() {
		if n.Kind == kind {
			out = append(out, Choice{n.Name, v.word(n.Name)})
		}
	}
	return out
}

func (v *visit) stances() []Choice {
	return v.pairs("stance.", string(truce.Reported), string(truce.Stated), string(truce.Alleged), string(truce.Denied), string(truce.Conditional), string(truce.Urged), string(truce.Planned), string(truce.Expected))
}

// actorsWith are the actors of the registry and those that the claim names.
func (v *visit) actorsWith(named []truce.Ref) []Choice {
	out := v.actorChoices()
	for _, r := range named {
		if r.ID != "" && !slices.ContainsFunc(out, func(c Choice) bool { return c.Value == r.ID }) {
			out = append(out, Choice{r.ID, v.ref(r)})
		}
	}
	return out
}

func refID(refs []truce.Ref) string {
	if len(refs) == 0 {
		return ""
	}
	return refs[0].ID
}

func tollOf(c truce.Claim, kind truce.CasualtyKind) (low, high string) {
	for _, k := range c.Casualties {
		if k.Kind == kind && !k.Part {
			write := func(n int32) string { return pick(n == truce.Open, "", strconv.Itoa(int(n))) }
			return write(k.Low), write(k.High)
		}
	}
	return "", ""
}

// wall is a time for an input: the regime's wall clock.
func (v *visit) wall(i truce.Instant) string {
	if i == 0 {
		return ""
	}
	return v.local(i).Format("2006-01-02T15:04")
}

// entries are what people said about the claims of a report, and the lines of a
// dictionary by which the machine would have read it so.
func (v *visit) entries(report truce.StatementID, words, lang string) (out []Moment, learned []string, err error) {
	by, err := v.view.CitedBy(v.ctx(), report)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range by {
		body, err := s.Body()
		if err != nil {
			return nil, nil, err
		}
		e, ok := body.(*truce.ClaimEntry)
		if !ok {
			continue
		}
		what := pick(e.Claim == nil, "review.rejected", pick(e.Accepts, "review.accepted", pick(e.Replaces.IsZero(), "review.added", "review.fixed")))
		line := e.Why
		if e.Claim != nil {
			line = strings.TrimSuffix(v.claimLine(*e.Claim)+". "+e.Why, " ")
		}
		if len(e.Fields) > 0 {
			var fields []string
			for _, f := range e.Fields {
				fields = append(fields, v.fieldName(f))
			}
			line = v.comma(fields...) + ": " + line
		}
		if e.Machine != nil && e.Claim != nil && !e.Accepts {
			learned = append(learned, dictionaryLines(words, lang, *e.Machine, *e.Claim)...)
		}
		out = append(out, Moment{At: v.local(s.Received()), What: Link{v.t.T(what) + " · " + v.officeName(s.Office), statementLink(s.Index).Href}, Text: line, By: "human"})
	}
	return out, learned, nil
}

// review accepts, fixes or rejects one claim of a report, or adds one.
func (s *site) review(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	x, err := v.statementAt(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	entry, i, next, err := v.claimEntry(form, x)
	if err == nil {
		_, err = v.say(entry)
	}
	var e *truce.Error
	if errors.As(err, &e) {
		return v.showFaultyReview(form, i, e)
	}
	if err != nil {
		return err
	}
	return v.see("/intake/" + strconv.FormatInt(x.Index, 10) + "#" + next)
}

// showFaultyReview shows the report again with what was answered.
func (v *visit) showFaultyReview(form url.Values, i int, e *truce.Error) error {
	p, err := queryReport(v)
	if err != nil {
		return err
	}
	p.Fault = e.Why
	if i >= 0 && i < len(p.Claims) {
		keepAnswers(p.Claims[i].Fix, form, e, fixName(i, ""))
	}
	status, _ := statusOf(e)
	return v.s.pages.Render(v.w, status, "report", p)
}

// claimEntry makes what a reviewer says of a claim; i is its place on the page,
// and next the part of the page that comes after.
func (v *visit) claimEntry(form url.Values, x picture.Statement) (entry *truce.ClaimEntry, i int, next string, err error) {
	next = "reviewed"
	ref, err := truce.ParseClaimRef(form.Get("claim"))
	if err != nil {
		return nil, -1, next, err
	}
	claims, err := v.view.ClaimsOf(v.ctx(), x.Index)
	if err != nil {
		return nil, -1, next, err
	}
	if i = slices.IndexFunc(claims, func(c picture.Claim) bool { return c.Ref == ref }); i < 0 {
		return nil, -1, next, &truce.Error{Kind: truce.Unknown, Field: "claim", Why: v.t.T("review.gone")}
	}
	c := claims[i]
	entry = &truce.ClaimEntry{Report: x.ID, Replaces: ref, Why: form.Get(fixName(i, "why")), Marking: x.Marking}
	if c.Read != nil {
		entry.Machine = c.Read
	} else if c.Machine {
		entry.Machine = &c.Claim
	}
	if field := form.Get("keep"); field != "" {
		entry.Claim, entry.Accepts, entry.Fields = &c.Claim, true, []string{field}
		return entry, i, v.rowAfter(i, c, field, 1), nil
	}
	if field := form.Get("drop"); field != "" {
		entry.Fields = []string{field}
		entry.Claim, err = v.without(c.Claim, field)
		return entry, i, v.rowAfter(i, c, field, 0), err // its row goes to the end
	}
	switch form.Get("do") {
	case "accept":
		entry.Claim, entry.Accepts = &c.Claim, true
	case "reject":
	case "fix":
		if entry.Claim, err = v.fixed(form, i, c.Claim); err != nil {
			break
		}
		entry.Fields = slices.DeleteFunc(truce.ClaimFields(), func(f string) bool { return c.Claim.SameIn(f, *entry.Claim) })
		if len(entry.Fields) == 0 {
			err = &truce.Error{Kind: truce.Invalid, Field: "do", Why: v.t.T("review.unchanged")}
		}
	default:
		err = &truce.Error{Kind: truce.Invalid, Field: "do", Why: v.t.T("review.what")}
	}
	return entry, i, next, err
}

// rowAfter names the row so far behind that of a field of the claim at i, or the
// next claim where there is none.
func (v *visit) rowAfter(i int, c picture.Claim, field string, by int) string {
	rows := v.reviewFields("", i, c)
	if at := by + slices.IndexFunc(rows, func(r reviewField) bool { return r.Field == field }); at < len(rows) {
		return rows[max(at, 0)].ID
	}
	return rowID(i + 1)
}

// without is a claim with one of its fields rejected.
func (v *visit) without(c truce.Claim, field string) (*truce.Claim, error) {
	switch field {
	case "actor":
		c.Actors = nil
	case "target":
		c.Targets = nil
	case "where":
		c.Where = nil
	case "when":
		c.When = truce.When{}
	default:
		rest := slices.DeleteFunc(slices.Clone(c.Casualties), func(k truce.Casualty) bool { return string(k.Kind) == field })
		if len(rest) == len(c.Casualties) {
			return nil, &truce.Error{Kind: truce.Invalid, Field: "drop", Why: v.t.T("review.what")}
		}
		c.Casualties = rest
	}
	return &c, nil
}

// fixed is a claim with the answers of the form put in; what they do not touch
// stays as it was.
func (v *visit) fixed(form url.Values, i int, c truce.Claim) (*truce.Claim, error) {
	get := func(name string) string { return strings.TrimSpace(form.Get(fixName(i, name))) }
	c.Event, c.Form, c.Stance, c.Object = get("event"), truce.Form(get("form")), truce.Stance(get("stance")), get("object")
	c.Actors, c.Targets = refixed(c.Actors, get("actor")), refixed(c.Targets, get("target"))
	if err := v.fixPlace(&c, get("where"), get("place")); err != nil {
		return nil, err
	}
	if err := v.fixTime(&c.When, get("from"), get("to")); err != nil {
		return nil, err
	}
	for _, kind := range []truce.CasualtyKind{truce.Killed, truce.Wounded} {
		if err := fixToll(&c, kind, get(string(kind)+"-low"), get(string(kind)+"-high")); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// refixed keeps the list where its first is still meant, and else names the one.
func refixed(refs []truce.Ref, id string) []truce.Ref {
	switch {
	case id == refID(refs):
		return refs
	case id == "":
		return nil
	}
	return []truce.Ref{{ID: id, Via: "person"}}
}

func (v *visit) fixPlace(c *truce.Claim, candidate, name string) error {
	if name != "" {
		found := v.s.o.Centre.Places(name, v.t.Code)
		if len(found) == 0 {
			return &truce.Error{Kind: truce.Unknown, Field: "place", Why: v.t.T("fix.no_place", "name", name)}
		}
		c.Where = found[:1]
		return nil
	}
	n, err := strconv.Atoi(candidate)
	switch {
	case candidate == "":
		c.Where = nil
	case err != nil || n < 0 || n >= len(c.Where):
		return &truce.Error{Kind: truce.Invalid, Field: "where", Why: v.t.T("fix.where")}
	default:
		c.Where = append([]truce.Where{c.Where[n]}, slices.Delete(slices.Clone(c.Where), n, n+1)...)
	}
	return nil
}

// fixTime changes a time that the form answers otherwise than it was shown.
func (v *visit) fixTime(w *truce.When, from, to string) error {
	if from == v.wall(w.From) && to == v.wall(w.To) {
		return nil
	}
	out := truce.When{Precision: truce.ToMinute, Kind: "person", Wording: w.Wording, Span: w.Span}
	var err error
	if out.From, err = v.due(from); err != nil {
		return err
	}
	if out.To, err = v.due(to); err != nil {
		return err
	}
	if out.To == 0 && out.From != 0 {
		out.To = out.From + 60
	}
	if out.From == 0 && out.To == 0 {
		out = truce.When{}
	}
	*w = out
	return nil
}

func fixToll(c *truce.Claim, kind truce.CasualtyKind, low, high string) error {
	if l, h := tollOf(*c, kind); l == low && h == high {
		return nil
	}
	k := truce.Casualty{Kind: kind, Low: truce.Open, High: truce.Open, Qual: "range"}
	for _, side := range []struct {
		text string
		to   *int32
	}{{low, &k.Low}, {high, &k.High}} {
		if side.text == "" {
			continue
		}
		n, err := strconv.ParseInt(side.text, 10, 32)
		if err != nil || n < 0 {
			return &truce.Error{Kind: truce.Invalid, Field: string(kind), Why: strconv.Quote(side.text) + " is no whole number"}
		}
		*side.to = int32(n)
	}
	c.Casualties = slices.DeleteFunc(slices.Clone(c.Casualties), func(x truce.Casualty) bool { return x.Kind == kind && !x.Part })
	if k.Low == k.High {
		k.Qual = "exact"
	}
	if k.Low != truce.Open || k.High != truce.Open {
		c.Casualties = append(c.Casualties, k)
	}
	return nil
}

// zoned reads a day of the regime's calendar as its beginning; empty is not
// stated.
func (v *visit) zoned(day string) (truce.Instant, error) {
	if day == "" {
		return 0, nil
	}
	from, _, err := v.house.Procedure.Zone.DayBounds(day)
	return from, err
}

// today is the counting day now.
func (v *visit) today() string { return v.local(v.view.Now()).Format(time.DateOnly) }
