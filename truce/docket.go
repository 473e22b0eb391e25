package truce

import (
	"slices"
	"strconv"
)

// Case opens a docket case about an incident. Case numbers follow the record.
type Case struct {
	Incident IncidentID `json:"incident"`
	Trigger  string     `json:"trigger"`        // complaint, threshold, office
	Rule     string     `json:"rule,omitempty"` // of a case opened by rule
	Title    string     `json:"title,omitempty"`
	Note     string     `json:"note,omitempty"`
}

// Kind implements Body.
func (*Case) Kind() Kind { return "case" }

// Validate implements Body.
func (c *Case) Validate() error {
	if c.Incident.IsZero() {
		return invalid("incident", "a case is about an incident: name its anchor's claim")
	}
	if !slices.Contains([]string{"complaint", "threshold", "office"}, c.Trigger) {
		return invalid("trigger", "%q: write complaint, threshold or office", clip(c.Trigger))
	}
	if (c.Trigger == "threshold") != (c.Rule != "") {
		return invalid("rule", "a case opened by threshold names the rule, and no other does")
	}
	return nil
}

// Step moves a case along one allowed arrow that no other kind stands for:
// triage, inquiry, verification, deliberation, notified, remedy, suspended,
// closed.
type Step struct {
	Case   StatementID `json:"case"`
	To     CaseState   `json:"to"`
	How    string      `json:"how,omitempty"` // accepted, insufficient, duplicate; joint, independent; granted, denied
	Access string      `json:"access,omitempty"`
	Of     StatementID `json:"of,omitzero"` // the case it duplicates
	Note   string      `json:"note,omitempty"`
}

// Kind implements Body.
func (*Step) Kind() Kind { return "step" }

// Validate implements Body.
func (s *Step) Validate() error {
	if s.Case.IsZero() || s.To == "" {
		return invalid("case", "a step names its case and where it goes")
	}
	return nil
}

// InformationRequest asks a party, through its guarantor, about what it is
// accused of; never by whom.
type InformationRequest struct {
	Case    StatementID `json:"case"`
	Party   ActorID     `json:"party"`
	Through OfficeID    `json:"through"`
	Liaison OfficeID    `json:"liaison,omitempty"`
	Alleged string      `json:"alleged"` // what, where, when: words checked to give no source away
	Asks    []string    `json:"asks"`
}

// Kind implements Body.
func (*InformationRequest) Kind() Kind { return "information-request" }

// Validate implements Body.
func (r *InformationRequest) Validate() error {
	if r.Case.IsZero() || r.Party == "" || r.Through == "" || r.Alleged == "" || len(r.Asks) == 0 {
		return invalid("", "a request names case, party, through, what is alleged and what it asks")
	}
	return nil
}

// Reply is a party's answer to a request.
type Reply struct {
	Request  StatementID `json:"request"`
	Text     string      `json:"text"`
	Lang     string      `json:"lang,omitempty"`
	Exhibits []Digest    `json:"exhibits,omitempty"`
	Complies string      `json:"complies,omitempty"` // as it says itself: yes, no, not stated
}

// Kind implements Body.
func (*Reply) Kind() Kind { return "reply" }

// Validate implements Body.
func (r *Reply) Validate() error {
	if r.Request.IsZero() || r.Text == "" {
		return invalid("request", "a reply names the request and says something")
	}
	return nil
}

// AssessmentSealed files the hash of an assessment first, so that who files
// second has not read it.
type AssessmentSealed struct {
	Case StatementID `json:"case"`
	Hash Digest      `json:"hash"` // SHA-256 of the assessment's body with its nonce
}

// Kind implements Body.
func (*AssessmentSealed) Kind() Kind { return "assessment-sealed" }

// Validate implements Body.
func (a *AssessmentSealed) Validate() error {
	if a.Case.IsZero() || a.Hash.IsZero() {
		return invalid("hash", "a sealed assessment names its case and its hash")
	}
	return nil
}

// SeenClaim is a claim as the officer saw it: a newer engine can never change
// the facts of a decided case.
type SeenClaim struct {
	Ref   ClaimRef `json:"ref"`
	Claim Claim    `json:"claim"`
}

