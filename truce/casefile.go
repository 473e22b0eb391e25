package truce

import "slices"

// CaseFile is a case as the docket has it: its path, its clocks, its texts and
// what was concluded. It is a copy and may be kept.
type CaseFile struct {
	ID        StatementID
	Number    int // in the order of the record, from 1
	Incident  IncidentID
	Trigger   string // complaint, threshold, office
	Rule      string // the threshold's, of a case opened by rule
	Title     string
	OpenedBy  OfficeID
	Opened    Instant
	Procedure Procedure // in force when the case opened; it governs to the end
	State     CaseState
	Before    CaseState // where it stood when it was suspended
	Round     int       // 1, and one more with each reopening
	Frozen    bool      // from the first text of a round: the linker leaves the incident alone
	Path      []Move
	Clocks    []CaseClock
	Requests  []RequestFile
	Seals     []Filed
	Texts     []Filed
	TextsIn   Instant // when every co-chair's text of the round was in; 0 before
	Proposals []ProposalFile
	Dissents  []Filed // from another office's text
	Finding   Finding
	Findings  []Finding // of earlier rounds
	DecidedAt int64     // index; 0 while undecided
	EndedAt   int64     // index of the newest decision or closing
	Notified  int64     // index of the newest notice about the case
	Duplicate StatementID
	Notices   []StatementID
	Remedies  []StatementID
	Referrals []StatementID
	Attached  []StatementID // calls to stop the fire, restrictions, in order of the record
}

// Move is one step of a case's path, with the rule that allowed it.
type Move struct {
	Index     int64
	At        Instant
	From, To  CaseState
	Rule      string
	Office    OfficeID
	Kind      Kind
	Statement StatementID
	How       string
}

// CaseClock is one clock of a case, on receipt times. Stopped is zero while it
// runs.
type CaseClock struct {
	Name    string
	Of      StatementID // the request, of a reply clock
	Round   int
	Started Instant
	Due     Instant
	Stopped Instant
	Frozen  Instant // since when it stands still; 0: it runs
}

// Overdue reports whether the clock was running past its end at t.
func (k CaseClock) Overdue(t Instant) bool {
	if k.Frozen != 0 {
		t = min(t, k.Frozen)
	}
	return k.Started <= t && t >= k.Due && (k.Stopped == 0 || k.Stopped > t)
}

// Late reports whether the clock was stopped only after its end.
func (k CaseClock) Late() bool { return k.Stopped > k.Due }

// RequestFile is an information request to a party and what came of it.
type RequestFile struct {
	Statement StatementID
	Round     int
	Party     ActorID
	Through   OfficeID
	Liaisons  []OfficeID // who may reply
	Asked     Instant
	Due       Instant // 0 where the procedure sets no clock
	Reply     StatementID
	Replied   Instant
}

// NoReply reports whether the time to reply had run out at t with no reply. It
// is recorded as such, and is no guilt.
func (r RequestFile) NoReply(t Instant) bool {
	return r.Due != 0 && t >= r.Due && (r.Reply.IsZero() || r.Replied > t)
}

// Filed is an office's seal or text.
type Filed struct {
	Statement StatementID
	Office    OfficeID
	Round     int
	Index     int64
	At        Instant
	Hash      Digest      // of a seal
	Outcome   Outcome     // of a text
	About     StatementID // what a dissent is from
	Unsealed  bool        // filed without a seal where the procedure asks for one
}

// The ways to answer a proposal. A proposal of one's own is concurred with.
const (
	AnswerConcur  = "concurrence"
	AnswerReserve = "reservation"
	AnswerDissent = "dissent"
)

// Answered is one office's answer to a proposal.
type Answered struct {
	Office    OfficeID
	How       string
	Statement StatementID
	At        Instant
}

// ProposalFile is a proposal and its answers in order of the record.
type ProposalFile struct {
	Statement StatementID
	Office    OfficeID
	Round     int
	Outcome   Outcome
	At        Instant
	Answers   []Answered
}

func (p *ProposalFile) answerOf(office OfficeID) *Answered {
	for i := range p.Answers {
		if p.Answers[i].Office == office {
			return &p.Answers[i]
		}
	}
	return nil
}

// FindingKind says what the offices concluded together.
type FindingKind string

// The kinds of finding. Undecided is the zero value.
const (
	Undecided            FindingKind = ""
	Joint                FindingKind = "joint"
	JointWithReservation FindingKind = "joint-with-reservation"
	Parallel             FindingKind = "parallel" // dissent recorded; each text has the same weight
	Deadlock             FindingKind = "deadlock"
)

