package truce

// take folds an admitted docket statement in. It moves a case only along the
// arrow that judge found.
func (d *Docket) take(b *Book, index int64, at Instant, s *Said) {
	body, office := s.Statement.Body, s.Statement.Office
	switch x := body.(type) {
	case *Case:
		d.takeCase(b, index, at, s, x)
		return
	case *Acknowledgement:
		n := d.notices[x.Notice]
		n.Acknowledged, n.By = at, s.ID
		return
	case *Handover:
		d.handovers[s.ID] = &HandoverFile{Statement: s.ID, Office: office, From: s.Statement.Desk, To: x.To, At: at}
		d.shifts = append(d.shifts, s.ID)
		return
	case *Takeover:
		h := d.handovers[x.Handover]
		h.Taken, h.By = at, s.ID
		return
	case *Notice:
		list := d.inbox[x.To]
		d.notices[s.ID] = &NoticeFile{Statement: s.ID, Number: len(list) + 1, To: x.To, From: office, Case: x.Case, Sent: at, Due: x.Due}
		d.inbox[x.To] = append(list, s.ID)
	}
	c, err := d.caseOf(body)
	if err != nil || c == nil {
		return
	}
	if info, _ := InfoOf(body.Kind()); info.Group != GroupDocket {
		c.Attached = append(c.Attached, s.ID)
		return
	}
	arrow, err := c.arrow(body, b.offices[office].Role)
	if err != nil {
		return
	}
	move := Move{Index: index, At: at, From: c.State, To: arrow.To, Rule: arrow.Rule, Office: office, Kind: body.Kind(), Statement: s.ID}
	if move.To == "" {
		move.To = c.State
	}
	d.takeBody(b, c, &move, body)
	c.goTo(b, move)
	c.settle(b, move)
}

func (d *Docket) takeCase(b *Book, index int64, at Instant, s *Said, x *Case) {
	c := &CaseFile{
		ID: s.ID, Number: len(d.order) + 1, Incident: x.Incident, Trigger: x.Trigger, Rule: x.Rule, Title: x.Title,
		OpenedBy: s.Statement.Office, Opened: at, Procedure: b.proc, Round: 1,
	}
	d.cases[s.ID] = c
	d.order = append(d.order, s.ID)
	d.open[x.Incident] = s.ID
	c.goTo(b, Move{Index: index, At: at, To: CaseRegistered, Rule: "open", Office: s.Statement.Office, Kind: "case", Statement: s.ID, How: x.Trigger})
}

// takeBody files what a statement brings.
func (d *Docket) takeBody(b *Book, c *CaseFile, move *Move, body Body) {
	id, office := move.Statement, move.Office
	filed := Filed{Statement: id, Office: office, Round: c.Round, Index: move.Index, At: move.At}
	answer := func(how string) {
		p := c.newest()
		p.Answers = append(p.Answers, Answered{office, how, id, move.At})
	}
	switch x := body.(type) {
	case *Step:
		move.How = x.How
		if x.Access != "" {
			move.How += ", access " + x.Access
		}
		c.Duplicate = x.Of
	case *InformationRequest:
		liaisons := []OfficeID{x.Liaison}
		if x.Liaison == "" {
			liaisons = b.liaisons(x.Party, x.Through)
		}
		due := c.start(ClockReply, id, move.At)
		c.Requests = append(c.Requests, RequestFile{Statement: id, Round: c.Round, Party: x.Party, Through: x.Through, Liaisons: liaisons, Asked: move.At, Due: due})
		d.requests[id] = c.ID
	case *Reply:
		r := c.request(x.Request)
		r.Reply, r.Replied = id, move.At
		for i := range c.Clocks {
			if c.Clocks[i].Of == r.Statement {
				c.Clocks[i].Stopped = move.At
			}
		}
		if move.Rule == "reply" && c.replyAwaited(move.Rule, move.At) != nil {
			move.To = c.State // another party's
		}
	case *AssessmentSealed:
		filed.Hash = x.Hash
		c.Seals = append(c.Seals, filed)
	case *Assessment:
		filed.Outcome, filed.Unsealed = x.Outcome, c.Procedure.Sealing && x.Sealed.IsZero()
		c.Texts = append(c.Texts, filed)
		d.answers[id] = c.ID
	case *Proposal:
		p := ProposalFile{Statement: id, Office: office, Round: c.Round, Outcome: x.Outcome, At: move.At}
		if b.offices[office].Role == CoChair {
			p.Answers = []Answered{{office, AnswerConcur, id, move.At}}
		}
		c.Proposals = append(c.Proposals, p)
		d.answers[id] = c.ID
	case *Concurrence:
		answer(AnswerConcur)
	case *Reservation:
		answer(AnswerReserve)
	case *Dissent:
		if move.Rule == "dissent-from-text" {
			filed.About = x.From
			c.Dissents = append(c.Dissents, filed)
			return
		}
		answer(AnswerDissent)
	case *Referral:
		c.Referrals = append(c.Referrals, id)
		move.How = x.To
	case *Notice:
		c.Notices = append(c.Notices, id)
		c.Notified = move.Index
		c.stop(move.At, ClockNotice)
	case *Remedy:
		c.Remedies = append(c.Remedies, id)
	}
}

