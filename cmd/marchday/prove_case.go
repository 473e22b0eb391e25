package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// provedCase is the path of one case as an audit found it.
type provedCase struct {
	Number    int            `json:"number"`
	ID        string         `json:"id"`
	Incident  string         `json:"incident"`
	Title     string         `json:"title,omitempty"`
	State     string         `json:"state"`
	Procedure []truce.Clock  `json:"clocks"`
	Sealing   bool           `json:"sealing"`
	Steps     []provedStep   `json:"steps"`
	Finding   *provedFinding `json:"finding,omitempty"`
	Off       []string       `json:"off,omitempty"` // what does not hold
}

// provedStep is one statement of the case: who said it, by which key, under
// which rule, and what its author had seen.
type provedStep struct {
	Index    int64         `json:"index"`
	Received truce.Instant `json:"received"`
	Office   string        `json:"office"`
	Desk     string        `json:"desk,omitempty"`
	Kind     truce.Kind    `json:"kind"`
	Rules    []string      `json:"rules,omitempty"` // none: attached, it moved nothing
	To       string        `json:"to,omitempty"`
	Key      string        `json:"key"`
	Class    string        `json:"key_class"`
	Seen     int           `json:"claims_seen,omitempty"`
	AsOf     int64         `json:"as_of,omitempty"`
}

type provedFinding struct {
	Kind    string   `json:"kind"`
	Outcome string   `json:"outcome,omitempty"`
	Index   int64    `json:"index"`
	Answers []string `json:"answers"`
	Silent  []string `json:"silent,omitempty"`
	NoText  []string `json:"no_text,omitempty"`
}

// A caseAudit folds a record into a Book of its own and keeps what belongs to
// one case. It trusts nothing but the bytes that it is shown.
type caseAudit struct {
	book  *truce.Book
	out   provedCase
	count func(admitted bool)
}

// auditCase returns the audit of a case, and the visit that feeds it.
func auditCase(number int, count func(admitted bool)) (*caseAudit, record.Visit) {
	a := &caseAudit{book: truce.NewBook(), out: provedCase{Number: number}, count: count}
	return a, record.Visit{Entry: a.entry}
}

func (a *caseAudit) entry(e record.Entry) error {
	said, err := a.book.Verify(e.Body)
	if err == nil {
		err = a.book.Admit(e.Index, truce.Instant(e.RecvAt/1000), said)
	}
	a.count(err == nil)
	if err != nil {
		a.refused(e, err)
		a.book.Skip()
		return nil
	}
	a.take(e, said)
	return nil
}

// about reports whether a statement belongs to the case.
func (a *caseAudit) about(b truce.Body) (truce.CaseFile, bool) {
	f, ok := a.book.CaseOf(b)
	if c, opens := b.(*truce.Case); opens {
		f, ok = a.book.CaseAbout(c.Incident)
	}
	return f, ok && f.Number == a.out.Number
}

func (a *caseAudit) take(e record.Entry, said *truce.Said) {
	s := said.Statement
	file, ok := a.about(s.Body)
	if !ok {
		return
	}
	step := provedStep{
		Index: e.Index, Received: truce.Instant(e.RecvAt / 1000), Office: string(s.Office), Desk: s.Desk, Kind: s.Body.Kind(), Key: string(said.Keys[0]),
	}
	for _, k := range a.book.KeyRing() {
		if k.ID == said.Keys[0] {
			step.Class = string(k.Class)
		}
	}
	for _, m := range file.Path {
		if m.Index == e.Index {
			step.Rules, step.To = append(step.Rules, m.Rule), string(m.To)
		}
	}
	if text, is := s.Body.(*truce.Assessment); is {
		step.Seen, step.AsOf = len(text.Seen), text.AsOf
		a.seen(e.Index, text)
	}
	a.out.Steps = append(a.out.Steps, step)
}

// seen checks that an office's text rests on what was in the record before it.
func (a *caseAudit) seen(index int64, text *truce.Assessment) {
	if text.AsOf > index {
		a.offf("S %d says that it saw the record up to %d, which came after it", index, text.AsOf)
	}
	for _, c := range text.Seen {
		if at, ok := a.book.IndexOf(c.Ref.Statement); !ok || at >= index {
			a.offf("S %d cites claim %s, which was not in the record before it", index, c.Ref)
		}
	}
}

