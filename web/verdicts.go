package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// actorVerdicts are the verdicts on one alleged actor, a column per reading.
type actorVerdicts struct {
	Actor    string // "" where nobody is alleged
	Verdicts Verdicts
	Terms    []termText
}

// termText is a term that a verdict cites, in its own words.
type termText struct {
	Link Link
	Text string
	Lang string
}

// verdicts groups what the readings say by alleged actor, in the order of the
// record.
func (v *visit) verdicts(i picture.Incident) ([]actorVerdicts, error) {
	if len(i.Acts) == 0 {
		return nil, nil
	}
	reg, err := v.view.Regime(v.ctx())
	if err != nil {
		return nil, err
	}
	var all []actorVerdicts
	for _, act := range i.Acts {
		var one actorVerdicts
		if id := act.Act.Actor.ID; id != "" {
			one.Actor = v.name(string(id))
		}
		for _, x := range act.Verdicts {
			one.Verdicts.Readings = append(one.Verdicts.Readings, v.column(reg, x))
			one.Terms = v.citedTerms(reg, one.Terms, x)
		}
		one.Verdicts.Agree, one.Verdicts.Note = act.Agreement.Agree, v.agreementNote(act.Agreement)
		all = append(all, one)
	}
	return all, nil
}

// column is one reading's verdict with its premises, each linked to the
// statement that it rests on.
func (v *visit) column(reg *truce.Regime, x truce.Verdict) Verdict {
	kind, why := v.kindOf(x.Answer)
	c := Verdict{Office: v.officeName(x.Office), Kind: kind, Why: why, Illustration: v.illustrated(reg, x)}
	deciding := x.Deciding()
	for _, t := range deciding {
		cited := CitedTerm{Term: Link{v.termName(t), "/regime#term-" + string(t.Term)}}
		for _, g := range t.Grounds {
			if p := v.premise(g); !slices.Contains(cited.Premises, p) {
				cited.Premises = append(cited.Premises, p)
			}
		}
		c.Terms = append(c.Terms, cited)
	}
	if len(c.Terms) == 1 {
		c.Term, c.Premises, c.Terms = c.Terms[0].Term, c.Terms[0].Premises, nil
	}
	for _, m := range x.Members {
		kind, why := v.kindOf(m.Answer)
		c.Members = append(c.Members, MemberVerdict{v.name(string(m.Actor)), Verdict{Kind: kind, Why: why}})
	}
	return c
}

// termName is how a term is cited: its paragraph and the clock used.
func (v *visit) termName(t truce.TermVerdict) string {
	name := string(t.Term)
	if t.Paragraph != "" {
		name += " (" + t.Paragraph + ")"
	}
	if t.Span != "" {
		name = v.t.T("verdict_term.span", "term", name, "span", v.spanName(t.Span))
	}
	if t.Exception != "" {
		name = v.t.T("verdict_term.exception", "term", name, "exception", string(t.Exception))
	}
	return name
}

// spanName is a span's name; of one that nobody named, what it is and over
// which area, with its id.
func (v *visit) spanName(id truce.SpanID) string {
	s, known := v.words.spans[id]
	if !known || len(s.Name) > 0 {
		return truce.NameIn(s.Name, v.t.Code, string(id))
	}
	return v.comma(v.t.T("span_sort."+s.Sort), v.area(s.Area)) + " (" + string(id) + ")"
}

// premise is one ground in words. Nobody signed it where it is missing.
func (v *visit) premise(g truce.Ground) Premise {
	of := g.Of
	switch g.What {
	case truce.AboutSpan, truce.AboutStart, truce.AboutEnd:
		of = v.spanName(truce.SpanID(of))
	case truce.AboutTerm, truce.AboutPremise, truce.AboutAct, truce.AboutWeapon:
	case truce.AboutArea, truce.AboutTime:
	default:
		if of != "" {
			of = v.name(of)
		}
	}
	key := "ground." + string(g.What)
	if g.What == truce.AboutTarget && g.Holds == truce.Unsure {
		of = ""
	}
	if of == "" && (g.What == truce.AboutActor || g.What == truce.AboutTarget || g.What == truce.AboutControl || g.What == truce.AboutSpan) {
		key = "ground_open." + string(g.What)
	}
	p := Premise{Text: v.t.T(key, "of", of), Missing: g.Holds == truce.Unsure}
	if g.Holds == truce.No {
		p.Text = v.t.T("ground_is.not", "premise", p.Text)
	}
	if p.Missing {
		p.Text = v.t.T("ground_is.missing", "premise", p.Text)
	}
	if !g.By.IsZero() {
		p.Statement = v.statement(g.By)
	}
	return p
}

