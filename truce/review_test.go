package truce

import (
	"slices"
	"strings"
	"testing"
)

// A hall is a Book with a clock that the test sets: statements are really
// signed, verified and admitted.
type hall struct {
	t    testing.TB
	book *Book
	now  Instant
	made Instant
}

const hour = Instant(3600)

// docketFounding is testFounding with the clocks of DOMAIN section 11, sealing,
// a threshold, and a second liaison.
func docketFounding() *Founding {
	f := testFounding()
	f.Offices = append(f.Offices, Office{ID: "dale", Name: []Text{{"en", "Dale liaison"}}, Role: Liaison, Party: "dal", Through: "south"})
	f.Keys = append(f.Keys, testGrant("dale", DeskKey, "dale"), testGrant("centre", OfficeKey, "centre office"))
	f.Procedure.Clocks = []Clock{
		{ClockTriage, int64(2 * hour)}, {ClockNotice, int64(hour)}, {ClockRequest, int64(6 * hour)}, {ClockReply, int64(24 * hour)},
		{ClockInquiry, int64(24 * hour)}, {ClockVerification, int64(48 * hour)}, {ClockAssessment, int64(72 * hour)},
		{ClockDeliberation, int64(96 * hour)}, {ClockNotification, int64(6 * hour)}, {ClockRemedy, int64(30 * 24 * hour)},
	}
	f.Procedure.Sealing = true
	f.Procedure.Threshold = Threshold{CivilianKilled: 5, Protected: true, Lineages: 3}
	return f
}

func newHall(t testing.TB) *hall {
	h := &hall{t: t, book: NewBook(), now: 1_460_000_000, made: 10}
	if _, err := h.try("centre", docketFounding(), "centre root", "north root", "south root"); err != nil {
		t.Fatal(err)
	}
	return h
}

// try says something and returns its ID or why it was refused.
func (h *hall) try(office OfficeID, b Body, words ...string) (StatementID, error) {
	h.t.Helper()
	if len(words) == 0 {
		words = []string{string(office)}
	}
	var keys []Signer
	for _, w := range words {
		keys = append(keys, demoKey(w))
	}
	h.made++
	e, err := Seal(NewStatement("test.example/log", "test", office, "", h.made, b), keys...)
	if err != nil {
		return StatementID{}, err
	}
	said, err := h.book.Verify(e.Bytes())
	if err != nil {
		return StatementID{}, err
	}
	return said.ID, h.book.Admit(h.book.Next(), h.now, said)
}

func (h *hall) say(office OfficeID, b Body) StatementID {
	h.t.Helper()
	id, err := h.try(office, b)
	if err != nil {
		h.t.Fatalf("%s says %s: %v", office, b.Kind(), err)
	}
	return id
}

// refused wants a refusal whose words hold the given ones.
func (h *hall) refused(office OfficeID, b Body, words ...string) {
	h.t.Helper()
	before := h.book.Next()
	_, err := h.try(office, b)
	if err == nil {
		h.t.Fatalf("%s says %s: admitted", office, b.Kind())
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			h.t.Errorf("%s says %s: %v; want %q in it", office, b.Kind(), err, w)
		}
	}
	if h.book.Next() != before {
		h.t.Error("a refused statement moved the Book")
	}
}

func (h *hall) incident() IncidentID {
	return IncidentID{Statement: h.say("watch", report("shells fell on the mill")), Family: "shelling"}
}

func (h *hall) file(id StatementID) CaseFile {
	h.t.Helper()
	c, ok := h.book.Case(id)
	if !ok {
		h.t.Fatal("no such case")
	}
	return c
}

func (h *hall) stands(id StatementID, want CaseState) {
	h.t.Helper()
	if got := h.file(id).State; got != want {
		h.t.Fatalf("the case is %s, want %s", got, want)
	}
}

func assessment(c StatementID, out Outcome, nonce string) *Assessment {
	return &Assessment{Case: c, Occurred: "yes", Outcome: out, Reasons: inEnglish("as seen"), Nonce: nonce}
}

const northNonce, southNonce = "north nonce 0123456789", "south nonce 0123456789"

// opened is a case up to triage.
func (h *hall) opened() StatementID {
	id := h.say("north", &Case{Incident: h.incident(), Trigger: "office", Title: "the mill"})
	h.say("envoy", &Step{Case: id, To: CaseTriaged, How: "accepted"})
	return id
}

