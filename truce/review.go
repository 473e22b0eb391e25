package truce

import (
	"maps"
	"slices"
)

// CaseState is where a case stands on its path.
type CaseState string

// The states of a case. Side exits are referred, suspended and reopened.
const (
	CaseRegistered   CaseState = "registered"
	CaseTriaged      CaseState = "triaged"
	CaseInsufficient CaseState = "insufficient"
	CaseDuplicate    CaseState = "duplicate"
	CaseRequested    CaseState = "information-requested"
	CaseReplied      CaseState = "replied"
	CaseInquiry      CaseState = "inquiry"
	CaseVerification CaseState = "verification"
	CaseAssessed     CaseState = "assessed"
	CaseDeliberation CaseState = "deliberation"
	CaseDecided      CaseState = "decided"
	CaseNotified     CaseState = "notified"
	CaseRemedy       CaseState = "remedy"
	CaseClosed       CaseState = "closed"
	CaseReferred     CaseState = "referred"
	CaseSuspended    CaseState = "suspended"
	CaseReopened     CaseState = "reopened"
)

// The names of clocks that run on a case. A procedure sets the limits of those
// it wants; a clock without a limit does not run.
const (
	ClockTriage       = "triage"              // from opening to triage
	ClockNotice       = "notice"              // from opening to the first notice
	ClockRequest      = "information-request" // from acceptance to the first request
	ClockReply        = "reply"               // from each request to its reply
	ClockInquiry      = "inquiry"             // from inquiry to verification or the first text
	ClockVerification = "verification"        // from verification to the first text
	ClockAssessment   = "assessment"          // from acceptance to the last co-chair's text
	ClockDeliberation = "deliberation"        // from the last text, or from deliberation, to a finding
	ClockNotification = "notification"        // from a finding to its notice
	ClockRemedy       = "remedy"              // from remedy to closing
)

// Docket holds the cases and judges each move by the rules of procedure. It is
// the Book's, and as such of one goroutine.
type Docket struct {
	cases    map[StatementID]*CaseFile
	order    []StatementID
	open     map[IncidentID]StatementID // the case about an incident
	requests map[StatementID]StatementID
	answers  map[StatementID]StatementID // proposals and assessments, to their case
	notices  map[StatementID]*NoticeFile
	inbox    map[OfficeID][]StatementID

	handovers map[StatementID]*HandoverFile
	shifts    []StatementID // hand-overs in order of the record
}

// NewDocket returns an empty docket.
func NewDocket() *Docket {
	return &Docket{
		cases: map[StatementID]*CaseFile{}, open: map[IncidentID]StatementID{}, requests: map[StatementID]StatementID{},
		answers: map[StatementID]StatementID{}, notices: map[StatementID]*NoticeFile{}, inbox: map[OfficeID][]StatementID{},
		handovers: map[StatementID]*HandoverFile{},
	}
}

func (d *Docket) clone() *Docket {
	c := &Docket{
		cases: make(map[StatementID]*CaseFile, len(d.cases)), order: slices.Clone(d.order), open: maps.Clone(d.open),
		requests: maps.Clone(d.requests), answers: maps.Clone(d.answers),
		notices: make(map[StatementID]*NoticeFile, len(d.notices)), inbox: make(map[OfficeID][]StatementID, len(d.inbox)),
	}
	for id, f := range d.cases {
		copied := f.clone()
		c.cases[id] = &copied
	}
	for id, n := range d.notices {
		copied := *n
		c.notices[id] = &copied
	}
	for o, list := range d.inbox {
		c.inbox[o] = slices.Clone(list)
	}
	c.handovers, c.shifts = make(map[StatementID]*HandoverFile, len(d.handovers)), slices.Clone(d.shifts)
	for id, h := range d.handovers {
		copied := *h
		c.handovers[id] = &copied
	}
	return c
}

// SealOf returns the hash that seals an assessment: of its body as it will be
// said, but for the name of the seal itself. The body carries a nonce, or the
// few possible outcomes could be tried out.
func SealOf(a Assessment) (Digest, error) {
	a.Sealed = StatementID{}
	b, err := marshal(&a)
	if err != nil {
		return Digest{}, err
	}
	return DigestOf(b), nil
}

// minNonce is the least length of a sealed assessment's nonce, in bytes.
const minNonce = 16