// illustrated reports whether a verdict rests on a reading that was made up to
// show the machinery.
func (v *visit) illustrated(reg *truce.Regime, x truce.Verdict) bool {
	made := map[truce.StatementID]bool{}
	for _, r := range reg.Readings(x.Office, v.asOf()) {
		made[r.ID] = r.Body.Illustration
	}
	return slices.ContainsFunc(x.Deciding(), func(t truce.TermVerdict) bool {
		return made[t.ClockBy] || slices.ContainsFunc(t.Grounds, func(g truce.Ground) bool { return made[g.By] })
	})
}

// citedTerms adds the terms that decide a verdict, in their own words.
func (v *visit) citedTerms(reg *truce.Regime, to []termText, x truce.Verdict) []termText {
	for _, t := range x.Deciding() {
		row, ok := reg.Term(t.Term, v.asOf())
		label := string(t.Term)
		if !ok || slices.ContainsFunc(to, func(y termText) bool { return y.Link.Label == label }) {
			continue
		}
		to = append(to, v.termText(row.Body))
	}
	return to
}

// termText is a term's own words, else its summary in the reader's language.
func (v *visit) termText(t *truce.Term) termText {
	x := termText{Link: Link{string(t.ID), "/regime#term-" + string(t.ID)}, Text: t.Verbatim, Lang: t.Lang}
	if x.Text == "" {
		s := textIn(t.Summary, v.t.Code)
		x.Text, x.Lang = s.Text, s.Lang
	}
	return x
}

// changed is a verdict that a later statement changed.
type changed struct {
	Office        string
	Before, After Verdict
	By            Link
}

func (v *visit) changedVerdicts(incident truce.IncidentID, index int64) ([]changed, error) {
	all, err := v.view.Reassessments(v.ctx(), incident, index)
	var out []changed
	for _, r := range all {
		before, why := v.kindOf(r.Before)
		after, why2 := v.kindOf(r.After)
		out = append(out, changed{v.officeName(r.Office), Verdict{Kind: before, Why: why}, Verdict{Kind: after, Why: why2}, statementLink(r.Index)})
	}
	return out, err
}

// claimLink says how a claim came to its incident: the waterfall of weights.
type claimLink struct {
	Claim  Link
	State  string
	Bound  Link
	Bars   []weightBar
	Sum    string
	Next   Link
	NextAt string
}

// weightBar is one step of the waterfall.
type weightBar struct {
	Name, Level, Bits string
	Down              bool
	SVG               waterfallBar
}

func (v *visit) claimLink(c picture.Claim) (claimLink, bool) {
	if c.Link.State == "" {
		return claimLink{}, false
	}
	l := claimLink{Claim: Link{c.Ref.Display(c.Index), claimAnchor(c)}, State: v.t.T("link." + c.Link.State), Sum: bits(c.Link.Sum)}
	if !c.Link.BoundBy.IsZero() {
		l.Bound = v.statement(c.Link.BoundBy)
	}
	if !c.Link.Next.IsZero() {
		if i, err := v.view.Incident(v.ctx(), c.Link.Next); err == nil {
			l.Next, l.NextAt = incidentID(i), bits(c.Link.NextAt)
		}
	}
	l.Bars = v.waterfall(c.Link.Reasons)
	return l, true
}

// waterfall lays the reasons end to end on one scale of 1,000 units.
func (v *visit) waterfall(reasons []picture.Reason) []weightBar {
	var low, high, at int64
	for _, r := range reasons {
		at += r.MB + r.TF
		low, high = min(low, at), max(high, at)
	}
	scale := max(high-low, 1)
	var bars []weightBar
	at = 0
	for _, r := range reasons {
		mb := r.MB + r.TF // the level's weight and that of the value's rarity
		from, to := min(at, at+mb), max(at, at+mb)
		at += mb
		bars = append(bars, weightBar{
			Name: v.t.T("reason." + r.K), Level: v.level(r.Level), Bits: bits(mb), Down: mb < 0,
			SVG: waterfallBar{X: (from - low) * 1000 / scale, W: max((to-from)*1000/scale, 4), Zero: -low * 1000 / scale},
		})
	}
	return bars
}

