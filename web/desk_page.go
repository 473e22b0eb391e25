package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// maxTodo is how much of what is still to do the first page shows.
const maxTodo = 6

// todo is one thing that the visitor's office has still to do.
type todo struct {
	What  string
	Of    Link
	Badge string
	Due   Deadline // zero: no clock
}

type deskPage struct {
	page
	Office    string
	Todo      []todo
	Log       []Moment
	Handovers []handoverPart
	Forms     []caseForm
	Fault     string
}

// handoverPart is a hand-over within the visitor's office.
type handoverPart struct {
	ID        truce.StatementID
	Statement Link
	From, To  string
	At, Taken Cell
	Text      string
	Open      []string
	Mine      bool // the visitor's own desk may take over
}

// desk is what an office comes to: what it has still to do, its notices, its
// duty log and its hand-overs.
func (s *site) desk(v *visit) error {
	p, err := queryDesk(v)
	if err != nil {
		return err
	}
	return v.show("desk", p)
}

func queryDesk(v *visit) (p *deskPage, err error) {
	p = &deskPage{page: v.page(Link{v.t.T("nav.docket"), "/docket"}, Link{v.t.T("desk.title"), ""}), Office: v.officeName(v.me.ID)}
	if p.Todo, err = v.todo(); err != nil {
		return nil, err
	}
	if err := v.noticeTable(p); err != nil {
		return nil, err
	}
	if v.me.ID == "" {
		return p, nil
	}
	if err := v.dutyLog(p); err != nil {
		return nil, err
	}
	p.Forms = v.deskForms()
	return p, nil
}

// todo gathers what the visitor's office has still to do, what ends first
// before the rest.
func (v *visit) todo() ([]todo, error) {
	if v.me.ID == "" {
		return nil, nil
	}
	var all []todo
	for _, of := range []func() ([]todo, error){v.todoCases, v.todoNotices, v.todoReplies, v.todoSigned, v.todoProposals, v.todoShift} {
		some, err := of()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b todo) int {
		switch {
		case a.Due.Due.IsZero() || b.Due.Due.IsZero():
			return cmp.Compare(pick(a.Due.Due.IsZero(), 1, 0), pick(b.Due.Due.IsZero(), 1, 0))
		}
		return a.Due.Due.Compare(b.Due.Due)
	})
	return all, nil
}

// todoCases is what only this office can do in a case, with the first clock
// that runs on it.
func (v *visit) todoCases() ([]todo, error) {
	cases, err := v.view.Cases(v.ctx())
	var all []todo
	for _, c := range cases {
		part := v.casePart(c)
		for _, what := range part.Tasks {
			x := todo{What: what, Of: Link{part.Link.Label + ": " + cmp.Or(part.Title, part.Incident.Label), part.Link.Href}, Badge: part.Badge}
			if len(part.Clocks) > 0 {
				x.Due = part.Clocks[0].Due
			}
			all = append(all, x)
		}
	}
	return all, err
}

func (v *visit) todoNotices() ([]todo, error) {
	notices, err := v.myNotices()
	var all []todo
	for _, n := range notices {
		if !n.Acknowledged {
			all = append(all, todo{What: v.t.T("todo.acknowledge", "n", n.Number), Of: Link{n.Subject, "/docket#notices"}, Due: n.Due})
		}
	}
	return all, err
}

func (v *visit) todoReplies() ([]todo, error) {
	requests, err := v.myRequests()
	var all []todo
	for _, r := range requests {
		if r.ReplyLink.Label == "" && !r.Answered {
			all = append(all, todo{What: v.t.T("todo.reply"), Of: Link{r.Alleged, "/docket#requests"}, Due: r.Due})
		}
	}
	return all, err
}

// todoSigned are two-key acts of another office that wait for this one.
func (v *visit) todoSigned() ([]todo, error) {
	if v.me.Role != truce.CoChair {
		return nil, nil
	}
	var kinds []truce.Kind
	for _, k := range truce.Kinds() {
		if k.TwoKey {
			kinds = append(kinds, k.Kind)
		}
	}
	waiting, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: kinds, Standing: true, Limit: picture.MaxPage})
	if err != nil {
		return nil, err
	}
	var all []todo
	for _, s := range waiting {
		by, err := v.view.CitedBy(v.ctx(), s.ID)
		if err != nil {
			return nil, err
		}
		mine := s.Office == v.me.ID || slices.ContainsFunc(by, func(x picture.Statement) bool { return x.Kind == "concurrence" && x.Office == v.me.ID })
		if !mine {
			all = append(all, todo{What: v.t.T("todo.countersign"), Of: Link{v.kindName(s.Kind) + ", " + statementLink(s.Index).Label, statementLink(s.Index).Href}})
		}
	}
	return all, nil
}

