package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/marchday/marchday/truce"
)

// questions are what a term is asked, in this order; see docs/rules.md.
var questions = [...]string{
	"1 is the act one that the term lists", "2 does its time lie in a span of this reading", "3 does its place lie in what the span takes in",
	"4 is the actor bound by the term", "5 is an exception of the term met", "6 is who was hit protected by it", "7 do its conditions hold",
}

// explainer writes verdicts as a lawyer reads them. The first error of the
// writer stops it.
type explainer struct {
	w      io.Writer
	of     *assessed
	office truce.OfficeID // "" explains every reading
	err    error
}

func (e *explainer) line(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format+"\n", args...)
	}
}

func (e *explainer) all() {
	if e.of.Incident != "" {
		e.line("Incident %s", e.of.Incident)
	}
	e.line("As known at index %d. Each reading is its office's own; none is the centre's.", e.of.N)
	if len(e.of.Acts) == 0 {
		e.line("\nNobody alleges an act here: a denial, plan, wish or background is none.")
	}
	for _, a := range e.of.Acts {
		e.act(a)
	}
}

func (e *explainer) act(a assessedAct) {
	act := a.Act
	e.line("\nAlleged act: %s", strings.Join(act.Events, ", "))
	e.line("  by       %s", e.named(act.Actor))
	for _, t := range act.Targets {
		e.line("  against  %s", e.named(t))
	}
	if act.Object != "" {
		e.line("  object   %s", act.Object)
	}
	if len(act.Weapons) > 0 {
		e.line("  with     %s", strings.Join(act.Weapons, ", "))
	}
	e.line("  when     %s", e.when(act.When))
	e.line("  where    %s", whereWords(act.Where))
	for _, p := range act.Premises {
		e.line("  premise  %s: %s, said by %s%s", p.Name, map[bool]string{true: "so", false: "not so"}[p.Holds], cmp.Or(p.Speaker, "its publisher"), e.ref(p.By))
	}
	for _, v := range a.Verdicts {
		e.verdict(v, "")
	}
	e.agreement(a.Agreement)
}

func (e *explainer) named(n truce.Named) string {
	if n.ID == "" {
		return "not stated"
	}
	name := string(n.ID)
	if r, ok := e.of.reg.Actor(n.ID, e.of.N); ok {
		name = truce.NameIn(r.Body.Name, "en", name) + " (" + string(n.ID) + ")"
	}
	return name + e.ref(n.By)
}

func (e *explainer) when(w truce.When) string {
	from, to := w.Bounds()
	s := "not stated"
	switch {
	case from != 0 && to != 0:
		s = wallIn(e.of.zone, from) + " to " + wallIn(e.of.zone, to)
	case from != 0:
		s = "from " + wallIn(e.of.zone, from)
	case to != 0:
		s = "before " + wallIn(e.of.zone, to)
	}
	if w.Wording != "" {
		s += fmt.Sprintf(" (%q)", w.Wording)
	}
	return s
}

func whereWords(w truce.Where) string {
	s := cmp.Or(w.Name, string(w.Place), "not stated")
	if w.Place != "" && w.Name != "" {
		s += " (" + string(w.Place) + ")"
	}
	if w.RadiusMetres > 0 {
		s += fmt.Sprintf(", within %d m", w.RadiusMetres)
	}
	if len(w.Within) > 0 {
		in := make([]string, len(w.Within))
		for i, p := range w.Within {
			in[i] = string(p)
		}
		s += ", in " + strings.Join(in, ", ")
	}
	return s
}

// ref names the statement that something rests on: its index and short name.
func (e *explainer) ref(id truce.StatementID) string {
	if id.IsZero() {
		return ""
	}
	if n, ok := e.of.index[id]; ok {
		return fmt.Sprintf("  [S%d %s]", n, id.Short())
	}
	return fmt.Sprintf("  [%s]", id.Short())
}

func (e *explainer) verdict(v truce.Verdict, indent string) {
	who := "Reading of " + string(v.Office)
	if indent != "" {
		who = "Member " + string(v.Actor)
	}
	e.line("\n%s%s: %s", indent, who, strings.ToUpper(answerWords(v.Answer, "")))
	for _, g := range v.Grounds {
		if g.What == truce.AboutMember {
			e.line("%s  %s", indent, e.ground(v.Office, g))
		}
	}
	for _, m := range v.Members {
		e.verdict(m, indent+"  ")
	}
	var notListed []string
	for _, t := range v.Terms {
		if t.Answer == truce.OutsideAct && len(t.Grounds) == 0 {
			name := string(t.Term)
			if t.Beside {
				name += " (named beside: the act is of its matter, and it does not judge it)"
			}
			notListed = append(notListed, name)
			continue
		}
		e.term(v.Office, t, indent+"  ")
	}
	if len(notListed) > 0 {
		e.line("%s  does not list the act: %s", indent, strings.Join(notListed, ", "))
	}
	if missing := v.Missing(); len(missing) > 0 {
		e.line("%s  What is missing, and would decide it:", indent)
		for _, g := range missing {
			e.line("%s    - %s", indent, groundWords(g))
		}
	}
}