// bothFiled seals and opens both texts.
func (h *hall) bothFiled(c StatementID, north, south Outcome) (n, s StatementID) {
	h.t.Helper()
	texts := []*Assessment{assessment(c, north, northNonce), assessment(c, south, southNonce)}
	offices := []OfficeID{"north", "south"}
	for i, a := range texts {
		hash, err := SealOf(*a)
		if err != nil {
			h.t.Fatal(err)
		}
		a.Sealed = h.say(offices[i], &AssessmentSealed{Case: c, Hash: hash})
	}
	return h.say("north", texts[0]), h.say("south", texts[1])
}

func TestFromComplaintToAJointFinding(t *testing.T) {
	h := newHall(t)
	c := h.say("centre", &Case{Incident: h.incident(), Trigger: "complaint"})
	h.now += hour
	h.say("envoy", &Step{Case: c, To: CaseTriaged, How: "accepted"})
	h.now += hour
	req := h.say("north", &InformationRequest{Case: c, Party: "hil", Through: "north", Alleged: "shelling of the mill on the 4th", Asks: []string{"did you fire"}})
	h.stands(c, CaseRequested)
	h.refused("dale", &Reply{Request: req, Text: "not us"}, "rule reply", "hill")
	h.refused("north", &AssessmentSealed{Case: c, Hash: Digest{1}}, "rule seal", "may reply until")
	h.now += 3 * hour
	h.say("hill", &Reply{Request: req, Text: "we did not"})
	h.stands(c, CaseReplied)
	h.say("envoy", &Step{Case: c, To: CaseInquiry})
	h.say("north", &Step{Case: c, To: CaseVerification, How: "joint", Access: "denied"})
	if got := h.file(c).Path; got[len(got)-1].How != "joint, access denied" {
		t.Errorf("how %q", got[len(got)-1].How)
	}
	if h.file(c).Frozen {
		t.Error("frozen before the first text")
	}
	north, south := h.bothFiled(c, Violation, Violation)
	h.stands(c, CaseAssessed)
	if !h.file(c).Frozen {
		t.Error("not frozen from the first text")
	}
	p := h.say("envoy", &Proposal{Case: c, Outcome: Violation, Text: inEnglish("fire from the hill")})
	h.stands(c, CaseDeliberation)
	h.say("north", &Concurrence{With: p})
	h.stands(c, CaseDeliberation)
	h.refused("north", &Concurrence{With: p}, "rule concur", "has answered")
	h.refused("envoy", &Concurrence{With: p}, "role")
	h.say("south", &Concurrence{With: p})
	h.stands(c, CaseDecided)
	f := h.file(c).Finding
	if f.Kind != Joint || f.Outcome != Violation || len(f.NoText) != 0 || f.Proposal != p {
		t.Errorf("finding %+v", f)
	}
	h.refused("envoy", &Step{Case: c, To: CaseNotified}, "rule notify", "notice")
	n := h.say("envoy", &Notice{Case: c, To: "hill", Subject: "finding", Text: "confirmed by all co-chairs"})
	h.say("envoy", &Step{Case: c, To: CaseNotified})
	h.say("hill", &Acknowledgement{Notice: n})
	h.say("hill", &Remedy{Case: c, By: "hil", Act: "guns drawn back"})
	h.stands(c, CaseRemedy)
	h.say("envoy", &Step{Case: c, To: CaseClosed})
	h.stands(c, CaseClosed)
	file := h.file(c)
	if len(file.Overdue(h.now+1000*hour)) != 0 {
		t.Error("a closed case has clocks overdue")
	}
	var rules []string
	for _, m := range file.Path {
		rules = append(rules, m.Rule)
	}
	want := "open triage-accept request reply inquiry verify seal seal assess assess propose concur concur decide notice notify remedy close"
	if got := strings.Join(rules, " "); got != want {
		t.Errorf("path %s\nwant %s", got, want)
	}
	if got, ok := h.book.CaseOf(&Dissent{From: north}); !ok || got.ID != c {
		t.Error("a text does not lead to its case")
	}
	if got, ok := h.book.CaseOf(&Dissent{From: south}); !ok || got.Number != 1 {
		t.Error("a text does not lead to its case")
	}
	h.refused("north", &StatementWithdrawal{p, "second thoughts"}, "only its own office")
	h.refused("south", &StatementWithdrawal{south, "second thoughts"}, "docket is not taken back")
}