// caseOf returns the case that a docket statement is about; nil and no error
// for a statement about none.
func (d *Docket) caseOf(body Body) (*CaseFile, error) {
	named := func(field string, id StatementID) (*CaseFile, error) {
		if c := d.cases[id]; c != nil {
			return c, nil
		}
		return nil, unknown(field, "%s is no case on this docket", id.Short())
	}
	through := func(field string, in map[StatementID]StatementID, id StatementID, what string) (*CaseFile, error) {
		if c := d.cases[in[id]]; c != nil {
			return c, nil
		}
		return nil, unknown(field, "%s is no %s on this docket", id.Short(), what)
	}
	switch b := body.(type) {
	case *Step:
		return named("case", b.Case)
	case *InformationRequest:
		return named("case", b.Case)
	case *Reply:
		return through("request", d.requests, b.Request, "information request")
	case *AssessmentSealed:
		return named("case", b.Case)
	case *Assessment:
		return named("case", b.Case)
	case *Proposal:
		return named("case", b.Case)
	case *Concurrence:
		return through("with", d.answers, b.With, "proposal")
	case *Reservation:
		return through("with", d.answers, b.With, "proposal")
	case *Dissent:
		return through("from", d.answers, b.From, "proposal or assessment")
	case *Referral:
		return named("case", b.Case)
	case *Reopening:
		return named("case", b.Case)
	case *Remedy:
		return named("case", b.Case)
	case *Notice:
		if !b.Case.IsZero() {
			return named("case", b.Case)
		}
	case *Call:
		if !b.Case.IsZero() {
			return named("case", b.Case)
		}
	case *Restriction:
		if !b.Case.IsZero() {
			return named("case", b.Case)
		}
	case *DutyEntry, *Handover, *Takeover: // an office's own, in no file
	}
	return nil, nil
}

// judge refuses a docket statement that no arrow of the table allows.
func (d *Docket) judge(b *Book, at Instant, s *Said) error {
	body, office := s.Statement.Body, s.Statement.Office
	role := b.offices[office].Role
	switch x := body.(type) {
	case *Case:
		return d.judgeCase(x, role)
	case *Acknowledgement:
		return d.judgeAcknowledgement(x, office)
	case *Takeover:
		return d.judgeTakeover(x, &s.Statement)
	case *Handover:
		if x.To == s.Statement.Desk {
			return invalid("to", "a desk does not hand over to itself: name the one that comes")
		}
	case *Notice:
		if _, ok := b.offices[x.To]; !ok {
			return unknown("to", "%s is no office of this centre", clip(string(x.To)))
		}
	case *Concurrence:
		if known := b.said[x.With]; known != nil && countersignable(known.kind) {
			return nil
		}
	}
	c, err := d.caseOf(body)
	if err != nil || c == nil {
		return err
	}
	kind := body.Kind()
	if info, _ := InfoOf(kind); info.Group != GroupDocket {
		return nil // attached to the file, and moves nothing
	}
	arrow, err := c.arrow(body, role)
	if err != nil {
		return err
	}
	return c.condition(b, arrow.Rule, at, s)
}

// countersignable reports whether a co-chair's concurrence with a statement of
// the kind says that it reads it so too.
func countersignable(k Kind) bool {
	info, ok := InfoOf(k)
	return ok && info.Group == GroupRegime
}

func (d *Docket) judgeCase(c *Case, role Role) error {
	if (c.Trigger == "threshold") != (role == Centre) && c.Trigger != "complaint" {
		return forbidden("trigger", "rule open: the centre opens cases by threshold or on complaint, a co-chair or the mediator in its own name or on complaint")
	}
	if old, ok := d.open[c.Incident]; ok {
		return conflict("incident", "rule open: case %d is about this incident: reopen it by name, with the new evidence", d.cases[old].Number)
	}
	return nil
}

func (d *Docket) judgeAcknowledgement(a *Acknowledgement, office OfficeID) error {
	n := d.notices[a.Notice]
	switch {
	case n == nil:
		return unknown("notice", "%s is no notice on this docket", a.Notice.Short())
	case n.To != office:
		return forbidden("notice", "the notice is to %s, which alone acknowledges it", n.To)
	case n.Acknowledged != 0:
		return conflict("notice", "it was acknowledged already")
	}
	return nil
}