// level says how two claims compare in a field.
func (v *visit) level(name string) string {
	if name == "" {
		return "" // the prior compares nothing
	}
	return v.t.T(levelKey(name))
}

func levelKey(name string) string {
	return "level." + strings.NewReplacer(", ", "_", " ", "_").Replace(name)
}

// waterfallBar is where a bar stands, in thousandths of the width.
type waterfallBar struct{ X, W, Zero int64 }

// bits writes millibits as bits, with their sign.
func bits(mb int64) string {
	sign := "+"
	if mb < 0 {
		sign, mb = "\u2212", -mb
	}
	return sign + strconv.FormatInt(mb/1000, 10) + "." + strconv.FormatInt(1000+mb%1000, 10)[1:]
}

// agreementNote says where readings agree in the answer alone, and what a
// joint text can cite.
func (v *visit) agreementNote(a truce.Agreement) string {
	var notes []string
	if a.Agree && !a.SameTerms {
		notes = append(notes, v.t.T("agree.other_terms"))
	}
	if a.Agree && a.SameTerms && !a.SameClock {
		notes = append(notes, v.t.T("agree.other_clock"))
	}
	if len(a.Cite) > 0 {
		cite := make([]string, len(a.Cite))
		for i, t := range a.Cite {
			cite[i] = string(t)
		}
		notes = append(notes, v.t.T("agree.cite", "terms", v.t.List(cite)))
	}
	return strings.Join(notes, " ")
}

// tollPart is the merged figure of one kind of casualty, with every figure
// that was given: per lineage its newest, and before it those that it replaced.
type tollPart struct {
	Kind, Figure, Best string
	Chart              Drawn
}

// tolls are the merged figures of an incident and the history of each.
func (v *visit) tolls(t truce.Tally) ([]tollPart, error) {
	var all []tollPart
	for n, r := range t.Ranges {
		p := tollPart{Kind: v.tollName(r.TollKey), Figure: v.lossWords(r.Losses)}
		if r.HasBest {
			p.Best = v.t.Number(int64(r.Best))
		}
		var ranges []Range
		for _, l := range r.Lineages {
			for _, c := range l.Older {
				ranges = append(ranges, v.drawnFigure(l, c, true))
			}
			ranges = append(ranges, v.drawnFigure(l, l.Newest, false))
		}
		ranges = ranges[:min(len(ranges), maxRanges)]
		if len(ranges) > 1 {
			svg, err := DrawRanges(v.t, "toll"+strconv.Itoa(n), p.Kind, ranges)
			if err != nil {
				return nil, err
			}
			p.Chart = Drawn{SVG: svg, Caption: v.t.T("toll.caption"), Size: "narrow"}
		}
		all = append(all, p)
	}
	return all, nil
}

// namedDead says how many of the dead are named, and where these are more than
// the lowest figure states.
func (v *visit) namedDead(i picture.Incident, claims []picture.Claim) string {
	told := make([]truce.Claim, len(claims))
	for k, c := range claims {
		told[k] = c.Claim
	}
	n := truce.NamedDead(told)
	if n == 0 {
		return ""
	}
	words := v.t.T("incident.named", "n", n)
	if r, ok := i.Killed(); ok && n > int(r.Low) {
		words += " " + v.t.T("incident.named_more")
	}
	return words
}

// tollName says what is counted: the kind, whom, and over what.
func (v *visit) tollName(k truce.TollKey) string {
	name := v.label("casualty.", string(k.Kind))
	scope := ""
	if k.Scope != "strike" {
		scope = v.label("scope.", k.Scope)
	}
	return v.comma(name, v.t.T("who."+k.Who), scope)
}

func (v *visit) drawnFigure(l truce.LineageFigure, c truce.Counted, old bool) Range {
	r := Range{Name: v.name(l.Lineage) + ", " + v.local(c.Said).Format(time.DateOnly), Low: int64(max(c.Low, 0)), High: int64(c.High), Best: -1, Old: old}
	if c.High == truce.Open {
		r.High, r.Open = r.Low, true
	}
	return r
}

// claimAnchor is where a claim's card stands on its incident's page.
func claimAnchor(c picture.Claim) string {
	return "#c" + strconv.FormatInt(c.Index, 10) + "-" + strconv.FormatInt(int64(c.Ref.At), 10)
}