func TestASealedTextIsNotReadBeforeTheOtherIsSealed(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	text := assessment(c, Violation, northNonce)
	h.refused("north", text, "rule assess", "hash first")
	hash, _ := SealOf(*text)
	seal := h.say("north", &AssessmentSealed{Case: c, Hash: hash})
	h.refused("north", &AssessmentSealed{Case: c, Hash: hash}, "rule seal", "filed already")
	text.Sealed = seal
	h.refused("north", text, "rule assess", "south has not sealed")
	other := assessment(c, NotViolation, southNonce)
	otherHash, _ := SealOf(*other)
	other.Sealed = h.say("south", &AssessmentSealed{Case: c, Hash: otherHash})
	changed := *text
	changed.Outcome = Undetermined
	h.refused("north", &changed, "not the text that was sealed")
	short := *text
	short.Nonce = "short"
	h.refused("north", &short, "nonce")
	stolen := *text
	stolen.Sealed = other.Sealed
	h.refused("north", &stolen, "rule assess")
	h.say("north", text)
	again := *text
	again.Threat = 2
	h.refused("north", &again, "has filed its text")
	h.refused("envoy", &Step{Case: c, To: CaseDeliberation}, "rule deliberate", "south has filed no text")
	h.say("south", other)
	h.say("envoy", &Step{Case: c, To: CaseDeliberation})
}

func TestWhenTheClockEndsASilentOfficeHoldsNobodyUp(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	text := assessment(c, Violation, northNonce)
	hash, _ := SealOf(*text)
	text.Sealed = h.say("north", &AssessmentSealed{Case: c, Hash: hash})
	h.now += 72*hour - 1
	h.refused("north", text, "south has not sealed")
	h.now++
	h.say("north", text)
	p := h.say("north", &Proposal{Case: c, Outcome: Violation, Text: inEnglish("x")})
	h.refused("envoy", &Step{Case: c, To: CaseDecided, How: "deadlock"}, "rule deadlock", "still runs")
	h.refused("envoy", &Referral{Case: c, To: "ministers", Why: "no answer"}, "rule refer", "not exhausted")
	late := assessment(c, NotViolation, "")
	h.say("south", late)
	if f := h.file(c); !f.Texts[1].Unsealed || f.State != CaseDeliberation {
		t.Errorf("a late text is not marked: %+v", f.Texts[1])
	}
	h.now += 96 * hour
	if got := h.file(c).Overdue(h.now); len(got) != 2 || got[0].Name != ClockNotice || got[1].Name != ClockDeliberation {
		t.Errorf("overdue %+v", got)
	}
	if f := h.file(c); f.Finding.Kind != Undecided || f.Ended() {
		t.Error("time alone decided a case")
	}
	h.say("envoy", &Step{Case: c, To: CaseDecided, How: "deadlock"})
	f := h.file(c).Finding
	if f.Kind != Deadlock || !slices.Equal(f.Silent, []OfficeID{"south"}) || f.Proposal != p {
		t.Errorf("finding %+v", f)
	}
	h.say("envoy", &Referral{Case: c, To: "ministers", Why: "deadlock"})
	h.stands(c, CaseReferred)
	h.say("south", &Step{Case: c, To: CaseDeliberation})
	h.refused("envoy", &Step{Case: c, To: CaseDecided, How: "deadlock"}, "still runs") // a new clock runs
}

func TestWhatAnswersAmountTo(t *testing.T) {
	answer := func(office OfficeID, how string) Answered { return Answered{Office: office, How: how} }
	chairs := []OfficeID{"north", "south", "west"}
	for _, c := range []struct {
		name    string
		answers []Answered
		want    FindingKind
		silent  int
	}{
		{"all concur", []Answered{answer("north", AnswerConcur), answer("south", AnswerConcur), answer("west", AnswerConcur)}, Joint, 0},
		{"one reserves", []Answered{answer("north", AnswerConcur), answer("south", AnswerReserve), answer("west", AnswerConcur)}, JointWithReservation, 0},
		{"one dissents", []Answered{answer("north", AnswerConcur), answer("south", AnswerReserve), answer("west", AnswerDissent)}, Parallel, 0},
		{"silence is never consent", []Answered{answer("north", AnswerConcur), answer("south", AnswerConcur)}, Undecided, 1},
		{"all dissent", []Answered{answer("north", AnswerDissent), answer("south", AnswerDissent), answer("west", AnswerDissent)}, Undecided, 0},
		{"the mediator breaks no tie", []Answered{answer("north", AnswerConcur), answer("south", AnswerConcur), answer("envoy", AnswerConcur)}, Undecided, 1},
		{"nobody", nil, Undecided, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := FindingOf(ProposalFile{Outcome: Violation, Answers: c.answers}, chairs)
			if f.Kind != c.want || len(f.Silent) != c.silent {
				t.Errorf("%q, silent %v", f.Kind, f.Silent)
			}
			if joint := c.want == Joint || c.want == JointWithReservation; joint != (f.Outcome == Violation) {
				t.Errorf("outcome %q", f.Outcome)
			}
		})
	}
}