// goTo moves the case and its clocks. Clocks run on receipt times alone.
func (c *CaseFile) goTo(b *Book, m Move) {
	c.Path = append(c.Path, m)
	c.State = m.To
	switch m.Rule {
	case "open":
		c.start(ClockTriage, StatementID{}, m.At)
		c.start(ClockNotice, StatementID{}, m.At)
	case "triage-accept":
		c.stop(m.At, ClockTriage)
		c.accept(m.At)
	case "triage-insufficient", "triage-duplicate":
		c.stopAll(m.At)
		c.EndedAt = m.Index
	case "request":
		c.stop(m.At, ClockRequest)
	case "inquiry":
		c.start(ClockInquiry, StatementID{}, m.At)
	case "verify":
		c.stop(m.At, ClockInquiry)
		if m.From != CaseVerification {
			c.start(ClockVerification, StatementID{}, m.At)
		}
	case "seal", "assess", "late-text":
		c.Frozen = true
		c.stop(m.At, ClockRequest, ClockInquiry, ClockVerification)
		if c.allFiled(b.CoChairs()) {
			c.stop(m.At, ClockAssessment)
			c.TextsIn = m.At
			c.deliberate(m.At)
		}
	case "deliberate", "propose", "return":
		c.deliberate(m.At)
	case "decide", "deadlock":
		c.decide(b, m)
	case "notify":
		c.stop(m.At, ClockNotification)
	case "remedy-open", "remedy":
		if m.From != CaseRemedy {
			c.start(ClockRemedy, StatementID{}, m.At)
		}
	case "refer":
		c.stop(m.At, ClockDeliberation, ClockAssessment, ClockRemedy, ClockNotification)
		c.EndedAt = m.Index
	case "close":
		c.stopAll(m.At)
		c.EndedAt = m.Index
	case "reopen":
		c.reopen(m.At)
	case "suspend":
		c.Before = m.From
		for i := range c.Clocks {
			if c.Clocks[i].Stopped == 0 {
				c.Clocks[i].Frozen = m.At
			}
		}
	case "resume":
		c.resume(m.At)
	}
}

// settle decides the case once the newest proposal is answered by all.
func (c *CaseFile) settle(b *Book, m Move) {
	p := c.newest()
	if c.State != CaseDeliberation || p == nil {
		return
	}
	if f := FindingOf(*p, b.CoChairs()); f.Kind != Undecided {
		m.From, m.To, m.Rule, m.How = CaseDeliberation, CaseDecided, "decide", string(f.Kind)
		c.goTo(b, m)
	}
}

func (c *CaseFile) decide(b *Book, m Move) {
	c.stop(m.At, ClockDeliberation)
	c.start(ClockNotification, StatementID{}, m.At)
	chairs := b.CoChairs()
	f := Finding{Silent: chairs}
	if p := c.newest(); p != nil {
		f = FindingOf(*p, chairs)
	}
	if m.Rule == "deadlock" {
		f.Kind, f.Outcome = Deadlock, ""
	}
	for _, o := range chairs {
		if c.filed(o) == nil {
			f.NoText = append(f.NoText, o)
		}
	}
	f.Statement, f.Index, f.At = m.Statement, m.Index, m.At
	c.Finding, c.DecidedAt, c.EndedAt = f, m.Index, m.Index
}

func (c *CaseFile) allFiled(coChairs []OfficeID) bool {
	for _, o := range coChairs {
		if c.filed(o) == nil {
			return false
		}
	}
	return true
}

// deliberate starts the clock of deliberation, unless it runs already.
func (c *CaseFile) deliberate(at Instant) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Name == ClockDeliberation && k.Stopped == 0 {
			return
		}
	}
	c.start(ClockDeliberation, StatementID{}, at)
}

func (c *CaseFile) accept(at Instant) {
	c.start(ClockRequest, StatementID{}, at)
	c.start(ClockAssessment, StatementID{}, at)
}

func (c *CaseFile) reopen(at Instant) {
	if c.Finding.Kind != Undecided {
		c.Findings = append(c.Findings, c.Finding)
	}
	c.stopAll(at)
	c.Finding, c.DecidedAt, c.Frozen, c.TextsIn = Finding{}, 0, false, 0
	c.Duplicate = StatementID{}
	c.Round++
	c.accept(at)
}

func (c *CaseFile) stopAll(at Instant) {
	for i := range c.Clocks {
		if c.Clocks[i].Stopped == 0 {
			c.Clocks[i].Stopped = at
		}
	}
}

// resume lets the clocks run on for as long as they had left.
func (c *CaseFile) resume(at Instant) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.Frozen == 0 {
			continue
		}
		k.Due += at - k.Frozen
		k.Frozen = 0
		for j := range c.Requests {
			if c.Requests[j].Statement == k.Of && !k.Of.IsZero() {
				c.Requests[j].Due = k.Due
			}
		}
	}
	c.Before = ""
}