// refused notes an entry about the case that the rules do not admit.
func (a *caseAudit) refused(e record.Entry, why error) {
	env, err := truce.ParseEnvelope(e.Body)
	if err != nil {
		return
	}
	s, err := truce.DecodeBody(env.Payload)
	if err != nil {
		return
	}
	if _, ok := a.about(s.Body); ok {
		a.offf("S %d, a %s in the name of %s, is in the record and has no effect: %v", e.Index, s.Body.Kind(), s.Office, why)
	}
}

func (a *caseAudit) offf(format string, args ...any) {
	a.out.Off = append(a.out.Off, fmt.Sprintf(format, args...))
}

// end closes the audit: the case as it stands at the end of the record.
func (a *caseAudit) end() (provedCase, error) {
	all := a.book.Cases()
	if a.out.Number < 1 || a.out.Number > len(all) {
		return a.out, fmt.Errorf("--case: the record holds %d cases, and no case %d", len(all), a.out.Number)
	}
	f := all[a.out.Number-1]
	p := &a.out
	p.ID, p.Incident, p.Title, p.State = f.ID.String(), f.Incident.String(), f.Title, string(f.State)
	p.Procedure, p.Sealing = f.Procedure.Clocks, f.Procedure.Sealing
	for _, m := range f.Path {
		if !slices.ContainsFunc(p.Steps, func(s provedStep) bool { return s.Index == m.Index }) {
			a.offf("the path moves at S %d, by rule %s, and no statement of the case is there", m.Index, m.Rule)
		}
	}
	if f.Finding.Kind == truce.Undecided {
		return *p, nil
	}
	p.Finding = &provedFinding{Kind: string(f.Finding.Kind), Outcome: string(f.Finding.Outcome), Index: f.Finding.Index}
	for _, x := range f.Finding.Answers {
		at, _ := a.book.IndexOf(x.Statement)
		p.Finding.Answers = append(p.Finding.Answers, fmt.Sprintf("%s: %s (S %d)", x.Office, x.How, at))
	}
	for _, o := range f.Finding.Silent {
		p.Finding.Silent = append(p.Finding.Silent, string(o))
	}
	for _, o := range f.Finding.NoText {
		p.Finding.NoText = append(p.Finding.NoText, string(o))
	}
	return *p, nil
}

// print writes the case for a reader, one statement a line.
func (p provedCase) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "case %d: %s\n  about incident %s, %s now\n  its procedure, in force when it opened:", p.Number, orNothing(p.Title, "without a title"), p.Incident, p.State)
	for _, c := range p.Procedure {
		fmt.Fprintf(&b, " %s %d s;", c.Name, c.Seconds)
	}
	fmt.Fprintf(&b, " assessments sealed first: %t\n", p.Sealing)
	for _, s := range p.Steps {
		rule := "attached"
		if len(s.Rules) > 0 {
			rule = "rule " + strings.Join(s.Rules, " and ") + ", then " + s.To
		}
		fmt.Fprintf(&b, "  S %-6d %s  %-14s %-20s %s; signed by key %s (%s)", s.Index, s.Received, s.Office, s.Kind, rule, s.Key, s.Class)
		if s.Kind == "assessment" {
			fmt.Fprintf(&b, "; had seen %d claims, the record up to %d", s.Seen, s.AsOf)
		}
		b.WriteByte('\n')
	}
	if f := p.Finding; f != nil {
		fmt.Fprintf(&b, "  finding at S %d: %s", f.Index, f.Kind)
		if f.Outcome != "" {
			fmt.Fprintf(&b, ", %s", f.Outcome)
		}
		for _, part := range []struct {
			name string
			all  []string
		}{{"", f.Answers}, {"no answer by ", f.Silent}, {"no assessment filed by ", f.NoText}} {
			if len(part.all) > 0 {
				fmt.Fprintf(&b, "; %s%s", part.name, strings.Join(part.all, ", "))
			}
		}
		b.WriteByte('\n')
	}
	for _, off := range p.Off {
		fmt.Fprintf(&b, "  OFF: %s\n", off)
	}
	fmt.Fprintf(&b, "  %d statements, each signature checked against a key good at its index\n", len(p.Steps))
	_, err := io.WriteString(out, b.String())
	return err
}

func orNothing(s, nothing string) string {
	if s == "" {
		return nothing
	}
	return s
}

// report prints a proved case and fails where something is off.
func (p provedCase) report(out io.Writer, asJSON bool) error {
	var err error
	if asJSON {
		err = json.NewEncoder(out).Encode(p)
	} else {
		err = p.print(out)
	}
	if err == nil && len(p.Off) > 0 {
		err = fmt.Errorf("case %d does not hold: %s", p.Number, p.Off[0])
	}
	return err
}