func TestDissentReservationAndAProposalRefusedByAll(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	north, south := h.bothFiled(c, Violation, NotViolation)
	h.refused("north", &Dissent{From: north, Text: inEnglish("no")}, "rule dissent-from-text", "its own text")
	h.say("north", &Dissent{From: south, Text: inEnglish("the crater says otherwise")})
	if got := h.file(c).Dissents; len(got) != 1 || got[0].About != south {
		t.Errorf("dissents %+v", got)
	}
	p1 := h.say("envoy", &Proposal{Case: c, Outcome: Violation, Text: inEnglish("one")})
	h.say("north", &Dissent{From: p1, Text: inEnglish("no")})
	h.say("south", &Dissent{From: p1, Text: inEnglish("no")})
	h.stands(c, CaseDeliberation)
	p2 := h.say("south", &Proposal{Case: c, Outcome: NotConfirmed, Text: inEnglish("two")})
	h.refused("north", &Concurrence{With: p1}, "newest proposal")
	h.refused("south", &Reservation{With: p2, Text: inEnglish("but")}, "has answered")
	h.say("north", &Reservation{With: p2, Text: inEnglish("but for the place")})
	if f := h.file(c).Finding; f.Kind != JointWithReservation || f.Outcome != NotConfirmed {
		t.Errorf("finding %+v", f)
	}

	d := h.say("south", &Case{Incident: h.incident(), Trigger: "office"})
	h.say("south", &Step{Case: d, To: CaseTriaged})
	h.bothFiled(d, Violation, NotViolation)
	p := h.say("north", &Proposal{Case: d, Outcome: Violation, Text: inEnglish("x")})
	h.say("south", &Dissent{From: p, Text: inEnglish("no")})
	if f := h.file(d).Finding; f.Kind != Parallel || f.Outcome != "" || len(f.Answers) != 2 {
		t.Errorf("finding %+v", f)
	}
	if got := h.file(d).Number; got != 2 {
		t.Errorf("number %d", got)
	}
}

func TestReopeningByName(t *testing.T) {
	h := newHall(t)
	before := h.say("watch", report("an old word"))
	c := h.opened()
	h.refused("north", &Reopening{Case: c, Why: "more", Evidence: []StatementID{before}}, "rule reopen")
	h.bothFiled(c, Violation, Violation)
	p := h.say("north", &Proposal{Case: c, Outcome: Violation, Text: inEnglish("x")})
	h.say("south", &Concurrence{With: p})
	h.refused("north", &Reopening{Case: c, Why: "more", Evidence: []StatementID{before}}, "came after the case ended")
	h.refused("north", &Reopening{Case: c, Why: "more", Evidence: []StatementID{{7}}}, "not in this record")
	incident := h.file(c).Incident
	h.refused("south", &Case{Incident: incident, Trigger: "office"}, "rule open", "reopen it by name")
	after := h.say("watch", report("a new photograph"))
	h.say("north", &Reopening{Case: c, Why: "a photograph", Evidence: []StatementID{after}})
	f := h.file(c)
	if f.Round != 2 || f.Frozen || f.Finding.Kind != Undecided || len(f.Findings) != 1 || f.Findings[0].Kind != Joint {
		t.Errorf("reopened %+v", f)
	}
	h.refused("north", &Concurrence{With: p}, "rule concur")
	h.bothFiled(c, NotViolation, NotViolation)
	p2 := h.say("south", &Proposal{Case: c, Outcome: NotViolation, Text: inEnglish("y")})
	h.refused("north", &Concurrence{With: p}, "newest proposal")
	h.say("north", &Concurrence{With: p2})
	if f := h.file(c); f.Finding.Outcome != NotViolation || !f.Frozen || len(f.Texts) != 4 {
		t.Errorf("second finding %+v", f.Finding)
	}
	if got, ok := h.book.CaseAbout(incident); !ok || got.ID != c {
		t.Error("the incident does not lead to its case")
	}
}

func TestNoReplyIsRecordedAsNoReply(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	req := h.say("south", &InformationRequest{Case: c, Party: "dal", Through: "south", Liaison: "dale", Alleged: "x", Asks: []string{"y"}})
	r := h.file(c).Requests[0]
	if r.NoReply(h.now) || r.NoReply(r.Due-1) || !r.NoReply(r.Due) {
		t.Error("no reply before the clock has ended, or not after")
	}
	h.now += 24 * hour
	h.say("north", &AssessmentSealed{Case: c, Hash: Digest{1}})
	h.now++
	h.say("dale", &Reply{Request: req, Text: "late, but here"})
	f := h.file(c)
	if f.State != CaseAssessed || f.Requests[0].Reply.IsZero() {
		t.Errorf("a late reply moved the case or was lost: %s", f.State)
	}
	if !f.Requests[0].NoReply(f.Requests[0].Due) || !slices.ContainsFunc(f.Clocks, func(k CaseClock) bool { return k.Name == ClockReply && k.Late() }) {
		t.Errorf("clocks %+v", f.Clocks)
	}
	h.refused("dale", &Reply{Request: req, Text: "again"}, "replied to already")
}

