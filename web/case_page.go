package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

type casePage struct {
	page
	Number    string
	Title     string
	Badge     string
	File      truce.CaseFile
	Incident  Link
	OpenedBy  string
	Opened    Cell
	Trigger   string
	Finding   findingPart
	Clocks    []clockPart
	Requests  []requestPart
	Texts     []textPart
	Proposals []proposalPart
	Verdicts  []actorVerdicts
	Papers    []Moment // notices, calls, restrictions, remedies, referrals
	Forms     []caseForm
	Fault     string
	Sealed    sealedPart
	Exhibits  string // address of its files, where the reader may read the case's statement
	Public    bool   // texts are shown only when published
}

// findingPart is what the offices concluded together, each by name.
type findingPart struct {
	Kind, Outcome string
	Answers       []answerPart
	Silent        []string
	NoText        []string
	Statement     Link
	At            Cell
}

// textPart is one office's assessment, or that there is none. Every office has
// a part of the same size.
type textPart struct {
	Office    string
	Round     int
	State     string // filed, sealed, absent, waiting
	Seal      Link
	SealedAt  Cell
	Statement Link
	At        Cell
	Facts     []Fact
	Checks    []checkPart
	Reasons   []truce.Text
	Unsealed  bool
	Dissents  []answerPart
	AsOf      int64
	Seen      int
}

type checkPart struct {
	Term    Link
	Verdict Verdict
	Why     string
}

// answerPart is one office's answer to a proposal or a text: each has the same
// weight.
type answerPart struct {
	Office, How string
	Statement   Link
	At          Cell
	Text        []truce.Text
}

type proposalPart struct {
	Office, Outcome string
	Statement       Link
	At              Cell
	Text            []truce.Text
	Answers         []answerPart
	Waiting         []string
}

// docketCase shows one case: its file, its path, and what may be done now.
func (s *site) docketCase(v *visit) error {
	p, err := queryCase(v)
	if err != nil {
		return err
	}
	return v.show("case", p)
}

func queryCase(v *visit) (*casePage, error) {
	n, err := number(v.r.PathValue("n"))
	if err != nil {
		return nil, err
	}
	c, err := v.view.CaseNumber(v.ctx(), int(n))
	if err != nil {
		return nil, err
	}
	f := c.File
	link := caseLink(v.t, c)
	p := &casePage{
		page: v.page(Link{v.t.T("nav.docket"), "/docket"}, Link{link.Label, ""}), Number: link.Label, Title: f.Title, File: f,
		Badge: caseBadge(f, v.view.Now()), Opened: v.instant(f.Opened), Trigger: v.t.T("trigger." + f.Trigger),
		Clocks: v.clocks(f, true), Public: v.view.Level() != truce.Amber && f.Finding.Kind == truce.Undecided && (f.OpensAt() == 0 || v.view.Now() < f.OpensAt()),
	}
	if f.OpenedBy != "" {
		p.OpenedBy = v.officeName(f.OpenedBy)
	}
	if f.Rule != "" {
		p.Trigger += ": " + v.t.T("threshold."+f.Rule)
	}
	i, err := v.view.Incident(v.ctx(), f.Incident)
	if err == nil {
		p.Incident = Link{v.title(i), incidentID(i).Href}
		if p.Verdicts, err = v.verdicts(i); err != nil {
			return nil, err
		}
	}
	if v.statement(f.ID).Href != "" {
		p.Exhibits = address("/exhibits", "about", f.ID.String())
	}
	p.add(v.pathTable(f))
	if err := v.fillCase(p, f); err != nil {
		return nil, err
	}
	p.Forms = v.caseForms(f)
	return p, nil
}

func (v *visit) fillCase(p *casePage, f truce.CaseFile) (err error) {
	for _, r := range f.Requests {
		part, err := v.request(r)
		if err != nil {
			return err
		}
		p.Requests = append(p.Requests, part)
	}
	if p.Texts, err = v.texts(f); err != nil {
		return err
	}
	for _, x := range f.Proposals {
		part, err := v.proposal(x)
		if err != nil {
			return err
		}
		p.Proposals = append(p.Proposals, part)
	}
	if p.Finding, err = v.finding(f.Finding); err != nil {
		return err
	}
	p.Papers, err = v.papers(f)
	return err
}