// Finding is what was concluded of a case: how, in which words where they are
// joint, and who answered what. Each office's own outcome stands beside it.
type Finding struct {
	Kind      FindingKind
	Outcome   Outcome // joint kinds alone
	Proposal  StatementID
	Answers   []Answered
	Silent    []OfficeID // co-chairs that did not answer
	NoText    []OfficeID // co-chairs that filed no assessment; printed as such
	Statement StatementID
	Index     int64
	At        Instant
}

// FindingOf computes what answers to a proposal amount to, for the given
// co-chairs. All must have answered: silence is never consent, and nobody but
// a co-chair counts. All dissenting is no finding.
func FindingOf(p ProposalFile, coChairs []OfficeID) Finding {
	f := Finding{Proposal: p.Statement, Answers: slices.Clone(p.Answers)}
	agree, reserve, dissent := 0, 0, 0
	for _, o := range coChairs {
		a := p.answerOf(o)
		if a == nil {
			f.Silent = append(f.Silent, o)
			continue
		}
		switch a.How {
		case AnswerConcur:
			agree++
		case AnswerReserve:
			reserve++
		case AnswerDissent:
			dissent++
		}
	}
	switch {
	case len(f.Silent) > 0 || agree+reserve == 0:
		return f
	case dissent > 0:
		f.Kind = Parallel
	case reserve > 0:
		f.Kind, f.Outcome = JointWithReservation, p.Outcome
	default:
		f.Kind, f.Outcome = Joint, p.Outcome
	}
	return f
}

// Overdue returns the clocks that were running past their end at t.
func (c CaseFile) Overdue(t Instant) []CaseClock {
	var all []CaseClock
	for _, k := range c.Clocks {
		if k.Overdue(t) {
			all = append(all, k)
		}
	}
	return all
}

// OpensAt returns the time from which everybody may read the round's texts:
// when it was decided, when every co-chair's was in, or when the clock for them
// ends, whichever came first. A missing one then prints as no assessment filed.
// Zero is never, as things stand.
func (c CaseFile) OpensAt() Instant {
	at := c.TextsIn
	if at == 0 {
		at = c.Finding.At
	}
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.Name == ClockAssessment && k.Round == c.Round && (k.Frozen == 0 || k.Frozen >= k.Due) && (at == 0 || k.Due < at) {
			at = k.Due
		}
	}
	return at
}

// Public returns the file at t as those read it who do not sit at the table:
// that there is a case, its path and its clocks; texts from when they open, and
// all the rest once it was decided: then also that a party was asked, when, and
// whether it replied; never in which words.
func (c CaseFile) Public(t Instant) CaseFile {
	if c.Finding.Kind != Undecided {
		return c
	}
	at := c.OpensAt()
	closed := func(f Filed) bool { return f.Round == c.Round && (at == 0 || t < at) }
	c.Seals = slices.DeleteFunc(slices.Clone(c.Seals), closed)
	c.Texts = slices.DeleteFunc(slices.Clone(c.Texts), closed)
	c.Dissents = slices.DeleteFunc(slices.Clone(c.Dissents), closed)
	c.Proposals = slices.DeleteFunc(slices.Clone(c.Proposals), func(p ProposalFile) bool { return p.Round == c.Round })
	c.Requests, c.Attached, c.Notices, c.Remedies, c.Referrals, c.OpenedBy = nil, nil, nil, nil, nil, ""
	return c
}

// Ended reports whether the case is visibly at an end: decided, referred,
// closed, or put aside at triage.
func (c CaseFile) Ended() bool {
	switch c.State {
	case CaseDecided, CaseNotified, CaseRemedy, CaseReferred, CaseClosed, CaseInsufficient, CaseDuplicate:
		return true
	case CaseRegistered, CaseTriaged, CaseRequested, CaseReplied, CaseInquiry, CaseVerification, CaseAssessed, CaseDeliberation, CaseSuspended, CaseReopened:
	}
	return false
}

// StateAt returns where the case stood at a time; false before it was opened.
func (c *CaseFile) StateAt(t Instant) (CaseState, bool) {
	var state CaseState
	for _, m := range c.Path {
		if m.At <= t {
			state = m.To
		}
	}
	return state, state != ""
}

func (c *CaseFile) clone() CaseFile {
	f := *c
	f.Path, f.Clocks, f.Seals, f.Texts = slices.Clone(c.Path), slices.Clone(c.Clocks), slices.Clone(c.Seals), slices.Clone(c.Texts)
	f.Requests, f.Proposals, f.Dissents = slices.Clone(c.Requests), slices.Clone(c.Proposals), slices.Clone(c.Dissents)
	for i := range f.Proposals {
		f.Proposals[i].Answers = slices.Clone(f.Proposals[i].Answers)
	}
	f.Findings, f.Notices, f.Remedies = slices.Clone(c.Findings), slices.Clone(c.Notices), slices.Clone(c.Remedies)
	f.Referrals, f.Attached = slices.Clone(c.Referrals), slices.Clone(c.Attached)
	return f
}