// arrow finds the move that a statement asks for.
func (c *CaseFile) arrow(body Body, role Role) (Arrow, error) {
	to := CaseState("")
	if s, ok := body.(*Step); ok {
		to = s.To
	}
	if d, ok := body.(*Dissent); ok { // the one kind with two meanings
		if c.filedAs(d.From) != nil {
			return namedArrow("dissent-from-text", c.State, role)
		}
		return namedArrow("dissent", c.State, role)
	}
	return arrowFor(body.Kind(), c.State, to, role)
}

func namedArrow(rule string, from CaseState, role Role) (Arrow, error) {
	i := slices.IndexFunc(arrows, func(a Arrow) bool { return a.Rule == rule })
	a := arrows[i]
	if !slices.Contains(a.From, from) {
		return Arrow{}, conflict("case", "rule %s: the case is %s, and this is done only where it is one of %v", rule, from, a.From)
	}
	if !slices.Contains(a.Roles, role) {
		return Arrow{}, forbidden("case", "rule %s: an office of role %s may not do this; it is for %v", rule, role, a.Roles)
	}
	return a, nil
}

// condition asks what a rule asks beyond state and role.
func (c *CaseFile) condition(b *Book, rule string, at Instant, s *Said) error {
	office := s.Statement.Office
	switch x := s.Statement.Body.(type) {
	case *Step:
		return c.stepCondition(b, rule, at, x)
	case *InformationRequest:
		return c.requestCondition(b, x)
	case *Reply:
		r := c.request(x.Request)
		if !slices.Contains(r.Liaisons, office) {
			return forbidden("request", "rule %s: the request is to %v, who alone reply", rule, r.Liaisons)
		}
		if !r.Reply.IsZero() {
			return conflict("request", "rule %s: it was replied to already", rule)
		}
	case *AssessmentSealed:
		if c.seal(office) != nil || c.filed(office) != nil {
			return conflict("case", "rule seal: %s has filed already in this round", office)
		}
		return c.replyAwaited(rule, at)
	case *Assessment:
		return c.textCondition(b, rule, at, office, x)
	case *Proposal:
		return c.textsIn(b, rule, at)
	case *Concurrence:
		return c.answerCondition(rule, office, x.With)
	case *Reservation:
		return c.answerCondition(rule, office, x.With)
	case *Dissent:
		if f := c.filedAs(x.From); f != nil {
			if f.Office == office {
				return conflict("from", "rule %s: an office does not dissent from its own text", rule)
			}
			return nil
		}
		return c.answerCondition(rule, office, x.From)
	case *Referral:
		if c.State == CaseDeliberation && !c.exhausted(b, at) {
			return conflict("case", "rule %s: this level is not exhausted: a clock still runs, and no proposal was refused by all", rule)
		}
	case *Reopening:
		return c.reopenCondition(b, rule, x)
	}
	return nil
}

func (c *CaseFile) stepCondition(b *Book, rule string, at Instant, s *Step) error {
	switch rule {
	case "triage-duplicate":
		if other := b.docket.cases[s.Of]; other == nil || other == c {
			return unknown("of", "rule %s: name the other case, whose duplicate this is", rule)
		}
	case "verify":
		if s.How != "joint" && s.How != "independent" || s.Access != "" && s.Access != "granted" && s.Access != "denied" {
			return invalid("how", "rule %s: verification is joint or independent, its access granted or denied", rule)
		}
	case "deliberate":
		return c.textsIn(b, rule, at)
	case "deadlock":
		if !c.exhausted(b, at) {
			return conflict("case", "rule %s: the deliberation clock still runs, and no proposal was refused by all", rule)
		}
	case "notify":
		if c.Notified == 0 || c.Notified < c.DecidedAt {
			return conflict("case", "rule %s: send a notice about the finding first", rule)
		}
	case "resume":
		if s.To != c.Before {
			return conflict("to", "rule %s: the case stood at %s when it was suspended", rule, c.Before)
		}
	}
	return nil
}

func (c *CaseFile) requestCondition(b *Book, r *InformationRequest) error {
	through, ok := b.offices[r.Through]
	if !ok || through.Role != CoChair {
		return unknown("through", "rule request: a party is asked through a guarantor's office, which %s is not", clip(string(r.Through)))
	}
	if r.Liaison != "" {
		l := b.offices[r.Liaison]
		if l.Role != Liaison || l.Party != r.Party || l.Through != r.Through {
			return forbidden("liaison", "rule request: %s is no liaison of %s reached through %s", clip(string(r.Liaison)), clip(string(r.Party)), r.Through)
		}
		return nil
	}
	switch n := len(b.liaisons(r.Party, r.Through)); {
	case n == 0:
		return unknown("party", "rule request: no liaison of %s is reached through %s", clip(string(r.Party)), r.Through)
	case n > 1:
		return conflict("liaison", "rule request: %d liaisons of %s are reached through %s: name the one that is asked", n, clip(string(r.Party)), r.Through)
	}
	return nil
}

