package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

type talksPage struct {
	page
	Events []talksEvent
}

// talksEvent is something said or done about the talks; a walkout shows what
// it cites, and where those incidents stood then.
type talksEvent struct {
	At         truce.Instant
	When, Sort string
	By         string
	Text       truce.Text
	Statement  Link
	Source     string
	Cites      []citedIncident
	Cut        bool // a walkout or a suspension
}

// citedIncident is an incident that a statement cites, with its status now and
// the state of its case on that day.
type citedIncident struct {
	Link         Link
	Status, Then string
}

// talks shows the rounds and what was said of them.
func (s *site) talks(v *visit) error {
	p, err := queryTalks(v)
	if err != nil {
		return err
	}
	return v.show("talks", p)
}

func queryTalks(v *visit) (*talksPage, error) {
	p := &talksPage{page: v.page()}
	all, err := v.bodies("talks-statement", "meeting", "session", "round", "condition")
	if err != nil {
		return nil, err
	}
	t := p.add(&Table{ID: "talks", Quiet: true, Caption: v.t.T("talks.table"), Empty: v.t.T("talks.none"), Columns: v.columns("when", "kind", "who", "words", "state", "statement")})
	for _, s := range all {
		e, ok := v.talksEvent(s)
		if !ok {
			continue
		}
		p.Events = append(p.Events, e)
		t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: e.When, Value: e.At.String()}, {Text: e.Sort}, {Text: e.By}, {Text: e.Text.Text, Lang: e.Text.Lang}, {Text: e.cites(v)}, indexCell(s.Index)}})
	}
	slices.SortStableFunc(p.Events, func(a, b talksEvent) int { return cmp.Compare(a.At, b.At) })
	p.find(v.q.Get("q"))
	return p, nil
}

// cites is where the incidents that an event cites stand, on a line.
func (e talksEvent) cites(v *visit) string {
	var out []string
	for _, c := range e.Cites {
		out = append(out, v.comma(c.Link.Label, c.Then, c.Status))
	}
	return strings.Join(out, "; ")
}

func (v *visit) talksEvent(s said) (talksEvent, bool) {
	e := talksEvent{Statement: statementLink(s.Index), Sort: v.kindName(s.Kind)}
	switch b := s.body.(type) {
	case *truce.TalksStatement:
		e.At, e.When, e.By, e.Text, e.Source = b.When.From, v.when(b.When), v.name(b.By), textIn(b.Text, v.t.Code), b.URL
		e.Sort, e.Cut = v.t.T("talks_sort."+b.Sort), b.Sort == "walkout" || b.Sort == "suspension"
		for _, ref := range b.Incidents {
			e.Cites = append(e.Cites, v.cited(ref, b.CitedAt(s.Received())))
		}
	case *truce.Meeting:
		e.At, e.When, e.By, e.Text, e.Source = b.When.From, v.when(b.When), v.speakers(b.Who), textIn(b.Text, v.t.Code), b.URL
		e.Sort = v.comma(v.t.T("meeting."+b.State), v.place(b.Where))
	case *truce.Session:
		e.At, e.When, e.Text = b.When.From, v.when(b.When), truce.Text{Text: b.Note}
		e.By = truce.NameIn(v.words.rounds[b.Round], v.t.Code, b.Round)
	case *truce.Round:
		e.At, e.When, e.Text, e.Source = b.When.From, v.when(b.When), textIn(b.Name, v.t.Code), b.URL
	case *truce.Condition:
		e.At, e.When, e.By, e.Text = b.When.From, v.when(b.When), v.name(b.By), textIn(b.Text, v.t.Code)
		if b.State != "" {
			e.Sort = v.comma(e.Sort, v.t.T("condition."+b.State))
		}
	default:
		return e, false
	}
	return e, true
}

// cited says where an incident stands now, and where its case stood at a time:
// on that day it may have been assessed by nobody.
func (v *visit) cited(ref truce.ClaimRef, at truce.Instant) citedIncident {
	i, err := v.view.Incident(v.ctx(), ref)
	if err != nil {
		if c, cerr := v.view.Claim(v.ctx(), ref); cerr == nil {
			i, err = v.view.Incident(v.ctx(), c.Incident)
		}
	}
	if err != nil {
		return citedIncident{Link: Link{v.t.T("statement.closed"), ""}}
	}
	x := citedIncident{Link: Link{v.title(i), incidentID(i).Href}, Status: v.t.T("status." + i.Status), Then: v.t.T("talks.no_case_then")}
	if i.Case == 0 {
		return x
	}
	c, err := v.view.CaseNumber(v.ctx(), i.Case)
	if err != nil {
		return x
	}
	if state, opened := c.File.StateAt(at); opened {
		x.Then = v.t.T("talks.case_then", "case", c.File.Number, "state", v.stateName(state))
	}
	return x
}

type territoryPage struct {
	page
	Day chosenDay
}

// territory shows who is said to hold what, per claimant.
func (s *site) territory(v *visit) error {
	p, err := queryTerritory(v)
	if err != nil {
		return err
	}
	return v.show("territory", p)
}

