package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// clockPart is a clock of a case.
type clockPart struct {
	Name    string
	Due     Deadline
	Stopped bool
	Late    bool // stopped after its end
}

func caseLink(t *Tongue, c picture.Case) Link {
	return Link{t.T("docket.case", "n", c.File.Number), "/docket/" + strconv.Itoa(c.File.Number)}
}

// caseBadge is the sign of where a case stands at a time: a decision by its
// kind, a request that ran out as no reply.
func caseBadge(f truce.CaseFile, now truce.Instant) string {
	switch f.State {
	case truce.CaseDecided:
		if f.Finding.Kind == truce.JointWithReservation {
			return "joint_reservation"
		}
		return string(f.Finding.Kind)
	case truce.CaseRequested:
		if slices.ContainsFunc(f.Requests, func(r truce.RequestFile) bool { return r.NoReply(now) }) {
			return "no_reply"
		}
		return "requested"
	default:
	}
	return string(f.State)
}

// clocks are the clocks of a case: those that run, the nearest end first, then
// those that were stopped.
func (v *visit) clocks(f truce.CaseFile, stopped bool) []clockPart {
	var out []clockPart
	sorted := slices.Clone(f.Clocks)
	slices.SortStableFunc(sorted, func(a, b truce.CaseClock) int { return cmp.Compare(a.Due, b.Due) })
	for _, k := range sorted {
		if k.Stopped == 0 {
			out = append(out, clockPart{Name: v.t.T("clock_of." + k.Name), Due: Deadline{v.local(k.Due), v.local(v.view.Now())}})
		}
	}
	for _, k := range sorted {
		if k.Stopped != 0 && stopped {
			out = append(out, clockPart{v.t.T("clock_of." + k.Name), Deadline{v.local(k.Due), v.local(k.Stopped)}, true, k.Late()})
		}
	}
	return out
}

// casePart is a case in a list.
type casePart struct {
	Link     Link
	Incident Link
	Title    string
	Badge    string
	Clocks   []clockPart
	Tasks    []string // what the visitor's office has still to do
	first    truce.Instant
}

func (v *visit) casePart(c picture.Case) casePart {
	p := casePart{Link: caseLink(v.t, c), Title: c.File.Title, Badge: caseBadge(c.File, v.view.Now()), Clocks: v.clocks(c.File, false), Tasks: v.tasks(c.File)}
	if i, err := v.view.Incident(v.ctx(), c.File.Incident); err == nil {
		p.Incident = Link{v.title(i), incidentID(i).Href}
	}
	if len(p.Clocks) > 0 {
		p.first = truce.At(p.Clocks[0].Due.Due)
	}
	return p
}

// tasks says what the office that the visitor acts as has still to do in a
// case: what only it can do, and what waits for it.
func (v *visit) tasks(f truce.CaseFile) []string {
	if v.me.ID == "" {
		return nil
	}
	var out []string
	mine := func(list []truce.Filed) bool {
		return slices.ContainsFunc(list, func(x truce.Filed) bool { return x.Office == v.me.ID && x.Round == f.Round })
	}
	forms := v.allowed(f)
	if v.me.Role == truce.CoChair && slices.Contains(forms, "assessment") && !mine(f.Texts) {
		out = append(out, v.t.T("task.assess"))
	}
	if n := len(f.Proposals); n > 0 && f.State == truce.CaseDeliberation && v.me.Role == truce.CoChair {
		p := f.Proposals[n-1]
		if !slices.ContainsFunc(p.Answers, func(a truce.Answered) bool { return a.Office == v.me.ID }) {
			out = append(out, v.t.T("task.answer"))
		}
	}
	if f.State == truce.CaseRegistered && (v.me.Role == truce.CoChair || v.me.Role == truce.Mediator || v.me.Role == truce.Centre) {
		out = append(out, v.t.T("task.triage"))
	}
	if f.State == truce.CaseDeliberation && v.me.Role == truce.Mediator && len(f.Proposals) == 0 {
		out = append(out, v.t.T("task.propose"))
	}
	return out
}

// openCases are the cases without an end, those first whose clock ends first.
func (v *visit) openCases(limit int) ([]casePart, error) {
	all, err := v.view.Cases(v.ctx())
	if err != nil {
		return nil, err
	}
	var out []casePart
	for _, c := range all {
		if !c.File.Ended() {
			out = append(out, v.casePart(c))
		}
	}
	slices.SortStableFunc(out, func(a, b casePart) int {
		return cmp.Compare(pick(a.first == 0, 1<<60, a.first), pick(b.first == 0, 1<<60, b.first))
	})
	return out[:min(len(out), limit)], nil
}

type docketPage struct {
	page
	Mine     []casePart
	Office   string
	States   []Field
	Requests []requestPart // of a liaison
	Notices  []noticePart
}