// pathTable is the case's path: each step with the rule that allowed it.
func (v *visit) pathTable(f truce.CaseFile) *Table {
	t := v.t
	table := &Table{ID: "path", Quiet: true, Caption: t.T("case_page.path"), Columns: []Column{
		{Key: "statement", Label: t.T("col.statement")}, {Key: "received", Label: t.T("col.received")}, {Key: "kind", Label: t.T("col.kind")},
		{Key: "office", Label: t.T("col.office")}, {Key: "role", Label: t.T("col.role")}, {Key: "rule", Label: t.T("col.rule")},
		{Key: "to", Label: t.T("col.to")}, {Key: "how", Label: t.T("col.how")},
	}}
	for _, m := range f.Path {
		o, _ := v.house.Office(m.Office)
		link := linked(v.at(m.Index, m.Statement))
		link.Value = strconv.FormatInt(m.Index, 10)
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			link, v.instant(m.At), {Text: v.kindName(m.Kind), Value: string(m.Kind)}, {Text: v.officeName(m.Office), Value: string(m.Office)},
			{Text: t.T("role." + roleKey(o.Role)), Value: string(o.Role)}, {Text: m.Rule, Href: "/words#rule-" + m.Rule},
			{Text: v.stateName(m.To), Value: string(m.To)}, {Text: m.How},
		}})
	}
	return table
}

func roleKey(r truce.Role) string { return strings.ReplaceAll(string(r), "-", "_") }

// stateName is a state of the docket in the reader's language.
func (v *visit) stateName(s truce.CaseState) string {
	return v.label("state.", string(s))
}