func queryTerritory(v *visit) (*territoryPage, error) {
	day, err := v.day()
	if err != nil {
		return nil, err
	}
	p := &territoryPage{page: v.page(), Day: day}
	all, err := v.bodies("control", "crossing")
	if err != nil {
		return nil, err
	}
	held := p.add(&Table{ID: "control", Caption: v.t.T("territory.control"), Empty: v.t.T("territory.none"), Columns: v.columns("area", "actor", "when", "claimed_by", "note", "statement")})
	gates := p.add(&Table{ID: "crossings", Caption: v.t.T("territory.crossings"), Empty: v.t.T("territory.no_crossings"), Columns: v.columns("where", "state", "goods", "when", "claimed_by", "note", "statement")})
	whole := v.q.Get("all") != ""
	for _, s := range all {
		switch b := s.body.(type) {
		case *truce.Control:
			if whole || b.When.Meets(day.From, day.To) {
				held.Rows = append(held.Rows, Row{Cells: []Cell{{Text: v.area(b.Area)}, {Text: v.name(string(b.Actor)), Value: string(b.Actor)}, v.stamp(b.When), {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, {Text: b.Note}, indexCell(s.Index)}})
			}
		case *truce.Crossing:
			if whole || b.When.Meets(day.From, day.To) {
				gates.Rows = append(gates.Rows, Row{Cells: []Cell{{Text: v.place(b.Place)}, {Text: v.t.T("crossing." + b.State), Value: b.State}, text(strings.Join(b.Commodities, ", ")), v.stamp(b.When), {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, {Text: b.Note}, indexCell(s.Index)}})
			}
		}
	}
	p.find(v.q.Get("q"))
	return p, nil
}

type accessPage struct {
	page
	Requests []accessPart
}

// accessPart is a request for a convoy, what was answered, and what happened.
type accessPart struct {
	ID, To, From, When string
	Cargo, Asked, Note string
	Statement          Link
	Answers            []accessAnswer
	Steps              []Moment
}

type accessAnswer struct {
	By, Answer, Conditions, Refused, ClaimedBy string
	Statement                                  Link
}

// access shows requests for passage, answers and convoys.
func (s *site) access(v *visit) error {
	p, err := queryAccess(v)
	if err != nil {
		return err
	}
	return v.show("access", p)
}

func queryAccess(v *visit) (*accessPage, error) {
	p := &accessPage{page: v.page()}
	all, err := v.bodies("request", "answer", "convoy", "window", "restriction")
	if err != nil {
		return nil, err
	}
	steps := p.add(&Table{ID: "steps", Caption: v.t.T("access.steps"), Empty: v.t.T("access.no_steps"), Columns: v.columns("request", "state", "where", "when", "who", "note", "claimed_by", "statement")})
	denied := p.add(&Table{ID: "restrictions", Caption: v.t.T("access.restrictions"), Empty: v.t.T("access.no_restrictions"), Columns: v.columns("sort", "where", "when", "who", "why", "statement")})
	for _, s := range all {
		switch b := s.body.(type) {
		case *truce.AccessRequest:
			p.Requests = append(p.Requests, v.accessRequest(b, s.Index))
		case *truce.AccessAnswer:
			if x := p.request(b.Request); x != nil {
				x.Answers = append(x.Answers, accessAnswer{v.name(b.By), v.t.T("access_answer." + b.Answer), strings.Join(b.Conditions, ", "), strings.Join(b.Refused, ", "), b.ClaimedBy, statementLink(s.Index)})
			}
		case *truce.Convoy:
			where := ""
			if b.Where != nil {
				where = v.place(*b.Where)
			}
			state := v.label("convoy.", b.State)
			steps.Rows = append(steps.Rows, Row{Cells: []Cell{{Text: b.Request}, {Text: state, Value: b.State}, text(where), v.stamp(b.When), text(pick(b.By == "", "", v.name(b.By))), {Text: b.Note}, {Text: v.name(b.ClaimedBy), Value: b.ClaimedBy}, indexCell(s.Index)}})
			if x := p.request(b.Request); x != nil {
				x.Steps = append(x.Steps, Moment{At: v.local(b.When.From), What: Link{state, statementLink(s.Index).Href}, Text: strings.TrimSpace(where + " " + b.Note), By: "human"})
			}
		case *truce.Restriction:
			denied.Rows = append(denied.Rows, Row{Cells: []Cell{{Text: v.label("restriction.", b.Sort), Value: b.Sort}, {Text: v.place(b.Where)}, v.stamp(b.When), text(pick(b.By == "", "", v.name(string(b.By)))), text(b.Reason), indexCell(s.Index)}})
		}
	}
	p.find(v.q.Get("q"))
	return p, nil
}

func (p *accessPage) request(id string) *accessPart {
	for i := range p.Requests {
		if p.Requests[i].ID == id {
			return &p.Requests[i]
		}
	}
	return nil
}

func (v *visit) accessRequest(b *truce.AccessRequest, index int64) accessPart {
	asked := make([]string, len(b.Asked))
	for i, a := range b.Asked {
		asked[i] = v.name(a)
	}
	x := accessPart{ID: b.ID, To: v.place(b.To), When: v.when(b.When), Cargo: strings.Join(b.Cargo, ", "), Asked: v.t.List(asked), Note: b.Note, Statement: statementLink(index)}
	if b.From != nil {
		x.From = v.place(*b.From)
	}
	return x
}