// docket lists the cases by where they stand.
func (s *site) docket(v *visit) error {
	p, err := queryDocket(v)
	if err != nil {
		return err
	}
	return v.show("docket", p)
}

func queryDocket(v *visit) (*docketPage, error) {
	p := &docketPage{page: v.page(), Office: v.officeName(v.me.ID)}
	state := v.q.Get("state")
	var choices []Choice
	for _, s := range []string{"open", "overdue", "ended"} {
		choices = append(choices, Choice{s, v.t.T("docket_filter." + s)})
	}
	p.States = []Field{{Name: "state", Label: v.t.T("col.state"), Value: state, Choices: choices}}
	all, err := v.view.Cases(v.ctx())
	if err != nil {
		return nil, err
	}
	t := p.add(v.caseTable())
	for _, c := range all {
		if part := v.casePart(c); len(part.Tasks) > 0 {
			p.Mine = append(p.Mine, part)
		}
		if v.wanted(c.File, state) {
			t.Rows = append(t.Rows, v.caseRow(c))
		}
	}
	if p.Requests, err = v.myRequests(); err != nil {
		return nil, err
	}
	p.Notices, err = v.myNotices()
	return p, err
}

func (v *visit) wanted(f truce.CaseFile, state string) bool {
	switch state {
	case "open":
		return !f.Ended()
	case "ended":
		return f.Ended()
	case "overdue":
		return len(f.Overdue(v.view.Now())) > 0
	}
	return true
}

func (v *visit) caseTable() *Table {
	t := v.t
	return &Table{ID: "cases", Quiet: true, Caption: t.T("docket.cases"), Empty: t.T("docket.none"), Columns: []Column{
		{Key: "case", Label: t.T("col.case")}, {Key: "about", Label: t.T("col.about")}, {Key: "state", Label: t.T("col.state")},
		{Key: "opened", Label: t.T("col.opened")}, {Key: "trigger", Label: t.T("col.trigger")}, {Key: "clock", Label: t.T("col.next_clock")},
		{Key: "finding", Label: t.T("col.finding")},
	}}
}

func (v *visit) caseRow(c picture.Case) Row {
	f := c.File
	part := v.casePart(c)
	about := Cell{Text: cmp.Or(f.Title, part.Incident.Label), Href: part.Incident.Href}
	trigger := Cell{Text: v.t.T("trigger." + f.Trigger), Value: f.Trigger}
	if f.Rule != "" {
		trigger.Sub, trigger.Value = v.t.T("threshold."+f.Rule), f.Trigger+" "+f.Rule
	}
	clock := Cell{Missing: "no_clock"}
	if len(part.Clocks) > 0 {
		clock = Cell{Due: &part.Clocks[0].Due, Text: part.Clocks[0].Name, Sub: part.Clocks[0].Name}
	}
	return Row{Cells: []Cell{linked(part.Link), about, {Badge: part.Badge}, v.instant(f.Opened), trigger, clock, v.findingCell(f.Finding)}}
}

func (v *visit) findingCell(f truce.Finding) Cell {
	if f.Kind == truce.Undecided {
		return Cell{Missing: "undecided"}
	}
	c := Cell{Text: v.label("finding.", string(f.Kind)), Value: string(f.Kind)}
	if f.Outcome != "" {
		c.Sub = v.jointOutcome(f.Outcome)
		c.Value += " " + string(f.Outcome)
	}
	return c
}

// jointOutcome is an outcome in joint words: confirmed means by all co-chairs,
// and it says so.
func (v *visit) jointOutcome(o truce.Outcome) string {
	if o == truce.Violation {
		return v.t.T("outcome.joint_violation")
	}
	return v.label("outcome.", string(o))
}

// requestPart is an information request and what came of it.
type requestPart struct {
	Statement Link
	ID        truce.StatementID
	Case      Link
	Party     string
	Through   string
	Alleged   string
	Asks      []string
	Asked     Cell
	Due       Deadline
	Reply     string
	ReplyLang string
	ReplyLink Link
	Replied   Cell
	NoReply   bool
	MayReply  bool
	Answered  bool // by the reader's own office
}