// TermCheck is an office's own answer on one term.
type TermCheck struct {
	Term    TermID `json:"term"`
	Verdict Answer `json:"verdict"`
	Why     string `json:"why,omitempty"`
}

// Attributed says who an office finds did it, and how surely.
type Attributed struct {
	Actor  ActorID `json:"actor,omitempty"`
	Degree string  `json:"degree"` // established, highly-probable, probable, plausible, not-attributable
}

// Assessment is one co-chair's office's judgment of a case.
type Assessment struct {
	Case       StatementID  `json:"case"`
	Occurred   string       `json:"occurred"` // yes, probable, undetermined, no
	Outcome    Outcome      `json:"outcome"`
	Checks     []TermCheck  `json:"checks,omitempty"`
	Attributed []Attributed `json:"attributed,omitempty"`
	Severity   string       `json:"severity,omitempty"` // grave, serious, minor, technical
	Threat     int32        `json:"threat"`             // to the regime, 0 to 3
	Reasons    []Text       `json:"reasons"`
	Exhibits   []Digest     `json:"exhibits,omitempty"`
	Best       []Casualty   `json:"best,omitempty"` // figures this office enters instead of the rule's, with its reasons
	Seen       []SeenClaim  `json:"seen,omitempty"`
	AsOf       int64        `json:"as_of"` // index up to which the officer read
	File       Digest       `json:"file,omitzero"`
	Nonce      string       `json:"nonce,omitempty"`
	Sealed     StatementID  `json:"sealed,omitzero"`
}

// Kind implements Body.
func (*Assessment) Kind() Kind { return "assessment" }

// Validate implements Body.
func (a *Assessment) Validate() error {
	if a.Case.IsZero() {
		return invalid("case", "an assessment names its case")
	}
	if !slices.Contains([]string{"yes", "probable", "undetermined", "no"}, a.Occurred) {
		return invalid("occurred", "%q: write yes, probable, undetermined or no", clip(a.Occurred))
	}
	if err := a.Outcome.Validate(); err != nil {
		return within("outcome", err)
	}
	if a.Threat < 0 || a.Threat > 3 {
		return invalid("threat", "%d: the threat to the regime is 0 to 3", a.Threat)
	}
	if !slices.Contains([]string{"", "grave", "serious", "minor", "technical"}, a.Severity) {
		return invalid("severity", "%q: write grave, serious, minor or technical", clip(a.Severity))
	}
	if len(a.Reasons) == 0 {
		return invalid("reasons", "an assessment gives its reasons")
	}
	for i, x := range a.Attributed {
		if !slices.Contains([]string{"established", "highly-probable", "probable", "plausible", "not-attributable"}, x.Degree) {
			return invalid("attributed."+strconv.Itoa(i), "%q is no degree of attribution", clip(x.Degree))
		}
	}
	return nil
}

// Outcome is what an office, or all together, conclude of a case.
type Outcome string

// The outcomes. Confirmed always means: by all co-chairs, and pages say so.
const (
	Violation    Outcome = "violation"     // joint words: violation confirmed by all co-chairs
	NotViolation Outcome = "not-violation" // not a violation
	OutsideIt    Outcome = "outside"       // outside the regime
	NotConfirmed Outcome = "not-confirmed"
	Undetermined Outcome = "undetermined"
)

// Validate refuses a word that is no outcome.
func (o Outcome) Validate() error {
	switch o {
	case Violation, NotViolation, OutsideIt, NotConfirmed, Undetermined:
		return nil
	}
	return invalid("", "%q: write violation, not-violation, outside, not-confirmed or undetermined", clip(string(o)))
}

// Proposal offers the text of a joint finding. The mediator may propose; it
// breaks no tie.
type Proposal struct {
	Case    StatementID `json:"case"`
	Outcome Outcome     `json:"outcome"`
	Text    []Text      `json:"text"`
}

// Kind implements Body.
func (*Proposal) Kind() Kind { return "proposal" }

// Validate implements Body.
func (p *Proposal) Validate() error {
	if p.Case.IsZero() || len(p.Text) == 0 {
		return invalid("text", "a proposal names its case and has a text")
	}
	return within("outcome", p.Outcome.Validate())
}

