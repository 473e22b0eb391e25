package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// expect compares one thing with what the line says it is.
func (p *scenario) expect(l *line) error {
	w, err := l.need(1, "what is expected: see docs/scenario.md")
	if err != nil {
		return err
	}
	if w[0] == "refused" {
		return p.expectRefused(l)
	}
	by := map[string]func(*line, []string) error{
		"verdict": p.expectVerdict, "agree": p.expectAgree, "members": p.expectMembers, "status": p.expectStatus, "span": p.expectSpan,
		"term": p.expectTerm, "state": p.expectState, "finding": p.expectFinding, "overdue": p.expectOverdue, "no-reply": p.expectNoReply,
		"frozen": p.expectFrozen, "path": p.expectPath, "killed": p.expectCasualties, "wounded": p.expectCasualties, "opens": p.expectOpens,
		"incidents": p.expectIncidents, "notices": p.expectNotices, "together": p.expectTogether, "apart": p.expectTogether,
		"counts": p.expectCounts, "case": p.expectCase, "lineages": p.expectLineages, "exchange": p.expectExchange, "changed": p.expectChanged,
		"premise": p.expectPremise, "text": p.expectText, "countersigned": p.expectCountersigned, "alarms": p.expectAlarms, "when": p.expectWhen,
		"alleged": p.expectAlleged, "reads": p.expectReads, "cited": p.expectCited,
	}
	f := by[w[0]]
	if f == nil {
		return fmt.Errorf("%q cannot be expected: see docs/scenario.md", w[0])
	}
	return f(l, w)
}

// differs is the error of an expectation that does not hold.
func differs(what, want, got string) error {
	return fmt.Errorf("%s: expected %s, actual %s", what, want, got)
}

func (p *scenario) expectRefused(l *line) error {
	inner, err := parseLine(l.rest)
	if err != nil {
		return err
	}
	if inner.office == "" {
		return fmt.Errorf("expect refused is followed by what an office says")
	}
	before := p.stage.book().Next()
	body, _, err := p.body(inner)
	if err == nil {
		_, err = p.stage.say(inner.office, p.now, body)
	}
	switch {
	case err == nil:
		return differs("refused", fmt.Sprintf("a refusal with %q", l.words[1]), "it was admitted")
	case !strings.Contains(err.Error(), l.words[1]):
		return differs("refused", fmt.Sprintf("%q in the reason", l.words[1]), err.Error())
	case p.stage.book().Next() != before:
		return differs("refused", "nothing admitted", "the record grew")
	}
	return nil
}

// index is the last entry that counts: the newest, or that of as-of.
func (p *scenario) index(l *line) (int64, error) {
	if name := l.one("as-of"); name != "" {
		n, ok := p.saidAt[name]
		if !ok {
			return 0, fmt.Errorf("nothing was said under the name %q", name)
		}
		return n, nil
	}
	return p.stage.book().Next() - 1, nil
}

// claimed returns the claims of the incident that a named claim stands in.
func (p *scenario) claimed(name string) ([]told, error) {
	ref, ok := p.claims[name]
	if !ok {
		return nil, fmt.Errorf("no claim is called %q", name)
	}
	all, err := p.stage.incidents()
	if err != nil {
		return nil, err
	}
	for _, group := range all {
		if slices.ContainsFunc(group, func(c told) bool { return c.Ref == ref }) {
			return group, nil
		}
	}
	return nil, fmt.Errorf("claim %q stands in no incident", name)
}

// act returns the act of an incident that a line judges: its only one, or the
// one alleged against the actor that for names.
func (p *scenario) act(l *line, name string) (truce.Act, error) {
	group, err := p.claimed(name)
	if err != nil {
		return truce.Act{}, err
	}
	claims := make([]*truce.Claim, len(group))
	for i := range group {
		claims[i] = &group[i].Claim
	}
	acts := truce.ActOf(claims)
	who := l.one("for")
	var names []string
	for _, a := range acts {
		if string(a.Actor.ID) == who || who == "" && len(acts) == 1 {
			return a, nil
		}
		names = append(names, string(a.Actor.ID))
	}
	return truce.Act{}, fmt.Errorf("the claims allege acts of %v: say for whom", names)
}