// myRequests are the requests that a liaison may read: what its party is
// accused of, never by whom.
func (v *visit) myRequests() ([]requestPart, error) {
	if v.me.Role != truce.Liaison {
		return nil, nil
	}
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: []truce.Kind{"information-request"}, Standing: true, Limit: picture.MaxPage})
	if err != nil {
		return nil, err
	}
	var out []requestPart
	for _, s := range all {
		p, err := v.request(truce.RequestFile{Statement: s.ID, Asked: s.Received()})
		if err != nil {
			return nil, err
		}
		if err := v.myReply(&p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// myReply finds the reply of the visitor's office to a request, and its clock
// in the case's public file.
func (v *visit) myReply(p *requestPart) error {
	by, err := v.view.CitedBy(v.ctx(), p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(by, func(x picture.Statement) bool { return x.Kind == "reply" && x.Office == v.me.ID })
	if p.Answered, p.MayReply = i >= 0, i < 0; p.Answered {
		body, err := by[i].Body()
		if err != nil {
			return err
		}
		if x, ok := body.(*truce.Reply); ok {
			p.Reply, p.ReplyLang, p.ReplyLink, p.Replied = x.Text, x.Lang, statementLink(by[i].Index), v.instant(by[i].Received())
		}
	}
	return nil
}

// request reads a request and its reply.
func (v *visit) request(r truce.RequestFile) (requestPart, error) {
	p := requestPart{
		Statement: v.statement(r.Statement), ID: r.Statement, Asked: v.instant(r.Asked), Due: Deadline{v.local(r.Due), v.local(v.view.Now())},
		NoReply: r.NoReply(v.view.Now()),
	}
	body, err := v.bodyOf(r.Statement)
	if err != nil {
		return p, err
	}
	if x, ok := body.(*truce.InformationRequest); ok {
		p.Party, p.Through, p.Alleged, p.Asks = v.name(string(x.Party)), v.officeName(x.Through), x.Alleged, x.Asks
		if c, err := v.view.CaseByID(v.ctx(), x.Case); err == nil {
			p.Case = caseLink(v.t, c)
			for _, k := range c.File.Clocks {
				if k.Of == r.Statement && r.Due == 0 {
					p.Due.Due = v.local(k.Due)
				}
			}
		}
	}
	if r.Reply.IsZero() {
		return p, nil
	}
	p.Replied, p.ReplyLink = v.instant(r.Replied), v.statement(r.Reply)
	if body, err = v.bodyOf(r.Reply); err != nil {
		return p, err
	}
	if x, ok := body.(*truce.Reply); ok {
		p.Reply, p.ReplyLang = x.Text, x.Lang
	}
	return p, nil
}

// bodyOf reads a statement's own part; nil where the reader may not read it.
func (v *visit) bodyOf(id truce.StatementID) (truce.Body, error) {
	s, err := v.view.StatementByID(v.ctx(), id)
	if truce.KindOf(err) == truce.Unknown {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.Body()
}

// noticePart is a notice to the visitor's office.
type noticePart struct {
	Statement     Link
	ID            truce.StatementID
	Subject, Text string
	Number        int // in the office's own series
	Sent          Cell
	Due           Deadline
	Acknowledged  bool
}

func (v *visit) myNotices() ([]noticePart, error) {
	if v.me.ID == "" {
		return nil, nil
	}
	all, err := v.bodies("notice")
	if err != nil {
		return nil, err
	}
	var out []noticePart
	for _, s := range all {
		n, ok := s.body.(*truce.Notice)
		if !ok || n.To != v.me.ID {
			continue
		}
		p := noticePart{statementLink(s.Index), s.ID, n.Subject, n.Text, len(out) + 1, v.instant(s.Received()), Deadline{v.local(n.Due), v.local(v.view.Now())}, false}
		by, err := v.view.CitedBy(v.ctx(), s.ID)
		if err != nil {
			return nil, err
		}
		p.Acknowledged = slices.ContainsFunc(by, func(x picture.Statement) bool { return x.Kind == "acknowledgement" && x.Office == v.me.ID })
		out = append(out, p)
	}
	slices.Reverse(out)
	return out, nil
}

// openCase opens a case about an incident in the name of the visitor's office.
func (s *site) openCase(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, err := truce.ParseClaimRef(form.Get("incident"))
	if err != nil {
		return err
	}
	if _, err := v.say(&truce.Case{Incident: id, Trigger: "office", Note: form.Get("note")}); err != nil {
		return err
	}
	i, err := v.view.Incident(v.ctx(), id)
	if err != nil {
		return err
	}
	return v.see("/docket/" + strconv.Itoa(i.Case))
}

// acknowledge says that a notice was received.
func (s *site) acknowledge(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	var id truce.StatementID
	if err := id.UnmarshalText([]byte(form.Get("notice"))); err != nil {
		return err
	}
	if _, err := v.say(&truce.Acknowledgement{Notice: id}); err != nil {
		return err
	}
	return v.see("/docket#notices")
}

// reply answers a request for information.
func (s *site) reply(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	body, err := replyOf(form, v.t.Code)
	if err != nil {
		return err
	}
	if _, err := v.say(body); err != nil {
		return err
	}
	return v.see(local(form.Get("back")))
}

func replyOf(form url.Values, lang string) (*truce.Reply, error) {
	b := &truce.Reply{Text: form.Get("reply-text"), Lang: lang, Complies: form.Get("reply-complies")}
	return b, b.Request.UnmarshalText([]byte(form.Get("request")))
}