// liaisons returns the offices that speak for a party and are reached through
// a guarantor's office, in order of founding.
func (b *Book) liaisons(party ActorID, through OfficeID) []OfficeID {
	var all []OfficeID
	for _, id := range b.order {
		if o := b.offices[id]; o.Role == Liaison && o.Party == party && o.Through == through {
			all = append(all, id)
		}
	}
	return all
}

// replyAwaited refuses a judgment while a party's time to reply still runs.
func (c *CaseFile) replyAwaited(rule string, at Instant) error {
	for i := range c.Requests {
		if r := &c.Requests[i]; r.Reply.IsZero() && r.Due != 0 && at < r.Due {
			return conflict("case", "rule %s: %s may reply until %s; a text is filed after that or after the reply", rule, r.Party, r.Due)
		}
	}
	return nil
}

func (c *CaseFile) textCondition(b *Book, rule string, at Instant, office OfficeID, a *Assessment) error {
	if c.filed(office) != nil {
		return conflict("case", "rule %s: %s has filed its text in this round", rule, office)
	}
	if err := c.replyAwaited(rule, at); err != nil {
		return err
	}
	over := c.clockEnded(ClockAssessment, at)
	if rule == "late-text" && !over {
		return conflict("case", "rule %s: the assessment clock has not ended", rule)
	}
	seal := c.seal(office)
	if seal == nil && a.Sealed.IsZero() && (over || !c.Procedure.Sealing) {
		return nil
	}
	if seal == nil || seal.Statement != a.Sealed {
		return conflict("sealed", "rule %s: file the text's hash first, and name that statement", rule)
	}
	if c.Procedure.Sealing && !over {
		for _, o := range b.CoChairs() {
			if c.seal(o) == nil && c.filed(o) == nil {
				return conflict("case", "rule %s: %s has not sealed its text, and the clock has not ended", rule, o)
			}
		}
	}
	if len(a.Nonce) < minNonce {
		return invalid("nonce", "rule %s: a sealed text carries a nonce of at least %d bytes", rule, minNonce)
	}
	if hash, err := SealOf(*a); err != nil || hash != seal.Hash {
		return conflict("sealed", "rule %s: this is not the text that was sealed", rule)
	}
	return nil
}

// textsIn refuses to go on before every co-chair's text is in or the clock has
// ended.
func (c *CaseFile) textsIn(b *Book, rule string, at Instant) error {
	if c.State == CaseDeliberation || c.clockEnded(ClockAssessment, at) {
		return nil
	}
	for _, o := range b.CoChairs() {
		if c.filed(o) == nil {
			return conflict("case", "rule %s: %s has filed no text, and the assessment clock has not ended", rule, o)
		}
	}
	return nil
}

func (c *CaseFile) answerCondition(rule string, office OfficeID, id StatementID) error {
	p := c.newest()
	switch {
	case p == nil || p.Statement != id:
		return conflict("with", "rule %s: only the newest proposal of the round is answered", rule)
	case p.answerOf(office) != nil:
		return conflict("with", "rule %s: %s has answered this proposal; a proposal of one's own is concurred with", rule, office)
	}
	return nil
}

// exhausted reports whether deliberation has come to its end without a
// finding: its clock ended, or all co-chairs dissented.
func (c *CaseFile) exhausted(b *Book, at Instant) bool {
	if c.clockEnded(ClockDeliberation, at) {
		return true
	}
	p := c.newest()
	if p == nil {
		return false
	}
	for _, o := range b.CoChairs() {
		if a := p.answerOf(o); a == nil || a.How != AnswerDissent {
			return false
		}
	}
	return true
}

func (c *CaseFile) reopenCondition(b *Book, rule string, r *Reopening) error {
	newer := false
	for _, id := range r.Evidence {
		old := b.said[id]
		if old == nil {
			return unknown("evidence", "rule %s: statement %s is not in this record", rule, id.Short())
		}
		newer = newer || old.index > c.EndedAt
	}
	if !newer {
		return conflict("evidence", "rule %s: none of this came after the case ended; name what is new", rule)
	}
	return nil
}