func (p *scenario) verdict(l *line, claim string, office truce.OfficeID) (truce.Verdict, error) {
	act, err := p.act(l, claim)
	if err != nil {
		return truce.Verdict{}, err
	}
	n, err := p.index(l)
	if err != nil {
		return truce.Verdict{}, err
	}
	return truce.Assess(p.stage.book().Rules(), act, office, n), nil
}

// expectVerdict: expect verdict CLAIM OFFICE ANSWER [TERM=ANSWER ...] [missing WHAT[:OF] ...]
func (p *scenario) expectVerdict(l *line, w []string) error {
	if len(w) < 4 {
		return fmt.Errorf("expect verdict needs a claim, an office and an answer")
	}
	v, err := p.verdict(l, w[1], truce.OfficeID(w[2]))
	if err != nil {
		return err
	}
	if string(v.Answer) != w[3] {
		return differs("verdict of "+w[2], w[3], string(v.Answer)+" ("+termsOf(v)+")")
	}
	for _, pair := range w[4:] {
		term, want, _ := strings.Cut(pair, "=")
		got := "no verdict"
		for _, t := range v.Terms {
			if string(t.Term) == term {
				got = answerOf(t)
			}
		}
		if got != want {
			return differs("term "+term+" under "+w[2], want, got)
		}
	}
	return p.expectMissing(l, v)
}

func (p *scenario) expectMissing(l *line, v truce.Verdict) error {
	var lacks []string
	for _, t := range v.Terms {
		for _, g := range t.Missing() {
			lacks = append(lacks, string(g.What), string(g.What)+":"+g.Of)
		}
	}
	for _, want := range l.clauses["missing"] {
		if !slices.Contains(lacks, want) {
			return differs("missing under "+string(v.Office), want, strings.Join(lacks, " "))
		}
	}
	return nil
}

// answerOf writes a term's answer with the exception that was met or claimed
// (exempt/T7), that fell (prohibited-T5), or beside which it is named.
func answerOf(t truce.TermVerdict) string {
	s := string(t.Answer)
	if t.Exception != "" {
		s += "/" + string(t.Exception)
	}
	if t.Fallen != "" {
		s += "-" + string(t.Fallen)
	}
	if t.Beside {
		s += "+beside"
	}
	return s
}

func termsOf(v truce.Verdict) string {
	var all []string
	for _, t := range v.Terms {
		all = append(all, string(t.Term)+"="+answerOf(t))
	}
	for _, m := range v.Members {
		all = append(all, string(m.Actor)+"="+string(m.Answer))
	}
	return strings.Join(all, " ")
}

// expectAgree: expect agree CLAIM yes|no [same-terms|other-terms] [cite TERM ...]
func (p *scenario) expectAgree(l *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect agree needs a claim and yes or no")
	}
	var all []truce.Verdict
	for _, o := range p.stage.book().CoChairs() {
		v, err := p.verdict(l, w[1], o)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	a := truce.Agree(all)
	got := map[bool]string{true: "yes", false: "no"}[a.Agree]
	if got != w[2] {
		return differs("the readings agree", w[2], got)
	}
	if len(w) > 3 {
		if got := map[bool]string{true: "same-terms", false: "other-terms"}[a.SameTerms]; got != w[3] {
			return differs("what they cite", w[3], got)
		}
	}
	for _, t := range l.clauses["cite"] {
		if !slices.Contains(a.Cite, truce.TermID(t)) {
			return differs("terms that all cite", t, fmt.Sprint(a.Cite))
		}
	}
	return nil
}