func TestARequestGoesThroughAGuarantorToItsLiaison(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	ask := func(party ActorID, through, liaison OfficeID) *InformationRequest {
		return &InformationRequest{Case: c, Party: party, Through: through, Liaison: liaison, Alleged: "x", Asks: []string{"y"}}
	}
	h.refused("north", ask("hil", "envoy", ""), "rule request", "guarantor")
	h.refused("north", ask("hil", "south", ""), "no liaison of hil")
	h.refused("north", ask("hil", "north", "dale"), "no liaison of hil")
	h.refused("hill", ask("hil", "north", "hill"), "role")
	first := h.say("north", ask("hil", "north", "hill"))
	second := h.say("envoy", ask("dal", "south", ""))
	h.say("hill", &Reply{Request: first, Text: "a"})
	h.stands(c, CaseRequested) // the other is awaited
	h.say("dale", &Reply{Request: second, Text: "b"})
	h.stands(c, CaseReplied)
}

func TestASuspendedCasesClocksStandStill(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	due := func() Instant {
		for _, k := range h.file(c).Clocks {
			if k.Name == ClockAssessment {
				return k.Due
			}
		}
		return 0
	}
	was := due()
	h.now += hour / 2
	h.say("north", &Step{Case: c, To: CaseSuspended, Note: "talks"})
	if len(h.file(c).Overdue(was+100*hour)) != 0 {
		t.Error("a clock ran out while it stood still")
	}
	h.refused("north", &AssessmentSealed{Case: c, Hash: Digest{1}}, "rule seal", "suspended")
	h.now += 50 * hour
	h.refused("north", &Step{Case: c, To: CaseInquiry}, "rule resume", "triaged")
	h.say("south", &Step{Case: c, To: CaseTriaged})
	if got := due(); got != was+50*hour {
		t.Errorf("due %s, want %s", got, was+50*hour)
	}
	if got := h.file(c).Overdue(was + 50*hour); len(got) != 3 {
		t.Errorf("overdue are notice, request and assessment, not %+v", got)
	}
}

func TestCasesOpenByRuleAndByOffice(t *testing.T) {
	h := newHall(t)
	i := h.incident()
	h.refused("north", &Case{Incident: i, Trigger: "threshold", Rule: RuleProtected}, "rule open")
	h.refused("centre", &Case{Incident: i, Trigger: "office"}, "rule open")
	h.refused("hill", &Case{Incident: i, Trigger: "complaint"}, "role")
	c := h.say("centre", &Case{Incident: i, Trigger: "threshold", Rule: RuleProtected})
	h.refused("centre", &Case{Incident: i, Trigger: "threshold", Rule: RuleLineages}, "case 1 is about this incident")
	h.refused("north", &Case{Incident: IncidentID{Statement: Digest{5}}, Trigger: "office"}, "not in this record")
	h.refused("hill", &Step{Case: c, To: CaseTriaged}, "role")
	h.refused("north", &Step{Case: c, To: CaseTriaged + "x"}, "rule path")
	h.refused("north", &Step{Case: c, To: CaseRemedy}, "rule remedy-open")
	h.refused("north", &Step{Case: Digest{5}, To: CaseTriaged}, "no case")
	h.refused("north", &Step{Case: c, To: CaseDuplicate, Of: c}, "name the other case")
	if got := h.file(c).Overdue(h.now + 2*hour); len(got) != 2 {
		t.Errorf("triage and notice are overdue after 2 h, not %+v", got)
	}
	other := h.say("north", &Case{Incident: h.incident(), Trigger: "complaint"})
	h.say("centre", &Step{Case: other, To: CaseDuplicate, Of: c})
	if f := h.file(other); f.Duplicate != c || !f.Ended() || len(f.Overdue(h.now+1000*hour)) != 0 {
		t.Errorf("duplicate %+v", f)
	}
	weak := h.say("north", &Case{Incident: h.incident(), Trigger: "complaint"})
	h.say("north", &Step{Case: weak, To: CaseInsufficient})
	h.say("north", &Step{Case: weak, To: CaseClosed})
	if n := len(h.book.Cases()); n != 3 {
		t.Errorf("%d cases", n)
	}
	for _, x := range []struct {
		s    Summary
		rule string
	}{
		{Summary{CivilianKilled: 5}, RuleCivilianKilled}, {Summary{CivilianKilled: 4}, ""}, {Summary{Protected: true}, RuleProtected},
		{Summary{Lineages: 3}, RuleLineages}, {Summary{Lineages: 2, CivilianKilled: 4}, ""}, {Summary{CivilianKilled: 9, Protected: true}, RuleCivilianKilled},
	} {
		if rule, ok := Opens(h.book.Procedure(), x.s); rule != x.rule || ok != (x.rule != "") {
			t.Errorf("%+v opens by %q", x.s, rule)
		}
	}
	if _, ok := Opens(Procedure{}, Summary{CivilianKilled: 1000, Protected: true, Lineages: 50}); ok {
		t.Error("a threshold that is not set opened a case")
	}
}

