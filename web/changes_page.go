package web

import (
	"strconv"

	"github.com/marchday/marchday/truce"
)

type changesPage struct {
	page
	Of Link // the statement that is asked about; none: all that changed verdicts
}

// regimeChanges lists the statements about the truce that changed verdicts on
// older incidents, and with ?statement= which verdicts one of them changed.
func (s *site) regimeChanges(v *visit) error {
	p := &changesPage{page: v.page(Link{v.t.T("nav.regime"), "/regime"}, Link{v.t.T("changes.title"), ""})}
	index, asked, err := v.askedStatement()
	if err != nil {
		return err
	}
	if !asked {
		if err := v.changingTable(p); err != nil {
			return err
		}
		return v.show("changes", p)
	}
	p.Of = statementLink(index)
	if err := v.changedTable(p, index); err != nil {
		return err
	}
	return v.show("changes", p)
}

// askedStatement is the index that ?statement= names, which must be one that
// the reader may read.
func (v *visit) askedStatement() (index int64, asked bool, err error) {
	word := v.q.Get("statement")
	if word == "" {
		return 0, false, nil
	}
	x, err := v.statementAt(word)
	return x.Index, true, err
}

func (v *visit) changingTable(p *changesPage) error {
	all, err := v.view.Changing(v.ctx())
	if err != nil {
		return err
	}
	t := p.add(&Table{ID: "changes", Quiet: true, Caption: v.t.T("changes.title"), Empty: v.t.T("changes.none"), Columns: v.columns("statement", "received", "kind", "office")})
	t.Columns = append(t.Columns, Column{Key: "incidents", Label: v.t.T("changes.incidents"), Number: true}, Column{Key: "verdicts", Label: v.t.T("changes.verdicts"), Number: true})
	for _, c := range all {
		s, err := v.view.Statement(v.ctx(), c.Index)
		if truce.KindOf(err) == truce.Unknown {
			continue
		}
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			{Text: statementLink(c.Index).Label, Href: address("/regime/changes", "statement", strconv.FormatInt(c.Index, 10)), Value: strconv.FormatInt(c.Index, 10), Short: true},
			v.instant(s.Received()), {Text: v.kindName(s.Kind), Value: string(s.Kind)}, {Text: v.officeName(s.Office), Value: string(s.Office)},
			{Text: v.t.Number(int64(c.Incidents)), Value: strconv.Itoa(c.Incidents)}, {Text: v.t.Number(int64(c.Verdicts)), Value: strconv.Itoa(c.Verdicts)},
		}})
	}
	return nil
}

func (v *visit) changedTable(p *changesPage, index int64) error {
	all, err := v.view.Reassessments(v.ctx(), truce.IncidentID{}, index)
	if err != nil {
		return err
	}
	t := p.add(&Table{ID: "changed", Quiet: true, Caption: v.t.T("changes.title"), Empty: v.t.T("changes.none_by"), Columns: v.columns("incident", "when", "office", "before", "after")})
	for _, r := range all {
		i, err := v.view.Incident(v.ctx(), r.Incident)
		if truce.KindOf(err) == truce.Unknown {
			continue
		}
		if err != nil {
			return err
		}
		id := incidentID(i)
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			{Text: v.title(i), Sub: id.Label, Href: id.Href, Value: id.Label}, v.stamp(i.When), {Text: v.officeName(r.Office), Value: string(r.Office)},
			v.answerCell(r.Before), v.answerCell(r.After),
		}})
	}
	return nil
}

// answerCell is an answer as a sign; empty where nothing was alleged yet.
func (v *visit) answerCell(a truce.Answer) Cell {
	if a == "" {
		return Cell{Missing: "no_data"}
	}
	kind, why := v.kindOf(a)
	return Cell{Verdict: &Verdict{Kind: kind, Why: why}, Value: string(a)}
}

// apiReassessments answers what the pages of changes show: by ?statement= or
// ?incident= which verdicts changed, else which statements changed any.
func (s *site) apiReassessments(v *visit) (any, error) {
	index, asked, err := v.askedStatement()
	if err != nil {
		return nil, err
	}
	if word := v.q.Get("incident"); word != "" {
		i, err := v.incident(word)
		if err != nil {
			return nil, err
		}
		all, err := v.view.Reassessments(v.ctx(), i.ID, 0)
		return v.list(nonNil(all), ""), err
	}
	if !asked {
		all, err := v.view.Changing(v.ctx())
		return v.list(nonNil(all), ""), err
	}
	all, err := v.view.Reassessments(v.ctx(), truce.IncidentID{}, index)
	return v.list(nonNil(all), ""), err
}