// texts gives every co-chair a part, in the order of their founding: its text,
// that it is sealed, or that there is none.
func (v *visit) texts(f truce.CaseFile) ([]textPart, error) {
	var out []textPart
	for round := 1; round <= f.Round; round++ {
		for _, o := range v.house.CoChairs() {
			p := textPart{Office: v.officeName(o.ID), Round: round, State: "waiting"}
			for _, s := range f.Seals {
				if s.Office == o.ID && s.Round == round {
					p.State, p.Seal, p.SealedAt = "sealed", v.statement(s.Statement), v.instant(s.At)
				}
			}
			if p.State == "waiting" && (round < f.Round || slices.Contains(f.Finding.NoText, o.ID) || v.assessmentOver(f)) {
				p.State = "absent"
			}
			for _, x := range f.Texts {
				if x.Office == o.ID && x.Round == round {
					if err := v.readText(&p, x, f); err != nil {
						return nil, err
					}
				}
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// assessmentOver reports whether the clock for assessments has run out.
func (v *visit) assessmentOver(f truce.CaseFile) bool {
	return slices.ContainsFunc(f.Overdue(v.view.Now()), func(k truce.CaseClock) bool { return k.Name == truce.ClockAssessment })
}

func (v *visit) readText(p *textPart, x truce.Filed, f truce.CaseFile) error {
	p.State, p.Statement, p.At, p.Unsealed = "filed", v.statement(x.Statement), v.instant(x.At), x.Unsealed
	body, err := v.bodyOf(x.Statement)
	if err != nil {
		return err
	}
	a, ok := body.(*truce.Assessment)
	if !ok {
		return nil
	}
	t := v.t
	p.Reasons, p.AsOf, p.Seen = a.Reasons, a.AsOf, len(a.Seen)
	p.Facts = []Fact{
		{t.T("assess.occurred"), t.T("occurred." + a.Occurred)}, {t.T("assess.outcome"), v.label("outcome.", string(a.Outcome))},
		{t.T("assess.attributed"), v.attributed(a.Attributed)},
		{t.T("assess.severity"), v.label("severity.", a.Severity)}, {t.T("assess.threat"), t.T("assess.threat_of", "n", a.Threat)},
	}
	if len(a.Best) > 0 {
		p.Facts = append(p.Facts, Fact{t.T("assess.best"), v.casualties(a.Best)})
	}
	for _, c := range a.Checks {
		kind, why := v.kindOf(c.Verdict)
		p.Checks = append(p.Checks, checkPart{Link{string(c.Term), "/regime#term-" + string(c.Term)}, Verdict{Kind: kind, Why: why}, c.Why})
	}
	for _, d := range f.Dissents {
		if d.About == x.Statement {
			part, err := v.answer(truce.Answered{Office: d.Office, How: truce.AnswerDissent, Statement: d.Statement, At: d.At})
			if err != nil {
				return err
			}
			p.Dissents = append(p.Dissents, part)
		}
	}
	return nil
}

// label is a word of the catalogue, "" for what was not stated.
func (v *visit) label(prefix, word string) string {
	if word == "" {
		return ""
	}
	return v.t.T(prefix + strings.ReplaceAll(word, "-", "_"))
}

func (v *visit) attributed(all []truce.Attributed) string {
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = v.label("degree.", a.Degree)
		if a.Actor != "" {
			out[i] = v.name(string(a.Actor)) + ": " + out[i]
		}
	}
	return v.t.List(out)
}

// answer reads one office's answer with its words.
func (v *visit) answer(a truce.Answered) (answerPart, error) {
	p := answerPart{Office: v.officeName(a.Office), How: v.t.T("answer." + a.How), Statement: v.statement(a.Statement), At: v.instant(a.At)}
	body, err := v.bodyOf(a.Statement)
	switch x := body.(type) {
	case *truce.Dissent:
		p.Text = x.Text
	case *truce.Reservation:
		p.Text = x.Text
	case *truce.Concurrence:
		if x.Note != "" {
			p.Text = []truce.Text{{Text: x.Note}}
		}
	}
	return p, err
}

func (v *visit) proposal(x truce.ProposalFile) (proposalPart, error) {
	p := proposalPart{
		Office: v.officeName(x.Office), Outcome: v.label("outcome.", string(x.Outcome)), Statement: v.statement(x.Statement), At: v.instant(x.At),
	}
	body, err := v.bodyOf(x.Statement)
	if err != nil {
		return p, err
	}
	if b, ok := body.(*truce.Proposal); ok {
		p.Text = b.Text
	}
	for _, o := range v.house.CoChairs() {
		i := slices.IndexFunc(x.Answers, func(a truce.Answered) bool { return a.Office == o.ID })
		if i < 0 {
			p.Waiting = append(p.Waiting, v.officeName(o.ID))
			continue
		}
		part, err := v.answer(x.Answers[i])
		if err != nil {
			return p, err
		}
		p.Answers = append(p.Answers, part)
	}
	return p, nil
}

func (v *visit) finding(f truce.Finding) (findingPart, error) {
	if f.Kind == truce.Undecided {
		return findingPart{}, nil
	}
	p := findingPart{
		Kind: v.label("finding.", string(f.Kind)), Outcome: v.jointOutcome(f.Outcome), Statement: v.statement(f.Statement), At: v.instant(f.At),
	}
	for _, a := range f.Answers {
		part, err := v.answer(a)
		if err != nil {
			return p, err
		}
		p.Answers = append(p.Answers, part)
	}
	for _, o := range f.Silent {
		p.Silent = append(p.Silent, v.officeName(o))
	}
	for _, o := range f.NoText {
		p.NoText = append(p.NoText, v.officeName(o))
	}
	return p, nil
}

// papers are what else belongs to the file, in the order of the record.
func (v *visit) papers(f truce.CaseFile) ([]Moment, error) {
	var out []Moment
	for _, id := range slices.Concat(f.Notices, f.Attached, f.Remedies, f.Referrals) {
		s, err := v.view.StatementByID(v.ctx(), id)
		if truce.KindOf(err) == truce.Unknown {
			continue
		}
		if err != nil {
			return nil, err
		}
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		out = append(out, Moment{At: v.local(s.Received()), What: Link{v.kindName(s.Kind), statementLink(s.Index).Href}, Text: v.paper(body), By: "human"})
	}
	slices.SortStableFunc(out, func(a, b Moment) int { return a.At.Compare(b.At) })
	return out, nil
}

// paper says in a line what a paper of the file is.
func (v *visit) paper(b truce.Body) string {
	switch x := b.(type) {
	case *truce.Notice:
		return v.t.T("paper.notice", "to", v.officeName(x.To), "subject", x.Subject)
	case *truce.Call:
		return v.t.T("paper.call", "to", v.name(string(x.To)), "answer", v.label("call.", pick(x.Answer == "", "open", x.Answer)))
	case *truce.Referral:
		return v.t.T("paper.referral", "to", x.To, "why", x.Why)
	case *truce.Remedy:
		return v.t.T("paper.remedy", "by", v.name(string(x.By)), "act", x.Act)
	case *truce.Restriction:
		return v.comma(v.label("restriction.", x.Sort), v.place(x.Where))
	}
	return ""
}