func TestAnewProcedureNeverTouchesARunningCase(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	p := h.book.Procedure()
	p.Clocks, p.Sealing = []Clock{{ClockAssessment, 60}}, false
	env := h.say("north", &p)
	h.say("south", &Concurrence{With: env})
	if h.book.Procedure().Sealing {
		t.Fatal("the procedure is not in force")
	}
	h.refused("north", assessment(c, Violation, ""), "hash first")
	d := h.opened()
	h.say("north", assessment(d, Violation, ""))
	if h.file(d).Texts[0].Unsealed {
		t.Error("marked as unsealed where no seal is asked for")
	}
}

func TestNoticesAreNumberedPerOffice(t *testing.T) {
	h := newHall(t)
	a := h.say("envoy", &Notice{To: "hill", Subject: "s", Text: "t", Due: h.now + hour})
	h.say("north", &Notice{To: "dale", Subject: "s", Text: "t"})
	b := h.say("envoy", &Notice{To: "hill", Subject: "s2", Text: "t"})
	h.refused("envoy", &Notice{To: "nobody", Subject: "s", Text: "t"}, "no office")
	h.refused("envoy", &Notice{To: "hill", Case: Digest{8}, Subject: "s", Text: "t"}, "no case")
	h.refused("dale", &Acknowledgement{Notice: a}, "alone acknowledges")
	h.refused("hill", &Acknowledgement{Notice: Digest{3}}, "no notice")
	h.say("hill", &Acknowledgement{Notice: a})
	h.refused("hill", &Acknowledgement{Notice: a}, "already")
	got := h.book.Notices("hill")
	if len(got) != 2 || got[0].Number != 1 || got[1].Number != 2 || got[1].Statement != b || got[0].Acknowledged == 0 || got[1].Acknowledged != 0 {
		t.Errorf("notices %+v", got)
	}
	if got := h.book.Notices("dale"); len(got) != 1 || got[0].Number != 1 {
		t.Errorf("notices %+v", got)
	}
}

func TestCallsAndRestrictionsArePartOfTheFile(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	call := h.say("envoy", &Call{Case: c, To: "hil", Asked: h.now, Answer: "agreed", Quiet: 40})
	kept := h.say("watch", &Restriction{Sort: "denied", Where: Where{Place: "mill"}, When: When{From: h.now}, Case: c})
	h.refused("envoy", &Call{Case: Digest{1}, To: "hil", Asked: h.now}, "no case")
	if got := h.file(c).Attached; !slices.Equal(got, []StatementID{call, kept}) {
		t.Errorf("attached %v", got)
	}
	h.stands(c, CaseTriaged)
}

func TestACloneMayBeAskedAndThrownAway(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	a, b := h.bothFiled(c, Violation, Violation)
	_, _ = a, b
	p := h.say("envoy", &Proposal{Case: c, Outcome: Violation, Text: inEnglish("x")})
	h.say("envoy", &Notice{To: "hill", Subject: "s", Text: "t"})
	kept := h.book
	h.book = h.book.Clone()
	h.say("north", &Concurrence{With: p})
	h.say("south", &Concurrence{With: p})
	h.say("envoy", &Notice{Case: c, To: "hill", Subject: "s", Text: "t"})
	h.stands(c, CaseDecided)
	h.book = kept
	h.stands(c, CaseDeliberation)
	if f := h.file(c); len(f.Proposals[0].Answers) != 0 || len(h.book.Notices("hill")) != 1 {
		t.Error("what was asked of the clone stands in the Book")
	}
}

