package truce

import "slices"

// Arrow is one allowed move of a case: the rule that allows it, from where, to
// where, by which kind of statement and which roles. An empty To leaves the
// case where it stands. The page of rules and the Docket read the same table.
type Arrow struct {
	Rule  string
	From  []CaseState
	To    CaseState
	By    Kind // empty: the rule itself, when its condition comes true
	Roles []Role
	When  string // the condition, in words; empty is none
}

// Arrows returns the table of all allowed moves. What is not in it cannot be
// admitted, and so cannot be published.
func Arrows() []Arrow {
	table := []Arrow{
		{"open", nil, CaseRegistered, "case", []Role{CoChair, Mediator, Centre}, "no case about the incident stands; a threshold is the centre's to apply, an office opens in its own name"},
		{"triage-accept", states(CaseRegistered), CaseTriaged, "step", []Role{CoChair, Mediator, Centre}, ""},
		{"triage-insufficient", states(CaseRegistered, CaseTriaged), CaseInsufficient, "step", []Role{CoChair, Mediator, Centre}, ""},
		{"triage-duplicate", states(CaseRegistered, CaseTriaged), CaseDuplicate, "step", []Role{CoChair, Mediator, Centre}, "it names the other case"},
		{"request", states(CaseTriaged, CaseRequested, CaseReplied, CaseInquiry, CaseVerification, CaseReopened), CaseRequested, "information-request", []Role{CoChair, Mediator}, "through a guarantor's office, to a liaison of the party that is reached through it"},
		{"reply", states(CaseRequested), CaseReplied, "reply", []Role{Liaison}, "by the liaison who was asked; the case moves when no request is open"},
		{"late-reply", states(CaseReplied, CaseInquiry, CaseVerification, CaseAssessed, CaseDeliberation, CaseDecided, CaseNotified, CaseRemedy, CaseReferred, CaseSuspended, CaseReopened), "", "reply", []Role{Liaison}, "by the liaison who was asked; it is attached"},
		{"inquiry", states(CaseTriaged, CaseRequested, CaseReplied, CaseReopened), CaseInquiry, "step", []Role{CoChair, Mediator}, ""},
		{"verify", states(CaseTriaged, CaseRequested, CaseReplied, CaseInquiry, CaseVerification, CaseReopened), CaseVerification, "step", []Role{CoChair, Mediator}, "joint or independent, access granted or denied"},
		{"seal", beforeTexts(), CaseAssessed, "assessment-sealed", []Role{CoChair}, "one an office; no request waits for its reply within its clock"},
		{"assess", beforeTexts(), CaseAssessed, "assessment", []Role{CoChair}, "one an office; no request waits for its reply within its clock; where the procedure seals, all are sealed or the clock has ended, and the text is the one sealed"},
		{"late-text", states(CaseDeliberation), "", "assessment", []Role{CoChair}, "the office has not filed, and the assessment clock has ended"},
		{"dissent-from-text", states(CaseAssessed, CaseDeliberation), "", "dissent", []Role{CoChair}, "from another office's assessment"},
		{"deliberate", states(CaseAssessed), CaseDeliberation, "step", []Role{CoChair, Mediator}, "all texts are in, or the assessment clock has ended"},
		{"propose", states(CaseAssessed), CaseDeliberation, "proposal", []Role{CoChair, Mediator}, "all texts are in, or the assessment clock has ended"},
		{"propose-again", states(CaseDeliberation), "", "proposal", []Role{CoChair, Mediator}, "it takes the place of the one before"},
		{"concur", states(CaseDeliberation), "", "concurrence", []Role{CoChair}, "with the newest proposal, once an office"},
		{"reserve", states(CaseDeliberation), "", "reservation", []Role{CoChair}, "on the newest proposal, once an office"},
		{"dissent", states(CaseDeliberation), "", "dissent", []Role{CoChair}, "from the newest proposal, once an office"},
		{"decide", states(CaseDeliberation), CaseDecided, "", nil, "every co-chair has answered the newest proposal, and one at least agrees"},
		{"deadlock", states(CaseDeliberation), CaseDecided, "step", []Role{CoChair, Mediator}, "the deliberation clock has ended, or every co-chair dissented"},
		{"notify", states(CaseDecided), CaseNotified, "step", []Role{CoChair, Mediator, Centre}, "a notice about the case was sent since it was decided"},
		{"remedy-open", states(CaseNotified), CaseRemedy, "step", []Role{CoChair, Mediator}, ""},
		{"remedy", states(CaseNotified, CaseRemedy), CaseRemedy, "remedy", []Role{CoChair, Mediator, Liaison}, ""},
		{"refer", states(CaseDeliberation, CaseDecided, CaseNotified, CaseRemedy), CaseReferred, "referral", []Role{CoChair, Mediator}, "up only when this level is exhausted: decided, or the deliberation clock has ended, or every co-chair dissented"},
		{"return", states(CaseReferred), CaseDeliberation, "step", []Role{CoChair, Mediator}, ""},
		{"close", states(CaseInsufficient, CaseDuplicate, CaseNotified, CaseRemedy, CaseReferred), CaseClosed, "step", []Role{CoChair, Mediator}, ""},
		{"reopen", states(CaseInsufficient, CaseDuplicate, CaseDecided, CaseNotified, CaseRemedy, CaseReferred, CaseClosed), CaseReopened, "reopening", []Role{CoChair, Mediator}, "it names evidence that came after the case ended"},
		{"suspend", running(), CaseSuspended, "step", []Role{CoChair, Mediator}, "clocks stand still"},
		{"notice", nil, "", "notice", []Role{CoChair, Mediator, Centre}, "in any state"},
	}
	for _, s := range running() {
		table = append(table, Arrow{"resume", states(CaseSuspended), s, "step", []Role{CoChair, Mediator}, "to where it stood"})
	}
	return table
}

func states(s ...CaseState) []CaseState { return s }

// beforeTexts are the states from which an office may file its assessment.
func beforeTexts() []CaseState {
	return states(CaseTriaged, CaseRequested, CaseReplied, CaseInquiry, CaseVerification, CaseReopened, CaseAssessed)
}

// running are the states that a case can be suspended in.
func running() []CaseState {
	return append([]CaseState{CaseRegistered, CaseDeliberation, CaseDecided, CaseNotified, CaseRemedy}, beforeTexts()...)
}

// arrows is the table, made once and never changed.
var arrows = Arrows()

// arrowFor returns the arrow that a kind takes from a state, to a given state
// where the statement names one. Where there is none it says which rule stands
// in the way.
func arrowFor(by Kind, from, to CaseState, role Role) (Arrow, error) {
	var near *Arrow
	for i := range arrows {
		a := &arrows[i]
		if a.By != by || by == "step" && a.To != to {
			continue
		}
		if a.From != nil && !slices.Contains(a.From, from) {
			if near == nil {
				near = a
			}
			continue
		}
		if !slices.Contains(a.Roles, role) {
			return Arrow{}, forbidden("case", "rule %s: an office of role %s may not do this; it is for %v", a.Rule, role, a.Roles)
		}
		return *a, nil
	}
	if near != nil {
		return Arrow{}, conflict("case", "rule %s: the case is %s, and this is done only where it is one of %v", near.Rule, from, near.From)
	}
	return Arrow{}, conflict("to", "rule path: no step leads to %q", clip(string(to)))
}
