package main

import (
	"fmt"
	"strings"

	"github.com/marchday/marchday/truce"
)

// labelled returns the statement a line names, by the label another line gave.
func (p *scenario) labelled(name string) (truce.StatementID, error) {
	id, ok := p.said[name]
	if !ok {
		return id, fmt.Errorf("nothing was said under the name %q", name)
	}
	return id, nil
}

func (p *scenario) docketBody(l *line) (truce.Body, string, error) {
	w, err := l.need(1, "a name")
	if err != nil {
		return nil, "", err
	}
	if l.verb == "case" {
		return p.openCase(l)
	}
	if l.verb == "notifies" {
		n := &truce.Notice{To: truce.OfficeID(w[0]), Subject: "notice", Text: "a notice"}
		if about := l.one("about"); about != "" {
			if n.Case, err = p.labelled(about); err != nil {
				return nil, "", err
			}
		}
		return n, l.one("as"), nil
	}
	if l.verb == "opens" {
		a := p.sealed[w[0]]
		if a == nil {
			return nil, "", fmt.Errorf("no text was sealed under the name %q", w[0])
		}
		a.Sealed = p.said[w[0]]
		return a, w[0] + "-text", nil
	}
	if l.verb == "procedure" {
		return p.procedure(l)
	}
	id, err := p.labelled(w[0])
	if err != nil {
		return nil, "", err
	}
	text := words(strings.Join(w[1:], " "))
	if len(w) < 2 {
		text = words("as said")
	}
	switch l.verb {
	case "step":
		return p.step(l, id)
	case "asks":
		w, err := l.need(2, "a case and a party")
		if err != nil {
			return nil, "", err
		}
		return &truce.InformationRequest{Case: id, Party: truce.ActorID(w[1]), Through: truce.OfficeID(l.one("through")), Liaison: truce.OfficeID(l.one("liaison")), Alleged: "what is alleged", Asks: []string{"what happened"}}, l.one("as"), nil
	case "replies":
		return &truce.Reply{Request: id, Text: text[0].Text}, "", nil
	case "seals", "assesses":
		return p.text(l, id)
	case "proposes":
		w, err := l.need(2, "a case and an outcome")
		if err != nil {
			return nil, "", err
		}
		return &truce.Proposal{Case: id, Outcome: truce.Outcome(w[1]), Text: words("as proposed")}, l.one("as"), nil
	case "concurs", "countersigns":
		return &truce.Concurrence{With: id}, "", nil
	case "dissents":
		return &truce.Dissent{From: id, Text: text}, "", nil
	case "reserves":
		return &truce.Reservation{With: id, Text: text}, "", nil
	case "refers":
		return &truce.Referral{Case: id, To: l.one("to"), Why: "as the rule allows"}, "", nil
	case "reopens":
		var evidence []truce.StatementID
		for _, n := range l.clauses["with"] {
			e, err := p.labelled(n)
			if err != nil {
				return nil, "", err
			}
			evidence = append(evidence, e)
		}
		return &truce.Reopening{Case: id, Why: "new evidence", Evidence: evidence}, "", nil
	case "acknowledges":
		return &truce.Acknowledgement{Notice: id}, "", nil
	case "remedies":
		return &truce.Remedy{Case: id, By: truce.ActorID(l.one("by")), Act: text[0].Text}, "", nil
	case "takes-back":
		return &truce.StatementWithdrawal{Statement: id, Why: "taken back"}, "", nil
	}
	return nil, "", fmt.Errorf("%s is not said by an office", l.verb)
}

func (p *scenario) openCase(l *line) (truce.Body, string, error) {
	w := l.words
	ref, ok := p.claims[l.one("about")]
	if !ok {
		return nil, "", fmt.Errorf("a case is about a claim: write about and its name")
	}
	all, err := p.stage.incidents()
	if err != nil {
		return nil, "", err
	}
	for _, group := range all {
		for _, c := range group {
			if c.Ref == ref {
				ref = group[0].Ref
			}
		}
	}
	if row, err := p.row(l.one("about")); err == nil { // a real centre may have another anchor
		ref = row.ID
	}
	c := &truce.Case{Incident: ref, Trigger: "office"}
	if by := l.one("by"); by == "complaint" {
		c.Trigger = by
	} else if by != "" {
		c.Trigger, c.Rule = "threshold", by
	}
	return c, w[0], nil
}

func (p *scenario) step(l *line, id truce.StatementID) (truce.Body, string, error) {
	w, err := l.need(2, "a case and a state")
	if err != nil {
		return nil, "", err
	}
	s := &truce.Step{Case: id, To: truce.CaseState(w[1]), Access: l.one("access")}
	if len(w) > 2 {
		s.How = w[2]
	}
	if of := l.one("of"); of != "" {
		if s.Of, err = p.labelled(of); err != nil {
			return nil, "", err
		}
	}
	return s, "", nil
}

// text makes an assessment, and for seals its hash first.
func (p *scenario) text(l *line, id truce.StatementID) (truce.Body, string, error) {
	w, err := l.need(2, "a case and an outcome")
	if err != nil {
		return nil, "", err
	}
	name := l.one("as")
	if name == "" {
		name = string(l.office) + "-" + w[0]
	}
	a := &truce.Assessment{Case: id, Occurred: "yes", Outcome: truce.Outcome(w[1]), Reasons: words("as assessed")}
	if l.verb == "assesses" {
		return a, name, nil
	}
	a.Nonce = "nonce of " + name + " 0123456789"
	hash, err := truce.SealOf(*a)
	if err != nil {
		return nil, "", err
	}
	p.sealed[name] = a
	return &truce.AssessmentSealed{Case: id, Hash: hash}, name, nil
}

// procedure says the procedure in force again, with another limit of a clock.
func (p *scenario) procedure(l *line) (truce.Body, string, error) {
	next := p.stage.book().Procedure()
	w := l.clauses["clock"]
	if len(w) != 2 {
		return nil, "", fmt.Errorf("procedure needs a name and clock NAME LIMIT")
	}
	secs, err := duration(w[1])
	if err != nil {
		return nil, "", err
	}
	clocks := []truce.Clock{{Name: w[0], Seconds: secs}}
	for _, c := range next.Clocks {
		if c.Name != w[0] {
			clocks = append(clocks, c)
		}
	}
	next.Clocks = clocks
	return &next, l.words[0], nil
}