// todoProposals are proposals to take an area in that this office has neither
// adopted nor answered.
func (v *visit) todoProposals() ([]todo, error) {
	if v.me.Role != truce.CoChair {
		return nil, nil
	}
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, err
	}
	var all []todo
	for _, s := range reg.Spans(v.view.Now(), v.asOf()) {
		if s.State == truce.SpanProposed && s.Office != v.me.ID && reg.AnswerTo(s, v.me.ID, v.asOf()).How == "" {
			all = append(all, todo{What: v.t.T("todo.proposal"), Of: Link{v.spanName(s.Body.ID), "/regime/spread#span-" + string(s.Body.ID)}})
		}
	}
	return all, nil
}

func (v *visit) todoShift() ([]todo, error) {
	shifts, err := v.handovers()
	var all []todo
	for _, h := range shifts {
		if h.Mine {
			all = append(all, todo{What: v.t.T("todo.takeover"), Of: Link{h.From, "/desk#shifts"}})
		}
	}
	return all, err
}

// noticeTable lists the notices that the reader may read: numbered per office,
// with whether they were acknowledged and by when they were to be.
func (v *visit) noticeTable(p *deskPage) error {
	t := p.add(&Table{ID: "notices", Quiet: true, Caption: v.t.T("docket.notices"), Empty: v.t.T("desk.no_notices"), Columns: v.columns("to", "number", "subject", "from", "sent", "due", "acknowledged", "second", "statement")})
	notices, err := v.bodies("notice")
	if err != nil {
		return err
	}
	acks, err := v.bodies("acknowledgement")
	if err != nil {
		return err
	}
	at := map[truce.StatementID]truce.Instant{}
	for _, a := range acks {
		at[a.body.(*truce.Acknowledgement).Notice] = a.Received()
	}
	number := map[truce.OfficeID]int{}
	for _, s := range notices {
		n := s.body.(*truce.Notice)
		number[n.To]++
		no := strconv.Itoa(number[n.To])
		if v.view.Level() != truce.Amber && n.To != v.me.ID {
			no = "" // of another's series the reader does not see all
		}
		due := Cell{Missing: "no_clock"}
		if n.Due != 0 {
			due = Cell{Due: &Deadline{v.local(n.Due), v.local(cmp.Or(at[s.ID], v.view.Now()))}}
		}
		acked := Cell{Missing: "not_yet"}
		if at[s.ID] != 0 {
			acked = v.instant(at[s.ID])
		}
		t.Rows = append(t.Rows, Row{ID: "notice-" + strconv.FormatInt(s.Index, 10), Cells: []Cell{
			{Text: v.officeName(n.To), Value: string(n.To)}, {Text: no}, {Text: n.Subject}, {Text: v.officeName(s.Office), Value: string(s.Office)},
			v.instant(s.Received()), due, acked, {Text: n.Second}, indexCell(s.Index),
		}})
	}
	slices.Reverse(t.Rows)
	return nil
}

// dutyLog gathers the office's own log and its hand-overs.
func (v *visit) dutyLog(p *deskPage) (err error) {
	const maxLog = 50
	lines, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: []truce.Kind{"duty-entry"}, Office: v.me.ID, Standing: true, Limit: maxLog})
	if err != nil {
		return err
	}
	for _, s := range lines {
		body, err := s.Body()
		if err != nil {
			return err
		}
		if e, ok := body.(*truce.DutyEntry); ok {
			p.Log = append(p.Log, Moment{At: v.local(s.Received()), What: Link{e.Text, statementLink(s.Index).Href}, Text: s.Desk, By: "human"})
		}
	}
	p.Handovers, err = v.handovers()
	return err
}