// expectMembers: expect members CLAIM OFFICE MEMBER=ANSWER ...
func (p *scenario) expectMembers(l *line, w []string) error {
	if len(w) < 4 {
		return fmt.Errorf("expect members needs a claim, an office and MEMBER=ANSWER")
	}
	v, err := p.verdict(l, w[1], truce.OfficeID(w[2]))
	if err != nil {
		return err
	}
	var got []string
	for _, m := range v.Members {
		got = append(got, string(m.Actor)+"="+string(m.Answer))
	}
	if !slices.Equal(got, w[3:]) {
		return differs("members", strings.Join(w[3:], " "), strings.Join(got, " "))
	}
	return nil
}

func (p *scenario) at(l *line) (truce.Instant, error) {
	if s := l.one("at"); s != "" {
		return p.time(s)
	}
	return p.now, nil
}

// expectStatus: expect status ACTOR OFFICE STATUS [at TIME]
func (p *scenario) expectStatus(l *line, w []string) error {
	t, err := p.at(l)
	if err != nil || len(w) < 4 {
		return orUsage(err, "expect status needs an actor, an office and a status")
	}
	n, err := p.index(l)
	if err != nil {
		return err
	}
	if got := p.stage.book().Rules().Status(truce.ActorID(w[1]), t, n, truce.OfficeID(w[2])); got.Status != w[3] {
		return differs("status of "+w[1]+" under "+w[2], w[3], got.Status)
	}
	return nil
}

func orUsage(err error, usage string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s", usage)
}

// expectSpan: expect span SPAN STATE [at TIME]
func (p *scenario) expectSpan(l *line, w []string) error {
	t, err := p.at(l)
	if err != nil || len(w) < 3 {
		return orUsage(err, "expect span needs a span and a state")
	}
	n, err := p.index(l)
	if err != nil {
		return err
	}
	s, ok := p.stage.book().Rules().Span(truce.SpanID(w[1]), t, n)
	got := string(s.State)
	if !ok {
		got = "none"
	}
	if got != w[2] {
		return differs("span "+w[1], w[2], got)
	}
	return nil
}

// expectTerm: expect term TERM OFFICE yes|no|unsure [at TIME]
func (p *scenario) expectTerm(l *line, w []string) error {
	t, err := p.at(l)
	if err != nil || len(w) < 4 {
		return orUsage(err, "expect term needs a term, an office, and yes, no or unsure")
	}
	n, err := p.index(l)
	if err != nil {
		return err
	}
	got := "none"
	for _, s := range p.stage.book().Rules().TermsInForce(t, n) {
		for _, u := range s.Under {
			if string(s.Body.ID) == w[1] && string(u.Office) == w[2] {
				got = map[truce.Tri]string{truce.Yes: "yes", truce.No: "no", truce.Unsure: "unsure"}[u.Holds]
			}
		}
	}
	if got != w[3] {
		return differs("term "+w[1]+" in force under "+w[2], w[3], got)
	}
	return nil
}

func (p *scenario) caseFile(name string) (truce.CaseFile, error) {
	id, err := p.labelled(name)
	if err != nil {
		return truce.CaseFile{}, err
	}
	c, ok := p.stage.book().Case(id)
	if !ok {
		return c, fmt.Errorf("%q is no case", name)
	}
	return c, nil
}

// expectState: expect state CASE STATE [at TIME]
func (p *scenario) expectState(l *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect state needs a case and a state")
	}
	c, err := p.caseFile(w[1])
	if err != nil {
		return err
	}
	got := string(c.State)
	if l.has("at") {
		t, err := p.at(l)
		if err != nil {
			return err
		}
		got = stateAt(c, t)
	}
	if got != w[2] {
		return differs("case "+w[1], w[2], got)
	}
	return nil
}