func TestEveryArrowIsNamedAndLeadsSomewhereKnown(t *testing.T) {
	known := append(running(), CaseInsufficient, CaseDuplicate, CaseReferred, CaseClosed, CaseSuspended)
	for _, a := range Arrows() {
		if a.Rule == "" || a.By != "" && len(a.Roles) == 0 {
			t.Errorf("arrow %+v names no rule or role", a)
		}
		if a.By != "" {
			if info, ok := InfoOf(a.By); !ok || info.Group != GroupDocket {
				t.Errorf("rule %s is by %s, which is no docket kind", a.Rule, a.By)
			}
		}
		if a.To != "" && !slices.Contains(known, a.To) {
			t.Errorf("rule %s leads to %q", a.Rule, a.To)
		}
		for _, f := range a.From {
			if !slices.Contains(known, f) {
				t.Errorf("rule %s starts from %q", a.Rule, f)
			}
		}
	}
	// no state is a dead end but the closed one, and that can be reopened
	for _, s := range known {
		if !slices.ContainsFunc(Arrows(), func(a Arrow) bool { return slices.Contains(a.From, s) && a.To != "" && a.To != s }) {
			t.Errorf("nothing leads out of %s", s)
		}
	}
}

// TestTextsOpenToAllWhenTheyAreInOrTheirClockHasEnded holds that nobody is kept
// from reading by an office that files nothing, and nobody reads before.
func TestTextsOpenToAllWhenTheyAreInOrTheirClockHasEnded(t *testing.T) {
	h := newHall(t)
	c := h.opened()
	due := h.now + 72*hour
	h.say("envoy", &InformationRequest{Case: c, Party: "hil", Through: "north", Alleged: "x", Asks: []string{"y"}})
	h.now += 25 * hour
	h.sealedBy(c, 1)
	file := h.file(c)
	if got := file.OpensAt(); got != due {
		t.Errorf("one of two is in: opens at %s, want the clock's end %s", got, due)
	}
	if p := file.Public(due - 1); len(p.Texts)+len(p.Seals)+len(p.Requests)+len(p.Proposals) > 0 || p.OpenedBy != "" || len(p.Path) == 0 || len(p.Clocks) == 0 {
		t.Errorf("before the clock's end the public reads %+v", p)
	}
	if p := file.Public(due); len(p.Seals) != 1 || len(p.Requests) > 0 {
		t.Errorf("at the clock's end the public reads %+v", p)
	}
	second := newHall(t)
	c = second.opened()
	second.now += hour
	second.bothFiled(c, Violation, NotViolation)
	file = second.file(c)
	if p := file.Public(second.now); file.OpensAt() != second.now || len(p.Texts) != 2 {
		t.Errorf("both are in: opens at %s with %d texts", file.OpensAt(), len(p.Texts))
	}
	second.say("envoy", &Proposal{Case: c, Outcome: Violation, Text: inEnglish("x")})
	if p := second.file(c).Public(second.now); len(p.Proposals) > 0 {
		t.Error("a proposal is read before the decision")
	}
	third := newHall(t)
	c = third.opened()
	third.say("envoy", &Step{Case: c, To: CaseSuspended})
	if at := third.file(c).OpensAt(); at != 0 {
		t.Errorf("a clock that stands still opens at %s", at)
	}
}

// sealedBy seals a text for each of the first n offices.
func (h *hall) sealedBy(c StatementID, n int) {
	h.t.Helper()
	for _, o := range []OfficeID{"north", "south"}[:n] {
		hash, err := SealOf(*assessment(c, Violation, northNonce))
		if err != nil {
			h.t.Fatal(err)
		}
		h.say(o, &AssessmentSealed{Case: c, Hash: hash})
	}
}

func TestAShiftIsHandedOverByTwoDesksOfOneOffice(t *testing.T) {
	h := newHall(t)
	from := func(office OfficeID, desk string, b Body) (StatementID, error) {
		h.made++
		st := NewStatement("test.example/log", "test", office, desk, h.made, b)
		e, err := Seal(st, demoKey(string(office)))
		if err != nil {
			t.Fatal(err)
		}
		said, err := h.book.Verify(e.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return said.ID, h.book.Admit(h.book.Next(), h.now, said)
	}
	refused := func(words, desk string, office OfficeID, b Body) {
		t.Helper()
		if _, err := from(office, desk, b); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v; want %q", err, words)
		}
	}
	refused("does not hand over to itself", "day", "north", &Handover{To: "day", Text: "quiet"})
	id, err := from("north", "day", &Handover{To: "night", Text: "quiet"})
	if err != nil {
		t.Fatal(err)
	}
	refused("is no hand-over", "night", "north", &Takeover{Handover: DigestOf([]byte("x"))})
	refused("is within north", "night", "south", &Takeover{Handover: id})
	refused(`to the desk "night"`, "day", "north", &Takeover{Handover: id})
	if all := h.book.Handovers("north"); len(all) != 1 || all[0].Taken != 0 || all[0].From != "day" {
		t.Errorf("%+v", all)
	}
	if _, err := from("north", "night", &Takeover{Handover: id}); err != nil {
		t.Fatal(err)
	}
	refused("taken over already", "night", "north", &Takeover{Handover: id})
	if all := h.book.Clone().Handovers("north"); len(all) != 1 || all[0].Taken != h.now || len(h.book.Handovers("south")) > 0 {
		t.Errorf("%+v", all)
	}
}