// handovers are the office's newest hand-overs, newest first.
func (v *visit) handovers() ([]handoverPart, error) {
	const maxShifts = 20
	all, err := v.view.Statements(v.ctx(), picture.StatementFilter{Kinds: []truce.Kind{"handover"}, Office: v.me.ID, Standing: true, Limit: maxShifts})
	if err != nil {
		return nil, err
	}
	var out []handoverPart
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		h, ok := body.(*truce.Handover)
		if !ok {
			continue
		}
		p := handoverPart{ID: s.ID, Statement: statementLink(s.Index), From: cmp.Or(s.Desk, "–"), To: h.To, At: v.instant(s.Received()), Text: h.Text, Open: h.Open}
		by, err := v.view.CitedBy(v.ctx(), s.ID)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(by, func(x picture.Statement) bool { return x.Kind == "takeover" }); i >= 0 {
			p.Taken = v.instant(by[i].Received())
		} else {
			p.Taken, p.Mine = Cell{Missing: "not_yet"}, v.s.o.Demo != nil || h.To == v.who.Name
		}
		out = append(out, p)
	}
	return out, nil
}

func (v *visit) deskForms() []caseForm {
	t := v.t
	entry := []Field{{Name: "duty-entry-text", Label: t.T("ask.text"), Long: true, Required: true}}
	shift := []Field{{Name: "handover-to", Label: t.T("desk.to"), Hint: t.T("desk.to_hint"), Required: true}, {Name: "handover-text", Label: t.T("desk.how"), Long: true, Required: true},
		{Name: "handover-open", Label: t.T("desk.open"), Hint: t.T("desk.open_hint"), Long: true}}
	return []caseForm{
		{Kind: "duty-entry", Title: t.T("act_title.duty_entry"), Fields: entry, Button: t.T("act_button.duty_entry")},
		{Kind: "handover", Title: t.T("act_title.handover"), Fields: shift, Button: t.T("act_button.handover")},
	}
}

// sayAtDesk says what a form of the desk asks for.
func (s *site) sayAtDesk(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	body, desk, err := v.deskBody(form)
	if err == nil {
		_, err = v.sayAs(desk, body)
	}
	if err != nil {
		return v.showDeskFault(form, err)
	}
	return v.see("/desk")
}

// deskBody makes what a form asks for, and the desk that says it: in a
// demonstration the one that was handed over to.
func (v *visit) deskBody(form url.Values) (truce.Body, string, error) {
	kind := form.Get("kind")
	get := func(name string) string { return strings.TrimSpace(form.Get(kind + "-" + name)) }
	switch kind {
	case "duty-entry":
		return &truce.DutyEntry{Text: get("text"), Lang: v.t.Code}, v.who.Name, nil
	case "handover":
		return &truce.Handover{To: get("to"), Text: get("text"), Open: lines(get("open"))}, v.who.Name, nil
	case "takeover":
		b := &truce.Takeover{Note: get("note")}
		if err := b.Handover.UnmarshalText([]byte(form.Get("handover"))); err != nil {
			return nil, "", err
		}
		return b, pick(v.s.o.Demo != nil, form.Get("desk"), v.who.Name), nil
	}
	return nil, "", &truce.Error{Kind: truce.Invalid, Field: "kind", Why: v.t.T("act.no_form")}
}

// showDeskFault shows the desk again with what was refused and why.
func (v *visit) showDeskFault(form url.Values, err error) error {
	status, kind := statusOf(err)
	if kind == "internal" {
		return err
	}
	p, qerr := queryDesk(v)
	if qerr != nil {
		return qerr
	}
	p.Fault = problemOf(v.t, err).Detail
	for i := range p.Forms {
		if f := &p.Forms[i]; f.Kind == truce.Kind(form.Get("kind")) {
			f.Open = true
			for k := range f.Fields {
				f.Fields[k].Value = form.Get(f.Fields[k].Name)
			}
		}
	}
	return v.s.pages.Render(v.w, status, "desk", p)
}

// sayAs is say in the name of a desk.
func (v *visit) sayAs(desk string, body truce.Body) (record.Receipt, error) {
	if err := v.maySay(); err != nil {
		return record.Receipt{}, err
	}
	r, err := v.s.o.Centre.Say(v.ctx(), v.me.ID, desk, body)
	if err != nil {
		return r, err
	}
	return r, v.s.o.Centre.CatchUp(v.ctx())
}

// apiTodo answers what the visitor's office has still to do.
func (s *site) apiTodo(v *visit) (any, error) {
	type item struct {
		What string        `json:"what"`
		Of   string        `json:"of"`
		Link string        `json:"link"`
		Due  truce.Instant `json:"due,omitzero"`
	}
	all, err := v.todo()
	rows := make([]item, len(all))
	for i, x := range all {
		rows[i] = item{What: x.What, Of: x.Of.Label, Link: x.Of.Href}
		if !x.Due.Due.IsZero() {
			rows[i].Due = truce.At(x.Due.Due)
		}
	}
	return v.list(rows, ""), err
}