// expectFrozen: expect frozen CASE yes|no
func (p *scenario) expectFrozen(_ *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect frozen needs a case, and yes or no")
	}
	c, err := p.caseFile(w[1])
	if got := map[bool]string{true: "yes", false: "no"}[c.Frozen]; err == nil && got != w[2] {
		err = differs("case "+w[1]+" frozen", w[2], got)
	}
	return err
}

// expectPath: expect path CASE RULE ...
func (p *scenario) expectPath(_ *line, w []string) error {
	c, err := p.caseFile(w[1])
	if err != nil {
		return err
	}
	var got []string
	for _, m := range c.Path {
		got = append(got, m.Rule)
	}
	if !slices.Equal(got, w[2:]) {
		return differs("path of "+w[1], strings.Join(w[2:], " "), strings.Join(got, " "))
	}
	return nil
}

// expectFinding: expect finding CASE KIND|none [OUTCOME] [missing OFFICE ...]
func (p *scenario) expectFinding(l *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect finding needs a case and a kind of finding")
	}
	c, err := p.caseFile(w[1])
	if err != nil {
		return err
	}
	got := string(c.Finding.Kind)
	if got == "" {
		got = "none"
	}
	if c.Finding.Outcome != "" {
		got += " " + string(c.Finding.Outcome)
	}
	if want := strings.Join(w[2:], " "); got != want {
		return differs("finding of "+w[1], want, got)
	}
	var missing []string
	for _, o := range c.Finding.NoText {
		missing = append(missing, string(o))
	}
	if want := l.clauses["missing"]; !slices.Equal(missing, want) {
		return differs("no assessment filed by", fmt.Sprint(want), fmt.Sprint(missing))
	}
	return nil
}

// expectOverdue: expect overdue CASE none|CLOCK ... [at TIME]
func (p *scenario) expectOverdue(l *line, w []string) error {
	t, err := p.at(l)
	if err != nil || len(w) < 3 {
		return orUsage(err, "expect overdue needs a case, and none or its clocks")
	}
	c, err := p.caseFile(w[1])
	if err != nil {
		return err
	}
	got := []string{}
	for _, k := range c.Overdue(t) {
		got = append(got, k.Name)
	}
	if len(got) == 0 {
		got = []string{"none"}
	}
	if !slices.Equal(got, w[2:]) {
		return differs("overdue in "+w[1], strings.Join(w[2:], " "), strings.Join(got, " "))
	}
	return nil
}

// expectNoReply: expect no-reply REQUEST yes|no [at TIME]
func (p *scenario) expectNoReply(l *line, w []string) error {
	t, err := p.at(l)
	if err != nil || len(w) < 3 {
		return orUsage(err, "expect no-reply needs a request, and yes or no")
	}
	id, err := p.labelled(w[1])
	if err != nil {
		return err
	}
	for _, c := range p.stage.book().Cases() {
		for _, r := range c.Requests {
			if r.Statement != id {
				continue
			}
			if got := map[bool]string{true: "yes", false: "no"}[r.NoReply(t)]; got != w[2] {
				return differs("no reply to "+w[1], w[2], got)
			}
			return nil
		}
	}
	return fmt.Errorf("%q is no request", w[1])
}

// tally merges the figures of an incident. Who is alleged to have done it has
// a stake.
func tally(group []told) (truce.Tally, truce.Summary) {
	var alleged []truce.ActorID
	var figures []truce.Counted
	s := truce.Summary{}
	for _, c := range group {
		for _, a := range c.Actors {
			if a.ID != "" && a.ID != "unknown" {
				alleged = append(alleged, truce.ActorID(a.ID))
			}
		}
	}
	var lineages []string
	for _, c := range group {
		figures = append(figures, truce.CountedOf(&c.Claim, c.LineageOf(c.publisher), c.publisher, c.said, c.index, alleged)...)
		if l := c.LineageOf(c.publisher); !slices.Contains(lineages, l) {
			lineages = append(lineages, l)
		}
		s.Protected = s.Protected || truce.NewTree(truce.Taxonomy()).Is(c.Object, "protected")
	}
	t := truce.Merge(figures)
	for _, r := range t.Ranges {
		if r.Kind == truce.Killed && r.Status == "civilian" {
			s.CivilianKilled = max(s.CivilianKilled, r.Low)
		}
	}
	s.Lineages = int32(len(lineages))
	return t, s
}