func (e *explainer) term(office truce.OfficeID, t truce.TermVerdict, indent string) {
	name := string(t.Term)
	if t.Paragraph != "" {
		name += " (" + string(t.Instrument) + " " + t.Paragraph + ")"
	}
	e.line("%s%s: %s", indent, name, answerWords(t.Answer, t.Modality))
	if r, ok := e.of.reg.Term(t.Term, e.of.N); ok {
		e.line("%s  it %ss: %q%s", indent, t.Modality, termWords(r.Body), e.ref(t.Statement))
	}
	if t.Span != "" {
		e.line("%s  clock: %s, %s%s", indent, t.Span, clockWords(e.of.zone, t.Clock), e.ref(t.ClockBy))
	}
	seen := t.Grounds[:0:0]
	for _, g := range t.Grounds {
		if !slices.Contains(seen, g) {
			seen = append(seen, g)
			e.line("%s  %s", indent, e.ground(office, g))
		}
	}
	if t.Exception != "" {
		e.line("%s  exception %s: %s", indent, t.Exception, map[bool]string{true: "met", false: "claimed, and not signed"}[t.Answer == truce.IsExempt])
	}
	if t.Fallen != "" {
		e.line("%s  exception %s: claimed, and signed as not met", indent, t.Fallen)
	}
	e.line("%s  %s", indent, reached(t))
}

// reached says how far a term came along the order of questions.
func reached(t truce.TermVerdict) string {
	switch t.Answer {
	case truce.OutsideAct:
		for _, g := range t.Grounds { // it came to the conditions, and one is signed as not so
			if g.What == truce.AboutPremise && g.Holds == truce.No {
				return "settled at question " + questions[6] + "? no"
			}
		}
		return "settled at question " + questions[0] + "? no"
	case truce.OutsideTime:
		return "settled at question " + questions[1] + "? no"
	case truce.OutsideArea:
		return "settled at question " + questions[2] + "? no"
	case truce.OutsideActor:
		for _, g := range t.Grounds {
			if g.What == truce.AboutTarget || g.What == truce.AboutControl {
				return "settled at question " + questions[5] + "? no"
			}
		}
		return "settled at question " + questions[3] + "? no"
	case truce.IsExempt:
		return "settled at question " + questions[4] + "? yes"
	case truce.Insufficient:
		return "not settled: a premise is missing"
	case truce.Prohibited, truce.Mixed:
	}
	return "all seven questions answered: nothing takes the act out of the term"
}

func (e *explainer) ground(office truce.OfficeID, g truce.Ground) string {
	mark := "yes     "
	switch g.Holds {
	case truce.No:
		mark = "no      "
	case truce.Unsure:
		mark = "missing "
	case truce.Yes:
	}
	words := groundWords(g)
	if g.What == truce.AboutStatus {
		for _, r := range e.of.reg.Readings(office, e.of.N) {
			if r.ID == g.By {
				words = "this office reads " + g.Of + " as " + r.Body.Status
			}
		}
	}
	return mark + words + e.ref(g.By)
}

// groundWords says what a premise is about.
func groundWords(g truce.Ground) string {
	of := cmp.Or(g.Of, "nobody named")
	switch g.What {
	case truce.AboutActor:
		if g.Of == "" {
			return "who did it"
		}
		return "it was done by " + of
	case truce.AboutTarget:
		if g.Of == "" || g.Holds == truce.Unsure {
			return strings.TrimSuffix("whom it hit, "+g.Of, ", ")
		}
		return "it hit " + of
	case truce.AboutAct:
		return "what exactly was done, known only as " + of
	case truce.AboutWeapon:
		return "with what weapon"
	case truce.AboutTime:
		return "when exactly, against the edge of " + of
	case truce.AboutArea:
		return "it is inside the area of " + of
	case truce.AboutSpan:
		return of + " is in force in this reading at that time"
	case truce.AboutStart:
		return "when " + of + " began: not stated by this office"
	case truce.AboutEnd:
		return "when " + of + " ends: it lies in an interval"
	case truce.AboutAcceptance:
		return of + " accepted"
	case truce.AboutNotice:
		return of + " told a centre where it is"
	case truce.AboutWithdrawal:
		return of + " withdrew or suspended"
	case truce.AboutExclusion:
		return of + " is excluded"
	case truce.AboutStatus:
		return "how this office reads " + of
	case truce.AboutParent:
		return of + " belongs to a force that is judged so"
	case truce.AboutMember:
		return of + " was a member"
	case truce.AboutControl:
		return of + " held the place"
	case truce.AboutTerm:
		return "this office's reading of " + of
	case truce.AboutPremise:
	}
	return "premise " + of
}

func answerWords(a truce.Answer, m truce.Modality) string {
	switch a {
	case truce.Prohibited:
		if m == truce.Oblige {
			return "contrary to the obligation"
		}
		return "prohibited"
	case truce.IsExempt:
		return "exempt"
	case truce.OutsideAct:
		return "outside (act)"
	case truce.OutsideActor:
		return "outside (actor)"
	case truce.OutsideArea:
		return "outside (area)"
	case truce.OutsideTime:
		return "outside (time)"
	case truce.Mixed:
		return "mixed: its members differ"
	case truce.Insufficient:
	}
	return "insufficient facts"
}

func (e *explainer) agreement(a truce.Agreement) {
	if !a.Agree {
		e.line("\nThe readings differ.")
		for _, t := range a.Terms {
			if !t.Agree {
				e.line("  on %s", t.Term)
			}
		}
		return
	}
	s := "The readings agree: " + answerWords(a.Answer, "")
	switch {
	case a.SameTerms && a.SameClock:
		s += ", by the same terms and clocks"
	case a.SameTerms:
		s += ", by the same terms under different clocks"
	default:
		s += ", by different terms"
	}
	if len(a.Cite) > 0 {
		ids := make([]string, len(a.Cite))
		for i, t := range a.Cite {
			ids[i] = string(t)
		}
		s += "; a joint text can cite " + strings.Join(ids, ", ")
	}
	e.line("\n%s.", s)
}