// Concurrence agrees to a proposal, or to a two-key act.
type Concurrence struct {
	With StatementID `json:"with"`
	Note string      `json:"note,omitempty"`
}

// Kind implements Body.
func (*Concurrence) Kind() Kind { return "concurrence" }

// Validate implements Body.
func (c *Concurrence) Validate() error {
	if c.With.IsZero() {
		return invalid("with", "name the statement that is concurred with")
	}
	return nil
}

// Dissent disagrees with a proposal or with another office's assessment. It
// has the same weight on the page as a concurrence.
type Dissent struct {
	From StatementID `json:"from"`
	Text []Text      `json:"text"`
}

// Kind implements Body.
func (*Dissent) Kind() Kind { return "dissent" }

// Validate implements Body.
func (d *Dissent) Validate() error { return citesAndTells(d.From, d.Text) }

func citesAndTells(id StatementID, text []Text) error {
	if id.IsZero() {
		return invalid("from", "name the statement")
	}
	if len(text) == 0 || text[0].Text == "" {
		return invalid("text", "say what and why")
	}
	return nil
}

// Reservation concurs with a proposal except for what it says.
type Reservation struct {
	With StatementID `json:"with"`
	Text []Text      `json:"text"`
}

// Kind implements Body.
func (*Reservation) Kind() Kind { return "reservation" }

// Validate implements Body.
func (r *Reservation) Validate() error { return citesAndTells(r.With, r.Text) }

// Referral sends a case up, with its file: to ministers, to a body.
type Referral struct {
	Case StatementID `json:"case"`
	To   string      `json:"to"`
	Why  string      `json:"why"`
}

// Kind implements Body.
func (*Referral) Kind() Kind { return "referral" }

// Validate implements Body.
func (r *Referral) Validate() error {
	if r.To == "" {
		return invalid("to", "say to whom it is referred")
	}
	return citesAndSays(r.Case, r.Why)
}

// Reopening opens a decided case again, naming the new evidence.
type Reopening struct {
	Case     StatementID   `json:"case"`
	Why      string        `json:"why"`
	Evidence []StatementID `json:"evidence"`
}

// Kind implements Body.
func (*Reopening) Kind() Kind { return "reopening" }

// Validate implements Body.
func (r *Reopening) Validate() error {
	if len(r.Evidence) == 0 {
		return invalid("evidence", "name the new evidence")
	}
	return citesAndSays(r.Case, r.Why)
}

// Notice tells an office something with a deadline. Notices are numbered per
// office in the order of the record.
type Notice struct {
	Case    StatementID `json:"case,omitzero"`
	To      OfficeID    `json:"to"`
	Subject string      `json:"subject"`
	Text    string      `json:"text"`
	Due     Instant     `json:"due,omitzero"`
	Second  string      `json:"second,omitempty"` // who checked it before it was sent
}

// Kind implements Body.
func (*Notice) Kind() Kind { return "notice" }

// Validate implements Body.
func (n *Notice) Validate() error {
	if n.To == "" || n.Subject == "" || n.Text == "" {
		return invalid("to", "a notice has to, subject and text")
	}
	return nil
}

// Acknowledgement says that a notice was received.
type Acknowledgement struct {
	Notice StatementID `json:"notice"`
	Note   string      `json:"note,omitempty"`
}

// Kind implements Body.
func (*Acknowledgement) Kind() Kind { return "acknowledgement" }

// Validate implements Body.
func (a *Acknowledgement) Validate() error {
	if a.Notice.IsZero() {
		return invalid("notice", "name the notice")
	}
	return nil
}

// Remedy is what a party undertakes, or did, after a finding.
type Remedy struct {
	Case StatementID `json:"case"`
	By   ActorID     `json:"by"`
	Act  string      `json:"act"`
	Due  Instant     `json:"due,omitzero"`
	Done bool        `json:"done,omitempty"`
}

// Kind implements Body.
func (*Remedy) Kind() Kind { return "remedy" }

// Validate implements Body.
func (r *Remedy) Validate() error {
	if r.Case.IsZero() || r.By == "" || r.Act == "" {
		return invalid("case", "a remedy names case, by and act")
	}
	return nil
}