// TestRootsTogetherRevokeAnothersKeyInAnEmergency has three roots, of which two
// revoke: from the index of the second on the key is not good, and not before.
func TestRootsTogetherRevokeAnothersKeyInAnEmergency(t *testing.T) {
	h := newHall(t)
	key := KeyIDOf(testGrant("north", OfficeKey, "north").Public)
	stolen := func(emergency bool) *KeyAct {
		return &KeyAct{Act: Revoke, Office: "north", Key: key, Why: "stolen", Emergency: emergency}
	}
	for _, c := range []struct {
		by, with, words string
		emergency       bool
	}{
		{"centre", "centre root", "in an emergency alone", false},
		{"centre", "centre office", "signed with their root key", true},
		{"south", "south", "signed with their root key", true},
		{"envoy", "envoy", "its own office revokes it", true},
	} {
		if _, err := h.try(OfficeID(c.by), stolen(c.emergency), c.with); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s with %s: %v; want %q", c.by, c.with, err, c.words)
		}
	}
	first, err := h.try("centre", stolen(true), "centre root")
	if err != nil {
		t.Fatal(err)
	}
	h.say("north", &Instrument{ID: "n1", Name: inEnglish("one root is not enough")})
	if _, err := h.try("centre", stolen(true), "centre root"); err == nil || !strings.Contains(err.Error(), "1 of 2 roots") {
		t.Errorf("the same root counts twice: %v", err)
	}
	h.refused("centre", &StatementWithdrawal{Statement: first, Why: "x"}, "not taken back")
	before := h.book.Clone()
	if _, err := h.try("south", stolen(true), "south root"); err != nil {
		t.Fatal(err)
	}
	h.refused("north", &Instrument{ID: "n2", Name: inEnglish("x")}, "key")
	for _, k := range h.book.KeyRing() {
		if k.ID == key && k.Until != h.book.Next() {
			t.Errorf("the key is good until %d, want %d: the second root's index and not before", k.Until, h.book.Next())
		}
	}
	if k := before.keys[key]; k.until >= 0 || len(before.asked[key]) != 1 {
		t.Error("a copy made before is changed by what came after")
	}
	if _, err := h.try("south", &KeyAct{Act: Grant, Office: "north", Class: OfficeKey, Public: testGrant("north", OfficeKey, "theirs").Public}, "south root"); err == nil {
		t.Error("who may revoke grants one in its place")
	}
	if _, err := h.try("north", &KeyAct{Act: Grant, Office: "north", Class: OfficeKey, Public: testGrant("north", OfficeKey, "new").Public}, "north root"); err != nil {
		t.Errorf("the office's own root cannot replace it: %v", err)
	}
}

func TestHowManyRootsAreNeeded(t *testing.T) {
	of := func(chairs int) (all []Office) {
		for range chairs {
			all = append(all, Office{Role: CoChair})
		}
		return append(all, Office{Role: Centre}, Office{Role: Mediator}, Office{Role: Liaison})
	}
	for _, c := range []struct{ chairs, says, want int }{{1, 0, 2}, {2, 0, 2}, {3, 0, 3}, {4, 0, 3}, {2, 3, 3}, {2, 9, 3}, {4, 2, 2}} {
		if got := RootsNeeded(of(c.chairs), &Procedure{RootsK: int32(c.says)}); got != c.want {
			t.Errorf("%d co-chairs and the centre, the procedure says %d: %d, want %d", c.chairs, c.says, got, c.want)
		}
	}
}

func TestARequestThatSeveralLiaisonsCouldGetNamesOne(t *testing.T) {
	f := docketFounding()
	f.Offices = append(f.Offices, Office{ID: "hill2", Name: []Text{{"en", "Hill, second desk"}}, Role: Liaison, Party: "hil", Through: "north"})
	f.Keys = append(f.Keys, testGrant("hill2", DeskKey, "hill2"))
	h := &hall{t: t, book: NewBook(), now: 1_460_000_000, made: 10}
	if _, err := h.try("centre", f, "centre root", "north root", "south root"); err != nil {
		t.Fatal(err)
	}
	c := h.opened()
	ask := InformationRequest{Case: c, Party: "hil", Through: "north", Alleged: "x", Asks: []string{"y"}}
	h.refused("envoy", &ask, "2 liaisons", "name the one")
	ask.Liaison = "hill2"
	h.say("envoy", &ask)
}
