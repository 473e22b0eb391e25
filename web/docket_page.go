package web

import (
	"strconv"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// casePart is a case in a list.
type casePart struct {
	Link     Link
	Incident Link
	Badge    string
	Clocks   []clockPart
}

// clockPart is a clock of a case.
type clockPart struct {
	Name string
	Due  Deadline
}

func caseLink(t *Tongue, c picture.Case) Link {
	return Link{t.T("docket.case", "n", c.File.Number), "/docket/" + strconv.Itoa(c.File.Number)}
}

// caseBadge is the sign of where a case stands.
func caseBadge(c picture.Case) string { return string(c.File.State) }

// openCases are the cases that are not closed, those first whose clock ends
// first.
func (v *visit) openCases(limit int) ([]casePart, error) {
	all, err := v.view.Cases(v.ctx())
	if err != nil {
		return nil, err
	}
	var out []casePart
	for _, c := range all {
		if c.File.State == truce.CaseClosed {
			continue
		}
		out = append(out, v.casePart(c))
	}
	return out[:min(len(out), limit)], nil
}

func (v *visit) casePart(c picture.Case) casePart {
	p := casePart{Link: caseLink(v.t, c), Badge: caseBadge(c)}
	if i, err := v.view.Incident(v.ctx(), c.File.Incident); err == nil {
		p.Incident = Link{v.title(i), incidentID(i).Href}
	}
	return p
}