func (c *CaseFile) request(id StatementID) *RequestFile {
	for i := range c.Requests {
		if c.Requests[i].Statement == id {
			return &c.Requests[i]
		}
	}
	return nil
}

func (c *CaseFile) seal(office OfficeID) *Filed { return inRound(c.Seals, office, c.Round) }

func (c *CaseFile) filed(office OfficeID) *Filed { return inRound(c.Texts, office, c.Round) }

func inRound(list []Filed, office OfficeID, round int) *Filed {
	for i := range list {
		if list[i].Office == office && list[i].Round == round {
			return &list[i]
		}
	}
	return nil
}

// filedAs returns the text that a statement is, nil if it is none of the case's.
func (c *CaseFile) filedAs(id StatementID) *Filed {
	for i := range c.Texts {
		if c.Texts[i].Statement == id {
			return &c.Texts[i]
		}
	}
	return nil
}

// newest returns the round's newest proposal, nil if none was made.
func (c *CaseFile) newest() *ProposalFile {
	if n := len(c.Proposals); n > 0 && c.Proposals[n-1].Round == c.Round {
		return &c.Proposals[n-1]
	}
	return nil
}

// clockEnded reports whether the round's newest clock of a name has run out at
// t; a clock that the procedure does not set never does.
func (c *CaseFile) clockEnded(name string, t Instant) bool {
	for i := len(c.Clocks) - 1; i >= 0; i-- {
		if k := &c.Clocks[i]; k.Name == name && k.Round == c.Round {
			return t >= k.Due
		}
	}
	return false
}

func (c *CaseFile) start(name string, of StatementID, at Instant) Instant {
	limit := c.Procedure.ClockOf(name)
	if limit == 0 {
		return 0
	}
	due := at + Instant(limit)
	c.Clocks = append(c.Clocks, CaseClock{Name: name, Of: of, Round: c.Round, Started: at, Due: due})
	return due
}

func (c *CaseFile) stop(at Instant, names ...string) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Stopped == 0 && slices.Contains(names, k.Name) {
			k.Stopped = at
		}
	}
}

// Case returns a case by the statement that opened it.
func (b *Book) Case(id StatementID) (CaseFile, bool) {
	c := b.docket.cases[id]
	if c == nil {
		return CaseFile{}, false
	}
	return c.clone(), true
}

// CaseAbout returns the case about an incident.
func (b *Book) CaseAbout(incident IncidentID) (CaseFile, bool) {
	return b.Case(b.docket.open[incident])
}

// CaseOf returns the case that a docket statement belongs to: by the case it
// names, or the request, proposal, text or notice that it answers.
func (b *Book) CaseOf(body Body) (CaseFile, bool) {
	c, err := b.docket.caseOf(body)
	if err != nil || c == nil {
		return CaseFile{}, false
	}
	return c.clone(), true
}

// Cases returns all cases in order of their numbers.
func (b *Book) Cases() []CaseFile {
	all := make([]CaseFile, 0, len(b.docket.order))
	for _, id := range b.docket.order {
		all = append(all, b.docket.cases[id].clone())
	}
	return all
}

// NoticeFile is a notice with its number in its office's own series.
type NoticeFile struct {
	Statement    StatementID
	Number       int
	To           OfficeID
	From         OfficeID
	Case         StatementID
	Sent         Instant
	Due          Instant
	Acknowledged Instant
	By           StatementID
}

// Notices returns the notices to an office in order of their numbers.
func (b *Book) Notices(office OfficeID) []NoticeFile {
	var all []NoticeFile
	for _, id := range b.docket.inbox[office] {
		all = append(all, *b.docket.notices[id])
	}
	return all
}

// Summary is what a threshold looks at: the low of civilians killed over the
// incident's claims, whether a protected object was hit, and how many
// independent lineages tell of it.
type Summary struct {
	CivilianKilled int32
	Protected      bool
	Lineages       int32
}

// The rules that open a case by themselves.
const (
	RuleCivilianKilled = "civilian-killed"
	RuleProtected      = "protected-object"
	RuleLineages       = "lineages"
)

// Opens returns the rule of a procedure that opens a joint case on an
// incident, and false if none does. A threshold of zero is none.
func Opens(p Procedure, s Summary) (rule string, ok bool) {
	t := p.Threshold
	switch {
	case t.CivilianKilled > 0 && s.CivilianKilled >= t.CivilianKilled:
		return RuleCivilianKilled, true
	case t.Protected && s.Protected:
		return RuleProtected, true
	case t.Lineages > 0 && s.Lineages >= t.Lineages:
		return RuleLineages, true
	}
	return "", false
}