// expectCasualties: expect killed CLAIM LOW BEST HIGH [or-more] [sources N] [scope S] [who W]; BEST - is none
func (p *scenario) expectCasualties(l *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect %s needs a claim, and low, best and high, or none", w[0])
	}
	group, err := p.claimed(w[1])
	if err != nil {
		return err
	}
	t, _ := tally(group)
	if row, err := p.row(w[1]); err == nil { // on a real centre, the figures that its pages show
		t = row.Tally
	}
	scope, who := l.one("scope"), l.one("who")
	r, ok := t.Headline(truce.CasualtyKind(w[0]))
	if scope != "" || who != "" {
		if scope == "" {
			scope = "strike"
		}
		if who == "" {
			who = "people"
		}
		r, ok = t.Of(truce.CasualtyKind(w[0]), scope, who)
	}
	got := "none"
	if ok {
		best := "-"
		if r.HasBest {
			best = strconv.Itoa(int(r.Best))
		}
		got = fmt.Sprintf("%d %s %d", r.Low, best, r.High)
		if r.OrMore {
			got += " or-more"
		}
	}
	if want := strings.Join(w[2:], " "); got != want {
		return differs(w[0]+" of "+w[1], want, got)
	}
	if n := l.one("sources"); n != "" && n != strconv.Itoa(r.Sources()) {
		return differs("independent sources of "+w[1], n, strconv.Itoa(r.Sources()))
	}
	return nil
}

// expectOpens: expect opens CLAIM RULE|none
func (p *scenario) expectOpens(_ *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect opens needs a claim, and a rule or none")
	}
	group, err := p.claimed(w[1])
	if err != nil {
		return err
	}
	_, s := tally(group)
	rule, ok := truce.Opens(p.stage.book().Procedure(), s)
	if !ok {
		rule = "none"
	}
	if rule != w[2] {
		return differs("what opens a case on "+w[1], w[2], rule)
	}
	return nil
}

// expectIncidents: expect incidents N
func (p *scenario) expectIncidents(_ *line, w []string) error {
	if len(w) < 2 {
		return fmt.Errorf("expect incidents needs a number")
	}
	all, err := p.stage.incidents()
	if err != nil {
		return err
	}
	if got := strconv.Itoa(len(all)); got != w[1] {
		return differs("incidents", w[1], got)
	}
	return nil
}

// expectNotices: expect notices OFFICE N
func (p *scenario) expectNotices(_ *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect notices needs an office and a number")
	}
	all := p.stage.book().Notices(truce.OfficeID(w[1]))
	for i, n := range all {
		if n.Number != i+1 {
			return differs("number of a notice to "+w[1], strconv.Itoa(i+1), strconv.Itoa(n.Number))
		}
	}
	if got := strconv.Itoa(len(all)); got != w[2] {
		return differs("notices to "+w[1], w[2], got)
	}
	return nil
}

// expectTogether: expect together CLAIM CLAIM ... | expect apart CLAIM CLAIM
func (p *scenario) expectTogether(_ *line, w []string) error {
	if len(w) < 3 {
		return fmt.Errorf("expect %s needs two claims", w[0])
	}
	group, err := p.claimed(w[1])
	if err != nil {
		return err
	}
	for _, name := range w[2:] {
		in := slices.ContainsFunc(group, func(c told) bool { return c.Ref == p.claims[name] })
		if in != (w[0] == "together") {
			return differs(w[1]+" and "+name, w[0], map[bool]string{true: "together", false: "apart"}[in])
		}
	}
	return nil
}
